//! Outbound ESP: number, header, trailer (RFC 4303 §3.3). The cipher then moves the packet into the
//! transmit ring.
//!
//! ```text
//! | Length (2) | SPI (4) | Sequence low (4) | IV (8) | sealed | ICV (16) |
//!                                        inner packet, padding, trailer
//! ```

use crate::esp::header::{self, ESP_HEADER_LEN, ICV_LEN, IV_LEN};
use crate::esp::trailer::{self, TRAILER_LEN};
use crate::ids::{SaId, Spi};
use crate::layout::LENGTH_FIELD_LEN;
use crate::layout::lane::{Entry, Job};
use crate::layout::sa_row::SaRow;
use crate::memory::{self, octets};
use crate::stream::frame;

/// Sizes of the frame for an inner packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Octets of the inner packet.
    pub(crate) inner_len: u32,
    /// Octets the cipher is applied to: inner packet, padding, trailer.
    pub(crate) sealed_len: u32,
    /// Octets of the frame with its Length field.
    pub(crate) frame_len: u32,
    length_field: [u8; 2],
}

/// Sizes for an inner packet of `inner_len` octets; `None` if no frame can be that long.
pub(crate) fn sizes(inner_len: u32) -> Option<Sizes> {
    let sealed_len = inner_len + trailer::pad_len(inner_len) + TRAILER_LEN;
    let payload_len = ESP_HEADER_LEN + IV_LEN + sealed_len + ICV_LEN;
    let length_field = frame::length_field(payload_len)?;
    Some(Sizes {
        inner_len,
        sealed_len,
        frame_len: payload_len + LENGTH_FIELD_LEN,
        length_field,
    })
}

/// An inner packet's sizes, number and places.
pub(crate) struct Placing {
    /// Sizes of the frame.
    pub(crate) sizes: Sizes,
    /// Offset of the inner packet, behind which there is room for the trailer.
    pub(crate) source: u32,
    /// Offset of the frame.
    pub(crate) frame_at: u32,
    /// Full sequence number.
    pub(crate) sequence: u64,
}

/// Lays the frame's clear parts and the trailer out, and fills the job that seals the packet for
/// `entry`.
pub(crate) fn prepare(job: &Job, entry: &Entry, placing: &Placing) {
    let &Placing {
        ref sizes,
        source,
        frame_at: at,
        sequence: seq,
    } = placing;
    let id = SaId(entry.sa.get());
    let row = memory::sa(id);
    let spi = Spi(row.spi.get());
    let front = header::emit(spi, seq, header::iv(seq, row.iv_offset.get()));
    octets::copy_in(at, &sizes.length_field);
    octets::copy_in(at + LENGTH_FIELD_LEN, &front);
    // One of 4, 41, 59.
    let next_header = entry.next_header.get() as u8;
    let trailer_len = sizes.sealed_len - sizes.inner_len;
    octets::with_mut(source + sizes.inner_len, trailer_len, |room| {
        trailer::emit(room, next_header);
    });
    job.context
        .set(memory::sa_at(id) + core::mem::offset_of!(SaRow, context) as u32);
    job.data
        .set(at + LENGTH_FIELD_LEN + ESP_HEADER_LEN + IV_LEN);
    job.data_len.set(sizes.sealed_len);
    job.source.set(source);
    job.tag.set(job.data.get() + sizes.sealed_len);
    job.sa.set(id.0);
    job.sequence.set(seq);
    header::put_nonce(&job.nonce, &row.salt, &front);
    job.aad_len
        .set(header::put_aad(&job.aad, spi, seq, row.esn.get() != 0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_36_to_39_octets_longer_than_its_inner_packet() {
        for inner_len in [1, 20, 21, 22, 23, 40, 1400, 65_498] {
            let sizes = sizes(inner_len).expect("fits");
            assert!(
                (36..=39).contains(&(sizes.frame_len - inner_len)),
                "{inner_len}"
            );
            assert_eq!(sizes.sealed_len % 4, 0);
            assert_eq!(
                u32::from(u16::from_be_bytes(sizes.length_field)),
                sizes.frame_len
            );
        }
    }

    #[test]
    fn what_fits_no_frame_is_refused() {
        assert_eq!(sizes(65_498).map(|sizes| sizes.frame_len), Some(65_534));
        assert_eq!(sizes(65_499), None);
        assert_eq!(sizes(65_535), None);
    }
}

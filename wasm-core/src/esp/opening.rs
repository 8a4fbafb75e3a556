//! Inbound ESP in the order of RFC 4303 §3.4. Before the cipher come the number and the window,
//! after it the window again and the trailer.

use crate::connection::{Served, score};
use crate::esp::header::{self, ESP_HEADER_LEN, ESP_PACKET_LEN_MIN, Front, ICV_LEN, IV_LEN};
use crate::esp::trailer::{self, NEXT_HEADER_DUMMY};
use crate::ids::SaId;
use crate::inner::{self, Inner};
use crate::layout::INBOUND;
use crate::layout::lane::{Job, LaneBlock};
use crate::layout::sa_row::SaRow;
use crate::memory::{self, lock, octets};
use crate::path::peers;
use crate::report::events::SaName;
use crate::report::status::Status;
use crate::sa::lifetime::{self, Use};
use crate::sa::{esn, policy};
use crate::sources::trust;

/// An ESP packet in a receive ring.
#[derive(Clone, Copy)]
pub(crate) struct Packet {
    /// The SA that opens it.
    pub(crate) sa: SaId,
    /// Offset of its SPI.
    pub(crate) at: u32,
    /// Octets, SPI to ICV; at least `ESP_PACKET_LEN_MIN`.
    pub(crate) len: u32,
}

/// The refusal of a packet.
pub(crate) struct Refused {
    /// The condition.
    pub(crate) status: Status,
    /// The packet's full sequence number, or the low half if no full number fits it.
    pub(crate) sequence: u64,
}

/// Step 5: fills the job that opens `packet`. It changes the SA only if the SA's time has passed.
///
/// # Errors
/// `SaExpired`, `SeqZero`, `SeqReplayed`, `SeqStale`.
pub(crate) fn prepare(
    lane: &LaneBlock,
    job: &Job,
    packet: Packet,
    served: &Served<'_>,
) -> Result<(), Refused> {
    debug_assert!(packet.len >= ESP_PACKET_LEN_MIN);
    let row = memory::sa(packet.sa);
    let front = octets::array(packet.at);
    let asked = use_of(packet.len - ESP_HEADER_LEN - IV_LEN - ICV_LEN, served);
    let refused = |sequence| move |status| Refused { status, sequence };
    let seq = full_number(row, &front).map_err(refused(header::seq_low(&front).into()))?;
    lifetime::check_alive(lane, row, &asked).map_err(refused(seq))?;
    lifetime::window(row).check(seq).map_err(refused(seq))?;
    job.context
        .set(memory::sa_at(packet.sa) + core::mem::offset_of!(SaRow, context) as u32);
    job.data.set(packet.at + ESP_HEADER_LEN + IV_LEN);
    job.data_len.set(asked.octets);
    job.tag.set(packet.at + packet.len - ICV_LEN);
    job.ok.set(0);
    job.sa.set(packet.sa.0);
    job.sequence.set(seq);
    header::put_nonce(&job.nonce, &row.salt, &front);
    let is_esn = row.esn.get() != 0;
    job.aad_len
        .set(header::put_aad(&job.aad, header::spi(&front), seq, is_esn));
    Ok(())
}

/// Step 7: takes an opened packet in and returns its inner packet.
///
/// # Errors
/// `IcvMismatch`, `SaExpired`, `SeqReplayed`, `SeqStale`: the packet changed nothing. With any
/// other status it was authentic and fresh, so the path and the window have moved, but you must not
/// deliver it.
pub(crate) fn finish(lane: &LaneBlock, job: &Job, served: &Served<'_>) -> Result<Inner, Status> {
    let sa = memory::sa(SaId(job.sa.get()));
    if job.ok.get() == 0 {
        return Err(Status::IcvMismatch);
    }
    let asked = use_of(job.data_len.get(), served);
    lock::locked(&sa.live.lock, || {
        lifetime::take_in(lane, sa, job.sequence.get(), &asked)
    })?;
    note_fresh(lane, sa, served);
    let inner = octets::with(job.data.get(), job.data_len.get(), parse_plaintext)?;
    if !policy::admits_inbound(sa, inner.source, inner.destination) {
        return Err(Status::SelectorMismatch);
    }
    Ok(inner)
}

/// Parses a plaintext: trailer, padding, inner packet.
fn parse_plaintext(plaintext: &[u8]) -> Result<Inner, Status> {
    let trailer = trailer::parse(plaintext)?;
    if trailer.next_header == NEXT_HEADER_DUMMY {
        return Err(Status::DummyPacket);
    }
    let payload = &plaintext[..trailer.payload_len as usize];
    inner::parse_as(payload, trailer.next_header)
}

/// The SA of a job's packet.
pub(crate) fn name_of(job: &Job) -> SaName {
    SaName::of(memory::sa(SaId(job.sa.get())))
}

/// RFC 9329 §6.1: a valid packet is authentic and no replay. It moves the path and clears the
/// score.
fn note_fresh(lane: &LaneBlock, sa: &SaRow, served: &Served<'_>) {
    lane.fresh.set(lane.fresh.get() + 1);
    crate::report::counters::add(&lane.esp_packets[INBOUND], 1);
    served.row.valid_at.set(served.now);
    // First, because other lanes may send on the path from then on.
    trust::note(served.row, served.now);
    served.row.last_peer.set(sa.peer.get());
    score::clear(served.row);
    peers::move_path(lane, sa, served);
}

/// The full number of a packet: with ESN the high half is inferred (RFC 4303 App. A2).
fn full_number(row: &SaRow, front: &Front) -> Result<u64, Status> {
    let low = header::seq_low(front);
    if row.esn.get() == 0 {
        return Ok(u64::from(low));
    }
    let window = lifetime::window(row);
    esn::infer(
        window.top.load(core::sync::atomic::Ordering::Relaxed),
        window.len,
        low,
    )
}

fn use_of(octets: u32, served: &Served<'_>) -> Use {
    Use {
        octets,
        now: served.now,
        conn: served.conn,
    }
}

//! RFC 9329 §6.1: a TCP connection is for one IKE SA, and for what a rekey puts in its place. Who begins another is told of
//! and goes on: IKE is never dropped here.
//!
//! A rekey has no IKE_SA_INIT, so that a later one with another SPI is the sign. An SA that was deleted before it looks
//! alive all the same: its end is encrypted.

use super::Served;
use crate::ids::ConnId;
use crate::layout::connection_row::Row;
use crate::layout::lane::LaneBlock;
use crate::layout::{EVENT_IKE_SHARED, IKE_HEADER_LEN};
use crate::report::events::{self, Notice};
use crate::report::status::Status;

/// No message with the SPI of a responder has come.
const IKE_NEW: u32 = 0;
/// One has.
const IKE_LIVE: u32 = 1;
/// Then another IKE SA has begun, and that was told.
const IKE_SHARED: u32 = 2;

/// Exchange type (RFC 7296 §3.1).
const IKE_SA_INIT: u8 = 34;
/// Flag of a response.
const RESPONSE: u8 = 0x20;

/// Forgets the row's connection of before.
pub(crate) fn clear(row: &Row) {
    row.ike_spi.set(0);
    row.ike_state.set(IKE_NEW);
}

/// Notes a message from TCP, without its marker. To note it twice changes nothing.
pub(crate) fn note(lane: &LaneBlock, served: &Served<'_>, message: &[u8]) {
    let row = served.row;
    let Some(header) = message.first_chunk::<{ IKE_HEADER_LEN as usize }>() else {
        return;
    };
    let [a, b, c, d, e, f, g, h, responder @ ..] = header;
    if responder[..8] != [0; 8] {
        if row.ike_state.get() == IKE_NEW {
            row.ike_state.set(IKE_LIVE);
        }
        return;
    }
    if header[18] != IKE_SA_INIT || header[19] & RESPONSE != 0 {
        return;
    }
    let spi = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
    let before = row.ike_spi.replace(spi);
    if before != spi && row.ike_state.get() == IKE_LIVE && tell(lane, served.conn) {
        row.ike_state.set(IKE_SHARED);
    }
}

fn tell(lane: &LaneBlock, conn: ConnId) -> bool {
    let notice = Notice {
        kind: EVENT_IKE_SHARED,
        status: Status::Ok as u32,
        conn: Some(conn),
        spi: None,
        value: 0.0,
    };
    events::tell(lane, &notice)
}

//! RFC 9329 §6.1: a TCP connection carries one IKE SA and its successors by rekey. If another IKE
//! SA begins on it, an event says so and the messages pass all the same: IKE is never dropped here.
//!
//! A rekey has no IKE_SA_INIT, so a later IKE_SA_INIT with another SPI means another IKE SA. A
//! deleted IKE SA still looks alive: its deletion is encrypted.

use super::Served;
use crate::ids::ConnId;
use crate::layout::connection_row::Row;
use crate::layout::lane::LaneBlock;
use crate::layout::{EVENT_IKE_SHARED, IKE_HEADER_LEN};
use crate::report::events::{self, Notice};
use crate::report::status::Status;

/// No message has carried a responder's SPI.
const IKE_NEW: u32 = 0;
/// A message has carried a responder's SPI.
const IKE_LIVE: u32 = 1;
/// Another IKE SA has begun after that, and an event has said so.
const IKE_SHARED: u32 = 2;

/// Exchange type (RFC 7296 §3.1).
const IKE_SA_INIT: u8 = 34;
/// Flag of a response.
const RESPONSE: u8 = 0x20;

/// Forgets the row's previous connection.
pub(crate) fn clear(row: &Row) {
    row.ike_spi.set(0);
    row.ike_state.set(IKE_NEW);
}

/// Notes a message from TCP, given without its marker. Noting it twice changes nothing.
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
        measure: None,
    };
    events::tell(lane, &notice)
}

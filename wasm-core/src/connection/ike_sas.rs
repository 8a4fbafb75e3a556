//! RFC 9329 §6.1: a TCP connection carries one IKE SA and its successors by rekey. If another IKE
//! SA begins on it, an event says so and the messages pass all the same: IKE is never dropped here.
//!
//! A rekey has no IKE_SA_INIT, so a later IKE_SA_INIT with another SPI means another IKE SA. A
//! deleted IKE SA still looks alive: its deletion is encrypted.

use super::{Served, said};
use crate::ids::ConnId;
use crate::layout::connection_row::Row;
use crate::layout::lane::LaneBlock;
use crate::layout::{
    EVENT_IKE_SHARED, IKE_HEADER_LEN, SAID_CLIENT, SAID_IKE_LIVE, SAID_IKE_SHARED,
};
use crate::report::events::{self, Notice};
use crate::report::status::Status;

/// Exchange type (RFC 7296 §3.1).
const IKE_SA_INIT: u8 = 34;
/// Flag of a response.
const RESPONSE: u8 = 0x20;

/// Forgets the row's previous connection.
pub(crate) fn clear(row: &Row) {
    row.ike_spi.set(0);
}

/// Notes a message from TCP, given without its marker. Noting it twice changes nothing.
pub(crate) fn note(lane: &LaneBlock, served: &Served<'_>, message: &[u8]) {
    let row = served.row;
    let Some(header) = message.first_chunk::<{ IKE_HEADER_LEN as usize }>() else {
        return;
    };
    let [a, b, c, d, e, f, g, h, responder @ ..] = header;
    if responder[..8] != [0; 8] {
        said::note(row, SAID_CLIENT | SAID_IKE_LIVE);
        return;
    }
    if header[18] != IKE_SA_INIT || header[19] & RESPONSE != 0 {
        // IKEv1, for one, has other first messages.
        said::note(row, SAID_CLIENT);
        return;
    }
    let spi = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
    let before = row.ike_spi.replace(spi);
    if before != 0 && before != spi {
        // The answer to either of them may still come.
        said::note(row, SAID_CLIENT);
    }
    let is_live = row.up_said.get() & (SAID_IKE_LIVE | SAID_IKE_SHARED) == SAID_IKE_LIVE;
    if before != spi && is_live && tell(lane, served.conn) {
        said::note(row, SAID_IKE_SHARED);
    }
}

fn tell(lane: &LaneBlock, conn: ConnId) -> bool {
    let notice = Notice {
        kind: EVENT_IKE_SHARED,
        status: Status::Ok as u32,
        conn: Some(conn),
        sa: None,
        value: 0.0,
        measure: None,
    };
    events::tell(lane, &notice)
}

//! Counters and events of what TypeScript notices.

use super::table::exports;
use crate::ids::{ConnId, Spi};
use crate::memory;
use crate::report::counters;
use crate::report::events::{self, Notice, SaName};

exports! {
    section "Counters and events";

    /// Adds `n` to the counter of a status, for what TypeScript notices.
    fn count(lane: u32, status: u32, n: u32) {
        if let Some(word) = memory::lane(lane).counters.get(status as usize) {
            counters::add(word, u64::from(n));
        }
    }

    /// Appends to the lane's event ring; an event that does not fit is counted in
    /// `LANE_EVENTS_LOST`. `conn` and `spi` are 0 if they do not apply.
    fn event(lane: u32, kind: u32, conn: u32, status: u32, spi: u32, value: f64) {
        let conn = (conn != 0).then_some(ConnId(conn));
        events::tell(
            memory::lane(lane),
            &Notice {
                kind,
                status,
                conn,
                sa: (spi != 0).then(|| SaName::of_none(Spi(spi))),
                value,
                measure: None,
            },
        );
    }

    /// Adds the time that an IKE message was underway, ms, to `LANE_IKE_DELAY`.
    fn ike_delay(lane: u32, ms: f64) {
        counters::observe_delay(memory::lane(lane), ms);
    }
}

//! The beginning of a batch.

use crate::connection::Served;
use crate::layout::BATCH_NONE;
use crate::layout::lane::LaneBlock;

/// Begins a batch with nothing in it.
pub(super) fn begin(lane: &LaneBlock, served: &Served<'_>) {
    let batch = &lane.batch;
    batch.kind.set(BATCH_NONE);
    batch.jobs.set(0);
    batch.messages.set(0);
    batch.ike_messages.set(0);
    batch.inner_count.set(0);
    batch.rx_conn.set(served.conn.0);
    batch.rx_end.set(served.row.rx_consumed.get());
    batch.now.set(served.now);
    lane.up_ike.set(0);
}

//! Set-up. The shell calls it once: it stores the plan in the globals, fills the pool and writes
//! constant tables.

use crate::layout::globals::Globals;
use crate::layout::plan::{Limits, Plan};
use crate::layout::segment_len;
use crate::memory::{self, kernel_tables, pool};

/// The arguments of `core_init` beyond the limits.
pub(crate) struct Options {
    /// Absolute address of the memory.
    pub(crate) base: u64,
    /// Connections that one source may have; 0 is no limit.
    pub(crate) max_per_source: u32,
    /// Points of the score that close a connection.
    pub(crate) suspect_limit: u32,
    /// What becomes of IKE: an `IKE_` constant.
    pub(crate) ike: u32,
    /// What becomes of ESP that has no inbound SA: an `UNKNOWN_SPI_` constant.
    pub(crate) unknown_spi: u32,
}

/// Lays the memory out. False if the limits do not fit.
pub(crate) fn init(limits: &Limits, options: &Options) -> bool {
    let Some(plan) = Plan::new(memory::regions_at(), limits) else {
        return false;
    };
    let globals = memory::globals();
    set_limits(globals, limits, options);
    set_regions(globals, &plan);
    pool::fill();
    for lane in 0..=limits.lanes {
        kernel_tables::write_constants(lane);
    }
    true
}

fn set_limits(globals: &Globals, limits: &Limits, options: &Options) {
    globals.base.set(options.base);
    globals.lanes.set(limits.lanes);
    globals.connections.set(limits.connections);
    globals.sas.set(limits.sas);
    globals.rings.set(limits.rings);
    globals.inner_mtu.set(limits.inner_mtu);
    globals.segment_len.set(segment_len(limits.inner_mtu));
    globals.max_per_source.set(options.max_per_source);
    globals.suspect_limit.set(options.suspect_limit.max(1));
    globals.ike.set(options.ike);
    globals.unknown_spi.set(options.unknown_spi);
}

fn set_regions(globals: &Globals, plan: &Plan) {
    globals.lanes_at.set(plan.lanes_at);
    globals.lane_len.set(plan.lane_len);
    globals.rows_at.set(plan.rows_at);
    globals.sources_at.set(plan.sources_at);
    globals.sources_mask.set(plan.sources - 1);
    globals.peers_at.set(plan.peers_at);
    globals.sas_at.set(plan.sas_at);
    globals.spi_index_at.set(plan.spi_index_at);
    globals.spi_mask.set(plan.index_slots - 1);
    globals.policy_index_at.set(plan.policy_index_at);
    globals.policy_mask.set(plan.index_slots - 1);
    globals.pool_at.set(plan.pool_at);
    globals.rings_at.set(plan.rings_at);
}

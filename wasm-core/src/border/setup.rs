//! Set-up: the plan of the memory, its layout, and where its tables lie.

use super::table::{Done, Offset, exports};
use crate::ids::{ConnId, SaId};
use crate::layout::ABI;
use crate::layout::plan::{Limits, Plan};
use crate::memory;
use crate::memory::setup::{self, Options};

exports! {
    section "Set-up";

    /// Version of the border.
    fn core_abi() -> u32 {
        ABI
    }

    /// Pages that the memory needs, 0 if the limits do not fit into 4 GiB. Only plans, and touches
    /// no memory.
    fn memory_pages(
        lanes: u32,
        connections: u32,
        sas: u32,
        rings: u32,
        inner_mtu: u32,
    ) -> u32 {
        let limits = Limits {
            lanes,
            connections,
            sas,
            rings,
            inner_mtu,
        };
        Plan::new(memory::regions_at(), &limits).map_or(0, |plan| plan.pages)
    }

    /// Lays the memory out, with every constant table of every lane: bases of iovecs, pointers of
    /// message headers. Returns 1, or 0 if the limits do not fit.
    ///
    /// The shell calls it once, before lanes start. `base` is the absolute address of the memory;
    /// with 0, as native tests have it, offsets are addresses. `ike` is an `IKE_` value and
    /// `unknown_spi` an `UNKNOWN_SPI_` value: what happens to IKE, and to ESP that has no inbound
    /// SA.
    fn core_init(
        lanes: u32,
        connections: u32,
        sas: u32,
        rings: u32,
        inner_mtu: u32,
        base_low: u32,
        base_high: u32,
        max_per_source: u32,
        suspect_limit: u32,
        ike: u32,
        unknown_spi: u32,
    ) -> Done {
        let limits = Limits {
            lanes,
            connections,
            sas,
            rings,
            inner_mtu,
        };
        let base = u64::from(base_high) << 32 | u64::from(base_low);
        u32::from(setup::init(
            &limits,
            &Options {
                base,
                max_per_source,
                suspect_limit,
                ike,
                unknown_spi,
            },
        ))
    }

    /// A lane's block.
    fn lane_block(lane: u32) -> Offset {
        memory::lane_at(lane)
    }

    /// A connection's row.
    fn conn_row(conn: u32) -> Offset {
        memory::row_at(ConnId(conn))
    }

    /// Where the row of an SA lies.
    fn sa_row(sa: u32) -> Offset {
        memory::sa_at(SaId(sa))
    }
}

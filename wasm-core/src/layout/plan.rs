//! The plan of the memory: from limits to offsets. Touches no memory.

use super::connection_row::Row;
use super::globals::{Globals, Source};
use super::lane::LaneBlock;
use super::sa_row::{Peer, SaRow};
use super::{
    BATCH_MAX, CONNECTIONS_MAX, INNER_MTU_MAX, LANES_MAX, PAGE_LEN, REGION_ALIGN, RING_BLOCK_LEN,
    SAS_MAX, SLOT_LEN, segment_len,
};

/// The limits that decide the size of the memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Lanes, without the shell.
    pub lanes: u32,
    /// Connections of all lanes.
    pub connections: u32,
    /// SAs of both directions.
    pub sas: u32,
    /// Ring blocks.
    pub rings: u32,
    /// Largest inner packet.
    pub inner_mtu: u32,
}

/// Offsets and lengths of all regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Offset of [`Globals`].
    pub globals_at: u32,
    /// Offset of lane 0's block.
    pub lanes_at: u32,
    /// Octets of a block with its slots and segments.
    pub lane_len: u32,
    /// Offset of the connection rows.
    pub rows_at: u32,
    /// Offset of the source table.
    pub sources_at: u32,
    /// Slots of it; a power of two.
    pub sources: u32,
    /// Offset of the peers.
    pub peers_at: u32,
    /// Offset of the SAs.
    pub sas_at: u32,
    /// Offset of the SPI index.
    pub spi_index_at: u32,
    /// Slots of it, and buckets of the policy index; a power of two.
    pub index_slots: u32,
    /// Offset of the policy index.
    pub policy_index_at: u32,
    /// Offset of the stack of free blocks.
    pub pool_at: u32,
    /// Offset of the first block.
    pub rings_at: u32,
    /// Where the memory ends, in pages.
    pub pages: u32,
}

impl Plan {
    /// Lays the regions out from `start` on. `None` if a limit is out of range or they do not fit
    /// into 4 GiB.
    pub fn new(start: u32, limits: &Limits) -> Option<Self> {
        if !is_in_range(limits) {
            return None;
        }
        let sources = (2 * limits.connections).next_power_of_two();
        let index_slots = (2 * limits.sas).next_power_of_two();
        let lane_len = region(size_of::<LaneBlock>(), 1)?
            + region(BATCH_MAX, SLOT_LEN)?
            + region(BATCH_MAX, segment_len(limits.inner_mtu))?;
        let mut cursor = Cursor(u64::from(start).next_multiple_of(u64::from(REGION_ALIGN)));
        let plan = Self {
            globals_at: cursor.take(size_of::<Globals>(), 1)?,
            lanes_at: cursor.take(lane_len as usize, limits.lanes + 1)?,
            lane_len,
            rows_at: cursor.take(size_of::<Row>(), limits.connections + 1)?,
            sources_at: cursor.take(size_of::<Source>(), sources)?,
            sources,
            peers_at: cursor.take(size_of::<Peer>(), limits.sas + 1)?,
            sas_at: cursor.take(size_of::<SaRow>(), limits.sas + 1)?,
            spi_index_at: cursor.take(4, index_slots)?,
            index_slots,
            policy_index_at: cursor.take(4, index_slots)?,
            pool_at: cursor.take(4, limits.rings)?,
            rings_at: cursor.take(RING_BLOCK_LEN as usize, limits.rings)?,
            pages: 0,
        };
        let pages = cursor.0.div_ceil(u64::from(PAGE_LEN));
        Some(Self {
            pages: u32::try_from(pages).ok()?,
            ..plan
        })
    }
}

fn is_in_range(limits: &Limits) -> bool {
    (1..=LANES_MAX).contains(&limits.lanes)
        && (1..=CONNECTIONS_MAX).contains(&limits.connections)
        && (1..=SAS_MAX).contains(&limits.sas)
        && (1..=1 << 16).contains(&limits.rings)
        && (68..=INNER_MTU_MAX).contains(&limits.inner_mtu)
}

fn region(len: usize, count: u32) -> Option<u32> {
    let octets = (len as u64 * u64::from(count)).next_multiple_of(u64::from(REGION_ALIGN));
    u32::try_from(octets).ok()
}

struct Cursor(u64);

impl Cursor {
    /// Offset of a region of `count` times `len` octets, which ends below 4 GiB.
    fn take(&mut self, len: usize, count: u32) -> Option<u32> {
        let at = u32::try_from(self.0).ok()?;
        let octets = len as u64 * u64::from(count);
        self.0 = (self.0 + octets).next_multiple_of(u64::from(REGION_ALIGN));
        (self.0 < 1 << 32).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        lanes: 2,
        connections: 10_000,
        sas: 16_384,
        rings: 2048,
        inner_mtu: 1400,
    };

    #[test]
    fn regions_are_aligned_and_follow_each_other() {
        let plan = Plan::new(5000, &LIMITS).expect("fits");
        let offsets = [
            plan.globals_at,
            plan.lanes_at,
            plan.rows_at,
            plan.sources_at,
            plan.peers_at,
            plan.sas_at,
            plan.spi_index_at,
            plan.policy_index_at,
            plan.pool_at,
            plan.rings_at,
        ];
        assert!(offsets.iter().all(|at| at % REGION_ALIGN == 0));
        assert!(offsets.windows(2).all(|w| w[0] < w[1]));
        assert!(u64::from(plan.pages) * u64::from(PAGE_LEN) > u64::from(plan.rings_at));
    }

    #[test]
    fn what_does_not_fit_has_no_plan() {
        assert!(
            Plan::new(
                4096,
                &Limits {
                    rings: 13_000,
                    ..LIMITS
                }
            )
            .is_none()
        );
        assert!(Plan::new(4096, &Limits { lanes: 0, ..LIMITS }).is_none());
        assert!(
            Plan::new(
                4096,
                &Limits {
                    sas: SAS_MAX + 1,
                    ..LIMITS
                }
            )
            .is_none()
        );
        assert!(
            Plan::new(
                4096,
                &Limits {
                    inner_mtu: 65_401,
                    ..LIMITS
                }
            )
            .is_none()
        );
    }

    #[test]
    fn an_idle_connection_costs_its_row_and_its_source_slots() {
        assert_eq!(size_of::<Row>(), 512);
        assert_eq!(size_of::<Source>(), 48);
    }
}

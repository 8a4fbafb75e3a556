//! Towards TCP: inner packets become outbound entries, and entries become frames.

use super::table::{Done, Outcome, exports};
use crate::esp::jobs;
use crate::ids::{SaId, SaNumber};
use crate::memory::{self, kernel_tables};
use crate::outbound::{dummy, echo, fill, slots};

exports! {
    section "Outbound";

    /// Sets which packets of many segments the lane's inner device takes, in `OFFLOAD_` bits, and
    /// lays `LANE_SLOT_IOV` out for them. Whether there is a header must not change once the lane
    /// has read from the device.
    fn inner_offload(lane: u32, offload: u32) {
        kernel_tables::set_offload(lane, offload);
    }

    /// Makes the packets in the slots the lane's outbound entries; `LANE_SLOT_LEN` has their
    /// lengths. With offloads the header in front is checked against its packet (`InnerInvalid` if
    /// they differ), and a checksum that was left to us is completed.
    fn slots_in(lane: u32, count: u32) {
        slots::take(memory::numbered_lane(lane), count);
    }

    /// Lets the echo host turn the first `count` inner packets of the last `inbound_finish` into
    /// replies, in place; they become the outbound entries. Returns the number of replies.
    fn echo_in(lane: u32, count: u32) -> u32 {
        echo::answer(memory::lane(lane), count)
    }

    /// Sets an address of the echo host, which stands at `offset`. Returns 1, or 0 if there is no
    /// such family. A lane that looks at the same moment may pass a packet over.
    fn echo_address(_lane: u32, family: u32, offset: u32) -> Done {
        u32::from(echo::set_address(family, offset))
    }

    /// Makes one dummy packet (next header 59) on the outbound SA in row `sa` the lane's only
    /// entry, if its number is `number`. Returns 1, or minus a status. The SAD stays held until
    /// `outbound_next`.
    fn dummy_in(lane: u32, sa: u32, number: f64, octets: u32) -> Outcome {
        // Numbers are counted from 1, and an f64 has them exactly.
        let named = (SaId(sa), SaNumber(number as u64));
        match dummy::take(memory::numbered_lane(lane), named, octets) {
            Ok(()) => 1,
            Err(status) => -(status as i32),
        }
    }

    /// Takes the next connection that entries want to leave on, locks its transmit side and fills
    /// `LANE_JOBS` for all entries of that connection, in order: policy, path, room, then the
    /// number. Returns the connection, or 0 when no entry is left and the SAD has been let go.
    ///
    /// Entries without policy, path or room are dropped and counted before they take a number. A
    /// packet of many segments is cut here, a job for each; the rest, when jobs or ring are full,
    /// comes with the next call.
    fn outbound_next(lane: u32, now: f64) -> u32 {
        fill::next(memory::numbered_lane(lane), now).map_or(0, |conn| conn.0)
    }

    /// Seals the packets of the batch, from their entries into the transmit ring.
    fn outbound_seal(lane: u32) {
        jobs::seal(memory::lane(lane));
    }

    /// Publishes the frames and lets the SAD go until the next `outbound_next`. The transmit lock
    /// stays.
    fn outbound_commit(lane: u32) {
        fill::commit(memory::lane(lane));
    }
}

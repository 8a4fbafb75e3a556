//! Towards TCP: inner packets become outbound entries, and entries become frames.

use super::exports;
use crate::esp::jobs;
use crate::ids::Spi;
use crate::memory::{self, kernel_tables};
use crate::outbound::{dummy, echo, fill, slots};

exports! {
    section "Outbound";

    /// Sets which packets of many segments the lane's inner device takes, and lays the slots out
    /// for them. Call it once, before the lane reads from the device.
    fn inner_offload(lane: u32, offload: u32) {
        kernel_tables::set_offload(lane, offload);
    }

    /// Makes the packets in the slots the lane's outbound entries.
    fn slots_in(lane: u32, count: u32) {
        slots::take(memory::numbered_lane(lane), count);
    }

    /// Lets the echo host answer the inner packets of the last `inbound_finish`. Returns the number
    /// of replies.
    fn echo_in(lane: u32, count: u32) -> u32 {
        echo::answer(memory::lane(lane), count)
    }

    /// Sets an address of the echo host. Returns 1, or 0 if there is no such family. The shell
    /// calls it before lanes start.
    fn echo_address(_lane: u32, family: u32, offset: u32) -> i32 {
        i32::from(echo::set_address(family, offset))
    }

    /// Makes one dummy packet on the outbound SA with this SPI the lane's only entry. Returns 1,
    /// with the SAD held until `outbound_next`, or a negative status.
    fn dummy_in(lane: u32, spi: u32, octets: u32) -> i32 {
        match dummy::take(memory::numbered_lane(lane), Spi(spi), octets) {
            Ok(()) => 1,
            Err(status) => -(status as i32),
        }
    }

    /// Fills jobs for the next connection and takes its transmit lock. Returns the connection, or 0
    /// when no entry is left.
    fn outbound_next(lane: u32, now: f64) -> u32 {
        fill::next(memory::numbered_lane(lane), now).map_or(0, |conn| conn.0)
    }

    /// Seals the batch's packets into the transmit ring.
    fn outbound_seal(lane: u32) {
        jobs::seal(memory::lane(lane));
    }

    /// Ends the batch; the transmit lock stays.
    fn outbound_commit(lane: u32) {
        fill::commit(memory::lane(lane));
    }
}

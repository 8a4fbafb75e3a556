//! SAs are installed and removed, and peers have their paths. Shell only.

use super::table::{Done, Outcome, exports};
use crate::ids::{ConnId, SaId, Spi};
use crate::memory;
use crate::path::{Path, peers};
use crate::sa::sad;

exports! {
    section "SAs and peers";

    /// Installs the SA in `LANE_SA_SPEC`, which it wipes. Returns its row, or minus a status; the
    /// row has its number in `SA_NUMBER`. Only mechanics are checked here: that the SPI of an
    /// inbound SA is free, room, lengths, ranges. Policy is `gateway/shell/sad.ts`.
    fn sa_install(lane: u32) -> Outcome {
        match sad::install(memory::lane(lane)) {
            Ok(id) => id.0.cast_signed(),
            Err(status) => -(status as i32),
        }
    }

    /// Removes the SA in row `sa`; its key is wiped before this returns, and events that found no
    /// room are in the ring of `lane`, the shell's. Returns 1, or 0 if there is none.
    fn sa_remove(lane: u32, sa: u32) -> Done {
        u32::from(sad::remove(memory::lane(lane), SaId(sa)))
    }

    /// Ends the standby of the outbound SA in row `sa`. Returns 1, or 0 if there is none.
    fn sa_use(_lane: u32, sa: u32) -> Done {
        u32::from(sad::put_to_use(SaId(sa)))
    }

    /// Row of the inbound SA with this SPI, or 0.
    fn sa_find(spi: u32) -> u32 {
        sad::find(Spi(spi)).map_or(0, |id| id.0)
    }

    /// Promises an inbound SA of this SPI. Packets that come for it wait in their lanes, for a
    /// second at most; the rest is dropped. `sa_install` keeps the promise, and `inbound_waiting`
    /// finds the packets then. Some thousands of promises are remembered, the newest.
    fn spi_promise(_lane: u32, spi: u32) {
        sad::promise(Spi(spi));
    }

    /// Takes a promise back. The next `inbound_waiting` of a lane drops what has waited for it.
    fn spi_forget(_lane: u32, spi: u32) {
        sad::break_promise(Spi(spi));
    }

    /// Warns of SAs that have become old, stops those whose time has passed, and wipes the keys of
    /// stopped ones. Returns the number of stopped SAs, which are left to `sa_remove`. Called once
    /// a second.
    fn sa_sweep(lane: u32, now: f64) -> u32 {
        sad::sweep(memory::lane(lane), now)
    }

    /// Makes every SA `ms` older. The host was suspended for so long, which its monotonic clock
    /// does not count.
    fn sa_age(_lane: u32, ms: f64) {
        sad::age(ms);
    }

    /// A peer's live path: its kind (`PATH_TCP`) << `PATH_KIND_SHIFT` | the connection, or 0.
    fn peer_path(peer: u32) -> u32 {
        peers::path(peer).map_or(0, Path::handle)
    }

    /// Makes a live connection a peer's path before the peer has sent ESP on it: the originator's
    /// own one, or that on which IKE has made the peer's SAs. Returns 1, or 0 if the connection
    /// with this `ROW_GENERATION` has ended.
    fn peer_use(peer: u32, conn: u32, generation: u32) -> Done {
        let conn = ConnId(conn);
        u32::from(peers::use_path(peer, Path::Tcp { conn, generation }))
    }

    /// Ends a peer's path when its last SA has gone. The number is free for another peer, which
    /// must earn a path of its own.
    fn peer_forget(peer: u32) {
        peers::forget(peer);
    }

    /// Wipes every key, at the end of the process.
    fn core_wipe_all() {
        sad::wipe_all();
    }
}

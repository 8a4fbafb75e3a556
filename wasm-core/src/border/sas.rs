//! SAs are installed and removed, and peers have their paths. Shell only.

use super::exports;
use crate::ids::{ConnId, Spi};
use crate::memory;
use crate::path::{Path, peers};
use crate::sa::sad;

exports! {
    section "SAs and peers";

    /// Installs the SA in the lane's `sa_spec`. Returns its id, or a negative status. Shell only.
    fn sa_install(lane: u32) -> i32 {
        match sad::install(memory::lane(lane)) {
            Ok(id) => id.0.cast_signed(),
            Err(status) => -(status as i32),
        }
    }

    /// Removes an SA and wipes its key. Returns 1, or 0 if there is none. Shell only.
    fn sa_remove(_lane: u32, spi: u32) -> i32 {
        i32::from(sad::remove(Spi(spi)))
    }

    /// Id of the SA with this SPI, or 0. Shell only.
    fn sa_find(spi: u32) -> u32 {
        sad::find(Spi(spi)).map_or(0, |id| id.0)
    }

    /// Stops SAs whose time has passed and wipes the keys of stopped ones. Returns the number of
    /// keys wiped. Shell only, now and then.
    fn sa_sweep(lane: u32, now: f64) -> u32 {
        sad::sweep(memory::lane(lane), now)
    }

    /// A peer's live path: its kind (`PATH_TCP`) << `PATH_KIND_SHIFT` | the connection, or 0.
    fn peer_path(peer: u32) -> u32 {
        peers::path(peer).map_or(0, Path::handle)
    }

    /// Makes a live connection the path of a peer that has sent nothing on it yet, for the
    /// originator's side. Shell only.
    fn peer_use(peer: u32, conn: u32) {
        peers::use_path(peer, ConnId(conn));
    }

    /// Ends a peer's path. The number is free for another peer, which must earn a path of its own.
    /// Shell only.
    fn peer_forget(peer: u32) {
        peers::forget(peer);
    }

    /// Wipes every key, at the end of the process.
    fn core_wipe_all() {
        sad::wipe_all();
    }
}

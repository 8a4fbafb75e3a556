//! Set-up, connections, SAs, counters and events.

use crate::connection::table::{self, Accepted};
use crate::ids::{ConnId, SaId, Spi};
use crate::layout::ABI;
use crate::layout::plan::{Limits, Plan};
use crate::memory;
use crate::memory::setup::{self, Options};
use crate::outbound::echo;
use crate::report::counters;
use crate::report::events::{self, Notice};
use crate::report::status::Status;
use crate::sa::{path, sad};

/// Version of the border.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn core_abi() -> u32 {
    ABI
}

/// Returns the pages that the memory needs, 0 if the limits do not fit into 4 GiB. Touches no
/// memory.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn memory_pages(
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

/// Lays the memory out. Returns 1, or 0 if the limits do not fit. The shell calls it once, before
/// lanes start.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
#[allow(clippy::too_many_arguments)] // the border knows numbers only
pub extern "C" fn core_init(
    lanes: u32,
    connections: u32,
    sas: u32,
    rings: u32,
    inner_mtu: u32,
    base_low: u32,
    base_high: u32,
    max_per_source: u32,
    suspect_limit: u32,
) -> i32 {
    let limits = Limits {
        lanes,
        connections,
        sas,
        rings,
        inner_mtu,
    };
    let base = u64::from(base_high) << 32 | u64::from(base_low);
    i32::from(setup::init(
        &limits,
        &Options {
            base,
            max_per_source,
            suspect_limit,
        },
    ))
}

/// Offset of a lane's block.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn lane_block(lane: u32) -> u32 {
    memory::lane_at(lane)
}

/// Offset of a connection's row.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn conn_row(conn: u32) -> u32 {
    memory::row_at(ConnId(conn))
}

/// Offset of an SA's row.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn sa_row(id: u32) -> u32 {
    memory::sa_at(SaId(id))
}

/// Row of a connection that was accepted, or a negative status.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn conn_open(lane: u32, fd: i32, epfd: i32, now: f64, epoch_ms: f64) -> i32 {
    let accepted = Accepted {
        lane,
        fd,
        epfd,
        now,
        epoch_ms,
    };
    match table::open(memory::lane(lane), &accepted) {
        Ok(conn) => conn.0.cast_signed(),
        Err(status) => -(status as i32),
    }
}

/// Stores the address in the lane's `sockaddr` as the one that the connection's peer has connected
/// to.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn conn_local(lane: u32, conn: u32) {
    table::set_local(memory::lane(lane), ConnId(conn));
}

/// Takes the transmit lock and marks the row closed. Returns 1, or 0 if it was closed already.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn conn_close_begin(lane: u32, conn: u32, status: u32) -> i32 {
    i32::from(table::close_begin(memory::lane(lane), ConnId(conn), status))
}

/// Frees the row and releases the transmit lock. You have closed the descriptor before.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn conn_close_end(_lane: u32, conn: u32) {
    table::close_end(ConnId(conn));
}

/// Sets the state of a connection that has not ended.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn conn_state(_lane: u32, conn: u32, state: u32) {
    table::set_state(ConnId(conn), state);
}

/// Installs the SA in the lane's `sa_spec`. Returns its id, or a negative status. Shell only.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn sa_install(lane: u32) -> i32 {
    match sad::install(memory::lane(lane)) {
        Ok(id) => id.0.cast_signed(),
        Err(status) => -(status as i32),
    }
}

/// Removes an SA and wipes its key. Returns 1, or 0 if there is none. Shell only.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn sa_remove(_lane: u32, spi: u32) -> i32 {
    i32::from(sad::remove(Spi(spi)))
}

/// Id of the SA with this SPI, or 0. Shell only.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn sa_find(spi: u32) -> u32 {
    sad::find(Spi(spi)).map_or(0, |id| id.0)
}

/// Stops SAs whose time has passed and wipes the keys of stopped ones. Returns the number of keys
/// wiped. Shell only, now and then.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn sa_sweep(lane: u32, now: f64) -> u32 {
    sad::sweep(memory::lane(lane), now)
}

/// Connection of a peer's live path, or 0.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn peer_path(peer: u32) -> u32 {
    path::path(peer).map_or(0, |path| path.conn.0)
}

/// Makes a live connection the path of a peer that has sent nothing on it yet, for the originator's
/// side. Shell only.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn peer_use(peer: u32, conn: u32) {
    path::use_path(peer, ConnId(conn));
}

/// Ends a peer's path. The number is free for another peer, which must earn a path of its own.
/// Shell only.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn peer_forget(peer: u32) {
    path::forget(peer);
}

/// Counts a condition that TypeScript has noticed.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn count(lane: u32, status: u32, n: u32) {
    if let Some(word) = memory::lane(lane).counters.get(status as usize) {
        counters::add(word, u64::from(n));
    }
}

/// Appends an event. `conn` and `spi` are 0 if they do not apply.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn event(lane: u32, kind: u32, conn: u32, status: u32, spi: u32, value: f64) {
    let conn = (conn != 0).then_some(ConnId(conn));
    events::tell(
        memory::lane(lane),
        &Notice {
            kind,
            status,
            conn,
            spi: (spi != 0).then_some(Spi(spi)),
            value,
        },
    );
}

/// Records how long an IKE message was underway, ms.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn ike_delay(lane: u32, ms: f64) {
    counters::observe_delay(memory::lane(lane), ms);
}

/// Sets an address of the echo host. Returns 1, or 0 if there is no such family. The shell calls it
/// before lanes start.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn echo_address(_lane: u32, family: u32, offset: u32) -> i32 {
    i32::from(echo::set_address(family, offset))
}

/// Wipes every key, at the end of the process.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn core_wipe_all() {
    sad::wipe_all();
}

const _: () = assert!(Status::ALL.len() < 128);

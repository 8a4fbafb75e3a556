//! The connection that a peer's packets leave on (RFC 9329 §6.1): its moves, its end, and the
//! events of both.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::outbound::{Bench, inner};
use support::{Gate, frame, packet};

#[test]
fn a_row_used_again_is_not_the_path_of_before() {
    let bench = Bench::new();
    bench.gate.close(0, bench.conn);
    assert_eq!(bench.gate.open(0, 8), bench.conn, "the same row");
    assert_eq!(core::peer_path(1), 0);
    assert_eq!(bench.send(&[inner(40, 1)], 1).len(), 0);
    bench.move_path(bench.conn, 2);
    assert_eq!(bench.send(&[inner(40, 1)], 1).len(), 1);
}

#[test]
fn a_draining_connection_gets_no_new_esp() {
    let bench = Bench::new();
    core::conn_state(0, bench.conn, CONN_DRAINING);
    assert_eq!(core::peer_path(1), 0);
    assert_eq!(bench.send(&[inner(40, 1)], 1).len(), 0);
    assert_eq!(bench.gate.counter(0, Status::NoPath), 1);
}

#[test]
fn a_path_that_ends_between_policy_and_lock_drops_its_packets() {
    let bench = Bench::new();
    bench.gate.slots(0, &[inner(40, 1), inner(40, 2)]);
    // Another lane's entries were resolved; then the connection closed. The SAD has not changed
    // since.
    assert_eq!(core::outbound_next(0, 1.0), bench.conn);
    core::outbound_seal(0);
    core::outbound_commit(0);
    core::tx_unlock(0, bench.conn);
    bench.gate.slots(0, &[inner(40, 1)]);
    bench.gate.close(0, bench.conn);
    assert_eq!(core::outbound_next(0, 1.0), 0);
    assert_eq!(bench.gate.counter(0, Status::NoPath), 1);
}

#[test]
fn paths_move_only_with_fresh_authentic_packets() {
    let bench = Bench::new();
    let other = bench.gate.open(0, 8);
    let replayed = bench.path.seal(1, &inner(20, 0));
    let mut forged = bench.path.seal(9, &inner(20, 0));
    forged[30] ^= 1;
    let unknown = Sa::inbound(0x9999).seal(1, &inner(20, 0));
    let ike = support::ike(1, 100);
    for payload in [&replayed[..], &forged, &unknown, &ike, &[0xff], &[]] {
        bench.gate.receive(0, other, &frame(payload), 1.0);
        assert_eq!(core::peer_path(1), bench.conn);
    }
    assert!(bench.gate.events_of(0, EVENT_PATH_MOVED).is_empty());
    bench.move_path(other, 9);
    assert_eq!(core::peer_path(1), other);
    let moved = bench.gate.events_of(0, EVENT_PATH_MOVED);
    assert_eq!(moved, [(EVENT_PATH_MOVED, 0, other, bench.path.spi, 1.0)]);
    bench.move_path(bench.conn, 10);
    assert_eq!(core::peer_path(1), bench.conn);
}

#[test]
fn a_peer_on_two_connections_tells_of_its_path_once_a_second() {
    let bench = Bench::new();
    let conns = [bench.conn, bench.gate.open(0, 8)];
    // A packet on either connection in turns, ten a second.
    let turn = |seq: u64| {
        let packet = frame(&bench.path.seal(seq, &inner(20, 0)));
        let conn = conns[(seq % 2) as usize];
        bench.gate.receive(0, conn, &packet, 100.0 * seq as f64);
        assert_eq!(core::peer_path(1), conn);
    };
    bench.gate.events(0);
    (9..=30).for_each(turn);
    let told = bench.gate.suppressed(0);
    let moved = bench.gate.events_of(0, EVENT_PATH_MOVED);
    assert_eq!(moved.len(), 3, "{moved:?}");
    assert_eq!(told, [0, 9, 9]);
}

#[test]
fn a_peer_number_used_again_has_no_path() {
    let bench = Bench::new();
    assert_eq!(core::sa_remove(0, bench.gate.sa_of(bench.path.spi)), 1);
    assert_eq!(
        core::peer_path(1),
        bench.conn,
        "the outbound SA is still the peer's"
    );
    assert_eq!(core::sa_remove(0, bench.id), 1);
    Sa::outbound(0x3000).installed(&bench.gate);
    assert_eq!(core::peer_path(1), 0);
}

#[test]
fn a_path_says_its_kind_beside_its_connection() {
    let gate = Gate::new();
    Sa::outbound(0x2000).installed(&gate);
    let conn = gate.open(0, 7);
    assert!(gate.use_path(1, conn));
    assert_eq!(core::peer_path(1) >> PATH_KIND_SHIFT, PATH_TCP);
    assert_eq!(core::peer_path(1) & PATH_ROW_MASK, conn);
}

/// The originator has a path before its peer has sent anything, and loses it with the connection.
#[test]
fn a_path_that_is_chosen_carries_packets_until_its_connection_ends() {
    let gate = Gate::new();
    Sa::outbound(0x2000).installed(&gate);
    let inner = packet::v4([1; 4], [2; 4], 100, 1);
    let conn = gate.open(0, 7);
    gate.slots(0, std::slice::from_ref(&inner));
    assert!(gate.transmit(0, 1.0).is_empty());
    assert!(gate.use_path(1, conn));
    assert_eq!(core::peer_path(1), conn);
    gate.slots(0, std::slice::from_ref(&inner));
    assert_eq!(gate.transmit(0, 2.0).len(), 1);
    gate.close(0, conn);
    assert_eq!(core::peer_path(1), 0);
    assert_eq!(gate.counter(0, Status::NoPath), 1);
}

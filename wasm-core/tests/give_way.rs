//! Which connection gives way at a limit, what proves a key, and which rings are for whom.

mod support;

use culvert_core::border as core;
use culvert_core::layout::plan::Limits;
use culvert_core::layout::*;
use support::esp::Sa;
use support::{Gate, LIMITS, RELAY, frame, packet};

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const INFORMATIONAL: u8 = 37;
const SK: u8 = 46;

/// A gateway with a daemon whose sources may have three connections each, and five in total.
fn start() -> Gate {
    let limits = Limits {
        connections: 5,
        ..LIMITS
    };
    Gate::start(limits, 3, RELAY)
}

fn open(gate: &Gate, address: [u8; 4], now: f64) -> u32 {
    assert_eq!(loser(gate, address, now), 0, "there is room");
    let conn = u32::try_from(core::conn_open(0, 7, 99, now, 1e12)).expect("a row");
    core::conn_state(0, conn, CONN_ENABLED);
    gate.set_client_spoken(conn);
    conn
}

/// The row that gives way to a new connection of an address; 0 if none does.
fn loser(gate: &Gate, address: [u8; 4], now: f64) -> u32 {
    gate.set_sockaddr(0, address);
    core::conn_give_way(0, now)
}

/// A message of the daemon with its marker.
fn message(spis: (u64, u64), exchange: u8, first: u8) -> Vec<u8> {
    let mut message = vec![0; 4 + 28];
    message[4..12].copy_from_slice(&spis.0.to_be_bytes());
    message[12..20].copy_from_slice(&spis.1.to_be_bytes());
    message[20..24].copy_from_slice(&[first, 0x20, exchange, 0x20]);
    message
}

fn from_daemon(gate: &Gate, conn: u32, datagram: &[u8], now: f64) {
    assert!(core::upstream_begin(0, conn) > 0);
    gate.datagram(0, conn, datagram, now);
    core::upstream_end(0, conn);
    gate.send_all(0, conn, now);
}

fn is_trusted(gate: &Gate, conn: u32) -> bool {
    gate.f64(gate.row(conn, "ROW_TRUSTED_AT")) != 0.0
}

/// An ESP packet of the daemon.
fn relayed(spi: u32) -> Vec<u8> {
    let mut packet = vec![7; 60];
    packet[..4].copy_from_slice(&spi.to_be_bytes());
    packet
}

#[test]
fn what_the_daemon_answers_to_everybody_proves_no_key() {
    let gate = start();
    let conn = open(&gate, CLIENT, 1.0);
    for (exchange, first) in [(34, 33), (35, SK), (36, 33), (INFORMATIONAL, 41)] {
        from_daemon(&gate, conn, &message((1, 2), exchange, first), 2.0);
        assert!(!is_trusted(&gate, conn), "exchange {exchange}");
    }
    from_daemon(&gate, conn, &message((1, 2), 43, SK), 2.0);
    assert!(!is_trusted(&gate, conn), "IKE_INTERMEDIATE");
}

#[test]
fn an_encrypted_message_under_an_ike_sa_or_esp_of_the_daemon_proves_a_key() {
    let words = [
        message((1, 2), INFORMATIONAL, SK),
        message((1, 2), 36, SK),
        message((1, 2), INFORMATIONAL, 53),
        relayed(0x5000),
    ];
    for word in words {
        let gate = start();
        let conn = open(&gate, CLIENT, 1.0);
        from_daemon(&gate, conn, &word, 2.0);
        assert!(is_trusted(&gate, conn), "{:?}", &word[20..24]);
    }
}

#[test]
fn what_the_daemon_sends_to_a_client_before_proves_no_key() {
    let gate = start();
    assert_eq!(loser(&gate, CLIENT, 1.0), 0, "there is room");
    let conn = u32::try_from(core::conn_open(0, 7, 99, 1.0, 1e12)).expect("a row");
    for word in [message((1, 2), INFORMATIONAL, SK), relayed(0x5000)] {
        from_daemon(&gate, conn, &word, 2.0);
        assert!(!is_trusted(&gate, conn));
    }
    gate.set_client_spoken(conn);
    from_daemon(&gate, conn, &relayed(0x5000), 3.0);
    assert!(is_trusted(&gate, conn));
}

#[test]
fn an_authentic_packet_proves_a_key_and_a_forged_one_does_not() {
    let gate = start();
    let sa = Sa::inbound(0x1000);
    sa.installed(&gate);
    let conn = open(&gate, CLIENT, 1.0);
    let good = sa.seal(1, &packet::v4([10, 0, 0, 1], [10, 0, 0, 2], 60, 1));
    let mut forged = good.clone();
    *forged.last_mut().expect("octets") ^= 1;
    gate.receive(0, conn, &frame(&forged), 2.0);
    assert!(!is_trusted(&gate, conn));
    gate.receive(0, conn, &frame(&good), 3.0);
    assert!(is_trusted(&gate, conn));
}

#[test]
fn a_connection_whose_peer_has_moved_on_gives_way_first() {
    let gate = start();
    let sa = Sa::inbound(0x1000);
    sa.installed(&gate);
    let silent = open(&gate, CLIENT, 1.0);
    let left = open(&gate, CLIENT, 2.0);
    gate.receive(
        0,
        left,
        &frame(&sa.seal(1, &packet::v4([10, 0, 0, 1], [10, 0, 0, 2], 60, 1))),
        3.0,
    );
    let newer = open(&gate, CLIENT, 4.0);
    assert_eq!(
        loser(&gate, CLIENT, 10_000.0),
        silent,
        "nobody is abandoned"
    );
    gate.receive(
        0,
        newer,
        &frame(&sa.seal(2, &packet::v4([10, 0, 0, 1], [10, 0, 0, 2], 60, 1))),
        5.0,
    );
    assert_eq!(loser(&gate, CLIENT, 10_000.0), left);
    gate.close(0, left);
    assert_eq!(loser(&gate, CLIENT, 10_000.0), 0, "there is room");
}

#[test]
fn a_connection_whose_ike_sa_was_heard_on_a_newer_one_gives_way() {
    let gate = start();
    let [old, other, newer] = [1.0, 2.0, 3.0].map(|now| open(&gate, CLIENT, now));
    from_daemon(&gate, old, &message((1, 2), INFORMATIONAL, SK), 4.0);
    from_daemon(&gate, other, &message((1, 3), INFORMATIONAL, SK), 5.0);
    from_daemon(&gate, newer, &message((9, 9), INFORMATIONAL, SK), 6.0);
    assert_eq!(loser(&gate, CLIENT, 10_000.0), 0, "all are in use");
    from_daemon(&gate, newer, &message((1, 2), INFORMATIONAL, SK), 7.0);
    assert_eq!(loser(&gate, CLIENT, 10_000.0), old);
}

#[test]
fn a_connection_whose_esp_the_daemon_sends_on_a_newer_one_gives_way() {
    let gate = start();
    let [old, other, newer] = [1.0, 2.0, 3.0].map(|now| open(&gate, CLIENT, now));
    from_daemon(&gate, old, &relayed(0x5000), 4.0);
    from_daemon(&gate, other, &relayed(0x5001), 5.0);
    from_daemon(&gate, newer, &relayed(0x5000), 7.0);
    assert_eq!(loser(&gate, CLIENT, 10_000.0), old);
    from_daemon(&gate, old, &relayed(0x5000), 20_000.0);
    assert_eq!(loser(&gate, CLIENT, 30_000.0), newer, "the word came back");
}

#[test]
fn a_handshake_keeps_its_place_and_then_the_longest_silent_one_goes() {
    let gate = start();
    let [a, b, c] = [1.0, 2.0, 3.0].map(|now| open(&gate, CLIENT, now));
    assert_eq!(loser(&gate, CLIENT, 1900.0), 0);
    from_daemon(&gate, a, &message((1, 2), 34, 33), 2000.0);
    assert_eq!(loser(&gate, CLIENT, 3000.0), b);
    gate.close(0, b);
    core::conn_trust(0, c, 4.0);
    let d = open(&gate, CLIENT, 3500.0);
    assert_eq!(loser(&gate, CLIENT, 4500.0), a);
    core::conn_trust(0, a, 4600.0);
    assert_eq!(loser(&gate, CLIENT, 9000.0), d);
    core::conn_trust(0, d, 9000.0);
    assert_eq!(loser(&gate, CLIENT, 99_000.0), 0, "they have proved a key");
}

#[test]
fn at_the_total_the_source_with_most_unproved_ones_gives_way_and_to_no_heavier_one() {
    let gate = start();
    let heavy = [1.0, 2.0, 3.0].map(|now| open(&gate, CLIENT, now));
    let lone = open(&gate, [192, 0, 2, 2], 0.5);
    let trusted = open(&gate, [192, 0, 2, 3], 0.4);
    core::conn_trust(0, trusted, 1.0);
    assert_eq!(loser(&gate, [192, 0, 2, 9], 9000.0), heavy[0]);
    gate.close(0, heavy[0]);
    open(&gate, [192, 0, 2, 9], 9000.0);
    assert_eq!(
        loser(&gate, [192, 0, 2, 9], 19_000.0),
        0,
        "as heavy as the heaviest"
    );
    assert_eq!(loser(&gate, [192, 0, 2, 8], 29_000.0), heavy[1]);
    let _ = lone;
}

#[test]
fn one_of_another_lane_counts_no_more_and_is_closed_by_its_lane() {
    let gate = start();
    let first = u32::try_from(gate.try_open(1, 7, CLIENT)).expect("a row");
    let others = [2.0, 3.0].map(|now| open(&gate, CLIENT, now));
    assert_eq!(loser(&gate, CLIENT, 9000.0), first);
    assert_eq!(gate.u32(gate.row(first, "ROW_HAS_LEFT")) & 0xff, 1);
    let next = open(&gate, CLIENT, 9000.0);
    gate.close(1, first);
    for conn in [others[0], others[1], next] {
        gate.close(0, conn);
    }
    for now in [1.0, 2.0, 3.0] {
        open(&gate, CLIENT, now);
    }
}

#[test]
fn half_of_the_rings_are_for_those_who_have_proved_a_key() {
    let gate = Gate::new();
    let held = |address: u8| {
        (0..4)
            .map(|fd| u32::try_from(gate.try_open(0, fd, [10, 0, 0, address])).expect("a row"))
            .filter(|&conn| core::rx_prepare(0, conn) == 1)
            .count()
    };
    assert_eq!((held(1), held(2), held(3)), (4, 4, 4), "half of 24");
    let late = u32::try_from(gate.try_open(0, 7, [10, 0, 0, 9])).expect("a row");
    assert_eq!(core::rx_prepare(0, late), NO_RING);
    core::conn_trust(0, late, 1.0);
    assert_eq!(core::rx_prepare(0, late), 1);
}

#[test]
fn a_source_has_its_share_of_the_rings_until_its_peers_prove_a_key_or_go() {
    let limits = Limits {
        connections: 64,
        rings: 192,
        ..LIMITS
    };
    let gate = Gate::with(limits, 0);
    let conns: Vec<u32> = (0..8)
        .map(|fd| u32::try_from(gate.try_open(0, fd, CLIENT)).expect("a row"))
        .collect();
    let held = || {
        conns
            .iter()
            .filter(|&&conn| core::rx_prepare(0, conn) == 1)
            .count()
    };
    assert_eq!(held(), 5, "a sixteenth of what is left of 96");
    core::conn_trust(0, conns[0], 1.0);
    assert_eq!(held(), 6);
    core::rx_rest(0, conns[1]);
    assert_eq!(core::rx_prepare(0, conns[7]), 1);
    for &conn in &conns {
        gate.close(0, conn);
    }
    let again: Vec<u32> = (0..8)
        .map(|fd| u32::try_from(gate.try_open(0, fd, CLIENT)).expect("a row"))
        .collect();
    let held = again
        .iter()
        .filter(|&&conn| core::rx_prepare(0, conn) == 1)
        .count();
    assert_eq!(held, 5, "nothing is charged for those that are gone");
}

#[test]
fn an_sa_ages_while_the_host_is_suspended() {
    let gate = Gate::new();
    let shell = gate.limits.lanes;
    let mut sa = Sa::inbound(0x1000);
    (sa.soft_seconds, sa.hard_seconds, sa.now) = (9.0, 10.0, 1000.0);
    sa.installed(&gate);
    let mut endless = Sa::inbound(0x1001);
    endless.peer = 2;
    endless.installed(&gate);
    core::sa_age(shell, 8000.0);
    assert_eq!(core::sa_sweep(shell, 1999.0), 0);
    assert_eq!(gate.measures_of(shell, EVENT_SOFT_LIMIT), [0; 0]);
    assert_eq!(core::sa_sweep(shell, 2999.0), 0);
    assert_eq!(gate.measures_of(shell, EVENT_SOFT_LIMIT), [MEASURE_SECONDS]);
    assert_eq!(core::sa_sweep(shell, 3000.0), 1);
    assert_ne!(core::sa_find(0x1001), 0);
}

fn asked(gate: &Gate, address: [u8; 4], now: f64) -> u32 {
    gate.set_sockaddr(0, address);
    core::conn_ask(0, now)
}

fn is_asked(gate: &Gate, conn: u32) -> bool {
    gate.u32(gate.row(conn, "ROW_IS_ASKED")) & 0xff == 1
}

#[test]
fn from_half_of_a_source_on_its_silent_trusted_connections_are_asked() {
    let gate = start();
    let silent = open(&gate, CLIENT, 1.0);
    core::conn_trust(0, silent, 1.0);
    assert_eq!(asked(&gate, CLIENT, 20_000.0), 0, "one of three");
    let untrusted = open(&gate, CLIENT, 20_000.0);
    assert_eq!(asked(&gate, [9, 9, 9, 9], 29_000.0), 0, "another source");
    assert_eq!(asked(&gate, CLIENT, 29_000.0), 1);
    assert!(is_asked(&gate, silent) && !is_asked(&gate, untrusted));
    assert_eq!(asked(&gate, CLIENT, 29_999.0), 0, "not again at once");
    assert_eq!(asked(&gate, CLIENT, 30_000.0), 1);
}

#[test]
fn who_has_been_heard_just_now_is_not_asked() {
    let gate = start();
    let heard = open(&gate, CLIENT, 1.0);
    core::conn_trust(0, heard, 1.0);
    open(&gate, CLIENT, 1.0);
    gate.feed_some_at(0, heard, &frame(&[0xff]), 20_000.0);
    assert_eq!(asked(&gate, CLIENT, 23_000.0), 0);
    assert_eq!(asked(&gate, CLIENT, 24_000.0), 1);
}

#[test]
fn from_half_of_the_table_on_all_sources_are_asked() {
    let gate = start();
    for n in 1..=2 {
        core::conn_trust(0, open(&gate, [10, 0, 0, n], 1.0), 1.0);
    }
    assert_eq!(asked(&gate, CLIENT, 20_000.0), 0, "two of five");
    core::conn_trust(0, open(&gate, [10, 0, 0, 3], 1.0), 1.0);
    assert_eq!(asked(&gate, CLIENT, 20_000.0), 3);
    assert_eq!(asked(&gate, CLIENT, 24_999.0), 0, "not again at once");
    assert_eq!(asked(&gate, CLIENT, 25_000.0), 3);
}

/// Five connections of five sources, which is all that there may be.
fn crowd(gate: &Gate) -> Vec<u32> {
    (1..=5)
        .map(|n| open(gate, [10, 0, 0, n], f64::from(n)))
        .collect()
}

#[test]
fn a_crowd_with_an_address_for_each_connection_makes_room_for_who_has_none() {
    let gate = start();
    let conns = crowd(&gate);
    assert_eq!(
        loser(&gate, CLIENT, 9000.0),
        0,
        "they may be in a handshake"
    );
    assert_eq!(loser(&gate, [10, 0, 0, 1], 11_000.0), 0, "it has one");
    core::conn_trust(0, conns[0], 12_000.0);
    let lost = loser(&gate, CLIENT, 12_000.0);
    assert!(lost != 0 && lost != conns[0]);
    assert_eq!(loser(&gate, CLIENT, 12_019.0), 0, "not again at once");
    let next = loser(&gate, CLIENT, 12_020.0);
    assert!(next != 0 && next != lost, "the search goes round");
}

#[test]
fn whose_key_is_likely_gives_way_last() {
    let gate = start();
    let conns = crowd(&gate);
    let mut large = message((1, 2), 35, SK);
    large.resize(4 + 28 + 100, 7);
    for &conn in &conns[..4] {
        from_daemon(&gate, conn, &large, 6.0);
    }
    assert_eq!(loser(&gate, CLIENT, 20_000.0), conns[4]);
}

#[test]
fn for_a_descriptor_one_without_a_key_gives_way_though_there_is_room() {
    let gate = start();
    let many = [1.0, 2.0, 3.0].map(|now| open(&gate, CLIENT, now));
    let single = open(&gate, [10, 0, 0, 1], 4.0);
    let spare = |conn: u32, now: f64| core::conn_spare(0, conn, now);
    assert_eq!(loser(&gate, [9, 9, 9, 9], 20_000.0), 0, "there is a place");
    assert_eq!(spare(0, 20_000.0), many[0], "a new one of a light source");
    assert_eq!(spare(single, 20_020.0), many[0], "one of a light source");
    assert_eq!(spare(many[1], 20_040.0), 0, "one of the heaviest source");
    core::conn_trust(0, many[1], 20_041.0);
    assert_eq!(spare(many[1], 20_060.0), many[0], "one with a key");
    gate.close(0, many[0]);
    gate.close(0, many[2]);
    assert_eq!(spare(many[1], 22_000.0), single, "there is no other");
    assert_eq!(spare(single, 22_020.0), 0, "not itself");
    core::conn_trust(0, single, 22_021.0);
    assert_eq!(
        spare(many[1], 22_040.0),
        0,
        "one with a key gives way to nobody"
    );
}

/// Events of connections that come until the ring is full.
fn fill_events(gate: &Gate, conn: u32) -> usize {
    let written = || gate.u32(gate.lane(0, "LANE_EVENTS_WRITTEN")) as usize;
    let before = written();
    for _ in 0..2000 {
        core::event(0, EVENT_OPENED, conn, 0, 0, 0.0);
    }
    written() - before
}

#[test]
fn half_of_the_event_ring_is_for_those_with_a_key() {
    let gate = start();
    let (stranger, known) = (open(&gate, CLIENT, 1.0), open(&gate, CLIENT, 2.0));
    core::conn_trust(0, known, 3.0);
    assert_eq!(fill_events(&gate, stranger), 512);
    assert_eq!(fill_events(&gate, known), 512);
}

#[test]
fn what_strangers_cause_holds_no_event_of_others_back() {
    let gate = start();
    let (stranger, known) = (open(&gate, CLIENT, 1.0), open(&gate, CLIENT, 2.0));
    core::conn_trust(0, known, 3.0);
    let sa = Sa::inbound(0x1000);
    sa.installed(&gate);
    let mut forged = sa.seal(1, &packet::v4([10, 0, 0, 1], [10, 0, 0, 2], 60, 1));
    *forged.last_mut().expect("octets") ^= 1;
    for conn in [stranger, known, stranger, known] {
        gate.receive(0, conn, &frame(&forged), 4.0);
    }
    let told: Vec<u32> = gate
        .events_of(0, EVENT_AUDIT)
        .iter()
        .map(|event| event.2)
        .collect();
    assert_eq!(told, [stranger, known]);
}

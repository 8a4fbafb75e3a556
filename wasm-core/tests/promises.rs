//! SAs that come in steps: an outbound one that is not used yet, and packets that come before the
//! SA that opens them.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::{Ends, Gate, frame, packet};

fn inner(tag: u8) -> Vec<u8> {
    packet::v4([10, 0, 0, 1], [10, 0, 1, 2], 60, tag)
}

/// SPI by which a packet leaves.
fn leaves_by(gate: &Gate) -> u32 {
    gate.slots(0, &[inner(1)]);
    let sent = gate.transmit(0, 2.0);
    u32::from_be_bytes(sent[0].1[2..6].try_into().expect("an SPI"))
}

#[test]
fn an_sa_on_standby_waits_until_it_is_put_to_use_or_no_other_fits() {
    let gate = Gate::new();
    let conn = gate.open(0, 7);
    let row = Sa::outbound(0x1000).installed(&gate);
    assert!(gate.use_path(1, conn));
    let standby = Sa {
        is_standby: true,
        ..Sa::outbound(0x1001)
    };
    let next = standby.installed(&gate);
    assert_eq!(leaves_by(&gate), 0x1000);
    // An entry that has chosen its SA chooses again.
    gate.slots(0, &[inner(1), inner(2)]);
    assert_eq!(core::sa_use(2, next), 1);
    assert_eq!(gate.transmit(0, 2.0)[0].1[2..6], 0x1001_u32.to_be_bytes());

    let last = Sa {
        spi: 0x1002,
        ..standby
    };
    let last_row = last.installed(&gate);
    assert_eq!(leaves_by(&gate), 0x1001);
    gate.set_u32(gate.sa(next, "SA_STATE"), SA_EXPIRED);
    assert_eq!(leaves_by(&gate), 0x1000, "an older one that works");
    gate.set_u32(gate.sa(row, "SA_STATE"), SA_EXPIRED);
    assert_eq!(
        leaves_by(&gate),
        0x1002,
        "none but the one on standby works"
    );
    assert_eq!(core::sa_remove(2, last_row), 1);
    assert_eq!(core::sa_use(2, last_row), 0);
    assert_eq!(core::sa_use(2, 0), 0);
}

#[test]
fn the_first_packet_of_an_inbound_sa_is_told_once_and_not_lost() {
    let gate = Gate::new();
    let conn = gate.open(0, 7);
    let sas = [0x1000, 0x1001].map(Sa::inbound);
    let rows = sas.clone().map(|sa| sa.installed(&gate));
    let first = |gate: &Gate, lane| gate.events_of(lane, EVENT_SA_FIRST);
    let mut forged = sas[0].seal(1, &inner(0));
    *forged.last_mut().expect("an octet") ^= 1;
    gate.receive(0, conn, &frame(&forged), 1.0);
    assert!(first(&gate, 0).is_empty(), "a forged packet is none");
    let wire: Vec<u8> = [5, 6, 7]
        .iter()
        .flat_map(|&seq| frame(&sas[0].seal(seq, &inner(0))))
        .collect();
    assert_eq!(gate.receive(0, conn, &wire, 1.0).fresh, 3);
    assert_eq!(first(&gate, 0), [(EVENT_SA_FIRST, 0, conn, 0x1000, 5.0)]);
    // The ring of the lane is full: the shell tells it.
    for _ in 0..EVENT_COUNT {
        core::event(0, EVENT_CLOSED, 0, 6, 0, 0.0);
    }
    gate.receive(0, conn, &frame(&sas[1].seal(1, &inner(0))), 1.0);
    assert_eq!(core::sa_sweep(2, 2.0), 0);
    let told = first(&gate, 2);
    assert_eq!((told.len(), told[0].3), (1, 0x1001));
    core::sa_sweep(2, 3.0);
    assert!(first(&gate, 2).is_empty());
    assert_eq!(rows, [1, 2]);
}

/// A gateway that hands IKE over, with a connection and a promise.
fn scene() -> (Gate, u32, Sa) {
    let gate = Gate::ending(Ends {
        ike: IKE_HAND_OVER,
        unknown_spi: UNKNOWN_SPI_RELAY,
    });
    let conn = gate.open(0, 7);
    let sa = Sa::inbound(0x1000);
    core::spi_promise(2, sa.spi);
    (gate, conn, sa)
}

fn wire(sa: &Sa, numbers: std::ops::RangeInclusive<u64>) -> Vec<u8> {
    numbers
        .flat_map(|seq| frame(&sa.seal(seq, &inner(seq as u8))))
        .collect()
}

#[test]
fn packets_of_a_promised_spi_wait_for_their_sa_and_hold_up_nothing_behind_them() {
    let (gate, conn, sa) = scene();
    let ike = [&[0; 4][..], &[7; 28]].concat();
    gate.feed(0, conn, &[wire(&sa, 1..=3), frame(&ike)].concat());
    // The answer of IKE that makes the SA is reached.
    assert_eq!(core::inbound(0, conn, 1.0), BATCH_HAND_OVER);
    core::rx_release_all(0, conn);
    assert_eq!(core::rx_len(conn), 0);
    assert_eq!(gate.serve_waiting(0, 2.0).fresh, 0, "not yet");
    sa.installed(&gate);
    let outcome = gate.serve_waiting(0, 3.0);
    assert_eq!(outcome.fresh, 3);
    assert_eq!(outcome.inner, [inner(1), inner(2), inner(3)]);
    assert_eq!(core::peer_path(1), conn);
    assert_eq!(gate.serve_waiting(0, 3.0).fresh, 0, "once");
    assert_eq!(gate.receive(0, conn, &wire(&sa, 3..=4), 4.0).fresh, 1);
    assert_eq!(gate.counter(0, Status::SeqReplayed), 1);
    assert_eq!(gate.counter(0, Status::UnknownSpi), 0);
    assert_eq!(
        gate.u64(gate.row(conn, "ROW_INBOUND") + 8),
        5,
        "counted as frames"
    );
}

#[test]
fn what_waits_in_vain_is_dropped_and_counted_and_costs_no_score() {
    let (gate, conn, sa) = scene();
    gate.receive(0, conn, &wire(&sa, 1..=3), 1.0);
    core::spi_forget(2, sa.spi);
    assert_eq!(gate.serve_waiting(0, 2.0).fresh, 0);
    assert_eq!(gate.counter(0, Status::UnknownSpi), 3);
    // A promise that was taken back is none: the daemon gets it.
    assert_eq!(
        gate.receive(0, conn, &wire(&sa, 4..=4), 3.0).upstream.len(),
        1
    );

    core::spi_promise(2, sa.spi);
    gate.receive(0, conn, &wire(&sa, 5..=5), 10.0);
    assert_eq!(gate.serve_waiting(0, 10.0 + WAITING_MS - 1.0).fresh, 0);
    assert_eq!(gate.counter(0, Status::UnknownSpi), 3);
    assert_eq!(gate.serve_waiting(0, 10.0 + WAITING_MS).fresh, 0);
    assert_eq!(gate.counter(0, Status::UnknownSpi), 4);
    sa.installed(&gate);
    assert_eq!(gate.serve_waiting(0, 2000.0).fresh, 0);
    assert_eq!(gate.score(conn), 0);
}

#[test]
fn as_many_packets_wait_as_there_are_places_and_none_that_is_too_long() {
    let (gate, conn, sa) = scene();
    let all = WAITING_MAX as u64;
    gate.receive(0, conn, &wire(&sa, 1..=all + 2), 1.0);
    assert_eq!(gate.counter(0, Status::UnknownSpi), 2);
    let long = packet::v4([10, 0, 0, 1], [10, 0, 1, 2], WAITING_LEN, 0);
    gate.receive(0, conn, &frame(&sa.seal(90, &long)), 1.0);
    assert_eq!(gate.counter(0, Status::UnknownSpi), 3);
    // Those that have waited long enough give their places up, one by one.
    gate.receive(0, conn, &wire(&sa, 91..=92), 1.0 + WAITING_MS);
    assert_eq!(gate.counter(0, Status::UnknownSpi), 5);
    sa.installed(&gate);
    assert_eq!(gate.serve_waiting(0, 1001.5).fresh, all as u32);
    let short = &sa.seal(93, &inner(0))[..20];
    let other = Sa::inbound(0x1001);
    core::spi_promise(2, other.spi);
    let mut short = short.to_vec();
    short[..4].copy_from_slice(&other.spi.to_be_bytes());
    gate.receive(0, conn, &frame(&short), 1.0);
    assert_eq!(gate.counter(0, Status::EspShort), 1);
}

#[test]
fn packets_that_wait_are_those_of_their_connections() {
    let (gate, conn, sa) = scene();
    let others = [gate.open(0, 8), gate.open(0, 9)];
    gate.receive(0, conn, &wire(&sa, 1..=2), 1.0);
    gate.receive(0, others[0], &wire(&sa, 3..=3), 1.0);
    gate.receive(0, others[1], &wire(&sa, 4..=5), 1.0);
    gate.close(0, others[1]);
    assert_eq!(gate.open(0, 10), others[1], "its row is another's");
    sa.installed(&gate);
    assert_eq!(core::inbound_waiting(0, 2.0), conn);
    assert_eq!(gate.u32(gate.lane(0, "LANE_BATCH_COUNT")), 2);
    core::inbound_open(0);
    assert_eq!(core::inbound_finish(0, conn, 2.0), 2);
    core::rx_release_all(0, conn);
    assert_eq!(core::inbound_waiting(0, 2.0), others[0]);
    core::inbound_open(0);
    core::inbound_finish(0, others[0], 2.0);
    core::rx_release_all(0, others[0]);
    assert_eq!(core::inbound_waiting(0, 2.0), 0);
    assert_eq!(gate.counter(0, Status::UnknownSpi), 2);
    // Nothing holds the SAD.
    assert_eq!(core::sa_remove(2, gate.sa_of(sa.spi)), 1);
}

#[test]
fn the_path_that_ike_chooses_is_that_of_a_connection_that_lives() {
    let gate = Gate::new();
    Sa::outbound(0x1000).installed(&gate);
    let conn = gate.open(0, 7);
    let generation = gate.u32(gate.row(conn, "ROW_GENERATION"));
    gate.close(0, conn);
    assert_eq!(core::peer_use(1, conn, generation), 0);
    assert_eq!(gate.open(0, 8), conn);
    assert_eq!(core::peer_use(1, conn, generation), 0, "it is another's");
    assert_eq!(core::peer_path(1), 0);
    assert!(gate.use_path(1, conn));
    assert_eq!(core::peer_path(1), conn);
}

#[test]
fn a_connection_that_has_ended_cannot_be_trusted_any_more() {
    let gate = Gate::new();
    let conn = gate.open(0, 7);
    gate.close(0, conn);
    core::conn_trust(0, conn, 5.0);
    let trusted_at = gate.f64(gate.row(conn, "ROW_TRUSTED_AT"));
    assert_ne!(trusted_at, 5.0, "as it was when it ended");
}

//! The table of SAs, the policy index, and the table of connections.

mod support;

use culvert_core::aead::{AEADS, Algorithm, CONTEXT_LEN};
use culvert_core::border as core;
use culvert_core::layout::plan::Limits;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::{Gate, LIMITS, at, frame, packet};

fn refused(sa: &Sa, gate: &Gate) -> Status {
    let number = -sa.install(gate);
    Status::ALL
        .iter()
        .find(|row| row.status as i32 == number)
        .expect("a refusal")
        .status
}

#[test]
fn ten_thousand_sas_install_look_up_and_delete() {
    let gate = Gate::with(
        Limits {
            sas: 10_000,
            ..LIMITS
        },
        0,
    );
    let spi = |i: u32| 0x100 + i.wrapping_mul(0x9e37_79b9) % 0xffff_0000;
    let rows: Vec<u32> = (0..10_000)
        .map(|i| {
            let mut sa = Sa::new(spi(i), i % 2, 1 + i / 2);
            sa.remote = vec![(vec![10, (i >> 16) as u8, (i >> 8) as u8, i as u8], 32)];
            sa.installed(&gate)
        })
        .collect();
    // Those of even numbers are inbound.
    let found = |i: u32| core::sa_find(spi(i));
    assert_eq!(refused(&Sa::inbound(0x77), &gate), Status::SadFull);
    for (i, &row) in (0..).zip(&rows) {
        assert_eq!(found(i), if i % 2 == 0 { row } else { 0 }, "{i}");
    }
    for (_, &row) in (0..).zip(&rows).filter(|(i, _)| i % 3 == 0) {
        assert_eq!(core::sa_remove(0, row), 1);
    }
    for i in 0..10_000 {
        assert_eq!(found(i) != 0, i % 2 == 0 && i % 3 != 0, "{i}");
    }
    assert!(Sa::inbound(0x77).install(&gate) > 0);
    for (_, &row) in (1..).zip(&rows[1..]).filter(|(i, _)| i % 3 != 0) {
        assert_eq!(core::sa_remove(0, row), 1);
        assert_eq!(core::sa_remove(0, row), 0);
    }
}

#[test]
fn what_cannot_be_represented_is_refused_and_leaves_no_key() {
    let gate = Gate::new();
    let good = Sa::inbound(0x1000);
    let cases: [fn(&mut Sa); 15] = [
        |sa| sa.spi = 0,
        |sa| sa.direction = 2,
        |sa| sa.peer = 0,
        |sa| sa.peer = 33,
        |sa| sa.algorithm = 0,
        |sa| sa.algorithm = AEADS.len() as u32 + 1,
        |sa| sa.window = 31,
        |sa| sa.window = 4097,
        |sa| (sa.window, sa.esn) = (0, true),
        |sa| sa.material.truncate(19),
        |sa| sa.material.truncate(3),
        |sa| sa.algorithm = Algorithm::ChaCha20Poly1305.number(),
        |sa| sa.local.clear(),
        |sa| sa.remote = vec![(vec![0; 4], 33)],
        |sa| sa.initial = 1 << 32,
    ];
    for (i, change) in cases.into_iter().enumerate() {
        let mut sa = good.clone();
        change(&mut sa);
        assert_eq!(refused(&sa, &gate), Status::SpecInvalid, "case {i}");
        let context = gate.memory.read(gate.sa(1, "SA_CONTEXT"), CONTEXT_LEN);
        assert!(context.iter().all(|&octet| octet == 0), "case {i}");
    }
    assert_eq!(good.install(&gate), 1, "the row is still free");
    assert_eq!(refused(&good, &gate), Status::SpiInUse);
    let shell = gate.limits.lanes;
    let key = gate.memory.read(
        gate.lane(shell, "LANE_SA_SPEC") + support::at("SPEC_KEY"),
        40,
    );
    assert_eq!(key, [0; 40], "the specification is wiped");
}

/// The octets in which a wipe must leave no key: the context, the row around it and the jobs of the
/// lane.
struct Remains<'a> {
    gate: &'a Gate,
    sa: &'a Sa,
    id: u32,
}

impl Remains<'_> {
    /// Whether the salt lies in the SA's row, and whether it does in the lane's jobs.
    fn salts(&self) -> [bool; 2] {
        let salt = self.sa.material.last_chunk::<4>().expect("a salt");
        let row_at = u64::from(core::sa_row(self.id));
        let areas = [
            (row_at, at("SA_LEN")),
            (
                self.gate.lane(0, "LANE_JOBS"),
                BATCH_MAX as u64 * at("JOB_LEN"),
            ),
        ];
        areas.map(|(at, len)| {
            let octets = self.gate.memory.read(at, len as usize);
            octets.windows(4).any(|window| window == salt)
        })
    }

    fn has_key(&self) -> bool {
        let at = self.gate.sa(self.id, "SA_CONTEXT");
        let context = self.gate.memory.read(at, CONTEXT_LEN);
        context.iter().any(|&octet| octet != 0)
    }

    fn is_whole(&self) {
        assert_eq!((self.has_key(), self.salts()), (true, [true, true]));
    }

    fn is_gone(&self, by: &str) {
        assert_eq!(
            (self.has_key(), self.salts()),
            (false, [false, false]),
            "{by}"
        );
    }
}

/// An inbound SA that has opened a packet. Its salt has octets that nothing else has.
fn used(gate: &Gate, conn: u32, spi: u32) -> (Sa, u32) {
    let mut sa = Sa::inbound(spi);
    sa.hard_seconds = f64::from(spi);
    sa.material[16..].copy_from_slice(&[0xd1, 0x5e, 0xa5, spi as u8]);
    let id = sa.installed(gate);
    let sealed = sa.seal(1, &packet::v4([10, 0, 0, 1], [10, 0, 0, 2], 64, 7));
    assert_eq!(gate.receive(0, conn, &frame(&sealed), 1.0).fresh, 1);
    (sa, id)
}

#[test]
fn key_and_salt_are_wiped_by_remove_by_sweep_and_by_wipe_all() {
    let gate = Gate::new();
    let conn = gate.open(0, 5);
    let by: [(&str, &dyn Fn()); 3] = [
        ("remove", &|| {
            assert_eq!(core::sa_remove(0, gate.sa_of(0x1000)), 1)
        }),
        ("sweep", &|| assert_eq!(core::sa_sweep(2, 4_097_500.0), 1)),
        ("wipe all", &|| core::core_wipe_all()),
    ];
    for (spi, (name, wipe)) in (0x1000..).zip(by) {
        let (sa, id) = used(&gate, conn, spi);
        let remains = Remains {
            gate: &gate,
            sa: &sa,
            id,
        };
        remains.is_whole();
        wipe();
        remains.is_gone(name);
    }
}

#[test]
fn a_refused_install_leaves_no_salt_in_its_row() {
    let gate = Gate::new();
    let mut sa = Sa::inbound(0x1000);
    sa.material[16..].copy_from_slice(&[0xd1, 0x5e, 0xa5, 0x5e]);
    // Refused after the key has been taken.
    sa.local[0].1 = 33;
    assert_eq!(refused(&sa, &gate), Status::SpecInvalid);
    Remains {
        gate: &gate,
        sa: &sa,
        id: 1,
    }
    .is_gone("a refused install");
}

/// A gateway with one connection and outbound SAs; each peer's path is that connection.
struct Policies {
    gate: Gate,
    conn: u32,
}

impl Policies {
    fn new() -> Self {
        let gate = Gate::new();
        let conn = gate.open(0, 7);
        for peer in 1..4 {
            let sa = Sa::new(0x500 + peer, SA_INBOUND, peer);
            sa.installed(&gate);
            let inner = packet::v4([1, 1, 1, 1], [2, 2, 2, 2], 40, 0);
            gate.receive(0, conn, &frame(&sa.seal(1, &inner)), 1.0);
        }
        Self { gate, conn }
    }

    fn add(&self, spi: u32, local: ([u8; 4], u32), remote: ([u8; 4], u32)) {
        let mut sa = Sa::new(spi, SA_OUTBOUND, 1 + spi % 3);
        sa.local = vec![(local.0.to_vec(), local.1)];
        sa.remote = vec![(remote.0.to_vec(), remote.1)];
        sa.installed(&self.gate);
    }

    /// SPI by which a packet leaves.
    fn leaves_by(&self, source: [u8; 4], destination: [u8; 4]) -> Option<u32> {
        self.gate
            .slots(0, &[packet::v4(source, destination, 60, 1)]);
        let sent = self.gate.transmit(0, 2.0);
        let (conn, wire) = sent.first()?;
        assert_eq!(*conn, self.conn);
        Some(u32::from_be_bytes(wire[2..6].try_into().expect("an SPI")))
    }
}

#[test]
fn the_newest_install_that_holds_both_addresses_wins() {
    let policies = Policies::new();
    policies.add(0x1000, ([10, 0, 0, 0], 8), ([10, 9, 0, 0], 16));
    policies.add(0x1001, ([10, 1, 0, 0], 16), ([10, 9, 1, 0], 24));
    policies.add(0x1002, ([10, 2, 0, 0], 16), ([0, 0, 0, 0], 0));
    let leaves = |source, destination| policies.leaves_by(source, destination);
    assert_eq!(leaves([10, 1, 1, 1], [10, 9, 1, 1]), Some(0x1001));
    assert_eq!(leaves([10, 1, 1, 1], [10, 9, 2, 1]), Some(0x1000));
    assert_eq!(
        leaves([10, 2, 1, 1], [10, 9, 1, 1]),
        Some(0x1002),
        "newest, not longest"
    );
    assert_eq!(leaves([10, 3, 1, 1], [10, 9, 1, 1]), Some(0x1000));
    assert_eq!(leaves([11, 3, 1, 1], [10, 9, 1, 1]), None);
    assert_eq!(policies.gate.counter(0, Status::NoPolicy), 1);
    policies.add(0x1003, ([10, 0, 0, 0], 8), ([10, 9, 0, 0], 16));
    assert_eq!(
        leaves([10, 1, 1, 1], [10, 9, 1, 1]),
        Some(0x1003),
        "a rekey"
    );
    let stop = |spi| {
        let state = policies.gate.sa(policies.gate.sa_of(spi), "SA_STATE");
        policies.gate.set_u32(state, SA_EXPIRED);
    };
    stop(0x1003);
    assert_eq!(
        leaves([10, 1, 1, 1], [10, 9, 1, 1]),
        Some(0x1001),
        "the newest one that works"
    );
    [0x1000, 0x1001].into_iter().for_each(stop);
    assert_eq!(leaves([10, 1, 1, 1], [10, 9, 1, 1]), None);
    assert_eq!(
        policies.gate.counter(0, Status::SaExpired),
        1,
        "not NoPolicy"
    );
    for spi in [0x1000, 0x1001, 0x1003] {
        policies.gate.set_u32(
            policies.gate.sa(policies.gate.sa_of(spi), "SA_STATE"),
            SA_ACTIVE,
        );
    }
    let remove = |spi| core::sa_remove(0, policies.gate.sa_of(spi));
    assert_eq!(remove(0x1003), 1);
    assert_eq!(leaves([10, 1, 1, 1], [10, 9, 1, 1]), Some(0x1001));
    assert_eq!(remove(0x1001), 1);
    assert_eq!(leaves([10, 1, 1, 1], [10, 9, 1, 1]), Some(0x1000));
    assert_eq!(remove(0x1000), 1);
    assert_eq!(leaves([10, 1, 1, 1], [10, 9, 1, 1]), None);
}

#[test]
fn ipv6_prefixes_of_every_length_are_found() {
    let policies = Policies::new();
    let mut address = [0x20; 16];
    for bits in [128, 127, 96, 65, 64, 63, 1, 0] {
        let mut sa = Sa::new(0x2000 + bits, SA_OUTBOUND, 1);
        sa.remote = vec![([0x20; 16].to_vec(), bits)];
        sa.installed(&policies.gate);
        policies.gate.slots(0, &[packet::v6([9; 16], address, 60)]);
        let sent = policies.gate.transmit(0, 2.0);
        assert_eq!(sent[0].1[2..6], (0x2000 + bits).to_be_bytes());
        // Another address right outside of the prefix.
        if bits > 0 {
            let bit = bits as usize - 1;
            address[bit / 8] ^= 0x80 >> (bit % 8);
            policies.gate.slots(0, &[packet::v6([9; 16], address, 60)]);
            assert!(policies.gate.transmit(0, 2.0).is_empty(), "/{bits}");
            address[bit / 8] ^= 0x80 >> (bit % 8);
        }
        assert_eq!(core::sa_remove(0, policies.gate.sa_of(0x2000 + bits)), 1);
    }
}

proptest::proptest! {
    /// The index against a list of all SAs, newest first.
    #[test]
    fn the_index_equals_a_plain_search(
        sas in proptest::collection::vec((0_u8..4, 0_u32..=32, 0_u8..4, 0_u32..=32), 1..12),
        removed in proptest::collection::vec(proptest::bool::ANY, 12),
        probes in proptest::collection::vec((0_u8..4, 0_u8..4), 1..12),
    ) {
        let policies = Policies::new();
        let mut model = Vec::new();
        for (i, (local, local_bits, remote, remote_bits)) in sas.into_iter().enumerate() {
            let spi = 0x3000 + i as u32;
            let (local, remote) = ([10, local, local, 7], [10, remote, remote, 7]);
            policies.add(spi, (local, local_bits), (remote, remote_bits));
            model.push((spi, local, local_bits, remote, remote_bits));
        }
        for (i, _) in removed.iter().enumerate().filter(|(_, is_removed)| **is_removed) {
            core::sa_remove(0, policies.gate.sa_of(0x3000 + i as u32));
            model.retain(|sa| sa.0 != 0x3000 + i as u32);
        }
        let holds = |prefix: [u8; 4], bits: u32, address: [u8; 4]| {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            (u32::from_be_bytes(prefix) ^ u32::from_be_bytes(address)) & mask == 0
        };
        for (source, destination) in probes {
            let source = [10, source, source, 7];
            let destination = [10, destination, destination, 7];
            let expected = model.iter().rev()
                .find(|sa| holds(sa.1, sa.2, source) && holds(sa.3, sa.4, destination))
                .map(|sa| sa.0);
            proptest::prop_assert_eq!(policies.leaves_by(source, destination), expected);
        }
    }
}

#[test]
fn connections_are_refused_by_total_and_by_source() {
    let gate = Gate::with(LIMITS, 3);
    let refusal = |status: Status| -(status as i32);
    let v6 = |low: u8| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, low, 0, 0, 0, 0, 0, 0, low];
    for i in 0..3 {
        assert!(gate.try_open(0, i, [192, 0, 2, 1]) > 0);
        assert!(
            gate.try_open_v6(0, i, v6(i as u8)) > 0,
            "one /64 is one source"
        );
    }
    assert_eq!(
        gate.try_open(0, 9, [192, 0, 2, 1]),
        refusal(Status::RefusedSource)
    );
    assert_eq!(
        gate.try_open_v6(0, 9, v6(77)),
        refusal(Status::RefusedSource)
    );
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1];
    assert_eq!(
        gate.try_open_v6(0, 9, mapped),
        refusal(Status::RefusedSource),
        "the same source"
    );
    for i in 0..10 {
        assert!(gate.try_open(0, 9, [192, 0, 2, 10 + i]) > 0);
    }
    assert_eq!(
        gate.try_open(0, 9, [192, 0, 2, 99]),
        refusal(Status::RefusedTotal)
    );
    assert_eq!(gate.counter(0, Status::Accepted), 16);
    assert_eq!(gate.counter(0, Status::RefusedSource), 3);
    assert_eq!(gate.counter(0, Status::RefusedTotal), 1);
    gate.close(0, 1);
    assert_eq!(
        gate.try_open(0, 9, [192, 0, 2, 1]),
        1,
        "row and place of the source are free"
    );
    assert_eq!(core::conn_close_begin(0, 1, 6), 1);
    core::conn_close_end(0, 1);
    assert_eq!(core::conn_close_begin(0, 1, 6), 0, "closed already");
}

proptest::proptest! {
    /// The source table against counts by address, with sources that come and go.
    #[test]
    fn sources_are_counted_as_by_a_plain_map(
        moves in proptest::collection::vec((0_u8..24, proptest::bool::ANY), 1..300),
    ) {
        let gate = Gate::with(LIMITS, 2);
        let mut open: Vec<(u8, u32)> = Vec::new();
        for (host, is_close) in moves {
            let of_host = open.iter().position(|(known, _)| *known == host);
            if let (true, Some(i)) = (is_close, of_host) {
                let (_, conn) = open.swap_remove(i);
                gate.close(0, conn);
                continue;
            }
            let count = open.iter().filter(|(known, _)| *known == host).count();
            let row = gate.try_open(0, 5, [198, 51, 100, host]);
            let is_admitted = count < 2 && open.len() < 16;
            proptest::prop_assert_eq!(row > 0, is_admitted);
            if let Ok(row @ 1..) = u32::try_from(row) {
                open.push((host, row));
            }
        }
    }
}

#[test]
fn a_row_says_who_its_peer_is() {
    let gate = Gate::new();
    let conn = u32::try_from(gate.try_open(1, 42, [192, 0, 2, 7])).expect("a row");
    let word = |name| gate.u32(gate.row(conn, name));
    assert_eq!(word("ROW_STATE"), CONN_ACCEPTED);
    assert_eq!(
        (word("ROW_LANE"), word("ROW_FD"), word("ROW_EPFD")),
        (1, 42, 99)
    );
    assert_eq!((word("ROW_FAMILY"), word("ROW_PORT")), (FAMILY_V4, 4501));
    assert_eq!(
        gate.memory.read(gate.row(conn, "ROW_ADDRESS"), 4),
        [192, 0, 2, 7]
    );
    assert_eq!(gate.f64(gate.row(conn, "ROW_EPOCH_MS")), 1e12);
    core::event(1, EVENT_OPENED, conn, 0, 0, 5.5);
    assert_eq!(gate.events(1), [(EVENT_OPENED, 0, conn, 0, 5.5)]);
}

#[test]
fn a_full_event_ring_loses_events_and_counts_them() {
    let gate = Gate::new();
    for i in 0..EVENT_COUNT + 5 {
        core::event(0, EVENT_CLOSED, 0, 6, 0, i as f64);
    }
    assert_eq!(gate.u64(gate.lane(0, "LANE_EVENTS_LOST")), 5);
    let told = gate.events(0);
    assert_eq!((told.len(), told[EVENT_COUNT - 1].4), (EVENT_COUNT, 1023.0));
}

#[test]
fn a_soft_limit_that_found_no_room_is_told_by_the_sweep_once() {
    let gate = Gate::new();
    let conn = gate.open(0, 7);
    let mut sa = Sa::inbound(0x1000);
    sa.soft_packets = 2;
    sa.installed(&gate);
    for _ in 0..EVENT_COUNT {
        core::event(0, EVENT_CLOSED, 0, 6, 0, 0.0);
    }
    for seq in 1..4 {
        let packet = sa.seal(seq, &packet::v4([1; 4], [2; 4], 40, 0));
        assert_eq!(gate.receive(0, conn, &frame(&packet), 1.0).fresh, 1);
    }
    assert!(gate.events_of(0, EVENT_SOFT_LIMIT).is_empty());
    let shell = gate.limits.lanes;
    core::sa_sweep(shell, 2.0);
    let expected = (
        EVENT_SOFT_LIMIT,
        Status::SeqSoftLimit as u32,
        0,
        0x1000,
        3.0,
    );
    assert_eq!(gate.events_of(shell, EVENT_SOFT_LIMIT), [expected]);
    core::sa_sweep(shell, 3.0);
    assert!(gate.events(shell).is_empty());
}

#[test]
fn all_that_found_no_room_is_told_by_the_sweep_in_its_order() {
    let gate = Gate::new();
    let conn = gate.open(0, 7);
    let mut sa = Sa::inbound(0x1000);
    (sa.soft_packets, sa.soft_octets, sa.hard_packets) = (1, 1, 2);
    sa.installed(&gate);
    for _ in 0..EVENT_COUNT {
        core::event(0, EVENT_CLOSED, 0, 6, 0, 0.0);
    }
    for seq in 1..4 {
        let packet = sa.seal(seq, &packet::v4([1; 4], [2; 4], 40, 0));
        gate.receive(0, conn, &frame(&packet), 1.0);
    }
    let shell = gate.limits.lanes;
    core::sa_sweep(shell, 2.0);
    let kinds: Vec<u32> = gate.events(shell).iter().map(|event| event.0).collect();
    let expected = [
        EVENT_SA_FIRST,
        EVENT_SOFT_LIMIT,
        EVENT_SOFT_LIMIT,
        EVENT_SA_EXPIRED,
    ];
    assert_eq!(kinds, expected);
}

/// Peers choose the SPIs that are sent to, so any number of outbound SAs may have one; only what
/// comes in is found by it.
#[test]
fn outbound_sas_of_one_spi_are_told_apart_and_never_open() {
    let gate = Gate::new();
    let conn = gate.open(0, 7);
    let inner = |peer: u8| packet::v4([1, 1, 1, 1], [10, peer, 0, 1], 40, 0);
    let mut rows = Vec::new();
    for peer in 1..=3_u8 {
        let mut sa = Sa::new(0x1000, SA_OUTBOUND, peer.into());
        sa.material[0] = peer;
        sa.remote = vec![(vec![10, peer, 0, 0], 16)];
        rows.push(sa.installed(&gate));
        assert!(gate.use_path(peer.into(), conn));
    }
    assert_eq!(core::sa_find(0x1000), 0);
    let sa = Sa::new(0x1000, SA_INBOUND, 1);
    let inbound = sa.installed(&gate);
    assert_eq!(core::sa_find(0x1000), inbound);
    assert_eq!(refused(&sa, &gate), Status::SpiInUse);

    let numbers = |row: u32| gate.u64(gate.sa(row, "SA_SEQUENCE"));
    for (peer, &row) in (1..).zip(&rows) {
        gate.slots(0, &[inner(peer)]);
        let sent = gate.transmit(0, 2.0);
        assert_eq!(sent[0].1[2..6], 0x1000_u32.to_be_bytes());
        assert_eq!(numbers(row), 1);
    }
    assert_eq!(
        gate.receive(0, conn, &frame(&sa.seal(1, &inner(9))), 1.0)
            .fresh,
        1
    );

    // The others stay, and so does the inbound one.
    assert_eq!(core::sa_remove(0, rows[1]), 1);
    gate.slots(0, &[inner(1), inner(2), inner(3)]);
    gate.transmit(0, 2.0);
    assert_eq!((numbers(rows[0]), numbers(rows[2])), (2, 2));
    assert_eq!(gate.counter(0, Status::NoPolicy), 1);
    assert_eq!(core::sa_find(0x1000), inbound);
    assert_eq!(core::sa_remove(0, inbound), 1);
    assert_eq!(core::sa_find(0x1000), 0);
    assert_eq!(
        gate.receive(0, conn, &frame(&sa.seal(2, &inner(9))), 1.0)
            .fresh,
        0
    );
    assert_eq!(gate.counter(0, Status::UnknownSpi), 1);
}

/// An event names its SA by its number, which no other SA has: its SPI and its row may be others'.
#[test]
fn an_event_has_the_number_of_its_sa() {
    let gate = Gate::new();
    let shell = gate.limits.lanes;
    let mut sa = Sa::outbound(0x1000);
    sa.hard_seconds = 1.0;
    let rows = [sa.installed(&gate), sa.installed(&gate)];
    assert_eq!(core::sa_sweep(shell, 2000.0), 2);
    let number = |event: u32| {
        gate.f64(gate.lane(shell, "LANE_EVENTS") + u64::from(event) * 128 + at("EVENT_SA"))
    };
    assert_eq!([number(0), number(1)], [1.0, 2.0]);
    assert_eq!(core::sa_remove(shell, rows[1]), 1);
    let again = sa.installed(&gate);
    assert_eq!((again, gate.u64(gate.sa(again, "SA_NUMBER"))), (rows[1], 3));
}

//! Every condition that the core notices has its status, its fate and its counter.

mod support;

use culvert_core::aead::CONTEXT_LEN;
use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::{Plain, Sa};
use support::{DROP, Ends, Gate, Outcome, RELAY, SUSPECT_LIMIT, frame, ike, packet};

const SPI: u32 = 0xc0ff_ee01;

/// One gateway, one connection, one inbound SA for 10.0.1.0/24 behind it.
struct Bench {
    gate: Gate,
    conn: u32,
    sa: Sa,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Sa)) -> Self {
        Self::of(Gate::new(), change)
    }

    fn ending(ends: Ends) -> Self {
        Self::of(Gate::ending(ends), |_| {})
    }

    fn of(gate: Gate, change: impl FnOnce(&mut Sa)) -> Self {
        let conn = gate.open(0, 7);
        let mut sa = Sa::inbound(SPI);
        sa.remote = vec![(vec![10, 0, 1, 0], 24)];
        sa.local = vec![(vec![10, 0, 0, 0], 16)];
        change(&mut sa);
        sa.installed(&gate);
        Self { gate, conn, sa }
    }

    fn receive(&self, payload: &[u8]) -> Outcome {
        self.gate.receive(0, self.conn, &frame(payload), 1.0)
    }

    /// Asserts that the next `frames` frames, which are the last ones, go nowhere, and that no call
    /// takes more than its share of them.
    fn expect_no_batch(&self, frames: u32) {
        let mut left = frames;
        while left >= SCAN_MAX {
            let batch = self.gate.inbound(0, self.conn);
            assert_eq!(batch, (BATCH_SKIPPED, SCAN_MAX), "of {frames}");
            left -= SCAN_MAX;
        }
        let batch = self.gate.inbound(0, self.conn);
        assert_eq!(batch, (BATCH_NONE, left), "of {frames}");
    }

    /// Offers one payload. Asserts that this status and no other was counted, and that only a
    /// suspect one adds a point to the score.
    fn expect(&self, payload: &[u8], status: Status, points: u32) {
        let before = self.gate.counters(0);
        let score = self.gate.score(self.conn);
        let outcome = self.receive(payload);
        assert_eq!(
            (outcome.inner.len(), outcome.upstream.len()),
            (0, 0),
            "{status:?}"
        );
        let changed: Vec<_> = self
            .gate
            .counters(0)
            .into_iter()
            .filter(|counter| !before.contains(counter))
            .map(|(status, _)| status)
            .collect();
        assert_eq!(changed, [status]);
        assert_eq!(self.gate.score(self.conn), score + points, "{status:?}");
    }

    fn plain<'a>(&self, seq: u64, payload: &'a [u8], next_header: u8) -> Plain<'a> {
        Plain {
            seq,
            payload,
            trailer: None,
            next_header,
        }
    }
}

fn inner() -> Vec<u8> {
    packet::v4([10, 0, 1, 2], [10, 0, 0, 9], 84, 3)
}

#[test]
fn a_length_of_0_or_1_closes_whatever_follows() {
    for low in [0, 1] {
        let bench = Bench::new();
        let mut stream = frame(&bench.sa.seal(1, &inner()));
        stream.extend([0, low]);
        stream.extend(frame(&bench.sa.seal(2, &inner())));
        let outcome = bench.gate.receive(0, bench.conn, &stream, 1.0);
        assert_eq!(outcome.inner, [inner()], "what came before it is delivered");
        assert_eq!(outcome.close, Some(Status::FrameLengthInvalid as u32));
        // The SA survives: another connection carries it on.
        bench.gate.close(0, bench.conn);
        let conn = bench.gate.open(0, 8);
        let next = bench
            .gate
            .receive(0, conn, &frame(&bench.sa.seal(2, &inner())), 2.0);
        assert_eq!(next.inner, [inner()]);
    }
}

#[test]
fn a_length_cut_between_its_octets_closes_when_it_is_whole() {
    let bench = Bench::new();
    assert_eq!(
        bench.gate.receive(0, bench.conn, &[0], 1.0),
        Outcome::default()
    );
    let outcome = bench.gate.receive(0, bench.conn, &[1], 1.0);
    assert_eq!(outcome.close, Some(Status::FrameLengthInvalid as u32));
}

#[test]
fn empty_frames_and_keepalives_are_frames_and_nothing_else() {
    let bench = Bench::new();
    let score_before = bench.gate.counters(0);
    for _ in 0..1000 {
        assert_eq!(bench.receive(&[]), Outcome::default());
    }
    assert_eq!(bench.receive(&[0xff]), Outcome::default());
    assert_eq!(bench.gate.counters(0), score_before);
    assert_eq!(bench.gate.score(bench.conn), 0);
    assert_eq!(bench.gate.frames(0, INBOUND, KIND_EMPTY), 1000);
    assert_eq!(bench.gate.octets(0, INBOUND, KIND_EMPTY), 0);
    assert_eq!(bench.gate.frames(0, INBOUND, KIND_KEEPALIVE), 1);
    assert_eq!(bench.gate.octets(0, INBOUND, KIND_KEEPALIVE), 1);
    assert_eq!(
        bench.gate.f64(bench.gate.row(bench.conn, "ROW_VALID_AT")),
        0.0
    );
}

#[test]
fn short_payloads_are_suspect() {
    let bench = Bench::new();
    for payload in [
        &[0][..],
        &[0xff, 0xff],
        &[1, 2, 3],
        &[0; 4],
        &[0xc0, 0xff, 0xee, 1],
    ] {
        bench.expect(payload, Status::FrameShort, 1);
    }
}

#[test]
fn ike_is_short_below_its_header_and_dropped_without_an_upstream() {
    let bench = Bench::new();
    bench.expect(&ike(1, 1), Status::IkeShort, 1);
    bench.expect(&ike(1, 27), Status::IkeShort, 1);
    bench.expect(&ike(1, 28), Status::NoUpstream, 0);
    assert_eq!(bench.gate.frames(0, INBOUND, KIND_IKE), 3);
}

#[test]
fn what_no_datagram_can_carry_is_dropped_whole() {
    let bench = Bench::ending(RELAY);
    bench.expect(&ike(1, 65_504), Status::IkeTooLong, 0);
    bench.expect(&ike(1, 65_529), Status::IkeTooLong, 0);
    let mut esp = vec![9; 65_508];
    bench.expect(&esp, Status::EspTooLong, 0);
    esp.pop();
    assert_eq!(bench.receive(&esp).upstream, [esp]);
    let longest = ike(1, 65_503);
    assert_eq!(bench.receive(&longest).upstream, [longest]);
}

#[test]
fn esp_of_ours_is_short_below_36_octets() {
    for ends in [DROP, RELAY] {
        let bench = Bench::ending(ends);
        for len in 5..36 {
            bench
                .gate
                .set_u32(bench.gate.row(bench.conn, "ROW_SCORE"), 0);
            bench.expect(&esp(SPI, len), Status::EspShort, 1);
        }
        bench.expect(&esp(SPI, 36), Status::IcvMismatch, 1);
    }
}

/// RFC 4303 §2: SPI, number, and the least trailer that ends with a word. NULL without integrity
/// has neither IV nor ICV; implicit IVs (RFC 8750) and ICVs of 8 and 12 octets lie between.
#[test]
fn esp_of_others_is_short_below_12_octets() {
    let bench = Bench::ending(RELAY);
    for len in 5..12 {
        bench.expect(&esp(SPI ^ 1, len), Status::EspShort, 1);
    }
    for len in 12..40 {
        let packet = esp(SPI ^ 1, len);
        assert_eq!(bench.receive(&packet).upstream, [packet]);
    }
    assert_eq!(bench.gate.counter(0, Status::EspShort), 7);
    let bench = Bench::ending(DROP);
    for (len, status) in [(11, Status::EspShort), (12, Status::UnknownSpi)] {
        bench.expect(&esp(SPI ^ 1, len), status, 1);
    }
}

fn esp(spi: u32, len: usize) -> Vec<u8> {
    let mut packet = vec![7; len];
    packet[..4].copy_from_slice(&spi.to_be_bytes());
    packet
}

#[test]
fn unknown_spis_are_suspect_or_relayed() {
    let outbound = Sa::outbound(0x0a0b_0c0d);
    let packets = [1, 255, 0x1234_5678, outbound.spi].map(|spi| Sa::inbound(spi).seal(1, &inner()));
    let bench = Bench::ending(DROP);
    outbound.installed(&bench.gate);
    for packet in &packets {
        bench.expect(packet, Status::UnknownSpi, 1);
    }
    let bench = Bench::ending(RELAY);
    outbound.installed(&bench.gate);
    for packet in packets {
        assert_eq!(bench.receive(&packet).upstream, [packet]);
    }
}

#[test]
fn sequence_numbers_zero_seen_and_stale_are_dropped() {
    let bench = Bench::new();
    bench.expect(&bench.sa.seal(0, &inner()), Status::SeqZero, 0);
    assert_eq!(bench.receive(&bench.sa.seal(100, &inner())).fresh, 1);
    bench.expect(&bench.sa.seal(100, &inner()), Status::SeqReplayed, 0);
    bench.expect(&bench.sa.seal(36, &inner()), Status::SeqStale, 0);
    assert_eq!(bench.receive(&bench.sa.seal(37, &inner())).fresh, 1);
    bench.expect(&bench.sa.seal(37, &inner()), Status::SeqReplayed, 0);
}

#[test]
fn a_forged_number_does_not_move_the_window() {
    let bench = Bench::new();
    let mut forged = bench.sa.seal(0x7fff_ffff, &inner());
    let last = forged.len() - 1;
    forged[last] ^= 1;
    bench.expect(&forged, Status::IcvMismatch, 1);
    assert_eq!(bench.receive(&bench.sa.seal(1, &inner())).inner, [inner()]);
    assert_eq!(
        bench.gate.score(bench.conn),
        0,
        "an authentic packet clears the score"
    );
}

#[test]
fn trailers_are_checked_after_the_window_has_moved() {
    let bench = Bench::new();
    let payload = inner();
    let cases: [(&[u8], Status); 5] = [
        (&[255, 4], Status::PadLengthInvalid),
        (&[0, 0, 2, 4], Status::PadOctetsInvalid),
        (&[1, 2, 2, 17], Status::NextHeaderUnknown),
        (&[1, 2, 2, 41], Status::InnerInvalid),
        (&[1, 2, 2, 59], Status::DummyPacket),
    ];
    for (i, (trailer, status)) in cases.into_iter().enumerate() {
        let plain = Plain {
            seq: i as u64 + 1,
            payload: &payload,
            trailer: Some(trailer),
            next_header: 0,
        };
        bench.expect(&bench.sa.seal_plain(&plain), status, 0);
        bench.expect(&bench.sa.seal_plain(&plain), Status::SeqReplayed, 0);
    }
    assert_eq!(
        core::peer_path(1),
        bench.conn,
        "they were valid all the same"
    );
}

#[test]
fn malformed_inner_packets_are_dropped() {
    let bench = Bench::new();
    let mut too_long = inner();
    too_long[3] += 1;
    let mut no_header = inner();
    no_header[0] = 0x44;
    for (i, payload) in [too_long, no_header, vec![], vec![0x45; 16]]
        .iter()
        .enumerate()
    {
        let plain = bench.plain(i as u64 + 1, payload, 4);
        bench.expect(&bench.sa.seal_plain(&plain), Status::InnerInvalid, 0);
    }
}

#[test]
fn selectors_bind_both_addresses() {
    let bench = Bench::new();
    let other_source = packet::v4([10, 0, 2, 1], [10, 0, 0, 9], 40, 0);
    let other_destination = packet::v4([10, 0, 1, 1], [10, 1, 0, 9], 40, 0);
    let v6 = packet::v6([1; 16], [2; 16], 60);
    for (seq, payload) in [(1, other_source), (2, other_destination), (3, v6)] {
        bench.expect(&bench.sa.seal(seq, &payload), Status::SelectorMismatch, 0);
    }
    assert_eq!(bench.receive(&bench.sa.seal(4, &inner())).inner, [inner()]);
}

#[test]
fn limits_end_an_sa_once() {
    type Change = fn(&mut Sa);
    let cases: [(&str, Change); 3] = [
        ("packets", |sa| sa.hard_packets = 2),
        ("octets", |sa| sa.hard_octets = 2 * 88 + 87),
        ("initial", |sa| (sa.hard_packets, sa.initial) = (2, 0)),
    ];
    for (name, change) in cases {
        let bench = Bench::with(change);
        for seq in [1, 2] {
            assert_eq!(
                bench.receive(&bench.sa.seal(seq, &inner())).inner.len(),
                1,
                "{name}"
            );
        }
        bench.expect(&bench.sa.seal(3, &inner()), Status::SaExpired, 0);
        let before = bench.gate.counter(0, Status::SaExpired);
        assert_eq!(bench.receive(&bench.sa.seal(4, &inner())).fresh, 0);
        assert_eq!(bench.gate.counter(0, Status::SaExpired), before + 1);
        let expired = bench.gate.events_of(0, EVENT_SA_EXPIRED);
        assert_eq!(expired.len(), 1, "{name}");
        assert_eq!(expired[0].3, SPI);
    }
}

#[test]
fn time_ends_an_sa_with_traffic_and_without() {
    let bench = Bench::with(|sa| (sa.hard_seconds, sa.now) = (2.0, 500.0));
    let at = |now: f64, seq| {
        bench
            .gate
            .receive(0, bench.conn, &frame(&bench.sa.seal(seq, &inner())), now)
            .fresh
    };
    assert_eq!(at(2_499.0, 1), 1);
    assert_eq!(at(2_500.0, 2), 0);
    assert_eq!(bench.gate.counter(0, Status::SaExpired), 1);
    let idle = Bench::with(|sa| (sa.hard_seconds, sa.now) = (2.0, 500.0));
    let shell = idle.gate.limits.lanes;
    assert_eq!(core::sa_sweep(shell, 2_499.0), 0);
    assert_eq!(core::sa_sweep(shell, 2_500.0), 1, "its key is wiped");
    assert_eq!(core::sa_sweep(shell, 2_501.0), 1, "until it is removed");
    assert_eq!(idle.gate.events_of(shell, EVENT_SA_EXPIRED).len(), 1);
    let id = core::sa_find(SPI);
    let key = idle
        .gate
        .memory
        .read(idle.gate.sa(id, "SA_CONTEXT"), CONTEXT_LEN);
    assert!(key.iter().all(|&octet| octet == 0));
    idle.expect(&idle.sa.seal(1, &inner()), Status::SaExpired, 0);
}

#[test]
fn each_soft_limit_warns_once_inbound() {
    // A packet of 88 octets of cipher.
    let change = |sa: &mut Sa| {
        (sa.soft_packets, sa.soft_octets, sa.soft_seconds) = (2, 3 * 88, 5.0);
    };
    let bench = Bench::with(change);
    let shell = bench.gate.limits.lanes;
    let receive = |seqs: std::ops::RangeInclusive<u64>| {
        for seq in seqs {
            assert_eq!(bench.receive(&bench.sa.seal(seq, &inner())).inner.len(), 1);
        }
        bench.gate.measures_of(0, EVENT_SOFT_LIMIT)
    };
    assert_eq!(receive(1..=1), [0; 0]);
    assert_eq!(receive(2..=2), [MEASURE_PACKETS]);
    assert_eq!(receive(3..=6), [MEASURE_OCTETS]);
    core::sa_sweep(shell, 4_999.0);
    assert_eq!(bench.gate.measures_of(shell, EVENT_SOFT_LIMIT), [0; 0]);
    core::sa_sweep(shell, 5_000.0);
    core::sa_sweep(shell, 6_000.0);
    assert_eq!(
        bench.gate.measures_of(shell, EVENT_SOFT_LIMIT),
        [MEASURE_SECONDS],
        "without a packet"
    );
    let told = bench.gate.counter(0, Status::SeqSoftLimit);
    assert_eq!(told + bench.gate.counter(shell, Status::SeqSoftLimit), 3);
}

#[test]
fn an_end_says_by_which_measure() {
    type Change = fn(&mut Sa);
    let cases: [(u32, Change); 3] = [
        (MEASURE_PACKETS, |sa| sa.hard_packets = 1),
        (MEASURE_OCTETS, |sa| sa.hard_octets = 100),
        (MEASURE_SECONDS, |sa| sa.hard_seconds = 0.002),
    ];
    for (measure, change) in cases {
        let bench = Bench::with(change);
        for (seq, now) in [(1, 1.0), (2, 3.0)] {
            let wire = frame(&bench.sa.seal(seq, &inner()));
            bench.gate.receive(0, bench.conn, &wire, now);
        }
        assert_eq!(bench.gate.measures_of(0, EVENT_SA_EXPIRED), [measure]);
        let shell = bench.gate.limits.lanes;
        core::sa_sweep(shell, 10_000.0);
        assert_eq!(
            bench.gate.events(shell).len(),
            0,
            "told once, and nothing warns of an SA that has ended"
        );
    }
}

#[test]
fn the_soft_limit_is_told_once() {
    let bench = Bench::with(|sa| sa.soft_packets = 3);
    for seq in 1..=6 {
        assert_eq!(bench.receive(&bench.sa.seal(seq, &inner())).inner.len(), 1);
    }
    assert_eq!(bench.gate.counter(0, Status::SeqSoftLimit), 1);
    let soft = bench.gate.events_of(0, EVENT_SOFT_LIMIT);
    assert_eq!(
        soft,
        [(
            EVENT_SOFT_LIMIT,
            Status::SeqSoftLimit as u32,
            bench.conn,
            SPI,
            3.0
        )]
    );
}

#[test]
fn the_score_closes_at_its_limit_and_only_validity_clears_it() {
    let bench = Bench::new();
    let unknown = Sa::inbound(0x7777_7777).seal(1, &inner());
    for _ in 0..SUSPECT_LIMIT - 1 {
        assert_eq!(bench.receive(&unknown).close, None);
        bench.receive(&[0xff]);
        bench.receive(&[]);
    }
    assert_eq!(bench.gate.score(bench.conn), SUSPECT_LIMIT - 1);
    assert_eq!(bench.receive(&bench.sa.seal(1, &inner())).inner.len(), 1);
    assert_eq!(bench.gate.score(bench.conn), 0);
    let flood = frame(&unknown).repeat(SUSPECT_LIMIT as usize + 3);
    let outcome = bench.gate.receive(0, bench.conn, &flood, 1.0);
    assert_eq!(outcome.close, Some(Status::SuspectLimit as u32));
    assert_eq!(
        bench.gate.counter(0, Status::UnknownSpi),
        u64::from(2 * SUSPECT_LIMIT - 1)
    );
}

#[test]
fn a_score_at_its_limit_is_not_saved_by_a_later_packet() {
    let bench = Bench::new();
    let mut stream = Vec::new();
    for _ in 0..SUSPECT_LIMIT {
        let mut forged = bench.sa.seal(5, &inner());
        forged[20] ^= 1;
        stream.extend(frame(&forged));
    }
    stream.extend(frame(&bench.sa.seal(6, &inner())));
    let outcome = bench.gate.receive(0, bench.conn, &stream, 1.0);
    assert_eq!(outcome.close, Some(Status::SuspectLimit as u32));
    assert_eq!(
        bench.gate.counter(0, Status::IcvMismatch),
        u64::from(SUSPECT_LIMIT)
    );
}

#[test]
fn audit_events_are_rate_limited_and_say_what_is_missing() {
    let bench = Bench::new();
    let offer = |now: f64| {
        let packet = bench.sa.seal(0, &inner());
        bench.gate.receive(0, bench.conn, &frame(&packet), now);
    };
    [1.0, 2.0, 3.0, 1_002.0].into_iter().for_each(offer);
    let suppressed = bench.gate.suppressed(0);
    let told = bench.gate.events_of(0, EVENT_AUDIT);
    let expected = (EVENT_AUDIT, Status::SeqZero as u32, bench.conn, SPI, 0.0);
    assert_eq!(told, [expected; 2]);
    assert_eq!(suppressed, [0, 2]);
}

/// RFC 4303 §4 wants source and destination in each record.
#[test]
fn an_audit_record_has_both_ends_of_its_connection() {
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 9];
    let v6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
    let mut v4 = [0; 16];
    v4[..4].copy_from_slice(&mapped[12..]);
    for (address, local, family) in [(mapped, v4, FAMILY_V4), (v6, v6, FAMILY_V6)] {
        let bench = Bench::new();
        bench.gate.close(0, bench.conn);
        let mut remote = address;
        remote[15] = 77;
        let conn = u32::try_from(bench.gate.try_open_v6(0, 8, remote)).expect("a row");
        bench.gate.set_sockaddr_v6(0, 443, address);
        core::conn_local(0, conn);
        let packet = bench.sa.seal(0, &inner());
        bench.gate.receive(0, conn, &frame(&packet), 1.0);
        let at = bench.gate.lane(0, "LANE_EVENTS");
        let field = |name| at + support::at(name);
        assert_eq!(bench.gate.u32(field("EVENT_KIND")), EVENT_AUDIT);
        assert_eq!(bench.gate.u32(field("EVENT_FAMILY")), family);
        assert_eq!(bench.gate.u32(field("EVENT_LOCAL_PORT")), 443);
        let said = |name| bench.gate.memory.read(field(name), 16);
        assert_eq!(said("EVENT_LOCAL_ADDRESS"), local);
        let mut expected = local;
        expected[if family == FAMILY_V4 { 3 } else { 15 }] = 77;
        assert_eq!(said("EVENT_ADDRESS"), expected);
    }
}

#[test]
fn a_row_used_again_has_no_local_address_of_before() {
    let bench = Bench::new();
    bench.gate.set_sockaddr_v6(0, 443, [9; 16]);
    core::conn_local(0, bench.conn);
    bench.gate.close(0, bench.conn);
    assert_eq!(bench.gate.open(0, 8), bench.conn, "the same row");
    let row = |name| bench.gate.row(bench.conn, name);
    assert_eq!(bench.gate.u32(row("ROW_LOCAL_PORT")), 0);
    let address = bench.gate.memory.read(row("ROW_LOCAL_ADDRESS"), 16);
    assert_eq!(address, [0; 16]);
}

#[test]
fn a_replay_flood_reaches_no_cipher() {
    let bench = Bench::new();
    let packet = frame(&bench.sa.seal(1, &inner()));
    assert_eq!(bench.gate.receive(0, bench.conn, &packet, 1.0).fresh, 1);
    bench.gate.feed(0, bench.conn, &packet.repeat(500));
    bench.expect_no_batch(500);
    assert_eq!(bench.gate.counter(0, Status::SeqReplayed), 500);
}

#[test]
fn a_flood_of_what_goes_nowhere_is_looked_at_piece_by_piece() {
    let bench = Bench::new();
    for payload in [vec![], vec![0xff], ike(1, 28), ike(1, 65_504)] {
        let frame = frame(&payload);
        let frames = (RING_LEN as usize / frame.len()).min(10_000);
        bench.gate.feed(0, bench.conn, &frame.repeat(frames));
        bench.expect_no_batch(frames as u32);
    }
    assert_eq!(bench.gate.counter(0, Status::NoUpstream), 7710);
    assert_eq!(bench.gate.counter(0, Status::IkeTooLong), 4);
}

#[test]
fn without_a_window_duplicates_pass() {
    let bench = Bench::with(|sa| sa.window = 0);
    let packet = frame(&bench.sa.seal(9, &inner()));
    let outcome = bench.gate.receive(0, bench.conn, &packet.repeat(3), 1.0);
    assert_eq!(outcome.inner.len(), 3);
}

#[test]
fn with_esn_an_old_packet_is_an_icv_failure_and_one_point() {
    let bench = Bench::with(|sa| (sa.esn, sa.initial) = (true, 0x1_0000_0100));
    bench.expect(
        &bench.sa.seal(0x1_0000_0010, &inner()),
        Status::IcvMismatch,
        1,
    );
    assert_eq!(
        bench.receive(&bench.sa.seal(0x1_0000_0101, &inner())).fresh,
        1
    );
    let zero = Bench::with(|sa| sa.esn = true);
    zero.expect(&zero.sa.seal(0, &inner()), Status::SeqZero, 0);
    zero.expect(&zero.sa.seal(0xffff_fff0, &inner()), Status::SeqZero, 0);
}

#[test]
fn an_ike_message_that_is_dropped_is_told_once_a_second_for_each_reason() {
    let bench = Bench::new();
    let offer = |payload: &[u8], now: f64| {
        bench.gate.receive(0, bench.conn, &frame(payload), now);
    };
    for now in [1.0, 2.0, 3.0, 1_002.0] {
        offer(&ike(1, 40), now);
        offer(&ike(1, 65_504), now);
        offer(&frame(&[]), now);
    }
    offer(&[0; 12], 1_003.0);
    let suppressed = bench.gate.suppressed(0);
    let told = bench.gate.events_of(0, EVENT_IKE_DROPPED);
    let event = |status: Status| (EVENT_IKE_DROPPED, status as u32, bench.conn, 0, 0.0);
    let (none, long) = (event(Status::NoUpstream), event(Status::IkeTooLong));
    assert_eq!(told, [none, long, none, long, event(Status::IkeShort)]);
    assert_eq!(suppressed, [0, 0, 2, 2, 0]);
}

//! The relay: to the IKE daemon without loss, from it with a reserve for IKE.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::{Gate, RELAY, frame, frames, ike, packet};

fn gate() -> (Gate, u32) {
    let gate = Gate::ending(RELAY);
    let conn = gate.open(0, 7);
    gate.set_client_spoken(conn);
    (gate, conn)
}

fn esp(tag: u8, len: usize) -> Vec<u8> {
    let mut packet = vec![tag; len];
    packet[..4].copy_from_slice(&0x0bad_cafe_u32.to_be_bytes());
    packet
}

#[test]
fn a_batch_stops_before_the_first_message_that_was_not_sent() {
    let (gate, conn) = gate();
    let known = Sa::inbound(0x1000);
    known.installed(&gate);
    let inner = packet::v4([1; 4], [2; 4], 40, 0);
    let messages = [ike(1, 40), ike(2, 60), ike(3, 50)];
    let mut stream = frame(&[]);
    for message in &messages {
        stream.extend(frame(message));
    }
    stream.extend(frame(&[0xff]));
    stream.extend(frame(&known.seal(1, &inner)));
    gate.feed(0, conn, &stream);
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 3));
    assert_eq!(gate.u32(gate.lane(0, "LANE_UP_IKE")), 3);
    core::rx_release_sent(0, conn, 1);
    assert_eq!(gate.frames(0, INBOUND, KIND_IKE), 1);
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 2));
    assert_eq!(
        [gate.message(0, 0), gate.message(0, 1)],
        [messages[1].clone(), messages[2].clone()]
    );
    core::rx_release_sent(0, conn, 0);
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 2));
    core::rx_release_all(0, conn);
    assert_eq!(gate.serve(0, conn, 2.0).inner, [inner]);
    let counted =
        [KIND_IKE, KIND_ESP, KIND_KEEPALIVE, KIND_EMPTY].map(|k| gate.frames(0, INBOUND, k));
    assert_eq!(counted, [3, 1, 1, 1], "each once");
    assert_eq!(gate.octets(0, INBOUND, KIND_IKE), 44 + 64 + 54);
}

#[test]
fn a_batch_is_all_ike_or_all_esp() {
    let (gate, conn) = gate();
    let messages = [esp(1, 60), esp(2, 60), ike(3, 40), ike(4, 40), esp(5, 60)];
    let stream: Vec<u8> = messages.iter().flat_map(|message| frame(message)).collect();
    gate.feed(0, conn, &stream);
    for (sends, ike_messages) in [(1, 0), (2, 2), (1, 0)] {
        assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, sends));
        assert_eq!(gate.u32(gate.lane(0, "LANE_UP_IKE")), ike_messages);
        core::rx_release_all(0, conn);
    }
    assert_eq!(gate.inbound(0, conn), (BATCH_NONE, 0));
}

/// An IKE header: SPIs, then exchange type and flags where RFC 7296 §3.1 has them.
fn header(initiator: u64, responder: u64, exchange: u8, flags: u8) -> Vec<u8> {
    let mut message = vec![0; 4];
    message.extend(initiator.to_be_bytes());
    message.extend(responder.to_be_bytes());
    message.extend([33, 0x20, exchange, flags]);
    message.extend([0; 20]);
    message
}

const IKE_SA_INIT: u8 = 34;
const IKE_AUTH: u8 = 35;
const INFORMATIONAL: u8 = 37;

#[test]
fn the_daemon_reaches_no_client_that_it_cannot_mean() {
    let gate = Gate::ending(RELAY);
    let conn = gate.open(0, 7);
    let stray = |datagram: &[u8]| {
        let before = gate.counter(0, Status::UpstreamStray);
        let status = gate.datagram(0, conn, datagram, 2.0);
        assert_eq!(
            status == Status::UpstreamStray as u32,
            gate.counter(0, Status::UpstreamStray) > before
        );
        status == Status::UpstreamStray as u32
    };
    let others = [
        esp(1, 60),
        header(8, 9, IKE_SA_INIT, 0x20),
        header(8, 9, IKE_AUTH, 0x20),
        header(8, 9, INFORMATIONAL, 0),
    ];
    assert!(
        others.iter().all(|datagram| stray(datagram)),
        "nobody asked"
    );
    gate.receive(0, conn, &frame(&header(7, 0, IKE_SA_INIT, 8)), 1.0);
    assert!(
        others.iter().all(|datagram| stray(datagram)),
        "others asked"
    );
    assert_eq!(gate.f64(gate.row(conn, "ROW_VALID_AT")), 0.0);
    assert!(!stray(&header(7, 9, IKE_SA_INIT, 0x20)), "the answer");
    assert!(gate.f64(gate.row(conn, "ROW_VALID_AT")) > 0.0);
    assert!(stray(&others[0]));
    // From here on a rekey may have given it SPIs that nobody else can know.
    gate.receive(0, conn, &frame(&header(7, 9, IKE_AUTH, 8)), 3.0);
    assert!(!others.iter().any(|datagram| stray(datagram)));
    let said = SAID_CLIENT | SAID_IKE_LIVE | SAID_DAEMON_IKE | SAID_DAEMON_ESP;
    assert_eq!(gate.u32(gate.row(conn, "ROW_UP_SAID")), said);
}

#[test]
fn whoever_resumes_a_session_is_answered_with_whatever_spi() {
    let second_init = [
        frame(&header(7, 0, IKE_SA_INIT, 8)),
        frame(&header(6, 0, IKE_SA_INIT, 8)),
    ]
    .concat();
    let firsts = [
        frame(&esp(1, 60)),
        frame(&header(7, 9, INFORMATIONAL, 8)),
        // IKEv1: identity protection.
        frame(&header(7, 0, 2, 0)),
        second_init,
    ];
    for first in firsts {
        let gate = Gate::ending(RELAY);
        let conn = gate.open(0, 7);
        gate.receive(0, conn, &first, 1.0);
        assert_eq!(
            gate.datagram(0, conn, &header(8, 9, IKE_AUTH, 0x20), 2.0),
            0
        );
        assert_eq!(gate.datagram(0, conn, &esp(1, 60), 2.0), 0);
        gate.close(0, conn);
        let next = gate.open(0, 8);
        assert_eq!(next, conn, "the row is used again");
        assert_eq!(
            gate.datagram(0, next, &esp(1, 60), 3.0),
            Status::UpstreamStray as u32
        );
    }
}

#[test]
fn batches_are_of_at_most_64_messages() {
    let (gate, conn) = gate();
    gate.feed(0, conn, &frame(&ike(1, 30)).repeat(100));
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 64));
    core::rx_release_all(0, conn);
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 36));
}

#[test]
fn a_straddling_message_that_waits_stays_whole() {
    let (gate, conn) = gate();
    // Lead the cursor to right before the ring's end, without emptying the ring.
    let filler = frame(&esp(1, 60_000));
    let tail = frame(&ike(9, 3_000));
    for _ in 0..4 {
        gate.feed(0, conn, &filler);
    }
    for _ in 0..4 {
        assert_eq!(core::inbound(0, conn, 1.0), BATCH_UPSTREAM);
        core::rx_release_sent(0, conn, 1);
        gate.feed(0, conn, &tail.repeat(7));
    }
    let mut left = gate.serve(0, conn, 1.0).upstream.into_iter();
    assert!(left.all(|message| message == tail[2..]));
}

#[test]
fn datagrams_from_upstream_become_frames_ike_first() {
    let (gate, conn) = gate();
    let send = |octets: &[u8]| {
        assert!(core::upstream_begin(0, conn) > 0);
        gate.datagram(0, conn, octets, 4.0)
    };
    let (one, two, three) = (esp(1, 100), ike(2, 500), ike(3, 65_503));
    assert_eq!([send(&one), send(&two), send(&three)], [0; 3]);
    let wire = gate.send_all(0, conn, 10.0);
    assert_eq!(frames(&wire), [two, three, one]);
    assert_eq!(
        gate.u64(gate.lane(0, "LANE_IKE_DELAY") + 8 * 7),
        2,
        "6 ms each"
    );
    assert_eq!(
        gate.f64(gate.lane(0, "LANE_IKE_DELAY") + support::at("HISTOGRAM_SUM")),
        0.012
    );
    assert_eq!(gate.f64(gate.row(conn, "ROW_VALID_AT")), 4.0);
    assert_eq!(gate.frames(0, OUTBOUND, KIND_IKE), 2);
}

#[test]
fn what_is_no_message_is_dropped_and_a_keepalive_is_nothing() {
    let (gate, conn) = gate();
    let before = gate.counters(0);
    assert_eq!(
        gate.datagram(0, conn, &[0xff], 4.0),
        Status::Keepalive as u32
    );
    assert_eq!(gate.counters(0), before);
    assert_eq!(gate.f64(gate.row(conn, "ROW_VALID_AT")), 0.0);
    let cases = [
        (ike(1, 27), Status::IkeShort),
        (esp(1, 11), Status::EspShort),
        (esp(1, 5), Status::EspShort),
        (vec![1, 2, 3, 4], Status::FrameShort),
        (vec![], Status::FrameShort),
    ];
    for (datagram, status) in cases {
        assert_eq!(gate.datagram(0, conn, &datagram, 4.0), status as u32);
        assert!(gate.counter(0, status) > 0);
    }
    assert!(gate.send_all(0, conn, 5.0).is_empty());
    assert_eq!(gate.score(conn), 0);
}

#[test]
fn esp_from_upstream_may_be_as_short_as_a_packet_without_iv_and_icv() {
    let (gate, conn) = gate();
    let packets: Vec<_> = (12..40).map(|len| esp(1, len)).collect();
    for packet in &packets {
        assert_eq!(gate.datagram(0, conn, packet, 4.0), 0, "{}", packet.len());
    }
    assert_eq!(frames(&gate.send_all(0, conn, 5.0)), packets);
    assert_eq!(gate.counters(0), [(Status::Accepted, 1)]);
}

#[test]
fn a_datagram_from_upstream_clears_the_score() {
    let (gate, conn) = gate();
    gate.receive(0, conn, &frame(&ike(1, 3)), 1.0);
    assert_eq!(gate.score(conn), 1);
    gate.datagram(0, conn, &[0xff], 2.0);
    assert_eq!(gate.score(conn), 1);
    gate.datagram(0, conn, &ike(1, 40), 2.0);
    assert_eq!(gate.score(conn), 0);
}

#[test]
fn esp_from_upstream_is_relayed_whoever_owns_its_spi() {
    let (gate, conn) = gate();
    let known = Sa::inbound(0x1000);
    known.installed(&gate);
    let sealed = known.seal(1, &packet::v4([1; 4], [2; 4], 40, 0));
    assert_eq!(gate.datagram(0, conn, &sealed, 1.0), 0);
    assert_eq!(frames(&gate.send_all(0, conn, 2.0)), [sealed]);
    assert_eq!(gate.counter(0, Status::IcvMismatch), 0);
    assert_eq!(core::peer_path(1), 0);
}

#[test]
fn esp_without_room_is_dropped_and_ike_takes_the_reserve_until_it_is_full() {
    let (gate, conn) = gate();
    while gate.datagram(0, conn, &esp(1, 1400), 1.0) == 0 {}
    assert_eq!(gate.counter(0, Status::TxRingFull), 1);
    let mut queued = 0;
    while core::upstream_begin(0, conn) > 0 {
        assert_eq!(gate.datagram(0, conn, &ike(2, 60_000), 1.0), 0);
        queued += 1;
    }
    assert_eq!(queued, 4, "a fifth might be larger");
    let waits = || gate.u32(gate.row(conn, "ROW_IKE_WAITS"));
    assert_eq!(waits(), 1);
    assert_eq!(gate.counter(0, Status::TxRingFull), 1, "no IKE was dropped");
    // Whatever leaves first makes room again.
    assert_eq!(core::tx_lock(0, conn), 1);
    core::tx_plan(0, conn);
    core::tx_sent(0, conn, 60_005, 2.0);
    assert_eq!(waits(), 1, "no message has left whole");
    core::tx_sent(0, conn, 60_007, 2.0);
    assert_eq!(waits(), 0);
    core::tx_unlock(0, conn);
    assert!(core::upstream_begin(0, conn) > 0);
    let rest = frames(&gate.send_all(0, conn, 3.0));
    assert_eq!(rest.len(), 2 + (TX_QUEUE_MAX / 1402) as usize);
    assert!(rest[..2].iter().all(|message| *message == ike(2, 60_000)));
}

#[test]
fn a_promised_reserve_is_kept_when_another_lane_sends() {
    let (gate, conn) = gate();
    assert!(core::upstream_begin(0, conn) > 0);
    // Lane 1 finds nothing to send, while lane 0 is in `recvmsg`; then every other ring is taken.
    assert_eq!(core::tx_lock(1, conn), 1);
    core::tx_unlock(1, conn);
    let mut others = Vec::new();
    for fd in 0..15 {
        let other = gate.open(0, fd);
        others.push(core::rx_prepare(0, other));
    }
    for _ in 0..9 {
        others.push(core::rx_prepare(0, conn));
    }
    assert_eq!(gate.datagram(0, conn, &ike(1, 40), 1.0), 0);
    assert_eq!(frames(&gate.send_all(0, conn, 2.0)), [ike(1, 40)]);
}

#[test]
fn a_begun_frame_is_finished_before_ike() {
    let (gate, conn) = gate();
    gate.datagram(0, conn, &esp(1, 100), 1.0);
    gate.datagram(0, conn, &esp(2, 100), 1.0);
    assert_eq!(core::tx_lock(0, conn), 1);
    core::tx_plan(0, conn);
    let mut wire = gate.planned(0)[..50].to_vec();
    core::tx_sent(0, conn, 50, 1.0);
    core::tx_unlock(0, conn);
    gate.datagram(0, conn, &ike(3, 100), 1.0);
    gate.datagram(0, conn, &ike(4, 100), 1.0);
    assert_eq!(core::tx_lock(0, conn), 1);
    core::tx_plan(0, conn);
    let planned = gate.planned(0);
    wire.extend_from_slice(&planned[..52 + 106 + 3]);
    core::tx_sent(0, conn, 52 + 106 + 3, 1.0);
    core::tx_unlock(0, conn);
    gate.datagram(0, conn, &ike(5, 100), 1.0);
    wire.extend(gate.send_all(0, conn, 2.0));
    assert_eq!(
        frames(&wire),
        [
            esp(1, 100),
            ike(3, 100),
            ike(4, 100),
            ike(5, 100),
            esp(2, 100)
        ]
    );
}

#[test]
fn an_idle_connection_holds_no_ring() {
    let (gate, conn) = gate();
    for round in 0..100 {
        assert!(core::upstream_begin(0, conn) > 0);
        gate.datagram(0, conn, &ike(1, 40), 1.0);
        gate.datagram(0, conn, &esp(1, 40), 1.0);
        gate.receive(0, conn, &frame(&ike(1, 40)), 1.0);
        gate.send_all(0, conn, 2.0);
        // All 24 blocks are there: 16 connections can hold one each, and some twice.
        let others: Vec<u32> = (0..15).map(|fd| gate.open(0, fd)).collect();
        for &other in &others {
            assert_eq!(core::rx_prepare(0, other), 1, "round {round}");
        }
        for &other in &others[..9] {
            assert!(core::upstream_begin(0, other) > 0, "round {round}");
        }
        assert_eq!(core::upstream_begin(0, conn), -1, "none is left");
        others.iter().for_each(|&other| gate.close(0, other));
    }
}

#[test]
fn neighbours_of_one_length_are_a_run_and_ike_is_alone() {
    let (gate, conn) = gate();
    let messages = [
        esp(1, 100),
        esp(2, 100),
        esp(3, 60),
        esp(4, 60),
        esp(5, 100),
        esp(6, 101),
        ike(7, 56),
        ike(8, 56),
    ];
    let stream: Vec<u8> = messages.iter().flat_map(|message| frame(message)).collect();
    gate.feed(0, conn, &stream);
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 4));
    let runs: Vec<_> = (0..4).map(|i| gate.run(0, i)).collect();
    assert_eq!(runs.concat(), messages[..6]);
    let lens: Vec<_> = runs.iter().map(Vec::len).collect();
    assert_eq!(lens, [3, 1, 1, 1]);
    // One send was taken. The rest begins with the fourth message.
    core::rx_release_sent(0, conn, 1);
    assert_eq!(gate.frames(0, INBOUND, KIND_ESP), 3);
    gate.set_u32(gate.row(conn, "ROW_UP_PLAIN"), 1);
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 3));
    core::rx_release_all(0, conn);
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 2));
    assert_eq!(gate.serve(0, conn, 1.0).upstream, messages[6..]);
}

#[test]
fn a_run_is_no_longer_than_a_datagram() {
    let (gate, conn) = gate();
    gate.feed(0, conn, &frame(&esp(1, 1400)).repeat(60));
    assert_eq!(gate.inbound(0, conn), (BATCH_UPSTREAM, 2));
    assert_eq!([gate.run(0, 0).len(), gate.run(0, 1).len()], [46, 14]);
}

/// Control messages as the kernel lays them out: datagrams lost, octets of each datagram.
fn control(lost: Option<u32>, size: Option<u32>) -> Vec<u8> {
    let message = |level: u32, kind: u32, value: u32| {
        let words = [20, 0, level, kind, value, 0];
        words
            .into_iter()
            .flat_map(u32::to_le_bytes)
            .collect::<Vec<_>>()
    };
    let lost = lost.map_or_else(Vec::new, |lost| message(1, 40, lost));
    let size = size.map_or_else(Vec::new, |size| message(17, 104, size));
    [lost, size].concat()
}

#[test]
fn a_run_from_upstream_becomes_frames() {
    let (gate, conn) = gate();
    assert_eq!(core::upstream_begin(0, conn), UP_READ_MAX as i32);
    let run: Vec<_> = (0..20).map(|i| esp(i, 1400)).chain([esp(20, 90)]).collect();
    gate.read(0, 0, &run.concat(), &control(Some(2), Some(1400)));
    gate.read(
        0,
        1,
        &[ike(1, 60), ike(2, 60), ike(3, 40)].concat(),
        &control(None, Some(64)),
    );
    gate.read(0, 2, &ike(4, 60), &control(Some(5), None));
    for i in 0..3 {
        assert_eq!(core::upstream_in(0, conn, i, 1.0), 0);
    }
    core::upstream_end(0, conn);
    let ikes = vec![ike(1, 60), ike(2, 60), ike(3, 40), ike(4, 60)];
    assert_eq!(frames(&gate.send_all(0, conn, 2.0)), [ikes, run].concat());
    assert_eq!(gate.counter(0, Status::UpstreamOverflow), 5);
}

/// Since Linux 6.9 a socket of the same host may be given runs of 128, as they were sent.
#[test]
fn runs_of_small_messages_fit_what_was_promised_for_them() {
    let (gate, conn) = gate();
    let message = ike(1, 507);
    // As much as there may be for as many reads as there can be.
    assert!(core::upstream_begin(0, conn) > 0);
    for _ in 0..122 {
        assert_eq!(gate.datagram(0, conn, &message, 1.0), 0);
    }
    let reads = core::upstream_begin(0, conn);
    for i in 0..reads {
        gate.read(0, i as u64, &message.repeat(128), &control(None, Some(511)));
    }
    for i in 0..reads {
        assert_eq!(
            core::upstream_in(0, conn, i as u32, 1.0),
            0,
            "{i} of {reads}"
        );
    }
    assert_eq!(gate.counter(0, Status::TxRingFull), 0);
    let sent = frames(&gate.send_all(0, conn, 2.0));
    assert_eq!(sent.len(), 122 + 128 * reads as usize);
}

#[test]
fn control_messages_are_not_believed() {
    let (gate, conn) = gate();
    let cases = [
        vec![0; 64],
        vec![0xff; 64],
        vec![1, 0, 0],
        control(None, Some(0)),
    ];
    for octets in cases {
        assert!(core::upstream_begin(0, conn) > 0);
        gate.read(0, 0, &ike(1, 60), &octets);
        assert_eq!(core::upstream_in(0, conn, 0, 1.0), 0);
        core::upstream_end(0, conn);
        assert_eq!(frames(&gate.send_all(0, conn, 2.0)), [ike(1, 60)]);
    }
}

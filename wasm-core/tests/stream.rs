//! Whole connections against plain models: random messages, random segments, every octet accounted
//! for.

mod support;

use std::collections::VecDeque;

use culvert_core::border as core;
use culvert_core::layout::*;
use proptest::prelude::*;
use support::esp::Sa;
use support::{DROP, Gate, Outcome, RELAY, frame, ike, packet};

/// One message of the peer, and its fate.
#[derive(Clone, Debug)]
enum Message {
    Ike(usize),
    Relayed(usize),
    Known(usize),
    Keepalive,
    Empty,
    /// Too long for a datagram: consumed whole.
    TooLong(usize),
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        3 => (28_usize..3000).prop_map(Message::Ike),
        1 => (60_000_usize..65_503).prop_map(Message::Ike),
        3 => (36_usize..2000).prop_map(Message::Relayed),
        8 => (20_usize..1500).prop_map(Message::Known),
        1 => (60_000_usize..65_400).prop_map(Message::Known),
        1 => Just(Message::Keepalive),
        1 => Just(Message::Empty),
        1 => (65_508_usize..65_533).prop_map(Message::TooLong),
    ]
}

/// The stream, and the messages that must come out of it.
fn compose(messages: &[Message], known: &Sa) -> (Vec<u8>, Outcome) {
    let (mut stream, mut expected) = (Vec::new(), Outcome::default());
    let mut seq = 0;
    for (tag, message) in (0_u8..).cycle().zip(messages) {
        let payload = match *message {
            Message::Ike(len) => ike(tag, len),
            Message::Relayed(len) | Message::TooLong(len) => vec![tag | 1; len],
            Message::Known(len) => {
                let inner = packet::v4([1; 4], [2; 4], len, tag);
                seq += 1;
                expected.fresh += 1;
                expected.inner.push(inner.clone());
                known.seal(seq, &inner)
            }
            Message::Keepalive => vec![0xff],
            Message::Empty => vec![],
        };
        if matches!(message, Message::Ike(_) | Message::Relayed(_)) {
            expected.upstream.push(payload.clone());
        }
        stream.extend(frame(&payload));
    }
    (stream, expected)
}

/// Reads the stream in pieces of `sizes` octets, round and round; each piece is served.
fn run(gate: &Gate, conn: u32, stream: &[u8], sizes: &[usize]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut rest = stream;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            return outcome;
        }
        let piece = &rest[..(*size).min(rest.len())];
        let taken = gate.feed_some(0, conn, piece);
        assert!(taken > 0, "a ring that is served takes something");
        rest = &rest[taken..];
        let served = gate.serve(0, conn, 1.0);
        outcome.inner.extend(served.inner);
        outcome.upstream.extend(served.upstream);
        outcome.fresh += served.fresh;
        assert_eq!(served.close, None);
    }
    outcome
}

proptest! {
    #![proptest_config(support::cases(96))]

    #[test]
    fn every_message_comes_out_once_whatever_the_segments(
        messages in prop::collection::vec(message(), 0..60),
        sizes in prop_oneof![
            prop::collection::vec(1_usize..8, 1..4),
            prop::collection::vec(1_usize..3000, 1..20),
            prop::collection::vec(30_000_usize..300_000, 1..5),
        ],
    ) {
        // One octet at a time over megabytes proves nothing more.
        let most = if sizes[0] < 8 { 6 } else { usize::MAX };
        let messages = &messages[..messages.len().min(most)];
        let gate = Gate::ending(RELAY);
        let conn = gate.open(0, 7);
        let known = Sa::inbound(0x1000);
        known.installed(&gate);
        let (stream, expected) = compose(messages, &known);
        let outcome = run(&gate, conn, &stream, &sizes);
        prop_assert!(outcome == expected, "{messages:?}");
        prop_assert_eq!(core::rx_len(conn), 0);
        let frames: u64 = (0..4).map(|kind| gate.frames(0, INBOUND, kind)).sum();
        let octets: u64 = (0..4).map(|kind| gate.octets(0, INBOUND, kind)).sum();
        prop_assert_eq!(frames, messages.len() as u64);
        prop_assert_eq!(octets + 2 * frames, stream.len() as u64, "every octet is accounted for");
    }

    /// Any octets: the core makes progress, finds no more frames than octets allow, and none longer
    /// than the input.
    #[test]
    fn any_octets_are_consumed_or_close(
        stream in prop::collection::vec(
            prop_oneof![Just(0_u8), Just(2), Just(40), any::<u8>()],
            0..4000,
        ),
        has_upstream: bool,
    ) {
        let gate = Gate::ending(if has_upstream { RELAY } else { DROP });
        let conn = gate.open(0, 7);
        Sa::inbound(0x0202_0202).installed(&gate);
        let outcome = gate.receive(0, conn, &stream, 1.0);
        let out: usize = outcome.upstream.iter().chain(&outcome.inner).map(Vec::len).sum();
        prop_assert!(out + 2 * outcome.upstream.len() <= stream.len());
        let frames: u64 = (0..4).map(|kind| gate.frames(0, INBOUND, kind)).sum();
        prop_assert!(2 * frames <= stream.len() as u64);
        if outcome.close.is_none() {
            // The rest is less than a frame.
            prop_assert!(core::rx_len(conn) < 65_536);
            let left = gate.memory.read(core::rx_at(conn).into(), core::rx_len(conn).min(2) as usize);
            if let [high, low] = left[..] {
                prop_assert!(u32::from(u16::from_be_bytes([high, low])) > core::rx_len(conn));
            }
        }
    }

    /// The receive ring against a plain queue, with canaries in the blocks around it.
    #[test]
    fn the_ring_equals_a_plain_queue(
        moves in prop::collection::vec((any::<bool>(), 1_u32..200_000), 1..60),
    ) {
        let gate = Gate::new();
        let conns: Vec<u32> = (0..3).map(|fd| gate.open(0, fd)).collect();
        // Blocks are lent in order: the middle one has a neighbour on each side.
        for &conn in &conns {
            prop_assert_eq!(core::rx_prepare(0, conn), 1);
            core::rx_commit(0, conn, 1, 1.0);
        }
        let block = |conn| u64::from(core::rx_at(conn));
        for canary in [conns[0], conns[2]] {
            gate.memory.write(block(canary), &vec![0xa5; RING_BLOCK_LEN as usize]);
        }
        let (middle, start) = (conns[1], block(conns[1]));
        let mut model: VecDeque<u8> = gate.memory.read(start, 1).into();
        let mut next = 0_u8;
        for (is_write, n) in moves {
            if is_write {
                let octets: Vec<u8> = (0..n).map(|i| next.wrapping_add((i % 251) as u8)).collect();
                next = next.wrapping_mul(31).wrapping_add(7);
                let taken = gate.feed_some(0, middle, &octets);
                prop_assert_eq!(taken, octets.len().min(RING_LEN as usize - model.len()));
                model.extend(&octets[..taken]);
            } else {
                // The last octet stays, and with it the block.
                let n = n.min(model.len() as u32 - 1);
                core::rx_skip(0, middle, n);
                model.drain(..n as usize);
            }
            prop_assert_eq!(core::rx_len(middle) as usize, model.len());
            let at = block(middle);
            let until_end = (start + u64::from(RING_LEN) - at) as usize;
            let first = gate.memory.read(at, model.len().min(until_end));
            let rest = gate.memory.read(start, model.len() - first.len());
            prop_assert!(first.iter().chain(&rest).eq(model.iter()));
        }
        for canary in [conns[0], conns[2]] {
            let octets = gate.memory.read(block(canary), RING_BLOCK_LEN as usize);
            prop_assert!(octets.iter().all(|&octet| octet == 0xa5));
        }
    }
}

#[test]
fn a_frame_straddles_the_end_at_every_cut() {
    let gate = Gate::new();
    let conn = gate.open(0, 7);
    let known = Sa {
        window: 0,
        ..Sa::inbound(0x1000)
    };
    known.installed(&gate);
    let inner = packet::v4([1; 4], [2; 4], 40, 1);
    let straddler = frame(&known.seal(1, &inner));
    for cut in 0..=straddler.len() as u32 {
        // One unread octet keeps the ring; it is the first of the straddler's Length field.
        let lead = RING_LEN - cut;
        gate.feed(0, conn, &vec![0; lead as usize]);
        gate.feed(0, conn, &straddler[..1.min(cut as usize)]);
        core::rx_skip(0, conn, lead);
        let sent = 1.min(cut as usize);
        gate.feed(0, conn, &straddler[sent..]);
        let outcome = gate.serve(0, conn, 1.0);
        assert_eq!(
            outcome.inner,
            std::slice::from_ref(&inner),
            "cut after {cut} octets"
        );
        assert_eq!(core::rx_len(conn), 0);
    }
}

#[test]
fn a_resumed_stream_does_not_complete_the_frame_of_before() {
    let gate = Gate::new();
    let conn = gate.open(0, 7);
    let known = Sa::inbound(0x1000);
    known.installed(&gate);
    let wire = frame(&known.seal(1, &packet::v4([1; 4], [2; 4], 40, 1)));
    let (front, rest) = wire.split_at(30);
    gate.receive(0, conn, front, 1.0);
    gate.close(0, conn);
    let again = gate.open(0, 7);
    assert_eq!(again, conn);
    assert_eq!(gate.receive(0, again, rest, 1.0).fresh, 0);
}

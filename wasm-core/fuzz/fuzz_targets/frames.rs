//! Any octets, in any pieces, against a plain reader of RFC 9329 §3: the same messages leave for
//! the daemon, and the connection ends at the same frame.

#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use arbitrary::Arbitrary;
use culvert_core::layout::DATAGRAM_LEN_MAX;
use culvert_core::report::status::{Fate, Status};
use libfuzzer_sys::fuzz_target;
use support::{Gate, RELAY, SMALL, SUSPECT_LIMIT};

#[derive(Arbitrary, Debug)]
struct Input {
    stream: Vec<u8>,
    pieces: Vec<u16>,
}

fuzz_target!(|input: Input| {
    let gate = Gate::start(SMALL, 0, RELAY);
    let conn = gate.open(0, 7);
    let (mut upstream, mut close) = (Vec::new(), None);
    let mut rest = &input.stream[..];
    let mut pieces = input.pieces.iter().map(|&len| usize::from(len).max(1));
    while !rest.is_empty() && close.is_none() {
        let piece = pieces.next().unwrap_or(rest.len()).min(rest.len());
        let taken = gate.feed_some(0, conn, &rest[..piece]);
        rest = &rest[taken..];
        let outcome = gate.serve(0, conn, 1.0);
        upstream.extend(outcome.upstream);
        assert!(outcome.inner.is_empty());
        close = outcome.close;
    }
    assert_eq!((upstream, close), read(&input.stream));
});

/// The messages of a stream, and why it ends. All ESP is the daemon's: there is no SA.
fn read(mut stream: &[u8]) -> (Vec<Vec<u8>>, Option<u32>) {
    let mut messages = Vec::new();
    let mut score = 0;
    while let &[high, low, ..] = stream {
        if score >= SUSPECT_LIMIT {
            return (messages, Some(Status::SuspectLimit as u32));
        }
        let len = usize::from(u16::from_be_bytes([high, low]));
        if len < 2 {
            return (messages, Some(Status::FrameLengthInvalid as u32));
        }
        if len > stream.len() {
            return (messages, None);
        }
        let payload = &stream[2..len];
        stream = &stream[len..];
        match drop_reason(payload) {
            None => messages.push(payload.to_vec()),
            Some(status) => score += u32::from(status.fate() == Fate::Suspect),
        }
    }
    let is_spent = score >= SUSPECT_LIMIT;
    (messages, is_spent.then_some(Status::SuspectLimit as u32))
}

fn drop_reason(payload: &[u8]) -> Option<Status> {
    let is_long = payload.len() > DATAGRAM_LEN_MAX as usize;
    match payload {
        [] => Some(Status::FrameEmpty),
        [0xff] => Some(Status::Keepalive),
        [..] if payload.len() < 5 => Some(Status::FrameShort),
        [0, 0, 0, 0, ..] if payload.len() < 32 => Some(Status::IkeShort),
        [0, 0, 0, 0, ..] if is_long => Some(Status::IkeTooLong),
        [..] if payload.len() < 12 && payload[..4] != [0; 4] => Some(Status::EspShort),
        [..] if is_long => Some(Status::EspTooLong),
        _ => None,
    }
}

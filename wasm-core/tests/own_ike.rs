//! From the IKE of this process: messages into the reserve, what they prove, and the score.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::{Ends, Gate, frame, frames};

const INSIDE: Ends = Ends {
    ike: IKE_HAND_OVER,
    unknown_spi: UNKNOWN_SPI_DROP,
};

const IKE_SA_INIT: u8 = 34;
const IKE_AUTH: u8 = 35;
const INFORMATIONAL: u8 = 37;
const SK: u8 = 46;

fn gate() -> (Gate, u32) {
    let gate = Gate::ending(INSIDE);
    let conn = gate.open(0, 7);
    (gate, conn)
}

/// A message: SPIs, then first payload, exchange type and flags where RFC 7296 §3.1 has them.
fn message(exchange: u8, first: u8, len: usize) -> Vec<u8> {
    let mut message = vec![7; 16];
    message.extend([first, 0x20, exchange, 0x20]);
    message.resize(len, 1);
    message
}

/// Lays a message out in the lane's first slot, and queues it.
fn queue(gate: &Gate, conn: u32, message: &[u8], now: f64) -> i32 {
    let slot = gate.lane(0, "LANE_SLOTS");
    gate.put(slot, message);
    core::ike_in(0, conn, slot as u32, message.len() as u32, now)
}

fn marked(message: &[u8]) -> Vec<u8> {
    [&[0; 4], message].concat()
}

#[test]
fn messages_leave_in_their_order_each_behind_a_marker() {
    let (gate, conn) = gate();
    let sent = [
        message(IKE_SA_INIT, 33, 300),
        message(IKE_AUTH, SK, 28),
        message(IKE_AUTH, SK, 5000),
    ];
    for one in &sent {
        assert_eq!(queue(&gate, conn, one, 1.0), 1);
    }
    let wire = gate.send_all(0, conn, 2.0);
    assert_eq!(frames(&wire), sent.map(|one| marked(&one)));
    assert_eq!(gate.frames(0, OUTBOUND, KIND_IKE), 3);
}

#[test]
fn a_full_reserve_takes_no_more_and_says_when_it_has_room() {
    let (gate, conn) = gate();
    let large = message(IKE_AUTH, SK, 60_000);
    let mut taken = 0;
    while queue(&gate, conn, &large, 1.0) == 1 {
        taken += 1;
        assert!(taken < 100, "the reserve has an end");
    }
    assert!(taken >= 3);
    assert_eq!(gate.u32(gate.row(conn, "ROW_IKE_WAITS")), 1);
    assert_eq!(frames(&gate.send_all(0, conn, 2.0)).len(), taken);
    assert_eq!(gate.u32(gate.row(conn, "ROW_IKE_WAITS")), 0);
    assert_eq!(queue(&gate, conn, &large, 3.0), 1);
}

#[test]
fn what_cannot_be_a_message_is_not_queued() {
    let (gate, conn) = gate();
    assert_eq!(queue(&gate, conn, &message(IKE_AUTH, SK, 28)[..27], 1.0), 0);
    let longest = DATAGRAM_LEN_MAX - NON_ESP_MARKER_LEN;
    let slot = gate.lane(0, "LANE_SLOTS") as u32;
    assert_eq!(core::ike_in(0, conn, slot, longest + 1, 1.0), 0);
    assert_eq!(core::ike_in(0, conn, slot, longest, 1.0), 1);
    gate.close(0, conn);
    assert_eq!(core::ike_in(0, conn, slot, 28, 1.0), 0, "it has ended");
}

#[test]
fn only_a_word_of_an_authenticated_ike_sa_brings_trust_and_clears_the_score() {
    let gate = Gate::ending(INSIDE);
    let conn = gate.try_open(0, 7, [192, 0, 2, 1]).cast_unsigned();
    let trusted_at = || gate.f64(gate.row(conn, "ROW_TRUSTED_AT"));
    let valid_at = || gate.f64(gate.row(conn, "ROW_VALID_AT"));
    core::conn_suspect(0, conn);
    assert_eq!(gate.score(conn), 1);
    assert_eq!(gate.counter(0, Status::IkeInvalid), 1);
    for everybodys in [
        message(IKE_SA_INIT, 33, 300),
        message(IKE_AUTH, SK, 300),
        message(INFORMATIONAL, 41, 40),
    ] {
        assert_eq!(queue(&gate, conn, &everybodys, 5.0), 1);
        assert_eq!((trusted_at(), gate.score(conn)), (0.0, 1));
        assert!(valid_at() < 5.0);
    }
    assert_eq!(queue(&gate, conn, &message(INFORMATIONAL, SK, 60), 6.0), 1);
    assert_eq!((trusted_at(), valid_at(), gate.score(conn)), (6.0, 6.0, 0));
}

#[test]
fn a_connection_ends_whose_score_the_ike_of_this_process_fills() {
    let (gate, conn) = gate();
    for _ in 0..1000 {
        core::conn_suspect(0, conn);
    }
    gate.feed(0, conn, &frame(&marked(&message(IKE_SA_INIT, 33, 40))));
    let status = gate.inbound(0, conn);
    assert_eq!(status.0, BATCH_CLOSE);
    let word = gate.lane(0, "LANE_BATCH_STATUS");
    assert_eq!(gate.u32(word), Status::SuspectLimit as u32);
}

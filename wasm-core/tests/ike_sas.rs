//! RFC 9329 §6.1: a second IKE SA on a connection leads to one event, and all its messages go on to
//! the daemon.

mod support;

use culvert_core::layout::EVENT_IKE_SHARED;
use support::{Gate, RELAY, frame};

const IKE_SA_INIT: u8 = 34;
const IKE_AUTH: u8 = 35;
const INFORMATIONAL: u8 = 37;
/// Flag of a response (RFC 7296 §3.1).
const RESPONSE: u8 = 0x20;

/// A connection and the messages that have come by it.
struct Scene {
    gate: Gate,
    conn: u32,
}

impl Scene {
    fn new() -> Self {
        let gate = Gate::ending(RELAY);
        let conn = gate.open(0, 7);
        Self { gate, conn }
    }

    /// Messages of these SPIs, exchange and flags come and go on. Returns the number of events.
    fn events_after(&self, messages: &[(u64, u64, u8, u8)]) -> usize {
        let payloads = messages
            .iter()
            .map(|&(initiator, responder, exchange, flags)| {
                let mut message = vec![0; 4 + 28];
                message[4..12].copy_from_slice(&initiator.to_be_bytes());
                message[12..20].copy_from_slice(&responder.to_be_bytes());
                message[20..24].copy_from_slice(&[33, 0x20, exchange, 0x08 | flags]);
                message
            });
        let payloads: Vec<_> = payloads.collect();
        let wire: Vec<u8> = payloads.iter().flat_map(|payload| frame(payload)).collect();
        let outcome = self.gate.receive(0, self.conn, &wire, 1.0);
        assert_eq!(outcome.upstream, payloads, "all goes on, unchanged");
        assert_eq!(outcome.close, None);
        let told = self.gate.events_of(0, EVENT_IKE_SHARED);
        for event in &told {
            assert_eq!(*event, (EVENT_IKE_SHARED, 0, self.conn, 0, 0.0));
        }
        told.len()
    }
}

const INIT: (u64, u64, u8, u8) = (1, 0, IKE_SA_INIT, 0);
const AUTH: (u64, u64, u8, u8) = (1, 9, IKE_AUTH, 0);
const OTHER: (u64, u64, u8, u8) = (2, 0, IKE_SA_INIT, 0);

#[test]
fn a_second_ike_sa_on_a_live_ones_connection_is_told_once() {
    let scene = Scene::new();
    assert_eq!(scene.events_after(&[INIT, AUTH]), 0);
    assert_eq!(scene.events_after(&[OTHER]), 1);
    let third = (3, 0, IKE_SA_INIT, 0);
    assert_eq!(scene.events_after(&[OTHER, INIT, third]), 0);
}

#[test]
fn an_sa_from_an_earlier_connection_counts_as_live() {
    let scene = Scene::new();
    assert_eq!(scene.events_after(&[(7, 8, INFORMATIONAL, 0), INIT]), 1);
}

#[test]
fn what_the_rules_allow_is_not_told() {
    for messages in [
        // Retries: COOKIE and INVALID_KE_PAYLOAD keep the initiator's SPI. An initiator that gives
        // up before an answer takes another SPI.
        &[INIT, INIT, AUTH, INIT][..],
        &[INIT, OTHER, AUTH],
        // A rekey: the SA that replaces it has SPIs of its own, and no IKE_SA_INIT.
        &[INIT, AUTH, (5, 6, INFORMATIONAL, 0), AUTH],
        // Not a request.
        &[INIT, AUTH, (2, 0, IKE_SA_INIT, RESPONSE)],
        &[INIT, AUTH, (2, 4, IKE_SA_INIT, RESPONSE)],
        // It is no IKE_SA_INIT. The daemon has to judge it.
        &[INIT, AUTH, (2, 0, INFORMATIONAL, 0)],
    ] {
        assert_eq!(Scene::new().events_after(messages), 0, "{messages:?}");
    }
}

#[test]
fn a_row_used_again_knows_nothing_of_before() {
    let scene = Scene::new();
    assert_eq!(scene.events_after(&[INIT, AUTH]), 0);
    scene.gate.close(0, scene.conn);
    assert_eq!(scene.gate.open(0, 8), scene.conn, "the same row");
    assert_eq!(scene.events_after(&[OTHER]), 0);
}

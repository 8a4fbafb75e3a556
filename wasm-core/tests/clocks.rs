//! The moments in a connection's row: what a lane's deadlines go by.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use support::{Gate, RELAY, frame, ike};

const KEEPALIVE: u8 = 0xff;

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

    fn feed(&self, octets: &[u8], now: f64) {
        let taken = self.gate.feed_some_at(0, self.conn, octets, now);
        assert_eq!(taken, octets.len());
    }

    /// Kind of the next batch.
    fn next(&self, now: f64) -> u32 {
        core::inbound(0, self.conn, now)
    }

    fn at(&self, name: &str) -> f64 {
        self.gate.f64(self.gate.row(self.conn, name))
    }

    fn partial_at(&self) -> f64 {
        self.at("ROW_PARTIAL_AT")
    }

    fn held_at(&self) -> f64 {
        self.at("ROW_HELD_AT")
    }
}

#[test]
fn a_new_connection_was_read_when_it_opened_and_has_nothing() {
    let scene = Scene::new();
    assert_eq!(scene.at("ROW_READ_AT"), scene.at("ROW_OPENED_AT"));
    assert_eq!([scene.partial_at(), scene.held_at()], [0.0; 2]);
}

#[test]
fn an_incomplete_frame_has_begun_with_the_read_that_brought_it() {
    let scene = Scene::new();
    let message = frame(&ike(1, 40));
    scene.feed(&message[..10], 10.0);
    assert_eq!(scene.partial_at(), 0.0, "nobody has looked");
    assert_eq!(scene.next(11.0), BATCH_NONE);
    assert_eq!(scene.partial_at(), 10.0);
    scene.feed(&message[10..20], 20.0);
    assert_eq!(scene.next(21.0), BATCH_NONE);
    assert_eq!(scene.partial_at(), 10.0, "it goes on with what trickles");
    assert_eq!(scene.at("ROW_READ_AT"), 20.0);
    scene.feed(&message[20..], 30.0);
    assert_eq!(scene.next(31.0), BATCH_UPSTREAM);
    assert_eq!(scene.partial_at(), 0.0);
}

#[test]
fn a_frame_that_begins_behind_another_one_has_a_clock_of_its_own() {
    let message = frame(&ike(1, 40));
    for first in [message.clone(), frame(&[KEEPALIVE])] {
        let scene = Scene::new();
        scene.feed(&first[..2], 10.0);
        scene.next(10.0);
        scene.feed(&first[2..], 20.0);
        scene.feed(&message[..5], 20.0);
        while scene.next(21.0) != BATCH_NONE {
            core::rx_release_all(0, scene.conn);
        }
        assert_eq!(scene.partial_at(), 20.0);
    }
}

#[test]
fn frames_that_go_nowhere_end_the_clock() {
    let scene = Scene::new();
    let keepalive = frame(&[KEEPALIVE]);
    scene.feed(&keepalive[..1], 10.0);
    scene.next(10.0);
    assert_eq!(scene.partial_at(), 10.0);
    scene.feed(&keepalive[1..], 20.0);
    assert_eq!(scene.next(20.0), BATCH_NONE);
    assert_eq!(scene.partial_at(), 0.0);
}

#[test]
fn a_connection_that_drains_has_no_clock_of_a_frame() {
    let scene = Scene::new();
    scene.feed(&frame(&ike(1, 40))[..10], 10.0);
    scene.next(10.0);
    core::conn_state(0, scene.conn, CONN_DRAINING);
    assert_eq!(scene.partial_at(), 0.0);
}

#[test]
fn a_ring_is_held_from_the_first_octets_until_the_connection_rests_without_any() {
    let scene = Scene::new();
    let message = frame(&ike(1, 40));
    scene.feed(&message[..10], 10.0);
    scene.feed(&message[10..], 20.0);
    assert_eq!(scene.held_at(), 10.0);
    assert_eq!(scene.next(20.0), BATCH_UPSTREAM);
    core::rx_release_all(0, scene.conn);
    assert_eq!(core::rx_len(scene.conn), 0);
    assert_eq!(scene.held_at(), 10.0, "more may be there to be read");
    scene.feed(&message[..10], 30.0);
    core::rx_rest(0, scene.conn);
    assert_eq!(scene.held_at(), 10.0, "the ring is not empty");
    scene.feed(&message[10..], 40.0);
    assert_eq!(scene.next(40.0), BATCH_UPSTREAM);
    core::rx_release_all(0, scene.conn);
    core::rx_rest(0, scene.conn);
    assert_eq!(scene.held_at(), 0.0);
    scene.feed(&message[..1], 50.0);
    assert_eq!(scene.held_at(), 50.0);
}

#[test]
fn a_row_used_again_has_no_moment_of_before() {
    let scene = Scene::new();
    scene.feed(&frame(&ike(1, 40))[..10], 10.0);
    scene.next(10.0);
    scene.gate.close(0, scene.conn);
    assert_eq!(scene.gate.open(0, 8), scene.conn, "the same row");
    assert_eq!([scene.partial_at(), scene.held_at()], [0.0; 2]);
    assert_eq!(scene.at("ROW_READ_AT"), scene.at("ROW_OPENED_AT"));
}

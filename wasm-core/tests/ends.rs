//! Where IKE and ESP of unknown SPIs end: two settings, each for itself.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::{Ends, Gate, RELAY, frame, ike, packet};

/// A gateway with these ends, one connection, and an inbound SA.
struct Scene {
    gate: Gate,
    conn: u32,
    sa: Sa,
}

impl Scene {
    fn new(ike: u32, unknown_spi: u32) -> Self {
        let gate = Gate::ending(Ends { ike, unknown_spi });
        let conn = gate.open(0, 7);
        let sa = Sa::inbound(0x1000);
        sa.installed(&gate);
        Self { gate, conn, sa }
    }

    fn feed(&self, payloads: &[Vec<u8>]) {
        for payload in payloads {
            self.gate.feed(0, self.conn, &frame(payload));
        }
    }

    /// Kind and count of the next batch.
    fn next(&self) -> (u32, u32) {
        self.gate.inbound(0, self.conn)
    }

    /// Payload `i` of the batch, marker and message.
    fn message(&self, i: u32) -> Vec<u8> {
        let up_iov = self.gate.lane(0, "LANE_UP_IOV");
        self.gate.iov(up_iov + 16 * u64::from(i))
    }

    /// Releases the first messages of the batch.
    fn release(&self, count: u32) {
        core::rx_release_sent(0, self.conn, count);
    }

    fn ike_frames(&self) -> u64 {
        self.gate.frames(0, INBOUND, KIND_IKE)
    }
}

fn unknown(tag: u8) -> Vec<u8> {
    let mut packet = vec![tag; 60];
    packet[..4].copy_from_slice(&0x0bad_cafe_u32.to_be_bytes());
    packet
}

fn inner() -> Vec<u8> {
    packet::v4([1; 4], [2; 4], 40, 0)
}

#[test]
fn ike_may_be_dropped_where_esp_is_relayed() {
    let scene = Scene::new(IKE_DROP, UNKNOWN_SPI_RELAY);
    scene.feed(&[ike(1, 40), unknown(2)]);
    assert_eq!(scene.gate.serve(0, scene.conn, 1.0).upstream, [unknown(2)]);
    assert_eq!(scene.gate.counter(0, Status::NoUpstream), 1);
}

#[test]
fn esp_may_be_dropped_where_ike_is_relayed() {
    let scene = Scene::new(IKE_RELAY, UNKNOWN_SPI_DROP);
    scene.feed(&[ike(1, 40), unknown(2)]);
    assert_eq!(scene.gate.serve(0, scene.conn, 1.0).upstream, [ike(1, 40)]);
    assert_eq!(scene.gate.counter(0, Status::UnknownSpi), 1);
}

#[test]
fn ike_that_is_handed_over_shares_no_batch_with_what_is_relayed_or_opened() {
    let scene = Scene::new(IKE_HAND_OVER, UNKNOWN_SPI_RELAY);
    let known = scene.sa.seal(1, &inner());
    scene.feed(&[
        ike(1, 40),
        ike(2, 50),
        unknown(3),
        ike(4, 30),
        known,
        ike(5, 28),
    ]);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 2));
    assert_eq!(
        [scene.message(0), scene.message(1)],
        [ike(1, 40), ike(2, 50)]
    );
    core::rx_release_all(0, scene.conn);
    assert_eq!(scene.next(), (BATCH_UPSTREAM, 1));
    assert_eq!(scene.gate.message(0, 0), unknown(3));
    core::rx_release_all(0, scene.conn);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 1));
    assert_eq!(scene.message(0), ike(4, 30));
    core::rx_release_all(0, scene.conn);
    assert_eq!(scene.next(), (BATCH_ESP, 1));
    core::inbound_open(0);
    assert_eq!(core::inbound_finish(0, scene.conn, 1.0), 1);
    core::rx_release_all(0, scene.conn);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 1));
    core::rx_release_all(0, scene.conn);
    assert_eq!(scene.next(), (BATCH_NONE, 0));
    assert_eq!(core::rx_len(scene.conn), 0);
    assert_eq!(scene.ike_frames(), 4);
}

#[test]
fn what_was_not_taken_of_a_batch_that_is_handed_over_comes_again() {
    let scene = Scene::new(IKE_HAND_OVER, UNKNOWN_SPI_DROP);
    scene.feed(&[ike(1, 40), ike(2, 40), ike(3, 40)]);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 3));
    scene.release(1);
    assert_eq!(scene.ike_frames(), 1);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 2));
    assert_eq!(scene.message(0), ike(2, 40));
    scene.release(0);
    assert_eq!(scene.ike_frames(), 1);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 2));
    scene.release(2);
    assert_eq!(scene.ike_frames(), 3);
    assert_eq!(core::rx_len(scene.conn), 0, "the ring has gone back");
}

#[test]
fn a_batch_that_is_handed_over_has_64_messages_at_most() {
    let scene = Scene::new(IKE_HAND_OVER, UNKNOWN_SPI_DROP);
    scene.feed(&vec![ike(1, 40); 100]);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 64));
    core::rx_release_all(0, scene.conn);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 36));
}

#[test]
fn what_is_handed_over_may_be_longer_than_a_datagram_and_never_shorter_than_a_header() {
    let scene = Scene::new(IKE_HAND_OVER, UNKNOWN_SPI_DROP);
    scene.feed(&[ike(1, 27), ike(2, 65_529)]);
    assert_eq!(scene.next(), (BATCH_HAND_OVER, 1));
    assert_eq!(scene.message(0), ike(2, 65_529));
    assert_eq!(scene.gate.counter(0, Status::IkeShort), 1);
}

/// A gateway that relays, whose inbound SA takes one packet.
fn scene_with_an_end() -> Scene {
    let gate = Gate::ending(RELAY);
    let conn = gate.open(0, 7);
    let mut sa = Sa::inbound(0x1000);
    sa.hard_packets = 1;
    sa.installed(&gate);
    Scene { gate, conn, sa }
}

#[test]
fn what_comes_for_an_sa_that_has_left_at_its_limit_is_not_relayed() {
    let scene = scene_with_an_end();
    let shell = scene.gate.limits.lanes;
    scene.feed(&[scene.sa.seal(1, &inner()), scene.sa.seal(2, &inner())]);
    scene.gate.serve(0, scene.conn, 1.0);
    assert_eq!(core::sa_sweep(shell, 2.0), 1);
    assert_eq!(core::sa_remove(shell, scene.gate.sa_of(scene.sa.spi)), 1);
    assert_eq!(core::sa_sweep(shell, 3.0), 0);
    let short = scene.sa.seal(3, &inner())[..20].to_vec();
    for late in [scene.sa.seal(3, &inner()), short] {
        let before = scene.gate.counter(0, Status::SaExpired);
        scene.feed(&[late]);
        let outcome = scene.gate.serve(0, scene.conn, 4.0);
        assert_eq!((outcome.upstream.len(), outcome.inner.len()), (0, 0));
        assert_eq!(scene.gate.counter(0, Status::SaExpired), before + 1);
        assert_eq!(scene.gate.score(scene.conn), 0, "no sign of corruption");
    }
    scene.feed(&[unknown(5)]);
    let relayed = scene.gate.serve(0, scene.conn, 5.0).upstream;
    assert_eq!(relayed, [unknown(5)], "another SPI is the daemon's");
}

#[test]
fn an_sa_that_takes_the_spi_of_one_that_has_left_opens_and_leaves_nothing_behind() {
    let scene = scene_with_an_end();
    let shell = scene.gate.limits.lanes;
    scene.feed(&[scene.sa.seal(1, &inner()), scene.sa.seal(2, &inner())]);
    scene.gate.serve(0, scene.conn, 1.0);
    assert_eq!(core::sa_remove(shell, scene.gate.sa_of(scene.sa.spi)), 1);
    let mut next = scene.sa.clone();
    next.hard_packets = 0;
    next.installed(&scene.gate);
    scene.feed(&[next.seal(1, &inner())]);
    assert_eq!(scene.gate.serve(0, scene.conn, 2.0).fresh, 1);
    // This one leaves by order, so its SPI may be the daemon's from now on.
    assert_eq!(core::sa_remove(shell, scene.gate.sa_of(next.spi)), 1);
    scene.feed(&[next.seal(2, &inner())]);
    let relayed = scene.gate.serve(0, scene.conn, 3.0).upstream;
    assert_eq!(relayed, [next.seal(2, &inner())]);
}

#[test]
fn a_thousand_spis_that_have_ended_are_known_and_no_other() {
    let scene = scene_with_an_end();
    let shell = scene.gate.limits.lanes;
    let spi = |i: u32| 0x4000_0000 + i.wrapping_mul(0x9e37_79b9) % 0x1000_0000;
    for i in 0..1000 {
        let mut sa = Sa::inbound(spi(i));
        (sa.hard_seconds, sa.now) = (1.0, f64::from(i));
        sa.installed(&scene.gate);
        core::sa_sweep(shell, 1_000_000.0);
        assert_eq!(core::sa_remove(shell, scene.gate.sa_of(spi(i))), 1);
        scene.gate.events(shell);
    }
    let esp = |spi: u32| [&spi.to_be_bytes()[..], &[9; 40]].concat();
    for i in 0..1000 {
        scene.feed(&[esp(spi(i))]);
        let outcome = scene.gate.serve(0, scene.conn, 1.0);
        assert_eq!(outcome.upstream.len(), 0, "{i}");
        scene.feed(&[esp(spi(i) ^ 0x8000_0000)]);
        let outcome = scene.gate.serve(0, scene.conn, 1.0);
        assert_eq!(outcome.upstream.len(), 1, "{i}");
    }
    assert_eq!(scene.gate.counter(0, Status::SaExpired), 1000);
}

#[test]
fn an_sa_that_is_removed_has_told_what_found_no_room() {
    let scene = scene_with_an_end();
    let shell = scene.gate.limits.lanes;
    for _ in 0..EVENT_COUNT {
        core::event(0, EVENT_CLOSED, 0, 6, 0, 0.0);
    }
    scene.feed(&[scene.sa.seal(1, &inner()), scene.sa.seal(2, &inner())]);
    scene.gate.serve(0, scene.conn, 1.0);
    assert_eq!(core::sa_remove(shell, scene.gate.sa_of(scene.sa.spi)), 1);
    let told = scene.gate.events_of(shell, EVENT_SA_EXPIRED);
    assert_eq!((told.len(), told[0].3), (1, scene.sa.spi));
}

proptest::proptest! {
    #![proptest_config(support::cases(64))]
    /// The SPI says whose a packet is, and only then its length has a meaning: RFC 4303's for all,
    /// that of our AEADs for ours.
    #[test]
    fn a_packet_is_judged_by_its_owner(
        payloads in proptest::collection::vec((0_usize..4, 5_usize..64), 1..40),
        is_relaying in proptest::bool::ANY,
    ) {
        let end = if is_relaying { UNKNOWN_SPI_RELAY } else { UNKNOWN_SPI_DROP };
        let scene = Scene::new(IKE_DROP, end);
        let shell = scene.gate.limits.lanes;
        let mut gone = Sa::inbound(0x3000);
        gone.hard_seconds = 1.0;
        gone.installed(&scene.gate);
        core::sa_sweep(shell, 2000.0);
        core::sa_remove(shell, scene.gate.sa_of(gone.spi));
        let outbound = Sa::outbound(0x4000);
        outbound.installed(&scene.gate);
        for (owner, len) in payloads {
            let spi = [scene.sa.spi, gone.spi, outbound.spi, 0x5000][owner];
            let mut packet = vec![9; len];
            packet[..4].copy_from_slice(&spi.to_be_bytes());
            let expected = match (owner, len) {
                (_, ..12) | (0, ..36) => Some(Status::EspShort),
                (0, _) => Some(Status::IcvMismatch),
                (1, _) => Some(Status::SaExpired),
                _ if is_relaying => None,
                _ => Some(Status::UnknownSpi),
            };
            scene.gate.set_u32(scene.gate.row(scene.conn, "ROW_SCORE"), 0);
            let before = expected.map(|status| scene.gate.counter(0, status));
            scene.feed(&[packet.clone()]);
            let outcome = scene.gate.serve(0, scene.conn, 1.0);
            let relayed = if expected.is_none() { vec![packet] } else { vec![] };
            proptest::prop_assert_eq!(outcome.upstream, relayed);
            let after = expected.map(|status| scene.gate.counter(0, status));
            proptest::prop_assert_eq!(after, before.map(|count| count + 1), "{} {}", owner, len);
        }
    }
}

/// The SPI of an outbound SA is the peer's, and says nothing of an inbound one that has left.
#[test]
fn an_outbound_sa_with_the_spi_of_one_that_has_left_does_not_make_it_forgotten() {
    let scene = scene_with_an_end();
    let shell = scene.gate.limits.lanes;
    scene.feed(&[scene.sa.seal(1, &inner()), scene.sa.seal(2, &inner())]);
    scene.gate.serve(0, scene.conn, 1.0);
    assert_eq!(core::sa_remove(shell, scene.gate.sa_of(scene.sa.spi)), 1);
    Sa::outbound(scene.sa.spi).installed(&scene.gate);
    let before = scene.gate.counter(0, Status::SaExpired);
    scene.feed(&[scene.sa.seal(3, &inner())]);
    let outcome = scene.gate.serve(0, scene.conn, 2.0);
    assert_eq!(outcome.upstream.len(), 0);
    assert_eq!(scene.gate.counter(0, Status::SaExpired), before + 1);
}

//! The queue law: it measures how long packets wait for TCP, and decides which are dropped before
//! they are sealed, and how much the kernel may hold.
//!
//! For the flows inside a tunnel, the queue in front of TCP is the queue of their bottleneck. So it
//! is managed like one: short in time, whatever the rate (RFC 7567; RFC 9329 §9.1). The waiting
//! frames are sealed and have their numbers, so they cannot be dropped. CoDel's law (RFC 8289)
//! therefore decides at the entry, by the time that leaving frames have stayed.
//!
//! Behind our queue is the kernel's. It may hold as many unsent octets (TCP_NOTSENT_LOWAT) as leave
//! it in `KERNEL_MS`, or in `KERNEL_DRY_MS` if it has run dry while we had more (compare Linux's
//! byte queue limits). The state belongs to a connection; callers hold its transmit lock.

use crate::layout::connection_row::{FrameCursors, Queue};
use crate::layout::{LOWAT_MAX, LOWAT_MIN, LOWAT_PARTS, LOWAT_START, RING_LEN, TX_QUEUE_MAX};
use crate::report::status::Status;

/// Target: longest stay that is no standing queue, ms.
const TARGET_MS: f64 = 5.0;
/// Longest round trip, round the world, ms. If stays exceed the target for so long, the queue
/// stands.
const INTERVAL_MS: f64 = 250.0;
/// Longest burst that may wait, in ms of the connection's rate. A sender in slow start is ahead by
/// up to a round trip.
const BURST_MS: f64 = 150.0;
/// Burst that may wait at any rate, octets.
const BURST_MIN: u32 = 16_384;
/// Time in which the kernel sends its unsent octets, ms.
const KERNEL_MS: f64 = 4.0;
/// The same if the kernel has run dry with `KERNEL_MS`: clumped acknowledgements make it send in
/// clumps, and a busy lane comes late.
const KERNEL_DRY_MS: f64 = 16.0;
/// Shortest time over which a rate is measured, ms: a round trip. In less, a clump would look like
/// the rate.
const RATE_MS: f64 = 100.0;

/// The kernel's largest buffer. It fills one buffer whatever the mark.
const BUFFER_LEN: u32 = 65_536;

/// Forgets the previous connection.
pub(crate) fn clear(queue: &Queue) {
    let times = [
        &queue.mark_at,
        &queue.stay,
        &queue.above_at,
        &queue.drop_at,
        &queue.full_at,
        &queue.rate,
    ];
    for time in times {
        time.set(0.0);
    }
    let counts = [&queue.drops, &queue.drops_before, &queue.window, &queue.run];
    for count in counts {
        count.set(0);
    }
    queue.is_dropping.set(0);
    queue.was_empty.set(0);
    queue.has_run_dry.set(0);
    queue.segment.set(0);
    queue.lowat.set(LOWAT_START);
    queue.lowat_set.set(LOWAT_START);
}

/// Most octets that the kernel gets at a time: whole segments, since a shorter one takes as much of
/// the congestion window.
pub(crate) fn part_max(queue: &Queue) -> u32 {
    let (lowat, segment) = (queue.lowat.get(), queue.segment.get());
    if segment == 0 || lowat == LOWAT_MAX {
        return u32::MAX;
    }
    (lowat / LOWAT_PARTS / segment).max(1) * segment
}

/// Asks whether a frame of `frame_len` octets may come in behind `waiting` octets. A frame that has
/// left in part does not count among those.
///
/// # Errors
/// `QueueDelay` to tell the sender of a standing queue, `TxRingFull` if a burst is too long.
pub(crate) fn admit(queue: &Queue, waiting: u32, frame_len: u32, now: f64) -> Result<(), Status> {
    let is_alone = waiting == 0;
    if !is_alone && waiting + frame_len > burst_max(queue) {
        return Err(Status::TxRingFull);
    }
    let stay = if is_alone { 0.0 } else { longest(queue, now) };
    if !has_stood(queue, stay, now) {
        queue.is_dropping.set(0);
        return Ok(());
    }
    if is_drop_due(queue, now) {
        return Err(Status::QueueDelay);
    }
    Ok(())
}

/// Takes note of the frame that came in last. One frame at a time is timed.
pub(crate) fn entered(queue: &Queue, ring: &FrameCursors, now: f64) {
    if queue.mark_at.get() == 0.0 {
        queue.mark.set(ring.written.get());
        queue.mark_at.set(now);
    }
}

/// The kernel's part of a plan.
#[derive(Clone, Copy)]
pub(crate) struct Sent {
    /// Octets that it took.
    pub(crate) octets: u32,
    /// Octets of the plan.
    pub(crate) planned: u32,
}

/// Takes note of the octets that the kernel took, after `ring` has.
pub(crate) fn left(queue: &Queue, ring: &FrameCursors, sent: Sent, now: f64) {
    let Sent { octets, planned } = sent;
    let behind = ring.consumed.get().wrapping_sub(queue.mark.get());
    // A mark that is still ahead is more than a lap away, as cursors wrap.
    if queue.mark_at.get() != 0.0 && behind <= RING_LEN {
        queue.stay.set(now - queue.mark_at.replace(0.0));
    }
    queue.run.set(queue.run.get().saturating_add(octets));
    queue.window.set(queue.window.get().saturating_add(octets));
    if octets < planned {
        is_full(queue, now);
    } else if ring.written.get() == ring.consumed.get() {
        queue.was_empty.set(1);
    }
}

/// The kernel takes no more. It has sent as many octets as it took since it was last full.
fn is_full(queue: &Queue, now: f64) {
    let (run, lowat) = (queue.run.replace(0), queue.lowat.get());
    let was_empty = queue.was_empty.replace(0) != 0;
    // It may still hold more than a lowered mark.
    if run == 0 {
        return;
    }
    let since = queue.full_at.get();
    if since == 0.0 {
        begin_window(queue, now);
        return;
    }
    let is_dry = run >= held_max(queue);
    if is_dry && was_empty {
        // With more from us it might have sent more.
        begin_window(queue, now);
        return;
    }
    if is_dry {
        queue.has_run_dry.set(1);
    }
    if now - since < RATE_MS {
        return;
    }
    note_rate(queue, f64::from(queue.window.get()) / (now - since));
    let kernel_ms = if queue.has_run_dry.get() == 0 {
        KERNEL_MS
    } else {
        KERNEL_DRY_MS
    };
    let fit = queue.rate.get() * kernel_ms;
    if fit > f64::from(2 * lowat) {
        set_lowat(queue, 2 * lowat);
    } else if fit < f64::from(lowat / 2) {
        // `fit` is less than LOWAT_MAX, so the cast only cuts its fraction.
        set_lowat(queue, (fit as u32).next_power_of_two());
        // It sends the surplus before it takes more. The next window begins there.
        queue.full_at.set(0.0);
        return;
    }
    begin_window(queue, now);
}

/// Octets that the kernel holds when it is full. If it has taken as many since it was last full, it
/// has run dry.
fn held_max(queue: &Queue) -> u32 {
    let over = if part_max(queue) == u32::MAX {
        BUFFER_LEN
    } else {
        0
    };
    queue.lowat.get() + over
}

fn note_rate(queue: &Queue, rate: f64) {
    let before = queue.rate.get();
    let change = if before == 0.0 {
        // From now on it gets its octets in parts. For that, the lane has to read the length of a
        // segment.
        queue.lowat_set.set(0);
        rate
    } else {
        (rate - before) / 4.0
    };
    queue.rate.set(before + change);
}

fn set_lowat(queue: &Queue, octets: u32) {
    queue.lowat.set(octets.clamp(LOWAT_MIN, LOWAT_MAX));
}

fn begin_window(queue: &Queue, now: f64) {
    queue.full_at.set(now);
    queue.window.set(0);
    queue.has_run_dry.set(0);
}

/// Octets of a burst that may wait.
fn burst_max(queue: &Queue) -> u32 {
    let rate = queue.rate.get();
    if rate == 0.0 {
        return TX_QUEUE_MAX;
    }
    // The ring is smaller than 2^32 octets.
    (rate * BURST_MS).clamp(f64::from(BURST_MIN), f64::from(RING_LEN)) as u32
}

/// The stay of frames: that of the last timed frame, or of the current one if that is longer.
fn longest(queue: &Queue, now: f64) -> f64 {
    let since = queue.mark_at.get();
    let so_far = if since == 0.0 { 0.0 } else { now - since };
    queue.stay.get().max(so_far)
}

/// Whether stays have been above the target for a whole interval (RFC 8289 §5.3).
fn has_stood(queue: &Queue, stay: f64, now: f64) -> bool {
    let due_at = queue.above_at.get();
    if stay < TARGET_MS {
        queue.above_at.set(0.0);
        return false;
    }
    if due_at == 0.0 {
        queue.above_at.set(now + INTERVAL_MS);
        return false;
    }
    now >= due_at
}

/// Whether a standing queue asks for a drop now. The more drops there were, the sooner the next one
/// is due (RFC 8289 §5.4, §5.5).
fn is_drop_due(queue: &Queue, now: f64) -> bool {
    let (drops, drop_at) = (queue.drops.get(), queue.drop_at.get());
    if queue.is_dropping.get() == 0 {
        let lately = drops.saturating_sub(queue.drops_before.get());
        let is_again = lately > 1 && now - drop_at < 16.0 * INTERVAL_MS;
        begin_drops(queue, if is_again { lately } else { 1 }, now);
        return true;
    }
    if now < drop_at {
        return false;
    }
    queue.drops.set(drops + 1);
    queue.drop_at.set(drop_at + spacing(drops + 1));
    true
}

fn begin_drops(queue: &Queue, drops: u32, now: f64) {
    queue.is_dropping.set(1);
    queue.drops.set(drops);
    queue.drops_before.set(drops);
    queue.drop_at.set(now + spacing(drops));
}

fn spacing(drops: u32) -> f64 {
    INTERVAL_MS / f64::from(drops).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u32 = 1436;
    const STEP_MS: f64 = 0.05;
    const STEPS: u32 = 20;

    /// A ring, the kernel behind it, which a link empties at `rate`, and a clock.
    struct World {
        queue: Queue,
        ring: FrameCursors,
        /// Octets a millisecond.
        rate: f64,
        now: f64,
        /// Octets that the kernel has unsent.
        unsent: f64,
        /// Octets that the link could have sent and did not have.
        idle: f64,
    }

    impl World {
        fn new(rate: f64) -> Self {
            let queue = Queue::default();
            clear(&queue);
            Self {
                queue,
                ring: FrameCursors::default(),
                rate,
                now: 1000.0,
                unsent: 0.0,
                idle: 0.0,
            }
        }

        fn waiting(&self) -> u32 {
            self.ring.written.get() - self.ring.consumed.get()
        }

        fn offer(&self) -> Result<(), Status> {
            admit(&self.queue, self.waiting(), FRAME, self.now)?;
            self.ring.written.set(self.ring.written.get() + FRAME);
            entered(&self.queue, &self.ring, self.now);
            Ok(())
        }

        /// Like `sendmsg` with TCP_NOTSENT_LOWAT: takes parts while less is unsent than the mark.
        fn send(&mut self) {
            let planned = self.waiting();
            if planned == 0 {
                return;
            }
            let lowat = self.queue.lowat.get();
            if self.queue.lowat_set.get() == 0 {
                self.queue.segment.set(1448);
            }
            let mut taken = 0;
            while self.unsent < f64::from(lowat) && taken < planned {
                // Without parts it takes a buffer of 64 KiB.
                let part = part_max(&self.queue).min(BUFFER_LEN).min(planned - taken);
                self.unsent += f64::from(part);
                taken += part;
            }
            self.ring.consumed.set(self.ring.consumed.get() + taken);
            let sent = Sent {
                octets: taken,
                planned,
            };
            left(&self.queue, &self.ring, sent, self.now);
        }

        /// Lets a moment pass.
        fn pass(&mut self) {
            self.now += STEP_MS;
            let could = self.rate * STEP_MS;
            let sent = self.unsent.min(could);
            self.unsent -= sent;
            self.idle += could - sent;
            self.send();
        }

        /// How long a frame that comes now will take to leave the kernel.
        fn delay(&self) -> f64 {
            (f64::from(self.waiting()) + self.unsent) / self.rate
        }
    }

    /// Offers `share` of the rate for `ms`. Returns how many frames came in, were dropped for their
    /// delay, and were dropped for want of room.
    fn flood(world: &mut World, share: f64, ms: u32) -> [u32; 3] {
        let mut counts = [0; 3];
        let mut credit = 0.0;
        for _ in 0..ms * STEPS {
            credit += share * world.rate * STEP_MS;
            while credit >= f64::from(FRAME) {
                credit -= f64::from(FRAME);
                let fate = match world.offer() {
                    Ok(()) => 0,
                    Err(Status::QueueDelay) => 1,
                    Err(_) => 2,
                };
                counts[fate] += 1;
            }
            world.pass();
        }
        counts
    }

    #[test]
    fn what_the_link_carries_is_never_dropped() {
        for rate in [100.0, 6250.0, 125_000.0] {
            let mut world = World::new(rate);
            let [came, delayed, full] = flood(&mut world, 0.9, 5000);
            assert!(came > 1000 || rate < 1000.0);
            assert_eq!((delayed, full), (0, 0), "at {rate} octets/ms");
        }
    }

    #[test]
    fn a_burst_passes_and_a_standing_queue_does_not() {
        let mut world = World::new(6250.0);
        // The rate is known after this.
        flood(&mut world, 1.2, 500);
        (0..200 * STEPS).for_each(|_| world.pass());
        let refused = (0..100).filter(|_| world.offer().is_err()).count();
        assert_eq!(refused, 0, "23 ms of the link");
        (0..100 * STEPS).for_each(|_| world.pass());
        assert_eq!(world.waiting(), 0);
        let [_, early, _] = flood(&mut world, 1.1, 100);
        assert_eq!(early, 0, "not before an interval has passed");
        let [_, delayed, _] = flood(&mut world, 1.1, 1000);
        assert!((3..60).contains(&delayed), "{delayed} dropped");
    }

    #[test]
    fn a_sender_that_hears_nothing_finds_the_queue_full_and_short() {
        for rate in [625.0, 6250.0, 62_500.0] {
            let mut world = World::new(rate);
            flood(&mut world, 2.0, 1000);
            let [_, delayed, full] = flood(&mut world, 2.0, 1000);
            assert!(delayed + full > 0);
            let most = BURST_MS + 3.0 * KERNEL_MS + 26_000.0 / rate;
            assert!(world.delay() < most, "{} ms at {rate}", world.delay());
        }
    }

    #[test]
    fn the_kernel_holds_less_of_a_slow_link_and_as_much_as_it_needs_of_a_fast_one() {
        let mut world = World::new(6250.0);
        flood(&mut world, 1.5, 1000);
        let slow = f64::from(world.queue.lowat.get());
        assert!((16_384.0..=32_768.0).contains(&slow), "{slow} octets");
        world.idle = 0.0;
        world.rate = 125_000.0;
        flood(&mut world, 1.5, 1000);
        assert_eq!(world.queue.lowat.get(), LOWAT_MAX);
        assert!(world.idle < 0.02 * 125_000.0 * 1000.0, "{}", world.idle);
    }

    /// A simple TCP: its window grows by a packet each round trip, and shrinks to 0.7 at the first
    /// loss of one.
    struct Tcp {
        window: f64,
        held_until: f64,
    }

    #[test]
    fn a_tcp_inside_keeps_the_link_busy_and_the_queue_short() {
        // At 100 ms a window that grows by a packet each round trip recovers slowly.
        let links = [
            (625.0, 20.0, 0.85),
            (6250.0, 20.0, 0.85),
            (6250.0, 100.0, 0.7),
            (62_500.0, 20.0, 0.65),
        ];
        for (rate, rtt, least) in links {
            let mut world = World::new(rate);
            let mut tcp = Tcp {
                window: 10.0,
                held_until: 0.0,
            };
            let mut delays = Vec::new();
            let mut credit = 0.0;
            for step in 0..40_000 * STEPS {
                let trip = rtt + world.delay();
                credit += tcp.window / trip * STEP_MS;
                while credit >= 1.0 {
                    credit -= 1.0;
                    tcp.window += 1.0 / tcp.window;
                    if world.offer().is_err() && world.now >= tcp.held_until {
                        tcp.window *= 0.7;
                        tcp.held_until = world.now + trip;
                    }
                }
                if step == 20_000 * STEPS {
                    world.idle = 0.0;
                }
                world.pass();
                if step >= 20_000 * STEPS {
                    delays.push(world.delay());
                }
            }
            delays.sort_by(f64::total_cmp);
            let (p50, p99) = (delays[delays.len() / 2], delays[delays.len() * 99 / 100]);
            let busy = 1.0 - world.idle / (rate * 20_000.0);
            let unit = 20_000.0 / rate;
            assert!(
                p50 < 12.0 + unit && p99 < 40.0 + unit,
                "{p50} {p99} ms at {rate}, {rtt} ms"
            );
            assert!(busy > least, "{busy} busy at {rate}, {rtt} ms");
        }
    }
}

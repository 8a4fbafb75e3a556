//! One direction of the link as arithmetic: whether a packet that enters now arrives, and when.

use std::time::Duration;

/// The properties of the link, the same in both directions.
#[derive(Clone, Copy)]
pub struct Link {
    /// Propagation delay, one way.
    pub delay: Duration,
    /// Probability that a packet is lost, in millionths.
    pub loss: u64,
    /// Rate of the bottleneck in octets per second.
    pub rate: u64,
    /// Longest time that a packet may wait for the bottleneck: the size of its buffer.
    pub buffer: Duration,
}

/// One direction. Time counts from its start.
pub struct Lane {
    link: Link,
    random: u64,
    /// When the bottleneck will have sent everything that it holds.
    free_at: Duration,
}

impl Lane {
    /// An idle direction. Equal seeds lose equal packets.
    pub fn new(link: Link, seed: u64) -> Self {
        Self {
            link,
            random: seed.wrapping_mul(2).wrapping_add(1),
            free_at: Duration::ZERO,
        }
    }

    /// When a packet of `len` octets that enters at `now` arrives; `None` if it is lost or the
    /// buffer is full.
    pub fn pass(&mut self, now: Duration, len: usize) -> Option<Duration> {
        // Drawn for every packet, so that the same packets are lost whatever happened to those
        // before.
        let is_lost = self.below_million() < self.link.loss;
        let starts_at = self.free_at.max(now);
        if is_lost || starts_at - now > self.link.buffer {
            return None;
        }
        let takes = Duration::from_nanos(len as u64 * 1_000_000_000 / self.link.rate);
        self.free_at = starts_at + takes;
        Some(self.free_at + self.link.delay)
    }

    /// xorshift64*.
    fn below_million(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) * 1_000_000 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link = Link {
        delay: Duration::from_millis(10),
        loss: 0,
        rate: 1_000_000,
        buffer: Duration::from_millis(5),
    };

    #[test]
    fn packets_follow_each_other_at_the_rate_and_a_full_buffer_drops() {
        let mut lane = Lane::new(LINK, 1);
        let now = Duration::from_secs(1);
        let arrivals: Vec<_> = (0..8).map(|_| lane.pass(now, 1000)).collect();
        let expected: Vec<_> = (1..=8)
            .map(|n| (n <= 6).then(|| now + Duration::from_millis(10 + n)))
            .collect();
        assert_eq!(arrivals, expected);
    }

    #[test]
    fn equal_seeds_lose_equal_packets_and_about_as_many_as_asked_for() {
        let lossy = Link {
            loss: 10_000,
            ..LINK
        };
        let lost_by = |seed| -> Vec<u32> {
            let mut lane = Lane::new(lossy, seed);
            (0..100_000)
                .filter(|&n| lane.pass(Duration::from_millis(n), 100).is_none())
                .map(|n| n as u32)
                .collect()
        };
        assert_eq!(lost_by(7), lost_by(7));
        assert_ne!(lost_by(7), lost_by(8));
        assert!((900..1100).contains(&lost_by(7).len()));
    }
}

//! The anti-replay window (RFC 4303 §3.4.3): a bitmap over the last numbers, without shifting (RFC
//! 6479).
//!
//! Bit `n % WINDOW_MAX` is number `n`. When the top moves, the bits between the old and the new top
//! are cleared, so the ring needs no block of reserve. Words are atomics because `check` reads
//! without the SA's window lock. It may read an old word but never a torn one, and `mark` checks
//! again under the lock.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::layout::{WINDOW_MAX, WINDOW_WORDS};
use crate::report::status::Status;

/// A view of one SA's window.
#[derive(Clone, Copy)]
pub struct ReplayWindow<'a> {
    /// The highest number authenticated.
    pub top: &'a AtomicU64,
    /// The bitmap.
    pub bits: &'a [AtomicU64; WINDOW_WORDS],
    /// 32 to 4096, or 0: every number passes.
    pub len: u32,
}

impl ReplayWindow<'_> {
    /// Begins after `last`, which counts as seen, with all numbers below it.
    pub fn reset(&self, last: u64) {
        self.top.store(last, Ordering::Relaxed);
        for word in self.bits {
            word.store(u64::MAX, Ordering::Relaxed);
        }
    }

    /// Checks whether `seq` may pass, and changes nothing.
    ///
    /// # Errors
    /// `SeqZero`, `SeqStale`, `SeqReplayed`.
    pub fn check(&self, seq: u64) -> Result<(), Status> {
        if self.len == 0 {
            return Ok(());
        }
        if seq == 0 {
            return Err(Status::SeqZero);
        }
        let top = self.top.load(Ordering::Relaxed);
        if seq > top {
            return Ok(());
        }
        // Never `seq + len <= top`: that overflows near the last number.
        if top - seq >= u64::from(self.len) {
            return Err(Status::SeqStale);
        }
        let (word, bit) = place(seq);
        if self.bits[word].load(Ordering::Relaxed) & bit != 0 {
            return Err(Status::SeqReplayed);
        }
        Ok(())
    }

    /// Checks again and marks `seq` as seen. Call it under the window lock, after the ICV has been
    /// verified.
    ///
    /// # Errors
    /// As [`Self::check`]; nothing is changed then.
    pub fn mark(&self, seq: u64) -> Result<(), Status> {
        self.check(seq)?;
        let top = self.top.load(Ordering::Relaxed);
        if seq > top {
            self.clear_after(top, seq);
            self.top.store(seq, Ordering::Relaxed);
        }
        let (word, bit) = place(seq);
        self.bits[word].fetch_or(bit, Ordering::Relaxed);
        Ok(())
    }

    /// Clears the numbers in `(top, seq]`.
    fn clear_after(&self, top: u64, seq: u64) {
        if seq - top >= u64::from(WINDOW_MAX) {
            for word in self.bits {
                word.store(0, Ordering::Relaxed);
            }
            return;
        }
        for word in (top + 1) / 64..=seq / 64 {
            let first = (top + 1).saturating_sub(word * 64);
            let last = (seq - word * 64).min(63);
            let span = (u64::MAX >> (63 - last)) & (u64::MAX << first);
            self.bits[index(word)].fetch_and(!span, Ordering::Relaxed);
        }
    }
}

fn place(seq: u64) -> (usize, u64) {
    (index(seq / 64), 1 << (seq % 64))
}

fn index(word: u64) -> usize {
    // The remainder is below WINDOW_WORDS.
    (word % WINDOW_WORDS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    struct Owned {
        top: AtomicU64,
        bits: [AtomicU64; WINDOW_WORDS],
        len: u32,
    }

    impl Owned {
        fn new(len: u32, last: u64) -> Self {
            let owned = Self {
                top: AtomicU64::new(0),
                bits: [const { AtomicU64::new(0) }; WINDOW_WORDS],
                len,
            };
            owned.view().reset(last);
            owned
        }

        fn view(&self) -> ReplayWindow<'_> {
            ReplayWindow {
                top: &self.top,
                bits: &self.bits,
                len: self.len,
            }
        }

        fn takes(&self, seq: u64) -> bool {
            self.view().mark(seq).is_ok()
        }
    }

    /// Numbered cases: the number offered, and whether it passes. The first number is 1, 0 never
    /// passes.
    fn run(len: u32, cases: &[(u64, bool)]) {
        let window = Owned::new(len, 0);
        for (i, &(seq, passes)) in cases.iter().enumerate() {
            assert_eq!(
                window.view().check(seq).is_ok(),
                passes,
                "case {i}: check({seq})"
            );
            assert_eq!(window.takes(seq), passes, "case {i}: mark({seq})");
        }
    }

    #[test]
    fn the_table_of_cases() {
        for len in [32, 64, 128, 1024, 4096] {
            let w = u64::from(len);
            run(
                len,
                &[
                    (0, false),
                    (1, true),
                    (1, false),
                    (9, true),
                    (8, true),
                    (7, true),
                    (7, false),
                    (w, true),
                    (w - 1, true),
                    (w - 1, false),
                    (2, true),
                    (2, false),
                    (w + 16, true),
                    (3, false),
                    (w + 16, false),
                    (w * 4, true),
                    (w * 4 - (w - 1), true),
                    (10, false),
                    (w * 4 - w, false),
                    (w * 4 - (w + 1), false),
                    (w * 4 - (w - 2), true),
                    (w * 4 + 1 - w, false),
                    (0, false),
                    (1 << 40, true),
                    ((1 << 40) - w, false),
                    ((1 << 40) - (w - 1), true),
                    (u64::MAX - 1, true),
                    (u64::MAX, true),
                    (u64::MAX, false),
                    (u64::MAX - 1, false),
                    (u64::MAX - (w - 1), true),
                    (u64::MAX - w, false),
                    (0, false),
                ],
            );
        }
    }

    #[test]
    fn blocks_in_reverse_pass_once_while_they_are_inside() {
        for len in [32_u32, 64, 100, 4096] {
            let window = Owned::new(len, 0);
            let w = u64::from(len);
            for block in 0..8 {
                let first = block * w + 1;
                assert!((first..first + w).rev().all(|seq| window.takes(seq)));
                assert!((first..first + w).all(|seq| !window.takes(seq)));
            }
        }
    }

    #[test]
    fn the_statuses_say_why() {
        let window = Owned::new(64, 100);
        assert_eq!(window.view().check(0), Err(Status::SeqZero));
        assert_eq!(window.view().check(100), Err(Status::SeqReplayed));
        assert_eq!(window.view().check(37), Err(Status::SeqReplayed));
        assert_eq!(window.view().check(36), Err(Status::SeqStale));
        assert_eq!(window.view().check(101), Ok(()));
    }

    #[test]
    fn without_a_window_everything_passes() {
        let window = Owned::new(0, 0);
        assert!(window.takes(5) && window.takes(5) && window.takes(1));
        assert_eq!(window.top.load(Ordering::Relaxed), 5);
    }

    /// The plain model: the set of numbers that have passed, and the top.
    #[derive(Default)]
    struct Model {
        top: u64,
        seen: BTreeSet<u64>,
    }

    impl Model {
        fn takes(&mut self, len: u32, seq: u64) -> bool {
            let fresh = seq != 0
                && (seq > self.top || self.top - seq < u64::from(len))
                && !self.seen.contains(&seq);
            if fresh {
                self.seen.insert(seq);
                self.top = self.top.max(seq);
            }
            fresh
        }
    }

    proptest::proptest! {
        #[test]
        fn equals_a_plain_set(
            len in 32_u32..=4096, base in 0_u64..1 << 34,
            moves in proptest::collection::vec((-5000_i64..5000, 0_u8..20), 1..400),
        ) {
            let window = Owned::new(len, 0);
            let mut model = Model::default();
            let mut at = base;
            for (step, jump) in moves {
                let step = if jump == 0 { step * 1_000_003 } else { step / i64::from(jump) };
                at = at.saturating_add_signed(step);
                proptest::prop_assert_eq!(window.takes(at), model.takes(len, at), "number {}", at);
            }
        }
    }
}

//! Locks that are words in the shared memory. They are rarely contended, and held for one batch at
//! most.
//!
//! Take them in this order: SAD, transmit, window, pool or tables. Never hold two of one kind.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

/// Set while a writer holds the lock or waits for it. Readers stay out then.
const WRITER: u32 = 1 << 31;

/// Rounds of spinning before a thread sleeps.
const SPIN_ROUNDS: u32 = 200;

/// The time that it then sleeps. Holders do not know of waiters, so nobody wakes it.
const SLEEP: Duration = Duration::from_micros(50);

/// Takes a lock that one thread at a time may hold.
#[inline]
pub(crate) fn acquire(word: &AtomicU32) {
    let mut wait = Wait::new();
    while word
        .compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed)
        .is_err()
    {
        wait.once();
    }
}

/// Releases it.
#[inline]
pub(crate) fn release(word: &AtomicU32) {
    debug_assert_eq!(word.load(Ordering::Relaxed), 1);
    word.store(0, Ordering::Release);
}

/// Runs `body` with the lock held.
pub(crate) fn locked<T>(word: &AtomicU32, body: impl FnOnce() -> T) -> T {
    acquire(word);
    let result = body();
    release(word);
    result
}

/// Takes a lock that many readers may hold. A reader must not take it twice: a writer that comes in
/// between would stop both.
#[inline]
pub(crate) fn acquire_read(word: &AtomicU32) {
    let mut wait = Wait::new();
    loop {
        let readers = word.load(Ordering::Relaxed);
        if readers & WRITER == 0
            && word
                .compare_exchange_weak(readers, readers + 1, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
        {
            return;
        }
        wait.once();
    }
}

/// Releases it.
#[inline]
pub(crate) fn release_read(word: &AtomicU32) {
    let before = word.fetch_sub(1, Ordering::Release);
    debug_assert_ne!(before & !WRITER, 0);
}

/// Runs `body` alone: keeps new readers out and waits for those inside.
pub(crate) fn locked_write<T>(word: &AtomicU32, body: impl FnOnce() -> T) -> T {
    let mut wait = Wait::new();
    while word.fetch_or(WRITER, Ordering::Relaxed) & WRITER != 0 {
        wait.once();
    }
    while word.load(Ordering::Acquire) != WRITER {
        wait.once();
    }
    let result = body();
    word.store(0, Ordering::Release);
    result
}

/// Spins, then sleeps.
struct Wait {
    rounds: u32,
}

impl Wait {
    fn new() -> Self {
        Self { rounds: 0 }
    }

    fn once(&mut self) {
        if self.rounds < SPIN_ROUNDS {
            self.rounds += 1;
            spin_loop();
        } else {
            std::thread::sleep(SLEEP);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;
    use std::thread;

    #[test]
    fn readers_never_see_a_writer_half_way() {
        let word = AtomicU32::new(0);
        let (a, b) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        locked_write(&word, || {
                            a.fetch_add(1, Ordering::Relaxed);
                            b.fetch_add(1, Ordering::Relaxed);
                        });
                    }
                });
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        acquire_read(&word);
                        assert_eq!(a.load(Ordering::Relaxed), b.load(Ordering::Relaxed));
                        release_read(&word);
                    }
                });
            }
        });
        assert_eq!(a.into_inner(), 4_000);
        assert_eq!(word.into_inner(), 0);
    }

    #[test]
    fn one_holder_at_a_time() {
        let word = AtomicU32::new(0);
        let count = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5_000 {
                        locked(&word, || {
                            let seen = count.load(Ordering::Relaxed);
                            count.store(seen + 1, Ordering::Relaxed);
                        });
                    }
                });
            }
        });
        assert_eq!(count.into_inner(), 20_000);
    }
}

//! A bounded set of SPIs. A place has room for a few with one hash; the oldest of them makes way,
//! so that the memory is bounded without a clock. What is forgotten is the SPI of nobody.

use core::array;

use crate::ids::Spi;
use crate::layout::RECENT_WAYS;
use crate::layout::globals::Recent;
use crate::memory;
use crate::memory::hash::mix;
use crate::memory::keys::SadWrite;

/// Whether the set has an SPI. Under either lock.
pub(crate) fn has(set: &Recent, spi: Spi) -> bool {
    set.places[place(spi)]
        .iter()
        .any(|known| known.get() == spi.0)
}

/// Takes an SPI in.
pub(crate) fn remember(_lock: &SadWrite, set: &Recent, spi: Spi) {
    keep(set, spi, Some(spi.0));
}

/// Takes an SPI out.
pub(crate) fn forget(_lock: &SadWrite, set: &Recent, spi: Spi) {
    keep(set, spi, None);
}

/// Lays the others of the SPI's place behind `first`, or behind nothing, the newest first.
fn keep(set: &Recent, spi: Spi, first: Option<u32>) {
    let place = &set.places[place(spi)];
    let others: [u32; RECENT_WAYS] = array::from_fn(|way| place[way].get());
    let rest = others.into_iter().filter(|&known| known != spi.0);
    let mut kept = first.into_iter().chain(rest);
    for known in place {
        known.set(kept.next().unwrap_or(0));
    }
}

fn place(spi: Spi) -> usize {
    let base = memory::globals().base.get();
    mix(u64::from(spi.0) ^ base) as usize % crate::layout::RECENT_PLACES
}

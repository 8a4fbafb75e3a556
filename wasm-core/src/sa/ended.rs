//! SPIs of inbound SAs that have reached a hard limit and left. Their peers may go on for a while.
//! What they send is `SaExpired`, as it was while the SA stood: no sign of corruption, and not the
//! daemon's.
//!
//! A place has room for a few SPIs with one hash. The oldest of them makes way, so that the memory
//! is bounded without a clock. A packet of an SPI that is forgotten is one of an unknown SPI.

use core::array;
use core::cell::Cell;

use crate::ids::Spi;
use crate::layout::ENDED_WAYS;
use crate::memory;
use crate::memory::hash::mix;
use crate::memory::keys::SadWrite;

/// Whether the SA of this SPI has ended. Under either lock.
pub(crate) fn has(spi: Spi) -> bool {
    place(spi).iter().any(|known| known.get() == spi.0)
}

/// Takes an SPI in.
pub(crate) fn remember(_lock: &SadWrite, spi: Spi) {
    keep(spi, true);
}

/// Takes an SPI out: another SA has it.
pub(crate) fn forget(_lock: &SadWrite, spi: Spi) {
    keep(spi, false);
}

/// Lays the others of the place behind `spi`, or behind nothing, the newest first.
fn keep(spi: Spi, is_first: bool) {
    let place = place(spi);
    let others: [u32; ENDED_WAYS] = array::from_fn(|way| place[way].get());
    let first = is_first.then_some(spi.0);
    let rest = others.into_iter().filter(|&known| known != spi.0);
    let mut kept = first.into_iter().chain(rest);
    for known in place {
        known.set(kept.next().unwrap_or(0));
    }
}

fn place(spi: Spi) -> &'static [Cell<u32>; ENDED_WAYS] {
    let globals = memory::globals();
    let places = &globals.ended;
    &places[mix(u64::from(spi.0) ^ globals.base.get()) as usize % places.len()]
}

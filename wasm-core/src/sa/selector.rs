//! Traffic selectors: the prefixes whose addresses an SA may carry (RFC 4301 §4.4.1.1; addresses
//! only).

use crate::inner::{Address, prefix_masks};
use crate::layout::sa_row::{Selector, SpecSelector};

/// Whether `address` is in the prefix.
pub(crate) fn contains(selector: &Selector, address: Address) -> bool {
    let (high, low) = prefix_masks(selector.bits.get());
    selector.version.get() == address.version
        && (selector.high.get() ^ address.high) & high == 0
        && (selector.low.get() ^ address.low) & low == 0
}

/// Whether `address` is in one of the prefixes.
pub(crate) fn any_contains(selectors: &[Selector], address: Address) -> bool {
    selectors.iter().any(|selector| contains(selector, address))
}

/// The address of a prefix.
pub(crate) fn network(selector: &Selector) -> Address {
    Address {
        version: selector.version.get(),
        high: selector.high.get(),
        low: selector.low.get(),
    }
}

/// Copies a prefix from a specification. Returns false if its length or its version is out of
/// range.
pub(crate) fn take(from: &SpecSelector, to: &Selector) -> bool {
    let bits = from.bits.get();
    let address = match from.version.get() {
        4 if bits <= 32 => Address::v4(core::array::from_fn(|i| from.octets[i].get())),
        6 if bits <= 128 => Address::v6(core::array::from_fn(|i| from.octets[i].get())),
        _ => return false,
    };
    let network = address.prefix(bits);
    to.version.set(network.version);
    to.bits.set(bits);
    to.high.set(network.high);
    to.low.set(network.low);
    true
}

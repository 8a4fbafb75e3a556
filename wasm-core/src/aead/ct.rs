//! Comparison without a branch on the compared octets.

use subtle::ConstantTimeEq;

/// Whether a computed tag equals the one that came with the packet.
///
/// CT: both tags are secret. Only the answer leaves.
#[inline]
pub(super) fn tag_eq(computed: &[u8; 16], received: &[u8; 16]) -> bool {
    computed.ct_eq(received).into()
}

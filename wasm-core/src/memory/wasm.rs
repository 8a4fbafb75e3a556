//! The memory of a WebAssembly instance: linear memory, where an offset is an address.

use crate::layout::HEAP_LEN;

/// Where the regions begin: behind the fixed heap.
pub(super) fn start() -> u32 {
    crate::memory::heap::heap_at() + HEAP_LEN
}

/// Pointer to octets at `offset`. Access outside of the memory traps.
pub(super) fn pointer(offset: u32, _len: usize) -> *mut u8 {
    core::ptr::with_exposed_provenance_mut(offset as usize)
}

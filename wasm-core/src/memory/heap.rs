//! The fixed heap of a WebAssembly build: right behind the static data, never grown.
//!
//! Starting threads allocate (a stack and TLS each), and the standard library allocates a little at
//! its start. Nothing else does. Memory is never given back, since lanes end with the process.

#![allow(unsafe_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::layout::{HEAP_LEN, PAGE_LEN};

struct Bump;

#[global_allocator]
static HEAP: Bump = Bump;

/// Octets given out.
static USED: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" {
    /// Symbol of the linker: where static data ends.
    static __heap_base: u8;
}

/// Offset of the heap. It leaves out the page after the linker's last one, which holds
/// wasm-bindgen's thread counter.
pub(crate) fn heap_at() -> u32 {
    // The address itself is the value; nothing is read. It is 32 bits wide here.
    let base = (&raw const __heap_base).addr() as u32;
    base.next_multiple_of(PAGE_LEN) + PAGE_LEN
}

// SAFETY: each allocation is a range of its own inside the heap, aligned as asked; no range is
// given out twice.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut place = 0;
        let taken = USED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            place = used.checked_next_multiple_of(layout.align())?;
            let end = place.checked_add(layout.size())?;
            (end <= HEAP_LEN as usize).then_some(end)
        });
        match taken {
            Ok(_) => core::ptr::with_exposed_provenance_mut(heap_at() as usize + place),
            Err(_) => null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

//! The memory of a native build: one zeroed allocation, attached to each thread that calls the
//! exports.
//!
//! Tests and fuzzers use it; many memories may live in one process.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::layout::plan::{Limits, Plan};
use crate::layout::{PAGE_LEN, REGION_ALIGN};

/// One zeroed memory.
pub struct Memory {
    allocation: *mut u8,
    base: *mut u8,
    len: usize,
}

// SAFETY: the allocation is plain octets; the rules in `memory/mod.rs` say which thread touches
// which.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

/// With this alignment the allocator hands out fresh pages of the kernel, which it need not zero.
const PLAIN_ALIGN: usize = 16;

impl Memory {
    /// A memory of the size that `limits` ask for.
    ///
    /// # Panics
    /// If they do not fit, or the system has no memory.
    pub fn new(limits: &Limits) -> Arc<Self> {
        let plan = Plan::new(start(), limits).expect("limits fit into 4 GiB");
        let len = plan.pages as usize * PAGE_LEN as usize;
        let layout = allocation_of(len);
        // SAFETY: the layout is not empty.
        let allocation = unsafe { alloc_zeroed(layout) };
        assert!(!allocation.is_null(), "out of memory");
        let base = allocation.wrapping_add(allocation.align_offset(REGION_ALIGN as usize));
        Arc::new(Self {
            allocation,
            base,
            len,
        })
    }

    /// Copies octets out, as a system call would.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let offset = usize::try_from(offset).expect("an offset");
        assert!(offset + len <= self.len, "outside of the memory");
        let mut out = vec![0; len];
        // SAFETY: bounds: above; aliasing: as with a system call, rule 5.
        unsafe { out.as_mut_ptr().copy_from(self.base.add(offset), len) };
        out
    }

    /// Copies octets in, as a system call would.
    ///
    /// # Panics
    /// If they lie outside.
    pub fn write(&self, offset: u64, octets: &[u8]) {
        let offset = usize::try_from(offset).expect("an offset");
        assert!(offset + octets.len() <= self.len, "outside of the memory");
        // SAFETY: bounds: above; aliasing: as with a system call, rule 5.
        unsafe {
            self.base
                .add(offset)
                .copy_from(octets.as_ptr(), octets.len())
        };
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.allocation, allocation_of(self.len)) };
    }
}

fn allocation_of(len: usize) -> Layout {
    Layout::from_size_align(len + REGION_ALIGN as usize, PLAIN_ALIGN).expect("a layout")
}

thread_local! {
    static ATTACHED: RefCell<Option<Arc<Memory>>> = const { RefCell::new(None) };
    static BASE: Cell<(*mut u8, usize)> = const { Cell::new((core::ptr::null_mut(), 0)) };
}

/// Makes `memory` the one that this thread's calls work on.
pub fn attach(memory: &Arc<Memory>) {
    BASE.set((memory.base, memory.len));
    ATTACHED.set(Some(Arc::clone(memory)));
}

/// Offset 0 belongs to nothing.
pub(super) fn start() -> u32 {
    REGION_ALIGN
}

/// Pointer to `len` octets at `offset`.
///
/// # Panics
/// If no memory is attached or they lie outside.
pub(super) fn pointer(offset: u32, len: usize) -> *mut u8 {
    let (base, memory_len) = BASE.get();
    assert!(offset as usize + len <= memory_len, "outside of the memory");
    base.wrapping_add(offset as usize)
}

//! The core's shared memory, with offsets that are checked against its length; and the wiping of
//! keys.
//!
//! Rules, to which every SAFETY line refers:
//!
//! 1. `base` and `len` describe one mapping that neither moves nor ends while it is attached
//!    (`culvert_engine_attach`).
//! 2. An offset becomes a pointer only after the check `offset + len <= self.len`. So no content of
//!    a table leads outside of the mapping.
//! 3. Words of tables are read and written as relaxed atomics, since another thread may write them
//!    at the same time.
//! 4. Octets named by a job belong to the lane whose batch it is, until the core has committed or
//!    finished that batch. At most one range of a job is borrowed at a time. A table that breaks
//!    this rule yields wrong octets.

#![allow(unsafe_code)]

use core::mem::MaybeUninit;
use core::slice;
use core::sync::atomic::{AtomicU32, Ordering};

/// One attached memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    base: *mut u8,
    len: u64,
}

// SAFETY: the pointer is only followed by the rules above, which hold in every thread.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

/// Octets that lie inside the memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Octets {
    at: *mut u8,
    len: usize,
}

impl Memory {
    /// Takes a mapping. Returns `None` for no address, or one at which no WebAssembly memory can
    /// begin.
    ///
    /// # Safety
    /// Rule 1 holds until nobody uses this value any more.
    pub(crate) unsafe fn new(base: usize, pages: u32) -> Option<Self> {
        let len = u64::from(pages) * PAGE_LEN;
        let is_whole = base != 0
            && base.is_multiple_of(align_of::<u64>())
            && len <= LEN_MAX
            && usize::try_from(len).is_ok_and(|len| base.checked_add(len).is_some());
        is_whole.then_some(Self {
            base: core::ptr::with_exposed_provenance_mut(base),
            len,
        })
    }

    /// `len` octets at `offset`.
    pub(crate) fn octets(&self, offset: u32, len: u32) -> Option<Octets> {
        if u64::from(offset) + u64::from(len) > self.len {
            return None;
        }
        // SAFETY: rules 1 and 2: `offset` is inside the mapping, or at its end if `len` is 0.
        let at = unsafe { self.base.add(offset as usize) };
        Some(Octets {
            at,
            len: len as usize,
        })
    }

    /// The word at `offset`, which is a multiple of 4.
    pub(crate) fn word(&self, offset: u32) -> Option<u32> {
        self.cell(offset).map(|cell| cell.load(Ordering::Relaxed))
    }

    /// Sets the word at `offset`, which is a multiple of 4; false if there is none.
    pub(crate) fn set_word(&self, offset: u32, value: u32) -> bool {
        self.cell(offset)
            .map(|cell| cell.store(value, Ordering::Relaxed))
            .is_some()
    }

    fn cell(&self, offset: u32) -> Option<&AtomicU32> {
        let at = self.octets(offset, 4)?.at.cast::<u32>();
        if !at.is_aligned() {
            return None;
        }
        // SAFETY: rules 1 to 3: inside, aligned, and always an atomic to us; every bit pattern is a
        // value.
        Some(unsafe { AtomicU32::from_ptr(at) })
    }
}

impl Octets {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Lends them for one operation of the cipher.
    pub(crate) fn with<T>(&self, run: impl FnOnce(&mut [u8]) -> T) -> T {
        // SAFETY: bounds: rule 2; lifetime: rule 1, the borrow ends with `run`; aliasing: rule 4;
        // alignment: u8.
        run(unsafe { slice::from_raw_parts_mut(self.at, self.len) })
    }

    /// Copies octets from elsewhere in the memory. Source and target may overlap, and are of one
    /// length.
    pub(crate) fn copy_from(&self, source: &Self) {
        assert_eq!(self.len, source.len, "of one length");
        // SAFETY: bounds: rule 2, both have `len` octets; overlap: allowed by `copy`; aliasing:
        // rule 4.
        unsafe { core::ptr::copy(source.at, self.at, self.len) };
    }
}

/// A value on the heap whose octets are wiped when it is dropped.
pub(crate) struct Wiped<T>(Box<MaybeUninit<T>>);

impl<T> Wiped<T> {
    /// Takes a value that needs no drop of its own.
    pub(crate) fn new(value: T) -> Self {
        const { assert!(!core::mem::needs_drop::<T>()) };
        Self(Box::new(MaybeUninit::new(value)))
    }

    /// The value.
    pub(crate) fn get(&self) -> &T {
        // SAFETY: `new` has initialized it, and only `drop` writes to it.
        unsafe { self.0.assume_init_ref() }
    }
}

impl<T> Drop for Wiped<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer is that of the box; nothing uses the value after this, and it needs
        // no drop.
        unsafe { zeroize::zeroize_flat_type(self.0.as_mut_ptr()) };
    }
}

/// Octets of a WebAssembly page.
const PAGE_LEN: u64 = 65_536;

/// Largest memory that 32-bit offsets reach.
const LEN_MAX: u64 = 1 << 32;

#[cfg(test)]
impl Octets {
    /// A copy that stays for the rest of the process: a test has no memory of a core.
    pub(crate) fn leaked(octets: &[u8]) -> Self {
        let octets = Box::leak(octets.to_vec().into_boxed_slice());
        Self {
            at: octets.as_mut_ptr(),
            len: octets.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attached(octets: &mut [u64]) -> Memory {
        assert_eq!(octets.len() * 8, PAGE_LEN as usize);
        // SAFETY: the tests keep the vector longer than the memory.
        unsafe { Memory::new(octets.as_mut_ptr().expose_provenance(), 1) }.expect("a page")
    }

    #[test]
    fn offsets_end_with_the_memory() {
        let mut page = vec![0_u64; 8192];
        let memory = attached(&mut page);
        for (offset, len, is_inside) in [
            (0, 65_536, true),
            (65_536, 0, true),
            (65_535, 1, true),
            (65_535, 2, false),
            (65_537, 0, false),
            (1, u32::MAX, false),
            (u32::MAX, u32::MAX, false),
        ] {
            assert_eq!(
                memory.octets(offset, len).is_some(),
                is_inside,
                "{offset} {len}"
            );
        }
    }

    #[test]
    fn words_are_aligned_and_inside() {
        let mut page = vec![0_u64; 8192];
        let memory = attached(&mut page);
        assert!(memory.set_word(65_532, 7));
        assert_eq!(memory.word(65_532), Some(7));
        for offset in [65_533, 65_536, 2, u32::MAX] {
            assert_eq!(memory.word(offset), None, "{offset}");
            assert!(!memory.set_word(offset, 1), "{offset}");
        }
    }

    #[test]
    fn no_address_is_no_memory() {
        for (base, pages) in [(0, 1), (1 << 20, 65_537), (usize::MAX & !7, 1), (4097, 1)] {
            // SAFETY: nothing is read or written.
            assert!(unsafe { Memory::new(base, pages) }.is_none(), "{base:x}");
        }
    }
}

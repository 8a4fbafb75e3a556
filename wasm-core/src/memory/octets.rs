//! Octets of the shared memory, lent for one operation.
//!
//! Rule 5 (`memory/mod.rs`) says which thread may use them. Native debug builds check its last
//! sentence: a loan that overlaps another one of the same thread panics, unless both are for
//! reading.

#![allow(unsafe_code)]

use core::slice;

use super::loans::Loan;
use super::pointer;

/// Lends `len` octets at `offset` for reading.
#[inline]
pub(crate) fn with<T>(offset: u32, len: u32, read: impl FnOnce(&[u8]) -> T) -> T {
    let _loan = Loan::to_read(offset, len);
    let at = pointer(offset, len as usize);
    // SAFETY: bounds: `pointer` checks, or the memory traps; lifetime: rule 1, and the loan ends
    // with `read`; aliasing: rule 5; alignment: u8.
    read(unsafe { slice::from_raw_parts(at, len as usize) })
}

/// Lends `len` octets at `offset` for writing.
#[inline]
pub(crate) fn with_mut<T>(offset: u32, len: u32, write: impl FnOnce(&mut [u8]) -> T) -> T {
    let _loan = Loan::to_write(offset, len);
    let at = pointer(offset, len as usize);
    // SAFETY: as in `with`; the loan ends with `write`.
    write(unsafe { slice::from_raw_parts_mut(at, len as usize) })
}

/// The `N` octets at `offset`.
#[inline]
pub(crate) fn array<const N: usize>(offset: u32) -> [u8; N] {
    let mut octets = [0; N];
    copy_out(offset, &mut octets);
    octets
}

/// Copies octets from `offset` on into `octets`.
#[inline]
pub(crate) fn copy_out(offset: u32, octets: &mut [u8]) {
    // Offsets and lengths are below 4 GiB.
    with(offset, octets.len() as u32, |from| {
        octets.copy_from_slice(from);
    });
}

/// Copies `octets` to `offset`.
#[inline]
pub(crate) fn copy_in(offset: u32, octets: &[u8]) {
    // As above.
    with_mut(offset, octets.len() as u32, |to| to.copy_from_slice(octets));
}

/// Lends as many ranges as `run` asks for, until it returns.
#[inline]
pub(crate) fn lend<T>(run: impl FnOnce(&Lender) -> T) -> T {
    run(&Lender::default())
}

/// Lends ranges as long as it lives.
#[derive(Default)]
pub(crate) struct Lender {
    loans: super::loans::Loans,
}

impl Lender {
    /// Lends `len` octets at `offset` for reading.
    #[inline]
    pub(crate) fn octets(&self, offset: u32, len: u32) -> &[u8] {
        self.loans.add(Loan::to_read(offset, len));
        let at = pointer(offset, len as usize);
        // SAFETY: bounds: `pointer` checks, or the memory traps; lifetime: rule 1, and the loan
        // ends with the lender; aliasing: rule 5; alignment: u8.
        unsafe { slice::from_raw_parts(at, len as usize) }
    }

    /// Lends `len` octets at `offset` for writing.
    #[inline]
    #[expect(clippy::mut_from_ref, reason = "each range is lent once (rule 5)")]
    pub(crate) fn octets_mut(&self, offset: u32, len: u32) -> &mut [u8] {
        self.loans.add(Loan::to_write(offset, len));
        let at = pointer(offset, len as usize);
        // SAFETY: as in `octets`.
        unsafe { slice::from_raw_parts_mut(at, len as usize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::REGION_ALIGN;
    use crate::layout::plan::Limits;
    use crate::memory::{Memory, attach};

    const AT: u32 = REGION_ALIGN;

    fn with_memory() {
        attach(&Memory::new(&Limits {
            lanes: 1,
            connections: 1,
            sas: 1,
            rings: 1,
            inner_mtu: 1400,
        }));
    }

    #[test]
    fn what_is_written_is_read() {
        with_memory();
        copy_in(AT, &[1, 2, 3]);
        with_mut(AT + 1, 2, |octets| octets.reverse());
        assert_eq!(array::<4>(AT), [1, 3, 2, 0]);
    }

    #[test]
    fn readers_and_neighbours_share() {
        with_memory();
        with(AT, 8, |_| {
            with(AT, 8, |_| with_mut(AT + 8, 8, |_| with(AT, 0, |_| ())))
        });
        lend(|lender| {
            lender
                .octets_mut(AT, 4)
                .copy_from_slice(lender.octets(AT + 4, 4));
        });
        with_mut(AT, 8, |_| ());
    }

    #[test]
    #[should_panic(expected = "lent already")]
    fn a_writer_is_alone() {
        with_memory();
        with(AT, 8, |_| with_mut(AT + 7, 1, |_| ()));
    }

    #[test]
    #[should_panic(expected = "lent already")]
    fn a_lender_keeps_its_loans() {
        with_memory();
        lend(|lender| {
            lender.octets_mut(AT, 8);
            lender.octets(AT, 1);
        });
    }
}

//! Keys of SAs: lanes read them under the SAD's read lock, the shell changes them when no lane can.

#![allow(unsafe_code)]

use core::marker::PhantomData;

use super::{lock, pointer, sa};
use crate::aead::Context;
use crate::ids::SaId;
use crate::layout::lane::LaneBlock;
use crate::layout::sa_row::SaRow;

/// Proof that no lane reads the key of any SA: the SAD's write lock is held.
pub(crate) struct SadWrite(());

/// Proof that no lane reads the key of one SA: its row is free.
pub(crate) struct FreeSa(SaId);

/// Sign that a lane holds the SAD's read lock. Debug builds check it: benches and tests of the
/// AEADs run batches of their own, with one thread and no lock.
pub(crate) struct SadRead<'a>(PhantomData<&'a LaneBlock>);

/// Runs `change` with the SAD's write lock held.
pub(crate) fn locked_write<T>(change: impl FnOnce(&SadWrite) -> T) -> T {
    let word = &super::globals().sad_lock.word;
    lock::locked_write(word, || change(&SadWrite(())))
}

/// A proof that no lane reads the key of an SA.
pub(crate) trait NoReaders {
    /// Whether it proves that for this SA.
    fn is_about(&self, sa: SaId) -> bool;
}

impl NoReaders for SadWrite {
    #[inline]
    fn is_about(&self, _sa: SaId) -> bool {
        true
    }
}

impl NoReaders for FreeSa {
    #[inline]
    fn is_about(&self, sa: SaId) -> bool {
        self.0 == sa
    }
}

impl FreeSa {
    /// The proof for a row that you are about to fill. Lanes find the row only through the index,
    /// which changes under the write lock.
    ///
    /// # Panics
    /// If it is in use.
    pub(crate) fn new(id: SaId) -> Self {
        assert!(sa(id).spi.get() == 0, "a free row");
        Self(id)
    }
}

impl<'a> SadRead<'a> {
    /// The sign for a lane with a batch.
    pub(crate) fn of(lane: &'a LaneBlock) -> Self {
        debug_assert!(lane.batch.holds_sad.get() != 0, "the SAD is held");
        Self(PhantomData)
    }

    /// A key by its offset in a job.
    ///
    /// # Panics
    /// If the offset is not aligned as a context is.
    pub(crate) fn key(&self, offset: u32) -> &Context {
        let pointer = pointer(offset, size_of::<Context>()).cast::<Context>();
        assert!(pointer.is_aligned(), "not a context");
        // SAFETY: bounds: checked by `pointer`, or the memory traps; alignment: above; validity:
        // rule 3; aliasing: rule 4, writers wait for the lane's read lock.
        unsafe { &*pointer }
    }
}

/// Lends the key of an SA for a change.
///
/// # Panics
/// If the proof is about another SA.
pub(crate) fn with_mut<T>(
    proof: &impl NoReaders,
    id: SaId,
    change: impl FnOnce(&mut Context) -> T,
) -> T {
    assert!(proof.is_about(id), "a proof for this SA");
    let row: &SaRow = sa(id);
    // SAFETY: bounds and alignment: `sa`; validity: rule 3; aliasing: rule 4, as `proof` says, and
    // only one thread, the shell, changes keys; the loan ends with `change`.
    change(unsafe { &mut *row.context.get() })
}

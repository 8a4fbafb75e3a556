//! The keys of one memory, by SA id.

use crate::key::Key;
use culvert_core::layout::SAS_MAX;

/// A slot for each SA that the core may have.
#[derive(Default)]
pub(crate) struct Keys(Vec<Option<Key>>);

impl Keys {
    /// A table with no key in it.
    pub(crate) fn empty() -> Self {
        let mut slots = Vec::new();
        slots.resize_with(SAS_MAX as usize + 1, || None);
        Self(slots)
    }

    /// The key of an SA.
    pub(crate) fn get(&self, sa: u32) -> Option<&Key> {
        self.0.get(sa as usize)?.as_ref()
    }

    /// Puts a key in; the one it replaces is wiped. False if there is no such slot.
    pub(crate) fn set(&mut self, sa: u32, key: Key) -> bool {
        let Some(slot) = self.0.get_mut(sa as usize).filter(|_| sa != 0) else {
            return false;
        };
        *slot = Some(key);
        true
    }

    /// Wipes the key of an SA; false if there was none.
    pub(crate) fn remove(&mut self, sa: u32) -> bool {
        self.0
            .get_mut(sa as usize)
            .is_some_and(|slot| slot.take().is_some())
    }
}

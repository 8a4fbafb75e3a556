//! The memories that are attached, each with its keys, behind one lock.
//!
//! Lanes hold the read lock for one batch. The shell takes the write lock to install and to remove.
//! So when a removal returns, no batch uses the key any more, and it is wiped. This lock is the
//! native half of the core's SAD lock (docs/design/decisions/0002).

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::keys::Keys;
use crate::memory::Memory;

/// Memories of one process: a gateway has one, tests and benches have more.
const ENGINES_MAX: usize = 64;

/// One memory with its keys.
struct Engine {
    memory: Memory,
    keys: Keys,
}

static ENGINES: [RwLock<Option<Engine>>; ENGINES_MAX] = [const { RwLock::new(None) }; ENGINES_MAX];

/// Attaches a memory; its handle, 1 and up, or 0 if there are too many.
pub(crate) fn attach(memory: Memory) -> u32 {
    for (handle, place) in (1..).zip(&ENGINES) {
        let mut engine = write(place);
        if engine.is_none() {
            let keys = Keys::empty();
            *engine = Some(Engine { memory, keys });
            return handle;
        }
    }
    0
}

/// Detaches a memory and wipes its keys; false if there is none of this handle.
pub(crate) fn detach(handle: u32) -> bool {
    place(handle).is_some_and(|place| write(place).take().is_some())
}

/// Runs on a memory and its keys, which no thread changes meanwhile. Returns `None` if no memory
/// has this handle.
pub(crate) fn with<T>(handle: u32, run: impl FnOnce(&Memory, &Keys) -> T) -> Option<T> {
    let engine = read(place(handle)?);
    engine
        .as_ref()
        .map(|engine| run(&engine.memory, &engine.keys))
}

/// Runs on a memory and its keys, which no other thread uses meanwhile.
pub(crate) fn change<T>(handle: u32, run: impl FnOnce(&Memory, &mut Keys) -> T) -> Option<T> {
    let mut engine = write(place(handle)?);
    engine
        .as_mut()
        .map(|engine| run(&engine.memory, &mut engine.keys))
}

fn place(handle: u32) -> Option<&'static RwLock<Option<Engine>>> {
    ENGINES.get((handle as usize).checked_sub(1)?)
}

/// A poisoned lock is taken all the same: a panic leaves nothing half done here.
fn read(place: &RwLock<Option<Engine>>) -> RwLockReadGuard<'_, Option<Engine>> {
    place.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(place: &RwLock<Option<Engine>>) -> RwLockWriteGuard<'_, Option<Engine>> {
    place.write().unwrap_or_else(PoisonError::into_inner)
}

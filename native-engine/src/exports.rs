//! What the gateway calls by FFI: numbers in, numbers out. `block` is the offset of a lane's block in the memory.

#![allow(unsafe_code)] // `no_mangle`, and the promise of `culvert_engine_attach`

use crate::fingerprint::FINGERPRINT;
use crate::memory::Memory;
use crate::{batch, registry, spec};

/// What library and gateway must agree on; a gateway that computes another number does not use this library.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_fingerprint() -> u32 {
    FINGERPRINT
}

/// Attaches a memory of `pages` pages at `base`; its handle, or 0.
///
/// # Safety
/// The mapping neither moves nor ends before `culvert_engine_detach`, and jobs name only octets of the lane whose batch
/// they are in (docs/design/borders.md).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn culvert_engine_attach(base: usize, pages: u32) -> u32 {
    // SAFETY: the caller's promise is the one that is asked.
    unsafe { Memory::new(base, pages) }.map_or(0, registry::attach)
}

/// Detaches a memory and wipes its keys; 1, or 0 if there is none of this handle.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_detach(handle: u32) -> u32 {
    u32::from(registry::detach(handle))
}

/// Takes the key of SA `sa` from the specification in the shell's block, and wipes it there; 1, or 0 if the batches of
/// this SA are the core's.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_install(handle: u32, block: u32, sa: u32) -> u32 {
    // The key is made ready before the lock is taken: lanes do not wait for it.
    let key = registry::with(handle, |memory, _| spec::take_key(memory, block)).flatten();
    let is_installed = registry::change(handle, |_, keys| match key {
        Some(key) => keys.set(sa, key),
        None => {
            keys.remove(sa);
            false
        }
    });
    u32::from(is_installed == Some(true))
}

/// Removes the key of SA `sa`: when this returns no batch uses it and it is wiped. 1, or 0 if there was none.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_remove(handle: u32, sa: u32) -> u32 {
    u32::from(registry::change(handle, |_, keys| keys.remove(sa)) == Some(true))
}

/// Opens the batch of a lane in place. 1, or 0 if it is left to the core, as it was.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_open(handle: u32, block: u32) -> u32 {
    let is_done = registry::with(handle, |memory, keys| batch::open(memory, keys, block));
    u32::from(is_done == Some(true))
}

/// Seals the batch of a lane into the transmit ring. 1, or 0 if it is left to the core, as it was.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_seal(handle: u32, block: u32) -> u32 {
    let is_done = registry::with(handle, |memory, keys| batch::seal(memory, keys, block));
    u32::from(is_done == Some(true))
}

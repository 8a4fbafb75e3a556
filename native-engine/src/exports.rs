//! The functions that the gateway calls by FFI: numbers in, numbers out. `block` is the offset of a
//! lane's block in the memory.

#![allow(unsafe_code)] // `no_mangle`, and the promise of `culvert_engine_attach`

use culvert_core::border::FINGERPRINT;

use crate::memory::Memory;
use crate::{batch, registry, spec};

/// The fingerprint of the core that this library was built with. A gateway whose bindings have
/// another one does not use it.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_fingerprint() -> u32 {
    FINGERPRINT
}

/// Attaches a memory of `pages` pages at `base`. Returns its handle, or 0.
///
/// # Safety
/// The mapping neither moves nor ends before `culvert_engine_detach`. Jobs name only octets of the
/// lane whose batch they are in (docs/design/borders.md).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn culvert_engine_attach(base: usize, pages: u32) -> u32 {
    // SAFETY: the caller's promise is the one that is asked.
    unsafe { Memory::new(base, pages) }.map_or(0, registry::attach)
}

/// Detaches a memory and wipes its keys. Returns 1, or 0 if no memory has this handle.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_detach(handle: u32) -> u32 {
    u32::from(registry::detach(handle))
}

/// Takes the key of SA `sa` from the specification in the shell's block, and wipes it there.
/// Returns 1, or 0 if the core must run the batches of this SA.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_install(handle: u32, block: u32, sa: u32) -> u32 {
    // The key is expanded before we take the lock, so lanes do not wait for it.
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

/// Removes the key of SA `sa`. When this returns, no batch uses the key and it is wiped. Returns 1,
/// or 0 if there was none.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_remove(handle: u32, sa: u32) -> u32 {
    u32::from(registry::change(handle, |_, keys| keys.remove(sa)) == Some(true))
}

/// Opens the batch of a lane in place. Returns 1, or 0 if the batch is unchanged and left to the
/// core.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_open(handle: u32, block: u32) -> u32 {
    let is_done = registry::with(handle, |memory, keys| batch::open(memory, keys, block));
    u32::from(is_done == Some(true))
}

/// Seals the batch of a lane into the transmit ring. Returns 1, or 0 if the batch is unchanged and
/// left to the core.
#[unsafe(no_mangle)]
pub extern "C" fn culvert_engine_seal(handle: u32, block: u32) -> u32 {
    let is_done = registry::with(handle, |memory, keys| batch::seal(memory, keys, block));
    u32::from(is_done == Some(true))
}

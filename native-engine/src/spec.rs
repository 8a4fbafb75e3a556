//! The specification of an SA, which the shell has laid into its lane block. It is read here after
//! the core has read it, and wiped.

use core::mem::offset_of;
use core::num::NonZeroU32;

use culvert_core::aead::{Algorithm, SALT_LEN};
use culvert_core::layout::KEY_MATERIAL_ROOM;
use culvert_core::layout::lane::LaneBlock;
use culvert_core::layout::sa_row::SaSpec;
use zeroize::Zeroizing;

use crate::key::Key;
use crate::memory::Memory;

/// Takes the key out of the specification in the block at `block`, and wipes it there. Returns
/// `None` if it is not for this engine.
pub(crate) fn take_key(memory: &Memory, block: u32) -> Option<Key> {
    let spec = block.checked_add(offset_of!(LaneBlock, sa_spec) as u32)?;
    let taken = read(memory, spec);
    // A refused specification has a key in it, too.
    for at in key_words(spec) {
        memory.set_word(at, 0);
    }
    taken
}

fn read(memory: &Memory, spec: u32) -> Option<Key> {
    let word = |field: usize| memory.word(spec.checked_add(field as u32)?);
    let spi = NonZeroU32::new(word(offset_of!(SaSpec, spi))?)?;
    let algorithm = Algorithm::of(word(offset_of!(SaSpec, algorithm))?)?;
    let key_len = word(offset_of!(SaSpec, key_len))?.checked_sub(SALT_LEN as u32)?;
    let mut material = Zeroizing::new([0; KEY_MATERIAL_ROOM]);
    for (at, octets) in key_words(spec).zip(material.chunks_exact_mut(4)) {
        octets.copy_from_slice(&memory.word(at)?.to_le_bytes());
    }
    Key::new(spi, algorithm, material.get(..key_len as usize)?)
}

/// Offsets of the words of the key.
fn key_words(spec: u32) -> impl Iterator<Item = u32> {
    (0..KEY_MATERIAL_ROOM)
        .step_by(4)
        .map(move |i| spec.saturating_add((offset_of!(SaSpec, key) + i) as u32))
}

const _: () = assert!(offset_of!(SaSpec, key).is_multiple_of(4));
const _: () = assert!(offset_of!(SaSpec, key) + KEY_MATERIAL_ROOM <= offset_of!(SaSpec, local));

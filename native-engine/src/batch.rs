//! One lane's batch. Every job is checked before the first one runs, so a batch is done whole or
//! not at all.

use core::mem::offset_of;

use culvert_core::layout::BATCH_MAX;
use culvert_core::layout::lane::{Job, LaneBlock};

use crate::key::{Header, ICV_LEN, Key, Sealing};
use crate::keys::Keys;
use crate::memory::{Memory, Octets};

/// A job whose ranges lie in the memory and whose key is here.
#[derive(Clone, Copy)]
struct Checked<'a> {
    key: &'a Key,
    header: Header,
    data: Octets,
    icv: Octets,
    /// Offset of the word for the result of an open.
    ok_at: u32,
    source: u32,
}

/// Opens the packets of the batch in the block at `block`, in place, and notes in each job whether
/// it was authentic. Returns false, with nothing changed, if the batch is not for this engine.
pub(crate) fn open(memory: &Memory, keys: &Keys, block: u32) -> bool {
    let mut table = [None; BATCH_MAX];
    let Some(jobs) = check(memory, keys, block, &mut table) else {
        return false;
    };
    for job in jobs.iter().flatten() {
        let is_authentic = job.key.open(&job.header, &job.data, &job.icv);
        memory.set_word(job.ok_at, u32::from(is_authentic));
    }
    true
}

/// Seals the packets of the batch, each from its source to the transmit ring. Returns false as
/// [`open`] does.
pub(crate) fn seal(memory: &Memory, keys: &Keys, block: u32) -> bool {
    let mut table = [None; BATCH_MAX];
    let Some(jobs) = check(memory, keys, block, &mut table) else {
        return false;
    };
    let mut sources = [None; BATCH_MAX];
    for (job, source) in jobs.iter().flatten().zip(&mut sources) {
        *source = memory.octets(job.source, job.data.len() as u32);
        if source.is_none() {
            return false;
        }
    }
    for (job, source) in jobs.iter().flatten().zip(sources.iter().flatten()) {
        // Too long is impossible: no packet has 2^32 octets, and no AEAD takes fewer.
        let packet = Sealing {
            source,
            data: &job.data,
            icv: &job.icv,
        };
        job.key.seal(&job.header, &packet);
    }
    true
}

/// Checks every job of a batch into `table`. Returns `None` if one is not for this engine.
fn check<'a, 't>(
    memory: &Memory,
    keys: &'a Keys,
    block: u32,
    table: &'t mut [Option<Checked<'a>>; BATCH_MAX],
) -> Option<&'t [Option<Checked<'a>>]> {
    let count = memory.word(block.checked_add(offset_of!(LaneBlock, batch.jobs) as u32)?)?;
    let jobs = table.get_mut(..count as usize)?;
    let mut at = block.checked_add(offset_of!(LaneBlock, jobs) as u32)?;
    for job in jobs.iter_mut() {
        *job = Some(check_job(memory, keys, at)?);
        at = at.checked_add(size_of::<Job>() as u32)?;
    }
    Some(jobs)
}

/// Each word is read once, so the checked value is the used one.
fn check_job<'a>(memory: &Memory, keys: &'a Keys, at: u32) -> Option<Checked<'a>> {
    let word = |field: usize| memory.word(at.checked_add(field as u32)?);
    let key = keys.get(word(offset_of!(Job, sa))?)?;
    let aad_len = word(offset_of!(Job, aad_len))?;
    let header = Header {
        nonce: three_words(|i| word(offset_of!(Job, nonce) + i))?,
        aad: three_words(|i| word(offset_of!(Job, aad) + i))?,
        aad_len: matches!(aad_len, 8 | 12).then_some(aad_len as usize)?,
    };
    key.is_for(&header).then_some(Checked {
        key,
        header,
        data: memory.octets(
            word(offset_of!(Job, data))?,
            word(offset_of!(Job, data_len))?,
        )?,
        icv: memory.octets(word(offset_of!(Job, tag))?, ICV_LEN)?,
        ok_at: at.checked_add(offset_of!(Job, ok) as u32)?,
        source: word(offset_of!(Job, source))?,
    })
}

/// Twelve octets, as they lie in memory.
fn three_words(word: impl Fn(usize) -> Option<u32>) -> Option<[u8; 12]> {
    let mut octets = [0; 12];
    for (i, part) in octets.chunks_exact_mut(4).enumerate() {
        part.copy_from_slice(&word(4 * i)?.to_le_bytes());
    }
    Some(octets)
}

const _: () = assert!(offset_of!(Job, nonce).is_multiple_of(4));
const _: () = assert!(offset_of!(Job, aad).is_multiple_of(4));

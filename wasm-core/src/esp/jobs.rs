//! The AEAD over a lane's table of jobs, a few at a time.

use crate::aead::{OpenJob, SealJob, open_batch, seal_batch};
use crate::layout::lane::{Job, LaneBlock};
use crate::memory;

/// Jobs that are handed to the AEAD in one call: bounds the stack that they take.
const CHUNK: usize = 16;

/// Opens the packets of all jobs in place; `ok` says which were authentic.
pub(crate) fn open(lane: &LaneBlock) {
    for chunk in lane.jobs[..lane.batch.jobs.get() as usize].chunks(CHUNK) {
        let mut jobs: [OpenJob<'_>; CHUNK] =
            core::array::from_fn(|i| open_job(chunk.get(i).unwrap_or(&chunk[0]), i < chunk.len()));
        open_batch(&mut jobs[..chunk.len()]);
        for (job, done) in chunk.iter().zip(&jobs) {
            job.ok.set(u32::from(done.ok));
        }
    }
}

/// Seals the packets of all jobs into the transmit ring.
pub(crate) fn seal(lane: &LaneBlock) {
    for chunk in lane.jobs[..lane.batch.jobs.get() as usize].chunks(CHUNK) {
        let mut scrap = [[0; 16]; CHUNK];
        let mut spare = scrap.iter_mut();
        let mut jobs: [SealJob<'_>; CHUNK] = core::array::from_fn(|i| match chunk.get(i) {
            Some(job) => seal_job(job),
            None => empty_seal_job(&chunk[0], spare.next().expect("one for each")),
        });
        seal_batch(&mut jobs[..chunk.len()]);
    }
}

/// Borrows what a job names. Each octet is in one job only; a job that does not count gets none.
fn open_job(job: &Job, counts: bool) -> OpenJob<'static> {
    let data = memory::octets_mut(job.data.get(), if counts { job.data_len.get() } else { 0 });
    let mut tag = [0; 16];
    tag.copy_from_slice(memory::octets(job.tag.get(), 16));
    OpenJob {
        context: memory::context(job.context.get()),
        nonce: core::array::from_fn(|i| job.nonce[i].get()),
        aad: core::array::from_fn(|i| job.aad[i].get()),
        aad_len: job.aad_len.get() as usize,
        data,
        tag,
        ok: false,
    }
}

fn seal_job(job: &Job) -> SealJob<'static> {
    let len = job.data_len.get();
    SealJob {
        context: memory::context(job.context.get()),
        nonce: core::array::from_fn(|i| job.nonce[i].get()),
        aad: core::array::from_fn(|i| job.aad[i].get()),
        aad_len: job.aad_len.get() as usize,
        source: memory::octets(job.source.get(), len),
        sealed: memory::octets_mut(job.data.get(), len),
        tag: memory::octets_mut(job.tag.get(), 16)
            .first_chunk_mut()
            .expect("16 octets"),
    }
}

fn empty_seal_job<'a>(like: &Job, tag: &'a mut [u8; 16]) -> SealJob<'a> {
    SealJob {
        context: memory::context(like.context.get()),
        nonce: [0; 12],
        aad: [0; 12],
        aad_len: 8,
        source: &[],
        sealed: &mut [],
        tag,
    }
}

//! The AEAD over a lane's table of jobs, a few at a time.

use crate::aead::{OpenJob, SealJob, open_batch, seal_batch};
use crate::layout::lane::{Job, LaneBlock};
use crate::memory::keys::SadRead;
use crate::memory::octets::{self, Lender};

/// Jobs that the AEAD gets in one call. It bounds the stack that they take.
const CHUNK: usize = 16;

/// Opens the packets of all jobs in place; `ok` says which were authentic.
pub(crate) fn open(lane: &LaneBlock) {
    for chunk in lane.jobs[..lane.batch.jobs.get() as usize].chunks(CHUNK) {
        let sad = SadRead::of(lane);
        octets::lend(|lender| {
            let mut jobs: [OpenJob<'_>; CHUNK] = core::array::from_fn(|i| {
                let job = chunk.get(i).unwrap_or(&chunk[0]);
                let data_len = chunk.get(i).map_or(0, |job| job.data_len.get());
                open_job(job, data_len, &sad, lender)
            });
            open_batch(&mut jobs[..chunk.len()]);
            for (job, done) in chunk.iter().zip(&jobs) {
                job.ok.set(u32::from(done.ok));
            }
        });
    }
}

/// Seals the packets of all jobs into the transmit ring.
pub(crate) fn seal(lane: &LaneBlock) {
    for chunk in lane.jobs[..lane.batch.jobs.get() as usize].chunks(CHUNK) {
        let sad = SadRead::of(lane);
        let mut scrap = [[0; 16]; CHUNK];
        let mut spare = scrap.iter_mut();
        octets::lend(|lender| {
            let mut jobs: [SealJob<'_>; CHUNK] = core::array::from_fn(|i| match chunk.get(i) {
                Some(job) => seal_job(job, &sad, lender),
                None => unused_seal_job(&chunk[0], &sad, spare.next().expect("one for each")),
            });
            seal_batch(&mut jobs[..chunk.len()]);
        });
    }
}

/// Borrows the octets that a job names. A place of the array that no job takes has the first job,
/// with a `data_len` of 0.
fn open_job<'a>(job: &Job, data_len: u32, sad: &'a SadRead<'_>, lender: &'a Lender) -> OpenJob<'a> {
    OpenJob {
        context: sad.key(job.context.get()),
        nonce: core::array::from_fn(|i| job.nonce[i].get()),
        aad: core::array::from_fn(|i| job.aad[i].get()),
        aad_len: job.aad_len.get() as usize,
        data: lender.octets_mut(job.data.get(), data_len),
        tag: octets::array(job.tag.get()),
        ok: false,
    }
}

fn seal_job<'a>(job: &Job, sad: &'a SadRead<'_>, lender: &'a Lender) -> SealJob<'a> {
    let len = job.data_len.get();
    SealJob {
        context: sad.key(job.context.get()),
        nonce: core::array::from_fn(|i| job.nonce[i].get()),
        aad: core::array::from_fn(|i| job.aad[i].get()),
        aad_len: job.aad_len.get() as usize,
        source: lender.octets(job.source.get(), len),
        sealed: lender.octets_mut(job.data.get(), len),
        tag: lender
            .octets_mut(job.tag.get(), 16)
            .first_chunk_mut()
            .expect("16 octets"),
    }
}

/// Fills a place of the array that no job takes.
fn unused_seal_job<'a>(like: &Job, sad: &'a SadRead<'_>, tag: &'a mut [u8; 16]) -> SealJob<'a> {
    SealJob {
        context: sad.key(like.context.get()),
        nonce: [0; 12],
        aad: [0; 12],
        aad_len: 8,
        source: &[],
        sealed: &mut [],
        tag,
    }
}

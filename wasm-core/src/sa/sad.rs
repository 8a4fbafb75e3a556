//! The table of SAs: install, look up by SPI, remove.
//!
//! The shell is the only writer. It fills a free row, which no lane reads, and then enters it under
//! the write lock. Lanes look SAs up under the read lock, which they hold until the batch is done.
//!
//! An inbound SA has its SPI from us, and is found by it. The SPI of an outbound SA is its peer's
//! choice: any number of them may have one SPI, which may be that of an inbound SA too, and they
//! are found by their rows. The SPI index uses open addressing with linear probing; a removal
//! leaves no gap.

use core::sync::atomic::Ordering;

use crate::aead::Context;
use crate::ids::{SaId, Spi};
use crate::layout::lane::LaneBlock;
use crate::layout::sa_row::SaRow;
use crate::layout::{SA_EXPIRED, SA_FREE, SA_INBOUND, SA_OUTBOUND};
use crate::memory::hash::mix;
use crate::memory::keys::{self, FreeSa, NoReaders, SadWrite};
use crate::memory::{self, lock};
use crate::path::peers;
use crate::report::status::Status;
use crate::sa::{lifetime, policy, recent, spec};

/// Takes the read lock for this lane's batch, unless the lane has it.
#[inline]
pub(crate) fn hold(lane: &LaneBlock) {
    if lane.batch.holds_sad.replace(1) == 0 {
        lock::acquire_read(&memory::globals().sad_lock.word);
    }
}

/// Releases it if the lane has it.
#[inline]
pub(crate) fn let_go(lane: &LaneBlock) {
    if lane.batch.holds_sad.replace(0) != 0 {
        lock::release_read(&memory::globals().sad_lock.word);
    }
}

/// Grows with each install and remove. Under either lock.
pub(crate) fn version() -> u32 {
    memory::globals().sad_version.word.load(Ordering::Relaxed)
}

/// The inbound SA with this SPI. Under either lock, or in the shell.
#[inline]
pub(crate) fn find(spi: Spi) -> Option<SaId> {
    let mut slot = home(spi);
    loop {
        let id = memory::spi_slot(slot).get();
        if id == 0 {
            return None;
        }
        if memory::sa(SaId(id)).spi.get() == spi.0 {
            return Some(SaId(id));
        }
        slot = slot.wrapping_add(1);
    }
}

/// The SA in this row, if it is in use. Under either lock, or in the shell.
pub(crate) fn at(id: SaId) -> Option<&'static SaRow> {
    let sas = memory::globals().sas.get();
    let row = (1..=sas).contains(&id.0).then(|| memory::sa(id))?;
    (row.spi.get() != 0).then_some(row)
}

/// Whether there is an outbound SA in this row.
pub(crate) fn is_outbound(id: SaId) -> bool {
    at(id).is_some_and(|row| row.direction.get() == SA_OUTBOUND)
}

/// Installs the SA that the lane's `sa_spec` describes, and wipes the specification.
///
/// # Errors
/// `SpiInUse`, `SadFull`, `SpecInvalid`: nothing has changed, and no key is left behind.
pub(crate) fn install(lane: &LaneBlock) -> Result<SaId, Status> {
    let installed = try_install(lane);
    spec::wipe(&lane.sa_spec);
    installed
}

fn try_install(lane: &LaneBlock) -> Result<SaId, Status> {
    let spec = &lane.sa_spec;
    if spec.direction.get() == SA_INBOUND && find(Spi(spec.spi.get())).is_some() {
        return Err(Status::SpiInUse);
    }
    let globals = memory::globals();
    let (free, next_unused) = (globals.sa_free.get(), globals.sa_used.get() + 1);
    let id = SaId(if free != 0 { free } else { next_unused });
    if id.0 > globals.sas.get() {
        return Err(Status::SadFull);
    }
    let row = memory::sa(id);
    let is_free = FreeSa::new(id);
    if !keys::with_mut(&is_free, id, |key| spec::fill(spec, row, key)) {
        wipe_key(&is_free, id);
        row.spi.set(0);
        return Err(Status::SpecInvalid);
    }
    if free != 0 {
        globals.sa_free.set(row.next_free.get());
    } else {
        globals.sa_used.set(next_unused);
    }
    enter(id, row);
    Ok(id)
}

/// Makes a filled row known to lanes.
fn enter(id: SaId, row: &SaRow) {
    let globals = memory::globals();
    keys::locked_write(|lock| {
        globals.sa_numbers.set(globals.sa_numbers.get() + 1);
        row.number.set(globals.sa_numbers.get());
        if row.direction.get() == SA_OUTBOUND {
            policy::insert(id);
        } else {
            let spi = Spi(row.spi.get());
            recent::forget(lock, &globals.ended, spi);
            recent::forget(lock, &globals.promised, spi);
            index(id, row);
        }
        peers::join(row.peer.get());
        globals.sad_version.word.fetch_add(1, Ordering::Relaxed);
    });
}

/// Enters an inbound SA in the SPI index.
fn index(id: SaId, row: &SaRow) {
    let mut slot = home(Spi(row.spi.get()));
    while memory::spi_slot(slot).get() != 0 {
        slot = slot.wrapping_add(1);
    }
    memory::spi_slot(slot).set(id.0);
}

/// Removes an SA. Its key and its salt are wiped before this returns, and it has told what it had
/// no room for. Its counters stay readable until the row is used again. If it has reached a hard
/// limit, packets that still come for it are `SaExpired`.
pub(crate) fn remove(lane: &LaneBlock, id: SaId) -> bool {
    let Some(row) = at(id) else {
        return false;
    };
    let globals = memory::globals();
    let spi = Spi(row.spi.get());
    keys::locked_write(|lock| {
        if row.direction.get() == SA_OUTBOUND {
            policy::remove(id);
        } else {
            close_gap(slot_of(spi));
        }
        peers::leave(row.peer.get());
        wipe_key(lock, id);
        wipe_nonces(lock, |sa| sa == id);
        if row.live.state.swap(SA_FREE, Ordering::Relaxed) == SA_EXPIRED
            && row.direction.get() == SA_INBOUND
        {
            recent::remember(lock, &globals.ended, spi);
        }
        lifetime::tell_untold(lane, row);
        row.spi.set(0);
        globals.sad_version.word.fetch_add(1, Ordering::Relaxed);
    });
    row.next_free.set(globals.sa_free.replace(id.0));
    true
}

/// Ends the standby of an outbound SA: packets leave by it from now on, if it is the newest. False
/// if there is no such SA. Shell only.
pub(crate) fn put_to_use(id: SaId) -> bool {
    if !is_outbound(id) {
        return false;
    }
    keys::locked_write(|_| {
        memory::sa(id).is_standby.set(0);
        // Lanes have chosen SAs for entries that wait.
        let version = &memory::globals().sad_version.word;
        version.fetch_add(1, Ordering::Relaxed);
    });
    true
}

/// Stops SAs whose time has passed, and wipes the keys of all stopped ones. Returns the number of
/// SAs that have stopped and are still here. Shell only.
pub(crate) fn sweep(lane: &LaneBlock, now: f64) -> u32 {
    lane.batch.now.set(now);
    let globals = memory::globals();
    let mut ended = 0;
    for id in (1..=globals.sa_used.get()).map(SaId) {
        let row = memory::sa(id);
        if row.spi.get() == 0 {
            continue;
        }
        lifetime::note_age(lane, row, now);
        lifetime::tell_untold(lane, row);
        if row.live.state.load(Ordering::Acquire) != SA_EXPIRED {
            continue;
        }
        ended += 1;
        if row.is_wiped.get() == 0 {
            // Lanes that took the key before the stop are done once we have the write lock.
            keys::locked_write(|lock| {
                wipe_key(lock, id);
                wipe_nonces(lock, |sa| sa == id);
            });
            row.is_wiped.set(1);
        }
    }
    ended
}

/// Promises an inbound SA of this SPI: packets of it wait for the install. Shell only.
pub(crate) fn promise(spi: Spi) {
    keys::locked_write(|lock| recent::remember(lock, &memory::globals().promised, spi));
}

/// Takes the promise of an SPI back. Shell only.
pub(crate) fn break_promise(spi: Spi) {
    keys::locked_write(|lock| recent::forget(lock, &memory::globals().promised, spi));
}

/// Makes every SA older. Shell only.
pub(crate) fn age(ms: f64) {
    keys::locked_write(|_| {
        for id in (1..=memory::globals().sa_used.get()).map(SaId) {
            let row = memory::sa(id);
            row.soft_at.set(row.soft_at.get() - ms);
            row.expires_at.set(row.expires_at.get() - ms);
        }
    });
}

/// Wipes every key, at the end of the process.
pub(crate) fn wipe_all() {
    let globals = memory::globals();
    keys::locked_write(|lock| {
        for id in (1..=globals.sa_used.get()).map(SaId) {
            let row = memory::sa(id);
            // No lane may seal with an empty key.
            row.live.state.store(SA_EXPIRED, Ordering::Release);
            wipe_key(lock, id);
            row.is_wiped.set(1);
        }
        wipe_nonces(lock, |_| true);
    });
}

/// Wipes key and salt of a row.
fn wipe_key(proof: &impl NoReaders, id: SaId) {
    keys::with_mut(proof, id, Context::wipe);
    for octet in &memory::sa(id).salt {
        octet.set(0);
    }
}

/// Wipes the nonces, which begin with the salt, of the jobs that lanes had with an SA. No lane has
/// a batch while the write lock is held.
fn wipe_nonces(_lock: &SadWrite, is_of: impl Fn(SaId) -> bool) {
    for lane in 0..=memory::globals().lanes.get() {
        let jobs = &memory::lane(lane).jobs;
        for job in jobs.iter().filter(|job| is_of(SaId(job.sa.get()))) {
            for octet in &job.nonce {
                octet.set(0);
            }
        }
    }
}

/// The slot of an SPI that is in the index.
fn slot_of(spi: Spi) -> u32 {
    let mut slot = home(spi);
    while memory::sa(SaId(memory::spi_slot(slot).get())).spi.get() != spi.0 {
        slot = slot.wrapping_add(1);
    }
    slot
}

/// Empties the slot at `gap`, so that no search ends too early.
fn close_gap(mut gap: u32) {
    let mask = memory::globals().spi_mask.get();
    let mut slot = gap;
    loop {
        slot = slot.wrapping_add(1);
        let id = memory::spi_slot(slot).get();
        if id == 0 {
            break;
        }
        let from_home = slot.wrapping_sub(home(Spi(memory::sa(SaId(id)).spi.get()))) & mask;
        if from_home >= slot.wrapping_sub(gap) & mask {
            memory::spi_slot(gap).set(id);
            gap = slot;
        }
    }
    memory::spi_slot(gap).set(0);
}

/// The slot where a search begins. The base address seeds it, since whoever installs an SA may take
/// its SPI from the peer.
#[inline]
fn home(spi: Spi) -> u32 {
    mix(u64::from(spi.0) ^ memory::globals().base.get())
}

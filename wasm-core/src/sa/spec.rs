//! From the specification, which the shell writes, to an SA's row. It refuses only values that a
//! row cannot represent. The shell decides which SAs may be installed.

use core::cell::Cell;
use core::sync::atomic::Ordering;

use zeroize::Zeroize;

use crate::aead::{Algorithm, Context, SALT_LEN};
use crate::layout::sa_row::{SaRow, SaSpec, Selector, SpecSelector};
use crate::layout::{
    KEY_MATERIAL_ROOM, SA_ACTIVE, SA_INBOUND, SA_OUTBOUND, SELECTOR_MAX, WINDOW_MAX, WINDOW_MIN,
};
use crate::memory;
use crate::sa::{lifetime, selector};

/// Fills a row and its key. Returns false if a value is out of range; the row has no meaning then.
pub(crate) fn fill(spec: &SaSpec, row: &SaRow, context: &mut Context) -> bool {
    if !is_in_range(spec) || !take_key(spec, row, context) {
        return false;
    }
    row.spi.set(spec.spi.get());
    row.direction.set(spec.direction.get());
    row.peer.set(spec.peer.get());
    row.esn.set(u32::from(spec.esn.get() != 0));
    row.window_len.set(spec.window_len.get());
    row.is_standby.set(u32::from(spec.standby.get() != 0));
    fill_limits(spec, row);
    reset_live(row);
    let last = lifetime::last_number(row);
    take_selectors(
        &spec.local,
        &row.local,
        spec.local_count.get(),
        &row.local_count,
    ) && take_selectors(
        &spec.remote,
        &row.remote,
        spec.remote_count.get(),
        &row.remote_count,
    ) && row.initial_sequence.get() <= last
}

/// Wipes the key of a specification.
pub(crate) fn wipe(spec: &SaSpec) {
    for octet in &spec.key {
        // A volatile write, which the compiler keeps although the zero is never read.
        let mut zero = octet.get();
        zero.zeroize();
        octet.set(zero);
    }
    spec.key_len.set(0);
}

fn is_in_range(spec: &SaSpec) -> bool {
    let window = spec.window_len.get();
    spec.spi.get() != 0
        && matches!(spec.direction.get(), SA_INBOUND | SA_OUTBOUND)
        && (1..=memory::globals().sas.get()).contains(&spec.peer.get())
        && (window == 0 && spec.esn.get() == 0 || (WINDOW_MIN..=WINDOW_MAX).contains(&window))
        && spec.soft_seconds.get() >= 0.0
        && spec.hard_seconds.get() >= 0.0
}

/// Splits the keying material into key and salt. The copy on the stack is wiped.
fn take_key(spec: &SaSpec, row: &SaRow, context: &mut Context) -> bool {
    let Some(algorithm) = Algorithm::of(spec.algorithm.get()) else {
        return false;
    };
    let mut material: [u8; KEY_MATERIAL_ROOM] = core::array::from_fn(|i| spec.key[i].get());
    let len = spec.key_len.get() as usize;
    let is_taken = material
        .get(..len)
        .and_then(|all| all.split_last_chunk::<SALT_LEN>())
        .is_some_and(|(key, salt)| {
            for (to, &from) in row.salt.iter().zip(salt) {
                to.set(from);
            }
            context.install(algorithm, key)
        });
    material.zeroize();
    row.algorithm.set(spec.algorithm.get());
    row.is_wiped.set(0);
    is_taken
}

fn fill_limits(spec: &SaSpec, row: &SaRow) {
    row.initial_sequence.set(spec.initial_sequence.get());
    row.iv_offset.set(spec.iv_offset.get());
    row.soft_packets.set(spec.soft_packets.get());
    row.soft_octets.set(spec.soft_octets.get());
    row.hard_packets.set(spec.hard_packets.get());
    row.hard_octets.set(spec.hard_octets.get());
    row.installed_at.set(spec.now.get());
    let at = |seconds: f64| {
        if seconds > 0.0 {
            spec.now.get() + seconds * 1000.0
        } else {
            f64::INFINITY
        }
    };
    row.soft_at.set(at(spec.soft_seconds.get()));
    row.expires_at.set(at(spec.hard_seconds.get()));
}

fn reset_live(row: &SaRow) {
    let live = &row.live;
    live.packets.store(0, Ordering::Relaxed);
    live.octets.store(0, Ordering::Relaxed);
    live.valid_at.store(0, Ordering::Relaxed);
    live.warned.store(0, Ordering::Relaxed);
    live.untold.store(0, Ordering::Relaxed);
    lifetime::window(row).reset(row.initial_sequence.get());
    live.state.store(SA_ACTIVE, Ordering::Relaxed);
}

fn take_selectors(from: &[SpecSelector], to: &[Selector], count: u32, taken: &Cell<u32>) -> bool {
    taken.set(count);
    (1..=SELECTOR_MAX as u32).contains(&count)
        && from
            .iter()
            .zip(to)
            .take(count as usize)
            .all(|(from, to)| selector::take(from, to))
}

//! Once an SA is gone or has another key, no octet of its key is in freed memory or on the stack.
//!
//! The allocator of this program reads every block that is freed. The stack is read through
//! `/proc/self/mem`.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use culvert_engine::exports as engine;
use support::{Algorithm, BLOCK, Shared, kinds};

/// Passes all calls to the system's allocator, and counts parts of keys in freed blocks.
struct Watching;

thread_local! {
    /// Set for a thread whose freed blocks are counted: the harness of the tests frees blocks on
    /// threads of its own meanwhile. It has no destructor and is made without allocation, so that
    /// the allocator may read it.
    static IS_WATCHED: Cell<bool> = const { Cell::new(false) };
}

static KEYS_FREED: AtomicUsize = AtomicUsize::new(0);
static BLOCKS_FREED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work; a block is read before it is freed.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises what the system's allocator asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if IS_WATCHED.get() {
            // SAFETY: the block has so many octets, at least zeroed by `alloc`, and is still the
            // caller's.
            let octets = unsafe { core::slice::from_raw_parts(block, layout.size()) };
            KEYS_FREED.fetch_add(count_keys(octets), Ordering::SeqCst);
            BLOCKS_FREED.fetch_add(1, Ordering::SeqCst);
        }
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Only one test at a time uses the allocator's counters.
static TURN: Mutex<()> = Mutex::new(());

/// First octet of every key; octet n is `n` more. Both AES and ChaCha20 keep the key unchanged at
/// the head of their expanded form.
const FIRST: u8 = 0xb1;
const KEY_LEN: usize = 32;

/// Length of the parts that are searched for: half of a key for AES-128.
const PART_LEN: usize = 8;

/// Places where a part of a key begins with its first or its ninth octet. The pattern is computed
/// octet by octet, so it is nowhere in memory.
fn count_keys(octets: &[u8]) -> usize {
    let is_part = |window: &[u8], from: usize| {
        (0..PART_LEN).all(|n| window[n] == FIRST.wrapping_add((from + n) as u8))
    };
    let windows = octets.windows(PART_LEN);
    windows
        .filter(|window| [0, PART_LEN].iter().any(|&from| is_part(window, from)))
        .count()
}

/// Runs `run`, and returns the number of blocks that this thread freed, and of parts of keys in
/// them.
fn watched(run: impl FnOnce()) -> (usize, usize) {
    KEYS_FREED.store(0, Ordering::SeqCst);
    BLOCKS_FREED.store(0, Ordering::SeqCst);
    IS_WATCHED.set(true);
    run();
    IS_WATCHED.set(false);
    (
        BLOCKS_FREED.load(Ordering::SeqCst),
        KEYS_FREED.load(Ordering::SeqCst),
    )
}

/// A memory with a key for SA 1.
fn installed((algorithm, key_len): (Algorithm, usize)) -> Shared {
    let shared = Shared::new(16);
    assert!(install(&shared, (algorithm, key_len)));
    shared
}

fn install(shared: &Shared, (algorithm, key_len): (Algorithm, usize)) -> bool {
    shared.set_spec(BLOCK, 0x100, algorithm, &vec![0; key_len]);
    for n in 0..key_len {
        let octet = FIRST.wrapping_add(n as u8);
        shared.write(Shared::key_at(BLOCK) + n as u32, &[octet]);
    }
    engine::culvert_engine_install(shared.handle, BLOCK, 1) == 1
}

#[test]
fn what_holds_a_key_is_wiped_before_it_is_freed() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for algorithm in kinds() {
        let shared = installed(algorithm);
        let (blocks, keys) = watched(|| assert!(install(&shared, algorithm)));
        assert!(
            blocks > 0 && keys == 0,
            "replaced: {keys} in {blocks} blocks"
        );
        let (blocks, keys) = watched(|| {
            assert_eq!(engine::culvert_engine_remove(shared.handle, 1), 1);
        });
        assert!(
            blocks > 0 && keys == 0,
            "removed: {keys} in {blocks} blocks"
        );
        let shared = installed(algorithm);
        let (blocks, keys) = watched(|| drop(shared));
        assert!(
            blocks > 1 && keys == 0,
            "detached: {keys} in {blocks} blocks"
        );
    }
}

/// The method finds a key that is not wiped.
#[test]
fn a_key_in_a_freed_block_is_noticed() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let octets: Vec<u8> = (0..KEY_LEN).map(|n| FIRST.wrapping_add(n as u8)).collect();
    assert_eq!(watched(|| drop(octets)), (1, 2));
}

/// Parts of keys on the stack below `top`, of a thread that is standing still.
fn keys_below(top: u64) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").expect("maps");
    let start = maps
        .lines()
        .filter_map(|line| line.split_once(' ')?.0.split_once('-'))
        .map(|(start, end)| [start, end].map(|at| u64::from_str_radix(at, 16).expect("hex")))
        .find(|[start, end]| (*start..*end).contains(&top))
        .expect("a mapping")[0];
    let mut octets = vec![0; (top - start) as usize];
    let memory = File::open("/proc/self/mem").expect("memory");
    memory.read_exact_at(&mut octets, start).expect("the stack");
    count_keys(&octets)
}

/// Leaves a key in the middle of a frame that then ends.
#[inline(never)]
fn leave_key() {
    let mut frame = [0_u8; 2048];
    for n in 0..KEY_LEN {
        frame[1024 + n] = FIRST.wrapping_add(n as u8);
    }
    core::hint::black_box(&frame);
}

/// Runs on an unused stack, and returns how many parts of keys are left on it.
///
/// The thread spins while its stack is read: any call would write over the octets in question.
fn left_by(run: impl FnOnce() + Send + 'static) -> usize {
    static TOP: AtomicU64 = AtomicU64::new(0);
    static IS_READ: AtomicBool = AtomicBool::new(false);
    TOP.store(0, Ordering::SeqCst);
    IS_READ.store(false, Ordering::SeqCst);
    let thread = std::thread::spawn(|| {
        let top = 0_u8;
        run();
        let at = core::ptr::from_ref(core::hint::black_box(&top)).addr();
        TOP.store(at as u64, Ordering::SeqCst);
        while !IS_READ.load(Ordering::SeqCst) {
            std::hint::spin_loop();
        }
    });
    while TOP.load(Ordering::SeqCst) == 0 && !thread.is_finished() {
        std::thread::yield_now();
    }
    let left = keys_below(TOP.load(Ordering::SeqCst));
    IS_READ.store(true, Ordering::SeqCst);
    thread.join().expect("a run");
    left
}

#[test]
fn no_key_is_left_on_the_stack() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(left_by(leave_key) > 0, "the method finds what is left");
    for algorithm in kinds() {
        let left = left_by(move || core::mem::forget(installed(algorithm)));
        assert_eq!(left, 0, "{algorithm:?}");
    }
}

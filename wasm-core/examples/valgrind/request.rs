//! Client requests: instructions that do nothing, except under valgrind, which takes them for
//! calls.

use std::arch::asm;
use std::ffi::CStr;

const MEMCHECK: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16;
const CALLGRIND: usize = (b'C' as usize) << 24 | (b'T' as usize) << 16;

/// Whether valgrind runs this.
pub fn is_running() -> bool {
    request([0x1001, 0, 0, 0, 0, 0]) != 0
}

/// Errors so far, repeated ones included.
pub fn errors() -> usize {
    request([0x1201, 0, 0, 0, 0, 0])
}

/// Marks octets secret: undefined, in memcheck's words.
pub fn hide(octets: &[u8]) {
    request([
        MEMCHECK + 1,
        octets.as_ptr() as usize,
        octets.len(),
        0,
        0,
        0,
    ]);
}

/// Marks octets public.
pub fn publish(octets: &[u8]) {
    request([
        MEMCHECK + 2,
        octets.as_ptr() as usize,
        octets.len(),
        0,
        0,
        0,
    ]);
}

/// Counts instructions from here.
pub fn count_from_here() {
    request([CALLGRIND + 1, 0, 0, 0, 0, 0]);
}

/// Writes the counts under a name.
pub fn write_count(name: &CStr) {
    request([CALLGRIND + 3, name.as_ptr() as usize, 0, 0, 0, 0]);
}

/// The answer, or 0 without valgrind.
#[cfg(target_arch = "x86_64")]
fn request(words: [usize; 6]) -> usize {
    let mut answer = 0;
    // SAFETY: four rotations that make a whole turn and an exchange of a register with itself
    // change nothing; valgrind reads `words` and answers in rdx. It may write marks of memory, but
    // no memory.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") words.as_ptr(),
            inout("rdx") answer,
        );
    }
    answer
}

/// The answer, or 0 without valgrind.
#[cfg(target_arch = "aarch64")]
fn request(words: [usize; 6]) -> usize {
    let mut answer = 0;
    // SAFETY: as on x86-64, with x12, x10, x4 and x3.
    unsafe {
        asm!(
            "ror x12, x12, #3",
            "ror x12, x12, #13",
            "ror x12, x12, #51",
            "ror x12, x12, #61",
            "orr x10, x10, x10",
            in("x4") words.as_ptr(),
            inout("x3") answer,
        );
    }
    answer
}

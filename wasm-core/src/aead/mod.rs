//! AEADs of ESP: AES-GCM (RFC 4106) and ChaCha20-Poly1305 (RFC 7634), one packet or one batch at a
//! time. IKE has the same ones (RFC 5282).
//!
//! `soft` is portable, constant-time and the specification. If the target has 128-bit SIMD the
//! batch runs on the kernels instead. A property test shows that they equal `soft`.

mod batch;
mod context;
mod ct;
pub mod simd;
pub mod soft;
mod table;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd as engine;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use soft as engine;

pub use batch::{OpenJob, SealJob, Sealing};
pub use context::{CONTEXT_LEN, Context};
pub use table::{AEADS, Aead, Algorithm, ICV_LEN, IV_LEN, KEY_MATERIAL_MAX, SALT_LEN, kinds};

use zeroize::Zeroize;

/// It has a stack frame of its own, so that its leftovers lie below its caller.
#[inline(never)]
fn install_below(context: &mut Context, algorithm: Algorithm, key: &[u8]) -> bool {
    engine::install(context, algorithm, key)
}

/// Writes zeros over the stack below its caller. A compiler may put round keys and hash key there,
/// in copies that no code can name.
#[inline(never)]
fn wipe_stack() {
    let mut octets = [0_u64; STACK_LEN / 8];
    octets.zeroize();
    core::hint::black_box(&mut octets);
}

/// Octets of stack that are wiped; `ts-bindings/wiping_test.ts` fails if they are too few.
const STACK_LEN: usize = 16 << 10;

/// Runs `work` with a key that lives no longer. Neither its context nor what `work` has left on the
/// stack is there afterwards. `None` if the length is not one of the algorithm's.
pub fn with_key<T>(
    algorithm: Algorithm,
    key: &[u8],
    work: impl FnOnce(&Context) -> T,
) -> Option<T> {
    let result = with_key_below(algorithm, key, work);
    wipe_stack();
    result
}

/// As [`install_below`].
#[inline(never)]
fn with_key_below<T>(
    algorithm: Algorithm,
    key: &[u8],
    work: impl FnOnce(&Context) -> T,
) -> Option<T> {
    let mut context = Context::empty();
    let result = engine::install(&mut context, algorithm, key).then(|| work(&context));
    context.wipe();
    result
}

impl Context {
    /// Takes a key. Returns false, with the context wiped, if its length is not one of the
    /// algorithm's.
    pub fn install(&mut self, algorithm: Algorithm, key: &[u8]) -> bool {
        let is_installed = install_below(self, algorithm, key);
        wipe_stack();
        is_installed
    }

    /// Opens `data` in place and returns whether it was authentic; if not, `data` is unchanged.
    ///
    /// Nothing is written before the tag has been compared, in constant time.
    pub fn open(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> bool {
        engine::open(self, nonce, aad, data, tag)
    }

    /// Seals `source` into `sealed`; encryption moves the octets. An empty context writes nothing.
    ///
    /// # Panics
    /// If `source` and `sealed` differ in length.
    #[expect(
        clippy::too_many_arguments,
        reason = "the five things that sealing takes"
    )]
    pub fn seal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        source: &[u8],
        sealed: &mut [u8],
        tag: &mut [u8; 16],
    ) {
        engine::seal(
            self,
            nonce,
            Sealing {
                aad,
                source,
                sealed,
                tag,
            },
        );
    }
}

/// Opens every job, each as [`Context::open`] does, and leaves the result in its `ok`.
pub fn open_batch(jobs: &mut [OpenJob<'_>]) {
    engine::open_batch(jobs);
}

/// Seals every job, each as [`Context::seal`] does.
pub fn seal_batch(jobs: &mut [SealJob<'_>]) {
    engine::seal_batch(jobs);
}

//! The engines under test, and the calls every suite makes on them.

use culvert_core::aead::{Algorithm, Context, OpenJob, SealJob, Sealing, simd, soft};

type Open = fn(&Context, &[u8; 12], &[u8], &mut [u8], &[u8; 16]) -> bool;
type Seal = fn(&Context, &[u8; 12], Sealing<'_>);

/// One implementation of the AEADs.
#[derive(Clone, Copy)]
pub struct Engine {
    pub name: &'static str,
    pub install: fn(&mut Context, Algorithm, &[u8]) -> bool,
    pub open: Open,
    pub seal: Seal,
    pub open_batch: fn(&mut [OpenJob<'_>]),
    pub seal_batch: fn(&mut [SealJob<'_>]),
}

pub const SOFT: Engine = Engine {
    name: "soft",
    install: soft::install,
    open: soft::open,
    seal: soft::seal,
    open_batch: soft::open_batch,
    seal_batch: soft::seal_batch,
};

pub const SIMD: Engine = Engine {
    name: "simd",
    install: simd::install,
    open: simd::open,
    seal: simd::seal,
    open_batch: simd::open_batch,
    seal_batch: simd::seal_batch,
};

pub const ENGINES: [Engine; 2] = [SOFT, SIMD];

impl Engine {
    pub fn context(&self, algorithm: Algorithm, key: &[u8]) -> Box<Context> {
        let mut context = Box::new(Context::empty());
        assert!(
            (self.install)(&mut context, algorithm, key),
            "{}: {} octets",
            self.name,
            key.len()
        );
        context
    }

    pub fn seal_to_vec(
        &self,
        context: &Context,
        nonce: &[u8; 12],
        aad: &[u8],
        source: &[u8],
    ) -> (Vec<u8>, [u8; 16]) {
        let mut sealed = vec![0xee; source.len()];
        let mut tag = [0xee; 16];
        let sealing = Sealing {
            aad,
            source,
            sealed: &mut sealed,
            tag: &mut tag,
        };
        (self.seal)(context, nonce, sealing);
        (sealed, tag)
    }

    pub fn open_to_vec(
        &self,
        context: &Context,
        nonce: &[u8; 12],
        aad: &[u8],
        sealed: &[u8],
        tag: &[u8; 16],
    ) -> Option<Vec<u8>> {
        let mut data = sealed.to_vec();
        if (self.open)(context, nonce, aad, &mut data, tag) {
            return Some(data);
        }
        assert_eq!(
            data, sealed,
            "{}: a failed open must leave the data as it was",
            self.name
        );
        None
    }
}

/// `len` octets with period 251, so that no block equals its neighbour.
pub fn filler(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

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

/// The AAD.
#[derive(Clone, Debug)]
pub struct Header {
    pub nonce: [u8; 12],
    pub aad: Vec<u8>,
}

/// Ciphertext and tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub data: Vec<u8>,
    pub tag: [u8; 16],
}

impl Engine {
    pub fn context(&self, algorithm: Algorithm, key: &[u8]) -> Context {
        let mut context = Context::empty();
        assert!(
            (self.install)(&mut context, algorithm, key),
            "{}: key of {} octets",
            self.name,
            key.len()
        );
        context
    }

    pub fn seal(&self, context: &Context, header: &Header, source: &[u8]) -> Sealed {
        let mut out = Sealed {
            data: vec![0xee; source.len()],
            tag: [0xee; 16],
        };
        let Sealed { data: sealed, tag } = &mut out;
        let sealing = Sealing {
            aad: &header.aad,
            source,
            sealed,
            tag,
        };
        (self.seal)(context, &header.nonce, sealing);
        out
    }

    /// The plaintext, or nothing; then `sealed` must have stayed as it was.
    pub fn open(&self, context: &Context, header: &Header, sealed: &Sealed) -> Option<Vec<u8>> {
        let mut data = sealed.data.clone();
        if (self.open)(context, &header.nonce, &header.aad, &mut data, &sealed.tag) {
            return Some(data);
        }
        assert!(
            data == sealed.data,
            "{}: a failed open wrote to the data",
            self.name
        );
        None
    }
}

/// `len` octets with period 251, so that no block equals its neighbour.
pub fn filler(len: usize) -> Vec<u8> {
    // Below 251.
    (0..len).map(|i| (i % 251) as u8).collect()
}

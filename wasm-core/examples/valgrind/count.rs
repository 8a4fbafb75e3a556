//! Instructions of one operation, written by callgrind under the operation's name.

use std::ffi::CString;

use culvert_core::aead::{Algorithm, Context, Sealing, kinds};

use crate::request::{count_from_here, write_count};
use crate::work::{AAD, Engine, KERNELS, NONCE, SOFT, name_of};

const LENS: [usize; 6] = [64, 256, 576, 1400, 9000, 65_000];

/// Counts every operation of both engines once, since the same input takes the same instructions.
pub fn count() {
    for engine in [SOFT, KERNELS] {
        for cipher in kinds() {
            count_cipher(&engine, cipher);
        }
    }
}

fn count_cipher(engine: &Engine, cipher: (Algorithm, usize)) {
    let (algorithm, key_len) = cipher;
    let key = vec![5; key_len];
    let mut context = Context::empty();
    let name = |operation: &str| format!("{} {} {operation}", engine.name, name_of(cipher));
    counted(&name("install"), || {
        assert!((engine.install)(&mut context, algorithm, &key));
    });
    for len in LENS {
        let plaintext = vec![6; len];
        let mut data = vec![0; len];
        let mut tag = [0; 16];
        let sealing = Sealing {
            aad: &AAD,
            source: &plaintext,
            sealed: &mut data,
            tag: &mut tag,
        };
        counted(&name(&format!("seal {len}")), || {
            (engine.seal)(&context, &NONCE, sealing)
        });
        counted(&name(&format!("open {len}")), || {
            assert!((engine.open)(&context, &NONCE, &AAD, &mut data, &tag));
        });
    }
}

fn counted(name: &str, operation: impl FnOnce()) {
    let name = CString::new(name).expect("a name without zeros");
    count_from_here();
    operation();
    write_count(&name);
}

//! What the host does for this module: signatures.

use std::cell::RefCell;

use crate::fields::{put, put_number};

/// Whether `signature` of `message` is good under a public key.
///
/// `kind` and `hash` are those of `ts-bindings/pki.ts`; `spki` is a SubjectPublicKeyInfo.
pub(crate) fn verify(
    (kind, hash): (u64, u64),
    spki: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let mut request = Vec::new();
    put_number(&mut request, kind);
    put_number(&mut request, hash);
    put(&mut request, spki);
    put(&mut request, message);
    put(&mut request, signature);
    imports::verify(&request)
}

/// Signs with the private key that the host holds; none if it cannot.
pub(crate) fn sign(message: &[u8]) -> Option<Vec<u8>> {
    imports::sign(message).then(|| SIGNATURE.take())
}

/// Makes room for the signature that the host has made, and returns where it begins.
pub(crate) fn signature_room(len: usize) -> *mut u8 {
    SIGNATURE.with_borrow_mut(|signature| {
        signature.resize(len, 0);
        signature.as_mut_ptr()
    })
}

thread_local! {
    static SIGNATURE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "the host is called")]
mod imports {
    mod raw {
        #[link(wasm_import_module = "host")]
        unsafe extern "C" {
            pub(super) fn verify(request: *const u8, len: usize) -> u32;
            pub(super) fn sign(message: *const u8, len: usize) -> u32;
        }
    }

    pub(super) fn verify(request: &[u8]) -> bool {
        // SAFETY: The host reads `len` octets from the pointer, and keeps neither.
        unsafe { raw::verify(request.as_ptr(), request.len()) == 1 }
    }

    pub(super) fn sign(message: &[u8]) -> bool {
        // SAFETY: The host reads `len` octets from the pointer, and keeps neither. It writes where
        // `signature_room` says.
        unsafe { raw::sign(message.as_ptr(), message.len()) == 1 }
    }
}

/// Natively there is no host: no signature is good, and none is made.
#[cfg(not(target_arch = "wasm32"))]
mod imports {
    pub(super) fn verify(_request: &[u8]) -> bool {
        false
    }

    pub(super) fn sign(_message: &[u8]) -> bool {
        false
    }
}

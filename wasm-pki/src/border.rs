//! What the host calls. A request and its answer are fields (`wasm-pki/src/fields.rs`).
//!
//! The host writes a request where `request` says, calls one of the others, and reads the answer
//! where `answer` says before it calls again. The module has one thread.

#![expect(unsafe_code, reason = "the host reads and writes the memory")]

use std::cell::RefCell;

use webpki::{BorrowedCertRevocationList, CertRevocationList};

use crate::certificate::Certificate;
use crate::fields::{Fields, put};
use crate::reason::Reason;
use crate::validate::Question;
use crate::{host, issue};

thread_local! {
    static REQUEST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for a request, and returns where it begins.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn request(len: usize) -> *mut u8 {
    REQUEST.with_borrow_mut(|request| {
        request.clear();
        request.resize(len, 0);
        request.as_mut_ptr()
    })
}

/// Makes room for a signature that the host is asked for, and returns where it begins.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn signature(len: usize) -> *mut u8 {
    host::signature_room(len)
}

/// Where the answer begins.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    ANSWER.with_borrow(Vec::as_ptr)
}

/// Judges a path. The answer's first field is empty, and the certificate follows; or it is the name
/// of a reason. Returns the length of the answer, as all of these do.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn validate() -> usize {
    run(|fields, out| {
        let verdict = Question::read(fields).ok_or(Reason::Malformed);
        match verdict.and_then(|question| question.answer()) {
            Ok(certificate) => {
                put(out, b"");
                certificate.describe(out);
            }
            Err(reason) => put(out, reason.name().as_bytes()),
        }
    })
}

/// Reads the fields of a certificate; the answer is empty if it is none.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn describe() -> usize {
    run(|fields, out| {
        let certificate = fields.octets().and_then(Certificate::read);
        if let Some(certificate) = certificate {
            certificate.describe(out);
        }
    })
}

/// Says whether octets are a CRL: the answer is its issuer, or empty.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn read_crl() -> usize {
    run(|fields, out| {
        let crl = fields
            .octets()
            .and_then(|der| BorrowedCertRevocationList::from_der(der).ok());
        if let Some(crl) = crl {
            put(out, CertRevocationList::from(crl).issuer());
        }
    })
}

/// Makes a certificate; the answer is empty if it cannot.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn issue_certificate() -> usize {
    run(|fields, out| put_all(out, issue::certificate(fields)))
}

/// Makes a CRL; the answer is empty if it cannot.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn issue_crl() -> usize {
    run(|fields, out| put_all(out, issue::revocation_list(fields)))
}

/// The names of all reasons.
// SAFETY: No other symbol of the module has this name.
#[unsafe(no_mangle)]
pub extern "C" fn reasons() -> usize {
    run(|_, out| {
        for reason in Reason::ALL {
            put(out, reason.name().as_bytes());
        }
    })
}

fn put_all(out: &mut Vec<u8>, made: Option<Vec<u8>>) {
    if let Some(made) = made {
        put(out, &made);
    }
}

fn run(what: impl FnOnce(&mut Fields<'_>, &mut Vec<u8>)) -> usize {
    REQUEST.with_borrow(|request| {
        ANSWER.with_borrow_mut(|answer| {
            answer.clear();
            what(&mut Fields(request), answer);
            answer.len()
        })
    })
}

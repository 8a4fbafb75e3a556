//! X.509 for IKE (RFC 5280, RFC 4945): paths are validated by `rustls-webpki`, and certificates and
//! CRLs are made by `rcgen`.
//!
//! Nothing here has a clock, randomness or a private key. The host (`ts-bindings/pki.ts`) verifies
//! and makes signatures, because it has a cryptographic library of its own; a request carries the
//! time and the serial number.

#![deny(unsafe_code)]
#![warn(
    missing_docs,
    unreachable_pub,
    clippy::undocumented_unsafe_blocks,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::unwrap_used,
    clippy::self_named_module_files,
    clippy::use_self
)]

// The modules here are rooms. A room imports only from the rooms before it in this list: der,
// fields, host, reason, algorithms, certificate, identity, validate, issue, border.
mod algorithms;
pub mod border;
mod certificate;
mod der;
mod fields;
mod host;
mod identity;
mod issue;
mod reason;
mod validate;

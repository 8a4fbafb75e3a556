//! Frames, rings, ESP and AEADs of the Culvert gateway.
#![deny(unsafe_code)]
pub mod aead;
pub mod layout;
pub mod status;

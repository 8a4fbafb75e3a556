//! Frames, rings, ESP and AEADs of the Culvert gateway.
#![deny(unsafe_code)]
pub mod aead;

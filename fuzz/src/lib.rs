//! What must hold for whatever anybody feeds us: one function for each way in, of bytes that mean
//! nothing. A fault is a panic.
//!
//! libFuzzer looks for bytes that reach new code (`cargo xtask fuzz`); the tests of the plugin's
//! package run the same functions on bytes that are drawn.
#![allow(missing_docs)]

#[cfg(feature = "plugin")]
pub mod linked;
#[cfg(feature = "plugin")]
pub mod sessions;
#[cfg(feature = "plugin")]
pub mod states;
pub mod transports;
#[cfg(feature = "model")]
pub mod weights;

//! What must hold for whatever anybody feeds us: one function for each way in, of bytes that mean
//! nothing. A fault is a panic.
//!
//! libFuzzer looks for bytes that reach new code (`cargo xtask fuzz`); the tests of the plugin's
//! package, and those of `musegan-score` for MIDI files, run the same functions on bytes that are
//! drawn.
#![allow(missing_docs)]

#[cfg(feature = "plugin")]
pub mod linked;
pub mod midi;
#[cfg(feature = "plugin")]
pub mod sessions;
#[cfg(feature = "plugin")]
pub mod states;
pub mod transports;
#[cfg(feature = "model")]
pub mod weights;

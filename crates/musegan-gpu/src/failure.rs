//! Why a call did not do what it was asked for: the interface's codes, each with its sentence.
use musegan_device::interface::{BAD_ARGUMENT, DEVICE_LOST, NO_DEVICE, OUT_OF_MEMORY};
use thiserror::Error;

/// One sentence: what, where, what to do.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum Failure {
    /// An argument is wrong; nothing happened.
    #[error("{0}")]
    Argument(String),
    /// No driver, no such device, or one that these kernels do not run on.
    #[error("{0}")]
    #[cfg_attr(not(any(feature = "cuda", feature = "emulated")), allow(dead_code))]
    NoDevice(String),
    /// The device's memory does not suffice; nothing happened.
    #[error("{0}")]
    #[cfg_attr(not(any(feature = "cuda", feature = "emulated")), allow(dead_code))]
    OutOfMemory(String),
    /// The device failed or did not answer; the context is of no use any more.
    #[error("{0}")]
    Lost(String),
}

impl Failure {
    /// The interface's code.
    pub(crate) const fn code(&self) -> i32 {
        match self {
            Self::Argument(_) => BAD_ARGUMENT,
            Self::NoDevice(_) => NO_DEVICE,
            Self::OutOfMemory(_) => OUT_OF_MEMORY,
            Self::Lost(_) => DEVICE_LOST,
        }
    }

    /// A wrong argument.
    pub(crate) fn argument(sentence: impl Into<String>) -> Self {
        Self::Argument(sentence.into())
    }
}

/// Bytes, for people.
#[cfg(any(feature = "cuda", feature = "emulated"))]
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..0x2800 => format!("{bytes} bytes"),
        0x2800..0x28_0000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        0x28_0000..0x2_8000_0000 => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

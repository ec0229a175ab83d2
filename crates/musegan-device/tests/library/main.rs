//! The library that computes, opened as a file: the one that is built for tests, whose device runs
//! the same kernels on the processor.
#![allow(clippy::unwrap_used)]

use musegan_device::{Gpu, Library};
use std::path::{Path, PathBuf};

mod computing;
mod opening;

/// The library for tests.
fn library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let library = target.join("test-bundles/gpu").join(Library::file_name());
    assert!(
        library.exists(),
        "no {}; run `cargo xtask test`, or `cargo xtask gpu-emulated` for this library alone",
        library.display()
    );
    library
}

/// Its device.
fn gpu() -> Gpu {
    Gpu::open(&Library::open(&library()).unwrap(), 0).unwrap()
}

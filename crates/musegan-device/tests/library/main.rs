//! The library that computes, opened as a file: the one that is built for tests, whose device runs
//! the same kernels on the processor.
#![allow(clippy::unwrap_used)]

use musegan_device::{Gpu, Library};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// The device of a copy, whose memory and misfortunes are no other test's.
fn gpu_alone() -> (Gpu, Misfortune) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(Library::file_name());
    std::fs::copy(library(), &path).unwrap();
    let misfortune = Misfortune::of(&path);
    (misfortune.gpu(), misfortune)
}

/// How long a device may take in these tests.
const PATIENCE: Duration = Duration::from_millis(100);

/// What the emulated device can be told to suffer from.
struct Misfortune {
    library: Library,
    exports: libloading::Library,
}

impl Misfortune {
    fn of(path: &Path) -> Self {
        let library = Library::open(path).unwrap();
        // SAFETY: it is open already; this only counts one user more.
        let exports = unsafe { libloading::Library::new(path) }.unwrap();
        Self { library, exports }
    }

    /// The device, opened anew.
    fn gpu(&self) -> Gpu {
        Gpu::open_within(&self.library, 0, PATIENCE).unwrap()
    }

    /// Has the `calls`-th `run` or `read` from now on fail with this code.
    fn fail_after(&self, calls: u64, code: i32) {
        // SAFETY: the function's signature in `musegan-gpu`.
        unsafe {
            let fail =
                self.exports.get::<extern "C" fn(u64, i32)>(b"musegan_gpu_emulated_fail_after");
            fail.unwrap()(calls, code);
        }
    }

    /// Has the device take so long for whatever waits for it.
    fn stall(&self, time: Duration) {
        // SAFETY: the function's signature in `musegan-gpu`.
        unsafe {
            let stall = self.exports.get::<extern "C" fn(u64)>(b"musegan_gpu_emulated_stall");
            stall.unwrap()(time.as_millis() as u64);
        }
    }
}

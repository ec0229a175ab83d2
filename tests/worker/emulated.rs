//! The graphics library that is built for tests, whose one device runs the same kernels on the
//! processor and suffers what a test wants it to.
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What its device is called.
pub const NAME: &str = "emulated (for tests) (cuda:0)";
/// Codes of what can fail.
pub const OUT_OF_MEMORY: i32 = 3;
pub const LOST: i32 = 4;

/// A copy of the library, so that what this test does to its device no other one suffers.
pub struct Emulated {
    /// Where it lies.
    pub path: PathBuf,
    exports: libloading::Library,
    _folder: Option<tempfile::TempDir>,
}

impl Emulated {
    /// A copy somewhere.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = Self::beside(&folder.path().join("anything"));
        Self { _folder: Some(folder), ..copy }
    }

    /// A copy beside this file.
    pub fn beside(file: &Path) -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let name = format!("{DLL_PREFIX}musegan_gpu{DLL_SUFFIX}");
        let built = target.join("test-bundles/gpu").join(&name);
        let command = "run `cargo xtask test`, or `cargo xtask gpu-emulated` for it alone";
        assert!(built.exists(), "no {}; {command}", built.display());
        let path = file.parent().unwrap().join(name);
        std::fs::copy(built, &path).unwrap();
        // SAFETY: it is ours, and its initialisers do nothing.
        let exports = unsafe { libloading::Library::new(&path) }.unwrap();
        Self { path, exports, _folder: None }
    }

    /// Has the `calls`-th run or read from now on fail with this code.
    pub fn fail_after(&self, calls: u64, code: i32) {
        // SAFETY: the function's signature in `musegan-gpu`, as below.
        unsafe {
            let name = b"musegan_gpu_emulated_fail_after";
            self.exports.get::<extern "C" fn(u64, i32)>(name).unwrap()(calls, code);
        }
    }

    /// Has the device take so long for whatever waits for it.
    pub fn stall(&self, time: Duration) {
        // SAFETY: as above.
        unsafe {
            let name = b"musegan_gpu_emulated_stall";
            self.exports.get::<extern "C" fn(u64)>(name).unwrap()(time.as_millis() as u64);
        }
    }

    /// Gives the device so many bytes of memory.
    pub fn limit_memory(&self, bytes: u64) {
        // SAFETY: as above.
        unsafe {
            let name = b"musegan_gpu_emulated_limit_memory";
            self.exports.get::<extern "C" fn(u64)>(name).unwrap()(bytes);
        }
    }
}

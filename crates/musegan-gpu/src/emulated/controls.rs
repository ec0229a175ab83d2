//! Misfortune on demand, for the tests of whoever plays or trains on a device. Exported by the
//! emulated library only, and for the whole process.
use super::memory;
use crate::failure::Failure;
use musegan_device::interface::{DEVICE_LOST, OUT_OF_MEMORY, PANICKED};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

static CALLS_LEFT: AtomicU64 = AtomicU64::new(0);
static KIND: AtomicI32 = AtomicI32::new(DEVICE_LOST);
static STALL_MS: AtomicU64 = AtomicU64::new(0);

/// Has the `calls`-th `run` or `read` from now on fail, once: with [`DEVICE_LOST`], after which the
/// context is lost; with [`OUT_OF_MEMORY`], after which it is not; with [`PANICKED`] by a panic.
/// Another kind counts as the first. 0 calls take it back.
#[unsafe(no_mangle)]
pub extern "C" fn musegan_gpu_emulated_fail_after(calls: u64, kind: i32) {
    KIND.store(kind, Ordering::Relaxed);
    CALLS_LEFT.store(calls, Ordering::Relaxed);
}

/// Has the device take so long for every `wait` and `read` (and so for what waits: `free`,
/// `discard`, `close`), as one that is busy or hangs. A context whose timeout is shorter loses it
/// after that time. 0 takes it back.
#[unsafe(no_mangle)]
pub extern "C" fn musegan_gpu_emulated_stall(milliseconds: u64) {
    STALL_MS.store(milliseconds, Ordering::Relaxed);
}

/// Gives the device so many bytes of memory; 0 gives it the usual 1 GiB. What is taken stays.
#[unsafe(no_mangle)]
pub extern "C" fn musegan_gpu_emulated_limit_memory(bytes: u64) {
    memory::limit(bytes);
}

/// Counts a call, and fails if it is the one.
pub(super) fn count() -> Result<(), Failure> {
    let left = CALLS_LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
    if left != Ok(1) {
        return Ok(());
    }
    match KIND.load(Ordering::Relaxed) {
        OUT_OF_MEMORY => Err(Failure::OutOfMemory(
            "the emulated device has no memory left, as it was told to".into(),
        )),
        PANICKED => panic!("as it was told to"),
        _ => Err(Failure::Lost("the emulated device is lost, as it was told to be".into())),
    }
}

/// Takes as long as it was told to, up to the timeout.
pub(super) fn answer_within(timeout: Duration) -> Result<(), Failure> {
    let stall = Duration::from_millis(STALL_MS.load(Ordering::Relaxed));
    std::thread::sleep(stall.min(timeout));
    match stall > timeout {
        false => Ok(()),
        true => Err(Failure::Lost(format!(
            "the emulated device did not answer within {} ms",
            timeout.as_millis()
        ))),
    }
}

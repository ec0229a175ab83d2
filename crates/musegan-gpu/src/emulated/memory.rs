//! The emulated device's memory: little of it, watched at both ends.
//!
//! What must stay true: a write into the lines just before and behind a buffer is noticed after the
//! launch that made it; what is read there is not a number.
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How buffers lie on a card, and the bytes that are watched on either side.
const LINE: usize = 256;
const WATCHED: u8 = 0xff;

/// Small on purpose.
const DEFAULT_TOTAL: u64 = 1 << 30;

static TOTAL: AtomicU64 = AtomicU64::new(DEFAULT_TOTAL);
/// What is taken: bytes by the address where its first line begins.
static TAKEN: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

fn taken() -> MutexGuard<'static, BTreeMap<usize, usize>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn used(taken: &BTreeMap<usize, usize>) -> u64 {
    taken.values().map(|&bytes| bytes as u64).sum()
}

/// Bytes of the device.
pub(crate) fn total() -> u64 {
    TOTAL.load(Ordering::Relaxed)
}

/// Bytes that nobody has.
pub(crate) fn free() -> u64 {
    total().saturating_sub(used(&taken()))
}

/// Gives the device so many bytes; 0 its own.
pub(super) fn limit(bytes: u64) {
    TOTAL.store(if bytes == 0 { DEFAULT_TOTAL } else { bytes }, Ordering::Relaxed);
}

/// So many bytes of the device. Given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Memory {
    /// Where the line before it begins.
    start: *mut u8,
    bytes: usize,
}

// SAFETY: the memory is this value's alone but for kernels, which the context has take turns.
unsafe impl Send for Memory {}

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.checked_add(2 * LINE)?, LINE).ok()
}

impl Memory {
    /// Takes memory if there is enough, all 0.
    pub(super) fn take(bytes: u64) -> Option<Self> {
        let mut taken = taken();
        if bytes > total().saturating_sub(used(&taken)) {
            return None;
        }
        let bytes = usize::try_from(bytes).ok()?;
        // SAFETY: its size is not 0.
        let start = unsafe { alloc_zeroed(layout(bytes)?) };
        if start.is_null() {
            return None;
        }
        // SAFETY: both lines are inside what was taken.
        unsafe {
            start.write_bytes(WATCHED, LINE);
            start.add(LINE + bytes).write_bytes(WATCHED, LINE);
        }
        taken.insert(start.expose_provenance(), bytes);
        Some(Self { start, bytes })
    }

    pub(super) fn address(&self) -> u64 {
        self.start.expose_provenance() as u64 + LINE as u64
    }

    /// The part from `offset` to its end.
    fn part(&self, offset: usize, length: usize) -> *mut u8 {
        assert!(offset.checked_add(length).is_some_and(|end| end <= self.bytes), "checked before");
        // SAFETY: it is inside, or just behind where nothing is touched.
        unsafe { self.start.add(LINE + offset) }
    }

    pub(super) fn write(&self, offset: usize, bytes: &[u8]) {
        let to = self.part(offset, bytes.len());
        // SAFETY: there are so many bytes, and the caller's are not among them.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    pub(super) fn read(&self, offset: usize, bytes: &mut [u8]) {
        let from = self.part(offset, bytes.len());
        // SAFETY: as above.
        unsafe { from.copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len()) };
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        taken().remove(&self.start.addr());
        if let Some(layout) = layout(self.bytes) {
            // SAFETY: it was taken with this layout.
            unsafe { dealloc(self.start, layout) };
        }
    }
}

/// Where somebody wrote beside a buffer, if so.
pub(super) fn trespassed() -> Option<String> {
    taken().iter().find_map(|(&start, &bytes)| {
        let line = |at: usize| {
            // SAFETY: a watched line of what is taken, which cannot be given back meanwhile.
            let line = unsafe {
                std::slice::from_raw_parts(std::ptr::with_exposed_provenance::<u8>(at), LINE)
            };
            line.iter().any(|&byte| byte != WATCHED)
        };
        let before = line(start).then_some("before the beginning");
        let behind = || line(start + LINE + bytes).then_some("behind the end");
        let place = before.or_else(behind)?;
        Some(format!("{place} of a buffer of {bytes} bytes"))
    })
}

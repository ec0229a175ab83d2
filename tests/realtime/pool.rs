//! Memory for a thread that may no longer ask the system for any.
//!
//! The host of these tests allocates now and then in a block, which is no fault of the plugin's:
//! the plugin has an allocator of its own, with a guard that aborts. On a thread that has
//! [entered](enter) the pool the host's memory comes from a region laid out beforehand and is
//! never given back.
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const BYTES: usize = 256 << 20;

pub struct Pool;

struct Region(UnsafeCell<[u8; BYTES]>);

// SAFETY: every byte of the region is handed out at most once.
unsafe impl Sync for Region {}

static REGION: Region = Region(UnsafeCell::new([0; BYTES]));
static USED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// From here on this thread allocates from the pool and frees nothing.
pub fn enter() {
    INSIDE.set(true);
}

fn start() -> usize {
    REGION.0.get() as usize
}

// SAFETY: the pool's blocks are apart, aligned and live for ever; all others are the system's.
unsafe impl GlobalAlloc for Pool {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !INSIDE.get() {
            // SAFETY: as the caller promises.
            return unsafe { System.alloc(layout) };
        }
        let room = layout.size() + layout.align();
        let offset = USED.fetch_add(room, Relaxed);
        if offset + room > BYTES {
            return std::ptr::null_mut();
        }
        let address = (start() + offset).next_multiple_of(layout.align());
        REGION.0.get().cast::<u8>().wrapping_add(address - start())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let is_pooled = (start()..start() + BYTES).contains(&(block as usize));
        if !is_pooled && !INSIDE.get() {
            // SAFETY: as the caller promises; the block is the system's.
            unsafe { System.dealloc(block, layout) };
        }
    }
}

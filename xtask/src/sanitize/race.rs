//! A race, to show that ThreadSanitizer is awake.
use std::cell::UnsafeCell;

struct Shared(UnsafeCell<u64>);
unsafe impl Sync for Shared {}
static SHARED: Shared = Shared(UnsafeCell::new(0));

fn main() {
    let add = || (0..1_000).for_each(|_| unsafe { *SHARED.0.get() += 1 });
    let other = std::thread::spawn(add);
    add();
    other.join().unwrap();
}

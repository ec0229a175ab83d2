//! A read of freed memory, to show that AddressSanitizer is awake.
fn main() {
    let boxed = Box::new(7u64);
    let place: *const u64 = &*boxed;
    drop(boxed);
    println!("{}", unsafe { std::hint::black_box(place).read() });
}

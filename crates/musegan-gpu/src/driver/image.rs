//! The kernels, as they were compiled.

/// For the driver, which wants its words aligned.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

static ALIGNED: &Aligned<[u8]> =
    &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/kernels.fatbin")));

/// Machine code for several cards and an intermediate form, as the driver loads it.
pub(super) static IMAGE: &[u8] = &ALIGNED.0;

include!(concat!(env!("OUT_DIR"), "/built.rs"));

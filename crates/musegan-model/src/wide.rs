//! Elementwise loops compiled for the widest vectors that the processor has. Results do not depend
//! on the width: reductions in these loops keep one sum per channel or lane, in a fixed order.

/// Runs `loops` in code compiled for AVX-512 or AVX2 where the processor has them. The closure
/// must be `#[inline(always)]`, or it is compiled once, for the oldest processor.
#[inline]
pub fn wide<R>(loops: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(loops)
}

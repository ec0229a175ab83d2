//! Walking: a quarter note on every beat, from root to root over tones of chord and scale, the
//! last of them next to where it goes.

/// Four quarters; what they are is found on the way.
pub(super) const FIGURE: &str = "w---w---w---w---";

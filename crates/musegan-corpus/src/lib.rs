//! The corpus that shippable weights are trained on: chord charts, lead sheets and piano
//! arrangements become complete songs of the five-piece band, written as `.mid` files with markers
//! for sections and chords.
//!
//! Real where the source is real: melodies, pianos, and drummers with their velocities and timing.
//! Written where it is not, by rules that each are one function. What must stay true: a song is a
//! function of its chart, the drummers and the seed alone.
#![forbid(unsafe_code)]

pub mod arrangement;
pub mod bass;
pub mod build;
pub mod chart;
pub mod dice;
pub mod drummers;
pub mod drums;
pub mod figure;
pub mod guitar;
pub mod manifest;
pub mod melody;
pub mod piano;
pub mod plan;
pub mod sources;
pub mod strings;
mod touch;
pub mod voicing;

pub use chart::Chart;
pub use dice::Dice;
pub use plan::Plan;

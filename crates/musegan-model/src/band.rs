//! The model `band`: five tracks over chords, from noise, a style sheet and the tracks that are
//! there already.
//!
//! A phrase is carried into the [`frame`], in which every chord stands on C. The [`codec`] turns a
//! bar of one track into a few dozen numbers and back; the [`generator`] makes the numbers of the
//! twenty bars of a phrase, all of them looking at each other, from noise, [`chords`] and a
//! [`sheet`] (its [`condition`]); the [`encoder`] finds the noise of a phrase that is there, and
//! [`decoding`] plays. The `critic` is for training alone.
//!
//! All networks are written on a [`tape`](crate::tape) once, for playing and for training.
pub mod bank;
pub mod blocks;
pub mod chart;
pub mod chords;
pub mod codec;
pub mod condition;
#[cfg(feature = "training")]
pub mod critic;
pub mod decoding;
mod dimensions;
pub mod encoder;
pub mod frame;
pub mod generator;
pub mod given;
mod morphing;
mod networks;
pub mod playing;
pub mod sheet;
mod slashes;
pub mod song;
pub mod style;
mod way;

pub use codec::{Codec, LatentScale};
pub use condition::Conditions;
#[cfg(feature = "training")]
pub use critic::Critic;
pub use dimensions::{Dimensions, Misshapen};
pub use encoder::Encoder;
pub use frame::Harmony;
pub use generator::Generator;
pub use playing::Player;
pub use sheet::{Sheet, SheetScale};

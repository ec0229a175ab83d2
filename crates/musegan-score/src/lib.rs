//! What music is, for every other crate: the five tracks, the sixteenth grid, notes, phrases, and
//! the files they come from and go to.
//!
//! Nothing here knows about networks, hosts, threads or the clock on the wall. What is trained is
//! exactly what is played because both sides share the one [`Phrase`], the one `.mid` reader and
//! the one [`Roll`].
#![forbid(unsafe_code)]

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct ReadmeExamples;

pub mod annotations;
pub mod arrange;
pub mod beats;
pub mod chord;
pub mod composition;
pub mod file;
pub mod grid;
pub mod harmony;
pub mod key;
pub mod layout;
pub mod meter;
pub mod midi;
pub mod note;
pub mod npy;
pub mod phrase;
#[cfg(feature = "picture")]
pub mod picture;
pub mod pitch_class;
pub mod progression;
pub mod quantise;
pub mod roll;
pub mod song;
pub mod summary;
pub mod timed;
pub mod track;

pub use beats::Beats;
pub use chord::Chord;
pub use composition::{Composition, Form, Section, Take, Takes};
pub use grid::Step;
pub use key::Key;
pub use layout::Layout;
pub use meter::Meter;
pub use note::{Note, Pitch, Velocity};
pub use phrase::Phrase;
pub use pitch_class::{Mode, PitchClasses};
pub use progression::Progression;
pub use roll::Roll;
pub use song::{Part, Song, SongNote};
pub use summary::TrackSummary;
pub use timed::TimedNote;
pub use track::Track;

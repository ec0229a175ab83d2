//! The deck's own promises, with a metronome in place of a plugin: what it is told is kept, and
//! its click on every beat is computed in the plainest way.
#![allow(clippy::unwrap_used)]

mod loops;
mod metronome;
mod rolling;
mod song;
mod telling;
mod threads;

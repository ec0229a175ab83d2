//! Training of the model `band`: codec, then generator on its latents, then that against a critic, in
//! one run that can be stopped anywhere.
//!
//! What must stay true: as for every run (see [`super`]); besides, a step is a function of state,
//! settings and data alone, whatever the number of threads.
pub mod audition;
pub mod batch;
mod beginning;
pub mod config;
pub mod course;
mod descent;
pub mod export;
pub mod faithful;
pub mod heard;
pub mod latents;
pub mod lesson;
pub mod networks;
pub mod phase;
pub mod repertoire;
pub mod songbook;
pub mod stage;
pub mod state;
mod watch;

pub use config::BandConfig;

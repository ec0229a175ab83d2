//! A five-piece band in the DAW: a generative adversarial network plays drums, piano, guitar,
//! bass and strings in time with the host.
//!
//! # The life of a bar
//!
//! 1. The host calls [`process`](plugin::MuseGan) with its transport: position, tempo, loop.
//! 2. The [player](musegan_engine::Player) finds which four-bar phrase belongs to that song
//!    position. If it will soon need one that it does not have, it pushes a
//!    [key](musegan_engine::PhraseKey) into a wait-free queue.
//! 3. The [watch] sees that and wakes the [worker]. From composition and phrase index it derives
//!    the latent, runs the network, on a graphics card where that is faster, joins cells to notes
//!    and sends the phrase back through a second queue.
//! 4. The player cuts the block at every sixteenth and emits the notes that end and begin there,
//!    at their samples. Density, mutes, octaves, velocities and channels act here.
//! 5. Every note is in a ledger until its off is sent. Stop, seek, loop and mute settle it in the
//!    same block.
//! 6. A phrase that is no longer needed goes back to the worker through a third queue and is
//!    freed there.
//!
//! # Threads
//!
//! | thread | runs | may |
//! |---|---|---|
//! | audio | [`plugin`], the engine | neither allocate, lock, call the system, nor wait (renders may wait for the worker) |
//! | worker | [`worker`], the network | allocate, lock, read weights; one for each instance |
//! | errand | a file that is read, a graphics device that is opened | take long or hang: nobody waits for it |
//! | watch | [`watch`], one for all instances | look twice a millisecond which workers are asked for something, and wake them |
//! | main / GUI | [`params`], [`state`], [`editor`] | as any program |
//!
//! # The determinism contract
//!
//! The music at a song position is a function of weights, composition (seed, temperature, morph,
//! form, fills, chords, takes), phrase index, the keys that are held and the values of the controls
//! there. Block size, sample rate, how the position was reached, live or offline, and other
//! instances do not show in it. So five instances with one seed on five tracks are one band, and a
//! bounce equals what was heard.
#![deny(unsafe_code)]

pub mod editor;
pub mod live;
pub mod params;
pub mod plugin;
pub mod state;
pub mod watch;
pub mod worker;

// The export macros expand to the C entry points of both formats.
#[allow(unsafe_code, missing_docs)]
mod export {
    use crate::plugin::MuseGan;
    use nice_plug::prelude::*;
    nice_export_clap!(MuseGan);
    nice_export_vst3!(MuseGan);
}

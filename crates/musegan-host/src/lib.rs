//! A headless host for CLAP and VST3 plugins that emit notes: what tests, demo and bench stand on.
//!
//! - [`load`] opens a bundle by its extension and gives a [`Host`]: activate, process, parameters,
//!   state, the same for both formats.
//! - A [`Deck`] rolls a song transport through a host: play, stop, seek, loop, tempo, block sizes.
//! - Its [`Ledger`] checks every note that comes out (sorted, inside the block, every on with its
//!   off, no key struck twice) and keeps the whole stream as a [`Recording`].
//!
//! The host knows plugin formats and nothing about the plugin it loads. Everything runs on the
//! calling thread, which is main thread and audio thread at once.
//!
//! ```no_run
//! use musegan_host::{Deck, Setup, load};
//!
//! let host = load("target/bundled/MuseGAN.clap".as_ref())?;
//! let mut deck = Deck::new(host, Setup::offline(48_000.0, 512))?;
//! deck.play_beats(16.0)?;
//! deck.stop()?;
//! let recording = deck.finish();
//! assert!(recording.faults.is_empty());
//! println!("{} notes", recording.notes.len());
//! # Ok::<(), musegan_host::HostError>(())
//! ```
#![deny(unsafe_code)]

mod clap_host;
mod deck;
mod error;
mod host;
mod ledger;
mod vst3_host;

pub use deck::{Deck, LoopEnd, Setup};
pub use error::HostError;
pub use host::{
    Block, Emitted, Format, Host, Kind, NoteEvent, Parameter, ParameterChange, Transport, load,
};
pub use ledger::{Event, Fault, Ledger, Note, Recording, Span};

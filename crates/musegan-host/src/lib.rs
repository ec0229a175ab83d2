//! A headless host for CLAP and VST3 plugins that emit notes: what tests, demo and bench stand on.
//!
//! - [`load`] opens a bundle by its extension and gives a [`Host`]: activate, process, parameters,
//!   state, the same for both formats.
//! - A [`Deck`] rolls a song transport through a host: play, stop, seek, loop, tempo, metre, block
//!   sizes, and all that careless hosts do to them.
//! - Its [`Ledger`] checks every note that comes out (sorted, inside the block, every on with its
//!   off, no key struck twice) and keeps the whole stream as a [`Recording`].
//!
//! The host knows plugin formats and nothing about the plugin it loads. Everything runs on the
//! calling thread, which is main thread and audio thread at once, unless a [`Deck`] is told to
//! [play beside](Deck::play_beside) or a host is taken apart into its [halves](Host::halves).
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

mod block;
mod clap_host;
mod deck;
mod error;
mod host;
mod ledger;
mod recording;
#[allow(unsafe_code)]
mod vst3_host;

pub use block::{Block, Emitted, Kind, NoteEvent, ParameterChange, Transport, TransportEvent};
pub use clack_host::entry::EntryDescriptor;
pub use deck::{Announce, Deck, LoopEnd, Pace, Setup};
pub use error::HostError;
pub use host::{Controller, Format, Host, Parameter, Processor, linked, load};
pub use ledger::{Ledger, Segment, Span};
pub use recording::{Event, Fault, Note, Recording};

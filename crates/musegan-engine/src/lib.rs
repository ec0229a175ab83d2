//! The real-time half: song position in, sample-exact sorted note events out.
//!
//! The major components, in the order a bar meets them:
//!
//! 1. [`Block`] is what the host says about one call: where the song stands, how fast it runs,
//!    how many samples are wanted. It may lie; [`Block`] is read defensively, once.
//! 2. [`Player`] lives on the audio thread. It cuts the block where the loop wraps, finds for each
//!    step of each [`Bar`] the phrase on its shelf and emits the notes that begin and end there.
//! 3. A phrase that will be needed soon and is not on the shelf is asked for by its [`PhraseKey`]
//!    through a wait-free queue. The [`Desk`], the worker's end, answers through a second queue
//!    and takes spent phrases back through a third, so that nothing is freed on the audio thread.
//! 4. The ledger knows every sounding note. Stop, seek, loop wrap, mute, channel change: what
//!    sounds is ended explicitly, in the same block, before anything new begins.
//!
//! After construction nothing here allocates, locks, makes a system call or panics, with one
//! stated exception: in a render, a block with [`patience`](Block::patience), [`Player::process`] may
//! sleep until the worker is done.
//!
//! ```
//! use musegan_engine::{Block, Controls, Player, Transport};
//! use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};
//! use std::time::Duration;
//!
//! let (mut player, mut desk) = musegan_engine::pair();
//! let controls = Controls::default();
//! let mut block = Block {
//!     samples: 512,
//!     sample_rate: 48_000.0,
//!     transport: Transport { playing: false, ..Transport::default() },
//!     patience: Duration::ZERO,
//! };
//!
//! // While the song stands still the player already asks for what it will need.
//! assert!(player.process(&block, &controls, &[]).is_empty());
//! while let Some(key) = desk.next_request() {
//!     let kick = Note::new(Step::default(), 2, Pitch::new(36).unwrap(), Velocity::DEFAULT);
//!     assert!(desk.deliver(key, Phrase::new([(Track::Drums, kick)])).is_ok());
//! }
//!
//! block.transport.playing = true;
//! let events = player.process(&block, &controls, &[]);
//! assert_eq!((events[0].at_sample, events[0].channel, events[0].key), (0, 0, 36));
//! ```
#![forbid(unsafe_code)]

mod agenda;
mod bar;
mod chord;
mod controls;
mod event;
mod feel;
mod ledger;
mod player;
mod queue;
mod shelf;
mod time;

pub use bar::Bar;
pub use chord::Chord;
pub use controls::{ChannelMap, Controls, Output, TrackControls};
pub use event::{Event, EventKind, KeyChange};
pub use player::{Player, Status};
pub use queue::{Bell, Desk, PhraseKey};
pub use time::{Block, Transport};

/// A player and the desk that serves it: the two ends of the queues between audio thread and
/// worker. This is the only place where the engine allocates.
#[must_use]
pub fn pair() -> (Player, Desk) {
    let (counter, desk) = queue::pair();
    (Player::new(counter), desk)
}

//! The library with a stand-in for the cards' driver (`standin/`): what a card can do to us, and
//! whether every rule of the driver is kept.
//!
//! Each test runs itself again as a child with a card of its own, which fails if a rule was broken.
#![cfg(feature = "standin")]
#![allow(clippy::unwrap_used)]

mod card;
mod hosts;
mod life;
mod misfortunes;
#[path = "../calls/programs.rs"]
mod programs;
mod rules;
#[path = "../calls/table.rs"]
mod table;

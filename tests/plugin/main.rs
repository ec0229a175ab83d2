//! The built plugin, as a host meets it: the CLAP and VST3 bundles are loaded, a transport rolls,
//! and a ledger keeps account of every note. Nothing in here knows how the plugin works inside.
//!
//! The bundles come from `cargo xtask test`; `cargo xtask test --fast -- --test plugin` builds
//! them and runs these tests alone.
#![allow(clippy::unwrap_used)]

mod automation;
mod controls;
mod hosted;
mod input;
mod instances;
mod metre;
mod nonsense;
mod notes;
mod queue;
mod state;
mod transport;
mod weights;

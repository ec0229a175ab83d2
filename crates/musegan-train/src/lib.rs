//! The companion program's library: what prepares datasets, trains the networks and writes weights.
//! `main.rs` is only its command line; benches and tests use these modules directly.
pub mod calibrate;
pub mod check;
pub mod controls;
pub mod dataset;
pub mod devices;
pub mod evaluate;
pub mod generate;
pub mod interpolate;
pub mod plot;
pub mod prepare;
pub mod train;

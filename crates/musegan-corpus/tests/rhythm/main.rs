//! Plans, drums and bass as a band hears them, on charts and a small library written here.
#![allow(clippy::unwrap_used)]
#[path = "../support/charts.rs"]
mod charts;

mod bass;
mod drummers;
mod drums;
mod library;
mod plan;

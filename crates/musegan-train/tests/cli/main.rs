//! The built program from outside: what a user types, what lands on disk, what is said when
//! something is wrong.
#![allow(clippy::unwrap_used)]

mod band;
mod corpus;
mod dataset;
mod devices;
mod evaluate;
mod journey;
mod pictures;
mod prepare;
mod program;
mod weights;

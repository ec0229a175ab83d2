//! The tutorial networks in the form that is trained: explicit forward and backward passes over
//! flat parameter vectors. What must stay true: every pass computes exactly the derivative of the
//! plain formulation of the network in [`plain`], and the same numbers whatever the thread count.
//!
//! Activations are channels-last and tracks come first, so that a convolution whose kernel is its
//! stride is one matrix product on the activations as they lie. [`cells`] says how a roll lies.
pub mod cells;
pub mod critic;
pub mod generator;
pub mod plain;

mod batch_norm;
mod layer_norm;
mod rooms;
mod spread;
mod stage;

pub use crate::layout::{Initial, Layout, Misfit, Parameter};
pub use crate::wide::wide;
pub use critic::Critic;
pub use generator::Generator;
pub use rooms::Rooms;
pub use spread::{Spread, SpreadTangent};

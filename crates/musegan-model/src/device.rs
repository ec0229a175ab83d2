//! Where the network runs: the one place that chooses.

/// A device that a [`Generator`](crate::Generator) runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Device {
    /// The calling thread, and no other: no pool is started. Results are bit-equal run to run.
    #[default]
    Cpu,
}

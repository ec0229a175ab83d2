//! Weights learn how densely real music plays: what a generator says is moved, track by track,
//! until as much sounds as in training songs. Held-out songs are not looked at.

mod biases;
pub(crate) mod thresholds;

use musegan_model::Weights;
use musegan_model::architecture::Model;
use musegan_model::device::{Devices, Playing};
use musegan_score::Track;

use crate::dataset::Dataset;

/// Phrases generated, and read.
const PHRASES: usize = 1000;
/// Seeds are counted down from here, away from those that the yardstick uses.
const LAST_SEED: u64 = u64::MAX;

/// Calibrated weights.
#[derive(Debug)]
pub struct Calibrated {
    /// The same weights, but for what was set.
    pub weights: Weights,
    /// The device that played.
    pub playing: Playing,
    /// What was set, in lines of text.
    pub set: String,
}

/// The weights, playing as densely as the dataset's training songs: the tutorial's get
/// thresholds, the band's biases. `source` is what errors call them.
///
/// # Errors
/// If the dataset has no training song, or a device was asked for by name that cannot be had.
pub fn calibrated(
    weights: &Weights,
    dataset: &Dataset,
    devices: &Devices,
    source: &str,
) -> anyhow::Result<Calibrated> {
    match weights.architecture().model() {
        Model::Tutorial => {
            let (thresholds, playing) = thresholds::thresholds(weights, dataset, devices)?;
            let weights = weights.clone().with_thresholds(thresholds, source)?;
            let lines = Track::ALL.iter().zip(thresholds);
            let lines = lines.map(|(track, to)| format!("  {:8} {to:.3}\n", track.name()));
            let set = format!("thresholds:\n{}", lines.collect::<String>());
            Ok(Calibrated { weights, playing, set })
        }
        Model::Band => biases::set(weights, dataset, devices, source),
    }
}

fn seeds() -> Vec<u64> {
    (0..PHRASES as u64).map(|n| LAST_SEED - n).collect()
}

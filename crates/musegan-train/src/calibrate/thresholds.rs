//! Thresholds for weights of the tutorial's networks: how strong an activation must be to sound,
//! track by track.
//!
//! A generator that was trained on binary music gives activations of any size, and how many of
//! them exceed one half says nothing about how many should sound. What must stay true: above the
//! thresholds found here each track sounds in as many cells, on average, as in real music of
//! training songs; held-out songs are not looked at.

use musegan_model::Weights;
use musegan_model::device::{Devices, Playing};
use musegan_model::weights::Thresholds;
use musegan_score::roll::TRACK_CELLS;
use musegan_score::{Roll, Track};

use super::{PHRASES, seeds};
use crate::dataset::Dataset;
use crate::devices::Bulk;
use crate::evaluate;
use crate::evaluate::sounding::{Sounding, cells};

/// No threshold is lower: fainter activations are noise around silence.
const LEAST: f32 = 0.02;

/// The thresholds at which the weights play as densely as the dataset's training songs, and the
/// device that played.
pub(super) fn thresholds(
    weights: &Weights,
    dataset: &Dataset,
    devices: &Devices,
) -> anyhow::Result<(Thresholds, Playing)> {
    let real = evaluate::real(dataset, evaluate::Songs::Training, &[], PHRASES)?;
    let real: Vec<_> = real.iter().map(Sounding::of).collect();
    let mut bulk = Bulk::new(weights, devices)?;
    let rolls: Vec<_> = bulk.map(&seeds(), Roll::clone);
    let thresholds = Track::ALL.map(|track| {
        let sounding: f64 = real.iter().map(|s| f64::from(cells(s.track(track)))).sum();
        let share = sounding / (real.len() * TRACK_CELLS) as f64;
        exceeded_by(share, rolls.iter().flat_map(|roll| roll.track(track)).copied().collect())
    });
    Ok((thresholds, bulk.playing().clone()))
}

/// The activation that this share of the activations exceeds, or the least threshold where there
/// are not so many to hear.
pub(crate) fn exceeded_by(share: f64, mut activations: Vec<f32>) -> f32 {
    let above = (share * activations.len() as f64).round() as usize;
    match activations.len().checked_sub(above + 1) {
        Some(rank) => activations.select_nth_unstable_by(rank, f32::total_cmp).1.max(LEAST),
        None => LEAST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lets_the_asked_share_through() {
        let activations: Vec<f32> = (0..100).rev().map(|n| n as f32).collect();
        for share in [0.0, 0.25, 0.9] {
            let threshold = exceeded_by(share, activations.clone());
            let above = activations.iter().filter(|&&a| a > threshold).count();
            assert_eq!(above, (share * 100.0) as usize, "{share}");
        }
    }

    #[test]
    fn silence_does_not_become_music_by_a_threshold_of_zero() {
        assert_eq!(exceeded_by(0.5, vec![0.0; 100]), LEAST);
        assert_eq!(exceeded_by(1.0, vec![1.0; 100]), LEAST);
    }
}

//! Whether a card plays what the CPU plays.
use std::fmt;

use anyhow::{Result, ensure};
use musegan_model::generator::BATCH;
use musegan_model::weights::Thresholds;
use musegan_model::{Generator, Weights, sampling};
use musegan_score::{Roll, Track};
use serde::Serialize;

/// How near to its threshold an activation must lie for its cell to differ between devices.
pub const NEAR: f32 = 1e-4;

/// How a card's cells differ from the CPU's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// Phrases compared, each as one of many on the card.
    pub phrases: usize,
    /// How many of them were compared alone, too.
    pub alone: usize,
    /// Cells compared.
    pub cells: u64,
    /// Cells that sound on one device and not on the other.
    pub differing: u64,
    /// Of those, cells whose activation on the CPU lies further than [`NEAR`] from the threshold.
    pub far: u64,
    /// The furthest that an activation of a differing cell lies from its threshold.
    pub furthest: f32,
    /// The largest difference of two activations.
    pub largest: f32,
    /// The same between a phrase alone and as one of many, both on the card.
    pub largest_alone: f32,
}

/// Has both play the same phrases; the first few the card plays alone, too.
pub(super) fn measure(
    cpu: &mut Generator,
    card: &mut Generator,
    weights: &Weights,
    phrases: usize,
) -> Result<Agreement> {
    let thresholds = weights.thresholds();
    let mut agreement = Agreement::default();
    let numbers: Vec<u64> = (0..phrases as u64).collect();
    for numbers in numbers.chunks(BATCH) {
        let latents: Vec<f32> =
            numbers.iter().flat_map(|&seed| sampling::latent(seed, 0, 1.0)).collect();
        let (ours, theirs) = (cpu.rolls(&latents)?, card.rolls(&latents)?);
        ours.iter().zip(&theirs).for_each(|(ours, theirs)| agreement.add(ours, theirs, thresholds));
        if agreement.alone == 0 {
            for (latent, theirs) in latents.as_chunks().0.iter().zip(&theirs) {
                let alone = card.roll(latent);
                agreement.largest_alone = agreement.largest_alone.max(furthest(&alone, theirs));
                agreement.alone += 1;
            }
        }
    }
    ensure!(!card.playing().is_cpu(), "{}", card.playing());
    Ok(agreement)
}

impl Agreement {
    fn add(&mut self, ours: &Roll, theirs: &Roll, thresholds: Thresholds) {
        self.phrases += 1;
        self.largest = self.largest.max(furthest(ours, theirs));
        for (track, threshold) in Track::ALL.into_iter().zip(thresholds) {
            for (&a, &b) in ours.track(track).iter().zip(theirs.track(track)) {
                self.cells += 1;
                if (a > threshold) != (b > threshold) {
                    let distance = (a - threshold).abs();
                    self.differing += 1;
                    self.far += u64::from(distance > NEAR);
                    self.furthest = self.furthest.max(distance);
                }
            }
        }
    }
}

fn furthest(one: &Roll, other: &Roll) -> f32 {
    let pairs = one.cells().iter().zip(other.cells());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phrases, alone, cells, differing, far, furthest, largest, largest_alone } = self;
        write!(
            f,
            "{differing} of {cells} cells differ in {phrases} phrases, {far} of them further than \
             {NEAR:e} from their threshold (furthest {furthest:.1e}); activations differ by up to \
             {largest:.1e}, and by {largest_alone:.1e} between {alone} phrases alone and as one of \
             {BATCH}"
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::roll::CELLS;

    #[test]
    fn only_what_falls_on_the_other_side_far_from_its_threshold_breaks_the_contract() {
        let (mut ours, mut theirs) = (vec![0.0; CELLS], vec![0.0; CELLS]);
        // Far apart but on one side; on two sides, near; on two sides, far.
        (ours[0], theirs[0]) = (0.6, 0.9);
        (ours[1], theirs[1]) = (0.50005, 0.49995);
        (ours[CELLS - 1], theirs[CELLS - 1]) = (0.25, 0.75);
        let mut agreement = Agreement::default();
        agreement.add(&Roll::new(ours).unwrap(), &Roll::new(theirs).unwrap(), [0.5; Track::COUNT]);
        let expected = Agreement {
            phrases: 1,
            cells: CELLS as u64,
            differing: 2,
            far: 1,
            furthest: 0.25,
            largest: 0.5,
            ..Agreement::default()
        };
        assert_eq!(agreement, expected);
    }
}

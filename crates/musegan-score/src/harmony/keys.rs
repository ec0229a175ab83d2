//! Keys by the correlation of what sounds with the profile of each.
use std::sync::LazyLock;

use super::presence::Beat;
use super::{Accent, Pulse, path};
use crate::Key;

/// How much of what sounds is on each degree in major and minor, from the tonic up in semitones:
/// what `examples/harmony` counts in POP909 and in the arranged Billboard charts, the mean of both.
/// Counted in half of the songs, they find more keys of the other half, both taken together, than
/// the profiles of Krumhansl and Kessler, Temperley, Aarden and Essen, or Albrecht and Shanahan.
const MAJOR: [f32; 12] =
    [0.225, 0.006, 0.118, 0.010, 0.135, 0.099, 0.008, 0.196, 0.010, 0.112, 0.020, 0.061];
const MINOR: [f32; 12] =
    [0.239, 0.004, 0.080, 0.159, 0.006, 0.110, 0.004, 0.187, 0.062, 0.016, 0.121, 0.012];

/// Below this clarity there is no key to speak of.
const CLEAR: f32 = 0.02;
/// Nor with fewer pitch classes than this, each at least a hundredth of what sounds: a chord
/// belongs to several keys.
const FEWEST_CLASSES: usize = 5;
/// What a change of key costs, in beats that correlate perfectly with the new one and not at all
/// with the old.
const CHANGE_COST: f32 = 8.0;

/// The key of the whole, if it is clear, and how clear.
pub(super) fn overall(beats: &[Beat]) -> (Option<Key>, f32) {
    let durations = sum(beats);
    let mut correlations = [0.0; 24];
    score(&durations, &mut correlations);
    let best = path::index_of_max(&correlations);
    let clarity = clarity(&durations, &correlations, best);
    (key(best).filter(|_| clarity >= CLEAR), clarity)
}

/// The key on each beat; none where a stretch in one key leaves it unclear.
pub(super) fn by_beat(beats: &[Beat], pulse: &Pulse) -> Vec<Option<Key>> {
    let mean = beats.iter().map(|beat| length(&centred(&beat.durations))).sum::<f32>()
        / beats.len().max(1) as f32;
    if mean <= 0.0 {
        return vec![None; beats.len()];
    }
    let fill = |beat: usize, scores: &mut [f32]| {
        score(&beats[beat].durations, scores);
        scores.iter_mut().for_each(|score| *score /= mean);
    };
    let cost = |beat: usize| match pulse.accents[beat] {
        Accent::Bar => CHANGE_COST,
        Accent::Strong | Accent::Weak => CHANGE_COST * 1.5,
    };
    let mut keys = Vec::with_capacity(beats.len());
    for stretch in path::best(beats.len(), 24, fill, cost).chunk_by(|a, b| a == b) {
        let durations = sum(&beats[keys.len()..keys.len() + stretch.len()]);
        let mut correlations = [0.0; 24];
        score(&durations, &mut correlations);
        let is_clear = clarity(&durations, &correlations, stretch[0]) >= CLEAR;
        keys.resize(keys.len() + stretch.len(), key(stretch[0]).filter(|_| is_clear));
    }
    keys
}

/// By how much a key's correlation exceeds that of the best other than it and its relative; 0
/// where too few pitch classes sound to tell.
fn clarity(durations: &[f32; 12], correlations: &[f32; 24], best: usize) -> f32 {
    let all = durations.iter().sum::<f32>();
    let classes = durations.iter().filter(|&&duration| duration * 100.0 > all).count();
    if classes < FEWEST_CLASSES {
        return 0.0;
    }
    let others = (0..24).filter(|&code| code != best && code != relative(best));
    let runner_up = others.map(|code| correlations[code]).fold(f32::MIN, f32::max);
    let length = length(&centred(durations));
    if length > 0.0 { ((correlations[best] - runner_up) / length).max(0.0) } else { 0.0 }
}

/// For each pitch class what it says for each key: the keys' profiles around their means, of
/// length 1.
static PROFILES: LazyLock<[[f32; 24]; 12]> = LazyLock::new(|| {
    let profiles = [MAJOR, MINOR].map(|profile| {
        let centred = centred(&profile);
        let length = length(&centred);
        centred.map(|weight| weight / length)
    });
    std::array::from_fn(|class| {
        std::array::from_fn(|code| profiles[code / 12][(class + 12 - code % 12) % 12])
    })
});

/// The product of each key's profile with what sounds: the correlation times the length of what
/// sounds, so that beats add up.
fn score(durations: &[f32; 12], scores: &mut [f32]) {
    scores.fill(0.0);
    for (duration, profile) in centred(durations).iter().zip(&*PROFILES) {
        scores.iter_mut().zip(profile).for_each(|(score, weight)| *score += duration * weight);
    }
}

fn key(code: usize) -> Option<Key> {
    Key::of_code(code as u8)
}

/// The code of the key with the same notes.
const fn relative(code: usize) -> usize {
    if code < 12 { 12 + (code + 9) % 12 } else { (code + 3) % 12 }
}

fn sum(beats: &[Beat]) -> [f32; 12] {
    let mut sums = [0.0; 12];
    for beat in beats {
        for (sum, value) in sums.iter_mut().zip(&beat.durations) {
            *sum += value;
        }
    }
    sums
}

fn centred(values: &[f32; 12]) -> [f32; 12] {
    let mean = values.iter().sum::<f32>() / 12.0;
    values.map(|value| value - mean)
}

fn length(values: &[f32; 12]) -> f32 {
    values.iter().map(|value| value * value).sum::<f32>().sqrt()
}

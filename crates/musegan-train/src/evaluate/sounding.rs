//! Which cells of a phrase sound, as bits: the form in which measures count.

use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_PHRASE};
use musegan_score::roll::{LOWEST_PITCH, pitch_index};
use musegan_score::{Phrase, Track};

/// The pitches that sound in one step: bit `i` is MIDI `24 + i`.
pub type Pitches = u128;

/// The cells of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sounding {
    steps: [[Pitches; STEPS_PER_PHRASE]; Track::COUNT],
}

impl Sounding {
    /// The cells in which the phrase's notes sound.
    #[must_use]
    pub fn of(phrase: &Phrase) -> Self {
        let mut steps = [[0; STEPS_PER_PHRASE]; Track::COUNT];
        for (track, note) in phrase.notes() {
            if let Some(pitch) = pitch_index(note.pitch) {
                for step in &mut steps[track.index()][note.onset().index()..note.end()] {
                    *step |= 1 << pitch;
                }
            }
        }
        Self { steps }
    }

    /// The steps of one track.
    #[must_use]
    pub fn track(&self, track: Track) -> &[Pitches] {
        &self.steps[track.index()]
    }

    /// The bars of one track, 16 steps each.
    pub fn bars(&self, track: Track) -> impl Iterator<Item = &[Pitches]> {
        self.track(track).chunks_exact(STEPS_PER_BAR).take(BARS_PER_PHRASE)
    }
}

/// Cells that sound.
#[must_use]
pub fn cells(steps: &[Pitches]) -> u32 {
    steps.iter().map(|step| step.count_ones()).sum()
}

/// Pitches that sound in any of the steps.
#[must_use]
pub fn union(steps: &[Pitches]) -> Pitches {
    steps.iter().fold(0, |all, step| all | step)
}

/// MIDI numbers of the pitches, ascending.
pub fn numbers(pitches: Pitches) -> impl Iterator<Item = u8> {
    (0..128u8).filter(move |bit| pitches >> bit & 1 == 1).map(|bit| bit + LOWEST_PITCH)
}

/// Cells in both over cells in either, or `None` where nothing sounds in either.
#[must_use]
pub fn jaccard(a: &[Pitches], b: &[Pitches]) -> Option<f64> {
    let both: u32 = a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum();
    let either: u32 = a.iter().zip(b).map(|(a, b)| (a | b).count_ones()).sum();
    (either > 0).then(|| f64::from(both) / f64::from(either))
}

/// The mean of the numbers, or `None` of none.
#[must_use]
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0u32);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

//! The style sheet: which bars of a phrase each track plays, which of them come again, and nine
//! numbers that say how.
//!
//! The measures are those of `musegan-train evaluate`, in the absolute frame; counts are taken as
//! logarithms. Bars are compared in the frame, over their chords. What must stay true: a sheet
//! depends on the notes that sound at middle density and the phrase's chords, and on nothing else.
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use musegan_score::{Note, Phrase, Track};
use serde::{Deserialize, Serialize};

use super::frame::{Harmony, relative};

mod repeats;

pub use repeats::{Repeat, Repeats, Sources, repeats, sources, without_absent};

/// Numbers of a track.
pub const MEASURES: usize = 9;
/// Where the logarithm of notes per bar lies among the [`MEASURES`].
pub const NOTES_PER_BAR: usize = 0;
/// What the nine numbers are, for people.
pub const NAMES: [&str; MEASURES] = [
    "log notes per bar",
    "log note length",
    "log polyphony",
    "sounding steps",
    "mean pitch",
    "onsets on the beat",
    "onsets on the eighth",
    "likeness of neighbouring bars",
    "pitches",
];
/// How far from the mean a standardised measure may lie, in standard deviations.
pub(super) const FARTHEST: f32 = 4.0;
/// What a deviation is at least, so that a measure without spread does not divide by nothing.
const LEAST_DEVIATION: f64 = 0.02;
/// Counts are at least this before their logarithm is taken.
const LEAST_COUNT: f32 = 0.05;

/// How a phrase is played.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sheet {
    /// Whether a note of the track sounds in the bar.
    pub present: [[bool; BARS_PER_PHRASE]; Track::COUNT],
    /// Each track's [`NAMES`]; all 0 where it is silent.
    pub measures: [[f32; MEASURES]; Track::COUNT],
    /// Which bars come again.
    pub repeats: Repeats,
}

/// Mean and standard deviation of each measure over a corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SheetScale {
    /// Means over the phrases in which the track sounds.
    pub mean: [[f32; MEASURES]; Track::COUNT],
    /// Standard deviations over the same, at least 0.02.
    pub deviation: [[f32; MEASURES]; Track::COUNT],
}

impl Sheet {
    /// The sheet of a phrase over its own chords.
    #[must_use]
    pub fn of(phrase: &Phrase) -> Self {
        Self::over(phrase, &Harmony { chords: *phrase.chords(), key: None })
    }

    /// The sheet of a phrase over these chords.
    #[must_use]
    pub fn over(phrase: &Phrase, harmony: &Harmony) -> Self {
        let repeats = repeats(&relative(phrase, harmony).0);
        let mut sheet = Self { repeats, ..Self::default() };
        for track in Track::ALL {
            let notes = phrase.track(track).iter().filter(|note| note.strength() > 0.5);
            let notes: Vec<&Note> = notes.collect();
            let cells = cells(&notes);
            sheet.present[track.index()] = std::array::from_fn(|bar| {
                union(&cells[bar * STEPS_PER_BAR..][..STEPS_PER_BAR]) != 0
            });
            if !notes.is_empty() {
                sheet.measures[track.index()] = measures(&notes, &cells);
            }
        }
        sheet
    }

    /// Whether the track sounds in any bar.
    #[must_use]
    pub fn sounds(&self, track: Track) -> bool {
        self.present[track.index()].contains(&true)
    }
}

impl SheetScale {
    /// The scale of a corpus.
    #[must_use]
    pub fn of<'a>(sheets: impl IntoIterator<Item = &'a Sheet>) -> Self {
        let mut sums = [[[0f64; 3]; MEASURES]; Track::COUNT];
        for sheet in sheets {
            for track in Track::ALL.into_iter().filter(|track| sheet.sounds(*track)) {
                let measures = sheet.measures[track.index()];
                for (sum, x) in sums[track.index()].iter_mut().zip(measures.map(f64::from)) {
                    *sum = [sum[0] + 1.0, sum[1] + x, sum[2] + x * x];
                }
            }
        }
        let mean = |[count, sum, _]: [f64; 3]| sum / count.max(1.0);
        let deviation = |sums: [f64; 3]| {
            let variance = sums[2] / sums[0].max(1.0) - mean(sums).powi(2);
            variance.max(0.0).sqrt().max(LEAST_DEVIATION)
        };
        Self {
            mean: sums.map(|track| track.map(|sums| mean(sums) as f32)),
            deviation: sums.map(|track| track.map(|sums| deviation(sums) as f32)),
        }
    }

    /// The sheet's measures in standard deviations from the mean, at most four; 0 where the track
    /// is silent.
    #[must_use]
    pub fn standardised(&self, sheet: &Sheet) -> [[f32; MEASURES]; Track::COUNT] {
        Track::ALL.map(|track| {
            let t = track.index();
            std::array::from_fn(|m| match sheet.sounds(track) {
                true => {
                    let z = (sheet.measures[t][m] - self.mean[t][m]) / self.deviation[t][m];
                    z.clamp(-FARTHEST, FARTHEST)
                }
                false => 0.0,
            })
        })
    }
}

/// The MIDI numbers that sound in each step, as bits.
type Cells = [u128; STEPS_PER_PHRASE];

fn cells(notes: &[&Note]) -> Cells {
    let mut cells = [0; STEPS_PER_PHRASE];
    for note in notes {
        for step in &mut cells[note.onset().index()..note.end()] {
            *step |= 1 << note.pitch.number();
        }
    }
    cells
}

fn measures(notes: &[&Note], cells: &Cells) -> [f32; MEASURES] {
    let count = notes.len() as f32;
    let sounding = cells.iter().filter(|step| **step != 0).count() as f32;
    let cells_in_all: u32 = cells.iter().map(|step| step.count_ones()).sum();
    let mean = |value: fn(&Note) -> f32| notes.iter().map(|n| value(n)).sum::<f32>() / count;
    let log = |count: f32| count.max(LEAST_COUNT).ln();
    [
        log(count / BARS_PER_PHRASE as f32),
        log(mean(|note| note.length() as f32)),
        log(cells_in_all as f32 / sounding),
        sounding / STEPS_PER_PHRASE as f32,
        mean(|note| f32::from(note.pitch.number())),
        onsets_on_multiples_of(STEPS_PER_BEAT, notes),
        onsets_on_multiples_of(STEPS_PER_BEAT / 2, notes),
        likeness_of_neighbouring_bars(cells),
        union(cells).count_ones() as f32,
    ]
}

/// Share of the steps with an onset that are multiples of so many steps.
fn onsets_on_multiples_of(steps: usize, notes: &[&Note]) -> f32 {
    let onsets = notes.iter().fold(0u64, |all, note| all | 1 << note.onset().index());
    let on = (0..STEPS_PER_PHRASE).step_by(steps).fold(0u64, |all, step| all | 1 << step);
    (onsets & on).count_ones() as f32 / onsets.count_ones() as f32
}

/// Mean Jaccard index of the cells of each bar and the next; pairs of empty bars do not count.
fn likeness_of_neighbouring_bars(cells: &Cells) -> f32 {
    let bits = |a: &[u128], b: &[u128], of: fn(u128, u128) -> u128| -> u32 {
        a.iter().zip(b).map(|(a, b)| of(*a, *b).count_ones()).sum()
    };
    let bars = cells.chunks_exact(STEPS_PER_BAR);
    let pairs = bars.clone().zip(bars.skip(1)).filter_map(|(a, b)| {
        let either = bits(a, b, |a, b| a | b);
        (either > 0).then(|| bits(a, b, |a, b| a & b) as f32 / either as f32)
    });
    let likeness: Vec<f32> = pairs.collect();
    likeness.iter().sum::<f32>() / likeness.len().max(1) as f32
}

fn union(cells: &[u128]) -> u128 {
    cells.iter().fold(0, |all, step| all | step)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use musegan_score::{Pitch, Step, Velocity};

    use super::*;

    fn note(step: usize, length: usize, pitch: u8) -> Note {
        let (step, pitch) = (Step::new(step).unwrap(), Pitch::new(pitch).unwrap());
        Note::new(step, length, pitch, Velocity::DEFAULT)
    }

    /// Two bars of piano: C4 for a beat and E4 from step 2 for two steps; in the second bar C4
    /// for half a beat; nothing after. The same as in the tests of `evaluate`.
    fn two_bars() -> Phrase {
        let notes = [note(0, 4, 60), note(2, 2, 64), note(16, 2, 60)];
        Phrase::new(notes.map(|note| (Track::Piano, note)))
    }

    #[test]
    fn a_phrase_that_fits_on_a_hand_measures_what_the_hand_counts() {
        let sheet = Sheet::of(&two_bars());
        assert_eq!(sheet.present[Track::Piano.index()], [true, true, false, false]);
        let expected = [
            0.75f32.ln(),
            (8.0f32 / 3.0).ln(),
            (8.0f32 / 6.0).ln(),
            6.0 / 64.0,
            184.0 / 3.0,
            2.0 / 3.0,
            1.0,
            1.0 / 6.0,
            2.0,
        ];
        assert_eq!(sheet.measures[Track::Piano.index()], expected);
        assert!(!sheet.sounds(Track::Bass));
        assert_eq!(sheet.measures[Track::Bass.index()], [0.0; MEASURES]);
    }

    #[test]
    fn notes_that_sound_at_a_higher_density_alone_do_not_count() {
        let weak = (Track::Piano, note(40, 4, 70).with_strength(0.4));
        let phrase = Phrase::new(two_bars().notes().map(|(t, n)| (t, *n)).chain([weak]));
        assert_eq!(Sheet::of(&phrase), Sheet::of(&two_bars()));
    }

    #[test]
    fn measures_are_told_in_deviations_of_the_phrases_in_which_the_track_sounds() {
        let mut sheets = [Sheet::of(&two_bars()), Sheet::of(&two_bars()), Sheet::default()];
        sheets[1].measures[1][3] += 0.5;
        let scale = SheetScale::of(&sheets);
        let z = scale.standardised(&sheets[1]);
        assert!((z[1][3] - 1.0).abs() < 1e-5, "{}", z[1][3]);
        assert!(z[1][4].abs() < 1e-3, "no spread: {}", z[1][4]);
        assert_eq!(scale.standardised(&sheets[2]), [[0.0; MEASURES]; 5]);
        sheets[1].measures[1][3] += 50.0;
        assert_eq!(scale.standardised(&sheets[1])[1][3], 4.0);
    }
}

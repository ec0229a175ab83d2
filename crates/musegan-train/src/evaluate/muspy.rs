//! MusPy's metrics, those of them that are sound, phrase by phrase as MusPy computes them of a song.
//!
//! Definitions: MusPy 0.5.0 (Dong et al., ISMIR 2020); drums are left out, and all pitched tracks
//! count as one. What must stay true: the values agree with MusPy's own on the same files, at four
//! steps to the beat; the tests compare. Left out are its shares of empty beats and bars, which
//! count a note that ends on a bar line to the next bar, its drum patterns, which on a grid of
//! sixteenths have room for every note, and its share of notes in a given key.

use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR};
use musegan_score::{Phrase, Track};
use rayon::prelude::*;

use super::harmony;
use super::sounding::{Pitches, Sounding, mean, union};

/// A metric of both sets: mean over the phrases that have an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// MusPy's name for it.
    pub name: &'static str,
    /// Of the measured phrases, and of the real ones.
    pub values: [Option<f64>; 2],
}

/// MusPy's names, in the order of [`of_phrase`].
pub const NAMES: [&str; 9] = [
    "n_pitches_used",
    "n_pitch_classes_used",
    "pitch_range",
    "polyphony",
    "polyphony_rate",
    "scale_consistency",
    "pitch_entropy",
    "pitch_class_entropy",
    "groove_consistency",
];

/// Steps with more pitches than this are polyphonic, as MusPy has it.
const POLYPHONIC_ABOVE: u32 = 2;

/// All metrics of both sets.
#[must_use]
pub fn compare(subject: &[Phrase], real: &[Phrase]) -> Vec<Row> {
    let [subject, real] = [subject, real]
        .map(|phrases| phrases.par_iter().map(of_phrase).collect::<Vec<[Option<f64>; 9]>>());
    let of = |phrases: &[[Option<f64>; 9]], row: usize| mean(phrases.iter().filter_map(|p| p[row]));
    let rows = NAMES.iter().enumerate();
    rows.map(|(row, name)| Row { name, values: [of(&subject, row), of(&real, row)] }).collect()
}

/// The metrics of one phrase in the order of [`NAMES`], `None` where MusPy has no number or, of a
/// range without pitches, a meaningless one.
#[must_use]
pub fn of_phrase(phrase: &Phrase) -> [Option<f64>; 9] {
    let sounding = Sounding::of(phrase);
    let steps: Vec<Pitches> = (0..sounding.track(Track::Piano).len())
        .map(|step| harmony::PITCHED.iter().fold(0, |all, t| all | sounding.track(*t)[step]))
        .collect();
    let used = union(&steps);
    let classes = harmony::chroma(&[used], |index| index % harmony::CLASSES);
    let mut by_pitch = [0.0; 128];
    for note in harmony::PITCHED.iter().flat_map(|track| phrase.track(*track)) {
        by_pitch[usize::from(note.pitch.number())] += 1.0;
    }
    let has_pitches = used != 0;
    let length = phrase.notes().map(|(_, note)| note.end()).max();
    let polyphonic = steps.iter().filter(|step| step.count_ones() > POLYPHONIC_ABOVE).count();
    [
        Some(f64::from(used.count_ones())),
        Some(classes.iter().filter(|&&cells| cells > 0.0).count() as f64),
        has_pitches.then(|| f64::from(127 - used.leading_zeros() - used.trailing_zeros())),
        mean(steps.iter().filter(|step| **step != 0).map(|step| f64::from(step.count_ones()))),
        length.map(|length| polyphonic as f64 / length as f64),
        harmony::scale_consistency(phrase),
        has_pitches.then(|| harmony::entropy(&by_pitch)),
        harmony::pitch_class_entropy(phrase),
        length.map(|_| groove_consistency(phrase)),
    ]
}

/// One minus the mean share of steps in which a bar has an onset, of any track, and the next has
/// not, or the other way round.
fn groove_consistency(phrase: &Phrase) -> f64 {
    let mut onsets = [[false; STEPS_PER_BAR]; BARS_PER_PHRASE];
    for (_, note) in phrase.notes() {
        let step = note.onset().index();
        onsets[step / STEPS_PER_BAR][step % STEPS_PER_BAR] = true;
    }
    let differing = onsets.windows(2).flat_map(|bars| bars[0].iter().zip(bars[1]));
    let differing = differing.filter(|(one, other)| **one != *other).count();
    1.0 - differing as f64 / ((BARS_PER_PHRASE - 1) * STEPS_PER_BAR) as f64
}

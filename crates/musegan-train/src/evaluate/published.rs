//! The metrics that MuseGAN's papers and releases printed, each by its right definition and as each
//! of the three releases computed it, so that published tables can be compared.
//!
//! Dong et al., "MuseGAN" (AAAI 2018) has empty bars, pitch classes per bar, qualified notes, drum
//! patterns and tonal distance; the releases add pitches, polyphonic steps and notes of C major.
//! The releases differ from the papers and from each other: see `released`. What must stay true:
//! a value here is what the release's own code gives for the same cells.

mod released;
mod right;

use musegan_score::{Phrase, Track};
use rayon::prelude::*;

use super::sounding::Sounding;

/// Whose definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// What the papers say.
    Right,
    /// The release of 2018, with bars of 96 steps.
    First,
    /// The one with binary neurons, with bars of 96 steps.
    Binary,
    /// The last one, which takes bars of 16 steps.
    Third,
}

impl Definition {
    /// All, in the order of [`Row::values`].
    pub const ALL: [Self; 4] = [Self::Right, Self::First, Self::Binary, Self::Third];

    /// What tables and files call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::First => "v1",
            Self::Binary => "binary",
            Self::Third => "v3",
        }
    }
}

/// One metric of both sets by all definitions.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is measured.
    pub name: &'static str,
    /// Of which track.
    pub track: Track,
    /// And of which other, if of two.
    pub other: Option<Track>,
    /// By [`Definition::ALL`], of the measured phrases and of the real ones: `None` where there is
    /// nothing to measure, and not a number where that is what the release's code gives.
    pub values: [[Option<f64>; 2]; 4],
}

/// A sum and what it is to be divided by, of one phrase; those of a set are added up.
type Share = (f64, f64);

/// A phrase and its cells.
struct Heard<'a> {
    phrase: &'a Phrase,
    sounding: Sounding,
}

/// Of a track, or of a track and another.
type Metric = fn(&Heard<'_>, Track, Track) -> Share;

/// A metric, the tracks it is printed of, and how it is computed by [`Definition::ALL`].
struct Definitions {
    name: &'static str,
    tracks: &'static [(Track, Option<Track>)],
    by: [Metric; 4],
}

const PITCHED: &[(Track, Option<Track>)] =
    &[(Track::Piano, None), (Track::Guitar, None), (Track::Bass, None), (Track::Strings, None)];
const DRUMS: &[(Track, Option<Track>)] = &[(Track::Drums, None)];
const ALL: &[(Track, Option<Track>)] = &[
    (Track::Drums, None),
    (Track::Piano, None),
    (Track::Guitar, None),
    (Track::Bass, None),
    (Track::Strings, None),
];
const PAIRS: &[(Track, Option<Track>)] = &[
    (Track::Piano, Some(Track::Guitar)),
    (Track::Piano, Some(Track::Bass)),
    (Track::Piano, Some(Track::Strings)),
    (Track::Guitar, Some(Track::Bass)),
    (Track::Guitar, Some(Track::Strings)),
    (Track::Bass, Some(Track::Strings)),
];

const METRICS: [Definitions; 8] = {
    use released::{binary, first, third};
    const fn metric(
        name: &'static str,
        tracks: &'static [(Track, Option<Track>)],
        by: [Metric; 4],
    ) -> Definitions {
        Definitions { name, tracks, by }
    }
    [
        metric(
            "empty bars",
            ALL,
            [right::empty_bars, right::empty_bars, right::empty_bars, third::empty_bars],
        ),
        metric("pitches", ALL, [right::pitches, right::pitches, right::pitches, third::pitches]),
        metric(
            "pitch classes",
            PITCHED,
            [
                right::pitch_classes,
                first::pitch_classes,
                binary::pitch_classes,
                third::pitch_classes,
            ],
        ),
        metric(
            "qualified notes",
            PITCHED,
            [
                right::qualified_notes,
                released::qualified_notes,
                released::qualified_notes,
                third::qualified_notes,
            ],
        ),
        metric(
            "polyphonic steps",
            PITCHED,
            [right::polyphonic, right::polyphonic, right::polyphonic, third::polyphonic],
        ),
        metric(
            "in C major",
            PITCHED,
            [right::in_scale, first::in_scale, binary::in_scale, third::in_scale],
        ),
        metric(
            "drum pattern",
            DRUMS,
            [
                right::drum_pattern,
                released::drum_pattern,
                released::drum_pattern,
                third::drum_pattern,
            ],
        ),
        metric(
            "tonal distance",
            PAIRS,
            [
                right::tonal_distance,
                first::tonal_distance,
                binary::tonal_distance,
                third::tonal_distance,
            ],
        ),
    ]
};

/// All metrics of both sets.
#[must_use]
pub fn compare(subject: &[Phrase], real: &[Phrase]) -> Vec<Row> {
    let sums = [subject, real].map(sums);
    let tracks = METRICS.iter().flat_map(|m| m.tracks.iter().map(|&tracks| (m.name, tracks)));
    let quotient = |(sum, count): Share| (count > 0.0).then(|| sum / count);
    tracks
        .enumerate()
        .map(|(row, (name, (track, other)))| {
            let values =
                [0, 1, 2, 3].map(|by| [0, 1].map(|set: usize| quotient(sums[set][row][by])));
            Row { name, track, other, values }
        })
        .collect()
}

/// For each metric and its tracks, by all definitions.
fn sums(phrases: &[Phrase]) -> Vec<[Share; 4]> {
    let of = |phrase: &Phrase| -> Vec<[Share; 4]> {
        let heard = Heard { phrase, sounding: Sounding::of(phrase) };
        let shares = METRICS.iter().flat_map(|metric| {
            let of = |&(track, other): &(Track, Option<Track>)| {
                metric.by.map(|by| by(&heard, track, other.unwrap_or(track)))
            };
            metric.tracks.iter().map(of)
        });
        shares.collect()
    };
    let all: Vec<_> = phrases.par_iter().map(of).collect();
    let none = vec![[(0.0, 0.0); 4]; METRICS.iter().map(|metric| metric.tracks.len()).sum()];
    all.into_iter().fold(none, |mut sums, phrase| {
        for (sums, phrase) in sums.iter_mut().flatten().zip(phrase.into_iter().flatten()) {
            *sums = (sums.0 + phrase.0, sums.1 + phrase.1);
        }
        sums
    })
}

/// The mean over bars that sound, as a share.
fn over_sounding_bars(
    heard: &Heard<'_>,
    track: Track,
    of: impl Fn(&[super::sounding::Pitches]) -> f64,
) -> Share {
    let bars = heard.sounding.bars(track).filter(|bar| super::sounding::cells(bar) > 0);
    bars.fold((0.0, 0.0), |(sum, count), bar| (sum + of(bar), count + 1.0))
}

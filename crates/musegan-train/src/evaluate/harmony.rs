//! What the pitched tracks sound like together: scale, pitch classes, clashes, tonal distance.

use std::f64::consts::PI;

use musegan_score::grid::STEPS_PER_BEAT;
use musegan_score::roll::LOWEST_PITCH;
use musegan_score::{Phrase, Track};

use super::Measure;
use super::sounding::{Pitches, Sounding, mean, numbers};

/// Pitch classes of an octave.
pub(super) const CLASSES: usize = 12;
/// Which of them C major has.
pub(super) const IN_C_MAJOR: [bool; CLASSES] =
    [true, false, true, false, true, true, false, true, false, true, false, true];
/// How often each pitch class sounds.
pub(super) type Chroma = [f64; CLASSES];

/// Pitch classes of C major.
const MAJOR: [usize; 7] = [0, 2, 4, 5, 7, 9, 11];
/// All but the drums.
pub(super) const PITCHED: [Track; 4] = [Track::Piano, Track::Guitar, Track::Bass, Track::Strings];

/// The measures of the pitched tracks together.
pub(super) fn measures() -> Vec<Measure> {
    let whole: [Measure; 9] = [
        (
            "scale consistency",
            (|phrase, _, _| scale_consistency(phrase)) as fn(&Phrase, &Sounding, Track) -> _,
        ),
        ("pitch-class entropy", |phrase, _, _| pitch_class_entropy(phrase)),
        ("minor seconds", |_, sounding, _| minor_seconds(sounding)),
        ("tonal distance piano-guitar", |_, s, _| distance(s, Track::Piano, Track::Guitar)),
        ("tonal distance piano-bass", |_, s, _| distance(s, Track::Piano, Track::Bass)),
        ("tonal distance piano-strings", |_, s, _| distance(s, Track::Piano, Track::Strings)),
        ("tonal distance guitar-bass", |_, s, _| distance(s, Track::Guitar, Track::Bass)),
        ("tonal distance guitar-strings", |_, s, _| distance(s, Track::Guitar, Track::Strings)),
        ("tonal distance bass-strings", |_, s, _| distance(s, Track::Bass, Track::Strings)),
    ]
    .map(|(name, value)| Measure { name, track: None, value });
    whole.into()
}

/// Onsets of the pitched tracks by pitch class, or `None` without any.
fn onsets_by_class(phrase: &Phrase) -> Option<[f64; 12]> {
    let mut classes = [0.0; 12];
    for note in PITCHED.iter().flat_map(|track| phrase.track(*track)) {
        classes[usize::from(note.pitch.number() % 12)] += 1.0;
    }
    classes.iter().any(|&count| count > 0.0).then_some(classes)
}

/// Share of onsets in the best of the twelve major scales.
pub(super) fn scale_consistency(phrase: &Phrase) -> Option<f64> {
    let classes = onsets_by_class(phrase)?;
    let in_scale =
        |tonic: usize| MAJOR.iter().map(|step| classes[(tonic + step) % 12]).sum::<f64>();
    let best = (0..12).map(in_scale).fold(0.0, f64::max);
    Some(best / classes.iter().sum::<f64>())
}

/// Entropy of the onsets' pitch classes in bits, 0 to 3.58.
pub(super) fn pitch_class_entropy(phrase: &Phrase) -> Option<f64> {
    Some(entropy(&onsets_by_class(phrase)?))
}

/// Entropy in bits of counts that are not all zero.
pub(super) fn entropy(counts: &[f64]) -> f64 {
    let sum: f64 = counts.iter().sum();
    let shares = counts.iter().map(|count| count / sum).filter(|&share| share > 0.0);
    shares.map(|share| -share * share.log2()).sum::<f64>().max(0.0)
}

/// Share of sounding cells, all pitched tracks laid over each other, with a neighbour sounding
/// one semitone above.
fn minor_seconds(sounding: &Sounding) -> Option<f64> {
    let (mut clashes, mut cells) = (0, 0);
    for step in 0..sounding.track(Track::Piano).len() {
        let together = PITCHED.iter().fold(0, |all, track| all | sounding.track(*track)[step]);
        clashes += (together & (together >> 1)).count_ones();
        cells += together.count_ones();
    }
    (cells > 0).then(|| f64::from(clashes) / f64::from(cells))
}

/// Mean distance of the tonal centroids of two tracks over the beats in which both sound
/// (Harte, Sandler and Gasser 2006).
fn distance(sounding: &Sounding, one: Track, other: Track) -> Option<f64> {
    let beats = |track| {
        let beats = sounding.track(track).chunks_exact(STEPS_PER_BEAT);
        beats.map(|steps| chroma(steps, |index| index % CLASSES))
    };
    mean(beats(one).zip(beats(other)).filter_map(|(one, other)| distance_between(&one, &other)))
}

/// The cells of some steps by class: `class` is of an index on the pitch axis, 0 to 71.
pub(super) fn chroma(steps: &[Pitches], class: impl Fn(usize) -> usize) -> Chroma {
    let mut chroma = [0.0; CLASSES];
    for pitch in steps.iter().flat_map(|step| numbers(*step)) {
        chroma[class(usize::from(pitch - LOWEST_PITCH))] += 1.0;
    }
    chroma
}

/// Distance of the centroids of two chromas, or `None` where either is silent.
pub(super) fn distance_between(one: &Chroma, other: &Chroma) -> Option<f64> {
    let squares = centroid(one)?.into_iter().zip(centroid(other)?).map(|(a, b)| (a - b).powi(2));
    Some(squares.sum::<f64>().sqrt())
}

/// The chroma, made to sum to 1, in the six-dimensional space of fifths, minor thirds and major
/// thirds with radii 1, 1 and 0.5.
fn centroid(chroma: &Chroma) -> Option<[f64; 6]> {
    let sum: f64 = chroma.iter().sum();
    if sum == 0.0 {
        return None;
    }
    let mut centroid = [0.0; 6];
    for (class, count) in chroma.iter().enumerate() {
        for (circle, (radius, turn)) in
            [(1.0, 7.0 / 6.0), (1.0, 3.0 / 2.0), (0.5, 2.0 / 3.0)].into_iter().enumerate()
        {
            let angle = class as f64 * turn * PI;
            centroid[2 * circle] += radius * angle.sin() * count / sum;
            centroid[2 * circle + 1] += radius * angle.cos() * count / sum;
        }
    }
    Some(centroid)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{measured, phrase};
    use super::*;

    #[test]
    fn drums_have_no_part_in_harmony() {
        let drums = phrase(&[(Track::Drums, 0, 1, 36), (Track::Drums, 0, 1, 37)]);
        for name in ["scale consistency", "pitch-class entropy", "minor seconds"] {
            assert_eq!(measured(&drums, name, None), None, "{name}");
        }
    }

    #[test]
    fn one_black_key_among_a_c_major_chord_is_a_quarter_out_of_scale() {
        // C, E, G and C sharp: of all major scales C, F and G hold three of them.
        let notes = [60, 64, 67, 61].map(|pitch| (Track::Piano, 0, 2, pitch));
        let chord = phrase(&notes);
        assert_eq!(measured(&chord, "scale consistency", None), Some(0.75));
        assert_eq!(measured(&chord, "pitch-class entropy", None), Some(2.0));
        assert_eq!(measured(&chord, "minor seconds", None), Some(0.25));
    }

    #[test]
    fn minor_seconds_between_tracks_count() {
        let clash = phrase(&[(Track::Bass, 0, 1, 40), (Track::Strings, 0, 1, 41)]);
        assert_eq!(measured(&clash, "minor seconds", None), Some(0.5));
    }

    #[test]
    fn the_same_pitch_class_is_at_distance_zero_and_a_fifth_at_its_chord() {
        let octave = phrase(&[(Track::Piano, 0, 4, 60), (Track::Guitar, 0, 4, 72)]);
        assert_eq!(measured(&octave, "tonal distance piano-guitar", None), Some(0.0));
        // A fifth turns the three circles by 7*7/6, 7*3/2 and 7*2/3 half turns; the chord of a
        // turn is twice the radius times the sine of half of it.
        let fifth = phrase(&[(Track::Piano, 0, 4, 60), (Track::Bass, 0, 4, 43)]);
        let chord = |radius: f64, turn: f64| 2.0 * radius * (7.0 * turn * PI / 2.0).sin();
        let expected =
            [chord(1.0, 7.0 / 6.0), chord(1.0, 1.5), chord(0.5, 2.0 / 3.0)].map(|c| c * c);
        let expected = expected.iter().sum::<f64>().sqrt();
        let found = measured(&fifth, "tonal distance piano-bass", None).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        assert_eq!(measured(&fifth, "tonal distance piano-strings", None), None);
    }
}

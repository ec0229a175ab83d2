//! What each track plays: how much, how long, where in the bar, and how much of it again.
//!
//! A note is what the phrase says it is: a run of cells of one pitch where a source has only
//! cells, an onset where it has notes.

use std::collections::BTreeSet;

use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BEAT};
use musegan_score::{Phrase, Track};

use super::Measure;
use super::sounding::{Sounding, cells, jaccard, mean, numbers, union};

type Value = fn(&Phrase, &Sounding, Track) -> Option<f64>;

const ALL: [(&str, Value); 10] = [
    ("empty bars", empty_bars),
    ("notes per bar", notes_per_bar),
    ("note length", note_length),
    ("polyphony", polyphony),
    ("sounding steps", sounding_steps),
    ("mean pitch", mean_pitch),
    ("pitches", pitches),
    ("onsets on the beat", onsets_on_the_beat),
    ("onsets on the eighth", onsets_on_the_eighth),
    ("likeness of neighbouring bars", likeness_of_neighbouring_bars),
];

const PITCHED: [(&str, Value); 2] =
    [("pitch classes per bar", pitch_classes_per_bar), ("qualified notes", qualified_notes)];

/// The measures of every track.
pub(super) fn measures() -> Vec<Measure> {
    let pitched = |track: &Track| !track.is_drums();
    let all = ALL.iter().flat_map(|&(name, value)| {
        Track::ALL.map(|track| Measure { name, track: Some(track), value })
    });
    let of_pitched = PITCHED.iter().flat_map(|&(name, value)| {
        let tracks = Track::ALL.into_iter().filter(pitched);
        tracks.map(move |track| Measure { name, track: Some(track), value })
    });
    all.chain(of_pitched).collect()
}

/// Share of bars in which nothing sounds.
fn empty_bars(_: &Phrase, sounding: &Sounding, track: Track) -> Option<f64> {
    mean(sounding.bars(track).map(|bar| f64::from(cells(bar) == 0)))
}

fn notes_per_bar(phrase: &Phrase, _: &Sounding, track: Track) -> Option<f64> {
    Some(phrase.track(track).len() as f64 / BARS_PER_PHRASE as f64)
}

/// Mean length in steps.
fn note_length(phrase: &Phrase, _: &Sounding, track: Track) -> Option<f64> {
    mean(phrase.track(track).iter().map(|note| note.length() as f64))
}

/// Cells over sounding steps.
fn polyphony(_: &Phrase, sounding: &Sounding, track: Track) -> Option<f64> {
    let steps = sounding.track(track).iter().filter(|step| **step != 0);
    mean(steps.map(|step| f64::from(step.count_ones())))
}

/// Share of steps in which something sounds.
fn sounding_steps(_: &Phrase, sounding: &Sounding, track: Track) -> Option<f64> {
    mean(sounding.track(track).iter().map(|step| f64::from(*step != 0)))
}

/// Mean MIDI number of the notes.
fn mean_pitch(phrase: &Phrase, _: &Sounding, track: Track) -> Option<f64> {
    mean(phrase.track(track).iter().map(|note| f64::from(note.pitch.number())))
}

/// Number of different pitches.
fn pitches(_: &Phrase, sounding: &Sounding, track: Track) -> Option<f64> {
    Some(f64::from(union(sounding.track(track)).count_ones()))
}

/// Share of the steps with an onset that lie on a beat.
fn onsets_on_the_beat(phrase: &Phrase, _: &Sounding, track: Track) -> Option<f64> {
    onsets_on_multiples_of(STEPS_PER_BEAT, phrase, track)
}

/// Share of the steps with an onset that lie on an eighth.
fn onsets_on_the_eighth(phrase: &Phrase, _: &Sounding, track: Track) -> Option<f64> {
    onsets_on_multiples_of(STEPS_PER_BEAT / 2, phrase, track)
}

fn onsets_on_multiples_of(steps: usize, phrase: &Phrase, track: Track) -> Option<f64> {
    let onsets: BTreeSet<_> = phrase.track(track).iter().map(|n| n.onset().index()).collect();
    mean(onsets.iter().map(|onset| f64::from(onset % steps == 0)))
}

/// Mean Jaccard index of the cells of each bar and the next; pairs of empty bars do not count.
fn likeness_of_neighbouring_bars(_: &Phrase, sounding: &Sounding, track: Track) -> Option<f64> {
    let pairs = sounding.bars(track).zip(sounding.bars(track).skip(1));
    mean(pairs.filter_map(|(bar, next)| jaccard(bar, next)))
}

/// Mean number of pitch classes in the bars that sound.
fn pitch_classes_per_bar(_: &Phrase, sounding: &Sounding, track: Track) -> Option<f64> {
    let classes = |bar| numbers(union(bar)).map(|pitch| pitch % 12).collect::<BTreeSet<_>>().len();
    mean(sounding.bars(track).map(classes).filter(|count| *count > 0).map(|count| count as f64))
}

/// Share of notes of two steps or longer.
fn qualified_notes(phrase: &Phrase, _: &Sounding, track: Track) -> Option<f64> {
    mean(phrase.track(track).iter().map(|note| f64::from(note.length() >= 2)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{measured, phrase};
    use super::*;

    /// Two bars of piano: C4 for a beat and E4 from step 2 for two steps; in the second bar C4
    /// for half a beat; nothing after.
    fn two_bars() -> Phrase {
        phrase(&[(Track::Piano, 0, 4, 60), (Track::Piano, 2, 2, 64), (Track::Piano, 16, 2, 60)])
    }

    #[test]
    fn a_phrase_that_fits_on_a_hand_measures_what_the_hand_counts() {
        let piano = |name| measured(&two_bars(), name, Some(Track::Piano)).unwrap();
        assert_eq!(piano("empty bars"), 0.5);
        assert_eq!(piano("notes per bar"), 0.75);
        assert_eq!(piano("note length"), 8.0 / 3.0);
        assert_eq!(piano("polyphony"), 8.0 / 6.0);
        assert_eq!(piano("sounding steps"), 6.0 / 64.0);
        assert_eq!(piano("mean pitch"), 184.0 / 3.0);
        assert_eq!(piano("pitches"), 2.0);
        assert_eq!(piano("onsets on the beat"), 2.0 / 3.0);
        assert_eq!(piano("onsets on the eighth"), 1.0);
        // Bar 1 and 2 share 2 of 6 cells, 2 and 3 none of 2; 3 and 4 are both empty.
        assert_eq!(piano("likeness of neighbouring bars"), (2.0 / 6.0 + 0.0) / 2.0);
        assert_eq!(piano("pitch classes per bar"), 1.5);
        assert_eq!(piano("qualified notes"), 1.0);
    }

    #[test]
    fn what_a_silent_track_has_no_answer_to_is_left_out() {
        let bass = |name| measured(&two_bars(), name, Some(Track::Bass));
        assert_eq!(bass("empty bars"), Some(1.0));
        assert_eq!(bass("notes per bar"), Some(0.0));
        assert_eq!(bass("note length"), None);
        assert_eq!(bass("polyphony"), None);
        assert_eq!(bass("likeness of neighbouring bars"), None);
    }
}

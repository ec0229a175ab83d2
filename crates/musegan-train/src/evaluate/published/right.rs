//! The published metrics by their right definitions, on a grid of sixteenths.
//!
//! Two of them say little there. The papers call a note qualified that is longer than a
//! thirty-second, which every note on this grid is; here it has two steps or more. And every drum
//! note lies in a pattern of sixteen beats to the bar; counted here are those of the pattern of
//! eight.

use musegan_score::Track;
use musegan_score::grid::{STEPS_PER_BAR, STEPS_PER_BEAT};

use super::super::harmony::{CLASSES, Chroma, IN_C_MAJOR, chroma, distance_between};
use super::super::sounding::union;
use super::{Heard, Share, over_sounding_bars};

/// Bars in which nothing sounds.
pub fn empty_bars(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    let (_, sounding) = over_sounding_bars(heard, track, |_| 0.0);
    let bars = heard.sounding.bars(track).count() as f64;
    (bars - sounding, bars)
}

/// Different pitches of a bar that sounds.
pub fn pitches(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    over_sounding_bars(heard, track, |bar| union(bar).count_ones().into())
}

/// Different pitch classes of a bar that sounds.
pub fn pitch_classes(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    over_sounding_bars(heard, track, |bar| {
        chroma(bar, |pitch| pitch % CLASSES).iter().filter(|&&cells| cells > 0.0).count() as f64
    })
}

/// Notes of two steps or longer among those that begin in a bar.
pub fn qualified_notes(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    per_bar_of_notes(heard, track, |note| note.length() >= 2)
}

/// Steps with two pitches or more, of a bar that sounds.
pub fn polyphonic(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    over_sounding_bars(heard, track, |bar| {
        bar.iter().filter(|step| step.count_ones() >= 2).count() as f64 / STEPS_PER_BAR as f64
    })
}

/// Cells of C major, of a bar that sounds.
pub fn in_scale(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    over_sounding_bars(heard, track, |bar| share_in_scale(&chroma(bar, |pitch| pitch % CLASSES)))
}

/// Drum notes on eighths among those of a bar.
pub fn drum_pattern(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    per_bar_of_notes(heard, track, |note| note.onset().index().is_multiple_of(STEPS_PER_BEAT / 2))
}

/// Tonal distance of the beats in which both sound.
pub fn tonal_distance(heard: &Heard<'_>, one: Track, other: Track) -> Share {
    let beats = |track| heard.sounding.track(track).chunks_exact(STEPS_PER_BEAT);
    let class = |pitch| pitch % CLASSES;
    let distances = beats(one)
        .zip(beats(other))
        .filter_map(|(one, other)| distance_between(&chroma(one, class), &chroma(other, class)));
    distances.fold((0.0, 0.0), |(sum, count), distance| (sum + distance, count + 1.0))
}

/// Share of a chroma's cells whose class is C major's.
pub fn share_in_scale(chroma: &Chroma) -> f64 {
    let inside: f64 =
        chroma.iter().zip(IN_C_MAJOR).filter(|(_, is_in)| *is_in).map(|(c, _)| c).sum();
    inside / chroma.iter().sum::<f64>()
}

/// The share of such notes, as the mean of the bars in which notes begin.
fn per_bar_of_notes(
    heard: &Heard<'_>,
    track: Track,
    counts: impl Fn(&musegan_score::Note) -> bool,
) -> Share {
    let notes = heard.phrase.track(track);
    let bar = |note: &musegan_score::Note| note.onset().index() / STEPS_PER_BAR;
    notes.chunk_by(|a, b| bar(a) == bar(b)).fold((0.0, 0.0), |(sum, bars), notes| {
        let counted = notes.iter().filter(|note| counts(note)).count();
        (sum + counted as f64 / notes.len() as f64, bars + 1.0)
    })
}

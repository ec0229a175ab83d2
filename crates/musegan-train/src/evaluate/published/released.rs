//! The published metrics as MuseGAN's releases compute them, mistakes included.
//!
//! | | what the code does |
//! |---|---|
//! | all | pitch classes are groups of neighbouring semitones: it folds 84 pitches into twelve rows of seven (of eight in the release with binary neurons, which first adds twelve empty pitches on top) |
//! | first two | tonal distance leaves out every bar with a beat in which either track is silent |
//! | third | the share of empty bars is that of bars that sound; pitches and pitch classes are counted in every step and added up; polyphonic are steps of three pitches or more; every note is qualified, because a step further in time counts as 84; the drum pattern counts cells, and each off the eighth as a tenth; tonal distance is not a number as soon as any beat is silent |
//!
//! The first two have bars of 96 steps, where a sixteenth is six steps long: every note is
//! qualified, and every drum note lies in the pattern.

use musegan_score::Track;
use musegan_score::grid::{STEPS_PER_BAR, STEPS_PER_BEAT};

use super::super::harmony::{Chroma, chroma, distance_between};
use super::super::sounding::{Pitches, cells, numbers};
use super::right::share_in_scale;
use super::{Heard, Share, over_sounding_bars};

/// Pitches of an array: MIDI 24 to 107.
const PITCHES: usize = 84;

/// Every note is longer than a thirty-second.
pub fn qualified_notes(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    over_sounding_bars(heard, track, |_| 1.0)
}

/// Every drum note begins on a sixteenth.
pub fn drum_pattern(heard: &Heard<'_>, track: Track, _: Track) -> Share {
    over_sounding_bars(heard, track, |_| 1.0)
}

/// The first release.
pub mod first {
    use super::*;

    pub fn pitch_classes(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        over_sounding_bars(heard, track, groups_of::<7>)
    }

    pub fn in_scale(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        over_sounding_bars(heard, track, |bar| share_in_scale(&folded::<7>(bar)))
    }

    pub fn tonal_distance(heard: &Heard<'_>, one: Track, other: Track) -> Share {
        of_bars_without_rest::<7>(heard, one, other)
    }
}

/// The release with binary neurons.
pub mod binary {
    use super::*;

    pub fn pitch_classes(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        over_sounding_bars(heard, track, groups_of::<8>)
    }

    pub fn in_scale(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        over_sounding_bars(heard, track, |bar| share_in_scale(&folded::<8>(bar)))
    }

    pub fn tonal_distance(heard: &Heard<'_>, one: Track, other: Track) -> Share {
        of_bars_without_rest::<8>(heard, one, other)
    }
}

/// The last release.
pub mod third {
    use super::*;

    /// What a cell off the pattern counts.
    const TOLERANCE: f64 = 0.1;

    pub fn empty_bars(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        let (_, sounding) = over_sounding_bars(heard, track, |_| 0.0);
        (sounding, heard.sounding.bars(track).count() as f64)
    }

    pub fn pitches(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        over_bars(heard, track, |bar| cells(bar).into())
    }

    pub fn pitch_classes(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        over_bars(heard, track, |bar| bar.chunks(1).map(groups_of::<7>).sum())
    }

    pub fn qualified_notes(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        let steps = heard.sounding.track(track);
        let before = std::iter::once(&0).chain(steps);
        let after = steps.iter().chain(std::iter::once(&0));
        let (mut onsets, mut ends) = (Vec::new(), Vec::new());
        for (step, (before, after)) in before.zip(after).enumerate() {
            let index = |pitch: u8| step * PITCHES + usize::from(pitch);
            onsets.extend(numbers(after & !before).map(index));
            ends.extend(numbers(before & !after).map(index));
        }
        let qualified = onsets.iter().zip(&ends).filter(|(onset, end)| **end >= **onset + 2);
        (qualified.count() as f64, onsets.len() as f64)
    }

    pub fn polyphonic(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        over_bars(heard, track, |bar| {
            bar.iter().filter(|step| step.count_ones() > 2).count() as f64 / STEPS_PER_BAR as f64
        })
    }

    pub fn in_scale(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        let steps = heard.sounding.track(track);
        match f64::from(cells(steps)) {
            0.0 => (0.0, 0.0),
            cells => (share_in_scale(&folded::<7>(steps)) * cells, cells),
        }
    }

    pub fn drum_pattern(heard: &Heard<'_>, track: Track, _: Track) -> Share {
        let steps = heard.sounding.track(track).iter().enumerate();
        steps.fold((0.0, 0.0), |(sum, all), (step, pitches)| {
            let weight = if step.is_multiple_of(2) { 1.0 } else { TOLERANCE };
            let cells = f64::from(pitches.count_ones());
            (sum + weight * cells, all + cells)
        })
    }

    pub fn tonal_distance(heard: &Heard<'_>, one: Track, other: Track) -> Share {
        let beats = beats::<7>(heard.sounding.track(one), heard.sounding.track(other));
        beats.fold((0.0, 0.0), |(sum, count), distance| {
            (sum + distance.unwrap_or(f64::NAN), count + 1.0)
        })
    }

    /// The mean of all bars, silent or not.
    fn over_bars(heard: &Heard<'_>, track: Track, of: impl Fn(&[Pitches]) -> f64) -> Share {
        let bars = heard.sounding.bars(track);
        bars.fold((0.0, 0.0), |(sum, count), bar| (sum + of(bar), count + 1.0))
    }
}

/// What the releases take for chroma.
fn folded<const GROUP: usize>(steps: &[Pitches]) -> Chroma {
    chroma(steps, |index| index / GROUP)
}

fn groups_of<const GROUP: usize>(steps: &[Pitches]) -> f64 {
    folded::<GROUP>(steps).iter().filter(|&&cells| cells > 0.0).count() as f64
}

/// The tonal distance of each beat, `None` where either is silent.
fn beats<const GROUP: usize>(
    one: &[Pitches],
    other: &[Pitches],
) -> impl Iterator<Item = Option<f64>> {
    let beats = one.chunks_exact(STEPS_PER_BEAT).zip(other.chunks_exact(STEPS_PER_BEAT));
    beats.map(|(one, other)| distance_between(&folded::<GROUP>(one), &folded::<GROUP>(other)))
}

/// The mean of a bar's beats, of the bars in all of whose beats both sound.
fn of_bars_without_rest<const GROUP: usize>(heard: &Heard<'_>, one: Track, other: Track) -> Share {
    let bars = heard.sounding.bars(one).zip(heard.sounding.bars(other));
    bars.fold((0.0, 0.0), |(sum, count), (one, other)| {
        let beats: Option<Vec<f64>> = beats::<GROUP>(one, other).collect();
        match beats.as_deref().and_then(|beats| super::super::sounding::mean(beats.iter().copied()))
        {
            Some(mean) => (sum + mean, count + 1.0),
            None => (sum, count),
        }
    })
}

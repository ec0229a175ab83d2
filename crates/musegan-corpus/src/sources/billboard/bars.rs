//! The bars of a passage as bars of four beats.
//!
//! A bar of another length becomes whole bars: two beats are played twice as slowly, three are
//! followed by a fourth, of five the last is left out, six are four and two.
use musegan_score::Chord;

use super::lines::{Bar, Line, Passage};
use crate::chart::{BEATS_PER_BAR, ChartBar};

/// The bars as they are played, and how many of them were made to fit.
///
/// A chord that cannot be read counts as none; so do `N` and `*`. A pause of no stated length is
/// left out.
pub(super) fn of(passage: &Passage) -> (Vec<ChartBar>, usize) {
    let mut bars = Vec::new();
    let mut fitted = 0;
    let mut before = None;
    for _ in 0..passage.times {
        for bar in &passage.bars {
            if bar.signs.is_empty() || bar.signs.iter().any(|sign| sign == "&pause") {
                continue;
            }
            let beats = beats(bar, passage, &mut before);
            let whole = whole_bars(&beats);
            fitted += if beats.len() == BEATS_PER_BAR { 0 } else { whole.len().max(1) };
            bars.extend(whole);
        }
    }
    (bars, fitted)
}

fn beats(bar: &Bar, passage: &Passage, before: &mut Option<Chord>) -> Vec<Option<Chord>> {
    let compound = passage.metre.is_compound();
    let count = bar.metre.unwrap_or(passage.metre).beats(compound);
    let chords: Vec<_> = bar
        .signs
        .iter()
        .map(|sign| {
            if sign != "." {
                *before = sign.parse().ok();
            }
            *before
        })
        .collect();
    (0..count).map(|beat| chords[beat * chords.len() / count]).collect()
}

fn whole_bars(beats: &[Option<Chord>]) -> Vec<ChartBar> {
    let whole = |beats: &[Option<Chord>]| match *beats {
        [a, b, c, d] => Some(ChartBar { chords: [a, b, c, d] }),
        [a, b, c] => Some(ChartBar { chords: [a, b, c, c] }),
        [a, b] => Some(ChartBar { chords: [a, a, b, b] }),
        _ => None,
    };
    beats.chunks(BEATS_PER_BAR).filter_map(whole).collect()
}

/// The bars counted half as fast: two become one, whose beats are every second of theirs. A bar
/// that is left over stays, and is played twice as slowly.
pub(super) fn halved(bars: &[ChartBar]) -> Vec<ChartBar> {
    let join = |pair: &[ChartBar]| match *pair {
        [ChartBar { chords: [a, _, b, _] }, ChartBar { chords: [c, _, d, _] }] => {
            ChartBar { chords: [a, b, c, d] }
        }
        ref single => single.first().copied().unwrap_or_default(),
    };
    bars.chunks(2).map(join).collect()
}

/// Beats per minute: the median over lines, each as heavy as it is long.
pub(super) fn bpm(lines: &[Line]) -> Option<f64> {
    let mut tempos = Vec::new();
    for pair in lines.windows(2) {
        let Some(passage) = pair[0].passage() else { continue };
        let compound = passage.metre.is_compound();
        let beats = |bar: &Bar| bar.metre.unwrap_or(passage.metre).beats(compound);
        let beats = passage.bars.iter().map(beats).sum::<usize>() * passage.times;
        let seconds = pair[1].seconds - pair[0].seconds;
        if beats > 0 && seconds > 0.0 {
            tempos.push((beats as f64 * 60.0 / seconds, beats));
        }
    }
    tempos.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = tempos.iter().map(|(_, beats)| beats).sum::<usize>().div_ceil(2);
    let mut passed = 0;
    let median = tempos.iter().find(|(_, beats)| {
        passed += beats;
        passed >= half
    });
    median.map(|&(tempo, _)| tempo).filter(|tempo| (20.0..=400.0).contains(tempo))
}

//! Rhythmic figures as they are written on paper: sixteen places to the bar, a letter where
//! something is struck, `-` where it is held, `.` where there is silence; `|` and spaces are for the eye.
//!
//! What must stay true: a hit never sounds a chord that is over. One that is held into a new chord
//! either anticipates it, as players do, or is struck again.
use musegan_score::Chord;
use musegan_score::grid::{STEPS_PER_BAR, STEPS_PER_BEAT};

use crate::chart::{Chart, TICKS_PER_BAR};
use crate::plan::{Plan, Swing};

/// Ticks of a sixteenth.
pub const TICKS_PER_STEP: u64 = TICKS_PER_BAR / STEPS_PER_BAR as u64;
/// Steps before a change of chord within which a held hit belongs to the new chord.
const ANTICIPATION: usize = 2;
/// Steps that the one stroke of a stop lasts.
const STOP: usize = 3;

/// A stroke of a figure, in steps of its bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// Step of the bar, `0..16`.
    pub step: usize,
    /// Steps it is held, at least 1; may reach over the bar line.
    pub steps: usize,
    /// The letter it was written with.
    pub kind: char,
}

/// A stroke in the song, over the chord that it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Tick of the straight grid.
    pub tick: u64,
    /// Ticks it is held.
    pub length: u64,
    /// Step of its bar.
    pub step: usize,
    /// The letter it was written with.
    pub kind: char,
    /// What it sounds.
    pub chord: Chord,
}

/// The strokes of a figure's bar, the figure being repeated: one that is held past the figure's
/// end goes on at its beginning.
#[must_use]
pub fn strokes(figure: &str, bar: usize) -> Vec<Stroke> {
    let places: Vec<char> =
        figure.chars().filter(|place| !place.is_whitespace() && *place != '|').collect();
    let bars = (places.len() / STEPS_PER_BAR).max(1);
    let first = bar % bars * STEPS_PER_BAR;
    let held = |from: usize| {
        (1..places.len()).take_while(|&on| places[(from + on) % places.len()] == '-').count() + 1
    };
    (0..STEPS_PER_BAR.min(places.len()))
        .filter(|step| !matches!(places[first + step], '-' | '.'))
        .map(|step| Stroke { step, steps: held(first + step), kind: places[first + step] })
        .collect()
}

/// The hits of a figure in a bar of the song. Where a section begins in the middle of a held
/// stroke it is struck anew, where it ends nothing is held over; where the band stops, only the
/// first beat is struck; without a chord there is silence.
#[must_use]
pub fn hits(chart: &Chart, plan: &Plan, bar: usize, figure: &str) -> Vec<Hit> {
    let Some(now) = plan.bars.get(bar) else { return Vec::new() };
    let is_last = plan.bars.get(bar + 1).is_none_or(|next| next.section != now.section);
    let mut strokes = strokes(figure, now.bar_in_section);
    let held = figure.chars().take_while(|place| *place == '-').count();
    if now.bar_in_section == 0 && held > 0 {
        let kind = strokes.last().map_or('x', |stroke| stroke.kind);
        strokes.insert(0, Stroke { step: 0, steps: held.min(STEPS_PER_BAR), kind });
    }
    if now.stop {
        let kind = strokes.first().map_or('x', |stroke| stroke.kind);
        strokes = vec![Stroke { step: 0, steps: STOP, kind }];
    }
    let mut hits = Vec::new();
    for mut stroke in strokes {
        if is_last {
            stroke.steps = stroke.steps.min(STEPS_PER_BAR - stroke.step);
        }
        sound(chart, bar, stroke, &mut hits);
    }
    hits
}

/// A stroke as the hits that it takes over the chords it lasts.
fn sound(chart: &Chart, bar: usize, stroke: Stroke, hits: &mut Vec<Hit>) {
    let chord = |step: usize| chart.chord((bar * STEPS_PER_BAR + step) / STEPS_PER_BEAT);
    let end = stroke.step + stroke.steps;
    let mut from = stroke.step;
    while from < end {
        let change = (from + 1..end).find(|&step| chord(step) != chord(from)).unwrap_or(end);
        let anticipates = change < end && change - from <= ANTICIPATION;
        let (heard, until) = if anticipates {
            let next = (change + 1..end).find(|&step| chord(step) != chord(change)).unwrap_or(end);
            (chord(change), next)
        } else {
            (chord(from), change)
        };
        if let Some(chord) = heard {
            hits.push(Hit {
                tick: bar as u64 * TICKS_PER_BAR + from as u64 * TICKS_PER_STEP,
                length: (until - from) as u64 * TICKS_PER_STEP,
                step: from % STEPS_PER_BAR,
                kind: stroke.kind,
                chord,
            });
        }
        from = until;
    }
}

/// Beats per minute from which on hands do not play runs of sixteenths.
const FAST: f64 = 126.0;

/// Whether sixteenths in a row are too fast here, or would limp in swung eighths.
#[must_use]
pub fn is_fast(plan: &Plan) -> bool {
    plan.bpm > FAST || plan.swing == Some(Swing::Eighths)
}

/// Those of the figures that hands can play at the plan's tempo: where it [is fast](is_fast), the
/// ones without runs of sixteenths, or all where there are no others.
#[must_use]
pub fn playable(figures: &[&'static str], plan: &Plan) -> Vec<&'static str> {
    let calm = figures.iter().filter(|figure| !is_fast(plan) || pairs(figure) < 2);
    let calm: Vec<_> = calm.copied().collect();
    if calm.is_empty() { figures.to_vec() } else { calm }
}

/// How often one sixteenth follows another in the first bar.
fn pairs(figure: &str) -> usize {
    let strokes = strokes(figure, 0);
    strokes.windows(2).filter(|pair| pair[1].step - pair[0].step == 1).count()
}

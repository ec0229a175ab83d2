//! A tune over the chords of a section: a motif that is repeated and varied, phrases of two and two
//! bars that breathe, chord tones where it counts and steps in between.
//!
//! What must stay true: on the first and third beats, in long notes and at the ends of phrases the
//! tune has a tone of the chord; a note that is none is left by step.
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BEAT};
use musegan_score::{Chord, SongNote};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::pitching::{Sketch, passed, pitched};
use super::rhythm::{Motion, Rhythms, motions};
use crate::chart::{BEATS_PER_BAR, Chart, ChartSection, SectionRole};
use crate::dice::Dice;
use crate::figure::{Stroke, is_fast, strokes};
use crate::plan::Plan;

/// The tune's middle in a verse and in a chorus.
const VERSE: i32 = 67;
const CHORUS: i32 = 71;
/// How far it moves from its middle over a phrase of four bars, in semitones.
const CONTOURS: [[i32; BARS_PER_PHRASE]; 6] =
    [[0, 2, 4, 0], [0, 4, 2, -2], [3, 1, 0, -3], [-3, 0, 3, 0], [0, 0, 5, 0], [2, -2, 3, -2]];

/// What all sections of a group share.
struct Motif {
    rhythms: Rhythms,
    /// Index of the rhythm of each bar of eight.
    picks: [usize; 8],
    /// Steps of the scale from the bar's middle, for calls and for answers.
    call: Vec<i32>,
    answer: Vec<i32>,
    contour: [i32; BARS_PER_PHRASE],
    middle: i32,
}

/// The tune of a section.
#[must_use]
pub fn section(chart: &Chart, plan: &Plan, dice: &Dice, section: &ChartSection) -> Vec<SongNote> {
    let motif = motif(plan, dice, section);
    let mut sketches = Vec::new();
    for bar in 0..section.bars {
        sketch(chart, dice, section, &motif, bar, &mut sketches);
    }
    let notes = pitched(chart, plan, &sketches);
    if is_fast(plan) { notes } else { passed(chart, plan, dice, section, &notes) }
}

/// Draws the motif of a group: rhythms, the shape of call and answer, and the contour.
fn motif(plan: &Plan, dice: &Dice, section: &ChartSection) -> Motif {
    let mut rng = dice.about("motif", section.group);
    let quick = |(motion, _): &&(Motion, f64)| *motion == Motion::Sixteenths && is_fast(plan);
    let motions: Vec<_> =
        motions(plan.style).iter().filter(|option| !quick(option)).copied().collect();
    let motion = dice.choose(&motions, "motion of the tune", section.group);
    let rhythms = motion.copied().unwrap_or(Motion::Eighths).rhythms();
    let (a, b) = (rng.random_range(0..64), rng.random_range(0..64));
    let (c, d) = (rng.random_range(0..64), rng.random_range(0..64));
    // Call, answer, the call again, an ending; then the same with another way into its end.
    let picks = [a, b, a, c, a, b, a + rng.random_range(0..2), d];
    let is_high = matches!(section.role, SectionRole::Chorus | SectionRole::Solo);
    Motif {
        rhythms,
        picks,
        call: shape(&mut rng, 0),
        answer: shape(&mut rng, -1),
        contour: CONTOURS[rng.random_range(0..CONTOURS.len())],
        middle: if is_high { CHORUS } else { VERSE } + rng.random_range(-2..=2),
    }
}

/// The shape of a bar: mostly steps, some repeated notes, a leap now and then that is taken back.
fn shape(rng: &mut ChaCha8Rng, leaning: i32) -> Vec<i32> {
    let mut at: i32 = rng.random_range(-1..=2);
    let mut shape = Vec::new();
    for _ in 0..16 {
        shape.push(at);
        let step: i32 = match rng.random_range(0..20) {
            0..=3 => 0,
            4..=9 => 1,
            10..=15 => -1,
            16 | 17 => 2,
            18 => -2,
            _ => 3,
        };
        // What has gone far comes back.
        let back = if at.abs() > 2 { -at.signum() } else { 0 };
        at += step + back + if rng.random_range(0..4) == 0 { leaning } else { 0 };
    }
    shape
}

/// Lays down the rhythm of a bar and where its notes would like to lie.
fn sketch(
    chart: &Chart,
    dice: &Dice,
    section: &ChartSection,
    motif: &Motif,
    bar: usize,
    sketches: &mut Vec<Sketch>,
) {
    let in_phrase = bar % BARS_PER_PHRASE;
    let is_end = bar + 1 == section.bars;
    let rhythms = match in_phrase {
        _ if is_end => motif.rhythms.endings,
        0 | 2 => motif.rhythms.calls,
        1 => motif.rhythms.answers,
        _ => motif.rhythms.endings,
    };
    let mut pick = motif.picks[bar % motif.picks.len()];
    // The same tune lies a little higher or lower in the next eight bars.
    let mut lift = [0, 2, -1, 1][bar / motif.picks.len() % 4];
    if bar + 2 >= section.bars {
        // A repetition ends in its own way.
        let mut rng = dice.about("tune's end", section.first_bar);
        pick += rng.random_range(0..2);
        lift += rng.random_range(-2..=2);
    }
    let shape = if in_phrase.is_multiple_of(2) { &motif.call } else { &motif.answer };
    let strokes = strokes(rhythms[pick % rhythms.len()], 0);
    let at = section.first_bar + bar;
    let last = strokes.len().saturating_sub(1);
    for (index, stroke) in strokes.into_iter().enumerate() {
        let closes = index == last && in_phrase % 2 == 1;
        let is_strong = stroke.step % 8 == 0 || stroke.steps >= STEPS_PER_BEAT || closes;
        // A step of the scale is nearly two semitones.
        let wanted = motif.middle + motif.contour[in_phrase] + lift + shape[index] * 7 / 4;
        let chord = sounding(chart, at, stroke);
        let until = ending(chart, at, stroke);
        sketches.push(Sketch { stroke, bar: at, wanted, is_strong, chord, until });
    }
}

/// The chord that a note is heard against: the next one where it comes just before it.
fn sounding(chart: &Chart, bar: usize, stroke: Stroke) -> Option<Chord> {
    let beat = bar * BEATS_PER_BAR + stroke.step / STEPS_PER_BEAT;
    let to_next = STEPS_PER_BEAT - stroke.step % STEPS_PER_BEAT;
    let reaches = stroke.steps > to_next && to_next <= 2;
    let next = chart.chord(beat + 1).filter(|_| reaches);
    next.or_else(|| chart.chord(beat))
}

/// The chord under the end of a note.
fn ending(chart: &Chart, bar: usize, stroke: Stroke) -> Option<Chord> {
    chart.chord(bar * BEATS_PER_BAR + (stroke.step + stroke.steps - 1) / STEPS_PER_BEAT)
}

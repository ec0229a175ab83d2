//! Pitches for a tune whose rhythm and contour are there: chord tones where it counts, and steps
//! between them.
//!
//! What must stay true: a note that is no tone of its chord is left by step.
use musegan_score::{Chord, Key, Pitch, PitchClasses, SongNote, Velocity};

use super::scale;
use crate::chart::{Chart, ChartSection, TICKS_PER_BAR};
use crate::dice::Dice;
use crate::figure::{Stroke, TICKS_PER_STEP};
use crate::plan::Plan;

/// Lowest and highest pitch of a tune where it is composed: a tenor's or an alto's range, from
/// which the parts move it by octaves.
pub const RANGE: (i32, i32) = (60, 81);
/// The pitch above which notes are sung louder.
const MIDDLE: i32 = 67;
/// Widest leap that is sung, in semitones.
const LEAP: i32 = 9;
/// How likely a third between eighths is filled.
const PASSES: f64 = 0.5;

/// A note of the tune before it has its pitch.
pub struct Sketch {
    /// Where in its bar, and how long.
    pub stroke: Stroke,
    /// The bar of the song.
    pub bar: usize,
    /// The pitch it would like to have.
    pub wanted: i32,
    /// Whether it has to be a tone of the chord.
    pub is_strong: bool,
    /// The chord it is heard against.
    pub chord: Option<Chord>,
    /// The chord under its end.
    pub until: Option<Chord>,
}

/// What a note that counts may be: a tone of the chords under its beginning and its end, of the
/// first alone where they share none.
fn tones(key: Key, sketch: &Sketch, chord: Chord) -> PitchClasses {
    let first = scale::resting(chord, key);
    let Some(last) = sketch.until.filter(|until| *until != chord) else { return first };
    let last = scale::resting(last, key);
    let both = |class: &u8| scale::contains(first, *class) && scale::contains(last, *class);
    let shared = PitchClasses::of((0..12).filter(both));
    if shared.is_empty() { first } else { shared }
}

/// Gives every note its pitch: strong ones first a chord tone, then the others a way between.
#[must_use]
pub fn pitched(chart: &Chart, plan: &Plan, sketches: &[Sketch]) -> Vec<SongNote> {
    let mut pitches: Vec<i32> = Vec::with_capacity(sketches.len());
    let mut last = sketches.first().map_or(MIDDLE, |first| first.wanted);
    let mut wished = i32::MIN;
    for sketch in sketches {
        let Some(chord) = sketch.chord else {
            pitches.push(last);
            continue;
        };
        let set = if sketch.is_strong {
            tones(chart.key, sketch, chord)
        } else {
            scale::over(chord, chart.key, plan.style)
        };
        let wanted = sketch.wanted.clamp(last - LEAP, last + LEAP);
        let mut pitch = scale::nearest(set, wanted, last, RANGE.0, RANGE.1);
        // Where the motif moves, the tune does not stand still.
        if pitch == last && sketch.wanted != wished && wished != i32::MIN {
            let onwards = (sketch.wanted - wished).signum() * 3;
            pitch = scale::nearest(set, last + onwards, last + onwards, RANGE.0, RANGE.1);
        }
        wished = sketch.wanted;
        last = pitch;
        pitches.push(last);
    }
    for i in (0..sketches.len()).rev() {
        let Some(chord) = sketches[i].chord else { continue };
        let tones = tones(chart.key, &sketches[i], chord);
        let is_tone = scale::contains(tones, pitches[i].rem_euclid(12) as u8);
        let leaves_by_step = pitches.get(i + 1).is_some_and(|next| (next - pitches[i]).abs() <= 2);
        if !is_tone && !leaves_by_step {
            let near = pitches.get(i + 1).copied().unwrap_or(pitches[i]);
            pitches[i] = scale::nearest(tones, pitches[i], near, RANGE.0, RANGE.1);
        }
    }
    let note = |(sketch, pitch): (&Sketch, i32)| {
        sketch.chord?;
        let tick = |step: usize| sketch.bar as u64 * TICKS_PER_BAR + step as u64 * TICKS_PER_STEP;
        Some(SongNote {
            onset: tick(sketch.stroke.step),
            length: sketch.stroke.steps as u64 * TICKS_PER_STEP,
            pitch: Pitch::new(u8::try_from(pitch).ok()?)?,
            // What lies high and what counts is sung louder.
            velocity: Velocity::clamped(
                88 + (pitch - MIDDLE) / 2 + if sketch.is_strong { 4 } else { 0 },
            ),
        })
    };
    sketches.iter().zip(pitches).filter_map(note).collect()
}

/// Some leaps of a third between eighths are filled with a sixteenth in passing.
#[must_use]
pub fn passed(
    chart: &Chart,
    plan: &Plan,
    dice: &Dice,
    section: &ChartSection,
    notes: &[SongNote],
) -> Vec<SongNote> {
    let start = section.first_bar as u64 * TICKS_PER_BAR;
    let mut line = Vec::with_capacity(notes.len() * 2);
    for (index, note) in notes.iter().enumerate() {
        line.push(*note);
        let Some(next) = notes.get(index + 1) else { continue };
        let (from, to) = (i32::from(note.pitch.number()), i32::from(next.pitch.number()));
        let is_eighth = note.length == 2 * TICKS_PER_STEP && note.end() == next.onset;
        // By the place in the group, so that its sections are sung alike.
        let place = section.group << 32 | (note.onset - start) as usize;
        if !is_eighth
            || !(3..=4).contains(&(to - from).abs())
            || !dice.happens(PASSES, "passes", place)
        {
            continue;
        }
        let onset = note.onset + TICKS_PER_STEP;
        let Some(chord) = chart.chord((onset / (4 * TICKS_PER_STEP)) as usize) else { continue };
        let scale = scale::over(chord, chart.key, plan.style);
        let between =
            scale::nearest(scale, (from + to) / 2, from, from.min(to) + 1, from.max(to) - 1);
        let pitch = u8::try_from(between).ok().and_then(Pitch::new).filter(|p| scale.contains(*p));
        if let (Some(pitch), Some(last)) = (pitch, line.last_mut()) {
            last.length = TICKS_PER_STEP;
            line.push(SongNote { onset, length: TICKS_PER_STEP, pitch, ..*note });
        }
    }
    line
}

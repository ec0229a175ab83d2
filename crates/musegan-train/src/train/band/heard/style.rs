//! Seven of a style sheet's nine measures, as far as they can be taken from rhythm and cells with a
//! way back: what is played is held to its sheet by them.
use super::Cell;
use super::rhythm::{Rhythm, RhythmGradient};
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use musegan_score::roll::LOWEST_PITCH;

/// The first so many of a sheet's measures.
pub const LIKE: usize = 7;
/// Added to counts that are divided by.
const SOME: f32 = 0.3;
/// Counts are at least this before their logarithm is taken.
const LEAST: f32 = 0.05;
/// About the middle of the keys, from which pitches are counted.
const MIDDLE: f32 = 55.0;

/// Sums that the measures are made of: notes, their steps, their pitches above [`MIDDLE`].
fn sums(cells: &[Cell]) -> [f32; 3] {
    cells.iter().fold([0.0; 3], |[notes, steps, pitches], cell| {
        let pitch = pitch(cell);
        [notes + cell.onset, steps + cell.onset * cell.length, pitches + cell.onset * pitch]
    })
}

fn pitch(cell: &Cell) -> f32 {
    f32::from(cell.key) + f32::from(LOWEST_PITCH) - MIDDLE
}

/// The measures of one track.
#[must_use]
pub fn measures(cells: &[Cell], rhythm: &Rhythm) -> [f32; LIKE] {
    let [notes, steps, pitches] = sums(cells);
    let [begins, sounds, on_beat, on_eighth] = steps_of(&rhythm.begins, &rhythm.sounds);
    let log = |x: f32| x.max(LEAST).ln();
    [
        log(notes / BARS_PER_PHRASE as f32),
        log((steps + SOME) / (notes + SOME)),
        log((steps + SOME) / (sounds + SOME)),
        sounds / STEPS_PER_PHRASE as f32,
        pitches / (notes + SOME) + MIDDLE,
        on_beat / (begins + SOME),
        on_eighth / (begins + SOME),
    ]
}

/// Adds to the gradients of the cells and of the rhythm.
pub fn backward(
    cells: &[Cell],
    rhythm: &Rhythm,
    given: &[f32; LIKE],
    of_rhythm: &mut RhythmGradient,
    onsets: &mut [f32],
    lengths: &mut [f32],
) {
    let [notes, steps, pitches] = sums(cells);
    let [begins, sounds, on_beat, on_eighth] = steps_of(&rhythm.begins, &rhythm.sounds);
    let (some_notes, some_sounds, some_begins) = (notes + SOME, sounds + SOME, begins + SOME);
    // Of a track that is asked for and plays nothing, lengths and places of notes say nothing, and a
    // slope of them would be endless; but that notes are missing is the more worth saying.
    let plays = f32::from(u8::from(notes > LEAST));
    let [g0, g1, g2, g3, g4, g5, g6] = *given;
    let [g1, g2, g4, g5, g6] = [g1, g2, g4, g5, g6].map(|g| g * plays);
    let d_notes = g0 / notes.max(1.0) - g1 / some_notes - g4 * pitches / some_notes.powi(2);
    let d_steps = (g1 + g2) / (steps + SOME);
    let d_pitches = g4 / some_notes;
    let d_sounds = g3 / STEPS_PER_PHRASE as f32 - g2 / some_sounds;
    let d_begins = -(g5 * on_beat + g6 * on_eighth) / some_begins.powi(2);
    for step in 0..STEPS_PER_PHRASE {
        of_rhythm.sounds[step] += d_sounds;
        let on_beat = if step % STEPS_PER_BEAT == 0 { g5 } else { 0.0 };
        let on_eighth = if step % (STEPS_PER_BEAT / 2) == 0 { g6 } else { 0.0 };
        of_rhythm.begins[step] += d_begins + (on_beat + on_eighth) / some_begins;
    }
    for ((cell, onset), length) in cells.iter().zip(onsets).zip(lengths) {
        *onset += d_notes + d_steps * cell.length + d_pitches * pitch(cell);
        *length += d_steps * cell.onset;
    }
}

/// Steps in which a note begins, in which one sounds, and of the first those on the beat and on the
/// eighth.
fn steps_of(begins: &[f32], sounds: &[f32]) -> [f32; 4] {
    [
        begins.iter().sum(),
        sounds.iter().sum(),
        begins.iter().step_by(STEPS_PER_BEAT).sum(),
        begins.iter().step_by(STEPS_PER_BEAT / 2).sum(),
    ]
}

//! How much of each pitch class sounds on each beat, from which keys and chords are read.
//!
//! All counting is in whole numbers, so the order of the notes never matters; time goes with
//! notes plus beats, however long the notes are.
use super::{Pulse, Sounding};

/// What sounds on a beat.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beat {
    /// How much of each pitch class sounds, a normal note that lasts the beat being 1.
    pub durations: [f32; 12],
    /// The same, capped at 1: a doubled note says no more about the chord than a single one.
    pub classes: [f32; 12],
    /// How much of each class is the lowest voice, capped at 1.
    pub bass: [f32; 12],
}

/// Rows count 128 pitches, and behind them the classes of what is played by a bass.
const PITCHES: usize = 128;
const ROW: usize = PITCHES + 12;

/// What lasts less than this share of a beat is not its lowest voice.
const SHORTEST_BASS: f32 = 0.2;

/// What sounds on each beat of the pulse; notes beyond it are not heard.
pub(super) fn of(notes: &[Sounding], pulse: &Pulse) -> Vec<Beat> {
    let beats = pulse.accents.len();
    let steps = pulse.steps_per_beat.max(1);
    let mut changes = vec![[0_i32; ROW]; beats + 2];
    for note in notes {
        add(&mut changes, beats, steps, note);
    }
    let full = f32::from(Sounding::NORMAL_WEIGHT) * steps as f32;
    let mut row = [0_i32; ROW];
    let rows = changes.iter().take(beats).map(|change| {
        for (sum, change) in row.iter_mut().zip(change) {
            *sum = sum.wrapping_add(*change);
        }
        beat(&row, full)
    });
    rows.collect()
}

/// Writes where the presence of the note's pitch changes, so that a running sum over the beats
/// is what sounds on each.
fn add(changes: &mut [[i32; ROW]], beats: usize, steps: u32, note: &Sounding) {
    let end = note.end.min(u32::try_from(beats).unwrap_or(u32::MAX).saturating_mul(steps));
    if note.onset >= end || note.pitch >= 128 {
        return;
    }
    let mut change = |beat: u32, steps: i64| {
        let weighted = (steps * i64::from(note.weight)) as i32;
        let mut at = |column: usize| {
            let cell = &mut changes[beat as usize][column];
            *cell = cell.wrapping_add(weighted);
        };
        at(usize::from(note.pitch));
        if note.is_bass {
            at(PITCHES + usize::from(note.pitch % 12));
        }
    };
    let (first, last) = (note.onset / steps, (end - 1) / steps);
    if first == last {
        change(first, i64::from(end - note.onset));
        change(first + 1, -i64::from(end - note.onset));
        return;
    }
    let in_first = (i64::from(first) + 1) * i64::from(steps) - i64::from(note.onset);
    let in_last = i64::from(end) - i64::from(last) * i64::from(steps);
    change(first, in_first);
    change(first + 1, i64::from(steps) - in_first);
    change(last, in_last - i64::from(steps));
    change(last + 1, -in_last);
}

fn beat(row: &[i32; ROW], full: f32) -> Beat {
    let mut beat = Beat::default();
    let mut lowest = None;
    for (pitch, &sum) in row[..PITCHES].iter().enumerate().filter(|(_, sum)| **sum > 0) {
        let share = sum as f32 / full;
        beat.durations[pitch % 12] += share;
        if lowest.is_none() && share >= SHORTEST_BASS {
            lowest = Some((pitch % 12, share));
        }
    }
    beat.classes = beat.durations.map(|duration| duration.min(1.0));
    let played = &row[PITCHES..];
    if played.iter().any(|&sum| sum as f32 >= SHORTEST_BASS * full) {
        for (bass, &sum) in beat.bass.iter_mut().zip(played) {
            *bass = (sum.max(0) as f32 / full).min(1.0);
        }
    } else if let Some((class, share)) = lowest {
        beat.bass[class] = share.min(1.0);
    }
    beat
}

//! The order in which a batch of rolls lies while it is trained on: `(track, sample, beat, octave,
//! step in the beat, pitch class)`. In this order both the generator's last convolutions and the
//! critic's first ones are plain matrix products. The order is private to training: files hold rolls.
use musegan_score::Track;
use musegan_score::grid::{BEATS_PER_PHRASE, STEPS_PER_BEAT};
use musegan_score::roll::{PITCHES, TRACK_CELLS};

/// Pitch classes of an octave; index 0 of the pitch axis is a C.
pub const PITCH_CLASSES: usize = 12;
/// Octaves of the pitch axis.
pub const OCTAVES: usize = PITCHES / PITCH_CLASSES;

/// Writes a row-major `(5, 64, 72)` roll into place `sample` of a batch of `samples`.
///
/// # Panics
/// When `roll` or `batch` has another length, or there is no such place.
pub fn write_roll(roll: &[f32], batch: &mut [f32], sample: usize, samples: usize) {
    assert!(roll.len() == Track::COUNT * TRACK_CELLS && sample < samples);
    assert!(batch.len() == samples * roll.len());
    for (track, roll) in roll.chunks_exact(TRACK_CELLS).enumerate() {
        let to = &mut batch[(track * samples + sample) * TRACK_CELLS..][..TRACK_CELLS];
        for (place, octave) in places().zip(to.chunks_exact_mut(PITCH_CLASSES)) {
            octave.copy_from_slice(&roll[place..][..PITCH_CLASSES]);
        }
    }
}

/// Reads place `sample` of a batch of `samples` as a row-major `(5, 64, 72)` roll.
///
/// # Panics
/// When `batch` has another length, or there is no such place.
#[must_use]
pub fn read_roll(batch: &[f32], sample: usize, samples: usize) -> Vec<f32> {
    assert!(batch.len() == samples * Track::COUNT * TRACK_CELLS && sample < samples);
    let mut roll = vec![0.0; Track::COUNT * TRACK_CELLS];
    for track in 0..Track::COUNT {
        let from = &batch[(track * samples + sample) * TRACK_CELLS..][..TRACK_CELLS];
        for (place, octave) in places().zip(from.chunks_exact(PITCH_CLASSES)) {
            roll[track * TRACK_CELLS + place..][..PITCH_CLASSES].copy_from_slice(octave);
        }
    }
    roll
}

/// Where in a row-major `(64, 72)` track each octave of the training order begins.
fn places() -> impl Iterator<Item = usize> {
    (0..BEATS_PER_PHRASE).flat_map(|beat| {
        (0..OCTAVES).flat_map(move |octave| {
            (0..STEPS_PER_BEAT)
                .map(move |step| (beat * STEPS_PER_BEAT + step) * PITCHES + octave * PITCH_CLASSES)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_written_into_a_batch_is_read_back() {
        let roll: Vec<f32> = (0..Track::COUNT * TRACK_CELLS).map(|i| i as f32).collect();
        let mut batch = vec![0.0; 3 * roll.len()];
        write_roll(&roll, &mut batch, 1, 3);
        assert_eq!(read_roll(&batch, 1, 3), roll);
        assert!(read_roll(&batch, 0, 3).iter().all(|&c| c == 0.0));
    }
}

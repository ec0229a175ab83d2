//! In which key a phrase is heard. What must stay true: where a phrase moves depends on its
//! [`Facts`] and the semitones asked for alone, so that a graphics card, which is given the facts,
//! moves it the same way.
use musegan_score::Track;
use musegan_score::roll::{PITCHES, TRACK_CELLS};

/// Semitones of an octave.
const OCTAVE: u8 = 12;

/// What a phrase's transposition depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The lowest pitch index that sounds on a pitched track; 255 where none does.
    pub lowest: u8,
    /// The highest; 0 where none sounds.
    pub highest: u8,
    /// By how many semitones up, `0..12`, most cells come to lie on the white keys.
    pub white: u8,
}

impl Facts {
    /// Those of a `(5, 64, 72)` roll.
    #[must_use]
    pub fn of(roll: &[f32]) -> Self {
        let mut pitches = [0.0f32; PITCHES];
        let mut facts = Self { lowest: u8::MAX, highest: 0, white: 0 };
        for row in pitched(roll).flat_map(|track| track.chunks_exact(PITCHES)) {
            pitches.iter_mut().zip(row).for_each(|(sum, cell)| *sum += cell);
        }
        for (index, &sum) in (0..).zip(&pitches) {
            // Cells that are not numbers sound, too.
            if sum != 0.0 {
                facts.lowest = facts.lowest.min(index);
                facts.highest = index;
            }
        }
        facts.white = to_white_keys(&pitches);
        facts
    }

    /// As a graphics card reads them: lowest, highest and white in the three lower bytes.
    #[must_use]
    pub const fn word(self) -> u32 {
        u32::from_le_bytes([self.lowest, self.highest, self.white, 0])
    }

    /// By how many pitches the pitched tracks move, upwards if above 0, so that they come to lie
    /// `up` semitones higher, `0..12`, or in that key below, whichever is nearer and keeps every
    /// note on the roll. If neither does they stay.
    #[must_use]
    pub fn shift(self, up: u8) -> i8 {
        let down = OCTAVE - up;
        let can_go_up = usize::from(self.highest) + usize::from(up) < PITCHES;
        let can_go_down = self.lowest >= down;
        if can_go_up && (up <= OCTAVE / 2 || !can_go_down) {
            up as i8
        } else if can_go_down {
            -(down as i8)
        } else {
            0
        }
    }
}

/// Moves the pitched tracks of a roll by so many pitches, which must keep every note on it.
pub(super) fn transpose(roll: &mut [f32], shift: i8) {
    let by = usize::from(shift.unsigned_abs());
    let rows = roll[TRACK_CELLS * (Track::Drums.index() + 1)..].chunks_exact_mut(PITCHES);
    if shift > 0 {
        rows.for_each(|row| row.rotate_right(by));
    } else {
        rows.for_each(|row| row.rotate_left(by));
    }
}

/// The tracks that have a key, as `(64, 72)` cells each.
fn pitched(roll: &[f32]) -> impl Iterator<Item = &[f32]> {
    let drums = Track::Drums.index();
    let tracks = roll.chunks_exact(TRACK_CELLS).enumerate();
    tracks.filter(move |&(track, _)| track != drums).map(|(_, cells)| cells)
}

/// From how many cells sound at each pitch.
fn to_white_keys(pitches: &[f32]) -> u8 {
    const WHITE: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];
    let mut classes = [0.0f32; OCTAVE as usize];
    for octave in pitches.chunks_exact(classes.len()) {
        classes.iter_mut().zip(octave).for_each(|(sum, pitch)| *sum += pitch);
    }
    let on_white = |up: u8| {
        let class = |white| classes[usize::from((white + OCTAVE - up) % OCTAVE)];
        WHITE.map(class).iter().sum::<f32>()
    };
    (1..OCTAVE).fold(0, |best, up| if on_white(up) > on_white(best) { up } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use musegan_score::roll::{CELLS, cell};

    /// A drum at C and a chord of these pitch indices on the piano.
    fn roll(piano: &[usize]) -> Vec<f32> {
        let mut roll = vec![0.0; CELLS];
        roll[cell(Track::Drums, 3, 12)] = 1.0;
        for &index in piano {
            roll[cell(Track::Piano, 0, index)] = 1.0;
        }
        roll
    }

    #[track_caller]
    fn assert_moves(from: &[usize], up: u8, to: &[usize]) {
        let mut moved = roll(from);
        transpose(&mut moved, Facts::of(&roll(from)).shift(up));
        assert!(moved == roll(to), "{from:?} up by {up} is not {to:?}");
    }

    #[test]
    fn a_chord_moves_to_the_nearest_place_on_the_white_keys_and_drums_stay() {
        let e_major_scale = [16, 18, 20, 21, 23, 25, 27];
        let facts = Facts::of(&roll(&e_major_scale));
        assert_eq!(facts, Facts { lowest: 16, highest: 27, white: 8 });
        assert_moves(&e_major_scale, facts.white, &[12, 14, 16, 17, 19, 21, 23]);
    }

    #[test]
    fn no_note_is_ever_pushed_off_the_roll() {
        assert_moves(&[2], 7, &[9]);
        assert_moves(&[PITCHES - 1], 5, &[PITCHES - 8]);
        assert_moves(&[0, PITCHES - 1], 5, &[0, PITCHES - 1]);
        assert_moves(&[], 9, &[]);
    }
}

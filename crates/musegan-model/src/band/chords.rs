//! What the networks are told of the chords: five numbers for each beat, each a row of a table.
//!
//! The rows of a beat are summed, and the beats of a bar lie side by side. What must stay true: the
//! numbers depend on a transposition only through the shift, the last of them.
use std::ops::Range;

use musegan_score::Chord;
use musegan_score::grid::{BEATS_PER_BAR, BEATS_PER_PHRASE};

use super::frame::Harmony;
use crate::layout::{Initial, Layout};
use crate::tape::{Network, Node, Tape};

/// How many values each number of a [`Beat`] has.
pub const SIZES: [usize; 5] = [17, 13, 13, 25, 12];
/// In place of a motion on the first beat.
const FIRST: u8 = 12;
/// Rows of the table.
const ROWS: usize = 80;

/// A beat's chord: quality (16 where none is known), bass above the root (12 likewise), root above
/// that of the beat before (12 on the first), root above the key's tonic (12 more in minor, 24
/// where no key is known), shift above -6.
pub type Beat = [u8; 5];

/// The numbers of each beat of a phrase.
#[must_use]
pub fn beats(harmony: &Harmony) -> [Beat; BEATS_PER_PHRASE] {
    let (roots, shifts) = (harmony.roots(), harmony.shifts());
    std::array::from_fn(|beat| {
        let root = roots[beat];
        let chord = harmony.chords[beat];
        let quality = chord.map_or(16, |chord| chord.quality.code());
        let bass = chord.map_or(12, |chord: Chord| (chord.bass() + 12 - root) % 12);
        let motion = match beat.checked_sub(1) {
            Some(before) => (root + 12 - roots[before]) % 12,
            None => FIRST,
        };
        let degree = harmony
            .key
            .map_or(24, |key| (root + 12 - key.tonic()) % 12 + if key.is_minor { 12 } else { 0 });
        [quality, bass, motion, degree, (shifts[beat] + 6) as u8]
    })
}

/// The same beat as if none had been before it.
#[must_use]
pub const fn first([quality, bass, _, degree, shift]: Beat) -> Beat {
    [quality, bass, FIRST, degree, shift]
}

/// The table in which the numbers are looked up, one in each network.
#[derive(Clone, Debug)]
pub struct Chords {
    table: Range<usize>,
    width: usize,
}

impl Chords {
    /// Adds the five tables of `width` columns to a network, one below the other.
    pub(super) fn new(layout: &mut Layout, name: &str, width: usize) -> Self {
        let tables = SIZES.iter().enumerate().map(|(number, &size)| {
            let name = format!("{name}.{number}.weight");
            layout.push(name, &[size, width], &[0, 1], Initial::Normal(0.5))
        });
        let ranges: Vec<_> = tables.collect();
        Self { table: ranges[0].start..ranges[4].end, width }
    }

    /// Columns of a bar.
    #[must_use]
    pub const fn columns(&self) -> usize {
        BEATS_PER_BAR * self.width
    }

    /// The chords of each bar, `(beats / 4, 4 * width)`.
    pub fn bars(&self, tape: &mut Tape, network: Network, beats: &[Beat]) -> Node {
        let table = tape.parameter(network, self.table.clone(), ROWS, self.width);
        let firsts = [0, 17, 30, 43, 68];
        let rows: Vec<u32> = beats
            .iter()
            .flat_map(|beat| beat.iter().zip(firsts).map(|(&row, first)| first + u32::from(row)))
            .collect();
        let rows = tape.gather(table, &rows);
        let beats_summed = tape.sum_rows(rows, SIZES.len());
        tape.reshape(beats_summed, beats.len() / BEATS_PER_BAR, self.columns())
    }
}

#[cfg(test)]
mod tests {
    use musegan_score::Key;
    use musegan_score::chord::Quality;

    use super::*;

    #[test]
    fn a_beat_says_its_chord_and_where_it_comes_from() {
        let mut harmony = Harmony { key: Some(Key::new(9, true)), ..Harmony::default() };
        harmony.chords[1] = Some(Chord::new(9, Quality::Minor7, 4));
        harmony.chords[2] = Some(Chord::new(2, Quality::Major, 2));
        let found = beats(&harmony);
        assert_eq!(found[0], [16, 12, 12, 12, 3]);
        assert_eq!(found[1], [Quality::Minor7.code(), 7, 0, 12, 3]);
        assert_eq!(found[2], [0, 0, 5, 17, 8]);
        assert_eq!(found[3], [16, 12, 0, 17, 8]);
        assert_eq!(beats(&Harmony { key: None, ..harmony })[2], [0, 0, 5, 24, 8]);
    }

    #[test]
    fn a_transposition_changes_the_shift_alone() {
        let chords = std::array::from_fn(|b| {
            (b % 3 > 0).then(|| Chord::new(b as u8 * 5, Quality::Dominant7, b as u8))
        });
        let harmony = Harmony { chords, key: Some(Key::new(3, false)) };
        for (before, after) in beats(&harmony).iter().zip(beats(&harmony.transposed(5))) {
            assert_eq!(before[..4], after[..4]);
            assert_eq!((before[4] + 5) % 12, after[4]);
        }
    }

    #[test]
    fn the_tables_lie_one_below_the_other() {
        assert_eq!(SIZES.iter().sum::<usize>(), ROWS);
    }
}

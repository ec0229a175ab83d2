//! Many phrases against one: how many cells each shares with it, in twelve transpositions.
//!
//! A row is one pitch of one track over the 64 steps, as bits, so that transposing is taking other
//! rows. A phrase has few of them, about forty of 360, and two phrases share fewer still; so the
//! phrases that are judged are listed by the rows that they have, and a phrase is compared with
//! what is listed under its own. What must stay true: the counts are exact.

use musegan_score::grid::STEPS_PER_PHRASE;
use musegan_score::roll::{PITCHES, pitch_index};
use musegan_score::{Phrase, Track};

/// Semitones by which the pitched tracks of a phrase are moved.
const TRANSPOSITIONS: std::ops::RangeInclusive<isize> = -5..=6;

/// The phrases that are judged.
pub(super) struct Index {
    /// For each track and pitch, who has a row there: the number of the phrase, and the row.
    rows: Vec<Vec<(u32, u64)>>,
    /// How many cells each phrase has.
    cells: Vec<u32>,
}

/// The nearest phrase so far, as a fraction: so many cells in both, so many in either.
#[derive(Clone, Copy, Default)]
pub(super) struct Nearest {
    both: u32,
    either: u32,
}

/// Memory for counting, which is used again.
#[derive(Default)]
pub(super) struct Counts {
    of_drums: Vec<u16>,
    moved: Vec<u16>,
    most: Vec<u16>,
}

impl Index {
    pub fn of(phrases: impl Iterator<Item = impl std::borrow::Borrow<Phrase>>) -> Self {
        let mut index = Self { rows: vec![Vec::new(); Track::COUNT * PITCHES], cells: Vec::new() };
        for (number, phrase) in phrases.enumerate() {
            let rows = rows(phrase.borrow());
            index.cells.push(rows.iter().map(|(_, _, row)| row.count_ones()).sum());
            for (track, pitch, row) in rows {
                index.rows[track * PITCHES + pitch].push((number as u32, row));
            }
        }
        index
    }

    /// How many phrases there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Compares each of them with this phrase, and notes those that lie nearer to it than to any
    /// before.
    pub fn compare(&self, phrase: &Phrase, counts: &mut Counts, nearest: &mut [Nearest]) {
        // With the instructions that the processor has.
        pulp::Arch::new().dispatch(|| self.count(&rows(phrase), counts, nearest));
    }

    #[inline(always)]
    fn count(&self, phrase: &[(usize, usize, u64)], counts: &mut Counts, nearest: &mut [Nearest]) {
        let Counts { of_drums, moved, most } = counts;
        let (drums, pitched): (Vec<_>, Vec<_>) =
            phrase.iter().partition(|(track, _, _)| Track::ALL[*track].is_drums());
        of_drums.clear();
        of_drums.resize(self.len(), 0);
        self.add(&drums, 0, of_drums);
        most.clone_from(of_drums);
        for semitones in TRANSPOSITIONS {
            moved.clone_from(of_drums);
            self.add(&pitched, semitones, moved);
            most.iter_mut().zip(moved.iter()).for_each(|(most, both)| *most = (*most).max(*both));
        }
        let cells: u32 = phrase.iter().map(|(_, _, row)| row.count_ones()).sum();
        for ((nearest, &both), own) in nearest.iter_mut().zip(most.iter()).zip(&self.cells) {
            let both = u32::from(both);
            nearest.take(Nearest { both, either: own + cells - both });
        }
    }

    /// Adds what each phrase shares with these rows when it is moved up by so many semitones.
    #[inline(always)]
    fn add(&self, rows: &[(usize, usize, u64)], semitones: isize, counts: &mut [u16]) {
        for &(track, pitch, row) in rows {
            let from = pitch.checked_add_signed(-semitones).filter(|&from| from < PITCHES);
            let Some(from) = from else { continue };
            for &(number, other) in &self.rows[track * PITCHES + from] {
                counts[number as usize] += (row & other).count_ones() as u16;
            }
        }
    }
}

impl Nearest {
    /// 0 where nothing was compared.
    pub fn jaccard(self) -> f64 {
        f64::from(self.both) / f64::from(self.either.max(1))
    }

    /// Takes the other if it is nearer; fractions are compared exactly.
    #[inline(always)]
    pub fn take(&mut self, other: Self) {
        let (one, two) = (u64::from(self.both), u64::from(other.both));
        if two * u64::from(self.either.max(1)) > one * u64::from(other.either.max(1)) {
            *self = other;
        }
    }
}

/// The rows of a phrase that sound: track, index of the pitch, and bit `i` for step `i`.
fn rows(phrase: &Phrase) -> Vec<(usize, usize, u64)> {
    let mut all = [0u64; Track::COUNT * PITCHES];
    for (track, note) in phrase.notes() {
        if let Some(pitch) = pitch_index(note.pitch) {
            let steps = (u64::MAX >> (STEPS_PER_PHRASE - note.length())) << note.onset().index();
            all[track.index() * PITCHES + pitch] |= steps;
        }
    }
    let all = all.into_iter().enumerate().filter(|(_, row)| *row != 0);
    all.map(|(at, row)| (at / PITCHES, at % PITCHES, row)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::sounding::{Sounding, cells};
    use super::super::super::testing::phrase;
    use super::*;
    use proptest::prelude::*;

    fn nearest(one: &Phrase, others: &[Phrase]) -> f64 {
        let (index, mut nearest) = (Index::of(std::iter::once(one)), [Nearest::default()]);
        for other in others {
            index.compare(other, &mut Counts::default(), &mut nearest);
        }
        nearest[0].jaccard()
    }

    #[test]
    fn the_same_music_in_another_key_is_found_but_not_over_other_drums() {
        let song = |pitch: u8, drum: u8| {
            phrase(&[
                (Track::Piano, 0, 8, 60 + pitch),
                (Track::Bass, 60, 4, 36 + pitch),
                (Track::Drums, 4, 1, drum),
            ])
        };
        for pitch in 0..12 {
            assert_eq!(nearest(&song(5, 38), &[song(pitch, 38)]), 1.0, "{pitch}");
        }
        assert_eq!(nearest(&song(5, 38), &[song(5, 40)]), 12.0 / 14.0);
        assert_eq!(nearest(&phrase(&[]), &[song(0, 38)]), 0.0);
    }

    prop_compose! {
        fn some_phrase()(
            notes in prop::collection::vec((0usize..5, 0usize..64, 1usize..20, 50u8..70), 0..30),
        ) -> Phrase {
            let notes = notes.into_iter();
            let notes: Vec<_> = notes.map(|(t, on, length, p)| (Track::ALL[t], on, length, p)).collect();
            phrase(&notes)
        }
    }

    /// The same by moving the cells of every step.
    fn plainly(one: &Phrase, other: &Phrase, semitones: isize) -> f64 {
        let [one, other] = [one, other].map(Sounding::of);
        let all =
            |of: &Sounding| -> u32 { Track::ALL.map(|track| cells(of.track(track))).iter().sum() };
        let both: u32 = Track::ALL
            .into_iter()
            .flat_map(|track| {
                one.track(track).iter().zip(other.track(track)).map(move |c| (track, c))
            })
            .map(|(track, (a, b))| {
                let moved = match (track.is_drums(), semitones) {
                    (true, _) => *a,
                    (false, down @ ..0) => a >> -down,
                    (false, up) => a << up,
                };
                (moved & b).count_ones()
            })
            .sum();
        f64::from(both) / f64::from((all(&one) + all(&other) - both).max(1))
    }

    proptest! {
        #[test]
        fn the_nearest_is_what_moving_cell_by_cell_finds(
            one in some_phrase(),
            others in prop::collection::vec(some_phrase(), 1..12),
        ) {
            let all = others.iter().flat_map(|o| (-5..=6).map(|semitones| plainly(&one, o, semitones)));
            prop_assert_eq!(nearest(&one, &others), all.fold(0.0, f64::max));
        }
    }
}

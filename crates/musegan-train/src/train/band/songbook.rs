//! The training phrases of a dataset in memory: four bytes a note, so that a batch of them is made
//! anew in every step, in any key.
//!
//! What must stay true: no phrase of a held-out song is ever in it, and phrases lie in the order of
//! the dataset.
use crate::dataset::Dataset;
use crate::train::error::TrainError;
use musegan_model::band::frame::{Harmony, RelativeNote, relative};
use musegan_model::band::sheet::{Sheet, SheetScale};
use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_PHRASE};
use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};
use rayon::prelude::*;

/// The lowest and the highest MIDI number that a roll has.
const LOWEST: i32 = 24;
const HIGHEST: i32 = 95;

/// Phrases of which the trainer draws.
pub struct Songbook {
    notes: Vec<Packed>,
    /// Where each phrase's notes begin, and the end of the last.
    starts: Vec<usize>,
    harmonies: Vec<Harmony>,
    sheets: Vec<Sheet>,
    scale: SheetScale,
    /// The bars that each track plays, four times the phrase's number and the bar's.
    bars: [Vec<u32>; Track::COUNT],
}

/// A note in one word: track, step, MIDI number, length less one, velocity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed(u32);

impl Packed {
    fn of(track: Track, note: &Note) -> Self {
        let fields = [
            (track.index(), 3),
            (note.onset().index(), 6),
            (usize::from(note.pitch.number()), 7),
            (note.length() - 1, 6),
            (usize::from(note.velocity.value()), 7),
        ];
        Self(fields.into_iter().fold(0, |word, (value, bits)| word << bits | value as u32))
    }

    const fn track(self) -> usize {
        (self.0 >> 26) as usize
    }

    /// The note so many semitones higher, drums where they are. What leaves the roll comes back an
    /// octave nearer.
    fn note(self, up: i8) -> Option<(Track, Note)> {
        let field = |shift: u32, bits: u32| (self.0 >> shift & ((1 << bits) - 1)) as usize;
        let track = *Track::ALL.get(field(26, 3))?;
        let up = if track.is_drums() { 0 } else { i32::from(up) };
        let (was, number) = (field(13, 7) as i32, field(13, 7) as i32 + up);
        let number = match number {
            _ if up > 0 && number > HIGHEST && was <= HIGHEST => number - 12,
            _ if up < 0 && number < LOWEST && was >= LOWEST => number + 12,
            _ => number,
        };
        let pitch = Pitch::new(u8::try_from(number).ok()?)?;
        let velocity = Velocity::clamped(field(0, 7) as i32);
        Some((track, Note::new(Step::new(field(20, 6))?, field(7, 6) + 1, pitch, velocity)))
    }
}

impl Songbook {
    /// The training phrases of a dataset, with their chords and keys.
    ///
    /// # Errors
    /// [`TrainError::NoPhrases`], or if it has not the band's layout.
    pub fn of(dataset: &Dataset) -> Result<Self, TrainError> {
        dataset.expect_band()?;
        let songs = dataset.songs().iter().filter(|song| !song.held_out);
        let numbers: Vec<usize> = songs.flat_map(|song| song.phrases[0]..song.phrases[1]).collect();
        if numbers.is_empty() {
            return Err(TrainError::NoPhrases(dataset.len()));
        }
        let read = |&number: &usize| {
            let labels = dataset.labels(number);
            let chord = |beat| labels.chords.get(beat).copied().flatten();
            let chords = std::array::from_fn::<_, BEATS_PER_PHRASE, _>(chord);
            (dataset.phrase(number), Harmony { chords, key: labels.key })
        };
        Ok(Self::from_phrases(numbers.par_iter().map(read)))
    }

    /// A book of any phrases, of which there must be some.
    pub fn from_phrases(phrases: impl IndexedParallelIterator<Item = (Phrase, Harmony)>) -> Self {
        let pages = phrases.map(|(phrase, harmony)| {
            let notes: Vec<_> = phrase.notes().map(|(t, note)| Packed::of(t, note)).collect();
            (notes, harmony, Sheet::over(&phrase, &harmony))
        });
        let pages: Vec<_> = pages.collect();
        let (mut notes, mut starts) = (Vec::new(), vec![0]);
        let (mut harmonies, mut sheets) = (Vec::new(), Vec::new());
        for (page, harmony, sheet) in pages {
            notes.extend(page);
            starts.push(notes.len());
            harmonies.push(harmony);
            sheets.push(sheet);
        }
        let scale = SheetScale::of(&sheets);
        let bars = Track::ALL.map(|track| {
            let present = sheets.iter().flat_map(|sheet| sheet.present[track.index()]);
            (0u32..).zip(present).filter(|(_, plays)| *plays).map(|(bar, _)| bar).collect()
        });
        Self { notes, starts, harmonies, sheets, scale, bars }
    }

    /// How many phrases there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sheets.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sheets.is_empty()
    }

    /// What sheets are measured in: means and deviations over all phrases as they were written.
    #[must_use]
    pub const fn scale(&self) -> &SheetScale {
        &self.scale
    }

    /// The sheet of a phrase as it was written.
    #[must_use]
    pub fn sheet(&self, number: usize) -> &Sheet {
        &self.sheets[number]
    }

    /// The chords and the key of a phrase as it was written.
    #[must_use]
    pub fn harmony(&self, number: usize) -> &Harmony {
        &self.harmonies[number]
    }

    /// How many bars a track plays.
    #[must_use]
    pub fn bars(&self, track: Track) -> usize {
        self.bars[track.index()].len()
    }

    /// One of the bars that a track plays: the phrase's number and the bar's.
    #[must_use]
    pub fn bar(&self, track: Track, number: usize) -> Option<(usize, usize)> {
        let bar = *self.bars[track.index()].get(number)? as usize;
        Some((bar / BARS_PER_PHRASE, bar % BARS_PER_PHRASE))
    }

    /// One track of a phrase in the frame, with its harmony, so many semitones higher.
    #[must_use]
    pub fn track(&self, number: usize, track: Track, up: i8) -> (Vec<RelativeNote>, Harmony) {
        let notes = &self.notes[self.starts[number]..self.starts[number + 1]];
        let harmony = self.harmonies[number].transposed(up);
        let of_track = notes.iter().filter(|note| note.track() == track.index());
        let phrase = Phrase::new(of_track.filter_map(|note| note.note(up)));
        (relative(&phrase, &harmony).0, harmony)
    }

    /// A phrase with its harmony, so many semitones higher.
    #[must_use]
    pub fn phrase(&self, number: usize, up: i8) -> (Phrase, Harmony) {
        let notes = &self.notes[self.starts[number]..self.starts[number + 1]];
        let harmony = self.harmonies[number].transposed(up);
        let phrase = Phrase::new(notes.iter().filter_map(|note| note.note(up)));
        (phrase.with_chords(harmony.chords), harmony)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::chord::Quality;
    use musegan_score::{Chord, Key};

    fn note(step: usize, length: usize, pitch: u8, velocity: i32) -> Note {
        let (step, pitch) = (Step::new(step).unwrap(), Pitch::new(pitch).unwrap());
        Note::new(step, length, pitch, Velocity::clamped(velocity))
    }

    fn book() -> (Songbook, Phrase, Harmony) {
        let notes = [
            (Track::Drums, note(0, 1, 36, 127)),
            (Track::Piano, note(3, 61, 95, 1)),
            (Track::Bass, note(63, 1, 24, 64)),
        ];
        let chord = Chord::new(11, Quality::Minor, 2);
        let harmony = Harmony { chords: [Some(chord); 16], key: Some(Key::new(4, true)) };
        let phrase = Phrase::new(notes).with_chords(harmony.chords);
        let phrases = vec![(phrase.clone(), harmony)];
        (Songbook::from_phrases(phrases.into_par_iter()), phrase, harmony)
    }

    #[test]
    fn a_phrase_comes_back_as_it_was_written() {
        let (book, phrase, harmony) = book();
        assert_eq!(book.phrase(0, 0), (phrase, harmony));
    }

    #[test]
    fn another_key_moves_chords_and_pitches_but_no_drum_and_nothing_leaves_the_roll() {
        let (book, ..) = book();
        let pitches = |phrase: &Phrase| -> Vec<u8> {
            phrase.notes().map(|(_, note)| note.pitch.number()).collect()
        };
        let (higher, harmony) = book.phrase(0, 2);
        assert_eq!(pitches(&higher), [36, 85, 26]);
        assert_eq!(harmony.chords[0], Some(Chord::new(1, Quality::Minor, 4)));
        assert_eq!(harmony.key, Some(Key::new(6, true)));
        assert_eq!(pitches(&book.phrase(0, -3).0), [36, 92, 33]);
    }
}

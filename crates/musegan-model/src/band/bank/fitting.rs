//! The chords to parts that are there: real progressions of the bank, moved to the key in which
//! they fit what sounds.
//!
//! A single part seldom says all of a chord, a bass line next to nothing of it; what real chords
//! follow each other says the rest. So half a bar at a time is matched with half a bar of the bank
//! in one key, and where the bass alone plays, which says so little, a phrase with a phrase. What
//! must stay true: parts that are transposed have the same chords, transposed, but for what is
//! ambiguous.
use musegan_score::chord::Quality;
use musegan_score::grid::{BEATS_PER_PHRASE, STEPS_PER_BEAT};
use musegan_score::{Chord, Key, Phrase, Pitch, Track};

use super::super::frame::Harmony;
use super::{Bank, key};

const CLASSES: usize = 12;
const QUALITIES: usize = Quality::ALL.len();
/// Keys: tonics, and of each major and minor.
const KEYS: usize = 2 * CLASSES;
/// Beats that are matched at once.
const PIECE: usize = 2;
/// Of how many tones a chord is as likely as any; the more it has, the less it says.
const TONES: f32 = 3.0;
/// What a bass note weighs that is the chord's root; that is its bass weighs twice as much.
const ROOT: f32 = 0.5;

type Classes = [f32; CLASSES];

/// What sounds on a beat.
#[derive(Clone, Copy, Debug, Default)]
struct Beat {
    /// Shares of what sounds, of four in all.
    classes: Classes,
    /// Steps of the bass, and what the chord that is heard stands on.
    basses: Classes,
}

/// How well each chord fits a beat, and each bass.
struct Fits {
    chords: Vec<f32>,
    basses: Classes,
}

/// The best piece of the bank: how well it fits, whose it is, and by how much it is moved.
#[derive(Clone, Copy)]
struct Best {
    fit: f32,
    entry: usize,
    moved: u8,
}

impl Bank {
    /// The harmonies of phrases that follow each other, in one key; `heard` is how each sounds
    /// beat by beat. A phrase without a pitched note has none.
    #[must_use]
    pub fn fitting(&self, phrases: &[Phrase], heard: &[Harmony]) -> Vec<Harmony> {
        let pitched =
            || phrases.iter().flat_map(Phrase::notes).map(|(t, _)| t).filter(|t| !t.is_drums());
        if self.entries.is_empty() || pitched().next().is_none() {
            return heard.to_vec();
        }
        let is_bass_alone = pitched().all(|track| track == Track::Bass);
        let piece = if is_bass_alone { BEATS_PER_PHRASE } else { PIECE };
        let beats = phrases.iter().zip(heard).flat_map(|(phrase, heard)| beats(phrase, heard));
        let fits: Vec<Fits> = beats.map(|beat| Fits::of(&beat)).collect();
        let (key, best) = self.best(&fits, piece);
        let chord = |at: usize| {
            let Best { entry, moved, .. } = best[at / piece];
            let chord = self.entries[entry].harmony.chords[at % BEATS_PER_PHRASE];
            chord.map(|chord| chord.transposed(moved as i8))
        };
        let of_phrase = |(number, phrase): (usize, &Phrase)| {
            if phrase.notes().all(|(track, _)| track.is_drums()) {
                return Harmony::default();
            }
            let first = number * BEATS_PER_PHRASE;
            Harmony { chords: std::array::from_fn(|beat| chord(first + beat)), key: Some(key) }
        };
        phrases.iter().enumerate().map(of_phrase).collect()
    }

    /// The key in which pieces of the bank fit best, and those.
    fn best(&self, fits: &[Fits], piece: usize) -> (Key, Vec<Best>) {
        let pieces = fits.len() / piece;
        let none = Best { fit: f32::NEG_INFINITY, entry: 0, moved: 0 };
        let mut best = vec![none; KEYS * pieces];
        for (entry, of) in self.entries.iter().enumerate() {
            let own = key(&of.harmony);
            for moved in 0..CLASSES as u8 {
                let tonic = (own.tonic() + moved) % CLASSES as u8;
                let of_key = usize::from(tonic) * 2 + usize::from(own.is_minor);
                let best = &mut best[of_key * pieces..][..pieces];
                for ((at, best), fits) in best.iter_mut().enumerate().zip(fits.chunks_exact(piece))
                {
                    let chords = &of.harmony.chords[at * piece % BEATS_PER_PHRASE..][..piece];
                    let fit = chords.iter().zip(fits).map(|(chord, fits)| fits.with(*chord, moved));
                    let fit = fit.sum();
                    if fit > best.fit {
                        *best = Best { fit, entry, moved };
                    }
                }
            }
        }
        let sum = |best: &[Best]| best.iter().map(|best| best.fit).sum::<f32>();
        let of_keys = best.chunks_exact(pieces.max(1)).enumerate();
        let (number, best) = of_keys
            .max_by(|(_, one), (_, other)| sum(one).total_cmp(&sum(other)))
            .unwrap_or_default();
        (Key::new((number / 2) as u8, number % 2 == 1), best.to_vec())
    }
}

impl Fits {
    fn of(beat: &Beat) -> Self {
        let fit = |root: u8, quality: Quality| {
            let tones = Chord::new(root, quality, root).tones();
            let classes = (0u8..).zip(beat.classes).map(|(class, weight)| {
                let belongs = Pitch::new(class).is_some_and(|pitch| tones.contains(pitch));
                if belongs { weight } else { -weight }
            });
            let count = (quality.semitones().len() as f32).max(TONES);
            classes.sum::<f32>() * TONES / count + ROOT * beat.basses[usize::from(root)]
        };
        let roots = 0..CLASSES as u8;
        let chords = roots.flat_map(|root| Quality::ALL.map(|quality| fit(root, quality)));
        Self { chords: chords.collect(), basses: beat.basses }
    }

    /// How well a chord fits that is moved by some semitones; 0 where there is none.
    fn with(&self, chord: Option<Chord>, moved: u8) -> f32 {
        chord.map_or(0.0, |chord| {
            let class = |class: u8| usize::from((class + moved) % CLASSES as u8);
            let number = class(chord.root()) * QUALITIES + usize::from(chord.quality.code());
            self.chords[number] + self.basses[class(chord.bass())]
        })
    }
}

/// What sounds on each beat of a phrase.
fn beats(phrase: &Phrase, heard: &Harmony) -> [Beat; BEATS_PER_PHRASE] {
    let mut beats = [Beat::default(); BEATS_PER_PHRASE];
    let notes = phrase.notes().filter(|(t, note)| !t.is_drums() && note.strength() > 0.5);
    for (track, note) in notes {
        let class = usize::from(note.pitch.number()) % CLASSES;
        for step in note.onset().index()..note.end() {
            let beat = &mut beats[step / STEPS_PER_BEAT];
            beat.classes[class] += 1.0;
            beat.basses[class] += f32::from(u8::from(track == Track::Bass));
        }
    }
    for (beat, chord) in beats.iter_mut().zip(heard.chords) {
        let sum: f32 = beat.classes.iter().sum();
        if sum > 0.0 {
            beat.classes = beat.classes.map(|weight| weight * STEPS_PER_BEAT as f32 / sum);
        }
        if let Some(chord) = chord {
            beat.basses[usize::from(chord.root())] += 1.0;
        }
    }
    beats
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use musegan_score::{Note, Step, Velocity};

    use super::super::Entry;
    use super::*;

    fn bank() -> Bank {
        let harmony = |symbols: [&str; 4]| {
            let chords = std::array::from_fn(|beat| symbols[beat / 4].parse().ok());
            Entry { harmony: Harmony { chords, key: None }, ..Entry::default() }
        };
        let progressions = [["C", "Am", "Dm", "G7"], ["Am", "F", "C", "E"]];
        Bank::new(progressions.map(harmony).into())
    }

    fn phrase(track: Track, pitches: [u8; 4]) -> Phrase {
        let note = |(bar, pitch): (usize, u8)| {
            let step = Step::new(bar * 16).unwrap();
            (track, Note::new(step, 16, Pitch::new(pitch).unwrap(), Velocity::DEFAULT))
        };
        Phrase::new(pitches.into_iter().enumerate().map(note))
    }

    #[test]
    fn a_bass_line_has_the_chords_of_the_progression_that_it_is_the_bass_of() {
        let of = |pitches| {
            let fitting = bank().fitting(&[phrase(Track::Bass, pitches)], &[Harmony::default()]);
            let symbols = fitting[0].chords.map(|chord| chord.unwrap().symbol().to_string());
            [0, 4, 8, 12].map(|beat| symbols[beat].clone())
        };
        assert_eq!(of([36, 33, 38, 31]), ["C", "Am", "Dm", "G7"]);
        assert_eq!(of([38, 35, 40, 33]), ["D", "Bm", "Em", "A7"]);
        assert_eq!(of([33, 29, 36, 28]), ["Am", "F", "C", "E"]);
    }

    #[test]
    fn phrases_that_follow_each_other_have_one_key_and_drums_none() {
        let phrases = [[36, 33, 38, 31], [33, 29, 36, 28]].map(|p| phrase(Track::Strings, p));
        let drums = phrase(Track::Drums, [36; 4]);
        let all = [phrases[0].clone(), drums.clone(), phrases[1].clone()];
        let fitting = bank().fitting(&all, &[Harmony::default(); 3]);
        assert_eq!(fitting[0].key, fitting[2].key);
        assert_eq!(fitting[1], Harmony::default());
        assert_eq!(bank().fitting(&[drums], &[Harmony::default()]), [Harmony::default()]);
    }
}

//! What decides which music is played, apart from the weights: the seed and its variants, and the
//! form that gives sections to a song.
//!
//! What must stay true: any phrase's place in the form is computed in one step from its index, so
//! that a seek costs nothing.
use crate::grid::BARS_PER_PHRASE;
use crate::{Progression, Track};

/// The controls that a phrase is a function of. Equal compositions give equal songs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Composition {
    /// The song.
    pub seed: u64,
    /// Spread of the latents, 1 as trained.
    pub temperature: f32,
    /// Another song, of the same form.
    pub morph_seed: u64,
    /// How far the song is on its way to the other, `0.0..=1.0`.
    pub morph: f32,
    /// Which sections follow each other.
    pub form: Form,
    /// Length of a section in bars, rounded up to whole phrases.
    pub section_bars: u16,
    /// How much a section differs when it comes again, `0.0..=1.0`.
    pub variation: f32,
    /// The drums play a fill in every such bar; 0 for never.
    pub fill_every_bars: u16,
    /// The chords that the band follows; empty where it makes its own.
    pub progression: Progression,
    /// Which take each track plays.
    pub takes: Takes,
}

/// Which of all the ways to play its part in a song a track takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Take {
    /// 0 is the one that the song's seed gives; every other number is another take, that fits the
    /// other tracks' parts.
    pub number: u16,
    /// The seed that the track is locked at: it plays that song's part, bit for bit, whatever the
    /// song's own seed, and the others fit theirs to it.
    pub locked: Option<u64>,
}

/// A [`Take`] of each track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takes([Take; Track::COUNT]);

impl Takes {
    /// These, in the order of [`Track::ALL`].
    #[must_use]
    pub const fn new(takes: [Take; Track::COUNT]) -> Self {
        Self(takes)
    }

    /// That of one track.
    #[must_use]
    pub const fn of(&self, track: Track) -> Take {
        self.0[track.index()]
    }

    /// The same, but for one track.
    #[must_use]
    pub const fn with(mut self, track: Track, take: Take) -> Self {
        self.0[track.index()] = take;
        self
    }
}

impl Default for Composition {
    fn default() -> Self {
        Self {
            seed: 0,
            temperature: 1.0,
            morph_seed: 1,
            morph: 0.0,
            form: Form::Endless,
            section_bars: 8,
            variation: 0.3,
            fill_every_bars: 0,
            progression: Progression::EMPTY,
            takes: Takes::default(),
        }
    }
}

impl Composition {
    /// Which section a phrase belongs to; `None` in the endless form, where every phrase is its
    /// own.
    #[must_use]
    pub fn section(&self, phrase_index: i64) -> Option<Section> {
        let letters = self.form.letters();
        if letters.is_empty() {
            return None;
        }
        let phrases = i64::from(self.section_bars.div_ceil(BARS_PER_PHRASE as u16).max(1));
        let (number, phrase) =
            (phrase_index.div_euclid(phrases), phrase_index.rem_euclid(phrases) as u32);
        let (round, slot) =
            (number.div_euclid(letters.len() as i64), number.rem_euclid(letters.len() as i64));
        let letter = letters[slot as usize];
        let count = |letters: &[u8]| letters.iter().filter(|&&other| other == letter).count();
        let before = count(&letters[..slot as usize]) as i64;
        Some(Section { letter, phrase, repetition: round * count(letters) as i64 + before })
    }

    /// Whether the drums play a fill in a bar of the song.
    #[must_use]
    pub const fn fills(&self, bar_index: i64) -> bool {
        let every = self.fill_every_bars as i64;
        every > 0 && bar_index.rem_euclid(every) == every - 1
    }
}

/// Which sections a song has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Every phrase is new.
    Endless,
    /// One section, again and again.
    A,
    /// Thirty-two-bar form.
    Aaba,
    /// A section that comes back between others.
    Abac,
    /// Verse, chorus, verse, chorus, bridge, chorus.
    VerseChorus,
}

impl Form {
    /// The sections of one round, 0 for A, verse; empty where nothing comes again.
    #[must_use]
    pub const fn letters(self) -> &'static [u8] {
        match self {
            Self::Endless => &[],
            Self::A => &[0],
            Self::Aaba => &[0, 0, 1, 0],
            Self::Abac => &[0, 1, 0, 2],
            Self::VerseChorus => &[0, 1, 0, 1, 2, 1],
        }
    }
}

/// A phrase's place in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Section {
    /// Which section: 0 for A, 1 for B, 2 for C.
    pub letter: u8,
    /// Which phrase of the section.
    pub phrase: u32,
    /// How often the section came before since the song's start; negative before it.
    pub repetition: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form as it is read off by walking from a position far before the song's start.
    fn walked(form: Form, phrases_per_section: i64, first: i64, last: i64) -> Vec<Section> {
        let letters = form.letters();
        let mut met = [0i64; 3];
        let mut sections = Vec::new();
        let round = letters.len() as i64 * phrases_per_section;
        for index in first..last {
            let slot = index.rem_euclid(round) / phrases_per_section;
            let letter = letters[slot as usize];
            let phrase = index.rem_euclid(phrases_per_section);
            let repetition = met[usize::from(letter)];
            if phrase == phrases_per_section - 1 {
                met[usize::from(letter)] += 1;
            }
            sections.push(Section { letter, phrase: phrase as u32, repetition });
        }
        sections
    }

    #[test]
    fn a_phrase_is_where_walking_there_arrives() {
        for form in [Form::A, Form::Aaba, Form::Abac, Form::VerseChorus] {
            for bars in [4, 8, 16, 32] {
                let phrases = i64::from(bars) / 4;
                let round = phrases * form.letters().len() as i64;
                let composition =
                    Composition { form, section_bars: bars, ..Composition::default() };
                let walked = walked(form, phrases, -5 * round, 5 * round);
                for (index, section) in (-5 * round..).zip(walked) {
                    let per_round =
                        form.letters().iter().filter(|&&l| l == section.letter).count() as i64;
                    let expected =
                        Section { repetition: section.repetition - 5 * per_round, ..section };
                    assert_eq!(composition.section(index), Some(expected), "{form:?} {index}");
                }
            }
        }
    }

    #[test]
    fn fills_come_at_the_end_of_every_so_many_bars_also_before_the_start() {
        let composition = Composition { fill_every_bars: 8, ..Composition::default() };
        let fills: Vec<_> = (-10..20).filter(|&bar| composition.fills(bar)).collect();
        assert_eq!(fills, [-9, -1, 7, 15]);
        assert!(!Composition::default().fills(3));
    }
}

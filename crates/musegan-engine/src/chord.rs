//! The chord that somebody holds: which keys make it, what it is called, and what it does to a
//! note. Audio thread; fixed size.
//!
//! What must stay true: it is a function of the keys and of when they moved in samples; where the
//! host cuts its blocks does not show in it.
use musegan_score::chord::Quality;
use musegan_score::{PitchClasses, Progression, chord};

/// Keys that are let go one by one still are the chord that they were together: what is left of
/// it must stay for so long to be one of its own.
const LETTING_GO_SECONDS: f64 = 0.05;

/// What the band plays over in a bar; empty for anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chord {
    tones: PitchClasses,
    /// The class of the lowest key.
    bass: PitchClasses,
    name: Option<chord::Chord>,
}

impl Chord {
    /// The chord of the keys held, one bit for each; of fewer than two pitch classes none is
    /// made.
    #[must_use]
    pub fn of(held: u128) -> Self {
        let tones = classes(held);
        if tones.len() < 2 {
            return Self::default();
        }
        let bass = held.trailing_zeros() as u8;
        Self { tones, bass: PitchClasses::of([bass]), name: Some(name(held, bass % 12)) }
    }

    /// Whether it leaves the band free.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.tones.is_empty()
    }

    /// The nearest chord that has a name.
    #[must_use]
    pub const fn name(self) -> Option<chord::Chord> {
        self.name
    }

    /// The progression that a band which is moved by so many semitones has to follow for this
    /// chord to be heard.
    #[must_use]
    pub fn progression(self, transpose: i8) -> Progression {
        let chord = self.name.map(|name| name.transposed(-transpose));
        chord.and_then(|chord| Progression::new(&[Some(chord)])).unwrap_or_default()
    }

    pub(crate) const fn tones(self) -> PitchClasses {
        self.tones
    }

    pub(crate) const fn bass(self) -> PitchClasses {
        self.bass
    }
}

fn classes(held: u128) -> PitchClasses {
    PitchClasses::of((0..128).filter(|&key| held & 1 << key != 0))
}

/// The hands on the keys.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hands {
    /// Keys that are down, one bit for each.
    held: u128,
    /// The sample at which a key last moved, and whether one was pressed then.
    moved_sample: u64,
    pressed: bool,
    /// The keys that the chord consists of; they may have been let go since.
    keys: u128,
    /// The chord that was last asked for, and its keys. To find a name takes a few thousand steps,
    /// and keys may move a thousand times in a block.
    chord: Chord,
    chord_keys: u128,
}

impl Hands {
    /// A key moves, at a sample counted over all blocks.
    pub fn turn(&mut self, key: u8, pressed: bool, sample: u64, sample_rate: f64) {
        if sample > self.moved_sample {
            self.settle(sample, sample_rate);
            self.pressed = false;
        }
        let bit = 1u128 << (key & 127);
        self.held = if pressed { self.held | bit } else { self.held & !bit };
        self.moved_sample = sample;
        self.pressed |= pressed;
    }

    /// The chord at a sample, all that moves there included. When the keys are let go it stays.
    pub fn chord(&mut self, sample: u64, sample_rate: f64) -> Chord {
        self.settle(sample, sample_rate);
        if self.keys != self.chord_keys {
            (self.chord, self.chord_keys) = (Chord::of(self.keys), self.keys);
        }
        self.chord
    }

    /// All keys are let go, and there is no chord.
    pub fn leave(&mut self) {
        *self = Self { moved_sample: self.moved_sample, ..Self::default() };
    }

    /// There is no chord but that of the keys that are held from this sample on.
    pub fn forget(&mut self, sample: u64) {
        *self = Self { held: self.held, moved_sample: sample, pressed: true, ..Self::default() };
    }

    /// What is held becomes the chord, if a key was pressed or enough time has passed.
    fn settle(&mut self, sample: u64, sample_rate: f64) {
        let still = sample.saturating_sub(self.moved_sample) as f64;
        if self.held == self.keys || !self.pressed && still < LETTING_GO_SECONDS * sample_rate {
            return;
        }
        if classes(self.held).len() >= 2 {
            self.keys = self.held;
        }
    }
}

/// What it costs a name that a tone which is held is not in it.
const FOREIGN: u32 = 40;
/// What it costs that one of its tones is not held. The fifth of a seventh chord is often left out.
const MISSING: u32 = 30;
const MISSING_ROOT: u32 = 60;
const MISSING_FIFTH: u32 = 20;
/// What it costs that the root is not the lowest.
const INVERTED: u32 = 10;

/// The name that fits keys best; of two, the one that comes first in the order of qualities, and
/// then the one whose root is nearer above the bass.
fn name(held: u128, bass: u8) -> chord::Chord {
    let classes = (0..128u32).filter(|key| held >> key & 1 == 1);
    let classes = classes.fold(0u16, |set, key| set | 1 << (key % 12));
    let roots = || (0..12).map(|above| (bass + above) % 12);
    let names =
        Quality::ALL.into_iter().flat_map(|quality| roots().map(move |root| (root, quality)));
    let best = names.min_by_key(|&(root, quality)| cost(classes, bass, root, quality));
    let (root, quality) = best.unwrap_or((bass, Quality::Major));
    chord::Chord::new(root, quality, bass)
}

fn cost(classes: u16, bass: u8, root: u8, quality: Quality) -> u32 {
    let tones = quality.semitones();
    let set = tones.iter().fold(0u16, |set, tone| set | 1 << ((root + tone) % 12));
    let has = |set: u16, class: u8| set >> class & 1 == 1;
    let missing =
        tones.iter().filter(|&&tone| !has(classes, (root + tone) % 12)).map(|tone| {
            match (tone, tones.len()) {
                (0, _) => MISSING_ROOT,
                (7, 4) => MISSING_FIFTH,
                _ => MISSING,
            }
        });
    let foreign = (classes & !set).count_ones() * FOREIGN;
    let inverted = if root == bass { 0 } else { INVERTED };
    missing.sum::<u32>() + foreign + inverted + rarity(quality)
}

/// How much better than a common chord a rare one has to fit.
const fn rarity(quality: Quality) -> u32 {
    match quality {
        Quality::Major | Quality::Minor => 0,
        Quality::Minor7 | Quality::Dominant7 | Quality::Major7 => 1,
        Quality::Power => 2,
        Quality::Diminished | Quality::HalfDiminished7 | Quality::Suspended4 => 3,
        Quality::Suspended2 | Quality::Major6 | Quality::Minor6 | Quality::Diminished7 => 4,
        Quality::Suspended7 | Quality::Augmented | Quality::MinorMajor7 => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(numbers: &[u8]) -> u128 {
        numbers.iter().fold(0, |held, key| held | 1 << key)
    }

    #[test]
    fn keys_are_called_what_musicians_call_them() {
        let called = |numbers: &[u8]| {
            Chord::of(keys(numbers)).name().map_or("none".into(), |name| name.symbol().to_string())
        };
        for (numbers, symbol) in [
            (&[60, 64, 67][..], "C"),
            (&[48, 60, 64, 67, 76], "C"),
            (&[52, 60, 67], "C/E"),
            (&[60, 64], "C"),
            (&[57, 60], "Am"),
            (&[60, 67], "C5"),
            (&[57, 60, 64, 67], "Am7"),
            (&[60, 64, 67, 69], "C6"),
            (&[55, 59, 65], "G7"),
            (&[60, 64, 70], "C7"),
            (&[43, 53, 57, 60], "F/G"),
            (&[60, 64, 67, 71, 74], "Cmaj7"),
            (&[60, 62, 64, 67], "C"),
            (&[60, 65, 67], "Csus4"),
            (&[59, 62, 65, 69], "Bm7b5"),
            (&[60, 63, 66, 69], "Cdim7"),
            (&[60], "none"),
            (&[48, 60], "none"),
            (&[], "none"),
        ] {
            assert_eq!(called(numbers), symbol, "{numbers:?}");
        }
    }

    #[test]
    fn every_chord_over_its_root_is_called_by_its_name_in_every_key() {
        for (root, quality) in (0..12).flat_map(|root| Quality::ALL.map(|quality| (root, quality)))
        {
            let tones = quality.semitones().iter().map(|above| 36 + root + above);
            let held = tones.fold(0u128, |held, key| held | 1 << key);
            let name = chord::Chord::new(root, quality, root);
            assert_eq!(Chord::of(held).name(), Some(name), "{}", name.symbol());
        }
    }

    /// Plays moves of (sample, key, pressed) at 1 kHz, and gives the chords at these samples.
    fn chords<const N: usize>(moves: &[(u64, u8, bool)], at: [u64; N]) -> [u128; N] {
        at.map(|sample| {
            let mut hands = Hands::default();
            for &(when, key, pressed) in moves.iter().filter(|(when, ..)| *when <= sample) {
                hands.turn(key, pressed, when, 1e3);
            }
            hands.chord(sample, 1e3);
            hands.keys
        })
    }

    #[test]
    fn a_chord_stays_when_it_is_let_go_however_unevenly() {
        let press = [(5, 60, true), (9, 64, true), (20, 67, true)];
        let let_go = [(500, 67, false), (520, 60, false), (555, 64, false)];
        let c = keys(&[60, 64, 67]);
        assert_eq!(chords(&[press, let_go].concat(), [499, 500, 530, 900]), [c; 4]);
    }

    #[test]
    fn the_next_chord_may_be_pressed_before_the_last_one_is_let_go() {
        let all = [(0, 60, true), (0, 64, true), (400, 62, true), (400, 65, true)];
        let let_go = [(410, 60, false), (412, 64, false)];
        let d = keys(&[62, 65]);
        let both = keys(&[60, 62, 64, 65]);
        assert_eq!(
            chords(&[&all[..], &let_go].concat(), [399, 440, 470]),
            [keys(&[60, 64]), both, d]
        );
        let at_once = [(400, 60, false), (400, 64, false)];
        assert_eq!(chords(&[&all[..], &at_once].concat(), [400]), [d]);
    }

    #[test]
    fn what_is_forgotten_comes_back_only_if_it_is_held() {
        let mut hands = Hands::default();
        for key in [60, 64] {
            hands.turn(key, true, 0, 1e3);
        }
        hands.forget(1);
        assert_eq!(hands.chord(1, 1e3), Chord::of(keys(&[60, 64])));
        hands.turn(60, false, 100, 1e3);
        hands.turn(64, false, 100, 1e3);
        assert!(!hands.chord(900, 1e3).is_empty());
        hands.forget(900);
        assert!(hands.chord(901, 1e3).is_empty());
    }
}

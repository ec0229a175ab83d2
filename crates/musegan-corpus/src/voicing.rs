//! Which keys sound for a chord: voicings that a hand can hold, that lead into each other with
//! little motion, and that rub against nobody.
//!
//! What must stay true: no voicing has two voices a semitone apart, and all its voices lie in the
//! range it was asked for.
use musegan_score::chord::Quality;
use musegan_score::{Chord, Key};

pub mod fretboard;
pub mod keyboard;
pub mod rub;
pub mod section;

/// Below these pitches intervals this narrow sound muddy: (pitch of the lower voice, semitones).
const LOW_INTERVALS: [(u8, u8); 3] = [(45, 7), (52, 5), (57, 3)];

/// Where voices may lie, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Lowest pitch.
    pub low: u8,
    /// Highest pitch.
    pub high: u8,
    /// How many voices, at least 1.
    pub voices: usize,
    /// Most semitones from the lowest voice to the highest.
    pub span: u8,
    /// The pitch around which they lie when nothing else decides.
    pub centre: u8,
}

/// How a chord is coloured beyond what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// As it is written.
    Plain,
    /// The ninth may be among the voices, where the key has it.
    Ninth,
    /// The bass has the root: third, seventh or sixth, fifth and ninth.
    Rootless,
}

/// The pitch classes to choose voices from, those first that make the chord what it is.
#[must_use]
pub fn palette(chord: Chord, key: Key, colour: Colour) -> Vec<u8> {
    let [root, third, fifth] = triad(chord);
    let seventh = chord.quality.semitones().get(3).map(|above| (chord.root() + above) % 12);
    let ninth = ninth(chord, key);
    let mut classes: Vec<u8> = match colour {
        Colour::Plain => [third, seventh, root, fifth].into_iter().flatten().collect(),
        Colour::Ninth => [third, seventh, ninth, root, fifth].into_iter().flatten().collect(),
        Colour::Rootless => {
            let sixth = (chord.root() + 9) % 12;
            let is_plain_major = chord.quality == Quality::Major && holds(key, sixth);
            let seventh = seventh.or(is_plain_major.then_some(sixth)).or(root);
            [third, seventh, ninth, fifth].into_iter().flatten().collect()
        }
    };
    let mut seen = 0_u16;
    classes.retain(|class| {
        let is_new = seen & 1 << class == 0;
        seen |= 1 << class;
        is_new
    });
    classes
}

/// The ninth, where it belongs to the key and rubs against no tone of the chord.
fn ninth(chord: Chord, key: Key) -> Option<u8> {
    let class = (chord.root() + 2) % 12;
    let plain = matches!(
        chord.quality,
        Quality::Major
            | Quality::Minor
            | Quality::Dominant7
            | Quality::Major7
            | Quality::Minor7
            | Quality::Major6
            | Quality::Minor6
    );
    (plain && holds(key, class) && holds(key, chord.root())).then_some(class)
}

/// Whether a pitch class belongs to the key's scale.
#[must_use]
pub fn holds(key: Key, class: u8) -> bool {
    musegan_score::Pitch::new(class).is_some_and(|pitch| key.scale().contains(pitch))
}

/// Root, third (or what stands for it) and fifth as pitch classes, the root always first.
fn triad(chord: Chord) -> [Option<u8>; 3] {
    let above = chord.quality.semitones();
    let class = |index: usize| above.get(index).map(|above| (chord.root() + above) % 12);
    match chord.quality {
        Quality::Power => [class(0), None, class(1)],
        _ => [class(0), class(1), class(2)],
    }
}

/// The voicing of these pitch classes in the frame that is nearest to the one before, ascending.
///
/// The first two classes are those that must not be missing. `rub` says how badly a pitch rubs
/// against what others play, 0 being not at all; a voice that would rub badly is left out when
/// there is no place for it. Empty only if no class has a place in the frame.
#[must_use]
pub fn closest(classes: &[u8], frame: &Frame, before: &[u8], rub: &dyn Fn(u8) -> f64) -> Vec<u8> {
    let keys: Vec<(u8, f64)> = (frame.low..=frame.high)
        .filter(|key| classes.contains(&(key % 12)))
        .map(|key| (key, rub(key)))
        .collect();
    let mut search = Search { classes, frame, before, keys: &keys, best: None };
    search.extend(&mut Vec::new(), 0, 0.0);
    let mut voices = search.best.map(|(_, voices)| voices).unwrap_or_default();
    voices.retain(|voice| keys.iter().all(|(key, rub)| key != voice || *rub < BAD_RUB));
    if voices.is_empty() && frame.voices > 1 {
        let fewer = Frame { voices: frame.voices - 1, ..*frame };
        return closest(classes, &fewer, before, rub);
    }
    voices
}

/// Semitones from the centre from which on voices return, however far they move for it.
const ASTRAY: f64 = 7.0;
/// From here on a rub is not to be endured.
pub const BAD_RUB: f64 = 3.0;

struct Search<'a> {
    classes: &'a [u8],
    frame: &'a Frame,
    before: &'a [u8],
    keys: &'a [(u8, f64)],
    best: Option<(f64, Vec<u8>)>,
}

impl Search<'_> {
    fn extend(&mut self, voices: &mut Vec<u8>, from: usize, rub: f64) {
        if voices.len() == self.frame.voices {
            let cost = rub * 6.0 + self.cost(voices);
            if self.best.as_ref().is_none_or(|(best, _)| cost < *best) {
                self.best = Some((cost, voices.clone()));
            }
            return;
        }
        let keys = self.keys;
        for (index, &(key, rubs)) in keys.iter().enumerate().skip(from) {
            let first = *voices.first().unwrap_or(&key);
            if key - first > self.frame.span {
                break;
            }
            if voices.last().is_some_and(|&last| key - last < narrowest(last)) {
                continue;
            }
            voices.push(key);
            self.extend(voices, index + 1, rub + rubs);
            voices.pop();
        }
    }

    /// Motion, distance from the centre, what is missing, and what is doubled without need.
    fn cost(&self, voices: &[u8]) -> f64 {
        let mean =
            |keys: &[u8]| keys.iter().map(|&key| f64::from(key)).sum::<f64>() / keys.len() as f64;
        let motion = if self.before.len() == voices.len() {
            voices.iter().zip(self.before).map(|(a, b)| f64::from(a.abs_diff(*b))).sum()
        } else if self.before.is_empty() {
            0.0
        } else {
            (mean(voices) - mean(self.before)).abs() * voices.len() as f64 / 2.0
        };
        let off_centre = (mean(voices) - f64::from(self.frame.centre)).abs();
        let has = |class: u8| voices.iter().any(|voice| voice % 12 == class);
        let missing = self.classes.iter().take(4).enumerate().filter(|&(_, &class)| !has(class));
        let missing: f64 = missing.map(|(rank, _)| if rank < 2 { 12.0 } else { 3.0 }).sum();
        let doubled = voices.iter().filter(|voice| **voice % 12 == self.classes[0]).count();
        // Who was led a fifth away from the own place comes back at the next chord.
        let astray = (off_centre - ASTRAY).max(0.0) * voices.len() as f64;
        motion + off_centre * 0.6 + astray + missing + doubled.saturating_sub(1) as f64 * 3.0
    }
}

/// Fewest semitones from a voice to the one above it: no semitones anywhere, wider intervals low.
fn narrowest(lower: u8) -> u8 {
    LOW_INTERVALS.iter().find(|(below, _)| lower < *below).map_or(2, |(_, interval)| *interval)
}

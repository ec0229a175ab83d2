//! A guitar in standard tuning: grips that a hand can hold.
//!
//! What must stay true: every grip has one note to a string, none above the twelfth fret, its
//! stopped frets within four, and no more fingers than a hand has when the first lies across.
use std::collections::HashMap;

use musegan_score::Chord;
use musegan_score::chord::Quality;

/// The open strings, E2 A2 D3 G3 B3 E4.
pub const STRINGS: [u8; 6] = [40, 45, 50, 55, 59, 64];
/// Highest fret used.
const HIGHEST_FRET: u8 = 12;
/// Most frets from the first finger to the fourth.
const STRETCH: u8 = 3;
/// Fingers that stop strings.
const FINGERS: usize = 4;

/// Where the strings are stopped, from the lowest; 0 is open, `None` does not sound.
pub type Frets = [Option<u8>; 6];

/// A way to hold a chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grip {
    /// Where each string is stopped.
    pub frets: Frets,
}

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// All strings from the root or the bass up: open chords and barres.
    Full,
    /// Three of the four highest strings, side by side.
    Triad,
    /// Root, third and seventh on a low string and the two in the middle.
    Shell,
    /// Root, fifth and octave on the low strings.
    Power,
}

impl Grip {
    /// What sounds, ascending by string.
    #[must_use]
    pub fn pitches(&self) -> Vec<u8> {
        self.keys().collect()
    }

    /// Whether a hand can hold it.
    #[must_use]
    pub fn is_playable(&self) -> bool {
        let stopped = || self.frets.iter().flatten().copied().filter(|fret| *fret > 0);
        let (Some(first), Some(last)) = (stopped().min(), stopped().max()) else {
            return true;
        };
        // The first finger may lie across strings, but then none under it is open.
        let across = stopped().filter(|fret| *fret == first).count();
        let is_barre = across > 1 && !self.frets.contains(&Some(0));
        let fingers = stopped().count() - if is_barre { across - 1 } else { 0 };
        last - first <= STRETCH && last <= HIGHEST_FRET && fingers <= FINGERS
    }

    /// The fret at which the first finger lies.
    #[must_use]
    pub fn position(&self) -> u8 {
        self.frets.iter().flatten().copied().filter(|fret| *fret > 0).min().unwrap_or(0)
    }

    fn keys(&self) -> impl Iterator<Item = u8> {
        STRINGS.into_iter().zip(self.frets).filter_map(|(string, fret)| Some(string + fret?))
    }

    fn has(&self, class: u8) -> bool {
        self.keys().any(|pitch| pitch % 12 == class)
    }
}

/// A player's hand on the neck: where it was, it likes to stay.
#[derive(Clone, Debug, Default)]
pub struct Neck {
    before: Option<Grip>,
    known: HashMap<(Chord, Shape, Option<Grip>), Option<Grip>>,
}

impl Neck {
    /// The next grip of this shape, the hand staying near the one before.
    pub fn hold(&mut self, chord: Chord, shape: Shape) -> Option<Grip> {
        let before = self.before;
        let found = self.known.entry((chord, shape, before));
        let grip = *found.or_insert_with(|| grip(chord, shape, before.as_ref()));
        self.before = grip.or(before);
        grip
    }
}

/// The grip of a shape that is easiest after the one before, a power chord where the shape cannot
/// be held; `None` where even that cannot.
#[must_use]
pub fn grip(chord: Chord, shape: Shape, before: Option<&Grip>) -> Option<Grip> {
    let mut best: Option<(i32, Grip)> = None;
    for strings in strings_of(shape) {
        for position in 0..=HIGHEST_FRET - STRETCH {
            let mut frets = [None; 6];
            place(chord, shape, strings, position, &mut frets, 0, &mut |grip| {
                let cost = cost(chord, shape, grip, before);
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, *grip));
                }
            });
        }
    }
    let found = best.map(|(_, grip)| grip);
    // What no hand can hold otherwise still has its root and fifth.
    if shape == Shape::Power { found } else { found.or_else(|| grip(chord, Shape::Power, before)) }
}

/// The sets of strings on which a shape is held.
fn strings_of(shape: Shape) -> &'static [&'static [usize]] {
    match shape {
        Shape::Full => &[&[0, 1, 2, 3, 4, 5], &[1, 2, 3, 4, 5], &[2, 3, 4, 5]],
        Shape::Triad => &[&[3, 4, 5], &[2, 3, 4]],
        Shape::Shell => &[&[0, 2, 3], &[1, 2, 3], &[0, 2, 3, 4], &[1, 2, 3, 4]],
        Shape::Power => &[&[0, 1, 2], &[1, 2, 3]],
    }
}

/// Tries every chord tone within reach on each of the strings.
fn place(
    chord: Chord,
    shape: Shape,
    strings: &[usize],
    position: u8,
    frets: &mut Frets,
    index: usize,
    found: &mut impl FnMut(&Grip),
) {
    let Some(&string) = strings.get(index) else {
        let grip = Grip { frets: *frets };
        if grip.is_playable() && clear(&grip) {
            found(&grip);
        }
        return;
    };
    let lowest = wanted_lowest(chord, shape);
    let reach = position.max(1)..=position.max(1) + STRETCH;
    let rings = shape == Shape::Full || shape == Shape::Power && index == 0;
    let open = (rings && position < 3).then_some(0);
    for fret in open.into_iter().chain(reach) {
        let class = (STRINGS[string] + fret) % 12;
        let fits = match shape {
            _ if index == 0 && lowest.is_some() => lowest == Some(class),
            Shape::Power => class == chord.root() || class == fifth(chord),
            _ => is_tone(chord, class),
        };
        if fits {
            frets[string] = Some(fret);
            place(chord, shape, strings, position, frets, index + 1, found);
            frets[string] = None;
        }
    }
}

/// What the lowest string must sound: the bass of a full chord where a grip can have it, the root
/// of shells and power chords.
fn wanted_lowest(chord: Chord, shape: Shape) -> Option<u8> {
    match shape {
        Shape::Full if is_tone(chord, chord.bass()) => Some(chord.bass()),
        Shape::Full | Shape::Shell | Shape::Power => Some(chord.root()),
        Shape::Triad => None,
    }
}

/// Nothing doubled on two strings, nothing a semitone apart.
fn clear(grip: &Grip) -> bool {
    let mut sounds = 0_u128;
    grip.keys().all(|key| {
        let near = 0b111_u128 << (key - 1);
        let is_free = sounds & near == 0;
        sounds |= 1 << key;
        is_free
    })
}

/// What makes a grip worse: tones that are missing, high positions and the way from the last one.
fn cost(chord: Chord, shape: Shape, grip: &Grip, before: Option<&Grip>) -> i32 {
    let tones = chord.quality.semitones();
    let missing =
        tones.iter().enumerate().filter(|&(_, above)| !grip.has((chord.root() + above) % 12));
    let missing: i32 = missing
        .map(|(index, _)| match (shape, index, tones.len()) {
            (Shape::Power, ..) => 0,
            (Shape::Shell, 2, _) => 0,
            // Of a seventh chord on three strings somebody else has root or fifth.
            (Shape::Triad, 0 | 2, 4) => 2,
            (_, 1 | 3, _) => 40,
            _ => 14,
        })
        .sum();
    let strings = grip.keys().count() as i32;
    let position = i32::from(grip.position());
    let travel = before.map_or(0, |before| {
        let top = |grip: &Grip| i32::from(grip.keys().last().unwrap_or(0));
        (i32::from(before.position()) - position).abs() * 2 + (top(before) - top(grip)).abs()
    });
    match shape {
        Shape::Full => missing + position * 2 - strings * 3 + effort(grip) + travel,
        // Around the fifth fret three strings ring clearest.
        Shape::Triad => missing + (position - 5).abs() + travel * 2,
        Shape::Shell => missing + (position - 4).abs() + travel,
        Shape::Power => missing + position + travel - strings,
    }
}

/// How far the fingers are apart, and how many there are.
fn effort(grip: &Grip) -> i32 {
    let stopped = || grip.frets.iter().flatten().copied().filter(|fret| *fret > 0);
    let first = grip.position();
    let span = stopped().max().unwrap_or(first) - first;
    let across = stopped().filter(|fret| *fret == first).count().max(1);
    i32::from(span) * 2 + (stopped().count() + 1 - across) as i32
}

fn is_tone(chord: Chord, class: u8) -> bool {
    chord.quality.semitones().iter().any(|above| (chord.root() + above) % 12 == class)
}

/// The fifth as the chord has it, diminished or augmented too.
fn fifth(chord: Chord) -> u8 {
    let own = chord.quality.semitones().iter().copied().find(|above| (6..=8).contains(above));
    let above = if chord.quality == Quality::Diminished7 { 6 } else { own.unwrap_or(7) };
    (chord.root() + above) % 12
}

//! A pianist's hands: what the left holds below, what the right holds above.
use musegan_score::{Chord, Key};

use super::{Colour, Frame, closest, palette};

/// Most semitones that a hand reaches: a tenth.
pub const REACH: u8 = 16;
/// Where the right hand lies.
pub const RIGHT: Frame = Frame { low: 55, high: 84, voices: 3, span: 12, centre: 64 };
/// Where the left hand lies when a bassist plays: out of the way.
pub const LEFT_LOW: u8 = 43;
/// Where it lies alone.
pub const LEFT_ALONE: u8 = 36;

/// How the left hand is voiced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The bass alone.
    Root,
    /// The bass and the fifth above.
    Fifth,
    /// The bass and its octave.
    Octave,
    /// Bass, fifth and tenth, one after the other or a stretch.
    Tenth,
    /// Third and seventh around middle C, for players who leave the root to the bassist.
    Shell,
}

/// The right hand's chord, near the one before; `lift` semitones above its usual place.
#[must_use]
pub fn right(
    chord: Chord,
    key: Key,
    colour: Colour,
    voices: usize,
    lift: u8,
    before: &[u8],
    rub: impl Fn(u8) -> f64,
) -> Vec<u8> {
    let frame = Frame { voices: voices.clamp(1, 4), centre: RIGHT.centre + lift, ..RIGHT };
    closest(&palette(chord, key, colour), &frame, before, &rub)
}

/// The left hand's keys, ascending, all within its reach from `low` up.
#[must_use]
pub fn left(chord: Chord, key: Key, how: Left, low: u8) -> Vec<u8> {
    let bass = lowest(chord.bass(), low);
    let above = chord.quality.semitones();
    let over_bass = |interval: u8| bass + (chord.root() + interval + 12 - chord.bass()) % 12;
    let fifth = over_bass(above.iter().copied().find(|i| (6..=8).contains(i)).unwrap_or(7));
    let third = over_bass(above.iter().copied().find(|i| (2..=5).contains(i)).unwrap_or(0));
    let mut keys = match how {
        Left::Root => vec![bass],
        Left::Fifth => vec![bass, fifth],
        Left::Octave => vec![bass, bass + 12],
        Left::Tenth if third + 12 - bass <= REACH && third > bass => vec![bass, fifth, third + 12],
        Left::Tenth => vec![bass, fifth, bass + 12],
        Left::Shell => {
            let frame = Frame { low: 48, high: 64, voices: 2, span: 10, centre: 55 };
            closest(&palette(chord, key, Colour::Plain), &frame, &[], &|_| 0.0)
        }
    };
    keys.sort_unstable();
    keys.dedup();
    // A bass that is no chord tone may lie a semitone under one.
    keys.dedup_by(|upper, lower| *upper - *lower < 2);
    keys
}

/// The lowest key of a pitch class from `low` up.
#[must_use]
pub const fn lowest(class: u8, low: u8) -> u8 {
    low + (class + 12 - low % 12) % 12
}

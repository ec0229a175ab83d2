//! A string section: two to four voices that move as little as they can, and resolve what they
//! suspend by a step.
use musegan_score::chord::Quality;
use musegan_score::{Chord, Key};

use super::{Colour, Frame, closest, palette};

/// The section's range.
pub const LOW: u8 = 48;
/// The section's highest pitch.
pub const HIGH: u8 = 88;

/// The voices for a chord after those of the one before, not above `ceiling` where the tune is.
#[must_use]
pub fn voices(
    chord: Chord,
    key: Key,
    voices: usize,
    ceiling: u8,
    before: &[u8],
    rub: impl Fn(u8) -> f64,
) -> Vec<u8> {
    let high = ceiling.clamp(LOW + 16, HIGH);
    let centre = high - 9;
    let frame = Frame { low: LOW, high, voices: voices.clamp(1, 4), span: 24, centre };
    let colour = if voices > 3 { Colour::Ninth } else { Colour::Plain };
    closest(&palette(chord, key, colour), &frame, before, &rub)
}

/// A suspension: the voice that has the third comes from a step above, where it was in the chord
/// before, and resolves. Gives the pitch to sound first, and the index of the voice.
#[must_use]
pub fn suspension(chord: Chord, voices: &[u8], before: &[u8]) -> Option<(usize, u8)> {
    let third = match chord.quality {
        Quality::Major | Quality::Dominant7 => 4,
        Quality::Minor | Quality::Minor7 => 3,
        _ => return None,
    };
    let class = (chord.root() + third) % 12;
    let index = voices.iter().position(|voice| voice % 12 == class)?;
    let held = before.iter().copied().find(|held| {
        (1..=2).contains(&(i16::from(*held) - i16::from(voices[index])))
            && *held % 12 == (chord.root() + 5) % 12
    })?;
    let rubs = voices.iter().any(|voice| voice.abs_diff(held) == 1 && *voice != voices[index]);
    (!rubs).then_some((index, held))
}

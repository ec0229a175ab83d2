//! Which notes fit over a chord in a key.
use musegan_score::chord::Quality;
use musegan_score::{Chord, Key, Mode, PitchClasses};

use crate::plan::Style;

/// The scale that a line over a chord moves in: the key's, with the chord's own tones in place of
/// those a semitone beside them that the key would have. Blues and rock keep to five notes.
#[must_use]
pub fn over(chord: Chord, key: Key, style: Style) -> PitchClasses {
    let tones: Vec<u8> = tones(chord);
    let five = matches!(style, Style::Blues | Style::Rock | Style::HardRock | Style::Country);
    let scale = if five { five_notes(key) } else { key.scale() };
    let fits = |class: &u8| {
        let foreign = |tone: &u8| !contains(key.scale(), *tone);
        contains(scale, *class)
            && !tones.iter().filter(|tone| foreign(tone)).any(|tone| beside(*tone, *class))
    };
    PitchClasses::of((0..12).filter(fits).chain(tones.iter().copied()))
}

/// The pitch classes of a chord as numbers, from its root up.
#[must_use]
pub fn tones(chord: Chord) -> Vec<u8> {
    chord.quality.semitones().iter().map(|above| (chord.root() + above) % 12).collect()
}

/// The tones that a tune rests on: the chord's, and over a chord without third the key's third.
#[must_use]
pub fn resting(chord: Chord, key: Key) -> PitchClasses {
    let thirds = [3, 4].map(|above| (chord.root() + above) % 12);
    let third = thirds.into_iter().find(|third| contains(key.scale(), *third));
    let third = third.filter(|_| chord.quality == Quality::Power);
    PitchClasses::of(tones(chord).into_iter().chain(third))
}

/// The nearest pitch of a set to a wanted one, within bounds; of two the one on the side of the
/// last pitch.
#[must_use]
pub fn nearest(set: PitchClasses, wanted: i32, last: i32, low: i32, high: i32) -> i32 {
    let cost = |pitch: &i32| ((pitch - wanted).abs() * 24 + (pitch - last).abs(), *pitch);
    let fits = |pitch: &i32| contains(set, pitch.rem_euclid(12) as u8);
    (low..=high).filter(fits).min_by_key(cost).unwrap_or(wanted.clamp(low, high))
}

/// Whether a set has a pitch class.
#[must_use]
pub fn contains(set: PitchClasses, class: u8) -> bool {
    musegan_score::Pitch::new(class).is_some_and(|pitch| set.contains(pitch))
}

fn five_notes(key: Key) -> PitchClasses {
    let mode = if key.is_minor { Mode::MinorPentatonic } else { Mode::MajorPentatonic };
    mode.on(key.tonic())
}

/// Whether two pitch classes are a semitone apart.
const fn beside(a: u8, b: u8) -> bool {
    let distance = (a + 12 - b) % 12;
    distance == 1 || distance == 11
}

//! The harmony of a phrase as the networks are told it, and what lies between two.
//!
//! What must stay true: on the way from one to another each beat changes once, its chord and the
//! key that it is told in together, and no two at the same place.
use musegan_score::grid::BEATS_PER_PHRASE;

use super::chords::{self, Beat};
use super::frame::Harmony;

/// A harmony, and its beats as the networks are told them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chart {
    harmony: Harmony,
    beats: [Beat; BEATS_PER_PHRASE],
}

impl Chart {
    /// The chart of a harmony.
    #[must_use]
    pub fn of(harmony: Harmony) -> Self {
        Self { beats: chords::beats(&harmony), harmony }
    }

    /// Its chords, and its key as far as it has one.
    #[must_use]
    pub const fn harmony(&self) -> &Harmony {
        &self.harmony
    }

    /// What the networks are told of its beats.
    #[must_use]
    pub const fn beats(&self) -> &[Beat; BEATS_PER_PHRASE] {
        &self.beats
    }

    /// On the way to another, `share` from 0 to 1. Beats change from the last to the first, so that
    /// what sounds is the beginning of one and the end of the other progression.
    pub(super) fn towards(&self, other: &Self, share: f32) -> Self {
        let has_changed = |beat: usize| {
            let place = BEATS_PER_PHRASE - 1 - beat;
            share > (place as f32 + 0.5) / BEATS_PER_PHRASE as f32
        };
        let (own, others) = (&self.harmony, &other.harmony);
        let of_both = |beat: usize| if has_changed(beat) { others } else { own };
        let chords = std::array::from_fn(|beat| of_both(beat).chords[beat]);
        let told = [own.key, others.key].map(|key| chords::beats(&Harmony { chords, key }));
        Self {
            harmony: Harmony { chords, key: if share > 0.5 { others.key } else { own.key } },
            beats: std::array::from_fn(|beat| told[usize::from(has_changed(beat))][beat]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musegan_score::{Chord, Key, chord::Quality};

    #[test]
    fn beats_change_one_by_one_with_the_key_that_they_are_told_in() {
        let chart = |root, key| {
            let chord = Chord::new(root, Quality::Major, root);
            Chart::of(Harmony { chords: [Some(chord); BEATS_PER_PHRASE], key: Some(key) })
        };
        let (one, other) = (chart(0, Key::new(0, false)), chart(9, Key::new(9, true)));
        assert_eq!([one.towards(&other, 0.0), one.towards(&other, 1.0)], [one, other]);
        let mut changed = Vec::new();
        for step in 0..=16 {
            let between = one.towards(&other, step as f32 / 16.0);
            // The fourth number is the degree in the key.
            let beats = between.beats.iter().filter(|beat| beat[3] == other.beats[0][3]).count();
            let chords = between.harmony.chords.iter().zip(&other.harmony.chords);
            assert_eq!(beats, chords.filter(|(a, b)| a == b).count());
            changed.push(beats);
        }
        assert_eq!(changed, (0..=16).collect::<Vec<_>>());
    }
}

//! How plain chords are: how often the bank has the like of them.
use musegan_score::chord::Quality;
use musegan_score::{Chord, Key};

use super::super::frame::Harmony;
use super::{Bank, Entry, key};

/// Kinds of chord: the keys' modes, twelve degrees, the qualities.
const KINDS: usize = 2 * 12 * Quality::ALL.len();

/// The logarithm of the share of each kind of chord among all beats with a chord.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Commonness(Vec<f32>);

impl Commonness {
    pub fn of(entries: &[Entry]) -> Self {
        // None is never heard of.
        let mut counts = vec![1f32; KINDS];
        for entry in entries {
            let key = key(&entry.harmony);
            for chord in entry.harmony.chords.iter().flatten() {
                counts[kind(*chord, key)] += 1.0;
            }
        }
        let sum: f32 = counts.iter().sum();
        Self(counts.into_iter().map(|count| (count / sum).ln()).collect())
    }
}

impl Bank {
    /// How plain a harmony is in a key: the higher, the commoner its chords. A beat without a chord
    /// is as uncommon as can be.
    #[must_use]
    pub fn plainness(&self, harmony: &Harmony, in_key: Key) -> f32 {
        let least = self.commonness.0.iter().copied().fold(0.0, f32::min);
        let of = |chord: &Option<Chord>| {
            chord.and_then(|chord| self.commonness.0.get(kind(chord, in_key))).copied()
        };
        harmony.chords.iter().map(|chord| of(chord).unwrap_or(least)).sum()
    }
}

fn kind(chord: Chord, key: Key) -> usize {
    let degree = usize::from((chord.root() + 12 - key.tonic()) % 12);
    let quality = usize::from(chord.quality.code());
    (usize::from(key.is_minor) * 12 + degree) * Quality::ALL.len() + quality
}

#[cfg(test)]
mod tests {
    use musegan_score::grid::BEATS_PER_PHRASE;

    use super::*;

    #[test]
    fn what_the_bank_has_more_of_is_plainer_in_any_key() {
        let harmony = |root, quality| {
            let chord = Chord::new(root, quality, root);
            Harmony { chords: [Some(chord); BEATS_PER_PHRASE], key: Some(Key::new(0, false)) }
        };
        let entries = [(0, Quality::Major), (0, Quality::Major), (2, Quality::Minor)];
        let entry = |(root, quality)| Entry { harmony: harmony(root, quality), ..Entry::default() };
        let bank = Bank::new(entries.map(entry).into());
        let plainness =
            |root, quality, tonic| bank.plainness(&harmony(root, quality), Key::new(tonic, false));
        assert!(plainness(0, Quality::Major, 0) > plainness(2, Quality::Minor, 0));
        assert!(plainness(2, Quality::Minor, 0) > plainness(1, Quality::Major, 0));
        assert_eq!(plainness(7, Quality::Major, 7), plainness(0, Quality::Major, 0));
        let none = bank.plainness(&Harmony::default(), Key::new(0, false));
        assert_eq!(none, plainness(1, Quality::Major, 0));
    }
}

//! Chords and takes as words, for atomics. What must stay true: what is packed is unpacked equal.
use musegan_score::chord::Quality;
use musegan_score::progression::MOST_BEATS;
use musegan_score::{Chord, Progression, Take, Takes, Track};

/// Chords in a word.
const CHORDS: usize = 4;
/// Words of a progression: how many beats, and their chords.
pub(super) const PROGRESSION: usize = 1 + MOST_BEATS / CHORDS;
/// Words of the takes: number and seed of each track.
pub(super) const TAKES: usize = 2 * Track::COUNT;

/// Set in the sixteen bits of a beat that has a chord.
const IS_CHORD: u64 = 1 << 15;
/// Set in the word of a take that is locked.
const IS_LOCKED: u64 = 1 << 16;

pub(super) fn progression(progression: &Progression) -> [u64; PROGRESSION] {
    let mut words = [0; PROGRESSION];
    let chords = progression.chords();
    words[0] = chords.len() as u64;
    for (word, chords) in words[1..].iter_mut().zip(chords.chunks(CHORDS)) {
        *word = chords.iter().rev().fold(0, |word, chord| word << 16 | of_chord(*chord));
    }
    words
}

/// The progression of words that may be of several, as they are while another one is written.
pub(super) fn to_progression(words: &[u64; PROGRESSION]) -> Progression {
    let beats = (words[0] as usize).min(MOST_BEATS);
    let chords: [_; MOST_BEATS] =
        std::array::from_fn(|beat| to_chord(words[1 + beat / CHORDS] >> (beat % CHORDS * 16)));
    Progression::new(&chords[..beats]).unwrap_or_default()
}

pub(super) fn takes(takes: &Takes) -> [u64; TAKES] {
    let mut words = [0; TAKES];
    for (words, track) in words.chunks_exact_mut(2).zip(Track::ALL) {
        let Take { number, locked } = takes.of(track);
        words[0] = u64::from(number) | locked.map_or(0, |_| IS_LOCKED);
        words[1] = locked.unwrap_or_default();
    }
    words
}

pub(super) fn to_takes(words: &[u64; TAKES]) -> Takes {
    Takes::new(Track::ALL.map(|track| {
        let [number, seed] = [0, 1].map(|word| words[2 * track.index() + word]);
        Take { number: number as u16, locked: (number & IS_LOCKED != 0).then_some(seed) }
    }))
}

fn of_chord(chord: Option<Chord>) -> u64 {
    chord.map_or(0, |chord| {
        let [root, quality, bass] =
            [chord.root(), chord.quality.code(), chord.bass()].map(u64::from);
        IS_CHORD | root << 8 | quality << 4 | bass
    })
}

fn to_chord(bits: u64) -> Option<Chord> {
    let nibble = |at: u32| (bits >> at & 15) as u8;
    let quality = Quality::ALL[usize::from(nibble(4))];
    (bits & IS_CHORD != 0).then(|| Chord::new(nibble(8), quality, nibble(0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_equal() {
        let chords = (0..12).flat_map(|root| {
            Quality::ALL.map(|quality| Some(Chord::new(root, quality, root + quality.code())))
        });
        let chords: Vec<_> = chords.chain([None, None]).collect();
        let all = chords.chunks(MOST_BEATS).chain([&chords[5..14], &[]]);
        for chords in all {
            let whole = Progression::new(chords).unwrap();
            assert_eq!(to_progression(&progression(&whole)), whole);
        }
        let some = Takes::default()
            .with(Track::Piano, Take { number: 99, locked: Some(u64::MAX) })
            .with(Track::Strings, Take { number: u16::MAX, locked: None })
            .with(Track::Drums, Take { number: 0, locked: Some(0) });
        assert_eq!(to_takes(&takes(&some)), some);
    }
}

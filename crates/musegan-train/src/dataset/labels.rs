//! What is known about a phrase besides its notes: key, chords, place in its song; and the bytes
//! that stand for them in a shard.
//!
//! What must stay true: every byte reads as something, so that a lying shard gives wrong labels at
//! worst.
use musegan_score::chord::Quality;
use musegan_score::{Chord, Key};

/// The byte of a key, or of each part of a chord, that is not known.
pub const UNKNOWN: u8 = 255;
/// Bytes of a chord: root, code of the quality, bass.
pub const CHORD_BYTES: usize = 3;

/// The labels of a phrase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Number of its first bar in the song.
    pub bar: u32,
    /// The key, where one is clear enough.
    pub key: Option<Key>,
    /// The chord on each beat; beats beyond the end are without one.
    pub chords: Vec<Option<Chord>>,
}

pub(super) fn key_byte(key: Option<Key>) -> u8 {
    key.map_or(UNKNOWN, Key::code)
}

pub(super) fn chord_bytes(chord: Option<Chord>) -> [u8; CHORD_BYTES] {
    chord.map_or([UNKNOWN; CHORD_BYTES], |c| [c.root(), c.quality.code(), c.bass()])
}

/// The chord of [`CHORD_BYTES`] bytes; none where they say none or say nonsense.
pub(super) fn chord_of(bytes: &[u8]) -> Option<Chord> {
    let &[root, quality, bass] = bytes else { return None };
    let quality = Quality::ALL.get(usize::from(quality))?;
    (root < 12 && bass < 12).then(|| Chord::new(root, *quality, bass))
}

/// The chord of a bar as MidiNet has it: twelve numbers of which that of the root is 1, and one
/// that is 1 where the third is minor. `beats` are the chords on the bar's beats; the one on most
/// of them counts, the earlier of two. Without any all are 0.
#[must_use]
pub fn midinet_chord(beats: &[Option<Chord>]) -> [f32; 13] {
    let count = |chord: Chord| beats.iter().filter(|beat| **beat == Some(chord)).count();
    let mut bar: Option<(Chord, usize)> = None;
    for &chord in beats.iter().flatten() {
        if bar.is_none_or(|(_, most)| count(chord) > most) {
            bar = Some((chord, count(chord)));
        }
    }
    let mut values = [0.0; 13];
    if let Some((chord, _)) = bar {
        values[usize::from(chord.root())] = 1.0;
        values[12] = if chord.quality.semitones().contains(&3) { 1.0 } else { 0.0 };
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_a_chord_read_back_and_nonsense_is_no_chord() {
        let chord = Chord::new(9, Quality::Minor7, 0);
        assert_eq!(chord_of(&chord_bytes(Some(chord))), Some(chord));
        for nonsense in [&[255, 255, 255][..], &[12, 0, 0], &[0, 16, 0], &[0, 0, 12], &[]] {
            assert_eq!(chord_of(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn the_chord_of_a_bar_is_the_one_on_most_of_its_beats() {
        let a_minor = Some(Chord::new(9, Quality::Minor7, 9));
        let f = Some(Chord::new(5, Quality::Major, 5));
        let hot = |chord: [f32; 13]| -> Vec<_> { (0..13).filter(|&i| chord[i] == 1.0).collect() };
        assert_eq!(hot(midinet_chord(&[f, a_minor, a_minor, None])), [9, 12]);
        assert_eq!(hot(midinet_chord(&[f, f, a_minor, a_minor])), [5], "the earlier of two");
        assert_eq!(midinet_chord(&[None; 4]), [0.0; 13]);
    }
}

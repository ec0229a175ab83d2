//! The bass under slash chords.
//!
//! In songs the bass plays the note that a slash names, but few chords have one and the generator
//! does not listen for it. So where the band's own bass has the root of such a chord it plays what
//! the slash names. What must stay true: nothing else is moved, and nothing at all under chords in
//! root position.
use musegan_score::grid::STEPS_PER_BEAT;
use musegan_score::roll::LOWEST_PITCH;
use musegan_score::{Chord, Note, Phrase, Pitch, Track};

use super::Harmony;

/// The phrase with its bass on the notes that slashes name.
pub(super) fn followed(phrase: Phrase, harmony: &Harmony) -> Phrase {
    let is_slash = |chord: &Chord| chord.bass() != chord.root();
    if !harmony.chords.iter().flatten().any(is_slash) {
        return phrase;
    }
    let notes = phrase.notes().map(|(track, note)| {
        let chord = harmony.chords[note.onset().index() / STEPS_PER_BEAT].filter(is_slash);
        match (track, chord) {
            (Track::Bass, Some(chord)) => (track, moved(note, chord)),
            _ => (track, *note),
        }
    });
    Phrase::new(notes).with_chords(*phrase.chords())
}

/// A note on the root as the nearest one that the slash names; any other as it is.
fn moved(note: &Note, chord: Chord) -> Note {
    let number = note.pitch.number();
    if number % 12 != chord.root() {
        return *note;
    }
    let up = (chord.bass() + 12 - chord.root()) % 12;
    let is_down = up >= 6 && number + up >= LOWEST_PITCH + 12;
    let pitch = Pitch::new(if is_down { number + up - 12 } else { number + up });
    let velocity = note.velocity;
    let moved = pitch.map(|pitch| Note::new(note.onset(), note.length(), pitch, velocity));
    moved.map_or(*note, |moved| moved.with_strength(note.strength()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::chord::Quality;
    use musegan_score::grid::BEATS_PER_PHRASE;
    use musegan_score::{Step, Velocity};

    #[test]
    fn the_bass_takes_the_slash_for_the_root_and_nobody_else_moves() {
        let note = |track: Track, step: u8, key: u8| {
            let note = Note::new(
                Step::new(step.into()).unwrap(),
                4,
                Pitch::new(key).unwrap(),
                Velocity::clamped(90),
            );
            (track, note.with_strength(0.3))
        };
        let [slash, root] = [Chord::new(0, Quality::Major, 4), Chord::new(0, Quality::Major, 0)];
        let mut chords = [Some(slash); BEATS_PER_PHRASE];
        chords[2..].fill(Some(root));
        let harmony = Harmony { chords, key: None };
        let played = [
            note(Track::Piano, 0, 36),
            note(Track::Bass, 0, 36),
            note(Track::Bass, 4, 31),
            note(Track::Bass, 8, 36),
        ];
        let expected = [played[0], note(Track::Bass, 0, 40), played[2], played[3]];
        assert_eq!(followed(Phrase::new(played), &harmony), Phrase::new(expected));
        // The sixth is nearer below, where there is one.
        let sixth = Chord::new(0, Quality::Minor, 9);
        let keys = [24, 36].map(|key| moved(&note(Track::Bass, 0, key).1, sixth).pitch.number());
        assert_eq!(keys, [33, 33]);
    }
}

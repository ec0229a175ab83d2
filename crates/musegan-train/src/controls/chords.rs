//! Chords: whether the bass stands on them, and whether what is played belongs to them.

use musegan_model::band::Player;
use musegan_score::grid::{BEATS_PER_BAR, BEATS_PER_PHRASE, STEPS_PER_BEAT};
use musegan_score::{Chord, Composition, Phrase, Progression, Step, Track};

use super::real::Real;
use super::{Goal, Row, played, song};

const NAME: &str = "chords";

/// Gives the band the chords of real phrases, and none; and looks at both.
pub(super) fn measure(player: &Player, real: &Real<'_>) -> Vec<Row> {
    let real = real.phrases(|phrase| phrase.harmony.chords.iter().all(Option::is_some));
    let real: Vec<_> = real.into_iter().map(|r| r.phrase.with_chords(r.harmony.chords)).collect();
    let told = |(seed, phrase): (u64, &Phrase)| {
        let progression = Progression::new(phrase.chords()).unwrap_or_default();
        (Composition { progression, ..song(seed) }, 0)
    };
    let places: Vec<_> = (0..).zip(&real).map(told).collect();
    let given = played(player, &places);
    let obeyed = given.iter().zip(&real).filter(|(one, other)| one.chords() == other.chords());
    let obeyed = obeyed.count() as f64 / real.len() as f64;
    let own: Vec<_> = (0..real.len() as u64).map(|seed| (song(seed), 0)).collect();
    let own = played(player, &own);
    let named = own.iter().flat_map(Phrase::chords).filter(|chord| chord.is_some()).count();
    let named = named as f64 / (own.len() * BEATS_PER_PHRASE) as f64;
    vec![
        Row::new(NAME, "given: phrases over exactly those", Some(obeyed)).asked(Goal::AtLeast(1.0)),
        Row::new(NAME, "given: bass downbeats on root, third or fifth", downbeats(&given))
            .beside(downbeats(&real))
            .asked(Goal::AtLeast(0.95)),
        Row::new(NAME, "given: pitched cells that are chord tones", chord_tones(&given))
            .beside(chord_tones(&real))
            .asked(Goal::Near(0.03)),
        Row::new(NAME, "own: beats whose chord the band says", Some(named)),
        Row::new(NAME, "own: bass downbeats on root, third or fifth", downbeats(&own))
            .beside(downbeats(&real))
            .asked(Goal::AtLeast(0.95)),
    ]
}

/// Share of the bass notes that begin with a bar which are root, third or fifth of its chord, the
/// second tone of a chord being its third, or what is there instead.
fn downbeats(phrases: &[Phrase]) -> Option<f64> {
    let belongs = |chord: Chord, pitch: u8| {
        let tones = chord.quality.semitones();
        tones[..tones.len().min(3)].contains(&((pitch + 12 - chord.root()) % 12))
    };
    let notes = phrases.iter().flat_map(|phrase| {
        (0..BEATS_PER_PHRASE).step_by(BEATS_PER_BAR).flat_map(move |beat| {
            let step = Step::new(beat * STEPS_PER_BEAT).unwrap_or_default();
            let chord = phrase.chords()[beat];
            let notes = phrase.starting_at(Track::Bass, step).iter();
            notes.filter_map(move |note| Some(belongs(chord?, note.pitch.number() % 12)))
        })
    });
    share(notes)
}

/// Share of the cells in which a pitched track sounds over a chord that are tones of the chord, or
/// its bass.
fn chord_tones(phrases: &[Phrase]) -> Option<f64> {
    let cells = phrases.iter().flat_map(|phrase| {
        let pitched = phrase.notes().filter(|(track, _)| !track.is_drums());
        pitched.flat_map(|(_, note)| {
            (note.onset().index()..note.end()).filter_map(|step| {
                let chord = phrase.chords()[step / STEPS_PER_BEAT]?;
                let is_bass = note.pitch.number() % 12 == chord.bass();
                Some(is_bass || chord.tones().contains(note.pitch))
            })
        })
    });
    share(cells)
}

fn share(all: impl Iterator<Item = bool>) -> Option<f64> {
    let (count, true_ones) = all.fold((0u64, 0u64), |(n, t), is| (n + 1, t + u64::from(is)));
    (count > 0).then(|| true_ones as f64 / count as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::{Note, Pitch, Velocity};

    #[test]
    fn downbeats_and_chord_tones_are_counted_as_a_hand_counts_them() {
        let note = |track, step, length, pitch| {
            let (step, pitch) = (Step::new(step).unwrap(), Pitch::new(pitch).unwrap());
            (track, Note::new(step, length, pitch, Velocity::DEFAULT))
        };
        let chords = "C | Dsus4 | N.C. | G7/A".parse::<Progression>().unwrap();
        let chords = chords.of_phrase(0).unwrap();
        let phrase = Phrase::new([
            note(Track::Bass, 0, 4, 40),  // E, the third of C
            note(Track::Bass, 4, 2, 38),  // not on a downbeat, D foreign to C
            note(Track::Bass, 16, 2, 43), // G, in place of the third of Dsus4
            note(Track::Bass, 32, 8, 41), // over no chord
            note(Track::Bass, 48, 2, 45), // A, the bass of G7 but none of its tones
            note(Track::Drums, 0, 1, 38),
        ]);
        let phrases = [phrase.with_chords(chords)];
        assert_eq!(downbeats(&phrases), Some(2.0 / 3.0));
        assert_eq!(chord_tones(&phrases), Some(8.0 / 10.0));
        assert_eq!(downbeats(&[Phrase::default()]), None);
    }
}

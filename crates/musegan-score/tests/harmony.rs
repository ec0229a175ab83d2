//! Keys and chords of music whose harmony is known because it was written here.
#![allow(clippy::unwrap_used)]
use musegan_score::chord::Quality;
use musegan_score::harmony::{Pulse, Sounding, analyse};
use musegan_score::{Chord, Key, Pitch, Song, TimedNote, Track, Velocity};
use proptest::prelude::*;

const STEPS_PER_BEAT: u32 = 4;
const BAR: u32 = 16;

fn note(onset: u32, length: u32, pitch: u8) -> Sounding {
    Sounding { onset, end: onset + length, pitch, ..Sounding::default() }
}

/// The triads and sevenths on the degrees of major, without the diminished one.
const DIATONIC: [(u8, Quality); 9] = [
    (0, Quality::Major),
    (2, Quality::Minor),
    (4, Quality::Minor),
    (5, Quality::Major),
    (7, Quality::Major),
    (9, Quality::Minor),
    (7, Quality::Dominant7),
    (2, Quality::Minor7),
    (5, Quality::Major7),
];

/// How a chord is played for a bar.
#[derive(Clone, Copy, Debug)]
enum Playing {
    Held,
    Struck,
    Arpeggio,
}

/// A bar of a chord: the root in the bass, the chord above middle C.
fn bar(chord: Chord, onset: u32, playing: Playing) -> Vec<Sounding> {
    let tones: Vec<u8> =
        chord.quality.semitones().iter().map(|tone| 60 + (chord.root() + tone) % 12).collect();
    let mut notes = vec![note(onset, BAR, 36 + chord.bass())];
    match playing {
        Playing::Held => notes.extend(tones.iter().map(|&tone| note(onset, BAR, tone))),
        Playing::Struck => {
            for beat in 0..4 {
                notes.extend(tones.iter().map(|&tone| note(onset + beat * 4, 3, tone)));
            }
        }
        Playing::Arpeggio => {
            let up = tones.iter().cycle().zip(0..8);
            // The strings ring on.
            let length = |eighth: u32| (BAR - eighth * 2).min(8);
            notes.extend(up.map(|(&tone, i)| note(onset + i * 2, length(i), tone)));
        }
    }
    notes
}

fn playing() -> impl Strategy<Value = Playing> {
    prop_oneof![Just(Playing::Held), Just(Playing::Struck), Just(Playing::Arpeggio)]
}

/// For each bar a chord of some major key, and how it is played; a cadence at the end.
fn progression() -> impl Strategy<Value = Vec<(Chord, Playing)>> {
    let bars = prop::collection::vec((0..DIATONIC.len(), playing()), 4..12);
    (0..12_u8, bars).prop_map(|(tonic, bars)| {
        let chord = |degree: usize| {
            let (above, quality) = DIATONIC[degree];
            Chord::new(tonic + above, quality, tonic + above)
        };
        let mut bars: Vec<_> =
            bars.into_iter().map(|(degree, playing)| (chord(degree), playing)).collect();
        // Whether a seventh that comes late or goes early belongs to the chord is a matter of taste.
        for (chord, playing) in &mut bars {
            if chord.quality.semitones().len() > 3 {
                *playing = Playing::Held;
            }
        }
        bars.extend([0, 3, 4, 0].map(|degree| (chord(degree), Playing::Held)));
        bars
    })
}

fn written(bars: &[(Chord, Playing)]) -> Vec<Sounding> {
    let bars = (0..).zip(bars);
    bars.flat_map(|(i, &(chord, playing))| bar(chord, i * BAR, playing)).collect()
}

proptest! {
    #[test]
    fn the_chords_of_a_written_progression_are_found(bars in progression()) {
        let harmony = analyse(&written(&bars), &Pulse::four_four(STEPS_PER_BEAT, bars.len()));
        let expected: Vec<_> = bars.iter().flat_map(|(chord, _)| vec![chord.to_string(); 4]).collect();
        let found: Vec<_> = harmony.chords.iter().flatten().map(Chord::to_string).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn harmony_is_transposed_with_the_music(bars in progression(), up in 1..12_i8) {
        let pulse = Pulse::four_four(STEPS_PER_BEAT, bars.len());
        let notes = written(&bars);
        let higher: Vec<_> =
            notes.iter().map(|n| Sounding { pitch: n.pitch + up as u8, ..*n }).collect();
        let (harmony, higher) = (analyse(&notes, &pulse), analyse(&higher, &pulse));
        let chords: Vec<_> = harmony.chords.iter().map(|c| c.map(|c| c.transposed(up))).collect();
        prop_assert_eq!(chords, higher.chords);
        prop_assert_eq!(harmony.key.map(|key| key.transposed(up)), higher.key);
    }

    #[test]
    fn the_order_of_notes_never_matters(
        mut notes in prop::collection::vec(
            (0..200_u32, 0..200_u32, any::<u8>(), any::<u8>(), any::<bool>()), 0..100),
    ) {
        let sounding = |notes: &[(u32, u32, u8, u8, bool)]| -> Vec<_> {
            notes.iter().map(|&(onset, end, pitch, weight, is_bass)| {
                Sounding { onset, end, pitch, weight, is_bass }
            }).collect()
        };
        let pulse = Pulse::of_bars(STEPS_PER_BEAT, [4, 3, 4, 7, 1, 4]);
        let harmony = analyse(&sounding(&notes), &pulse);
        prop_assert_eq!(harmony.chords.len(), pulse.beats());
        prop_assert_eq!(harmony.keys.len(), pulse.beats());
        notes.reverse();
        prop_assert_eq!(analyse(&sounding(&notes), &pulse), harmony);
    }
}

#[test]
fn inversions_and_power_chords_are_told_apart() {
    let chords: Vec<Chord> =
        ["C:maj", "G:maj/3", "A:min", "A:min/b7", "F:maj", "C:maj/5", "G:7", "C:5"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
    let notes: Vec<_> =
        (0..).zip(&chords).flat_map(|(i, &chord)| bar(chord, i * BAR, Playing::Struck)).collect();
    let harmony = analyse(&notes, &Pulse::four_four(STEPS_PER_BEAT, chords.len()));
    let found: Vec<_> = harmony.chords.iter().step_by(4).flatten().map(Chord::to_string).collect();
    // A seventh that only the bass plays makes the chord a seventh chord.
    assert_eq!(found, ["C:maj", "G:maj/3", "A:min", "A:min7/b7", "F:maj", "C:maj/5", "G:7", "C:5"]);
}

#[test]
fn passing_notes_of_a_tune_change_no_chord() {
    let chord: Chord = "C:maj".parse().unwrap();
    let mut notes: Vec<_> = (0..4).flat_map(|i| bar(chord, i * BAR, Playing::Struck)).collect();
    for (eighth, pitch) in (0..).zip([72, 74, 76, 77, 79, 81, 79, 77].into_iter().cycle().take(32))
    {
        notes.push(Sounding { weight: 32, ..note(eighth * 2, 2, pitch) });
    }
    let harmony = analyse(&notes, &Pulse::four_four(STEPS_PER_BEAT, 4));
    assert_eq!(harmony.chords, [Some(chord); 16]);
}

#[test]
fn where_too_little_sounds_there_is_no_chord_and_no_key() {
    let pulse = Pulse::four_four(STEPS_PER_BEAT, 8);
    let silent = analyse(&[], &pulse);
    assert_eq!((silent.key, silent.clarity), (None, 0.0));
    assert_eq!(silent.chords, [None; 32]);
    let one_note = analyse(&[note(0, 64, 40)], &pulse);
    assert_eq!(one_note.key, None);
    assert_eq!(one_note.chords, [None; 32]);
    let chromatic: Vec<_> = (0..96).map(|i| note(i, 1, 40 + (i % 24) as u8)).collect();
    assert_eq!(analyse(&chromatic, &pulse).key, None);
}

/// Sixteen bars of tonic, sixth, fourth or subdominant, and dominant.
fn loops(key: Key) -> impl Iterator<Item = (Chord, Playing)> {
    let degrees = if key.is_minor {
        [(0, Quality::Minor), (8, Quality::Major), (5, Quality::Minor), (7, Quality::Major)]
    } else {
        [(0, Quality::Major), (9, Quality::Minor), (5, Quality::Major), (7, Quality::Major)]
    };
    degrees.into_iter().cycle().take(16).map(move |(above, quality)| {
        (Chord::new(key.tonic() + above, quality, key.tonic() + above), Playing::Struck)
    })
}

#[test]
fn every_key_is_found() {
    for key in (0..24).filter_map(Key::of_code) {
        let bars: Vec<_> = loops(key).collect();
        let harmony = analyse(&written(&bars), &Pulse::four_four(STEPS_PER_BEAT, bars.len()));
        assert_eq!(harmony.key, Some(key), "clarity {}", harmony.clarity);
        assert_eq!(harmony.keys, vec![Some(key); 64]);
    }
}

#[test]
fn a_song_is_heard_between_its_beats_without_its_drums() {
    let piece = |track, onset_beats, pitch| TimedNote {
        track,
        onset_beats,
        length_beats: 1.0,
        pitch: Pitch::new(pitch).unwrap(),
        velocity: Velocity::DEFAULT,
    };
    let song = Song::of_notes(
        &[
            piece(Track::Drums, 1.0, 38),
            piece(Track::Piano, 0.5, 60),
            piece(Track::Piano, 1.0, 64),
            piece(Track::Bass, 2.5, 36),
            piece(Track::Bass, 5.0, 36),
        ],
        120.0,
    );
    // The second beat is twice as long as the first; nothing is heard before or after them.
    let heard = Sounding::of_song(&song, &[480, 960, 1920], 4);
    assert_eq!(heard, [note(0, 4, 64), Sounding { is_bass: true, ..note(5, 2, 36) }]);
}

#[test]
fn a_song_that_modulates_has_both_keys() {
    let (low, high) = (Key::new(0, false), Key::new(2, false));
    let bars: Vec<_> = loops(low).chain(loops(high)).collect();
    let harmony = analyse(&written(&bars), &Pulse::four_four(STEPS_PER_BEAT, bars.len()));
    assert_eq!(harmony.key_over(0..16), Some(low));
    assert_eq!(harmony.key_over(112..128), Some(high));
    assert_eq!(harmony.key_over(500..600), None);
}

//! What is written is what is read back.
use musegan_score::midi;
use musegan_score::quantise::Stride;
use musegan_score::song::{KeySignature, Marker, Metre, Tempo};
use musegan_score::{Key, Note, Phrase, Pitch, Song, SongNote, Step, TimedNote, Track, Velocity};
use proptest::prelude::*;

#[test]
fn files_name_the_five_tracks_with_their_channels_and_programs() {
    let bytes = midi::write_phrases(&[], 93.7).unwrap();
    assert_eq!(bytes[..14], *b"MThd\0\0\0\x06\0\x01\0\x06\x01\xE0");
    let song = Song::of_notes(&Track::ALL.map(|track| timed(track, 0.0, 1.0, 60)), 93.7);
    let song = midi::read(&midi::write(&song).unwrap()).unwrap();
    let parts: Vec<_> =
        song.parts.iter().map(|p| (p.name.as_deref(), p.channel, p.program)).collect();
    assert_eq!(
        parts,
        [
            (Some("Drums"), 9, Some(0)),
            (Some("Piano"), 1, Some(0)),
            (Some("Guitar"), 2, Some(25)),
            (Some("Bass"), 3, Some(33)),
            (Some("Strings"), 4, Some(48)),
        ]
    );
    assert!((song.bpm() - 93.7).abs() < 1e-4);
    assert_eq!(song.metres, [Metre { tick: 0, count: 4, unit: 4 }]);
}

#[test]
fn a_repeated_note_is_released_before_it_is_struck_again() {
    let notes = [timed(Track::Bass, 0.0, 1.0, 40), timed(Track::Bass, 1.0, 1.0, 40)];
    let bytes = midi::write(&Song::of_notes(&notes, 120.0)).unwrap();
    let song = midi::read(&bytes).unwrap();
    let lengths: Vec<_> = song.parts[0].notes.iter().map(|n| (n.onset, n.length)).collect();
    assert_eq!(lengths, [(0, 480), (480, 480)]);
}

#[test]
fn a_silence_longer_than_an_event_can_state_is_bridged() {
    let mut song = Song::silent(120.0);
    let notes = [timed(Track::Piano, 0.0, 1.0, 60)];
    song.parts = Song::of_notes(&notes, 120.0).parts;
    song.parts[1].notes[0].onset = 3 << 28;
    let again = midi::read(&midi::write(&song).unwrap()).unwrap();
    assert_eq!(again.parts[0].notes, song.parts[1].notes);
}

#[test]
fn times_that_are_no_numbers_are_left_out() {
    let notes = [f64::NAN, f64::INFINITY, -1.0].map(|onset| timed(Track::Piano, onset, 2.0, 60));
    let song = Song::of_notes(&notes, f64::NAN);
    assert_eq!(song.tempos, [Tempo { tick: 0, micros_per_beat: 500_000 }]);
    let kept: Vec<_> = song.parts.iter().flat_map(|part| &part.notes).collect();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].onset, kept[0].length), (0, 480));
}

fn timed(track: Track, onset_beats: f64, length_beats: f64, pitch: u8) -> TimedNote {
    let pitch = Pitch::new(pitch).unwrap();
    TimedNote { track, onset_beats, length_beats, pitch, velocity: Velocity::DEFAULT }
}

/// Phrases whose every note the networks can hold.
fn phrase() -> impl Strategy<Value = Phrase> {
    let note = (0..5usize, 0..64usize, 1..65usize, 24..96u8, 1..128);
    prop::collection::vec(note, 1..60).prop_map(|notes| {
        Phrase::new(notes.into_iter().map(|(track, step, length, pitch, velocity)| {
            let (step, pitch) = (Step::new(step).unwrap(), Pitch::new(pitch).unwrap());
            (Track::ALL[track], Note::new(step, length, pitch, Velocity::clamped(velocity)))
        }))
    })
}

fn song() -> impl Strategy<Value = Song> {
    let note = (0..1u64 << 20, 1..5000u64, 0..128u8, 1..128i32);
    let part = (0..16u8, prop::option::of(0..128u8), prop::collection::vec(note, 1..30));
    let keys = prop::collection::btree_map(0..1u64 << 20, 0..24u8, 0..4);
    let markers = prop::collection::btree_map(0..1u64 << 20, "[A-Gäß]:?[a-z0-9()/#]{0,9}", 0..9);
    let parts = prop::collection::vec(part, 0..6);
    (parts, keys, markers, 1..32_768u32).prop_map(|(parts, keys, markers, ticks_per_beat)| {
        let mut song = Song { ticks_per_beat, ..Song::silent(120.0) };
        song.parts = (0..).zip(parts).map(|(i, part)| to_part(i, part)).collect();
        let signature = |(tick, code)| KeySignature { tick, key: Key::of_code(code).unwrap() };
        song.keys = keys.into_iter().map(signature).collect();
        let marker = |(tick, text): (_, String)| Marker { tick, text: text.into() };
        song.markers = markers.into_iter().map(marker).collect();
        song
    })
}

type PartSketch = (u8, Option<u8>, Vec<(u64, u64, u8, i32)>);

/// A part in which no key is struck while it sounds, as no file could say that.
fn to_part(index: usize, (channel, program, sketch): PartSketch) -> musegan_score::Part {
    let mut notes: Vec<_> = sketch
        .into_iter()
        .map(|(onset, length, pitch, velocity)| SongNote {
            onset,
            length,
            pitch: Pitch::new(pitch).unwrap(),
            velocity: Velocity::clamped(velocity),
        })
        .collect();
    notes.sort_by_key(|note| (note.pitch, note.onset));
    notes.dedup_by(|later, earlier| {
        later.pitch == earlier.pitch && later.onset < earlier.onset + earlier.length
    });
    notes.sort_by_key(|note| (note.onset, note.pitch));
    let name = Some(format!("Part {index}").into());
    musegan_score::Part { name, channel, program, is_drums: channel == 9, notes }
}

proptest! {
    #[test]
    fn phrases_survive_a_file(phrases in prop::collection::vec(phrase(), 1..4), bpm in 20.0..300.0) {
        let bytes = midi::write_phrases(&phrases, bpm).unwrap();
        let song = midi::read(&bytes).unwrap();
        prop_assert!(song.damage.is_empty());
        let cuts = song.phrases(Stride::Phrase);
        let losses = cuts.losses();
        prop_assert_eq!(losses.kept, losses.notes);
        prop_assert_eq!(losses.off_grid, 0);
        let again: Vec<_> = cuts.map(|cut| cut.phrase).collect();
        prop_assert_eq!(again, phrases);
    }

    #[test]
    fn songs_survive_a_file(song in song()) {
        let again = midi::read(&midi::write(&song).unwrap()).unwrap();
        prop_assert_eq!(again.parts, song.parts);
        prop_assert_eq!(again.ticks_per_beat, song.ticks_per_beat);
        prop_assert_eq!(again.keys, song.keys);
        prop_assert_eq!(again.markers, song.markers);
    }
}

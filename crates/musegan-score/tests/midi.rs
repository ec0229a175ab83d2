//! Reading and writing `.mid` files through the public API.
#![allow(clippy::unwrap_used)]
use std::path::Path;
use std::sync::Arc;

use musegan_score::midi::{self, FileError, ReadError, WriteError};
use musegan_score::quantise::Stride;
use musegan_score::song::{Metre, Tempo};
use musegan_score::{Note, Phrase, Pitch, Song, SongNote, Step, TimedNote, Track, Velocity};
use proptest::prelude::*;

const END: &[u8] = &[0x00, 0xFF, 0x2F, 0x00];

/// A file of these tracks, whose chunk lengths are right.
fn file(format: u8, division: [u8; 2], tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.extend([format, 0, tracks.len() as u8]);
    bytes.extend(division);
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend((track.len() as u32).to_be_bytes());
        bytes.extend(*track);
    }
    bytes
}

fn one_track(events: &[&[u8]]) -> Song {
    midi::read(&file(0, [0, 96], &[&events.concat()])).unwrap()
}

/// (onset, length, pitch, velocity) of every note, part by part.
fn notes(song: &Song) -> Vec<(u64, u64, u8, u8)> {
    let notes = song.parts.iter().flat_map(|part| &part.notes);
    notes.map(|n| (n.onset, n.length, n.pitch.number(), n.velocity.value())).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/midi");
    std::fs::read(folder.join(name)).unwrap()
}

fn c_major(tick_step: u64) -> Vec<(u64, u64, u8, u8)> {
    let scale = [60, 62, 64, 65, 67, 69, 71, 72];
    (0..).zip(scale).map(|(i, pitch)| (i * tick_step, tick_step, pitch, 127)).collect()
}

#[test]
fn damaged_files_give_the_scale_that_is_in_them() {
    for (name, tick_step) in [
        ("illegal-message-all.mid", 96),
        ("corrupt-file-missing-byte.mid", 96),
        ("running-status-metaevent.mid", 96),
        ("non-midi-track.mid", 96),
        ("vlq-4-byte.mid", 96),
    ] {
        let song = midi::read(&fixture(name)).unwrap();
        assert_eq!(notes(&song), c_major(tick_step), "{name}");
    }
}

#[test]
fn damage_is_listed_with_its_byte() {
    let song = midi::read(&fixture("corrupt-file-missing-byte.mid")).unwrap();
    assert_eq!(
        song.damage[0].to_string(),
        "byte 18: wrong track length; read to the track's own end"
    );
    assert!(midi::read(&fixture("note-on-velocity.mid")).unwrap().damage.is_empty());
}

#[test]
fn channel_ten_is_drums() {
    let song = midi::read(&fixture("all-gm-percussion.mid")).unwrap();
    assert!(song.parts.iter().all(|part| part.is_drums));
    assert_eq!(song.note_count(), 183);
}

#[test]
fn the_tracks_of_format_2_follow_one_another() {
    let song = midi::read(&fixture("2-tracks-type-2.mid")).unwrap();
    let onsets: Vec<_> = notes(&song).iter().map(|note| note.0).collect();
    assert!(onsets.is_sorted(), "{onsets:?}");
    // Two beats of silence end the first track.
    assert_eq!(song.parts[1].notes[0].onset, (8 + 2) * 96);
}

#[test]
fn a_file_without_notes_is_a_song_without_notes() {
    let song = midi::read(&fixture("midly-sysex.mid")).unwrap();
    assert_eq!(song.note_count(), 0);
    assert_eq!(song.phrases(Stride::Bar).count(), 0);
}

#[test]
fn what_is_no_midi_file_is_refused_with_the_place() {
    assert_eq!(midi::read(b""), Err(ReadError::Empty));
    let text = midi::read(b"{ \"json\": 1 }").unwrap_err().to_string();
    assert!(text.contains("byte 0") && text.contains("json"), "{text}");
    let text = midi::read(b"MThd\0\0\0\x06\0\x01").unwrap_err().to_string();
    assert!(text.contains("byte 10"), "{text}");
    for division in [[0, 0], [0x80, 1], [0xE8, 0], [0xFF, 40]] {
        let text = midi::read(&file(1, division, &[END])).unwrap_err().to_string();
        assert!(text.contains("byte 12"), "{text}");
    }
    let text = midi::read(&file(1, [0, 96], &[])).unwrap_err().to_string();
    assert!(text.contains("byte 14"), "{text}");
}

#[test]
fn errors_of_files_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("garbage.mid");
    std::fs::write(&path, "garbage").unwrap();
    let error = midi::read_file(&path).unwrap_err();
    assert!(error.to_string().contains("garbage.mid"), "{error}");
    let error = midi::read_file(&folder.path().join("absent.mid")).unwrap_err();
    assert!(matches!(error, FileError::Io { .. }) && error.to_string().contains("absent.mid"));
}

#[test]
fn a_header_is_found_inside_riff_and_macbinary_wrappers() {
    let bare = fixture("vlq-4-byte.mid");
    let mut riff = b"RIFF\0\0\0\0RMIDdata\0\0\0\0".to_vec();
    riff.extend(&bare);
    let mut mac = vec![0; 128];
    mac.extend(&bare);
    for wrapped in [riff, mac] {
        assert_eq!(notes(&midi::read(&wrapped).unwrap()), c_major(96));
    }
}

#[test]
fn a_note_without_an_off_ends_with_its_track() {
    let song = one_track(&[&[0, 0x90, 60, 100], &[96, 0x90, 64, 90], &[96, 0x80, 64, 0], END]);
    assert_eq!(notes(&song), [(0, 192, 60, 100), (96, 96, 64, 90)]);
}

#[test]
fn a_note_struck_again_ends_where_it_is_struck() {
    let song = one_track(&[&[0, 0x90, 60, 100], &[48, 60, 80], &[48, 60, 0], &[48, 60, 0], END]);
    assert_eq!(notes(&song), [(0, 48, 60, 100), (48, 48, 60, 80)]);
}

#[test]
fn all_notes_off_ends_the_notes_of_its_channel() {
    let song = one_track(&[
        &[0, 0x90, 60, 100],
        &[0, 0x91, 64, 100],
        &[48, 0xB0, 123, 0],
        &[48, 0x81, 64, 0],
        END,
    ]);
    assert_eq!(notes(&song), [(0, 48, 60, 100), (0, 96, 64, 100)]);
}

#[test]
fn a_damaged_track_ends_there_and_the_next_one_is_read() {
    // A note-on with a data byte above 127 cannot be understood.
    let broken = [&[0, 0x90, 60, 100, 96, 0x80, 60, 0, 0, 0x90, 0xF7, 0xF7][..], END].concat();
    let sound = [&[0, 0x91, 50, 70, 24, 0x81, 50, 0][..], END].concat();
    let song = midi::read(&file(1, [0, 96], &[&broken, &sound])).unwrap();
    assert_eq!(notes(&song), [(0, 96, 60, 100), (0, 24, 50, 70)]);
    assert_eq!(song.damage.len(), 1);
    assert_eq!(song.damage[0].at_byte, 14 + 8 + 8);
}

#[test]
fn a_track_whose_length_was_never_filled_in_is_read() {
    let track = [&[0, 0x90, 60, 100, 96, 0x80, 60, 0][..], END].concat();
    let mut bytes = file(1, [0, 96], &[&track, &track]);
    bytes[18..22].fill(0);
    assert_eq!(midi::read(&bytes).unwrap().note_count(), 2);
}

#[test]
fn a_malformed_meta_event_is_stepped_over() {
    let song = one_track(&[&[0, 0xFF, 0x59, 0], &[0, 0x90, 60, 9], &[9, 0x80, 60, 0], END]);
    assert_eq!(notes(&song), [(0, 9, 60, 9)]);
}

#[test]
fn smpte_time_becomes_beats_at_the_tempo() {
    // 25 frames of 40 ticks: a tick is a millisecond, and a beat at 120 half a second.
    let track = [&[0, 0x90, 60, 100, 0x83, 0x74, 0x80, 60, 0][..], END].concat();
    let song = midi::read(&file(1, [0xE7, 40], &[&track])).unwrap();
    assert_eq!(notes(&song), [(0, u64::from(song.ticks_per_beat), 60, 100)]);
    assert_eq!(song.bpm(), 120.0);
}

#[test]
fn programs_names_tempo_and_metre_are_read() {
    let conductor = [
        &[0, 0xFF, 3, 4][..],
        b"Song",
        &[0, 0xFF, 0x51, 3, 0x09, 0x27, 0xC0],
        &[0, 0xFF, 0x58, 4, 3, 2, 24, 8],
        &[0, 0xC2, 33],
        END,
    ]
    .concat();
    let part = [&[0, 0xFF, 3, 3][..], b"Low", &[0, 0x92, 40, 80, 96, 0x82, 40, 0], END].concat();
    let song = midi::read(&file(1, [0, 96], &[&conductor, &part])).unwrap();
    assert_eq!(song.name.as_deref(), Some("Song"));
    assert_eq!(song.bpm(), 100.0);
    assert_eq!(song.metres, [Metre { tick: 0, count: 3, unit: 4 }]);
    // A track of set-up only speaks for the channel's later tracks.
    let low = &song.parts[0];
    assert_eq!((low.name.as_deref(), low.program), (Some("Low"), Some(33)));
}

#[test]
fn a_file_that_lies_about_time_costs_only_its_size() {
    // A thousand notes, each claiming to begin and to last the longest time an event can state.
    let longest = [0xFF, 0xFF, 0xFF, 0x7F];
    let note = [&longest[..], &[0x90, 60, 100], &longest, &[0x80, 60, 0]].concat();
    let track = [note.repeat(1000).as_slice(), END].concat();
    let song = midi::read(&file(0, [0, 1], &[&track])).unwrap();
    assert_eq!(song.note_count(), 1000);
    let phrases = song.phrases(Stride::Bar);
    assert_eq!(phrases.losses().kept, 1000);
    assert!(phrases.count() <= 8 * 1000);
    let error = midi::write(&song).unwrap_err();
    assert!(matches!(error, WriteError::TooLong { .. }), "{error}");
}

#[test]
fn a_file_that_changes_program_with_every_note_holds_its_track_name_once() {
    let name = [&[0x00, 0xFF, 0x03, 0x81, 0x00][..], &[b'n'; 128]].concat();
    let mut events = name;
    for (channel, program) in (0..16u8).flat_map(|c| (0..128u8).map(move |p| (c, p))) {
        events.extend([0x00, 0xC0 | channel, program, 0x00, 0x90 | channel, 60, 100]);
    }
    let song = one_track(&[&events, END]);
    assert_eq!(song.parts.len(), 16 * 128);
    let names: Vec<_> = song.parts.iter().map(|part| part.name.as_ref().unwrap()).collect();
    assert_eq!(names[0].len(), 128);
    assert!(names.iter().all(|name| Arc::ptr_eq(name, names[0])));
}

#[test]
fn a_file_too_large_to_be_a_song_is_refused_by_name_and_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.mid");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(midi::MAX_FILE_BYTES + 1).unwrap();
    let error = midi::read_file(&path).unwrap_err();
    assert!(matches!(error, FileError::TooLarge { .. }));
    let error = error.to_string();
    assert!(error.contains("large.mid") && error.contains("16 MiB"), "{error}");
}

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
    (prop::collection::vec(part, 0..6), 1..32_768u32).prop_map(|(parts, ticks_per_beat)| {
        let mut song = Song { ticks_per_beat, ..Song::silent(120.0) };
        song.parts = (0..).zip(parts).map(|(i, part)| to_part(i, part)).collect();
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
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        base in phrase(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        length in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = midi::write_phrases(&[base], 120.0).unwrap();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len() + 1));
        }
        if let Ok(song) = midi::read(&bytes) {
            prop_assert!(song.note_count() <= bytes.len());
            let phrases = song.phrases(Stride::Bar);
            let losses = phrases.losses();
            let lost = losses.unassigned
                + losses.outside_pitch_range
                + losses.outside_metre
                + losses.merged;
            prop_assert_eq!(losses.kept + lost, losses.notes);
            prop_assert!(phrases.count() <= 8 * song.note_count());
            let _ = midi::write(&song);
        }
    }

    #[test]
    fn random_tracks_never_panic(
        header in any::<[u8; 6]>(),
        tracks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4),
    ) {
        let mut bytes = b"MThd\0\0\0\x06".to_vec();
        bytes.extend(header);
        for track in tracks {
            bytes.extend(b"MTrk");
            bytes.extend((track.len() as u32).to_be_bytes());
            bytes.extend(track);
        }
        if let Ok(song) = midi::read(&bytes) {
            prop_assert!(song.note_count() <= bytes.len());
            song.phrases(Stride::Phrase).for_each(drop);
        }
    }
}

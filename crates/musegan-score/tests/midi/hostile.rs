//! Files that lie, and bytes that mean nothing: they cost what their size allows.
use std::sync::Arc;

use musegan_score::midi::{self, FileError, ReadError, WriteError};
use musegan_score::quantise::Stride;
use proptest::prelude::*;

use super::{END, file, fixture, fuzzed, one_track};

const FIXTURES: &[&str] = &[
    "2-tracks-type-2.mid",
    "all-gm-percussion.mid",
    "illegal-message-all.mid",
    "midly-sysex.mid",
    "non-midi-track.mid",
    "vlq-4-byte.mid",
];

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
fn a_file_of_more_parts_than_any_piece_has_gives_some_of_them() {
    let track = [&[0, 0x90, 60, 100][..], END].concat();
    let tracks: Vec<_> = (0..5000).map(|_| &track[..]).collect();
    let song = midi::read(&file(1, [0, 96], &tracks)).unwrap();
    assert_eq!((song.parts.len(), song.note_count()), (4096, 4096));
    assert!(song.damage[0].to_string().contains("left out"), "{:?}", song.damage);
}

#[test]
fn a_file_of_nothing_but_markers_gives_some_of_them() {
    let song = one_track(&[&[0, 0xFF, 6, 1, b'A'].repeat(200_000), END]);
    assert_eq!(song.markers.len(), 1 << 14);
    let long = [&[0, 0xFF, 6, 0x84, 0x00][..], &[b'l'; 512]].concat();
    assert_eq!(one_track(&[&long, END]).markers[0].text.len(), 256);
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
    let bytes = vec![0; midi::MAX_FILE_BYTES as usize + 1];
    assert_eq!(midi::read(&bytes), Err(ReadError::TooLarge));
}

proptest! {
    #[test]
    fn files_with_changed_bytes_are_read_or_refused(
        base in prop::sample::select(FIXTURES),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        length in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = fixture(base);
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len() + 1));
        }
        fuzzed::run(&bytes);
    }

    #[test]
    fn files_of_drawn_tracks_are_read_or_refused(
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
        fuzzed::run(&bytes);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzzed::run(&bytes);
    }
}

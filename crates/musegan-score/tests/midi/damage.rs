//! Files that are damaged, wrapped or none at all.
use musegan_score::midi::{self, FileError, ReadError};

use super::{END, c_major, file, fixture, notes, one_track};

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
fn what_is_no_midi_file_is_refused_with_the_place() {
    assert_eq!(midi::read(b""), Err(ReadError::Empty));
    assert!(ReadError::Empty.to_string().contains("byte 0"));
    let text = midi::read(b"SMF2CLIP\0@\0\0").unwrap_err().to_string();
    assert!(text.contains("MIDI 2.0") && text.contains("byte 0"), "{text}");
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
    let mac = [&[0; 128], &bare[..]].concat();
    let without_lengths = [b"RIFF\0\0\0\0RMIDdata\0\0\0\0", &bare[..]].concat();
    for wrapped in [mac, without_lengths] {
        assert_eq!(notes(&midi::read(&wrapped).unwrap()), c_major(96));
    }
}

/// A chunk of a RIFF file, which begins and ends at an even place.
fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_le_bytes();
    [id, &length[..], body, &[0][..body.len() % 2]].concat()
}

#[test]
fn of_a_riff_file_the_data_chunk_is_read_whatever_surrounds_it() {
    let song = fixture("vlq-4-byte.mid");
    let (picture, instrument) = (chunk(b"DISP", &[7; 9001]), chunk(b"RIFF", b"DLS MTrk"));
    let data = chunk(b"data", &song);
    let riff = |chunks: &[&[u8]]| chunk(b"RIFF", &[b"RMID", &chunks.concat()[..]].concat());
    let whole = midi::read(&riff(&[&picture, &data, &instrument])).unwrap();
    assert_eq!(notes(&whole), c_major(96));
    assert!(whole.damage.is_empty(), "{:?}", whole.damage);

    let mut lies = picture.clone();
    lies[4] ^= 0x55;
    let mut short = data.clone();
    short[4..8].copy_from_slice(&60u32.to_le_bytes());
    for damaged in [riff(&[&lies, &data]), riff(&[&picture, &short])] {
        assert_eq!(notes(&midi::read(&damaged).unwrap()), c_major(96));
    }
}

#[test]
fn a_file_that_is_cut_gives_the_notes_before_the_cut() {
    let song = fixture("note-on-velocity.mid");
    let whole = notes(&midi::read(&song).unwrap()).len();
    let counts: Vec<_> =
        (22..song.len()).map(|end| midi::read(&song[..end]).unwrap().note_count()).collect();
    assert!(counts.is_sorted(), "{counts:?}");
    assert_eq!(counts.last(), Some(&whole));
}

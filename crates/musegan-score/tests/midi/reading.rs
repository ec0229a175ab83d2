//! What a sound file means.
use musegan_score::midi;
use musegan_score::quantise::Stride;
use musegan_score::song::{KeySignature, Metre};
use musegan_score::{Key, Song};

use super::{END, file, fixture, notes, one_track};

#[test]
fn channel_ten_is_drums() {
    let song = midi::read(&fixture("all-gm-percussion.mid")).unwrap();
    assert!(song.parts.iter().all(|part| part.is_drums));
    assert_eq!(song.note_count(), 183);
}

#[test]
fn gs_xg_and_general_midi_2_make_drums_of_other_channels() {
    let parts = |song: Song| -> Vec<_> {
        song.parts.iter().map(|part| (part.channel, part.is_drums, part.notes.len())).collect()
    };
    let read = |name| parts(midi::read(&fixture(name)).unwrap());
    let exchanged = [(0, true, 4), (9, false, 4)];
    assert_eq!(read("sysex-gs-40-1x-15-drum-part-change.mid"), exchanged);
    assert_eq!(read("xg-doggy-7e-00-00-54.mid"), [(0, true, 3)]);
    assert_eq!(read("gm2-doggy-78-00-38-4c.mid"), [(0, true, 3)]);
    // The same bank is no kit where nothing says that it is XG's.
    let set_up = [&[0, 0xB4, 0, 127, 0, 0xC4, 0][..], &[0, 0x94, 60, 1, 1, 0x84, 60, 0]].concat();
    assert_eq!(parts(one_track(&[&set_up, END])), [(4, false, 1)]);
    // XG's eleventh part, with drums from now on.
    let xg = [0, 0xF0, 9, 0x43, 0x10, 0x4C, 8, 10, 7, 2, 0, 0xF7];
    let note = [0, 0x9A, 60, 1, 1, 0x8A, 60, 0];
    let song = one_track(&[&note, &xg, &note, END]);
    assert_eq!(parts(song), [(10, false, 1), (10, true, 1)]);
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
fn smpte_time_becomes_beats_at_the_tempo() {
    // 25 frames of 40 ticks: a tick is a millisecond, and a beat at 120 half a second.
    let note = [0, 0x90, 60, 100, 0x83, 0x74, 0x80, 60, 0];
    let signs = [0, 0xFF, 0x59, 2, 1, 0, 0, 0xFF, 6, 1, b'A', 0, 0xFF, 0x58, 4, 3, 2, 24, 8];
    let track = [&note[..], &signs, END].concat();
    let song = midi::read(&file(1, [0xE7, 40], &[&track])).unwrap();
    let beat = u64::from(song.ticks_per_beat);
    assert_eq!(notes(&song), [(0, beat, 60, 100)]);
    assert_eq!(song.bpm(), 120.0);
    assert_eq!((song.keys[0].tick, song.markers[0].tick, song.metres[0].tick), (beat, beat, beat));
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
fn key_signatures_are_read_and_those_that_are_none_are_listed() {
    let key = |fifths: i8, mode: u8| [&[96, 0xFF, 0x59, 2, fifths as u8, mode][..]].concat();
    let signs = [key(0, 0), key(-3, 0), key(-7, 1), key(4, 0xFF), key(8, 0)].concat();
    let song = one_track(&[&signs, END]);
    let key = |beat: u64, tonic, is_minor| KeySignature {
        tick: 96 * beat,
        key: Key::new(tonic, is_minor),
    };
    assert_eq!(song.keys, [key(1, 0, false), key(2, 3, false), key(3, 8, true), key(4, 1, true)]);
    let place = 22 + 4 * 6;
    assert_eq!(song.damage.len(), 1);
    assert_eq!(song.damage[0].at_byte, place);
}

#[test]
fn markers_are_read_in_the_order_of_the_song_and_cue_points_are_not() {
    let marker = |text: &[u8]| [&[96, 0xFF, 6, text.len() as u8][..], text].concat();
    let first = [marker(b" Verse \0"), marker(b" "), marker(b"Strophe n\xB0 2")].concat();
    let cue = [&[0, 0xFF, 7, 3][..], b"cue"].concat();
    let second = marker("Réfrain".as_bytes());
    let song = midi::read(&file(
        1,
        [0, 96],
        &[&[&first, END].concat(), &[&second[..], &cue, END].concat()],
    ));
    let song = song.unwrap();
    let markers: Vec<_> = song.markers.iter().map(|m| (m.tick, &*m.text)).collect();
    assert_eq!(markers, [(96, "Verse"), (96, "Réfrain"), (288, "Strophe n° 2")]);
}

//! Who plays what in small written songs, where it is known.
use std::fmt::Write;

use musegan_score::arrange::{assign, describe};
use musegan_score::layout::Parts;
use musegan_score::{Part, Pitch, Song, SongNote, Velocity};

const BEAT: u64 = 480;

/// A part of these notes, as (onset, length, pitch) in eighths.
fn part(
    name: Option<&str>,
    program: Option<u8>,
    notes: impl IntoIterator<Item = (u64, u64, u8)>,
) -> Part {
    let note = |(onset, length, pitch)| {
        let pitch = Pitch::new(pitch)?;
        let (onset, length) = (onset * BEAT / 2, length * BEAT / 2);
        Some(SongNote { onset, length, pitch, velocity: Velocity::DEFAULT })
    };
    let mut notes: Vec<_> = notes.into_iter().filter_map(note).collect();
    notes.sort_by_key(|note| (note.onset, note.pitch));
    Part { name: name.map(Into::into), channel: 0, program, is_drums: false, notes }
}

fn song(parts: Vec<Part>) -> Song {
    Song { parts, ..Song::silent(120.0) }
}

/// Eight bars of a pop band, each part unmistakable: a tune, struck chords, a bass on eighths, a
/// kit.
fn tune() -> Vec<(u64, u64, u8)> {
    (0..64).map(|i| (i, 1, [72, 74, 76, 74, 72, 69, 67, 69][i as usize % 8])).collect()
}
fn chords() -> Vec<(u64, u64, u8)> {
    (0..32)
        .flat_map(|i| [60, 64, 67, 72].map(|pitch| (i * 2, 2, pitch + (i as u8 / 8) % 3)))
        .collect()
}
fn bass() -> Vec<(u64, u64, u8)> {
    (0..64).map(|i| (i, 1, [36, 36, 43, 36][i as usize / 8 % 4])).collect()
}
fn kit() -> Vec<(u64, u64, u8)> {
    let hats = (0..64).map(|i| (i, 1, 42));
    let kicks = (0..16).map(|i| (i * 4, 1, 36));
    let snares = (0..16).map(|i| (i * 4 + 2, 1, 38));
    hats.chain(kicks).chain(snares).collect()
}

/// What each part became, by name.
fn tracks(song: &Song, parts: Parts) -> Vec<&'static str> {
    let name = |part: Option<u8>| part.map_or("-", |part| parts.names()[usize::from(part)]);
    assign(song, parts).into_iter().map(|assignment| name(assignment.part)).collect()
}

#[test]
fn a_band_without_programs_or_names_is_told_by_listening() {
    for program in [None, Some(0)] {
        let parts = [tune(), chords(), bass(), kit()].map(|notes| part(None, program, notes));
        let song = song(parts.into());
        assert_eq!(tracks(&song, Parts::Band), ["Strings", "Piano", "Bass", "Drums"]);
        assert_eq!(tracks(&song, Parts::Melody), ["Melody", "-", "-", "-"]);
        assert_eq!(tracks(&song, Parts::Piano), ["-", "Piano", "-", "-"]);
    }
}

#[test]
fn two_hands_are_one_piano_and_a_single_part_is_one_whatever_it_is() {
    let hands = song(vec![part(None, Some(0), tune()), part(None, Some(0), bass())]);
    assert_eq!(tracks(&hands, Parts::Band), ["Piano", "Piano"]);
    assert_eq!(tracks(&hands, Parts::Piano), ["Piano", "Piano"]);
    let harp = song(vec![part(None, Some(46), chords())]);
    assert_eq!(tracks(&harp, Parts::Piano), ["Piano"]);
    assert_eq!(tracks(&harp, Parts::Band), ["Strings"]);
}

#[test]
fn names_tell_in_many_languages_what_program_0_does_not() {
    let names = [
        (
            "Drums",
            ["Drumkit", "Batterie", "Schlagzeug", "Batería", "Bass Drum", "ドラム", "Ударные"],
        ),
        ("Bass", ["Bajo", "Basse", "Baixo", "E-BASS GUITAR", "Slap Bass 1", "ベース", "bs"]),
        ("Guitar", ["Lead Gtr", "Gitarre", "guitarra", "Chitarra", "Violão", "ギター", "dist"]),
        ("Strings", ["Strs", "Violín 2", "Streicher", "SYNTH_PAD", "Gesang", "Alto Sax", "melody"]),
        ("Piano", ["Pno. RH", "Klavier", "Rhodes", "Orgel", "Harpsichord", "Teclado", "钢琴"]),
    ];
    for (track, names) in names {
        for name in names {
            let song =
                song(vec![part(Some(name), Some(0), chords()), part(None, Some(0), chords())]);
            assert_eq!(tracks(&song, Parts::Band)[0], track, "{name}");
        }
    }
}

#[test]
fn programs_are_believed_before_names_but_not_against_what_sounds() {
    let song = song(vec![
        part(Some("Piano"), Some(30), chords()),
        part(Some("Bass"), Some(81), bass()),
        part(Some("Drums"), Some(118), kit()),
        part(None, Some(122), chords()),
        part(None, Some(11), chords()),
    ]);
    assert_eq!(tracks(&song, Parts::Band), ["Guitar", "Bass", "Drums", "-", "Piano"]);
    assert_eq!(
        tracks(&song, Parts::Families),
        ["Guitar", "Bass", "Drums", "Sound Effects", "Chromatic Percussion"]
    );
}

#[test]
fn a_name_that_all_parts_share_says_nothing() {
    let parts = [tune(), chords(), bass()].map(|notes| part(Some("Piano Man"), None, notes));
    assert_eq!(tracks(&song(parts.into()), Parts::Band), ["Strings", "Piano", "Bass"]);
}

#[test]
fn the_lowest_voice_is_the_bass_where_nothing_else_is() {
    let tuba = || part(None, Some(58), bass());
    assert_eq!(tracks(&song(vec![part(None, Some(56), tune()), tuba()]), Parts::Band)[1], "Bass");
    let bass = part(None, Some(33), bass());
    assert_eq!(tracks(&song(vec![bass, tuba()]), Parts::Band), ["Bass", "Strings"]);
}

#[test]
fn the_tune_is_the_part_that_is_called_so() {
    let song = song(vec![
        part(Some("Flute"), Some(73), tune()),
        part(Some("Vocals"), Some(54), tune().into_iter().map(|(on, len, p)| (on, len, p - 12))),
        part(Some("Backing Vocals"), Some(52), chords()),
        part(None, Some(33), bass()),
    ]);
    assert_eq!(tracks(&song, Parts::Melody), ["-", "Melody", "-", "-"]);
    let chords_only = Song { parts: vec![part(None, None, chords())], ..Song::silent(120.0) };
    assert_eq!(tracks(&chords_only, Parts::Melody), ["-"]);
}

#[test]
fn every_choice_has_a_reason() {
    let mut drums = part(None, Some(0), kit());
    (drums.channel, drums.is_drums) = (9, true);
    let song = song(vec![
        drums,
        part(Some("Lead Gtr"), Some(0), chords()),
        part(None, Some(0), bass()),
        part(None, None, tune()),
        part(None, None, tune()),
    ]);
    let sentences = describe(&song, Parts::Band, &assign(&song, Parts::Band));
    let text = sentences.iter().fold(String::new(), |mut text, sentence| {
        writeln!(text, "{sentence}").expect("writing to a string");
        text
    });
    assert_eq!(
        text,
        "unnamed (channel 10, 96 notes): Drums, channel 10 is drums
\"Lead Gtr\" (channel 1, 128 notes): Guitar, named \"Lead Gtr\"
unnamed (channel 1, 64 notes): Bass, program 0 but lowest and single-voiced: a bass
unnamed (channel 1, 64 notes): Strings, no program, and high and single-voiced: a lead
unnamed (channel 1, 64 notes): Strings, no program, and high and single-voiced: a lead; \
the same notes as part 4
"
    );
}

#[test]
fn a_file_of_very_many_parts_is_assigned_in_time() {
    let parts = (0..40_000).map(|_| part(Some("Piano"), None, [(0, 1, 60)])).collect();
    let song = song(parts);
    let assignments = assign(&song, Parts::Band);
    assert_eq!(assignments.last().and_then(|last| last.doubles), Some(0));
}

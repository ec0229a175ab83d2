//! POP909.
use std::path::Path;

use musegan_corpus::chart::{TICKS_PER_BAR, VoiceRole};
use musegan_score::{Part, Pitch, Song, SongNote, Velocity, midi};
use tempfile::TempDir;

use super::{chart, charts, chords, write};
use crate::Collection::Pop909;

const BARS: u64 = 16;
/// Seconds of a beat: 80 a minute.
const BEAT: f64 = 0.75;
/// When the first beat comes.
const START: f64 = 0.3;

fn part(name: &str, notes: Vec<SongNote>) -> Part {
    Part { name: Some(name.into()), channel: 0, program: Some(0), is_drums: false, notes }
}

/// A note at a beat of the performance, in a file whose own tempo has nothing to do with it.
fn note(beat: f64, beats: f64, pitch: u8) -> SongNote {
    let tick = |beat: f64| ((START + beat * BEAT) * 960.0).round() as u64;
    SongNote {
        onset: tick(beat),
        length: tick(beat + beats) - tick(beat),
        pitch: Pitch::new(pitch).unwrap(),
        velocity: Velocity::clamped(77),
    }
}

/// Bars of C and G whose bass falls on beat `bar_line` of the marks, which come every `marks`.
pub(super) fn song(folder: &Path, name: &str, bar_line: u64, marks: u64) {
    let (mut melody, mut piano) = (Vec::new(), Vec::new());
    let mut chords = String::new();
    for bar in 0..BARS {
        let beat = (bar * 4 + bar_line) as f64;
        let (bass, chord) = if bar % 2 == 0 { (36, "C:maj") } else { (43, "G:maj") };
        piano.push(note(beat, 4.0, bass));
        piano.extend(
            (1..4).flat_map(|b| {
                [12, 16, 19].map(|above| note(beat + f64::from(b), 0.9, bass + above))
            }),
        );
        melody.push(note(beat + 0.02, 0.9, 72));
        melody.push(note(beat + 1.0 / 3.0 + 1.0, 0.5, 74));
        // Annotated where the marks are, not where the piano plays them.
        let seconds = |beat: u64| START + beat as f64 * BEAT;
        chords += &format!("{}\t{}\t{chord}\n", seconds(bar * 4), seconds(bar * 4 + 4));
    }
    let mut music = Song::silent(120.0);
    music.parts = vec![part("MELODY", melody), part("PIANO", piano)];
    let beats = (0..BARS * 4 + bar_line).map(|beat| {
        let half = beat % (marks / 2) == 0;
        let bar = beat % marks == 0;
        format!("{} {}.0 {}.0\n", START + beat as f64 * BEAT, u8::from(half), u8::from(bar))
    });
    let beats: String = beats.collect();
    let file = |file: &str| format!("POP909/{name}/{file}");
    write(folder, &file(&format!("{name}.mid")), midi::write(&music).unwrap());
    write(folder, &file("beat_midi.txt"), beats);
    write(folder, &file("chord_midi.txt"), chords);
    write(folder, &file("key_audio.txt"), "0.0\t9.0\tG:maj\n9.0\t48.0\tC:maj\n");
}

#[test]
fn a_performance_is_brought_onto_its_beats_and_keeps_its_timing() {
    let folder = TempDir::new().unwrap();
    song(folder.path(), "007", 0, 4);
    let chart = chart(Pop909, folder.path());
    assert_eq!((chart.name.as_str(), chart.key.to_string().as_str()), ("007", "C major"));
    assert!((chart.bpm - 80.0).abs() < 0.01, "{}", chart.bpm);
    assert_eq!(chart.bars.len() as u64, BARS);
    assert_eq!(
        (chords(&chart, 0).as_str(), chords(&chart, 1).as_str()),
        ("C:maj C:maj C:maj C:maj", "G:maj G:maj G:maj G:maj",)
    );
    let melody = chart.voice(VoiceRole::Melody);
    assert_eq!(melody[2].onset, TICKS_PER_BAR, "nearly on the beat is on it");
    assert!(melody[3].onset.abs_diff(TICKS_PER_BAR + 640) <= 1, "a triplet stays one");
    assert_eq!(melody[3].velocity.value(), 77);
}

#[test]
fn bars_begin_where_the_bass_does_when_the_marks_are_a_beat_early() {
    let folder = TempDir::new().unwrap();
    song(folder.path(), "001", 1, 4);
    let chart = chart(Pop909, folder.path());
    let piano = chart.voice(VoiceRole::Piano);
    let bass = piano.iter().filter(|note| note.pitch.number() < 48);
    assert!(bass.clone().all(|note| note.onset % TICKS_PER_BAR == 0));
    assert_eq!(bass.count() as u64, BARS);
    assert_eq!(chords(&chart, 1), "G:maj G:maj G:maj G:maj", "and so do the chords");
}

#[test]
fn a_song_in_three_and_a_broken_beat_file_are_refused() {
    let folder = TempDir::new().unwrap();
    song(folder.path(), "001", 0, 6);
    song(folder.path(), "002", 0, 4);
    write(folder.path(), "POP909/002/beat_midi.txt", "0.1 1.0 1.0\nlater 0.0 0.0\n");
    let charts = charts(Pop909, folder.path());
    let waltz = charts[0].as_ref().unwrap_err();
    assert_eq!(waltz.reason, "not in 4/4");
    let damaged = charts[1].as_ref().unwrap_err().to_string();
    assert!(damaged.contains("002/beat_midi.txt: line 2"), "{damaged}");
}

//! Beat files, tempo maps, and songs cut by beats that somebody played.
#![allow(clippy::unwrap_used)]
use std::fmt::Write as _;

use musegan_score::beats::{BeatFile, BeatFileError, Beats, TempoMap};
use musegan_score::quantise::{Cut, Losses, Performance, Stride};
use musegan_score::song::{Metre, Tempo};
use musegan_score::{Layout, Part, Pitch, Song, SongNote, Velocity};
use proptest::prelude::*;

const BEAT: u64 = 480;

fn part(notes: Vec<(u64, u64, u8)>) -> Part {
    let note = |(onset, length, pitch)| SongNote {
        onset,
        length,
        pitch: Pitch::new(pitch).unwrap(),
        velocity: Velocity::DEFAULT,
    };
    let mut notes: Vec<_> = notes.into_iter().map(note).collect();
    notes.sort_by_key(|note| (note.onset, note.pitch));
    Part { name: None, channel: 0, program: None, is_drums: false, notes }
}

fn song(notes: Vec<(u64, u64, u8)>) -> Song {
    Song { parts: vec![part(notes)], ..Song::silent(120.0) }
}

fn cut(song: &Song, beats: &Beats, stride: Stride) -> (Vec<Cut>, Losses) {
    let cuts = Performance::new(song, beats, &[Some(1)], Layout::BAND).cuts(stride, None);
    let losses = cuts.losses();
    (cuts.collect(), losses)
}

/// Bars and (onset, length) of the notes, cut by a beat file.
fn by_file(song: &Song, file: &str, stride: Stride) -> Vec<(u64, Vec<(u16, u16)>)> {
    let beats = Beats::of_file(song, &BeatFile::parse(file.as_bytes()).unwrap());
    let notes = |cut: Cut| cut.notes.iter().map(|n| (n.onset, n.length)).collect();
    cut(song, &beats, stride).0.into_iter().map(|cut| (cut.bar, notes(cut))).collect()
}

/// Beats half a second apart, with these numbers in their bars.
fn numbered(numbers: &[u32]) -> String {
    let lines = numbers.iter().enumerate();
    lines.map(|(i, number)| format!("{}\t{number}\n", i as f64 * 0.5)).collect()
}

#[test]
fn both_forms_of_beat_files_are_read_with_comments_and_other_line_ends() {
    let numbered =
        BeatFile::parse(b"\xEF\xBB\xBF# by hand\r\n0.5\t1\r\n\r\n1.0 2\n1.5,3.0\n").unwrap();
    let begins: Vec<_> = numbered.beats().iter().map(|b| (b.seconds, b.begins_bar)).collect();
    assert_eq!(begins, [(0.5, true), (1.0, false), (1.5, false)]);
    let flags = BeatFile::parse(b"0.5 1.0 1.0\n1.0 0.0 0.0\n1.5 1.0 0.0").unwrap();
    assert_eq!(flags, numbered);
}

#[test]
fn what_is_no_beat_is_refused_with_its_line() {
    for (text, line, what) in [
        ("0.5 1\n1.0 two\n", 2, "\"two\" is no number"),
        ("0.5 1\n\n0.5 2\n", 3, "not later than the one before"),
        ("0.5 1\n1.0\n", 2, "one beat to a line"),
        ("0.5 1\n1 2 3 4\n", 2, "one beat to a line"),
        ("0.5 1\n1.0 0 0\n", 2, "not as many columns as before"),
        ("0.5 1 1\n1.0 2 0\n", 2, "a flag is 0 or 1"),
        ("0.5 0\n", 1, "no beat's number"),
        ("NaN 1\n", 1, "no beat lies at"),
        ("-1 1\n", 1, "no beat lies at"),
        ("1e300 1\n", 1, "no beat lies at"),
    ] {
        let error = BeatFile::parse(text.as_bytes()).unwrap_err();
        let BeatFileError::Line { line: found, .. } = &error else { panic!("{error}") };
        assert_eq!(*found, line, "{text}");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert!(BeatFile::parse(b"0.5 1\n1 \xFF\n").unwrap_err().to_string().starts_with("line 2: "));
    assert_eq!(BeatFile::parse(b"0.5 2\n1.0 3\n"), Err(BeatFileError::NoBars));
    assert_eq!(BeatFile::parse(b""), Err(BeatFileError::NoBars));
    let long = "1 1\n".repeat(1 << 21);
    assert_eq!(BeatFile::parse(long.as_bytes()), Err(BeatFileError::TooLarge));
}

#[test]
fn bars_without_four_beats_end_a_stretch_and_are_counted() {
    // Two bars of four, one of two, one of three, then bars of four.
    let numbers = [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 4];
    let song = song((0..21).map(|i| (i * BEAT, BEAT, 60)).collect());
    let beats = Beats::of_file(&song, &BeatFile::parse(numbered(&numbers).as_bytes()).unwrap());
    // The bar before the first and four bars of four.
    assert_eq!(beats.bars(), Some(5));
    let (cuts, losses) = cut(&song, &beats, Stride::Phrase);
    assert_eq!(cuts.iter().map(|cut| cut.bar).collect::<Vec<_>>(), [5]);
    assert_eq!(cuts[0].stretch_tick, 13 * BEAT);
    assert_eq!((losses.kept, losses.outside_metre), (8, 13));
    let ticks = [(0, 0), (1, 0), (2, 3), (3, 0), (5, 1), (6, 3), (7, 0), (6, 4)];
    let ticks = ticks.map(|(bar, beat)| Some(beats.tick_of(bar, beat)? / BEAT as i64));
    assert_eq!(ticks, [Some(-4), Some(0), Some(7), None, Some(14), Some(20), None, None]);
}

#[test]
fn missing_beats_are_added_for_one_bar_at_either_end_but_no_phrase_begins_in_an_upbeat() {
    // An upbeat of one beat, four bars, and one of which only two beats are annotated.
    let mut numbers = vec![4];
    numbers.extend([1, 2, 3, 4].repeat(4));
    numbers.extend([1, 2]);
    let last = 4 + 16;
    let song = song(vec![
        (2 * BEAT, BEAT, 60),
        (4 * BEAT, BEAT, 61),
        ((last + 3) * BEAT, 9 * BEAT, 62),
        ((last + 4) * BEAT, BEAT, 63),
    ]);
    let late: String = numbered(&numbers)
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(at, number)| format!("{} {number}\n", at.parse::<f64>().unwrap() + 1.5))
        .collect();
    assert_eq!(by_file(&song, &late, Stride::Phrase), [(1, vec![(0, 4)]), (5, vec![(12, 4)])]);
    let bars: Vec<_> = by_file(&song, &late, Stride::Bar).iter().map(|cut| cut.0).collect();
    assert_eq!(bars, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_bar_line_left_out_of_regular_halves_is_put_in() {
    let flags = |half: &str, bar: &str| -> String {
        let lines = half.chars().zip(bar.chars()).enumerate();
        lines.map(|(i, (half, bar))| format!("{} {half} {bar}\n", i as f64 * 0.5)).collect()
    };
    let song = song(vec![(0, BEAT, 60)]);
    let bars = |text: &str| {
        Beats::of_file(&song, &BeatFile::parse(text.as_bytes()).unwrap()).bars().unwrap()
    };
    // With the bar before: two bars in the first eight beats, one after them.
    assert_eq!(bars(&flags("101010101010", "100000001000")), 4);
    // Two bars of six in compound time, or of four and two: nobody can tell.
    assert_eq!(bars(&flags("100100100100100", "100000000000100")), 2);
    assert_eq!(bars(&flags("1010101010", "1000001000")), 2);
}

#[test]
fn beats_at_one_tick_or_beyond_all_ticks_make_no_bars() {
    let mut song = song(vec![(0, 1, 60), (u64::MAX, 1, 60), (1 << 62, u64::MAX, 60)]);
    song.ticks_per_beat = 1;
    song.tempos = vec![Tempo { tick: 0, micros_per_beat: 16_000_000 }];
    let file = BeatFile::parse(numbered(&[1, 2, 3, 4].repeat(10)).as_bytes()).unwrap();
    assert_eq!(Beats::of_file(&song, &file).bars(), Some(0));
    song.tempos = vec![Tempo { tick: 0, micros_per_beat: 1 }];
    song.ticks_per_beat = u32::MAX;
    let file =
        BeatFile::parse(b"999999990 1\n999999991 2\n999999992 3\n999999993 4\n999999994 1\n");
    let beats = Beats::of_file(&song, &file.unwrap());
    let (_, losses) = cut(&song, &beats, Stride::Bar);
    assert_eq!(losses.kept + losses.lost(), 3);
}

#[test]
fn metres_beyond_all_bars_cost_nothing() {
    let mut song = song(vec![(0, 1, 60), (u64::MAX, 1, 60), (u64::MAX - 1, u64::MAX, 60)]);
    song.ticks_per_beat = 1;
    song.metres = [0, 1 << 62, i64::MAX as u64, u64::MAX - 1, u64::MAX]
        .into_iter()
        .flat_map(|tick| {
            [(1, 128), (4, 4), (255, 1)].map(|(count, unit)| Metre { tick, count, unit })
        })
        .collect();
    for stride in [Stride::Phrase, Stride::Bar] {
        let (cuts, losses) = cut(&song, &Beats::of_metres(&song), stride);
        assert_eq!(losses.kept + losses.lost(), 3);
        assert!(cuts.len() < 10);
    }
}

/// Tempos at these distances in ticks.
fn tempos() -> impl Strategy<Value = Vec<Tempo>> {
    prop::collection::vec((0..3000u64, 200_000..2_000_000u32), 0..20).prop_map(|steps| {
        let mut tick = 0;
        let tempo = |(ticks, micros_per_beat)| {
            tick += ticks;
            Tempo { tick, micros_per_beat }
        };
        steps.into_iter().map(tempo).collect()
    })
}

proptest! {
    #[test]
    fn ticks_become_seconds_and_the_same_ticks_again(
        tempos in tempos(),
        mut ticks in prop::collection::vec(0..100_000u64, 2..50),
    ) {
        let song = Song { tempos, ..Song::silent(120.0) };
        let map = TempoMap::of(&song);
        ticks.sort_unstable();
        ticks.dedup();
        let seconds: Vec<_> = ticks.iter().map(|&tick| map.seconds_at(tick)).collect();
        prop_assert!(seconds.is_sorted_by(|a, b| a < b));
        for (&tick, &at) in ticks.iter().zip(&seconds) {
            prop_assert_eq!(map.tick_at(at), tick as i64);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[0-9. \t\n1#-]{0,200}") {
        for bytes in [&bytes[..], text.as_bytes()] {
            if let Ok(file) = BeatFile::parse(bytes) {
                let song = song(vec![(0, BEAT, 60), (5000, BEAT, 60)]);
                let beats = Beats::of_file(&song, &file);
                let (_, losses) = cut(&song, &beats, Stride::Bar);
                prop_assert_eq!(losses.kept + losses.lost(), 2);
            }
        }
    }

    /// The same music as a straight song by its metre map, and as somebody plays it to a machine
    /// that ticks on by itself, with every beat as long as he likes.
    #[test]
    fn a_song_played_freely_and_cut_by_its_beats_is_the_straight_song(
        notes in prop::collection::vec((0..32 * 4u64, 1..40u64, 30..90u8), 1..60),
        beats in prop::collection::vec(0.3..0.9f64, 33 + 60),
        tempos in tempos(),
    ) {
        let mut written: Vec<_> = notes;
        written.sort_unstable();
        written.dedup_by_key(|note| (note.0, note.2));
        let straight = song(written.iter().map(|&(step, steps, pitch)| (step * 120, steps * 120, pitch)).collect());
        let machine = Song { tempos, ..Song::silent(120.0) };
        let map = TempoMap::of(&machine);
        let line = |beat: usize| 1.0 + beats[..beat].iter().sum::<f64>();
        let tick = |step: u64| {
            let (beat, quarter) = ((step / 4) as usize, (step % 4) as f64 / 4.0);
            map.tick_at(line(beat) + quarter * beats[beat]) as u64
        };
        let played = written.iter().map(|&(step, steps, pitch)| {
            (tick(step), tick(step + steps) - tick(step), pitch)
        });
        let played = Song { parts: vec![part(played.collect())], ..machine.clone() };
        let mut file = String::new();
        for beat in 0..33 + 15 {
            writeln!(file, "{:.6}\t{}", line(beat), beat % 4 + 1).unwrap();
        }
        let beats = Beats::of_file(&played, &BeatFile::parse(file.as_bytes()).unwrap());
        // Bar 0 is the one before the first.
        for beat in [0, 5, 47] {
            // The file's microseconds may round to the other side of half a tick.
            let away = beats.tick_of(1 + beat as u64 / 4, beat as u64 % 4).unwrap();
            prop_assert!(away.abs_diff(map.tick_at(line(beat))) <= 1);
        }
        let strip = |(cuts, losses): (Vec<Cut>, Losses)| {
            (cuts.into_iter().map(|cut| cut.notes).collect::<Vec<_>>(), losses.kept)
        };
        prop_assert_eq!(
            strip(cut(&played, &beats, Stride::Phrase)),
            strip(cut(&straight, &Beats::of_metres(&straight), Stride::Phrase))
        );
    }
}

//! Songs to phrases: bar lines, metres, tracks, and the count of what is lost.
#![allow(clippy::unwrap_used)]
use musegan_score::arrange::{track_of_name, track_of_program};
use musegan_score::quantise::{Losses, PhraseCut, Stride};
use musegan_score::song::Metre;
use musegan_score::{Part, Pitch, Song, SongNote, Track, Velocity};

const BEAT: u64 = 480;
const BAR: u64 = 4 * BEAT;

fn note(onset: u64, length: u64, pitch: u8) -> SongNote {
    let pitch = Pitch::new(pitch).unwrap();
    SongNote { onset, length, pitch, velocity: Velocity::DEFAULT }
}

fn part(program: u8, notes: Vec<SongNote>) -> Part {
    Part { name: None, channel: 0, program: Some(program), is_drums: false, notes }
}

fn song(notes: Vec<SongNote>) -> Song {
    Song { parts: vec![part(0, notes)], ..Song::silent(120.0) }
}

fn cut(song: &Song, stride: Stride) -> (Vec<PhraseCut>, Losses) {
    let phrases = song.phrases(stride);
    let losses = phrases.losses();
    (phrases.collect(), losses)
}

/// (onset, length) in steps of a phrase's piano.
fn piano(cut: &PhraseCut) -> Vec<(usize, usize)> {
    cut.phrase.track(Track::Piano).iter().map(|n| (n.onset().index(), n.length())).collect()
}

#[test]
fn onsets_and_ends_move_to_the_nearest_step() {
    let (cuts, losses) = cut(&song(vec![note(110, 260, 60), note(500, 10, 62)]), Stride::Phrase);
    assert_eq!(piano(&cuts[0]), [(1, 2), (4, 1)]);
    assert_eq!((losses.kept, losses.off_grid), (2, 0));
}

#[test]
fn triplets_are_counted_as_off_the_grid() {
    let eighth_triplets = [0, 160, 320].map(|tick| note(tick, 100, 60)).to_vec();
    assert_eq!(cut(&song(eighth_triplets), Stride::Phrase).1.off_grid, 2);
}

#[test]
fn a_note_a_little_early_for_a_bar_line_belongs_behind_it() {
    let (cuts, _) = cut(&song(vec![note(4 * BAR - 20, BEAT, 60)]), Stride::Phrase);
    assert_eq!((cuts.len(), cuts[0].bar), (1, 4));
    assert_eq!(piano(&cuts[0]), [(0, 4)]);
}

#[test]
fn silence_gives_no_phrases_however_long_it_is() {
    let (cuts, _) = cut(&song(vec![note(0, 1, 60), note(1 << 50, 1, 60)]), Stride::Phrase);
    assert_eq!(cuts.len(), 2);
    assert_eq!(cuts[1].bar, ((1 << 50) / BAR) & !3);
}

#[test]
fn a_stride_of_one_bar_gives_every_phrase_that_holds_the_note() {
    let (cuts, losses) = cut(&song(vec![note(5 * BAR, BEAT, 60)]), Stride::Bar);
    let bars: Vec<_> = cuts.iter().map(|cut| cut.bar).collect();
    assert_eq!(bars, [2, 3, 4, 5]);
    assert_eq!(cuts.iter().map(|cut| piano(cut)[0].0).collect::<Vec<_>>(), [48, 32, 16, 0]);
    assert_eq!(losses.kept, 1);
}

#[test]
fn a_note_across_a_phrase_line_is_struck_again_behind_it() {
    let mut song = song(vec![note(4 * BAR - BEAT, 3 * BEAT, 60)]);
    let (cuts, _) = cut(&song, Stride::Phrase);
    assert_eq!(piano(&cuts[0]), [(60, 4)]);
    assert_eq!(piano(&cuts[1]), [(0, 8)]);
    song.parts[0].is_drums = true;
    assert_eq!(cut(&song, Stride::Phrase).0.len(), 1, "a drum does not ring on");
}

#[test]
fn an_endless_note_is_cut_to_the_length_of_a_phrase() {
    let (cuts, losses) = cut(&song(vec![note(BAR, 1 << 50, 60)]), Stride::Phrase);
    assert_eq!(cuts.len(), 2);
    assert_eq!(piano(&cuts[1]), [(0, 16)]);
    assert_eq!((losses.kept, losses.shortened), (1, 1));
}

#[test]
fn bars_that_are_not_four_quarters_long_give_no_phrases() {
    let mut song = song((0..16).map(|bar| note(bar * BAR, BEAT, 60)).collect());
    // Four bars in four, four quarters' worth of three, then four again from an odd place on.
    song.metres = vec![
        Metre { tick: 0, count: 4, unit: 4 },
        Metre { tick: 4 * BAR, count: 3, unit: 4 },
        Metre { tick: 7 * BAR, count: 2, unit: 2 },
    ];
    let (cuts, losses) = cut(&song, Stride::Phrase);
    let places: Vec<_> = cuts.iter().map(|cut| (cut.stretch_tick, cut.bar)).collect();
    // Of the three fit four bars, which count.
    assert_eq!(places, [(0, 0), (7 * BAR, 8), (7 * BAR, 12), (7 * BAR, 16)]);
    assert_eq!((losses.kept, losses.outside_metre), (13, 3));
}

#[test]
fn a_metre_repeated_at_a_bar_line_changes_nothing_and_elsewhere_moves_the_bar_line() {
    let mut song = song(vec![note(6 * BAR, BEAT, 60)]);
    song.metres = (0..8).map(|bar| Metre { tick: bar * BAR, count: 4, unit: 4 }).collect();
    assert_eq!(cut(&song, Stride::Phrase).0[0].bar, 4);
    song.metres = vec![Metre { tick: BEAT, count: 4, unit: 4 }];
    let (cuts, _) = cut(&song, Stride::Phrase);
    assert_eq!((cuts[0].stretch_tick, cuts[0].bar), (BEAT, 5));
    assert_eq!(piano(&cuts[0]), [(16 + 12, 4)]);
}

#[test]
fn every_note_is_kept_or_counted_once() {
    let song = Song {
        parts: vec![
            part(0, vec![note(0, BEAT, 60), note(0, BEAT, 23), note(0, BEAT, 96)]),
            part(6, vec![note(10, BEAT, 60)]),
            part(127, vec![note(0, BEAT, 60)]),
        ],
        ..Song::silent(120.0)
    };
    let (_, losses) = cut(&song, Stride::Phrase);
    let expected = Losses {
        notes: 5,
        kept: 1,
        unassigned: 1,
        outside_pitch_range: 2,
        merged: 1,
        ..Losses::default()
    };
    assert_eq!(losses, expected);
}

#[test]
fn programs_and_names_have_their_tracks() {
    for track in Track::ALL.into_iter().filter(|track| !track.is_drums()) {
        assert_eq!(track_of_program(track.program()), Some(track));
        assert_eq!(track_of_name(track.name()), Some(track));
    }
    assert_eq!(track_of_program(127), None);
    assert_eq!(track_of_name("Bass Drum"), Some(Track::Drums));
    assert_eq!(track_of_name("E-BASS GUITAR"), Some(Track::Bass));
    assert_eq!(track_of_name("MIDI Out #3"), None);
}

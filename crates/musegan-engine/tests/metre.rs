//! Bars follow the host's line and metre: which sixteenth of the phrase plays when.
//!
//! Most of these play the ladder, in which every step of the phrase says its number.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use musegan_engine::EventKind;
use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};
use stage::oracle::Stream;
use stage::plain::{Plain, all, ons};
use stage::song::{FIRST_KEY, Songbook, ladder};

const STEP: i64 = 6000;

fn host(meter: Option<(i32, i32)>) -> Plain {
    Plain { meter, ..Plain::of(Songbook::of(ladder), all()) }
}

/// The steps of the phrase that were heard, which must have come one each sixteenth.
fn steps(take: &Stream) -> Vec<u8> {
    let ons = ons(take);
    let on_the_grid = ons.iter().zip(0..).all(|(on, step)| on.0 == step * STEP);
    assert!(on_the_grid, "a note every sixteenth: {ons:?}");
    ons.iter().map(|on| on.3 - FIRST_KEY).collect()
}

fn played(meter: (i32, i32), beats: f64) -> Vec<u8> {
    steps(&host(Some(meter)).take(0.0, beats, &[500]))
}

fn bars(bars: &[&[std::ops::RangeInclusive<u8>]]) -> Vec<u8> {
    bars.iter().flat_map(|bar| bar.iter().cloned().flatten()).collect()
}

#[test]
fn four_four_plays_the_phrase_as_it_is() {
    assert_eq!(played((4, 4), 20.0), bars(&[&[0..=63], &[0..=15]]));
}

#[test]
fn seven_eight_leaves_out_the_last_two_sixteenths_of_every_bar() {
    let expected = bars(&[&[0..=13], &[16..=29], &[32..=45], &[48..=61], &[0..=13]]);
    assert_eq!(played((7, 8), 17.5), expected);
}

#[test]
fn three_four_leaves_out_the_last_beat_of_every_bar() {
    let expected = bars(&[&[0..=11], &[16..=27], &[32..=43], &[48..=59], &[0..=11]]);
    assert_eq!(played((3, 4), 15.0), expected);
}

#[test]
fn five_four_plays_the_last_beat_of_every_bar_twice() {
    let expected = bars(&[&[0..=15, 12..=15], &[16..=31, 28..=31], &[32..=47, 44..=47]]);
    assert_eq!(played((5, 4), 15.0), expected);
}

#[test]
fn twelve_eight_plays_the_second_half_of_every_bar_twice() {
    assert_eq!(played((12, 8), 12.0), bars(&[&[0..=15, 8..=15], &[16..=31, 24..=31]]));
}

#[test]
fn a_metre_that_no_music_has_counts_as_four_four() {
    for absurd in [(0, 4), (65, 4), (4, 3), (-1, -1), (i32::MAX, i32::MIN)] {
        assert_eq!(played(absurd, 8.0), bars(&[&[0..=31]]), "{absurd:?}");
    }
    assert_eq!(steps(&host(None).take(0.0, 8.0, &[500])), bars(&[&[0..=31]]));
}

#[test]
fn where_the_host_names_no_bar_line_bars_are_counted_from_the_songs_start() {
    // Beat 17 in 3/4: bar 5, a beat before bar 6.
    let take = host(Some((3, 4))).take(17.0, 4.0, &[500]);
    assert_eq!(steps(&take), bars(&[&[24..=27], &[32..=43]]));
    // Seven eighths into a song the host's line says that a bar begins.
    let moved = Plain { line_beats: Some(3.5), ..host(Some((4, 4))) }.take(3.5, 4.0, &[500]);
    assert_eq!(steps(&moved), bars(&[&[16..=31]]), "the nearest bar of the song is the second");
}

#[test]
fn a_metre_that_changes_at_a_line_is_followed_from_there_on() {
    let mut host = host(Some((4, 4)));
    host.stand(0.0);
    host.machine.clear();
    // A host cuts its block at the line.
    for (meter, line, end) in [((4, 4), 0.0, 8.0), ((7, 8), 8.0, 15.0), ((3, 4), 15.0, 21.0)] {
        (host.meter, host.line_beats) = (Some(meter), Some(line));
        host.play_to(end, &[480]);
    }
    host.block(false, 1);
    let heard: Vec<u8> = ons(&host.machine.stream()).iter().map(|on| on.3 - FIRST_KEY).collect();
    // Beat 8 is nearest to bar 2 of a song in 7/8, beat 15 is bar 5 of one in 3/4.
    let expected = bars(&[&[0..=31], &[32..=45, 48..=61], &[16..=27, 32..=43]]);
    assert_eq!(heard, expected);
    assert_eq!(host.status().rested_steps, 0, "all of it was ready");
}

#[test]
fn where_the_metre_changes_everything_ends() {
    let mut host = Plain { meter: Some((4, 4)), line_beats: Some(0.0), ..Plain::new(all()) };
    host.stand(0.0);
    host.play_to(4.0, &[480]);
    let sounding = host.machine.sounding().len();
    assert!(sounding > 3);
    (host.meter, host.line_beats) = (Some((3, 4)), Some(4.0));
    let events = host.block(true, 480);
    let offs = events.iter().filter(|e| e.at_sample == 0 && e.kind == EventKind::Off).count();
    assert_eq!(offs, sounding);
}

/// When a note of the phrase's first bar ends, in steps of the song.
fn end_of(onset: usize, length: usize, meter: (i32, i32)) -> i64 {
    thread_local!(static NOTE: std::cell::Cell<(usize, usize)> = const { std::cell::Cell::new((0, 1)) });
    NOTE.set((onset, length));
    let phrase = |_: u64, _: i64| {
        let (onset, length) = NOTE.get();
        let pitch = Pitch::new(60).unwrap();
        let note = Note::new(Step::new(onset).unwrap(), length, pitch, Velocity::DEFAULT);
        Phrase::new([(Track::Piano, note)])
    };
    let host = Plain { meter: Some(meter), ..Plain::of(Songbook::of(phrase), all()) };
    let take = host.take(onset as f64 / 4.0, 20.0, &[500]);
    onset as i64 + take.iter().find(|event| event.1 == 0).unwrap().0 / STEP
}

#[test]
fn a_note_lasts_as_long_as_the_bars_have_room_for_it() {
    assert_eq!(end_of(12, 4, (4, 4)), 16, "to the line");
    assert_eq!(end_of(12, 7, (4, 4)), 19, "over the line, three steps into the next bar");
    assert_eq!(end_of(12, 23, (4, 4)), 35, "over two lines");
    assert_eq!(end_of(12, 4, (7, 8)), 14, "what lies past a short bar's line is cut");
    assert_eq!(end_of(12, 7, (7, 8)), 17, "three steps into the next bar");
    assert_eq!(end_of(12, 19, (7, 8)), 28, "fifteen steps of a bar that has fourteen");
    assert_eq!(end_of(10, 9, (5, 4)), 23, "a long bar is sounded through");
}

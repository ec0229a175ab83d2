//! What is held at a bar line is the chord of the bar.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use musegan_engine::{Block, Controls, KeyChange, Transport};
use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};
use stage::oracle::Stream;
use stage::plain::{Plain, all, ons};
use stage::song::Songbook;
use std::time::Duration;

const C_MAJOR: [u8; 3] = [60, 64, 67];
const G_MAJOR: [u8; 3] = [55, 59, 62];
const A_MINOR: [u8; 3] = [57, 60, 64];
const BAR: i64 = 96_000;

fn listening() -> Controls {
    Controls { listens: true, ..all() }
}

/// The same with a band that follows chords.
fn following() -> Controls {
    let mut controls = listening();
    controls.composition.seed = 1;
    controls
}

fn changes(keys: &[u8], pressed: bool) -> Vec<KeyChange> {
    keys.iter().map(|&key| KeyChange { at_sample: 0, key, pressed }).collect()
}

/// Stands at the start with these keys held.
fn holding(songs: Songbook, keys: &[u8]) -> Plain {
    let mut host = Plain::of(songs, listening());
    host.keys = changes(keys, true);
    host.stand(0.0);
    host.machine.clear();
    host
}

fn pitch_classes(stream: &Stream, track: Track, samples: std::ops::Range<i64>) -> Vec<u8> {
    let of_track =
        |on: &&(i64, u8, u8, u8)| on.2 == track.index() as u8 && samples.contains(&(on.0 - 1));
    let mut classes: Vec<u8> = ons(stream).iter().filter(of_track).map(|on| on.3 % 12).collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

#[test]
fn the_band_plays_the_chord_that_is_held_and_the_bass_its_lowest_note() {
    let mut host = holding(Songbook::default(), &C_MAJOR);
    host.play_to(4.0, &[480]);
    let take = host.machine.stream();
    for track in [Track::Piano, Track::Guitar, Track::Strings] {
        assert_eq!(pitch_classes(&take, track, 0..BAR), [0, 4, 7], "{track:?}");
    }
    assert_eq!(pitch_classes(&take, Track::Bass, 0..BAR), [0]);

    let free = Plain::new(all()).take(0.0, 4.0, &[480]);
    let drums = |stream: &Stream, first: i64| -> Stream {
        let drums = ons(stream).into_iter().filter(|on| on.2 == 0);
        drums.map(|on| (on.0 - first, on.1, on.2, on.3)).collect()
    };
    assert_eq!(drums(&take, 1), drums(&free, 0), "drums play no pitches");
}

#[test]
fn a_chord_played_in_mid_bar_counts_from_the_next_line() {
    let mut host = holding(Songbook::default(), &C_MAJOR);
    host.play_to(2.0, &[480]);
    host.keys = changes(&C_MAJOR, false);
    host.keys.extend(changes(&G_MAJOR, true));
    host.play_to(8.0, &[480]);
    let take = host.machine.stream();
    assert_eq!(pitch_classes(&take, Track::Bass, 0..BAR), [0]);
    assert_eq!(pitch_classes(&take, Track::Bass, BAR..2 * BAR), [7]);
    assert_eq!(pitch_classes(&take, Track::Piano, BAR..2 * BAR), [2, 7, 11]);
}

#[test]
fn a_chord_that_is_let_go_before_a_loop_ends_stays_in_long_blocks_too() {
    let mut host = holding(Songbook::default(), &C_MAJOR);
    host.cycle = Some((0.0, 4.0));
    host.play_to(3.2, &[4800]);
    // The next step begins between the first key's way up and the others'.
    let up = |key, at_sample| KeyChange { at_sample, key, pressed: false };
    host.keys = vec![up(67, 0), up(60, 2300), up(64, 2300)];
    host.play_to(8.0, &[4800]);
    assert_eq!(pitch_classes(&host.machine.stream(), Track::Piano, BAR..2 * BAR), [0, 4, 7]);
}

#[test]
fn after_a_reset_what_is_made_ready_is_over_no_chord() {
    let (mut player, mut desk) = musegan_engine::pair();
    let block = Block {
        samples: 480,
        sample_rate: 48e3,
        transport: Transport::default(),
        patience: Duration::ZERO,
    };
    player.process(&block, &listening(), &changes(&C_MAJOR, true));
    assert!(!player.status().key.composition.progression.is_empty());
    while desk.next_request().is_some() {}
    player.lose_place();
    player.prepare(&listening());
    let asked: Vec<_> = std::iter::from_fn(|| desk.next_request()).collect();
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|key| key.composition.progression.is_empty()));
}

#[test]
fn fewer_than_two_notes_are_no_chord() {
    let free = Plain::new(all()).take(0.0, 4.0, &[480]);
    for keys in [&[][..], &[60], &[48, 60, 72]] {
        let mut host = holding(Songbook::default(), keys);
        host.play_to(4.0, &[480]);
        host.block(false, 1);
        let take = host.machine.stream().into_iter().map(|e| (e.0 - 1, e.1, e.2, e.3));
        assert_eq!(take.collect::<Stream>(), free, "{keys:?} held");
    }
}

#[test]
fn a_chord_that_is_let_go_stays_until_nobody_listens() {
    let mut host = holding(Songbook::default(), &C_MAJOR);
    host.play_to(2.0, &[480]);
    host.keys = changes(&C_MAJOR, false);
    host.play_to(8.0, &[480]);
    assert_eq!(pitch_classes(&host.machine.stream(), Track::Piano, BAR..2 * BAR), [0, 4, 7]);
    host.controls.listens = false;
    host.play_to(9.0, &[480]);
    host.controls.listens = true;
    host.play_to(16.0, &[480]);
    assert!(pitch_classes(&host.machine.stream(), Track::Piano, 3 * BAR..4 * BAR).len() > 6);
}

#[test]
fn a_band_that_follows_chords_plays_its_own_notes_over_the_one_that_is_held() {
    let free = Plain::new(Controls { listens: false, ..following() }).take(0.0, 4.0, &[480]);
    for (transpose, written) in [(0, "C"), (2, "Bb"), (-5, "F")] {
        let mut host = Plain::new(following());
        host.controls.transpose = transpose;
        host.keys = changes(&C_MAJOR, true);
        host.stand(0.0);
        host.machine.clear();
        host.play_to(4.0, &[480]);
        let asked = host.status().key.composition.progression;
        assert_eq!(asked.to_string(), written, "so that {transpose} semitones higher it is C");
        let notes = |stream: &Stream, first: i64, by: i8| -> Vec<(i64, u8, u8, i16)> {
            let by = |channel: u8| if channel == 0 { 0 } else { i16::from(by) };
            let key = |on: &(i64, u8, u8, u8)| i16::from(on.3) - by(on.2);
            ons(stream).iter().map(|on| (on.0 - first, on.1, on.2, key(on))).collect()
        };
        assert_eq!(notes(&host.machine.stream(), 1, transpose), notes(&free, 0, 0));
    }
}

#[test]
fn a_band_that_follows_chords_is_led_until_the_line_at_which_it_can_follow() {
    let mut host = Plain::new(following());
    host.keys = changes(&C_MAJOR, true);
    host.stand(0.0);
    host.machine.clear();
    // After the moment at which the next bar is settled.
    host.play_to(3.9, &[480]);
    host.keys = changes(&C_MAJOR, false);
    host.keys.extend(changes(&G_MAJOR, true));
    host.play_to(12.0, &[480]);
    let take = host.machine.stream();
    assert_eq!(pitch_classes(&take, Track::Piano, BAR..2 * BAR), [2, 7, 11]);
    assert!(pitch_classes(&take, Track::Piano, 2 * BAR..3 * BAR).len() > 6);
    assert_eq!(host.status().key.composition.progression.to_string(), "G");
}

#[test]
fn the_chords_that_are_written_return_when_nobody_listens() {
    let written = "Dm7 | G7".parse().unwrap();
    let mut host = Plain::new(following());
    host.controls.composition.progression = written;
    host.stand(0.0);
    assert_eq!(host.status().key.composition.progression, written, "nothing is held yet");
    host.keys = changes(&A_MINOR, true);
    host.stand(0.0);
    assert_eq!(host.status().key.composition.progression.to_string(), "Am");
    host.controls.listens = false;
    host.stand(0.0);
    assert_eq!(host.status().key.composition.progression, written);
}

/// Middle C on the piano from the last beat of the first bar through the next bar.
fn held_over(_seed: u64, _index: i64) -> Phrase {
    let note = Note::new(Step::new(12).unwrap(), 20, Pitch::new(60).unwrap(), Velocity::DEFAULT);
    Phrase::new([(Track::Piano, note)])
}

#[test]
fn a_note_that_the_new_chord_has_sounds_on_and_one_that_it_has_not_ends_at_the_line() {
    for (next, end) in [(A_MINOR, 2 * BAR), (G_MAJOR, BAR)] {
        let mut host = holding(Songbook::of(held_over), &C_MAJOR);
        host.play_to(3.5, &[480]);
        host.keys = changes(&C_MAJOR, false);
        host.keys.extend(changes(&next, true));
        host.play_to(9.0, &[480]);
        let stream = host.machine.stream();
        let off = stream.iter().find(|event| event.1 == 0).unwrap();
        assert_eq!(off.0 - 1, end, "over {next:?}");
    }
}

#[test]
fn where_the_song_is_joined_the_chord_is_what_is_held_then() {
    let mut host = holding(Songbook::default(), &C_MAJOR);
    host.play_to(1.0, &[480]);
    host.keys = changes(&C_MAJOR, false);
    host.keys.extend(changes(&G_MAJOR, true));
    // A seek to the middle of a bar of the phrase that is at hand.
    host.pos_beats = 9.0;
    host.machine.clear();
    host.play_to(12.0, &[480]);
    let take = host.machine.stream();
    assert_eq!(pitch_classes(&take, Track::Bass, 0..BAR * 8), [7]);
}

#[test]
fn who_does_not_listen_is_not_led() {
    let mut host = holding(Songbook::default(), &C_MAJOR);
    host.controls.listens = false;
    host.stand(0.0);
    host.machine.clear();
    host.play_to(4.0, &[480]);
    assert!(pitch_classes(&host.machine.stream(), Track::Piano, 0..BAR * 8).len() > 6);
}

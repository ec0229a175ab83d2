//! What is late, and what must not be: the worker answers between blocks, or does not.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use musegan_engine::EventKind;
use musegan_score::{Step, Track};
use stage::oracle::Stream;
use stage::plain::{Plain, all, ons};
use stage::song::composed;

/// Notes of a song that begin at a step of a phrase.
fn beginning(seed: u64, index: i64, step: i64) -> usize {
    let phrase = composed(seed, index);
    Track::ALL.into_iter().map(|t| phrase.starting_at(t, Step::wrapping(step)).len()).sum()
}

fn standing_at(pos_beats: f64) -> Plain {
    let mut host = Plain::new(all());
    host.stand(pos_beats);
    host.machine.clear();
    host
}

#[test]
fn pressing_play_where_the_song_stands_sounds_the_first_note() {
    for pos_beats in [0.0, 76.0, -4.0] {
        let mut host = standing_at(pos_beats);
        let struck = host.block(true, 64);
        assert!(struck.iter().any(|e| e.at_sample == 0 && e.kind != EventKind::Off), "{pos_beats}");
    }
}

#[test]
fn returning_to_the_start_and_to_where_playing_began_costs_no_rest() {
    let mut host = standing_at(100.0);
    host.play_to(180.0, &[512]);
    for back_to in [100.0, 0.0, 100.0] {
        host.pos_beats = back_to;
        host.play_to(back_to + 1.0, &[512]);
    }
    assert_eq!(host.status().rested_steps, 0);
}

#[test]
fn a_loop_from_the_end_of_one_phrase_to_the_start_of_another_costs_no_rest() {
    let mut host = standing_at(40.0);
    host.cycle = Some((-16.0, 47.0));
    host.play_to(47.0 - 0.01, &[512]);
    host.pos_beats = -16.0;
    host.play_to(-8.0, &[512]);
    assert_eq!(host.status().rested_steps, 0);
}

#[test]
fn a_seed_that_changes_in_every_block_turns_at_bar_lines_without_a_rest() {
    let mut takes = Vec::new();
    for samples in [64, 500] {
        let mut host = standing_at(0.0);
        while host.pos_beats < 32.0 {
            // The seed is a function of the position, as automation is.
            host.controls.composition.seed = (host.pos_beats / 3.0) as u64;
            host.block(true, samples);
        }
        assert_eq!(host.status().rested_steps, 0);
        let heard = ons(&host.machine.stream());
        takes.push(heard.into_iter().filter(|on| on.0 < 32 * 24_000).collect::<Stream>());
    }
    assert_eq!(takes[0], takes[1]);
    // The third bar, from beat 8, is played under the seed that held just before.
    let downbeat = takes[0].iter().filter(|on| on.0 == 1 + 8 * 24_000).count();
    assert_eq!(downbeat, beginning(2, 0, 32));
}

#[test]
fn a_temperature_that_is_drawn_all_the_time_never_costs_the_phrase_that_plays() {
    let mut host = standing_at(0.0);
    for block in 0..6000 {
        host.controls.composition.temperature = block as f32 / 1000.0;
        host.block(true, 64);
    }
    assert_eq!(host.status().rested_steps, 0);
}

#[test]
fn new_weights_come_in_at_a_bar_line_without_a_rest() {
    let mut host = standing_at(0.0);
    host.play_to(1.0, &[480]);
    host.controls.model = 1;
    host.play_to(3.9, &[480]);
    assert_eq!(host.status().key.model, 0);
    host.play_to(4.1, &[480]);
    assert_eq!((host.status().key.model, host.status().rested_steps), (1, 0));
}

#[test]
fn a_new_song_that_is_late_comes_in_at_the_next_line_at_which_it_is_there() {
    let mut host = standing_at(0.0);
    host.play_to(3.0, &[480]);
    host.controls.composition.seed = 1;
    host.worker_works = false;
    host.play_to(6.0, &[480]);
    assert_eq!(host.status().key.composition.seed, 0, "the old song plays on");
    host.worker_works = true;
    host.play_to(7.9, &[480]);
    assert_eq!(host.status().key.composition.seed, 0, "to the bar line");
    host.play_to(8.1, &[480]);
    assert_eq!(host.status().key.composition.seed, 1);
    assert_eq!(host.status().rested_steps, 0);
    let third_bar = ons(&host.machine.stream()).iter().filter(|on| on.0 == 1 + 8 * 24_000).count();
    assert_eq!(third_bar, beginning(1, 0, 32));
}

#[test]
fn a_worker_that_stalls_for_five_seconds_costs_rests_and_nothing_else() {
    let mut steady = standing_at(0.0);
    steady.play_to(48.0, &[480]);
    let mut stalled = standing_at(0.0);
    stalled.play_to(14.0, &[480]);
    stalled.worker_works = false;
    // The second phrase is at hand already; the third, from beat 32, is late until beat 38.
    stalled.play_to(38.0, &[480]);
    stalled.worker_works = true;
    stalled.play_to(48.0, &[480]);
    assert_eq!(stalled.status().rested_steps, 25, "six beats and the step that was begun");
    let ons = |host: &Plain, from: f64, to: f64| -> Stream {
        let samples = |beats: f64| (beats * 24_000.0) as i64 + 1;
        let notes = ons(&host.machine.stream()).into_iter();
        notes.filter(|on| (samples(from)..samples(to)).contains(&on.0)).collect()
    };
    assert_eq!(ons(&stalled, 0.0, 32.0), ons(&steady, 0.0, 32.0));
    assert!(ons(&stalled, 32.0, 38.25).is_empty());
    assert_eq!(ons(&stalled, 38.25, 48.0), ons(&steady, 38.25, 48.0));
    stalled.block(false, 1);
    assert!(stalled.machine.sounding().is_empty());
}

#[test]
fn a_seek_into_the_unknown_rests_until_the_worker_answers_and_then_joins_in_the_right_place() {
    let mut host = standing_at(0.0);
    host.play_to(4.0, &[480]);
    host.machine.clear();
    host.pos_beats = 4000.0;
    host.play_to(4004.0, &[480]);
    assert_eq!(host.status().rested_steps, 1, "the step at the jump");
    let begun = ons(&host.machine.stream());
    // Phrase 250 of a song of 61.
    assert_eq!(begun.iter().filter(|on| on.0 == begun[0].0).count(), beginning(0, 250 % 61, 1));
}

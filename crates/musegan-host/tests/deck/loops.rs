//! The four ways in which hosts treat the block at a loop's end.
use musegan_host::{LoopEnd, Recording};

use crate::metronome::{RATE, metronome};

#[test]
fn a_cut_loop_has_a_block_end_at_its_end_and_plays_each_lap_alike() {
    let (mut deck, heard) = metronome(&[512]);
    deck.set_loop(1.0, 2.5, LoopEnd::Cut);
    deck.seek(1.0);
    deck.play_beats(6.0).unwrap();
    let lap = (1.5 / 2.0 * RATE) as u32;
    let calls = heard.calls();
    assert_eq!(calls.iter().filter(|call| call.position() == 1.0).count(), 4);
    assert_eq!(heard.lengths().iter().sum::<u32>(), 4 * lap);
    assert!(calls.iter().all(|call| call.transport.unwrap().loop_beats.is_none()));
    let recording = deck.finish();
    let clicks: Vec<_> = recording.notes.iter().map(|note| note.start_beats.round()).collect();
    assert_eq!(clicks, [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
}

#[test]
fn a_crossing_block_has_its_later_events_at_the_loops_start() {
    let (mut deck, heard) = metronome(&[1000]);
    deck.set_loop(1.0, 3.0, LoopEnd::Cross);
    deck.seek(1.0);
    deck.play_beats(8.0).unwrap();
    assert!(heard.lengths().iter().all(|&frames| frames == 1000));
    let recording = deck.finish();
    let clicks: Vec<_> = recording.notes.iter().map(|note| note.start_beats).collect();
    let expected = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0];
    assert_eq!(clicks.len(), expected.len());
    for (click, expected) in clicks.iter().zip(expected) {
        assert!((click - expected).abs() < 1e-6, "{clicks:?}");
    }
}

#[test]
fn a_host_that_calls_twice_for_one_callback_plays_the_rest_of_it_from_the_start() {
    let (mut deck, heard) = metronome(&[1000]);
    // 36 000 samples a lap.
    deck.set_loop(1.0, 2.5, LoopEnd::Twice);
    deck.seek(1.0);
    deck.play_samples(72_500).unwrap();
    let calls = heard.calls();
    assert!(calls.iter().all(|call| call.transport.unwrap().loop_beats == Some((1.0, 2.5))));
    assert_eq!(heard.lengths()[35..37], [1000, 1000]);

    let (mut deck, heard) = metronome(&[1024]);
    deck.set_loop(1.0, 2.5, LoopEnd::Twice);
    deck.seek(1.0);
    deck.play_samples(37 * 1024).unwrap();
    let lengths = heard.lengths();
    assert_eq!(lengths[34..], [1024, 160, 864, 1024]);
    assert_eq!(heard.calls()[36].position(), 1.0);
}

#[test]
fn a_host_that_is_late_tells_one_block_behind_the_end_before_it_jumps() {
    let (mut deck, heard) = metronome(&[1024]);
    deck.set_loop(1.0, 2.5, LoopEnd::Late);
    deck.seek(1.0);
    deck.play_samples(3 * 36_000).unwrap();
    let calls = heard.calls();
    let behind: Vec<_> =
        (0..calls.len()).filter(|&index| calls[index].position() >= 2.5 - 1e-9).collect();
    assert_eq!(behind.len(), 2, "one for each end that was reached");
    for index in behind {
        let late = f64::from(calls[index].frames) / 24_000.0;
        assert!((calls[index + 1].position() - (1.0 + late)).abs() < 1e-9);
    }
    // The beat at the loop's start falls into the late block, where nothing says so.
    let clicks = rounded(&deck.finish());
    assert_eq!(clicks, [1.0, 2.0, 2.0, 2.0]);
}

#[test]
fn a_loop_shorter_than_a_sample_is_survived_in_every_manner() {
    for manner in [LoopEnd::Cut, LoopEnd::Twice, LoopEnd::Cross, LoopEnd::Late] {
        let (mut deck, _) = metronome(&[64]);
        deck.set_loop(4.0, 4.0 + 0.3 * 120.0 / 60.0 / RATE, manner);
        deck.seek(4.0);
        deck.play_samples(500).unwrap();
        assert_eq!(deck.at_sample(), 500, "{manner:?}");
        let late = if manner == LoopEnd::Late { 64.0 } else { 1.0 };
        assert!((deck.position_beats() - 4.0) * RATE / 2.0 <= late, "{manner:?}");
    }
}

fn rounded(recording: &Recording) -> Vec<f64> {
    recording.notes.iter().map(|note| note.start_beats.round()).collect()
}

//! The two halves on two threads, and blocks in time with the clock.
use std::time::{Duration, Instant};

use musegan_host::Pace;

use crate::metronome::metronome;

#[test]
fn the_song_rolls_on_another_thread_while_the_main_thread_speaks_to_the_plugin() {
    let (mut deck, heard) = metronome(&[512]);
    let answer = deck.play_beside(|main| {
        while heard.lengths().len() < 10 {
            std::thread::yield_now();
        }
        main.save_state().unwrap().len()
    });
    assert_eq!(answer.unwrap(), 0);
    let calls = heard.calls();
    let here = std::thread::current().id();
    assert!(calls.len() >= 10 && calls.iter().all(|call| call.thread != here));
    assert_eq!(deck.at_sample(), calls.len() as u64 * 512);
}

#[test]
#[should_panic(expected = "as a failed assertion does")]
fn a_panic_on_the_main_thread_stops_the_song_and_comes_through() {
    let (mut deck, _) = metronome(&[512]);
    let _ = deck.play_beside(|_| panic!("as a failed assertion does"));
}

#[test]
fn blocks_come_at_their_pace_and_in_bursts() {
    let (mut deck, _) = metronome(&[480]);
    // Blocks of 10 ms at a tenth of the speed, five at a time: a burst every 500 ms.
    deck.pace(Some(Pace { speed: 0.1, burst: 5 }));
    let since = Instant::now();
    deck.play_samples(5 * 480).unwrap();
    assert!(since.elapsed() < Duration::from_millis(300), "a steady host would take 400 ms");
    deck.play_samples(480).unwrap();
    assert!(since.elapsed() >= Duration::from_millis(500));
    deck.pace(None);
    deck.play_samples(100 * 480).unwrap();
    assert!(since.elapsed() < Duration::from_secs(10));
}

//! Where the song stands decides what is heard: seeks, loops, pauses.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stage.rs"]
mod stage;

use musegan_engine::EventKind;
use stage::oracle::Stream;
use stage::plain::{Plain, all, ons};
use stage::song::composed;

use musegan_score::{Step, Track};

#[test]
fn any_cutting_into_blocks_gives_the_same_take() {
    let whole = Plain::new(all()).take(2.3, 32.0, &[4800]);
    assert!(whole.len() > 500);
    for blocks in [[1, 2, 3], [64, 64, 64], [0, 441, 7], [16_384, 1, 0]] {
        let cut = Plain::new(all()).take(2.3, 32.0, &blocks);
        let end = (32 * 24_000).min(cut.last().unwrap().0);
        let before = |take: &Stream| -> Stream {
            take.iter().copied().filter(|event| event.0 < end).collect()
        };
        assert_eq!(before(&cut), before(&whole), "blocks of {blocks:?}");
    }
}

#[test]
fn seeking_to_a_bar_gives_the_bar_that_playing_reached() {
    let bar_after_playing_from = |start: f64| {
        let mut host = Plain::new(all());
        host.stand(start);
        host.play_to(12.0, &[480]);
        host.machine.clear();
        let first = host.block(true, 480);
        host.play_to(16.0, &[480]);
        (first, ons(&host.machine.stream()).len())
    };
    let (events, played) = bar_after_playing_from(0.0);
    let (joined, seeked) = bar_after_playing_from(12.0);
    let begun = |event: &&musegan_engine::Event| event.kind != EventKind::Off;
    assert!(events.iter().filter(begun).eq(joined.iter().filter(begun)));
    assert_eq!(played, seeked);
}

#[test]
fn resuming_in_the_middle_of_a_note_does_not_strike_it_again() {
    let mut host = Plain::new(all());
    host.stand(0.0);
    host.play_to(0.125, &[480]);
    let sounding = host.machine.sounding().len();
    assert!(sounding > 0);
    assert_eq!(host.block(false, 480).len(), sounding, "a stop ends what sounds, at once");
    host.machine.clear();
    host.play_to(0.25 - 1.0 / 48.0, &[480]);
    assert_eq!(host.machine.stream(), [], "the step began before");
    host.play_to(0.3, &[480]);
    let phrase = composed(0, 0);
    let second = Step::new(1).unwrap();
    let begin: usize = Track::ALL.iter().map(|&t| phrase.starting_at(t, second).len()).sum();
    assert_eq!(host.machine.stream().len(), begin);
}

#[test]
fn a_loop_that_wraps_inside_a_block_ends_its_notes_at_the_wrap_and_begins_anew() {
    let mut host = Plain::new(all());
    host.cycle = Some((0.0, 0.5));
    host.stand(0.0);
    // One beat is 24,000 samples; the loop wraps at 12,000.
    let events = host.block(true, 24_000);
    let (first, second): (Vec<_>, Vec<_>) =
        events.iter().filter(|e| e.kind != EventKind::Off).partition(|e| e.at_sample < 12_000);
    assert!(!first.is_empty());
    let keys = |half: &[&musegan_engine::Event]| -> Vec<_> {
        half.iter().map(|e| (e.at_sample % 12_000, e.kind, e.channel, e.key)).collect()
    };
    assert_eq!(keys(&first), keys(&second));
    let sounding_past_it = events
        .iter()
        .filter(|e| e.at_sample < 12_000)
        .fold(0, |sum, e| if e.kind == EventKind::Off { sum - 1 } else { sum + 1 });
    let ended_at_it =
        events.iter().filter(|e| e.at_sample == 12_000 && e.kind == EventKind::Off).count();
    assert_eq!(sounding_past_it, ended_at_it);
}

#[test]
fn a_count_in_plays_the_bars_before_the_start() {
    let take = Plain::new(all()).take(-1.0, 1.0, &[480]);
    // The song comes again after 61 phrases.
    let before_the_first = composed(0, 60);
    let last_beat = before_the_first.notes().filter(|(_, note)| note.onset().index() >= 60).count();
    assert_eq!(ons(&take).len(), last_beat);
}

//! Metres and tempos along the song: bars are counted from where the metre changed, positions are
//! exact, and each way of announcing a change does what it says.
use musegan_host::{Announce, Deck};

use crate::metronome::{Call, Heard, RATE, metronome};

/// Where the last block began that begins at or before a position.
fn at(heard: &Heard, beats: f64) -> Call {
    let calls = heard.calls();
    calls.iter().rfind(|call| call.position() <= beats + 1e-9).unwrap().clone()
}

fn written(deck: &mut Deck) {
    deck.write_meter(8.0, 7, 8);
    deck.write_meter(15.0, 3, 4);
}

#[test]
fn bars_are_counted_from_where_the_metre_changed() {
    let (mut deck, heard) = metronome(&[512]);
    written(&mut deck);
    deck.seek(-6.0);
    deck.play_to(25.0).unwrap();
    for (beats, start, number, meter) in [
        (-5.0, -8.0, -2, (4, 4)),
        (-1.0, -4.0, -1, (4, 4)),
        (5.0, 4.0, 1, (4, 4)),
        (8.0, 8.0, 2, (7, 8)),
        (11.6, 11.5, 3, (7, 8)),
        (14.9, 11.5, 3, (7, 8)),
        (15.0, 15.0, 4, (3, 4)),
        (19.0, 18.0, 5, (3, 4)),
    ] {
        let transport = at(&heard, beats).transport.unwrap();
        let told = (transport.bar_start_beats.unwrap(), transport.bar_number.unwrap());
        assert_eq!((told, transport.meter.unwrap()), ((start, number), meter), "beat {beats}");
    }
}

#[test]
fn a_metre_set_while_rolling_begins_a_bar_there_and_leaves_what_lies_before() {
    let (mut deck, heard) = metronome(&[480]);
    deck.play_beats(6.0).unwrap();
    deck.set_meter(5, 4);
    deck.play_beats(6.0).unwrap();
    assert_eq!(at(&heard, 5.0).bar_start(), 4.0);
    assert!((at(&heard, 6.0).bar_start() - 6.0).abs() < 1e-9);
    assert!((at(&heard, 11.5).bar_start() - 11.0).abs() < 1e-9);
    deck.seek(5.0);
    deck.play_samples(480).unwrap();
    assert_eq!(heard.calls().last().unwrap().transport.unwrap().meter, Some((4, 4)));
}

#[test]
fn a_good_host_has_a_block_begin_where_metre_or_tempo_change() {
    let (mut deck, heard) = metronome(&[512]);
    written(&mut deck);
    deck.write_tempo(5.1, 90.0);
    deck.play_to(20.0).unwrap();
    for beats in [5.1, 8.0, 15.0] {
        // The first sample at or after it.
        let from = at(&heard, beats + 1.5 / RATE * 2.0).position();
        assert!((0.0..2.1 / RATE).contains(&(from - beats)), "beat {beats}: {from}");
    }
    assert_eq!(at(&heard, 6.0).transport.unwrap().tempo, Some(90.0));
    deck.seek(0.0);
    deck.play_samples(1).unwrap();
    assert_eq!(heard.calls().last().unwrap().transport.unwrap().tempo, Some(120.0));
}

#[test]
fn a_change_can_be_announced_by_an_event_inside_the_block() {
    let (mut deck, heard) = metronome(&[512]);
    deck.announce(Announce::Event);
    written(&mut deck);
    deck.write_tempo(5.1, 90.0);
    deck.play_to(20.0).unwrap();
    let lengths = heard.lengths();
    assert!(lengths[..lengths.len() - 1].iter().all(|&frames| frames == 512));
    let events: Vec<_> = heard.calls().into_iter().flat_map(|call| call.transports).collect();
    let told = |index: usize| events[index].transport;
    assert_eq!(events.len(), 3);
    assert_eq!((told(0).tempo, told(0).meter), (Some(90.0), Some((4, 4))));
    assert_eq!((told(1).meter, told(2).meter), (Some((7, 8)), Some((3, 4))));
    let position = told(1).position_beats.unwrap();
    assert!((0.0..1.6 / RATE).contains(&(position - 8.0)), "{position}");
    assert_eq!(told(1).bar_start_beats, Some(8.0));
    // 5.1 quarter notes at 120 BPM are 122 400 samples.
    assert_eq!(events[0].at, 122_400 % 512);
}

#[test]
fn a_careless_host_tells_a_change_with_the_next_block_and_has_moved_on_rightly() {
    let (mut deck, heard) = metronome(&[1000]);
    deck.announce(Announce::NextBlock);
    // After 24 500 samples, in the middle of the 25th block.
    deck.write_tempo(24_500.0 / 24_000.0, 60.0);
    deck.play_samples(26_000).unwrap();
    let calls = heard.calls();
    let tempos: Vec<_> = calls.iter().map(|call| call.transport.unwrap().tempo.unwrap()).collect();
    assert_eq!(tempos[23..], [120.0, 120.0, 60.0]);
    let expected = (24_500.0 + 0.5 * 500.0) / 24_000.0;
    assert!((calls[25].position() - expected).abs() < 1e-9);
}

#[test]
fn a_sliding_tempo_moves_the_song_by_its_exact_integral() {
    let (mut deck, heard) = metronome(&[512, 37]);
    deck.slide_tempo(240.0, 10.0);
    deck.play_samples(480_000).unwrap();
    // From 120 to 240 BPM in ten seconds is 180 on average.
    assert!((deck.position_beats() - 30.0).abs() < 1e-9);
    deck.play_samples(48_000).unwrap();
    assert!((deck.position_beats() - 34.0).abs() < 1e-9);
    for call in heard.calls() {
        let transport = call.transport.unwrap();
        let seconds = transport.position_seconds.unwrap().min(10.0);
        assert!((transport.tempo.unwrap() - (120.0 + 12.0 * seconds)).abs() < 1e-9);
    }
    deck.slide_tempo(20.0, 10.0);
    deck.play_to(50.0).unwrap();
    assert!((0.0..4.0 / RATE).contains(&(deck.position_beats() - 50.0)));
}

//! Blocks, positions and the books.
use musegan_host::{Deck, Fault, Setup};

use crate::metronome::{Clicks, KEY, Metronome, RATE, metronome};

#[test]
fn blocks_come_in_the_lengths_asked_for_and_the_last_is_what_is_left() {
    let (mut deck, heard) = metronome(&[100, 7]);
    deck.play_samples(250).unwrap();
    assert_eq!(heard.lengths(), [100, 7, 100, 7, 36]);
}

#[test]
fn empty_blocks_move_nothing_and_take_parameters_along() {
    let (mut deck, heard) = metronome(&[0, 100]);
    deck.change(1, 0.5);
    deck.change_at(1, 0.75, 30);
    deck.play_samples(200).unwrap();
    assert_eq!(heard.lengths(), [0, 100, 0, 100]);
    let calls = heard.calls();
    assert_eq!(calls[0].position(), calls[1].position());
    let changes = calls.iter().map(|call| call.changes.iter().map(|c| (c.at, c.value)).collect());
    let changes: Vec<Vec<_>> = changes.collect();
    assert_eq!(changes, [vec![(0, 0.5)], vec![(30, 0.75)], vec![], vec![]]);
}

#[test]
fn positions_are_counted_from_the_seek_and_do_not_drift() {
    let (mut deck, heard) = metronome(&[512]);
    deck.set_tempo(93.7);
    deck.seek(1e6);
    for _ in 0..100_000 {
        deck.play_samples(512).unwrap();
    }
    let samples = 99_999.0 * 512.0;
    let last = heard.calls().last().unwrap().position();
    assert_eq!(last, 1e6 + samples * (93.7 / 60.0 / RATE));
}

#[test]
fn a_plugin_that_never_ends_its_notes_is_found_out() {
    let clicks = Clicks { never_ends: true, ..Clicks::default() };
    let host = Metronome { clicks, ..Metronome::default() };
    let mut deck = Deck::new(Box::new(host), Setup::offline(RATE, 512)).unwrap();
    deck.play_beats(1.5).unwrap();
    deck.stop().unwrap();
    let faults = deck.finish().faults;
    assert_eq!(
        faults,
        [
            Fault::StruckTwice { channel: 0, key: KEY, at_sample: 24_000 },
            Fault::Stuck { channel: 0, key: KEY, since: 24_000 },
        ]
    );
}

#[test]
fn what_is_no_plugin_is_refused_with_a_sentence_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, "not a library").unwrap();
        path
    };
    for (path, reason) in [
        (file("band.mid"), "expected a path ending in .clap or .vst3"),
        (folder.path().join("missing.clap"), "no such plugin"),
        (file("broken.clap"), "could not be loaded"),
        (file("broken.vst3"), "could not be loaded"),
    ] {
        let error = musegan_host::load(&path).err().unwrap().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}

//! What the plugin is told, where that is not the truth, and what is kept for later blocks.
use musegan_host::{Kind, LoopEnd, NoteEvent, Transport};

use crate::metronome::{KEY, metronome};

#[test]
fn the_truth_can_be_retold_in_part_wrongly_or_not_at_all() {
    let (mut deck, heard) = metronome(&[24_000]);
    deck.retell(|truth| Some(Transport { bar_start_beats: None, meter: Some((0, 0)), ..truth }));
    deck.play_beats(1.0).unwrap();
    deck.retell(|_| None);
    deck.play_beats(1.0).unwrap();
    deck.retell(Some);
    deck.play_beats(1.0).unwrap();
    let told: Vec<_> = heard.calls().iter().map(|call| call.transport).collect();
    let [part, nothing, truth] = told[..] else { panic!("three blocks, got {}", told.len()) };
    let part = part.unwrap();
    assert_eq!((part.bar_start_beats, part.meter), (None, Some((0, 0))));
    assert_eq!(nothing, None);
    let truth = truth.unwrap();
    assert_eq!((truth.position_beats, truth.bar_start_beats), (Some(2.0), Some(0.0)));
    // Two clicks: without a transport there was none.
    assert_eq!(deck.finish().notes.len(), 2);
}

#[test]
fn changes_and_notes_behind_a_block_come_with_the_block_they_fall_into() {
    let (mut deck, heard) = metronome(&[100]);
    // Cuts the second block to 20 samples.
    deck.set_loop(0.0, 120.0 / 24_000.0, LoopEnd::Cut);
    let note = |at| NoteEvent { at, kind: Kind::On, channel: 0, key: KEY, velocity: 1.0 };
    deck.change_at(7, 0.9, 219);
    deck.change_at(7, 0.1, 5);
    deck.change_at(7, 0.2, 110);
    deck.play_note(note(119));
    deck.play_note(note(120));
    deck.play_samples(220).unwrap();
    let calls = heard.calls();
    let changes: Vec<Vec<_>> =
        calls.iter().map(|call| call.changes.iter().map(|c| (c.at, c.value)).collect()).collect();
    let notes: Vec<Vec<_>> =
        calls.iter().map(|call| call.notes.iter().map(|note| note.at).collect()).collect();
    assert_eq!(heard.lengths(), [100, 20, 100]);
    assert_eq!(changes, [vec![(5, 0.1)], vec![(10, 0.2)], vec![(99, 0.9)]]);
    assert_eq!(notes, [vec![], vec![19], vec![0]]);
}

#[test]
fn a_song_that_a_loop_keeps_from_getting_there_is_refused() {
    let (mut deck, _) = metronome(&[512]);
    deck.set_loop(0.0, 4.0, LoopEnd::Cross);
    let error = deck.play_to(5.0).unwrap_err().to_string();
    assert_eq!(error, "the loop from 0 to 4 never lets beat 5 come");
}

#[test]
fn the_limit_of_the_queue_reaches_the_host() {
    let (mut deck, heard) = metronome(&[512]);
    deck.queue_limit(Some(3));
    deck.play_samples(512).unwrap();
    assert_eq!(heard.calls()[0].queue_limit, Some(3));
}

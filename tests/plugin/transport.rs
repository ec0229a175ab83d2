//! Where the song goes: seeks, loops, pauses, tempo and metre. The music at a song position never
//! depends on how the position was reached, and nothing is left sounding.
use musegan_host::{Deck, Format, Kind, LoopEnd, Setup};

use crate::hosted::{FORMATS, RATE, assert_same, deck, finish, onsets, played, plugin, step};

const BAR: f64 = 4.0;

#[test]
fn seeking_to_a_bar_gives_the_bar_that_playing_reached() {
    for format in FORMATS {
        let through = played(deck(format), 12.0 * BAR);
        let bars = onsets(&through, 9.0 * BAR, 12.0 * BAR);
        assert!(!bars.is_empty());

        let mut standing = deck(format);
        standing.seek(9.0 * BAR);
        standing.play_beats(3.0 * BAR).unwrap();
        standing.stop().unwrap();
        let standing = finish(standing);
        let label = format!("{format:?} from a standstill");
        assert_same(&onsets(&standing, 9.0 * BAR, 12.0 * BAR), &bars, &label);

        let mut rolling = deck(format);
        rolling.play_beats(1.3 * BAR).unwrap();
        let jumped_at = rolling.at_sample();
        rolling.seek(9.0 * BAR);
        rolling.play_beats(3.0 * BAR).unwrap();
        rolling.stop().unwrap();
        let rolling = finish(rolling);
        let label = format!("{format:?} while rolling");
        assert_same(&onsets(&rolling, 9.0 * BAR, 12.0 * BAR), &bars, &label);
        let old = rolling.notes.iter().filter(|note| note.start_sample < jumped_at);
        assert!(old.clone().count() > 0 && old.clone().all(|note| note.end_sample <= jumped_at));
    }
}

#[test]
fn seeking_back_and_forth_gives_the_same_bar_every_time() {
    let mut deck = deck(Format::Clap);
    let mut passes = Vec::new();
    for _ in 0..3 {
        let before = deck.ledger().recording().events.len();
        deck.seek(5.0 * BAR);
        deck.play_beats(BAR).unwrap();
        let events = &deck.ledger().recording().events[before..];
        let ons = events.iter().filter(|event| event.kind == Kind::On);
        passes.push(ons.map(|event| (step(event), event.channel, event.key)).collect::<Vec<_>>());
        deck.seek(40.0 * BAR);
        deck.play_beats(0.7 * BAR).unwrap();
    }
    deck.stop().unwrap();
    finish(deck);
    assert!(!passes[0].is_empty());
    assert_same(&passes[1], &passes[0], "second pass");
    assert_same(&passes[2], &passes[0], "third pass");
}

/// Loops five times; every pass plays the same, ends what it began, and the song goes on behind.
fn loops(format: Format, start: f64, end: f64, manner: LoopEnd) {
    let label = format!("{format:?} looping {start} to {end} {manner:?}");
    let mut deck = deck(format);
    deck.set_loop(start, end, manner);
    deck.seek(start);
    deck.play_beats(5.0 * (end - start)).unwrap();
    deck.stop().unwrap();
    let recording = finish(deck);
    let once = {
        let mut deck = self::deck(format);
        deck.seek(start);
        onsets(&played(deck, end - start), start, end)
    };
    assert!(!once.is_empty(), "{label}: nothing to hear");
    for onset in &once {
        let times = onsets(&recording, start, end).iter().filter(|other| *other == onset).count();
        assert_eq!(times, 5, "{label}: {onset:?}");
    }
    let samples = ((end - start) / 2.0 * RATE).round() as u64;
    for note in &recording.notes {
        let lap = (note.start_sample + samples / 1_000) / samples;
        assert!(note.end_sample <= (lap + 1) * samples + 1, "{label}: {note:?} outlives its lap");
    }
}

#[test]
fn a_loop_repeats_the_same_notes_and_leaves_none_sounding() {
    for format in FORMATS {
        for manner in [LoopEnd::Cut, LoopEnd::Cross, LoopEnd::Twice] {
            loops(format, 0.0, 2.0 * BAR, manner);
            loops(format, 1.0, 6.0, manner);
            loops(format, 13.0, 18.5, manner);
        }
    }
}

#[test]
fn a_host_that_tells_the_jump_a_block_late_gets_every_note_ended_and_goes_on_in_place() {
    for format in FORMATS {
        let song = played(deck(format), 6.0);
        let mut deck = deck(format);
        deck.set_loop(1.0, 6.0, LoopEnd::Late);
        deck.seek(1.0);
        deck.play_beats(25.0).unwrap();
        deck.stop().unwrap();
        let late = finish(deck);
        // Clear of the block in which the host was behind, each lap is as ever.
        let lap = onsets(&song, 1.5, 5.5);
        assert_eq!(onsets(&late, 1.5, 5.5).len(), 5 * lap.len(), "{format:?}");
        for onset in lap {
            let times = onsets(&late, 1.5, 5.5).iter().filter(|other| **other == onset).count();
            assert_eq!(times, 5, "{format:?}: {onset:?}");
        }
    }
}

#[test]
fn loops_shorter_than_a_block_and_loops_of_one_tick_are_survived() {
    for (start, end) in [(4.0, 4.0 + 1.0 / 960.0), (4.0, 4.005), (3.99, 4.01), (4.0, 4.25)] {
        for manner in [LoopEnd::Cut, LoopEnd::Cross, LoopEnd::Twice, LoopEnd::Late] {
            for format in FORMATS {
                let mut deck = deck(format);
                deck.set_loop(start, end, manner);
                deck.seek(start);
                deck.play_beats(2.0).unwrap();
                deck.stop().unwrap();
                finish(deck);
            }
        }
    }
}

#[test]
fn resuming_in_the_middle_of_a_note_restarts_nothing_old() {
    for format in FORMATS {
        let whole = played(deck(format), 4.0 * BAR);
        let mut paused = deck(format);
        paused.play_beats(4.1).unwrap();
        while paused.position_beats() < 3.0 * BAR {
            paused.stop().unwrap();
            paused.stop().unwrap();
            paused.play_beats(0.6).unwrap();
        }
        paused.stop().unwrap();
        let end = paused.position_beats();
        let paused = finish(paused);
        assert_same(&onsets(&paused, 0.0, end), &onsets(&whole, 0.0, end), &format!("{format:?}"));
    }
}

#[test]
fn playing_pressed_again_and_again_piles_nothing_up() {
    let mut deck = deck(Format::Clap);
    for _ in 0..50 {
        deck.seek(0.0);
        deck.play_beats(0.5).unwrap();
    }
    deck.stop().unwrap();
    assert_eq!(deck.ledger().sounding(), 0);
    finish(deck);
}

#[test]
fn count_ins_and_positions_a_million_bars_in_are_played_like_any_other() {
    for format in FORMATS {
        for position in [-2.0 * BAR, 1e6 * BAR] {
            let mut deck = deck(format);
            deck.seek(position);
            let recording = played(deck, 4.0 * BAR);
            assert!(!recording.notes.is_empty(), "{format:?} at {position}");
            for event in recording.events.iter().filter(|event| event.kind == Kind::On) {
                let off_step = (event.at_beats * 4.0 - step(event) as f64).abs();
                assert!(off_step < 1e-3, "{format:?}: {event:?}");
            }
        }
    }
}

#[test]
fn tempo_ramps_and_steps_move_the_notes_with_the_song() {
    let steady = played(deck(Format::Clap), 8.0 * BAR);
    for format in FORMATS {
        let mut deck = deck(format);
        let mut tempo: f64 = 20.0;
        while deck.position_beats() < 8.0 * BAR {
            deck.set_tempo(tempo);
            deck.play_samples(512).unwrap();
            tempo = (tempo * 1.01).min(999.0);
        }
        deck.stop().unwrap();
        let ramped = finish(deck);
        assert_eq!(onsets(&ramped, 0.0, 8.0 * BAR), onsets(&steady, 0.0, 8.0 * BAR), "{format:?}");
    }
}

#[test]
fn hosts_that_run_ahead_in_bursts_get_the_same_notes() {
    let steady = played(deck(Format::Vst3), 4.0 * BAR);
    let setup = Setup { sample_rate: RATE, blocks: vec![16_384, 1, 1, 1, 64], offline: true };
    let bursts = played(Deck::new(plugin(Format::Vst3), setup).unwrap(), 4.0 * BAR);
    let (bursts, steady) = (onsets(&bursts, 0.0, 4.0 * BAR), onsets(&steady, 0.0, 4.0 * BAR));
    assert_same(&bursts, &steady, "bursts against blocks of 512");
}

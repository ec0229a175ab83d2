//! Where the song goes: seeks, loops, pauses, tempo and metre. The music at a song position never
//! depends on how the position was reached, and nothing is left sounding.
use musegan_host::{Announce, Deck, Format, Kind, LoopEnd, Pace, Recording, Setup};

use crate::hosted::{
    FORMATS, RATE, assert_same, deck, finish, id, onsets, played, plugin, step, value,
};

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
    for format in FORMATS {
        let mut deck = deck(format);
        let mut passes = Vec::new();
        for _ in 0..3 {
            let before = deck.ledger().recording().events.len();
            deck.seek(5.0 * BAR);
            deck.play_beats(BAR).unwrap();
            let ons =
                deck.ledger().recording().events[before..].iter().filter(|e| e.kind == Kind::On);
            passes.push(ons.map(|e| (step(e), e.channel, e.key)).collect::<Vec<_>>());
            deck.seek(40.0 * BAR);
            deck.play_beats(0.7 * BAR).unwrap();
        }
        deck.stop().unwrap();
        finish(deck);
        assert!(!passes[0].is_empty());
        assert_same(&passes[1], &passes[0], &format!("{format:?}, second pass"));
        assert_same(&passes[2], &passes[0], &format!("{format:?}, third pass"));
    }
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
    for format in FORMATS {
        let mut deck = deck(format);
        for _ in 0..50 {
            deck.seek(0.0);
            deck.play_beats(0.5).unwrap();
        }
        deck.stop().unwrap();
        assert_eq!(deck.ledger().sounding(), 0, "{format:?}");
        finish(deck);
    }
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

/// Every on lies within this many sixteenths of its step.
fn assert_on_steps(recording: &Recording, within: f64, label: &str) {
    for event in recording.events.iter().filter(|event| event.kind == Kind::On) {
        let off_step = (event.at_beats * 4.0 - step(event) as f64).abs();
        assert!(off_step < within, "{label}: {event:?}");
    }
}

#[test]
fn a_tempo_that_changes_inside_a_block_moves_the_notes_from_that_sample_on() {
    let steady = onsets(&played(deck(Format::Clap), 8.0 * BAR), 0.0, 8.0 * BAR);
    // Half a sample at 180 BPM, and a little more: notes fall on the nearest sample. A host that
    // tells the tempo a block late gets the notes of that block where it said they were.
    let (exact, a_block_late) = (1.3e-4, 0.2);
    for (format, announce, within) in [
        (Format::Clap, Announce::Split, exact),
        (Format::Vst3, Announce::Split, exact),
        (Format::Clap, Announce::Event, exact),
        (Format::Clap, Announce::NextBlock, a_block_late),
        (Format::Vst3, Announce::NextBlock, a_block_late),
    ] {
        let mut deck = Deck::new(plugin(format), Setup::offline(RATE, 1024)).unwrap();
        deck.announce(announce);
        for (beats, tempo) in [(3.3, 93.0), (7.0, 180.0), (9.77, 61.5), (17.123, 140.0)] {
            deck.write_tempo(beats, tempo);
        }
        deck.play_to(8.0 * BAR).unwrap();
        deck.stop().unwrap();
        let changing = finish(deck);
        let label = format!("{format:?} {announce:?}");
        assert_same(&onsets(&changing, 0.0, 8.0 * BAR), &steady, &label);
        assert_on_steps(&changing, within, &label);
    }
}

#[test]
fn a_tempo_that_slides_takes_the_notes_with_it() {
    let steady = onsets(&played(deck(Format::Clap), 8.0 * BAR), 0.0, 8.0 * BAR);
    for format in FORMATS {
        for tempo in [60.0, 200.0] {
            let mut deck = deck(format);
            deck.slide_tempo(tempo, 6.0);
            deck.play_to(8.0 * BAR).unwrap();
            deck.stop().unwrap();
            let sliding = finish(deck);
            let label = format!("{format:?} sliding to {tempo} BPM");
            assert_same(&onsets(&sliding, 0.0, 8.0 * BAR), &steady, &label);
            assert_on_steps(&sliding, 5e-4, &label);
        }
    }
}

#[test]
fn live_hosts_that_run_ahead_in_bursts_get_the_notes_of_the_export() {
    let exported = onsets(&played(deck(Format::Clap), 8.0 * BAR), 0.0, 8.0 * BAR);
    // The first stays near enough to the clock to count as playing, the other counts as a render.
    for speed in [1.4, 20.0] {
        let bursts = |format: Format| {
            let mut deck = Deck::new(plugin(format), Setup::live(RATE, 512)).unwrap();
            deck.pace(Some(Pace { speed, burst: 8 }));
            deck.set_tempo(400.0);
            onsets(&played(deck, 8.0 * BAR), 0.0, 8.0 * BAR)
        };
        std::thread::scope(|scope| {
            let hosts = FORMATS.map(|format| (format, scope.spawn(move || bursts(format))));
            for (format, host) in hosts {
                let label = format!("{format:?}, bursts at speed {speed} against the export");
                assert_same(&host.join().unwrap(), &exported, &label);
            }
        });
    }
}

#[test]
fn playing_exporting_and_playing_on_in_one_instance_is_one_song_with_its_settings() {
    for format in FORMATS {
        let settings = [("density", 0.8), ("seed", value::seed(7)), ("bass_oct", value::octave(1))];
        let set = |mut deck: Deck| {
            for (name, to) in settings {
                deck.host().set_parameter(id(name), to).unwrap();
            }
            deck
        };
        let song = played(set(deck(format)), 8.0 * BAR);
        let mut deck = set(Deck::new(plugin(format), Setup::live(RATE, 512)).unwrap());
        deck.pace(Some(Pace { speed: 20.0, burst: 1 }));
        let mut stretch = |setup: Option<Setup>, from: f64, to: f64| {
            let label = format!("{format:?} {setup:?}");
            if let Some(setup) = setup {
                deck.reactivate(setup).unwrap();
            }
            deck.seek(from);
            // Songs stand before they roll.
            for _ in 0..200 {
                deck.stop().unwrap();
            }
            deck.play_to(to).unwrap();
            deck.stop().unwrap();
            let heard = deck.take_recording();
            assert_eq!(heard.faults, [], "{label}");
            assert_same(&onsets(&heard, from, to), &onsets(&song, from, to), &label);
            let parameters = deck.host().parameters().unwrap();
            for (name, to) in settings {
                let kept = parameters.iter().find(|it| it.id == id(name)).unwrap().value;
                assert!((kept - to).abs() < 1e-4, "{label}: {name} became {kept}");
            }
        };
        stretch(None, 0.0, 3.0 * BAR);
        stretch(Some(Setup::offline(44_100.0, 1000)), 0.0, 8.0 * BAR);
        stretch(Some(Setup::live(RATE, 256)), 3.0 * BAR, 6.0 * BAR);
        finish(deck);
    }
}

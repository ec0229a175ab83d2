//! Hosts that say nothing, too little, or what cannot be. Nothing panics, nothing hangs, and the
//! truth afterwards is played as if nothing had been.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use musegan_host::{Deck, Format, Kind, LoopEnd, NoteEvent, Recording, Setup, Transport};

use crate::hosted::{FORMATS, RATE, assert_same, deck, finish, id, onsets, played, plugin};

const ABSURD: [f64; 8] =
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e300, -1e300, f64::MIN_POSITIVE];

/// Plays four beats of nonsense and then, told the truth again, 12 beats from beat 8 on.
fn survives(format: Format, label: &str, retelling: fn(Transport, f64) -> Option<Transport>) {
    let truth = onsets(&played(deck(format), 20.0), 8.0, 20.0);
    assert!(!truth.is_empty());
    for absurd in ABSURD {
        let mut deck = deck(format);
        let lying = Arc::new(AtomicBool::new(true));
        let lies = lying.clone();
        deck.retell(
            move |told| if lies.load(Relaxed) { retelling(told, absurd) } else { Some(told) },
        );
        deck.play_beats(4.0).unwrap();
        deck.stop().unwrap();
        assert_eq!(deck.ledger().sounding(), 0, "{format:?} {label} {absurd}");
        lying.store(false, Relaxed);
        let lied_until = deck.at_sample();
        deck.seek(8.0);
        deck.play_beats(12.0).unwrap();
        deck.stop().unwrap();
        let heard = finish(deck);
        let label = format!("{format:?} after {label} of {absurd}");
        let after = heard.events.iter().filter(|event| event.at_sample >= lied_until);
        let after = Recording { events: after.copied().collect(), ..Recording::default() };
        assert_same(&onsets(&after, 8.0, 20.0), &truth, &label);
    }
}

#[test]
fn every_value_of_the_transport_may_be_absurd() {
    for format in FORMATS {
        survives(format, "a tempo", |told, absurd| Some(Transport { tempo: Some(absurd), ..told }));
        survives(format, "a position", |told, absurd| {
            Some(Transport { position_beats: Some(absurd), ..told })
        });
        survives(format, "a bar line", |told, absurd| {
            Some(Transport { bar_start_beats: Some(absurd), ..told })
        });
        survives(format, "a loop end", |told, absurd| {
            Some(Transport { loop_beats: Some((1.0, absurd)), ..told })
        });
        survives(format, "a loop start", |told, absurd| {
            Some(Transport { loop_beats: Some((absurd, 3.0)), ..told })
        });
        survives(format, "a time signature", |told, absurd| {
            Some(Transport { meter: Some((absurd as i32, 4)), ..told })
        });
        survives(format, "a denominator", |told, absurd| {
            Some(Transport { meter: Some((4, absurd as i32)), ..told })
        });
    }
}

#[test]
fn every_value_of_the_transport_may_be_missing() {
    for format in FORMATS {
        let told = played(deck(format), 16.0);
        let without = |retelling: fn(Transport) -> Transport| {
            let mut deck = deck(format);
            deck.retell(move |told| Some(retelling(told)));
            played(deck, 16.0)
        };
        // At 120 BPM in 4/4 from the song's start this is what is made of a missing value.
        for (label, heard) in [
            ("tempo", without(|told| Transport { tempo: None, ..told })),
            ("metre", without(|told| Transport { meter: None, ..told })),
            ("bar line", without(|told| Transport { bar_start_beats: None, ..told })),
            ("position", without(|told| Transport { position_beats: None, ..told })),
            (
                "all of it",
                without(|told| Transport { playing: told.playing, ..Transport::default() }),
            ),
        ] {
            let label = format!("{format:?} without {label}");
            assert_same(&onsets(&heard, 0.0, 16.0), &onsets(&told, 0.0, 16.0), &label);
        }
    }
}

#[test]
fn without_any_transport_the_band_rests_or_plays_on_its_own_as_it_is_told() {
    for format in FORMATS {
        let alone = |free_run: f64| {
            let mut deck = deck(format);
            deck.host().set_parameter(id("free_run"), free_run).unwrap();
            deck.retell(|_| None);
            deck.play_beats(16.0).unwrap();
            // There is no stop without a transport: the band stops when it is told to.
            deck.change(id("free_run"), 0.0);
            let recording = played(deck, 1.0);
            onsets(&recording, 0.0, 16.0)
        };
        assert_eq!(alone(0.0), [], "{format:?}");
        assert_same(
            &alone(1.0),
            &onsets(&played(deck(format), 16.0), 0.0, 16.0),
            &format!("{format:?}"),
        );
    }
}

#[test]
fn blocks_of_no_samples_are_no_blocks() {
    for format in FORMATS {
        let whole = played(deck(format), 16.0);
        let setup = Setup { sample_rate: RATE, blocks: vec![0, 512, 0, 0, 300], offline: true };
        let broken = played(Deck::new(plugin(format), setup).unwrap(), 16.0);
        assert_same(
            &onsets(&broken, 0.0, 16.0),
            &onsets(&whole, 0.0, 16.0),
            &format!("{format:?}"),
        );
    }
}

#[test]
fn notes_at_the_last_sample_and_beyond_pass_inside_the_block() {
    for format in FORMATS {
        let mut deck = deck(format);
        deck.host().set_parameter(id("incoming"), 0.5).unwrap();
        for kind in [Kind::On, Kind::Off] {
            deck.play_note(NoteEvent { at: 511, kind, channel: 15, key: 127, velocity: 1.0 });
            deck.play_samples(512).unwrap();
        }
        deck.stop().unwrap();
        let recording = finish(deck);
        let passed = recording.notes.iter().find(|note| note.channel == 15).unwrap();
        assert_eq!((passed.start_sample, passed.end_sample), (511, 1023), "{format:?}");
    }
}

#[test]
fn parameters_set_from_other_threads_while_the_band_plays_leave_the_stream_in_order() {
    for format in FORMATS {
        let mut deck = deck(format);
        deck.host().set_parameter(id("density"), 1.0).unwrap();
        deck.set_loop(3.0, 9.0, LoopEnd::Cross);
        let names = ["density", "piano_on", "guitar_oct", "seed", "map", "key", "swing", "form"];
        let ids = names.map(id);
        deck.play_beside(|controller| {
            for turn in 0..2_000u32 {
                let id = ids[turn as usize % ids.len()];
                let value = f64::from(turn.wrapping_mul(2_654_435_761)) / f64::from(u32::MAX);
                controller.set_parameter(id, value).unwrap();
                if turn % 50 == 0 {
                    assert!(!controller.save_state().unwrap().is_empty());
                }
            }
        })
        .unwrap();
        deck.stop().unwrap();
        assert_eq!(deck.ledger().sounding(), 0, "{format:?}");
        finish(deck);
    }
}

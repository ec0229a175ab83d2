//! What is played: the same notes in both formats, in blocks of any length, at any sample rate,
//! live or exported, each at its sample.
use std::collections::BTreeSet;
use std::time::Duration;

use musegan_host::{Deck, Format, Kind, Recording, Setup};

use crate::hosted::{
    FORMATS, RATE, assert_same, assert_same_stream, channels, deck, finish, onsets, played, plugin,
    step,
};

#[test]
fn clap_and_vst3_play_the_same_notes() {
    let [clap, vst3] = FORMATS.map(|format| played(deck(format), 32.0));
    assert!(clap.notes.len() > 50, "only {} notes in eight bars", clap.notes.len());
    assert_same_stream(&clap, &vst3, "CLAP against VST3");
}

#[test]
fn the_five_tracks_play_on_channels_one_to_five() {
    for format in FORMATS {
        let recording = played(deck(format), 64.0);
        assert_eq!(channels(&recording), BTreeSet::from([0, 1, 2, 3, 4]), "{format:?}");
    }
}

#[test]
fn every_event_falls_on_the_sample_of_its_step_in_blocks_of_any_length() {
    for format in FORMATS {
        for tempo in [120.0, 93.7] {
            let short = in_blocks_of(format, tempo, 32.0, &[64]);
            let drawn = (1..=64u32).map(|n| n.wrapping_mul(2_654_435_761) % 16_384 + 1);
            let drawn: Vec<u32> = drawn.collect();
            for blocks in [&[441][..], &[1024], &[16_384], &[1, 511, 16, 4096, 37], &drawn] {
                let label = format!("{format:?} at {tempo} BPM, blocks of 64 against {blocks:?}");
                let other = in_blocks_of(format, tempo, 32.0, blocks);
                assert_same_stream(&short, &other, &label);
            }
        }
    }
}

#[test]
fn blocks_of_one_sample_are_blocks() {
    for format in FORMATS {
        let usual = in_blocks_of(format, 240.0, 16.0, &[512]);
        for blocks in [&[1][..], &[1, 1, 1, 16_384]] {
            let label = format!("{format:?}, blocks of 512 against {blocks:?}");
            assert_same_stream(&usual, &in_blocks_of(format, 240.0, 16.0, blocks), &label);
        }
    }
}

/// Exports from the song's start, and checks the sample of every event.
fn in_blocks_of(format: Format, tempo: f64, beats: f64, blocks: &[u32]) -> Recording {
    let setup = Setup { sample_rate: RATE, blocks: blocks.into(), offline: true };
    let mut deck = Deck::new(plugin(format), setup).unwrap();
    deck.set_tempo(tempo);
    deck.play_beats(beats).unwrap();
    finish_at(deck, tempo)
}

/// Stops and checks each event's sample against the one its song position asks for.
fn finish_at(mut deck: Deck, tempo: f64) -> Recording {
    let rolled = deck.at_sample();
    deck.stop().unwrap();
    let recording = finish(deck);
    assert!(recording.ons() > 50, "only {} notes", recording.ons());
    for event in recording.events.iter().filter(|event| event.at_sample < rolled) {
        let beats = step(event) as f64 / 4.0;
        let sample = (beats * 60.0 / tempo * RATE).round() as u64;
        assert_eq!(event.at_sample, sample, "{event:?} at {tempo} BPM");
    }
    recording
}

#[test]
fn the_sample_rate_changes_nothing_but_the_samples() {
    for format in FORMATS {
        let at = |sample_rate| {
            let deck = Deck::new(plugin(format), Setup::offline(sample_rate, 512)).unwrap();
            onsets(&played(deck, 16.0), 0.0, 16.0)
        };
        let usual = at(RATE);
        assert!(!usual.is_empty());
        for sample_rate in [8_000.0, 44_100.0, 47_999.7, 192_000.0, 768_000.0] {
            let label = format!("{format:?}: {sample_rate} Hz against {RATE}");
            assert_same(&at(sample_rate), &usual, &label);
        }
    }
}

#[test]
fn what_is_heard_live_is_what_is_exported() {
    for format in FORMATS {
        let exported = played(deck(format), 32.0);
        let mut live = Deck::new(plugin(format), Setup::live(RATE, 512)).unwrap();
        // A DAW stands still before it rolls, and calls process no more often than sound needs;
        // this is still ten times faster.
        for _ in 0..50 {
            live.stop().unwrap();
            std::thread::sleep(Duration::from_millis(4));
        }
        let stood = live.at_sample();
        while live.position_beats() < 32.0 {
            live.play_samples(512).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        live.stop().unwrap();
        let live = finish(live);
        assert!(live.events.first().is_some_and(|first| first.at_sample >= stood));
        let (live, exported) = (onsets(&live, 0.0, 32.0), onsets(&exported, 0.0, 32.0));
        assert_same(&live, &exported, &format!("{format:?} live against export"));
    }
}

#[test]
fn an_export_that_the_host_does_not_announce_misses_no_note() {
    for format in FORMATS {
        let exported = played(deck(format), 64.0);
        // As fast as the machine can, without the offline mode.
        let unannounced = played(Deck::new(plugin(format), Setup::live(RATE, 512)).unwrap(), 64.0);
        assert_same_stream(&unannounced, &exported, &format!("{format:?}"));
    }
}

#[test]
fn after_stop_there_are_as_many_offs_as_ons_and_the_last_come_at_the_stop() {
    for format in FORMATS {
        let mut deck = deck(format);
        deck.play_beats(8.0).unwrap();
        while deck.ledger().sounding() == 0 {
            assert!(deck.position_beats() < 64.0, "nothing ever sounds");
            deck.play_beats(0.3).unwrap();
        }
        let (at_stop, sounding) = (deck.at_sample(), deck.ledger().sounding());
        deck.stop().unwrap();
        assert_eq!(deck.ledger().sounding(), 0, "{format:?}");
        for _ in 0..20 {
            deck.stop().unwrap();
        }
        let recording = finish(deck);
        assert_eq!(recording.ons(), recording.offs());
        let ended: Vec<_> = recording.events.iter().filter(|e| e.at_sample >= at_stop).collect();
        assert_eq!(ended.len(), sounding);
        assert!(ended.iter().all(|e| e.kind == Kind::Off && e.at_sample == at_stop));
    }
}

#[test]
fn two_instances_play_the_same_band_without_knowing_of_each_other() {
    let alone = played(deck(Format::Clap), 16.0);
    let (mut left, mut right) = (deck(Format::Clap), deck(Format::Vst3));
    for _ in 0..16 {
        left.play_beats(1.0).unwrap();
        right.play_beats(1.0).unwrap();
    }
    left.stop().unwrap();
    right.stop().unwrap();
    assert_same_stream(&finish(left), &alone, "CLAP against alone");
    assert_same_stream(&finish(right), &alone, "VST3 against alone");
}

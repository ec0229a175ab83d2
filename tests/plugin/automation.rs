//! Automation: play-time controls act on their sample, model controls at the bar line, and neither
//! lets the block size show.
use musegan_host::{Deck, Format, Kind, Recording, Setup};

use crate::hosted::{FORMATS, assert_same, assert_same_stream, finish, id, onsets, plugin, value};

/// A line of automation: what changes to which value at which sample of the song.
const LINES: [(&str, f64, u64); 15] = [
    ("density", 0.9, 30_011),
    ("piano_on", 0.0, 60_007),
    ("swing", 0.6, 90_001),
    ("guitar_oct", 0.75, 100_003),
    ("piano_on", 1.0, 123_457),
    ("drums_take", 4.0 / 99.0, 130_003),
    ("humanise", 0.8, 150_001),
    ("bass_lock", 1.0, 160_001),
    ("seed", 7.0 / 9_999.0, 170_003),
    ("transpose", 0.6, 200_009),
    ("key", 5.0 / 12.0, 230_003),
    ("bass_vel", 0.3, 250_007),
    ("bass_lock_at", 42.0 / 9_999.0, 260_003),
    ("map", 1.0, 270_001),
    ("density", 0.4, 300_007),
];

/// Plays 24 beats with the automation in blocks of these lengths.
fn automated(format: Format, blocks: &[u32]) -> Recording {
    let setup = Setup { sample_rate: 48_000.0, blocks: blocks.to_vec(), offline: true };
    let mut deck = Deck::new(plugin(format), setup).unwrap();
    for (name, to, at) in LINES {
        deck.change_at(id(name), to, at as u32);
    }
    deck.play_samples(24 * 24_000).unwrap();
    deck.stop().unwrap();
    finish(deck)
}

#[test]
fn an_automated_take_is_the_same_in_blocks_of_any_length() {
    for format in FORMATS {
        let take = automated(format, &[512]);
        assert!(take.notes.len() > 50);
        for blocks in [&[64][..], &[4096], &[16_384], &[1000, 1, 37, 3000]] {
            let other = automated(format, blocks);
            assert_same_stream(&other, &take, &format!("{format:?} in blocks of {blocks:?}"));
        }
    }
    assert_same_stream(
        &automated(Format::Vst3, &[512]),
        &automated(Format::Clap, &[512]),
        "formats",
    );
}

#[test]
fn a_mute_in_the_middle_of_a_block_ends_the_track_at_its_sample() {
    for format in FORMATS {
        let mut deck = Deck::new(plugin(format), Setup::offline(48_000.0, 4096)).unwrap();
        deck.host().set_parameter(id("density"), 0.8).unwrap();
        deck.change_at(id("strings_on"), 0.0, 100_123);
        deck.change_at(id("bass_on"), 0.0, 100_123);
        deck.play_beats(8.0).unwrap();
        deck.stop().unwrap();
        let take = finish(deck);
        let muted = |channel: u8| channel == 3 || channel == 4;
        let cut = take.events.iter().filter(|e| muted(e.channel) && e.at_sample >= 100_123);
        assert!(cut.clone().count() > 0, "{format:?}: something sounded");
        assert!(cut.clone().all(|e| e.kind == Kind::Off && e.at_sample == 100_123), "{format:?}");
    }
}

#[test]
fn automation_leaves_the_bars_of_a_song_of_several_metres_where_they_are() {
    for format in FORMATS {
        let song = |automated: bool| {
            let mut deck = Deck::new(plugin(format), Setup::offline(48_000.0, 1024)).unwrap();
            deck.write_meter(3.5, 4, 4);
            deck.write_meter(0.0, 7, 8);
            for at in (0..400_000).step_by(331).filter(|_| automated) {
                // The value that it has: the block is split, and nothing changes.
                deck.change_at(id("piano_vel"), value::velocity(1.0), at);
            }
            deck.play_to(16.0).unwrap();
            deck.stop().unwrap();
            finish(deck)
        };
        let (plain, split) = (song(false), song(true));
        assert_same(&onsets(&split, 0.0, 16.0), &onsets(&plain, 0.0, 16.0), &format!("{format:?}"));
    }
}

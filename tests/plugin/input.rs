//! Notes that come in: they pass when the band is bypassed or is told to let them pass, they are
//! chords when it is told so, never both; and what has begun to pass is also ended.
use musegan_host::{Deck, Format, Kind, NoteEvent, Recording};

use crate::hosted::{FORMATS, Onset, assert_same, deck, finish, id, onsets, played, state, value};

/// A key below everything the band plays.
const KEY: u8 = 3;

fn note(at: u32, kind: Kind) -> NoteEvent {
    NoteEvent { at, kind, channel: 2, key: KEY, velocity: 100.0 / 127.0 }
}

/// What has come out of the incoming key so far: (sample, kind, velocity).
fn passed(deck: &Deck) -> Vec<(u64, Kind)> {
    let events = deck.ledger().recording().events.iter();
    events.filter(|event| event.key == KEY).map(|event| (event.at_sample, event.kind)).collect()
}

#[test]
fn incoming_notes_are_swallowed_unless_they_are_to_pass() {
    for format in FORMATS {
        let mut deck = deck(format);
        deck.play_note(note(10, Kind::On));
        deck.play_samples(512).unwrap();
        deck.play_note(note(20, Kind::Off));
        deck.play_samples(512).unwrap();
        assert_eq!(passed(&deck), [], "{format:?}");

        deck.change(id("incoming"), value::PASS);
        deck.play_note(note(10, Kind::On));
        deck.play_samples(512).unwrap();
        // Switched off again while the note is held: it still ends.
        deck.change(id("incoming"), 0.0);
        deck.play_note(note(20, Kind::Off));
        deck.play_samples(512).unwrap();
        deck.stop().unwrap();
        assert_eq!(passed(&deck), [(1034, Kind::On), (1556, Kind::Off)], "{format:?}");
        finish(deck);
    }
}

#[test]
fn a_key_struck_again_without_an_off_is_ended_before_and_by_the_first_off_after() {
    for format in FORMATS {
        let mut deck = deck(format);
        deck.host().set_parameter(id("incoming"), value::PASS).unwrap();
        for (at, kind) in [(10, Kind::On), (20, Kind::On), (30, Kind::Off), (40, Kind::Off)] {
            deck.play_note(note(at, kind));
        }
        deck.play_note(note(500, Kind::On));
        deck.play_note(note(600, Kind::On));
        deck.play_note(note(1100, Kind::Off));
        deck.play_samples(2048).unwrap();
        let strikes = |first, second, off| {
            [(first, Kind::On), (second, Kind::Off), (second, Kind::On), (off, Kind::Off)]
        };
        let expected = [strikes(10, 20, 30), strikes(500, 600, 1100)].concat();
        assert_eq!(passed(&deck), expected, "{format:?}");
        deck.stop().unwrap();
        finish(deck);
    }
}

#[test]
fn of_two_thousand_notes_in_one_block_none_that_passed_is_left_sounding() {
    for format in FORMATS {
        let mut deck = deck(format);
        deck.host().set_parameter(id("incoming"), value::PASS).unwrap();
        let flood = |kind| {
            let place = move |n: u16| ((n % 16) as u8, (n / 16) as u8);
            (0..2_000).map(place).map(move |(channel, key)| NoteEvent {
                at: u32::from(key) * 4,
                kind,
                channel,
                key,
                velocity: 0.5,
            })
        };
        // The song stands, so nothing else sounds.
        flood(Kind::On).for_each(|note| deck.play_note(note));
        deck.stop().unwrap();
        assert!(deck.ledger().sounding() >= 1_000, "{format:?}: {}", deck.ledger().sounding());
        // In the other order of channels and keys, so that what was dropped first ends first.
        flood(Kind::Off).for_each(|off| {
            let (channel, key) = (15 - off.channel, 124 - off.key);
            deck.play_note(NoteEvent { channel, key, ..off });
        });
        for _ in 0..8 {
            deck.stop().unwrap();
        }
        assert_eq!(deck.ledger().sounding(), 0, "{format:?}");
        finish(deck);
    }
}

#[test]
fn notes_that_pass_leave_the_band_as_it_was() {
    for format in FORMATS {
        let alone = played(deck(format), 8.0);
        let mut deck = deck(format);
        deck.host().set_parameter(id("incoming"), value::PASS).unwrap();
        for _ in 0..60 {
            deck.play_note(note(0, Kind::On));
            deck.play_note(note(511, Kind::Off));
            deck.play_samples(512).unwrap();
        }
        let recording = played(deck, 3.0);
        let band: Vec<_> =
            onsets(&recording, 0.0, 4.0).into_iter().filter(|onset| onset.2 != KEY).collect();
        assert_same(&band, &onsets(&alone, 0.0, 4.0), &format!("{format:?}"));
    }
}

#[test]
fn bypassing_ends_the_band_at_once_and_coming_back_joins_the_song() {
    for format in FORMATS {
        let whole = played(deck(format), 24.0);
        let mut deck = deck(format);
        deck.play_beats(6.1).unwrap();
        assert!(deck.ledger().sounding() > 0, "nothing sounds at beat 6.1");
        let at = deck.at_sample();
        deck.change(id("bypass"), 1.0);
        deck.play_note(note(100, Kind::On));
        deck.play_samples(512).unwrap();
        assert_eq!(passed(&deck), [(at + 100, Kind::On)], "{format:?}");
        assert_eq!(deck.ledger().sounding(), 1, "only what came in sounds");
        deck.play_note(note(0, Kind::Off));
        deck.play_beats(4.1).unwrap();
        assert_eq!(deck.ledger().sounding(), 0);

        deck.change(id("bypass"), 0.0);
        let back = (deck.position_beats() * 4.0).ceil() / 4.0;
        let recording = played(deck, 12.0);
        let label = format!("{format:?} from beat {back}");
        assert_same(&onsets(&recording, back, 22.0), &onsets(&whole, back, 22.0), &label);
    }
}

/// The shares of the bass's first notes of a bar that are one of these pitch classes, and of the other
/// pitched notes that belong to F sharp major.
fn shares(recording: &Recording, basses: &[u8]) -> (f64, f64) {
    let onsets = onsets(recording, 4.0, 64.0);
    let share = |belongs: &dyn Fn(u8) -> bool, notes: &mut dyn Iterator<Item = &Onset>| {
        let notes: Vec<_> = notes.collect();
        assert!(notes.len() > 4, "{} notes", notes.len());
        notes.iter().filter(|note| belongs(note.2 % 12)).count() as f64 / notes.len() as f64
    };
    let downbeats = &mut onsets.iter().filter(|note| note.1 == 3 && note.0 % 16 == 0);
    let others = &mut onsets.iter().filter(|note| ![0, 3].contains(&note.1));
    (
        share(&|class| basses.contains(&class), downbeats),
        share(&|class| [1, 6, 10].contains(&class), others),
    )
}

/// An instance that plays the weights of this file, or else those that are embedded.
fn with_weights(format: Format, file: Option<&str>) -> Deck {
    let mut deck = deck(format);
    let file = serde_json::json!(file.unwrap_or_default()).to_string();
    let song = serde_json::json!({"params": {}, "fields": {"weights": file}}).to_string();
    deck.host().load_state(&state(format, &song)).unwrap();
    deck
}

#[test]
fn keys_held_at_a_bar_line_are_the_chord_of_the_bar_and_do_not_pass() {
    // Weights that know no chords are moved to the keys, the bass to the lowest; those that follow
    // chords may play notes beside them, and the root where another key is the lowest.
    let tutorial = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tutorial.safetensors");
    for (weights, basses) in [(None, &[6, 10][..]), (Some(tutorial), &[10])] {
        for format in FORMATS {
            let label = format!("{format:?}, {weights:?}");
            let (free_bass, free_others) =
                shares(&played(with_weights(format, weights), 64.0), basses);
            let mut deck = with_weights(format, weights);
            deck.host().set_parameter(id("incoming"), value::CHORDS).unwrap();
            deck.play_samples(512).unwrap();
            // F sharp major over A sharp, in keys that the band does not reach.
            let chord = [10, 13, 18];
            for key in chord {
                deck.play_note(NoteEvent { key, ..note(0, Kind::On) });
            }
            deck.play_beats(4.0).unwrap();
            // Let go, it stays.
            for key in chord {
                deck.play_note(NoteEvent { key, ..note(0, Kind::Off) });
            }
            let recording = played(deck, 60.0);
            let has_passed = recording.notes.iter().any(|note| chord.contains(&note.key));
            assert!(!has_passed, "{label}: passed");
            let (bass, others) = shares(&recording, basses);
            assert!(bass > 0.7 && bass > free_bass + 0.3, "{label}: {bass}, free {free_bass}");
            assert!(others > 0.6 && others > free_others + 0.2, "{label}: {others}, {free_others}");
        }
    }
}

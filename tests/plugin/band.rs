//! What a model that follows chords and knows takes makes of these controls, in weights that nobody
//! has trained.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use musegan_host::{Deck, Format, NoteEvent, Recording};
use musegan_model::Weights;
use musegan_model::band::Dimensions;

use crate::hosted::{FORMATS, assert_same, deck, id, onsets, played, state, value};

const BEATS: f64 = 64.0;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn weights(&self) -> PathBuf {
        let path = self.0.path().join("band.safetensors");
        let small = Dimensions { hidden: 64, width: 32, step: 16, ..Dimensions::BAND };
        Weights::untrained(small, 64, 1).unwrap().write(&path).unwrap();
        path
    }
}

/// An instance of a song with these weights, chords and parameters.
fn song(format: Format, weights: &Path, chords: &str, parameters: &[(&str, f64)]) -> Deck {
    let text = |text: &str| serde_json::json!(text).to_string();
    let fields = serde_json::json!({
        "weights": text(weights.to_str().unwrap()),
        "chords": text(chords),
    });
    let song = serde_json::json!({"params": {}, "fields": fields}).to_string();
    let mut deck = deck(format);
    deck.host().load_state(&state(format, &song)).unwrap();
    for (name, value) in parameters {
        deck.host().set_parameter(id(name), *value).unwrap();
    }
    deck
}

/// The channels on which two recordings differ.
fn changed(one: &Recording, other: &Recording) -> BTreeSet<u8> {
    let of = |recording: &Recording, channel: u8| -> Vec<_> {
        onsets(recording, 0.0, BEATS).into_iter().filter(|onset| onset.1 == channel).collect()
    };
    (0..5).filter(|channel| of(one, *channel) != of(other, *channel)).collect()
}

#[test]
fn regenerating_a_track_changes_that_track_alone_and_the_take_before_comes_back() {
    let folder = Folder::new();
    let weights = folder.weights();
    for format in FORMATS {
        let own = played(song(format, &weights, "", &[("seed", value::seed(3))]), BEATS);
        let take = |take| [("seed", value::seed(3)), ("piano_take", value::take(take))];
        let second = played(song(format, &weights, "", &take(1)), BEATS);
        assert_eq!(changed(&own, &second), BTreeSet::from([1]), "{format:?}");
        let again = played(song(format, &weights, "", &take(0)), BEATS);
        assert_eq!(changed(&own, &again), BTreeSet::new(), "{format:?}");
    }
}

#[test]
fn a_track_that_is_locked_stays_when_the_seed_changes() {
    let folder = Folder::new();
    let weights = folder.weights();
    for format in FORMATS {
        let seed = |seed| ("seed", value::seed(seed));
        let five = played(song(format, &weights, "", &[seed(5)]), BEATS);
        let at = ("piano_lock_at", value::seed(5));
        let locked = |to| [seed(to), ("piano_lock", 1.0), at];
        let same = played(song(format, &weights, "", &locked(5)), BEATS);
        assert_eq!(changed(&five, &same), BTreeSet::new(), "{format:?}: where it is");
        let other = changed(&five, &played(song(format, &weights, "", &locked(8)), BEATS));
        assert!(!other.contains(&1) && other.contains(&3), "{format:?}: {other:?}");
        let unlocked = [seed(8), ("piano_lock", 0.0), at];
        let free = changed(&five, &played(song(format, &weights, "", &unlocked), BEATS));
        assert!(free.contains(&1), "{format:?}: {free:?}");
    }
}

#[test]
fn chords_that_are_written_lead_and_those_that_cannot_be_read_do_not() {
    let folder = Folder::new();
    let weights = folder.weights();
    let chart = "C#m | F# | C#m | G#7";
    for format in FORMATS {
        let own = played(song(format, &weights, "", &[]), BEATS);
        let led = played(song(format, &weights, chart, &[]), BEATS);
        assert!(changed(&own, &led).contains(&3), "{format:?}");
        let wrong = played(song(format, &weights, "C#m | H", &[]), BEATS);
        assert_eq!(changed(&own, &wrong), BTreeSet::new(), "{format:?}");
    }
}

#[test]
fn a_chord_that_is_held_is_what_it_would_be_if_it_were_written() {
    let folder = Folder::new();
    let weights = folder.weights();
    for format in FORMATS {
        let written = played(song(format, &weights, "C#m/G#", &[]), BEATS);
        let mut held = song(format, &weights, "F | G", &[("incoming", value::CHORDS)]);
        // In keys that the band does not reach.
        for key in [8, 13, 16] {
            let kind = musegan_host::Kind::On;
            held.play_note(NoteEvent { at: 0, kind, channel: 2, key, velocity: 0.5 });
        }
        held.stop().unwrap();
        let held = played(held, BEATS);
        let (held, written) = (onsets(&held, 0.0, BEATS), onsets(&written, 0.0, BEATS));
        assert!(!held.is_empty());
        assert_same(&held, &written, &format!("{format:?}"));
    }
}

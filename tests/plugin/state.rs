//! Saving, restoring, and everything a host does to a plugin between two songs.
use std::io::Write;

use musegan_host::{Deck, Format, Host, Setup};

use crate::hosted::{
    FORMATS, RATE, assert_same, assert_same_stream, deck, finish, id, onsets, played, plugin,
    state, value,
};

/// The text of a state. CLAP has no way to tell a state's length, so the framework puts it ahead.
fn text(clap_state: &[u8]) -> String {
    String::from_utf8(clap_state[8..].to_vec()).unwrap()
}

fn set_everything(host: &mut dyn Host) {
    for (name, to) in [
        ("seed", value::seed(4711)),
        ("temp", 0.35),
        ("density", 0.8),
        ("map", 1.0),
        ("bass_oct", value::octave(1)),
        ("strings_on", 0.0),
        ("guitar_vel", value::velocity(1.25)),
        ("morph", 0.4),
        ("morph_to", value::seed(99)),
        ("form", value::form(2)),
        ("section", 0.0),
        ("variation", 0.7),
        ("fill", 0.5),
        ("swing", 0.5),
        ("humanise", 0.6),
        ("key", value::key(2)),
        ("scale", 3.0 / 9.0),
        ("incoming", value::PASS),
        ("free_run", 1.0),
        ("piano_take", value::take(7)),
        ("bass_lock", 1.0),
        ("bass_lock_at", value::seed(1234)),
    ] {
        host.set_parameter(id(name), to).unwrap();
    }
}

#[test]
fn a_saved_song_plays_the_same_when_it_is_opened_again() {
    for format in FORMATS {
        let mut original = deck(format);
        set_everything(original.host());
        // Hosts hand new values to a processing plugin with the next block.
        original.stop().unwrap();
        let saved = original.host().save_state().unwrap();
        let values = original.host().parameters().unwrap();
        let original = played(original, 32.0);
        assert!(!original.notes.is_empty());

        let mut reopened = plugin(format);
        reopened.load_state(&saved).unwrap();
        assert_eq!(reopened.parameters().unwrap(), values, "{format:?}");
        let mut reopened = Deck::new(reopened, Setup::offline(RATE, 512)).unwrap();
        reopened.stop().unwrap();
        assert_same_stream(&played(reopened, 32.0), &original, &format!("{format:?}"));
    }
}

#[test]
fn a_song_saved_in_clap_is_the_same_song_in_vst3() {
    let mut clap = deck(Format::Clap);
    set_everything(clap.host());
    let saved = text(&clap.host().save_state().unwrap());
    let mut vst3 = deck(Format::Vst3);
    vst3.host().load_state(&state(Format::Vst3, &saved)).unwrap();
    assert_same_stream(&played(vst3, 16.0), &played(clap, 16.0), "VST3 against CLAP");
}

#[test]
fn a_state_loaded_while_playing_leaves_nothing_sounding() {
    for format in FORMATS {
        let mut playing = deck(format);
        let saved = playing.host().save_state().unwrap();
        playing.host().set_parameter(id("seed"), value::seed(99)).unwrap();
        for _ in 0..6 {
            playing.play_beats(1.7).unwrap();
            playing.host().load_state(&saved).unwrap();
        }
        playing.stop().unwrap();
        assert_eq!(playing.ledger().sounding(), 0, "{format:?}");
        finish(playing);
    }
}

/// Loads a state and gives the one that is saved then.
fn resaved(format: Format, text: &str) -> serde_json::Value {
    let mut host = plugin(format);
    host.load_state(&state(format, text)).unwrap();
    let saved = host.save_state().unwrap();
    let start = saved.iter().position(|&byte| byte == b'{').unwrap();
    let mut json = serde_json::Deserializer::from_slice(&saved[start..]).into_iter();
    json.next().unwrap().unwrap()
}

const NEWER: &str = r#"{"version":"99.0.0",
    "params":{"seed":{"i32":4711},"form":{"string":"rondo"},"tuba_on":{"bool":true}},
    "fields":{"history":"[1,2,3]"},"more":[1,2,3]}"#;

#[test]
fn a_state_of_a_newer_version_loads_as_far_as_it_is_understood() {
    for format in FORMATS {
        let mut deck = deck(format);
        deck.host().load_state(&state(format, NEWER)).unwrap();
        let parameters = deck.host().parameters().unwrap();
        let seed = parameters.iter().find(|parameter| parameter.id == id("seed")).unwrap();
        assert!((seed.value - value::seed(4711)).abs() < 1e-4, "{format:?}");
        assert!(!played(deck, 16.0).notes.is_empty());
    }
}

#[test]
fn what_a_newer_version_saved_survives_being_saved_by_this_one() {
    for format in FORMATS {
        let once = resaved(format, NEWER);
        let unknown = |saved: &serde_json::Value| -> serde_json::Value {
            serde_json::from_str(saved["fields"]["unknown"].as_str().unwrap()).unwrap()
        };
        let tuba = serde_json::json!({"tuba_on": {"bool": true}});
        let history = serde_json::json!({"history": "[1,2,3]"});
        assert_eq!(unknown(&once), serde_json::json!({"params": tuba, "fields": history}));
        assert_eq!(resaved(format, &once.to_string()), once, "and so does saving it again");

        // A version that knows what the one before did not gets it back.
        let kept = serde_json::json!({"params": {"swing": {"f32": 0.5}}, "fields": {}});
        let text = serde_json::json!({"params": {}, "fields": {"unknown": kept.to_string()}});
        let found = resaved(format, &text.to_string());
        assert_eq!(found["params"]["swing"]["f32"], 0.5, "{format:?}");
        assert!(!found.to_string().contains("f32\\"), "kept twice: {found}");
    }
}

#[test]
fn a_device_that_only_a_newer_version_knows_survives_and_the_band_plays_on_another() {
    for format in FORMATS {
        let usual = played(deck(format), 8.0);
        let device = |saved: &serde_json::Value| saved["fields"]["device"].clone();
        let newer = r#"{"params":{},"fields":{"device":"\"npu:3\""}}"#;
        let saved = resaved(format, newer);
        assert_eq!(device(&saved), r#""npu:3""#);
        assert_eq!(resaved(format, &saved.to_string()), saved, "{format:?}");
        let older = resaved(format, r#"{"params":{},"fields":{}}"#);
        assert_eq!(device(&older), r#""auto""#, "{format:?}");
        let mut deck = deck(format);
        deck.host().load_state(&state(format, newer)).unwrap();
        assert_same_stream(&played(deck, 8.0), &usual, &format!("{format:?}"));
    }
}

#[test]
fn a_chart_is_saved_with_the_song_and_one_that_cannot_be_read_too() {
    let with = |chart: &str| {
        serde_json::json!({"params": {}, "fields": {"chords": format!("{chart:?}")}}).to_string()
    };
    for format in FORMATS {
        let chords = |saved: &serde_json::Value| -> String {
            serde_json::from_str(saved["fields"]["chords"].as_str().unwrap()).unwrap()
        };
        let older = resaved(format, r#"{"params":{},"fields":{}}"#);
        assert_eq!(chords(&older), "", "{format:?}");
        for chart in ["C | Am7 F | % | G7", "C | <something newer>", "Cm".repeat(50_000).as_str()] {
            let saved = resaved(format, &with(chart));
            assert_eq!(chords(&saved), chart);
            assert_eq!(resaved(format, &saved.to_string()), saved, "{format:?}");
        }
        // What cannot be read is none, whatever chart was there before.
        let usual = played(deck(format), 16.0);
        let mut deck = deck(format);
        for chart in ["C#dim | G#m", "C | Hm7"] {
            deck.host().load_state(&state(format, &with(chart))).unwrap();
        }
        assert_same_stream(&played(deck, 16.0), &usual, &format!("{format:?}"));
    }
}

#[test]
fn a_song_with_a_chart_plays_the_same_when_it_is_opened_again_and_while_it_plays() {
    let song = r#"{"params":{"seed":{"i32":3},"bass_take":{"i32":2},"piano_lock":{"bool":true}},
        "fields":{"chords":"\"Dm7 | G7 | Cmaj7 | A7\""}}"#;
    for format in FORMATS {
        let opened = || {
            let mut deck = deck(format);
            deck.host().load_state(&state(format, song)).unwrap();
            deck
        };
        let first = played(opened(), 32.0);
        assert_same_stream(&played(opened(), 32.0), &first, &format!("{format:?} opened again"));
        // Opened while another song plays, it is the one that plays from the next bar line on.
        let mut late = deck(format);
        late.play_beats(9.1).unwrap();
        late.host().load_state(&state(format, song)).unwrap();
        let late = played(late, 22.9);
        let label = format!("{format:?} opened while it plays");
        assert_same(&onsets(&late, 12.0, 32.0), &onsets(&first, 12.0, 32.0), &label);
    }
}

#[test]
fn a_song_of_before_incoming_notes_had_a_menu_keeps_its_switch() {
    for format in FORMATS {
        for (thru, incoming) in [("true", "pass"), ("false", "ignore")] {
            let old = format!(r#"{{"params":{{"thru":{{"bool":{thru}}}}},"fields":{{}}}}"#);
            let saved = resaved(format, &old);
            assert_eq!(saved["params"]["incoming"]["string"], incoming, "{format:?}");
            assert!(saved["params"].get("thru").is_none());
        }
    }
}

#[test]
fn a_state_gives_the_same_settings_whatever_was_set_before() {
    for format in FORMATS {
        let fresh = plugin(format).parameters().unwrap();
        let mut host = plugin(format);
        set_everything(host.as_mut());
        let old = state(format, r#"{"version":"0.0.1","params":{},"fields":{}}"#);
        host.load_state(&old).unwrap();
        assert_eq!(host.parameters().unwrap(), fresh, "{format:?}");
    }
}

#[test]
fn values_outside_their_ranges_are_moved_into_them() {
    let absurd = r#"{"params":{"seed":{"i32":-2147483648},"transpose":{"i32":2147483647},
        "density":{"f32":-3e38},"temp":{"f32":3e38},"map":{"i32":99},"key":{"string":"h"},
        "form":{"bool":true},"piano_oct":{"f32":0.5}},"fields":{"weights":"[","x":""}}"#;
    for format in FORMATS {
        let mut deck = deck(format);
        deck.host().load_state(&state(format, absurd)).unwrap();
        for parameter in deck.host().parameters().unwrap() {
            assert!((0.0..=1.0).contains(&parameter.value), "{format:?}: {parameter:?}");
        }
        let saved = resaved(format, absurd);
        let params = &saved["params"];
        assert_eq!((&params["seed"]["i32"], &params["transpose"]["i32"]), (&0.into(), &11.into()));
        assert_eq!(params["map"]["string"], "one-to-five");
        deck.host().set_parameter(id("density"), 0.5).unwrap();
        assert!(!played(deck, 16.0).notes.is_empty());
    }
}

#[test]
fn a_state_with_damage_inside_leaves_a_plugin_that_loads_the_sound_one() {
    for format in FORMATS {
        let usual = played(deck(format), 8.0);
        let mut deck = deck(format);
        let sound = deck.host().save_state().unwrap();
        let mut random = 1u64;
        for _ in 0..2000 {
            let mut damaged = sound.clone();
            for _ in 0..3 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (random >> 40) as usize % damaged.len();
                damaged[at] = (random >> 32) as u8;
            }
            let _ = deck.host().load_state(&damaged);
            deck.host().save_state().unwrap();
            deck.host().parameters().unwrap();
        }
        deck.host().load_state(&sound).unwrap();
        assert_same_stream(&played(deck, 8.0), &usual, &format!("{format:?}"));
    }
}

#[test]
fn bytes_that_are_no_state_are_refused_and_change_nothing() {
    for format in FORMATS {
        let usual = played(deck(format), 8.0);
        let mut deck = deck(format);
        let sound = deck.host().save_state().unwrap();
        let mut damaged = vec![vec![], vec![0], vec![0xFF; 64], state(format, "{}")];
        damaged.push(state(format, r#"{"version":3}"#));
        damaged.push(state(format, &"[".repeat(100_000)));
        damaged.push([&[0xFF; 7][..], &[0x7F], b"{}"].concat());
        let mut random = 1u64;
        for length in 1..200 {
            let bytes = (0..length).map(|_| {
                // Knuth's multiplier: noise that is the same on every machine.
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (random >> 33) as u8
            });
            damaged.push(bytes.collect());
        }
        damaged.extend((0..sound.len()).step_by(7).map(|cut| sound[..cut].to_vec()));
        for bytes in &damaged {
            // A VST3 host's own envelope may be cut to an empty, and then valid, content.
            let _ = deck.host().load_state(bytes);
        }
        assert_same_stream(&played(deck, 8.0), &usual, &format!("{format:?}"));
    }
}

#[test]
fn weights_that_cannot_be_had_leave_the_embedded_ones_playing() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    };
    let shape =
        br#"{"transconv0.transconv.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let small = [&(shape.len() as u64).to_le_bytes()[..], shape, &[0; 4]].concat();
    let choices = [
        folder.path().join("missing.safetensors"),
        folder.path().to_owned(),
        file("garbage.safetensors", b"no weights at all"),
        file("small.safetensors", &small),
    ];
    for format in FORMATS {
        let usual = played(deck(format), 16.0);
        let saved = text(&plugin(Format::Clap).save_state().unwrap());
        let embedded = r#""weights":"\"\"""#;
        assert!(saved.contains(embedded), "{saved}");
        for choice in &choices {
            let chosen = format!(r#""weights":"\"{}\"""#, choice.display());
            let mut deck = deck(format);
            deck.host().load_state(&state(format, &saved.replace(embedded, &chosen))).unwrap();
            let label = format!("{format:?} with {}", choice.display());
            assert_same_stream(&played(deck, 16.0), &usual, &label);
        }
    }
}

#[test]
fn deactivating_in_the_middle_of_notes_ends_them_in_the_next_block() {
    for format in FORMATS {
        let mut deck = deck(format);
        for (index, offline) in [true, false, true].into_iter().enumerate() {
            deck.seek(8.0);
            deck.play_beats(2.1).unwrap();
            assert!(deck.ledger().sounding() > 0, "nothing sounds at beat 10.1");
            let setup = Setup { sample_rate: RATE, blocks: vec![256 << index], offline };
            deck.reactivate(setup).unwrap();
            deck.stop().unwrap();
            assert_eq!(deck.ledger().sounding(), 0, "{format:?}");
        }
        finish(deck);
    }
}

#[test]
fn a_reset_in_the_middle_of_notes_ends_them_and_the_song_goes_on() {
    for format in FORMATS {
        let whole = played(deck(format), 24.0);
        let mut deck = deck(format);
        deck.play_beats(10.1).unwrap();
        let at = deck.at_sample();
        deck.host().reset().unwrap();
        let recording = played(deck, 13.9);
        let old = recording.notes.iter().filter(|note| note.start_sample < at);
        assert!(old.clone().all(|note| note.end_sample <= at), "{format:?}");
        let (after, same) = (onsets(&recording, 10.25, 24.0), onsets(&whole, 10.25, 24.0));
        assert_same(&after, &same, &format!("{format:?}"));
    }
}

#[test]
fn instances_come_and_go_while_others_play() {
    for format in FORMATS {
        let usual = played(deck(format), 8.0);
        let mut deck = deck(format);
        for _ in 0..16 {
            let mut passing = self::deck(format);
            passing.play_beats(1.0).unwrap();
            // Dropped while notes sound.
            drop(passing);
            deck.play_beats(0.5).unwrap();
        }
        deck.stop().unwrap();
        assert_same_stream(&finish(deck), &usual, &format!("{format:?}"));
    }
}

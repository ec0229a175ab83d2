//! The parameters, through the host: what they do, and that play-time controls act in the block
//! they change in.
use std::collections::BTreeSet;

use musegan_host::{Deck, Format, Kind, Recording};

use crate::hosted::{
    FORMATS, assert_same, channels, deck, finish, id, onsets, played, plugin, value,
};

/// A deck whose parameter has been set beforehand.
fn with(format: Format, name: &str, to: f64) -> Deck {
    let mut deck = deck(format);
    deck.host().set_parameter(id(name), to).unwrap();
    deck
}

/// Rolls until something sounds on this channel.
fn until_sounding(deck: &mut Deck, channel: u8) {
    loop {
        assert!(deck.position_beats() < 256.0, "channel {channel} never sounds");
        deck.play_samples(512).unwrap();
        let events = &deck.ledger().recording().events;
        let count = |kind| events.iter().filter(|e| e.channel == channel && e.kind == kind).count();
        if count(Kind::On) > count(Kind::Off) {
            return;
        }
    }
}

#[test]
fn every_parameter_is_there_under_its_number_in_both_formats() {
    let mut names = vec!["seed".to_owned(), "temp".into(), "density".into(), "map".into()];
    names.extend(["output", "transpose", "incoming", "bypass", "free_run"].map(String::from));
    names.extend(["morph", "morph_to", "form", "section", "variation", "fill"].map(String::from));
    names.extend(["swing", "humanise", "key", "scale"].map(String::from));
    for track in ["drums", "piano", "guitar", "bass", "strings"] {
        let of_a_track = ["on", "oct", "vel", "take", "lock", "lock_at"];
        names.extend(of_a_track.map(|what| format!("{track}_{what}")));
    }
    let [clap, vst3] = FORMATS.map(|format| plugin(format).parameters().unwrap());
    let manual = include_str!("../../docs/daw.md");
    let mut others: BTreeSet<_> = clap.iter().map(|parameter| parameter.id).collect();
    for name in names {
        others.remove(&id(&name));
        // The manual names those of the first and the last track.
        let in_manual = ["piano_", "guitar_", "bass_"].iter().any(|track| name.starts_with(track));
        assert!(in_manual || manual.contains(&format!("`{name}`")), "{name} is not in the manual");
        let find = |list: &[musegan_host::Parameter]| {
            let found = list.iter().find(|parameter| parameter.id == id(&name));
            found.unwrap_or_else(|| panic!("no parameter {name}")).clone()
        };
        let (clap, vst3) = (find(&clap), find(&vst3));
        assert_eq!((clap.name, clap.steps), (vst3.name, vst3.steps), "{name}");
        assert!((clap.default - vst3.default).abs() < 1e-6, "{name}");
        assert!((clap.default - clap.value).abs() < 1e-6, "{name}");
    }
    assert_eq!(others, BTreeSet::new(), "parameters that this test and the manual do not know");
}

#[test]
fn drums_on_ten_moves_the_drums_alone() {
    for format in FORMATS {
        let recording = played(with(format, "map", 1.0), 64.0);
        assert_eq!(channels(&recording), BTreeSet::from([9, 1, 2, 3, 4]), "{format:?}");
    }
}

#[test]
fn drums_that_sound_are_ended_at_the_sample_at_which_they_move() {
    for format in FORMATS {
        let mut deck = deck(format);
        until_sounding(&mut deck, 0);
        let at = deck.at_sample() + 100;
        deck.change_at(id("map"), 1.0, 100);
        deck.play_beats(16.0).unwrap();
        deck.stop().unwrap();
        let recording = finish(deck);
        let after: Vec<_> =
            recording.events.iter().filter(|e| e.channel == 0 && e.at_sample >= at).collect();
        assert!(!after.is_empty(), "{format:?}: no drum sounded");
        assert!(after.iter().all(|e| e.kind == Kind::Off && e.at_sample == at), "{after:?}");
        let moved = recording.events.iter().filter(|e| e.channel == 9);
        assert!(moved.clone().count() > 0 && moved.clone().all(|e| e.at_sample >= at));
    }
}

#[test]
fn an_instance_that_sends_one_track_sends_what_the_whole_band_plays_there() {
    let band = played(deck(Format::Clap), 64.0);
    for track in 0..5u8 {
        let alone = played(with(Format::Clap, "output", value::output(track + 1)), 64.0);
        assert_eq!(channels(&alone), BTreeSet::from([track]));
        let part: Vec<_> =
            onsets(&band, 0.0, 64.0).into_iter().filter(|onset| onset.1 == track).collect();
        assert_same(&onsets(&alone, 0.0, 64.0), &part, &format!("track {track}"));
    }
}

#[test]
fn muting_a_track_ends_it_in_the_same_block() {
    for format in FORMATS {
        let mut deck = deck(format);
        until_sounding(&mut deck, 1);
        let at = deck.at_sample();
        deck.change(id("piano_on"), 0.0);
        deck.play_beats(16.0).unwrap();
        deck.stop().unwrap();
        let recording = finish(deck);
        let after: Vec<_> =
            recording.events.iter().filter(|e| e.channel == 1 && e.at_sample >= at).collect();
        assert!(!after.is_empty());
        assert!(after.iter().all(|e| e.kind == Kind::Off && e.at_sample == at), "{after:?}");
        assert!(recording.events.iter().any(|e| e.channel != 1 && e.at_sample > at));
    }
}

#[test]
fn unmuting_joins_in_at_once() {
    let band = played(deck(Format::Clap), 32.0);
    let mut deck = with(Format::Clap, "piano_on", 0.0);
    deck.play_beats(8.0).unwrap();
    deck.change(id("piano_on"), 1.0);
    let recording = played(deck, 24.0);
    assert_same(&onsets(&recording, 8.0, 32.0), &onsets(&band, 8.0, 32.0), "unmuted at beat 8");
}

#[test]
fn more_density_adds_notes_and_never_takes_one() {
    for format in FORMATS {
        let at = |density: f64| {
            let recording = played(with(format, "density", density), 64.0);
            let onsets = onsets(&recording, 0.0, 64.0);
            onsets.into_iter().map(|(step, channel, key, _)| (step, channel, key)).collect()
        };
        let levels: Vec<BTreeSet<_>> = [0.0, 0.3, 0.5, 0.8, 1.0].map(at).into();
        assert!(levels[0].is_empty(), "density 0 is silence");
        for pair in levels.windows(2) {
            assert!(pair[0].is_subset(&pair[1]), "{format:?}");
        }
        assert!(levels[1].len() < levels[4].len());
    }
}

#[test]
fn density_acts_at_once() {
    for format in FORMATS {
        let mut deck = deck(format);
        deck.play_beats(8.0).unwrap();
        let at = deck.at_sample();
        deck.change(id("density"), 0.0);
        deck.play_beats(16.0).unwrap();
        assert_eq!(deck.ledger().sounding(), 0);
        deck.stop().unwrap();
        let recording = finish(deck);
        let later = recording.events.iter().filter(|e| e.at_sample >= at && e.kind == Kind::On);
        assert_eq!(later.count(), 0, "{format:?}");
    }
}

#[test]
fn an_octave_moves_what_sounds_and_what_follows() {
    let band = played(deck(Format::Clap), 64.0);
    for format in FORMATS {
        let mut deck = deck(format);
        until_sounding(&mut deck, 1);
        let (at, position) = (deck.at_sample(), deck.position_beats());
        deck.change(id("piano_oct"), value::octave(1));
        deck.play_beats(16.0).unwrap();
        deck.stop().unwrap();
        let recording = finish(deck);
        let old = recording.notes.iter().filter(|n| n.channel == 1 && n.start_sample < at);
        assert!(old.clone().all(|note| note.end_sample <= at), "an old note outlives the change");
        let from = (position * 4.0).ceil() / 4.0;
        let raised: Vec<_> = onsets(&band, from, position + 15.0)
            .into_iter()
            .map(|(step, channel, key, velocity)| {
                (step, channel, if channel == 1 { key + 12 } else { key }, velocity)
            })
            .collect();
        let played = onsets(&recording, from, position + 15.0);
        assert_same(&played, &raised, &format!("{format:?}"));
    }
}

#[test]
fn velocity_scales_one_track() {
    let band = played(deck(Format::Clap), 32.0);
    let softer = played(with(Format::Clap, "drums_vel", value::velocity(0.5)), 32.0);
    let pairs = onsets(&band, 0.0, 32.0).into_iter().zip(onsets(&softer, 0.0, 32.0));
    for (plain, soft) in pairs {
        let expected = if plain.1 == 0 { f64::from(plain.3) / 2.0 } else { f64::from(plain.3) };
        assert!((f64::from(soft.3) - expected).abs() <= 0.5, "{plain:?} became {soft:?}");
    }
}

#[test]
fn another_seed_is_another_song_from_the_next_bar_line_on() {
    let first = played(deck(Format::Clap), 32.0);
    for format in FORMATS {
        let second = played(with(format, "seed", value::seed(7)), 32.0);
        assert!(onsets(&first, 0.0, 32.0) != onsets(&second, 0.0, 32.0));

        let mut changed = deck(format);
        changed.play_beats(9.1).unwrap();
        changed.change(id("seed"), value::seed(7));
        let changed = played(changed, 22.9);
        for (song, from, to) in [(&first, 0.0, 12.0), (&second, 12.0, 32.0)] {
            let label = format!("{format:?} between beats {from} and {to}");
            assert_same(&onsets(&changed, from, to), &onsets(song, from, to), &label);
        }
    }
}

#[test]
fn notes_that_sound_while_the_seed_changes_end_as_they_would_have() {
    let first = played(deck(Format::Clap), 32.0);
    for format in FORMATS {
        let mut deck = deck(format);
        deck.play_beats(9.1).unwrap();
        assert!(deck.ledger().sounding() > 0, "{format:?}: nothing sounds");
        let at = deck.at_sample() + 100;
        deck.change_at(id("seed"), value::seed(7), 100);
        deck.play_beats(16.0).unwrap();
        deck.stop().unwrap();
        let recording = finish(deck);
        let ends = |recording: &Recording| -> Vec<_> {
            let old = recording.notes.iter().filter(|n| n.start_sample < at && n.end_sample >= at);
            old.map(|n| (n.channel, n.key, n.start_sample, n.end_sample)).collect()
        };
        assert!(!ends(&first).is_empty());
        assert_same(&ends(&recording), &ends(&first), &format!("{format:?}"));
    }
}

#[test]
fn a_song_in_aaba_form_brings_its_first_section_back() {
    for format in FORMATS {
        let mut deck = with(format, "form", value::form(2));
        for (name, to) in [("section", 0.0), ("variation", 0.0)] {
            deck.host().set_parameter(id(name), to).unwrap();
        }
        let song = played(deck, 80.0);
        let moved = |from: f64| -> Vec<_> {
            let onsets = onsets(&song, from, from + 16.0).into_iter();
            onsets.map(|onset| (onset.0 - (from * 4.0) as i64, onset.1, onset.2)).collect()
        };
        assert_eq!(moved(16.0), moved(0.0), "{format:?}: A A");
        assert_ne!(moved(32.0), moved(0.0), "{format:?}: A B");
        assert_eq!(moved(48.0), moved(0.0), "{format:?}: A B A");
        assert_eq!(moved(64.0), moved(0.0), "{format:?}: the next round");
    }
}

#[test]
fn a_song_morphed_all_the_way_is_the_other_song() {
    let other = played(with(Format::Clap, "seed", value::seed(7)), 32.0);
    for format in FORMATS {
        let mut deck = with(format, "morph_to", value::seed(7));
        deck.host().set_parameter(id("morph"), 1.0).unwrap();
        let morphed = played(deck, 32.0);
        assert_same(&onsets(&morphed, 0.0, 32.0), &onsets(&other, 0.0, 32.0), "morphed");
    }
}

#[test]
fn a_band_held_to_a_key_plays_its_notes_alone() {
    for format in FORMATS {
        let mut deck = with(format, "key", value::key(3));
        deck.host().set_parameter(id("scale"), 7.0 / 9.0).unwrap();
        let recording = played(deck, 32.0);
        let d_pentatonic = [2, 4, 6, 9, 11];
        for (_, channel, key, _) in onsets(&recording, 0.0, 32.0) {
            assert!(channel == 0 || d_pentatonic.contains(&(key % 12)), "{format:?}: {key}");
        }
    }
}

#[test]
fn full_swing_moves_every_second_sixteenth_by_half() {
    for format in FORMATS {
        let recording = played(with(format, "swing", 1.0), 32.0);
        let ons = recording.events.iter().filter(|event| event.kind == Kind::On);
        let eighths: BTreeSet<_> = ons
            .map(|event| (event.at_beats * 2.0).fract())
            .map(|eighth| (eighth * 400.0).round() as i64 % 400)
            .collect();
        assert_eq!(eighths, BTreeSet::from([0, 300]), "{format:?}: shares of an eighth");
    }
}

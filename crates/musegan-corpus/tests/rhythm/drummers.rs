//! The library of drummers: reading, cutting into bars, telling swing and fills.
use std::fs;
use std::path::Path;

use musegan_corpus::drummers::{Drummers, Feel, Kind, NoDrummers, feel, kit, performance};
use musegan_corpus::plan::Swing;
use musegan_score::{Part, Pitch, Song, SongNote, Velocity, midi};

use crate::library::{LATE, TOM, bar, groove, library};

/// A song of strikes in ticks.
fn song(strikes: &[(u64, u8)]) -> Song {
    let mut song = Song::silent(100.0);
    let note = |&(onset, key): &(u64, u8)| SongNote {
        onset,
        length: 30,
        pitch: Pitch::new(key).unwrap(),
        velocity: Velocity::clamped(90),
    };
    let notes = strikes.iter().map(note).collect();
    song.parts.push(Part { name: None, channel: 9, program: None, is_drums: true, notes });
    song
}

/// Two bars of quarters on the kick, so many ticks late.
fn quarters(late: u64) -> Vec<(u64, u8)> {
    (0..8).map(|beat| (beat * 480 + late, 36)).collect()
}

#[test]
fn a_drummer_who_is_late_all_the_time_is_put_onto_the_click() {
    let bars = performance::bars(&song(&quarters(31)));
    let ticks: Vec<_> = bars[1].strikes.iter().map(|strike| strike.tick).collect();
    assert_eq!(ticks, [0, 480, 960, 1440]);
}

#[test]
fn a_stroke_that_comes_early_for_a_bar_belongs_to_it() {
    let mut strikes = quarters(0);
    strikes.push((1890, 49));
    let bars = performance::bars(&song(&strikes));
    assert_eq!(bars.len(), 2);
    assert!(bars[1].strikes.iter().any(|strike| (strike.tick, strike.key) == (-30, 49)));
    assert_eq!(bars[0].strikes.len(), 4);
}

#[test]
fn edges_and_rims_are_the_drum_they_belong_to() {
    let strikes = [(0, 22), (480, 26), (960, 40), (1440, 58)];
    let bars = performance::bars(&song(&strikes));
    let keys: Vec<_> = bars[0].strikes.iter().map(|strike| strike.key).collect();
    assert_eq!(keys, [kit::CLOSED_HAT, kit::OPEN_HAT, kit::SNARE, 43]);
    let twice = performance::bars(&song(&[(0, 38), (4, 40), (960, 38), (1440, 38)]));
    assert_eq!(twice[0].strikes.len(), 3, "head and rim at once are one stroke");
}

#[test]
fn straight_and_swung_are_told_by_what_is_played() {
    let rows: &[(u8, &str)] = &[(36, "x...x...x...x..."), (42, "x.x.x.x.x.x.x.x.")];
    assert_eq!(feel::of(&[&bar(rows, 90, 0)]), Feel::Straight);
    assert_eq!(feel::of(&[&bar(rows, 90, LATE)]), Feel::Swung(Swing::Eighths));
    let mut sixteenths = bar(&[(42, "xxxxxxxxxxxxxxxx")], 90, 0);
    assert_eq!(feel::of(&[&sixteenths]), Feel::Straight);
    for strike in sixteenths.strikes.iter_mut().filter(|strike| strike.tick % 240 == 120) {
        strike.tick += 40;
    }
    assert_eq!(feel::of(&[&sixteenths]), Feel::Swung(Swing::Sixteenths));
    let mut loose = bar(rows, 90, 0);
    for (at, strike) in loose.strikes.iter_mut().enumerate() {
        strike.tick += at as i32 * 37 % 120;
    }
    assert_eq!(feel::of(&[&loose]), Feel::Free);
}

#[test]
fn a_bar_of_toms_within_a_groove_is_a_fill() {
    let mut bars = groove("one/a.mid", "rock", "x.......x.......", 90, 0).bars;
    bars[7] = bar(&[(38, "x.x.x.x........."), (TOM, "........xxxxxxxx")], 100, 0);
    let performance =
        performance::Performance::new("one/a.mid", "rock", 100.0, Kind::Beat, bars.clone());
    assert!(!performance.groove.contains(&7));
    assert_eq!(performance.groove.len(), 15);
    let drummers = Drummers::new(vec![performance]);
    assert_eq!(drummers.fills().iter().map(|fill| &fill.bar).collect::<Vec<_>>(), [&bars[7]]);
}

#[test]
fn performances_come_in_the_order_of_their_names() {
    let library = library();
    assert!(library.all().is_sorted_by(|a, b| a.name < b.name));
    assert_eq!(library.performances(), 6);
    assert_eq!(library.fills().len(), 2);
}

fn dataset(folder: &Path, lines: &[&str]) {
    let header = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,split";
    fs::create_dir_all(folder.join("deep/one")).unwrap();
    fs::write(folder.join("deep/info.csv"), [&[header], lines].concat().join("\n")).unwrap();
    let bytes = midi::write(&song(&quarters(0))).unwrap();
    fs::write(folder.join("deep/one/a.mid"), bytes).unwrap();
    fs::write(folder.join("deep/one/broken.mid"), b"nothing").unwrap();
}

#[test]
fn a_folder_is_read_and_what_cannot_be_used_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    dataset(
        folder.path(),
        &[
            "one,s,1,rock/indie,100,beat,4-4,one/a.mid,train",
            "one,s,2,rock,100,beat,3-4,one/a.mid,train",
            "one,s,3,rock,100,beat,4-4,one/broken.mid,train",
            "one,s,4,rock,100,beat,4-4,one/missing.mid,train",
            "one,s,5,rock,0,beat,4-4,one/a.mid,train",
        ],
    );
    // Another program's list beside it is none of ours.
    fs::write(folder.path().join("info.csv"), "a,b\n1,2\n").unwrap();
    let drummers = Drummers::read(folder.path()).unwrap();
    assert_eq!(drummers.performances(), 1);
    assert_eq!((drummers.all()[0].bpm, drummers.all()[0].style.as_str()), (100.0, "rock/indie"));
    let left_out: Vec<_> = drummers.left_out().iter().map(|(why, count)| (*why, *count)).collect();
    assert_eq!(left_out, [("cannot be read", 2), ("no tempo", 1), ("not in 4/4", 1)]);
}

#[test]
fn a_folder_without_drummers_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let error = Drummers::read(folder.path()).unwrap_err();
    assert!(matches!(error, NoDrummers::NoList(_)));
    let text = error.to_string();
    assert!(text.contains("Groove MIDI Dataset") && text.contains("info.csv"), "{text}");
    dataset(folder.path(), &["one,s,1,rock,fast,beat,4-4,one/a.mid,train"]);
    let text = Drummers::read(folder.path()).unwrap_err().to_string();
    assert!(text.contains("info.csv") && text.contains("line: 2"), "{text}");
    dataset(folder.path(), &["one,s,1,rock,100,beat,3-4,one/a.mid,train"]);
    let error = Drummers::read(folder.path()).unwrap_err();
    assert!(matches!(error, NoDrummers::NothingToPlay { listed: 1, .. }));
}

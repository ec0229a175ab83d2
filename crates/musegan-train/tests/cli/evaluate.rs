//! `evaluate`: any music beside held-out songs, and what is said when there is none.

use std::fs;
use std::ops::Range;

use musegan_score::{Phrase, Roll, Track, midi};
use musegan_train::dataset::is_held_out;
use npyz::WriterBuilder as _;
use serde_json::Value;

use crate::program::{Workplace, contents, note};

mod agreement;

/// A phrase like no other, so many semitones higher: on most beats each track has a note, which
/// ends before the next beat.
fn tune(number: u64, semitones: u8) -> Phrase {
    let beats = Track::ALL.into_iter().flat_map(|track| (0..16).map(move |beat| (track, beat)));
    let notes = beats.filter_map(|(track, beat)| {
        let seed = (number * 80 + track.index() as u64 * 16 + beat as u64)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let drawn = (seed ^ seed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32;
        let pitch = (drawn % 12) as u8;
        let (pitch, length) = match track {
            Track::Drums => (36 + pitch % 8, 1),
            _ => (30 + 10 * track.index() as u8 + pitch + semitones, 1 + (drawn / 12 % 3) as usize),
        };
        ((drawn / 36) & 3 > 0).then_some((track, note(beat * 4, length, pitch, 90)))
    });
    Phrase::new(notes)
}

fn mid(numbers: Range<u64>, semitones: u8) -> Vec<u8> {
    let phrases: Vec<_> = numbers.map(|number| tune(number, semitones)).collect();
    midi::write_phrases(&phrases, 120.0).unwrap()
}

/// Six songs to train on and three that are held out, of two phrases each: tunes 0 to 11, and 12 to
/// 17.
fn prepared() -> Workplace {
    let place = Workplace::new();
    let names = |held_out| {
        (0..).map(|n| format!("song{n}")).filter(move |name| is_held_out(name) == held_out)
    };
    for (number, name) in names(false).take(6).chain(names(true).take(3)).enumerate() {
        let number = number as u64;
        place.write(&format!("midi/{name}.mid"), mid(number * 2..number * 2 + 2, 0));
    }
    place.succeed("prepare --input midi --output data");
    place
}

/// Writes the rolls of these tunes times a factor, as 32-bit floats with the axes track, step and
/// pitch in this order.
fn write_rolls(place: &Workplace, file: &str, numbers: Range<u64>, factor: f32, axes: [usize; 3]) {
    let lengths = [5, 64, 72];
    let behind = axes.iter().map(|&axis| lengths[axis] as u64);
    let shape: Vec<u64> = std::iter::once(numbers.end - numbers.start).chain(behind).collect();
    let array = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut array = array.writer(fs::File::create(place.path(file)).unwrap()).begin_nd().unwrap();
    for number in numbers {
        let roll = Roll::of(&tune(number, 0));
        for mut rest in 0..5 * 64 * 72 {
            let mut index = [0; 3];
            for &axis in axes.iter().rev() {
                index[axis] = rest % lengths[axis];
                rest /= lengths[axis];
            }
            let cell = (index[0] * 64 + index[1]) * 72 + index[2];
            array.push(&(roll.cells()[cell] * factor)).unwrap();
        }
    }
    array.finish().unwrap();
}

fn json(place: &Workplace, arguments: &str) -> Value {
    place.succeed(&format!("evaluate --data data --json found.json {arguments}"));
    serde_json::from_slice(&fs::read(place.path("found.json")).unwrap()).unwrap()
}

#[test]
fn the_same_music_measures_the_same_in_every_form() {
    let place = prepared();
    place.write("own/song.mid", mid(40..48, 0));
    let song = json(&place, "--subject own");
    assert_eq!((&song["phrases"], &song["notes_are"]), (&8.into(), &"onsets".into()));
    assert!(song["telling_apart_auc"].is_number());

    write_rolls(&place, "rolls.npy", 40..48, 1.0, [0, 1, 2]);
    let rolls = json(&place, "--subject rolls.npy");
    assert_eq!(rolls["notes_are"], "runs of cells");
    // Every note of these tunes is a run of its own.
    for what in ["measures", "telling_apart_auc", "memory", "musegan", "muspy"] {
        assert_eq!(song[what], rolls[what], "{what}");
    }
    write_rolls(&place, "last.npy", 40..48, 0.04, [1, 2, 0]);
    assert_eq!(json(&place, "--subject last.npy --threshold 0.03"), rolls);
    // Nothing in it is above one half.
    assert_ne!(json(&place, "--subject last.npy"), rolls);
}

#[test]
fn real_notes_are_taken_as_runs_where_the_others_have_only_cells() {
    let place = Workplace::new();
    let held_out = (0..).map(|n| n.to_string()).find(|name| is_held_out(name)).unwrap();
    let repeated = (0..64).map(|step| (Track::Piano, note(step, 1, 60, 90)));
    let repeated = midi::write_phrases(&[Phrase::new(repeated)], 120.0).unwrap();
    place.write(&format!("midi/{held_out}.mid"), &repeated);
    place.succeed("prepare --input midi --output data");
    write_rolls(&place, "rolls.npy", 0..1, 1.0, [0, 1, 2]);
    for (subject, notes_per_bar) in [("midi", 16.0), ("rolls.npy", 0.25)] {
        let found = json(&place, &format!("--subject {subject}"));
        let is_wanted = |row: &&Value| row["measure"] == "notes per bar" && row["track"] == "Piano";
        let row = found["measures"].as_array().unwrap().iter().find(is_wanted).unwrap();
        assert_eq!(row["real"], notes_per_bar, "{subject}");
    }
}

#[test]
fn a_copy_of_a_training_song_in_another_key_is_found_out() {
    let place = prepared();
    place.write("copies/a.mid", mid(0..6, 3));
    let memory = &json(&place, "--subject copies")["memory"];
    let nearest = &memory["nearest"];
    assert_eq!((&memory["training_phrases"], &nearest["mean"]), (&12.into(), &1.0.into()));
    assert_eq!((&nearest["copies"], &memory["nearer_than_real"]), (&6.into(), &true.into()));
    let said = place.succeed("evaluate --data data --subject copies").stdout;
    assert!(said.contains("nearer than real: yes"), "{said}");

    place.write("others/a.mid", mid(50..56, 3));
    assert_eq!(json(&place, "--subject others")["memory"]["nearer_than_real"], false);
    // Training phrases are not compared with themselves.
    assert!(json(&place, "")["memory"].is_null());
}

#[test]
fn the_outcome_does_not_depend_on_threads_and_comes_as_table_picture_and_values() {
    let place = prepared();
    write_rolls(&place, "rolls.npy", 20..32, 1.0, [0, 1, 2]);
    let command =
        "evaluate --data data --subject rolls.npy --json j --picture p.png --values v.csv";
    let files = |threads| {
        let outcome = place.run_on_threads(command, threads);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert!(
            outcome.stdout.lines().all(|line| line.chars().count() <= 100),
            "{}",
            outcome.stdout
        );
        (["j", "p.png", "v.csv"].map(|file| fs::read(place.path(file)).unwrap()), outcome.stdout)
    };
    let (found, said) = files(1);
    assert_eq!(files(3), (found.clone(), said));
    assert!(found[1].starts_with(b"\x89PNG"));
    let values = String::from_utf8(found[2].clone()).unwrap();
    // A line of titles, twelve phrases, and six of the held-out songs; 67 measures behind the side.
    assert_eq!(values.lines().count(), 1 + 12 + 6);
    assert!(values.lines().all(|line| line.split(',').count() == 68), "{values}");
}

#[test]
fn what_cannot_be_measured_is_said_in_a_sentence_and_nothing_is_touched() {
    let place = prepared();
    let shape = |file: &str, shape: &[u64]| {
        let array = npyz::WriteOptions::new().default_dtype().shape(shape);
        let mut array =
            array.writer(fs::File::create(place.path(file)).unwrap()).begin_nd().unwrap();
        array.extend(std::iter::repeat_n(0u8, shape.iter().product::<u64>() as usize)).unwrap();
        array.finish().unwrap();
    };
    shape("matrix.npy", &[3, 128]);
    shape("rolls.npy", &[1, 5, 64, 72]);
    shape("none.npy", &[0, 5, 64, 72]);
    shape("cut.npy", &[2, 5, 64, 72]);
    let cut = fs::read(place.path("cut.npy")).unwrap();
    place.write("cut.npy", &cut[..cut.len() - 1]);
    place.write("words.npy", "no array");
    place.write("rest/readme.txt", "no music");
    place.write("w.safetensors", "anything");
    place.write("table.json", "older");
    fs::create_dir(place.path("empty")).unwrap();
    let trained = (0..).map(|n| format!("s{n}")).find(|name| !is_held_out(name)).unwrap();
    place.write(&format!("one/{trained}.mid"), mid(0..1, 0));
    place.succeed("prepare --input one --output single");
    let before = contents(&place.path(""));
    for (arguments, words) in [
        ("--subject gone", &["nothing at gone"][..]),
        ("--subject empty", &["empty"]),
        ("--subject rest", &["rest"]),
        ("--subject matrix.npy", &["[3, 128]", "(phrase, track, step, pitch)"]),
        ("--subject matrix.npy --threshold 0.5", &["matrix.npy", "(n, 5, 64, 72)"]),
        ("--subject none.npy", &["none.npy", "no phrase"]),
        ("--subject cut.npy", &["cut.npy", "cut off"]),
        ("--subject words.npy", &["words.npy", "no NumPy array"]),
        ("--subject w.safetensors", &["--weights"]),
        ("--subject data --subject-corpus other", &["other", "midi"]),
        ("--threshold 0.5", &["--threshold is for"]),
        ("--values table.json", &["table.json is named twice"]),
        ("--picture gone/p.png", &["gone/p.png", "no folder gone"]),
        ("--picture empty", &["empty", "is a folder"]),
        ("--subject rolls.npy --subject-corpus midi", &["rolls.npy", "no corpora"]),
        ("--subject rolls.npy --picture rolls.npy", &["rolls.npy is named twice"]),
    ] {
        place.fail(&format!("evaluate --data data --json table.json {arguments}"), 1, words);
    }
    crate::weights::lively().write(&place.path("w.safetensors")).unwrap();
    let controls = "evaluate --data data --weights w.safetensors --controls";
    place.fail(controls, 1, &["--controls needs weights of the model \"band\""]);
    fs::write(place.path("w.safetensors"), "anything").unwrap();
    place.fail("evaluate --data single --json table.json", 1, &["no phrase of held-out songs"]);
    place.fail("evaluate --data empty", 1, &["empty is not a dataset"]);
    assert_eq!(contents(&place.path("")), before);
}

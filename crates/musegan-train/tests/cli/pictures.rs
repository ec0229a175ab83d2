//! `plot` and `interpolate`: pictures of music and of training, and what lies between two seeds.

use std::fs;

use musegan_model::Weights;
use musegan_model::band::Dimensions;
use musegan_score::midi;

use crate::program::{Workplace, mid};
use crate::weights::lively;

/// Width and height out of the header of a PNG file.
fn size(place: &Workplace, file: &str) -> (u32, u32) {
    let bytes = fs::read(place.path(file)).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{file}");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn music_of_every_kind_is_drawn_side_by_side() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    place.write("song.mid", mid(0..3));
    place.succeed("generate --weights w.safetensors --output out -n 2 --format npy");
    let one = "plot song.mid --output one.png";
    place.succeed(one);
    assert_eq!(size(&place, "one.png"), (1600, 1000));
    let first = fs::read(place.path("one.png")).unwrap();
    place.succeed(&format!("{one} --from 5"));
    assert_ne!(first, fs::read(place.path("one.png")).unwrap());
    place.succeed("plot song.mid --track bass --output bass.png");
    assert_eq!(size(&place, "bass.png"), (1600, 480));
    place.succeed(
        "plot song.mid w.safetensors out/samples.npy --seed 1,2 --phrase 1 --output all.png",
    );
}

#[test]
fn a_phrase_of_a_dataset_or_an_array_is_found_by_its_number() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    place.succeed("generate --weights w.safetensors --output out -n 3 --format npy");
    place.write("midi/song.mid", mid(0..3));
    place.write("last/song.mid", mid(2..3));
    place.succeed("prepare --input midi --output data");
    place.succeed("prepare --input last --output one");
    let drawn = |file: &str, phrase: usize| {
        place.succeed(&format!("plot {file} --phrase {phrase} --names n --output p.png"));
        fs::read(place.path("p.png")).unwrap()
    };
    assert!(drawn("data", 2) == drawn("one", 0));
    for file in ["out/samples.npy", "data"] {
        assert!(drawn(file, 1) != drawn(file, 2));
        let plot = format!("plot {file} --phrase 3 --output no.png");
        place.fail(&plot, 1, &["holds 3 phrases", "no phrase 3"]);
    }
}

#[test]
fn the_curves_of_runs_are_drawn_over_each_other() {
    let place = Workplace::new();
    let line = |step: u32, loss: f64| {
        format!("{{\"step\":{step},\"loss\":{loss},\"codec/onsets/bass\":0.5,\"broken\":null}}\n")
    };
    let log = |scale: f64| (1..50).map(|s| line(s, scale / f64::from(s))).collect::<String>();
    // The last line was being written when the run was stopped.
    place.write("one/log.jsonl", log(1.0) + "{\"step\":50,\"lo");
    place.write("two/log.jsonl", log(2.0));
    place.succeed("plot one --output one.png");
    place.succeed("plot one two/log.jsonl --output both.png");
    place.succeed("plot one two --only loss --output loss.png");
    assert!(size(&place, "loss.png").0 <= size(&place, "both.png").0);
    place.fail("plot one --only lost --output no.png", 1, &["lost"]);
    place.write("empty/log.jsonl", "not a log\n");
    place.fail("plot empty --output no.png", 1, &["empty", "no step"]);
    place.write("song.mid", mid(0..1));
    place.fail("plot one song.mid --output no.png", 1, &["pictures of their own"]);
    assert!(!place.path("no.png").exists());
}

#[test]
fn what_cannot_be_drawn_is_refused_with_a_sentence() {
    let place = Workplace::new();
    place.write("song.mid", mid(0..1));
    place.write("poem.txt", "roses");
    place.fail("plot nothing.npy --output no.png", 1, &["nothing.npy"]);
    place.fail("plot poem.txt --output no.png", 1, &["poem.txt"]);
    place.fail("plot song.mid --track flute --output no.png", 2, &["flute", "drums"]);
    place.fail("plot song.mid --output no/where.png", 1, &["no/where.png", "no folder no"]);
    place.write("silent.mid", midi::write_phrases(&[], 120.0).unwrap());
    place.fail("plot silent.mid --output no.png", 1, &["silent.mid has no note"]);
    for (options, words) in [
        ("--seed 3", "--seed is for weights"),
        ("--threshold 0.3", "--threshold is for arrays"),
        ("--phrase 1", "--from says the first bar"),
        ("--only loss", "--only chooses numbers"),
        ("--names one,two", "2 --names were given for 1"),
    ] {
        place.fail(&format!("plot song.mid {options} --output no.png"), 1, &[words]);
    }
    place.write("run/log.jsonl", "{\"step\":1,\"loss\":2}\n");
    place.fail("plot run --from 2 --output no.png", 1, &["--from is for music"]);
    assert!(!place.path("no.png").exists());
    let before = fs::read(place.path("song.mid")).unwrap();
    place.fail("plot song.mid --output ./song.mid", 1, &["named twice"]);
    assert!(fs::read(place.path("song.mid")).unwrap() == before);
}

#[test]
fn the_way_between_two_seeds_begins_and_ends_with_what_they_play() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    for seed in [3, 4] {
        let command =
            format!("generate --weights w.safetensors --output {seed} --seed {seed} -n 1");
        place.succeed(&command);
    }
    let file = |name: &str| fs::read(place.path(name)).unwrap();
    let interpolate = "interpolate --weights w.safetensors --from 3 --to 4 --steps 4";
    for way in ["linear", "spherical"] {
        let said = place.succeed(&format!("{interpolate} --way {way} --output {way}")).stdout;
        assert!(said.contains("100 %") && said.contains("7 files"), "{said}");
        assert!(file(&format!("{way}/step-00.mid")) == file("3/sample-000.mid"), "{way}");
        assert!(file(&format!("{way}/step-04.mid")) == file("4/sample-000.mid"), "{way}");
        assert!(size(&place, &format!("{way}/way.png")).0 > 1000);
    }
    assert_ne!(file("linear/step-02.mid"), file("spherical/step-02.mid"));
    place.fail(&format!("{interpolate} --track bass --output t"), 1, &["latents of each track"]);
}

#[test]
fn one_track_of_the_model_band_goes_its_way_alone() {
    let place = Workplace::new();
    let small = Dimensions { hidden: 32, width: 16, step: 8, ..Dimensions::BAND };
    Weights::untrained(small, 16, 3).unwrap().write(&place.path("w.safetensors")).unwrap();
    for seed in [3, 4] {
        let command =
            format!("generate --weights w.safetensors --output {seed} --seed {seed} -n 1");
        place.succeed(&command);
    }
    let file = |name: &str| fs::read(place.path(name)).unwrap();
    let interpolate = "interpolate --weights w.safetensors --from 3 --to 4 --steps 2 --output";
    place.succeed(&format!("{interpolate} all --way spherical"));
    place.succeed(&format!("{interpolate} piano --track piano"));
    for way in ["all", "piano"] {
        assert!(file(&format!("{way}/step-00.mid")) == file("3/sample-000.mid"), "{way}");
    }
    assert!(file("all/step-02.mid") == file("4/sample-000.mid"));
    let end = file("piano/step-02.mid");
    assert!(end != file("piano/step-00.mid") && end != file("all/step-02.mid"));
}

//! `plot` and `interpolate`: pictures of music and of training, and what lies between two seeds.

use std::fs;

use musegan_model::Weights;
use musegan_model::band::Dimensions;

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
    // The second phrase of the first seed is the second one that `generate` wrote.
    place.succeed("plot w.safetensors --phrase 1 --title t --names n --output a.png");
    place.succeed("plot out/samples.npy --phrase 1 --title t --names n --output b.png");
    assert_eq!(size(&place, "a.png"), size(&place, "b.png"));
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
    place.fail("plot song.mid --output no/where.png", 1, &["no/where.png"]);
    assert!(!place.path("no.png").exists());
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

//! From a folder of `.mid` files to music: the whole path at its smallest.

use std::fs;

use musegan_model::Weights;
use musegan_train::dataset::is_held_out;

use crate::program::{Workplace, contents, mid};

/// Eight songs to train on and two held out, prepared; and settings for a run of seconds.
fn prepared() -> Workplace {
    let place = Workplace::new();
    let names = |held_out| {
        (0..).map(|n| format!("song{n}")).filter(move |name| is_held_out(name) == held_out)
    };
    for (number, name) in names(false).take(8).chain(names(true).take(2)).enumerate() {
        let number = number as u8;
        place.write(&format!("midi/{name}.mid"), mid(number * 2..number * 2 + 2));
    }
    place.succeed("prepare --input midi --output data");
    place.write("short.toml", "batch = 2\ncheckpoint_every = 2\nsample_every = 2\nlog_every = 1\n");
    place
}

#[test]
fn a_folder_of_midi_files_becomes_weights_that_play() {
    let place = prepared();
    place.succeed("train --data data --run run --config short.toml --steps 3 --device cpu");
    place.succeed("export --run run --output band.safetensors");
    place.succeed("calibrate --weights band.safetensors --data data");
    place.succeed("generate --weights band.safetensors --output listen -n 2");
    let listing =
        place.succeed("evaluate --weights band.safetensors --data data --record --songs all");
    assert!(listing.stdout.contains("mean |z|"), "{}", listing.stdout);
    assert!(!listing.stdout.contains("another dataset"), "{}", listing.stdout);
    place.succeed("prepare --input midi --output other --stride bar");
    let listing = place.succeed("evaluate --weights band.safetensors --data other");
    assert!(listing.stdout.contains("trained on another dataset"), "{}", listing.stdout);

    let weights = Weights::read(&place.path("band.safetensors")).unwrap();
    assert_eq!(weights.provenance().steps, 3);
    assert_eq!(weights.provenance().corpora, ["midi"]);
    let noted = &weights.provenance().evaluation;
    assert!(noted.contains_key("mean_abs_z"));
    assert!(noted["against"].to_string().contains(" real phrases of all corpora"), "{noted:?}");
    assert_eq!(contents(&place.path("listen")).len(), 5);
    let log = fs::read_to_string(place.path("run/log.jsonl")).unwrap();
    assert!(log.lines().count() >= 3, "{log}");
}

#[test]
fn an_unknown_key_in_the_configuration_is_named() {
    let place = prepared();
    place.write("typo.toml", "batch = 2\nlearning_rat = 0.1\n");
    let arguments = "train --data data --run run --config typo.toml --steps 1";
    place.fail(arguments, 2, &["typo.toml", "learning_rat"]);
    assert!(!place.path("run").exists());
}

#[test]
fn a_run_that_cannot_write_says_where_and_why_once() {
    let place = prepared();
    place.write("file", "in the way");
    let train = "train --data data --run file/run --config short.toml --steps 1 --device cpu";
    let outcome = place.run(train);
    assert_eq!(outcome.code, 1);
    let said = outcome.stderr;
    assert!(said.contains("file/run") && said.matches("(os error").count() == 1, "{said}");
}

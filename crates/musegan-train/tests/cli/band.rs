//! `generate` with weights of the model `band`: chords, takes, locks, and music that somebody
//! brings; and what such weights are refused for.

use musegan_model::Weights;
use musegan_model::band::Dimensions;
use musegan_score::quantise::Stride;
use musegan_score::{Phrase, Track, midi};

use crate::program::{Workplace, contents, mid, phrase};
use crate::weights::lively;

/// A place with weights of both models, and two songs of two phrases each.
fn place() -> Workplace {
    let place = Workplace::new();
    let small = Dimensions { hidden: 32, width: 16, step: 8, ..Dimensions::BAND };
    Weights::untrained(small, 16, 3).unwrap().write(&place.path("band.safetensors")).unwrap();
    lively().write(&place.path("tutorial.safetensors")).unwrap();
    place.write("me.mid", mid(0..2));
    place.write("you.mid", mid(5..7));
    place
}

/// The phrases of the samples in a folder.
fn samples(place: &Workplace, folder: &str) -> Vec<Phrase> {
    let files = contents(&place.path(folder));
    let mids = files.iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "mid"));
    let first = |bytes: &[u8]| midi::read(bytes).unwrap().phrases(Stride::Phrase).next();
    mids.map(|(_, bytes)| first(bytes).map(|cut| cut.phrase).unwrap_or_default()).collect()
}

#[test]
fn as_many_phrases_are_made_as_the_chords_fill() {
    let place = place();
    let generate = "generate --weights band.safetensors --format mid --output";
    place.succeed(&format!("{generate} four --chords C|Am|F|G"));
    assert_eq!(samples(&place, "four").len(), 4);
    let long = ["C|Am|F|G"; 4].join("|") + "|%";
    place.fail(&format!("{generate} long --chords {long}"), 2, &["17 bars", "at most 16"]);
    let eight = "C|Am|F|G|C|Am|F|G";
    place.fail(
        &format!("{generate} short -n 1 --chords {eight}"),
        1,
        &["the chords last 8 bars and the one sample 4", "-n 2"],
    );
    place.fail(&format!("{generate} wrong --chords C|Hm7"), 2, &["bar 2", "\"Hm7\" is no chord"]);
    assert!(!place.path("wrong").exists());
}

#[test]
fn takes_and_locks_change_the_tracks_that_they_name() {
    let place = place();
    let generate = |folder: &str, options: &str| {
        let run = "generate --weights band.safetensors --format mid -n 2 --output";
        place.succeed(&format!("{run} {folder} {options}"));
        samples(&place, folder)
    };
    let five = generate("five", "--seed 5");
    let anew = generate("anew", "--seed 5 --regenerate bass,piano=3");
    let locked = generate("locked", "--seed 6 --lock piano=5");
    for (five, (anew, locked)) in five.iter().zip(anew.iter().zip(&locked)) {
        for track in [Track::Drums, Track::Guitar, Track::Strings] {
            assert_eq!(five.track(track), anew.track(track));
        }
        assert_ne!(five.track(Track::Bass), anew.track(Track::Bass));
        assert_eq!(five.track(Track::Piano), locked.track(Track::Piano));
    }
    let wrong = "generate --weights band.safetensors --output x";
    place.fail(&format!("{wrong} --lock flute=1"), 2, &["no track \"flute\"", "drums, piano"]);
    place.fail(&format!("{wrong} --lock drums=1,bass=1,drums=2"), 1, &["--lock names drums twice"]);
    place.fail(&format!("{wrong} --regenerate bass=x"), 2, &["\"x\" is no number of a take"]);
}

#[test]
fn the_given_tracks_of_a_file_are_played_along_with() {
    let place = place();
    let me: Vec<_> =
        midi::read(&mid(0..2)).unwrap().phrases(Stride::Phrase).map(|cut| cut.phrase).collect();
    place.succeed(
        "generate --weights band.safetensors --format mid --output out --accompany me.mid \
         --given piano,drums",
    );
    let played = samples(&place, "out");
    assert_eq!(played.len(), 2);
    for (played, me) in played.iter().zip(&me) {
        assert_eq!(played.track(Track::Piano), me.track(Track::Piano));
        assert_ne!(played.track(Track::Bass), me.track(Track::Bass));
    }
    let accompany = "generate --weights band.safetensors --output x --accompany";
    place.fail(
        &format!("{accompany} me.mid --given strings"),
        1,
        &["has nothing for Strings", "Piano"],
    );
    place.fail(
        &format!("{accompany} me.mid --given piano -n 3"),
        1,
        &["2 phrases", "3 were asked"],
    );
    place.fail(&format!("{accompany} me.mid"), 2, &["--given"]);
    place.fail(
        &format!("{accompany} me.mid --given piano --chords C|F|C|F|C|F|C|F|G|G|G|G"),
        1,
        &["the chords last 12 bars and the 2 samples 8"],
    );
}

#[test]
fn given_tracks_that_rest_for_a_phrase_are_not_played_for_them() {
    let place = place();
    let [piano, rests] = [(1, Track::Piano), (2, Track::Drums)].map(|(number, track)| {
        let phrase = phrase(number);
        Phrase::new(phrase.track(track).iter().map(|note| (track, *note)))
    });
    place.write("rests.mid", midi::write_phrases(&[piano.clone(), rests], 120.0).unwrap());
    let said = place.succeed(
        "generate --weights band.safetensors --format mid --output out --accompany rests.mid \
         --given piano",
    );
    assert!(
        said.stderr.contains("in phrase 1 of rests.mid all given tracks rest"),
        "{}",
        said.stderr
    );
    let played = samples(&place, "out");
    assert_eq!(played[0].track(Track::Piano), piano.track(Track::Piano));
    assert!(played[1].track(Track::Piano).is_empty() && !played[1].is_empty());
}

#[test]
fn what_would_not_be_heard_or_would_be_lost_is_refused() {
    let place = place();
    let vary = "generate --weights band.safetensors --format mid --output out --vary";
    for option in ["--chords C", "--lock bass=1", "--regenerate bass", "--morph 0.5"] {
        place.fail(&format!("{vary} me.mid {option}"), 2, &["cannot be used with"]);
    }
    let others = [
        "--accompany me.mid --given bass --lock drums=1",
        "--morph-from me.mid --morph-to you.mid --seed 3",
    ];
    for options in others {
        let generate = "generate --weights band.safetensors --output out";
        place.fail(&format!("{generate} {options}"), 2, &["cannot be used with"]);
    }
    assert!(!place.path("out").exists());
    // The last seed there is, and what follows it.
    place.succeed(&format!("{vary} me.mid --seed {} -n 2", u64::MAX));
    let before = contents(&place.path("out"));
    place.fail(&format!("{vary} out/sample-000.mid"), 1, &["might be replaced", "--output"]);
    assert_eq!(contents(&place.path("out")), before);
}

#[test]
fn a_phrase_is_varied_and_morphed() {
    let place = place();
    let generate = "generate --weights band.safetensors --format mid --output";
    let said = place.succeed(&format!("{generate} vary --vary me.mid --amount 0.9 -n 3")).stderr;
    assert!(said.contains("me.mid has 2 phrases of four bars; the first is used"), "{said}");
    let varied = samples(&place, "vary");
    assert_eq!(varied.len(), 3);
    assert_ne!(varied[0], varied[1]);
    let morph = "--morph-from me.mid --morph-to you.mid";
    place.succeed(&format!("{generate} morph {morph} --steps 4"));
    assert_eq!(samples(&place, "morph").len(), 5);
    place.fail(&format!("{generate} x {morph} --steps 4 -n 9"), 1, &["4 steps are 5 samples"]);
    place.write("none.mid", midi::write_phrases(&[], 120.0).unwrap());
    place.fail(&format!("{generate} x --vary none.mid"), 1, &["none.mid holds no four bars"]);
    place.fail(&format!("{generate} x --vary absent.mid"), 1, &["absent.mid"]);
}

#[test]
fn what_only_the_other_model_has_is_refused_with_its_name() {
    let place = place();
    let band = "generate --weights band.safetensors --output x";
    let tutorial = "generate --weights tutorial.safetensors --output x";
    place.fail(&format!("{band} --raw"), 1, &["model \"band\"", "--raw"]);
    place.fail(&format!("{band} --threshold 0.4"), 1, &["model \"band\"", "--threshold"]);
    place.write("z.npy", b"no latents");
    place.fail(&format!("{band} --latents z.npy"), 1, &["model \"band\"", "latents"]);
    for options in ["--chords C", "--lock bass=1", "--regenerate bass", "--vary me.mid"] {
        place.fail(&format!("{tutorial} {options}"), 1, &["\"band\"", "\"tutorial\""]);
    }
    place.fail(&format!("{band} --device cuda"), 1, &["plays on the CPU alone"]);
    let devices = place.succeed("devices --weights band.safetensors").stdout;
    assert!(devices.contains("CPU: the model \"band\" plays on the CPU alone"), "{devices}");
    let inspected = place.succeed("inspect band.safetensors").stdout;
    assert!(inspected.contains("a bank of 16"), "{inspected}");
}

#[test]
fn a_band_is_not_silently_trained_elsewhere_than_asked() {
    let place = place();
    place.succeed("prepare --input . --output data");
    let train = "train --data data --run run --preset band --device cuda";
    place.fail(train, 1, &["trains on the CPU alone", "--device cpu"]);
    assert!(!place.path("run").exists());
}

#[test]
fn a_calibrated_band_plays_more_as_its_songs_do_and_only_biases_change() {
    let place = place();
    for song in 0..4 {
        place.write(&format!("midi/song{song}.mid"), mid(song..song + 2));
    }
    place.succeed("prepare --input midi --output data");
    let said =
        place.succeed("calibrate --weights band.safetensors --data data --output c.st").stdout;
    let lines = said.lines().filter_map(|line| Some(line.split_once("of a phrase: ")?.1));
    let mut moved = 0;
    for line in lines {
        let (steps, notes) = line.split_once("; so many at once: ").unwrap();
        for rates in [steps, notes] {
            let rates: Vec<f64> = rates.split(", ").map(|rate| rate.parse().unwrap()).collect();
            let [before, after, songs] = rates[..] else { panic!("{line}") };
            assert!((after - songs).abs() <= (before - songs).abs(), "{line}");
            moved += usize::from(after != before);
        }
    }
    assert!(moved >= 5, "{said}");
    let [before, after] =
        ["band.safetensors", "c.st"].map(|file| Weights::read(&place.path(file)).unwrap());
    let changed: Vec<_> = before
        .parameters()
        .zip(after.parameters())
        .filter(|(before, after)| before.2 != after.2)
        .map(|((name, ..), _)| name)
        .collect();
    assert!(
        changed.iter().all(|name| name.starts_with("codec.decode.") && name.ends_with(".bias"))
    );
    assert!((1..=4).contains(&changed.len()), "{changed:?}");
}

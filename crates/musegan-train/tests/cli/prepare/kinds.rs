//! Every kind of file that is read, and what its phrases and songs are called.

use std::fs;

use musegan_score::Track;
use musegan_train::dataset::{Dataset, OnsetSource};

use crate::program::{Workplace, mid, phrase};

/// The songs of a dataset, sorted, which has an order of its own.
pub fn songs(dataset: &Dataset) -> Vec<String> {
    let names = (0..dataset.len()).map(|number| dataset.song(number).name.clone());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn files_of_all_midi_endings_are_read_and_one_that_is_reached_twice_counts_once() {
    let place = Workplace::new();
    for (number, name) in (0..).zip(["a.mid", "deep/b.MIDI", "c.kar", "deep/d.e.rmi"]) {
        place.write(&format!("midi/{name}"), mid(number..number + 1));
    }
    // AppleDouble: the name of a song and none of its content.
    place.write("midi/deep/._b.MIDI", "Mac OS X");
    place.succeed("prepare --input midi midi/deep midi/a.mid --output data");
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert_eq!(songs(&dataset), ["a", "c", "deep/b", "deep/d.e"]);
    assert_eq!((dataset.len(), dataset.corpora().len()), (4, 1));
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_never_in_circles() {
    let place = Workplace::new();
    place.write("midi/a.mid", mid(0..1));
    std::os::unix::fs::symlink(".", place.path("midi/again")).unwrap();
    std::os::unix::fs::symlink("a.mid", place.path("midi/b.mid")).unwrap();
    std::os::unix::fs::symlink("nowhere.mid", place.path("midi/c.mid")).unwrap();
    let outcome = place.succeed("prepare --input midi --output data");
    assert!(outcome.stderr.contains("midi/c.mid"), "{}", outcome.stderr);
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert_eq!((songs(&dataset), dataset.len()), (vec!["a".to_owned()], 1));
}

#[test]
fn piano_rolls_of_both_generations_of_pypianoroll_give_the_same_phrases() {
    let place = Workplace::new();
    for version in ["0.5", "1.0"] {
        let asset = format!("tests/cli/assets/pypianoroll-{version}.npz");
        let asset = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(asset);
        place.write(&format!("lpd{version}/R/tune.npz"), fs::read(asset).unwrap());
        place.succeed(&format!("prepare --input lpd{version} --output data{version}"));
    }
    let [old, new] = ["0.5", "1.0"].map(|v| Dataset::open(&place.path(&format!("data{v}"))));
    let (old, new) = (old.unwrap(), new.unwrap());
    assert_eq!(songs(&old), ["R/tune"]);
    // Five bars: a phrase, and one that begins with the fifth bar.
    assert_eq!((old.len(), new.len()), (2, 2));
    assert_eq!((0..2).map(|i| old.phrase(i)).collect::<Vec<_>>(), [new.phrase(0), new.phrase(1)]);
    let first = old.phrase(0);
    let notes = |track| -> Vec<_> {
        let notes = first.track(track).iter();
        notes
            .map(|n| (n.onset().index(), n.length(), n.pitch.number(), n.velocity.value()))
            .collect()
    };
    // 24 steps of the roll are four of ours; a change of velocity is a note of its own.
    assert_eq!(notes(Track::Piano), [(0, 8, 60, 80), (8, 8, 60, 90), (16, 16, 64, 70)]);
    assert_eq!(notes(Track::Strings), [(0, 64, 72, 60)]);
    // A roll cannot tell a note that is repeated at once from a long one.
    assert_eq!(notes(Track::Bass), [(0, 64, 40, 110)]);
    assert_eq!(notes(Track::Drums)[1], (4, 1, 36, 100));
    assert!(notes(Track::Guitar).is_empty());
}

#[test]
fn a_beat_file_beside_a_song_says_where_the_beats_are() {
    let place = Workplace::new();
    // Beats as far apart as three quarters of the file's: nine bars of the file are twelve.
    let beats: String =
        (0..49).map(|beat| format!("{} {}\n", f64::from(beat) * 0.375, beat % 4 + 1)).collect();
    place.write("with/song.mid", mid(0..3));
    place.write("with/song.beats", beats);
    place.write("without/song.mid", mid(0..3));
    let config = "[rules]\nmax_off_grid = 1.0\ntriplets = \"keep\"\nswing = \"keep\"\n";
    place.write("loose.toml", config);
    for folder in ["with", "without"] {
        place.succeed(&format!(
            "prepare --input {folder} --output {folder}.data --config loose.toml"
        ));
    }
    let bars = |name: &str| Dataset::open(&place.path(name)).unwrap().corpora()[0].bars;
    assert_eq!((bars("without.data"), bars("with.data")), (12, 13));
    // The drums come with every beat of the file, so every four thirds of a beat.
    let with = Dataset::open(&place.path("with.data")).unwrap();
    let (with, onsets) = (with.phrase(0), |p: &musegan_score::Phrase| -> Vec<_> {
        p.track(Track::Drums).iter().map(|n| n.onset().index()).take(4).collect()
    });
    assert_eq!(onsets(&with), [0, 5, 11, 16]);
    assert_eq!(onsets(&phrase(0)), [0, 4, 8, 12]);
}

#[test]
fn a_broken_beat_file_makes_its_song_unreadable_and_says_so() {
    let place = Workplace::new();
    place.write("midi/a/song.mid", mid(0..3));
    place.write("midi/a/beat_midi.txt", "0.0 1 1\nnonsense\n");
    place.write("midi/b.mid", mid(3..4));
    let outcome = place.succeed("prepare --input midi --output data");
    assert!(outcome.stderr.contains("a/song.mid: beat_midi.txt: "), "{}", outcome.stderr);
}

#[test]
fn a_manifest_names_song_source_licence_and_weight() {
    let place = Workplace::new();
    place.write("corpus/pop909/001-a1.mid", mid(0..2));
    place.write("corpus/pop909/001-a2.mid", mid(2..4));
    place.write("corpus/other.mid", mid(4..6));
    let song = |variant: &str| {
        format!(
            r#"{{"file":"pop909/001-{variant}.mid","song":"001","source":"POP909","licence":"MIT",
                "attribution":"Music X Lab","weight":2.5}}"#
        )
    };
    let manifest = |version: u32, songs: &str| {
        format!(r#"{{"format":"musegan-corpus","format_version":{version},"songs":[{songs}]}}"#)
    };
    let songs_of_both = [song("a1"), song("a2")].join(",");
    place.write("corpus/manifest.json", manifest(1, &songs_of_both));
    place.succeed("prepare --input corpus --output data");
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert_eq!(songs(&dataset), ["001", "other"]);
    let corpus = |name: &str| dataset.corpora().iter().find(|c| c.name == name).unwrap().clone();
    let pop = corpus("POP909");
    assert_eq!((pop.songs, pop.files), (1, 2));
    assert_eq!((pop.origins[0].licence.as_str(), pop.origins[0].files), ("MIT", 2));
    assert_eq!(corpus("corpus").songs, 1);
    for number in 0..dataset.len() {
        let song = dataset.song(number);
        assert_eq!(song.weight, if song.name == "001" { 2.5 } else { 1.0 });
    }

    for (bad, word) in [
        (manifest(2, ""), "version 2"),
        (manifest(1, &[song("a1"), song("a1")].join(",")), "twice"),
        (manifest(1, &song("a1").replace("2.5", "-1")), "weight"),
        (manifest(1, &song("a1"))[..90].to_owned(), "manifest.json"),
    ] {
        place.write("corpus/manifest.json", bad);
        place.fail("prepare --input corpus --output other", 1, &["manifest.json", word]);
    }
    // Another program's.
    place.write("corpus/manifest.json", "{\"name\": \"app\"}");
    place.succeed("prepare --input corpus --output data --force");
}

#[test]
fn cells_have_no_onsets_and_no_velocities_and_the_index_says_so() {
    let place = Workplace::new();
    place.write("midi/song.mid", mid(0..2));
    place.succeed("prepare --input midi --output data --preset tutorial");
    let dataset = Dataset::open(&place.path("data")).unwrap();
    let corpus = &dataset.corpora()[0];
    assert_eq!((corpus.onsets, corpus.velocities), (OnsetSource::Runs, false));
}

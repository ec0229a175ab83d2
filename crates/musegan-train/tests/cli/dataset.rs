//! Damaged and lying datasets are refused with a sentence.

use std::fs;

use musegan_score::Layout;
use musegan_train::dataset::{
    Dataset, DatasetError, DatasetWriter, Labels, PackedPhrase, Shape, is_held_out,
};

use crate::program::{Workplace, mid, phrase};

fn prepared() -> Workplace {
    let place = Workplace::new();
    place.write("midi/song.mid", mid(0..2));
    place.succeed("prepare --input midi --output data");
    place
}

fn refusal(place: &Workplace) -> String {
    Dataset::open(&place.path("data")).unwrap_err().to_string()
}

#[test]
fn a_changed_or_shortened_shard_is_refused() {
    let place = prepared();
    let shard = place.path("data/shard-00000.safetensors");
    let good = fs::read(&shard).unwrap();
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    for bad in [&changed[..], &good[..good.len() - 1], &[]] {
        fs::write(&shard, bad).unwrap();
        let refusal = refusal(&place);
        assert!(refusal.contains("shard-00000.safetensors is damaged"), "{refusal}");
    }
    fs::remove_file(&shard).unwrap();
    assert!(matches!(Dataset::open(&place.path("data")), Err(DatasetError::Io { .. })));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_is_refused_instead_of_waited_for() {
    let place = prepared();
    for (name, command) in [
        ("song.mid", "inspect song.mid"),
        ("z.npy", "generate --weights w.safetensors --output out --latents z.npy"),
        ("run.toml", "train --data data --run run --config run.toml"),
        ("data/shard-00000.safetensors", "inspect data"),
        ("data/index.json", "inspect data"),
    ] {
        let pipe = place.path(name);
        fs::remove_file(&pipe).ok();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        crate::weights::lively().write(&place.path("w.safetensors")).unwrap();
        let code = if name == "run.toml" { 2 } else { 1 };
        place.fail(command, code, &[name, "a pipe or a device"]);
    }
}

#[test]
fn an_index_that_lies_is_refused() {
    for (file, truth, lie, word) in [
        ("index.json", "\"format_version\": 2", "\"format_version\": 1", "version 1"),
        ("index.json", "\"pitches\": 72", "\"pitches\": 71", "checksum"),
        ("index.json", "\"pitches\": 72", "\"pitches\": 0", "no layout has the axes"),
        ("index.json", "\"Strings\"", "\"Triangle\"", "no layout has the parts"),
        ("index.json", "\"file\": \"shard", "\"file\": \"../shard", "name"),
        ("index.json", "\"file\": \"songs.jsonl", "\"file\": \"/songs.jsonl", "name"),
        ("index.json", "musegan-dataset", "something-else", "something-else"),
        ("index.json", "\"phrases\": 2", "\"phrases\": 3", "shards"),
        ("index.json", "\"shards\": [", "\"shards\": 7, \"rest\": [", "damaged"),
        ("songs.jsonl", "\"held_out\":false", "\"held_out\":true", "checksum"),
        ("songs.jsonl", "\"corpus\":0", "\"corpus\":9", "no corpus"),
        ("songs.jsonl", "[0,2]", "[0,1]", "checksum"),
        ("songs.jsonl", "song", "pong", "checksum"),
        ("songs.jsonl", "{", "[", "line 1"),
        ("files.jsonl", "song", "pong", "checksum"),
    ] {
        let place = prepared();
        let path = place.path("data").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(truth), "{truth}");
        fs::write(&path, text.replacen(truth, lie, 1)).unwrap();
        let refusal = refusal(&place);
        assert!(refusal.contains(word), "{lie}: {refusal}");
    }
}

#[test]
fn a_folder_that_is_no_dataset_is_told_how_to_become_one() {
    let place = Workplace::new();
    place.write("midi/song.mid", mid(0..1));
    place.fail("train --data midi --run run", 1, &["midi is not a dataset", "prepare"]);
    place.fail("inspect midi", 1, &["is not a dataset"]);
}

#[test]
fn a_preparation_that_does_not_finish_leaves_nothing_and_the_older_dataset_as_it_was() {
    let place = prepared();
    let before = crate::program::contents(&place.path(""));
    for output in ["new", "data"] {
        let mut writer = DatasetWriter::create(&place.path(output), true, Shape::band()).unwrap();
        let corpus = writer.add_corpus("corpus");
        writer.begin_song(corpus, "song", 1.0).unwrap();
        let phrase = PackedPhrase::of_phrase(&phrase(0));
        // More than one shard, so that something was written.
        for _ in 0..5000 {
            writer.push(&phrase).unwrap();
        }
        drop(writer);
    }
    assert_eq!(crate::program::contents(&place.path("")), before);
}

#[test]
fn phrases_beyond_the_first_shard_are_found() {
    let place = Workplace::new();
    let mut writer = DatasetWriter::create(&place.path("data"), false, Shape::band()).unwrap();
    let corpus = writer.add_corpus("corpus");
    for number in 0..4100u32 {
        writer.begin_song(corpus, &format!("song {}", number / 41), 1.0).unwrap();
        writer.push(&PackedPhrase::of_phrase(&phrase((number % 251) as u8))).unwrap();
    }
    writer.finish(().into(), ().into()).unwrap();
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert_eq!(dataset.index().shards.len(), 2);
    for number in [0, 4095, 4096, 4099] {
        assert_eq!(dataset.phrase(number), phrase((number % 251) as u8), "{number}");
        assert_eq!(dataset.song(number).name, format!("song {}", number / 41));
    }
}

/// A dataset of one empty phrase in the layout of another preset.
fn of_other_networks(place: &Workplace) -> Shape {
    let shape = Shape { preset: "lpd17".into(), layout: Layout::LPD17, binary: false };
    let mut writer = DatasetWriter::create(&place.path("data"), false, shape.clone()).unwrap();
    let corpus = writer.add_corpus("corpus");
    let song = (0..).map(|n| n.to_string()).find(|name| !is_held_out(name)).unwrap();
    writer.begin_song(corpus, &song, 1.0).unwrap();
    writer.push(&PackedPhrase::of(&shape, &[], &Labels::default())).unwrap();
    writer.finish(().into(), ().into()).unwrap();
    shape
}

#[test]
fn data_for_other_networks_can_be_read_but_is_refused_by_what_trains_the_band() {
    let place = Workplace::new();
    let shape = of_other_networks(&place);
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert_eq!((&dataset.index().layout, dataset.layout()), (&shape, Layout::LPD17));
    dataset.fill_cells(0, &mut vec![0.0; 17 * 64 * 72]);
    crate::weights::lively().write(&place.path("w.safetensors")).unwrap();
    for command in [
        "train --data data --run run",
        "evaluate --data data",
        "calibrate --weights w.safetensors --data data",
    ] {
        place.fail(command, 1, &["preset `lpd17`", "`band`"]);
    }
    assert!(!place.path("run").exists());
}

//! Damaged and lying datasets are refused with a sentence.

use std::fs;

use musegan_train::dataset::{
    Dataset, DatasetError, DatasetWriter, OnsetSource, PackedPhrase, PhraseStride, PrepareConfig,
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
    for (truth, lie, word) in [
        ("\"format_version\": 1", "\"format_version\": 2", "version 2"),
        ("\"held_out\": false", "\"held_out\": true", "checksum"),
        ("\"file\": \"shard", "\"file\": \"../shard", "name"),
        ("musegan-dataset", "something-else", "something-else"),
        ("\"phrases\": 2", "\"phrases\": 3", "shards"),
        ("\"corpus\": 0", "\"corpus\": 9", "no corpus"),
        ("\"shards\": [", "\"shards\": 7, \"rest\": [", "damaged"),
    ] {
        let place = prepared();
        let index = place.path("data/index.json");
        let text = fs::read_to_string(&index).unwrap();
        assert!(text.contains(truth), "{truth}");
        fs::write(&index, text.replacen(truth, lie, 1)).unwrap();
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
        let mut writer = DatasetWriter::create(&place.path(output), true).unwrap();
        writer.begin_corpus("corpus", OnsetSource::Notes, true);
        let (phrase, _) = PackedPhrase::of(&phrase(0));
        // More than one shard, so that something was written.
        for _ in 0..5000 {
            writer.push("song", &phrase).unwrap();
        }
        drop(writer);
    }
    assert_eq!(crate::program::contents(&place.path("")), before);
}

#[test]
fn phrases_beyond_the_first_shard_are_found() {
    let place = Workplace::new();
    let mut writer = DatasetWriter::create(&place.path("data"), false).unwrap();
    writer.begin_corpus("corpus", OnsetSource::Notes, true);
    for number in 0..4100u32 {
        let (packed, _) = PackedPhrase::of(&phrase((number % 251) as u8));
        writer.push(&format!("song {}", number / 41), &packed).unwrap();
    }
    writer.finish(PrepareConfig { min_tracks: 1, stride: PhraseStride::Phrase }).unwrap();
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert_eq!(dataset.index().shards.len(), 2);
    for number in [0, 4095, 4096, 4099] {
        assert_eq!(dataset.phrase(number), phrase((number % 251) as u8), "{number}");
        assert_eq!(dataset.song(number).name, format!("song {}", number / 41));
    }
}

//! Damaged and lying datasets are refused with a sentence.

use std::fs;

use musegan_train::dataset::{Dataset, DatasetError};

use crate::program::{Workplace, mid};

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

#[test]
fn an_index_that_lies_is_refused() {
    for (truth, lie, word) in [
        ("\"format_version\": 1", "\"format_version\": 2", "version 2"),
        ("\"held_out\": false", "\"held_out\": true", "checksum"),
        ("\"file\": \"shard", "\"file\": \"../shard", "name"),
        ("musegan-dataset", "something-else", "something-else"),
        ("\"corpus\": 0", "\"corpus\": 9", "no corpus"),
        ("\"shards\": [", "\"shards\": 7, \"rest\": [", "damaged"),
    ] {
        let place = prepared();
        let index = place.path("data/index.json");
        let text = fs::read_to_string(&index).unwrap();
        assert!(text.contains(truth), "{truth}");
        fs::write(&index, text.replace(truth, lie)).unwrap();
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

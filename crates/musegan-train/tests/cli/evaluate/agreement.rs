//! Numbers of other programs on the same files: `bench/peers/measures.py` writes both.

use std::path::{Path, PathBuf};

use musegan_train::evaluate::published::{self, Definition};
use musegan_train::evaluate::{Music, input, muspy};
use serde_json::Value;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture/measures")
}

/// Each file with its one phrase and what others say of it.
fn phrases() -> Vec<(String, Music, Value)> {
    let values = std::fs::read(fixture().join("values.json")).unwrap();
    let values: serde_json::Map<String, Value> = serde_json::from_slice(&values).unwrap();
    let read = |(file, value): (String, Value)| {
        let music = input::read(&fixture().join(&file), &[], None, 10).unwrap();
        assert_eq!(music.phrases.len(), 1, "{file}");
        (file, music, value)
    };
    values.into_iter().map(read).collect()
}

#[test]
fn muspy_measures_the_same_on_the_same_files() {
    for (file, music, values) in phrases() {
        let found = muspy::of_phrase(&music.phrases[0]);
        for (name, found) in muspy::NAMES.iter().zip(found) {
            let Some(expected) = values["muspy"][name].as_f64() else {
                assert_eq!((*name, file.as_str()), ("groove_consistency", "0.mid"));
                continue;
            };
            let found = found.unwrap();
            assert!((found - expected).abs() < 1e-9, "{file} {name}: {found}, MusPy {expected}");
        }
    }
}

#[test]
fn what_each_release_printed_is_what_its_formulas_give() {
    let mut compared = 0;
    for (file, music, values) in phrases() {
        for row in published::compare(&music.phrases, &[]) {
            let other = row.other.map_or(String::new(), |track| format!(" {}", track.name()));
            let name = format!("{} {}{other}", row.name, row.track.name());
            for (definition, [found, _]) in Definition::ALL.iter().zip(row.values) {
                let Some(expected) = values[definition.name()][&name].as_f64() else { continue };
                let found = found.unwrap();
                let by = definition.name();
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{file} {name}, {by}: {found}, {expected}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 150, "{compared}");
}

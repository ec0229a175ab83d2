//! What is damaged gives a chart or a reason, never a panic.
use std::fs;

use musegan_corpus::arrangement::arrange;
use musegan_corpus::drummers::Drummers;
use musegan_score::midi;
use proptest::prelude::*;
use tempfile::TempDir;

use super::{charts, write};
use crate::Collection;

/// Bytes of a file are replaced and cut off.
fn damage(bytes: &mut Vec<u8>, places: &[(prop::sample::Index, u8)], keep: prop::sample::Index) {
    for (place, byte) in places {
        let place = place.index(bytes.len());
        bytes[place] = *byte;
    }
    bytes.truncate(keep.index(bytes.len() * 4) + 1);
}

#[test]
fn what_claims_to_be_endless_ends() {
    let folder = TempDir::new().unwrap();
    let line = format!("0.0\tA, verse, {}| x64\n", "| C:maj ".repeat(100_000));
    write(folder.path(), "0001/salami_chords.txt", format!("# title: Long\n{line}9.0\tend\n"));
    let repeat = "<barline><repeat direction=\"backward\" times=\"8\"/></barline>".to_owned();
    write(folder.path(), "Repeats.mxl", super::openewld::mxl("4/4", &vec![repeat; 1999]));
    let deep = "<note>".repeat(200_000) + &"</note>".repeat(200_000);
    write(folder.path(), "Deep.mxl", super::openewld::mxl("4/4", &[deep]));
    for collection in Collection::ALL {
        assert!(charts(collection, folder.path()).iter().all(Result::is_err));
    }
}

#[test]
fn a_text_that_may_grow_by_references_is_refused() {
    let folder = TempDir::new().unwrap();
    let measures = [super::openewld::tune(), vec!["<x>&a;</x>".to_owned()]].concat();
    let plain = "<!DOCTYPE score-partwise PUBLIC '-//Recordare//DTD' 'x.dtd'>";
    let bomb = format!("<!DOCTYPE score-partwise [<!ENTITY a \"{}\">]>", "x".repeat(100));
    let score = |doctype: &str| {
        super::openewld::packed(&super::openewld::xml("4/4", &measures).replace(plain, doctype))
    };
    write(folder.path(), "Bomb.mxl", score(&bomb));
    let refused = charts(Collection::OpenEwld, folder.path()).remove(0).unwrap_err();
    assert!(refused.to_string().contains("entities"), "{refused}");
}

#[test]
fn charts_without_a_title_are_songs_of_their_own() {
    let folder = TempDir::new().unwrap();
    let untitled = super::billboard::SONG.replace("# title: A Song\n# artist: Somebody\n", "");
    write(folder.path(), "0001/salami_chords.txt", &untitled);
    write(folder.path(), "0002/salami_chords.txt", untitled.replace("A:min", "C:maj"));
    assert!(charts(Collection::Billboard, folder.path()).iter().all(Result::is_ok));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_of_any_collection_panics_nowhere(
        file in 0..6_usize,
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        keep in any::<prop::sample::Index>(),
    ) {
        let folder = TempDir::new().unwrap();
        super::pop909::song(folder.path(), "001", 0, 4);
        write(folder.path(), "0001/salami_chords.txt", super::billboard::SONG);
        let measures = super::openewld::tune();
        write(folder.path(), "Tune.mxl", super::openewld::mxl("4/4", &measures));
        let path = folder.path().join([
            "POP909/001/001.mid",
            "POP909/001/beat_midi.txt",
            "POP909/001/chord_midi.txt",
            "POP909/001/key_audio.txt",
            "0001/salami_chords.txt",
            "Tune.mxl",
        ][file]);
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes, &places, keep);
        fs::write(&path, bytes).unwrap();
        for collection in Collection::ALL {
            for result in charts(collection, folder.path()) {
                match result {
                    Ok(chart) => {
                        let bars: usize = chart.sections.iter().map(|s| s.bars).sum();
                        prop_assert_eq!(bars, chart.bars.len());
                        let song = arrange(&chart, &Drummers::default(), 1, 1);
                        prop_assert!(midi::write(&song).is_ok());
                    }
                    Err(refused) => prop_assert!(!refused.detail.is_empty()),
                }
            }
        }
    }

    #[test]
    fn a_damaged_list_of_drummers_or_performance_panics_nowhere(
        list in any::<bool>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        keep in any::<prop::sample::Index>(),
    ) {
        let folder = TempDir::new().unwrap();
        super::pop909::song(folder.path(), "001", 0, 4);
        let performances = "style,bpm,beat_type,time_signature,midi_filename\n\
                            rock,120,beat,4-4,001.mid\njazz,90,fill,4-4,001.mid\n";
        write(folder.path(), "POP909/001/info.csv", performances);
        let path = folder.path().join("POP909/001").join(if list { "info.csv" } else { "001.mid" });
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes, &places, keep);
        fs::write(&path, bytes).unwrap();
        match Drummers::read(folder.path()) {
            Ok(drummers) => {
                prop_assert!(drummers.all().iter().all(|performance| !performance.bars.is_empty()));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

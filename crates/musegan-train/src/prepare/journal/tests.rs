//! A journal that was cut anywhere goes on to the same bytes.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use musegan_score::chord::Quality;
use musegan_score::layout::PlacedNote;
use musegan_score::{Chord, Key};
use proptest::prelude::*;

use super::*;
use crate::prepare::prepared::{Contents, LabelledPhrase, Origin, Unreadable};

fn header() -> Header {
    Header {
        shape: Shape::band(),
        config: serde_json::json!({"stride": "phrase"}),
        inputs: "a folder".into(),
        share: (1, 1),
    }
}

fn any_phrase() -> impl Strategy<Value = LabelledPhrase> {
    let note = (any::<u8>(), any::<u16>(), any::<u8>(), any::<u16>(), any::<u8>());
    let note = note.prop_map(|(part, onset, pitch, length, velocity)| PlacedNote {
        part,
        onset,
        pitch,
        length,
        velocity,
    });
    let chord = prop::option::of(
        (0u8..12, 0usize..16, 0u8..12)
            .prop_map(|(root, quality, bass)| Chord::new(root, Quality::ALL[quality], bass)),
    );
    let key = (0u8..25).prop_map(Key::of_code);
    let lists = (prop::collection::vec(note, 0..9), prop::collection::vec(chord, 0..9));
    (any::<u32>(), lists, key, ".{0,9}").prop_map(|(bar, (notes, chords), key, section)| {
        LabelledPhrase { bar, notes, key, chords, section }
    })
}

fn any_prepared() -> impl Strategy<Value = Prepared> {
    let contents = (prop::collection::vec(any_phrase(), 0..4), any::<u64>(), any::<bool>());
    let contents = contents.prop_map(|(phrases, bars, cells_only)| Contents {
        damage: cells_only.then(|| "byte 7".into()),
        cells_only,
        bars,
        phrases,
        dropped: BTreeMap::from([("notes", bars), ("bars", 1)]),
        measures: vec![("swing", 0.3)],
        assignments: vec!["guitar: Guitar".into()],
    });
    let outcome =
        prop_oneof![contents.prop_map(Ok), ".{0,9}".prop_map(|reason| Err(Unreadable { reason }))];
    let origin = prop::option::of(".{0,9}".prop_map(|licence| Origin {
        source: "songs".into(),
        licence,
        attribution: "everyone".into(),
    }));
    ("[a-z]{0,3}", ".{0,9}", ".{0,9}", origin, outcome).prop_map(
        |(corpus, song, file, origin, outcome)| Prepared {
            corpus,
            song,
            file,
            origin,
            weight: 1.5,
            outcome,
        },
    )
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_and_nothing_else_is(
        prepared in any_prepared(), cut in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let record = encode(&prepared);
        prop_assert_eq!(names(&record), Some([&*prepared.corpus, &prepared.song, &prepared.file]));
        prop_assert_eq!(decode(&record), Some(prepared.clone()));
        let at = cut.index(record.len());
        prop_assert_eq!(decode(&record[..at]), None);
        let mut changed = record;
        changed[at] = byte;
        // Another file or none, but neither a panic nor a promise of memory.
        decode(&changed);
    }
}

fn file(number: usize) -> Prepared {
    Prepared {
        corpus: "midi".into(),
        song: number.to_string(),
        file: format!("{number}.mid"),
        origin: None,
        weight: 1.0,
        outcome: Err(Unreadable { reason: "x".repeat(number * 7 % 30) }),
    }
}

/// Adds the files from where the journal is, and the end mark.
fn go_on(folder: &Path, files: usize) {
    let mut journal = Journal::open(folder, &header()).unwrap();
    let done = journal.progress().files as usize;
    (done..files).for_each(|number| journal.append(&file(number)).unwrap());
    journal.finish().unwrap();
}

#[test]
fn a_run_that_was_killed_at_any_byte_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(JOURNAL_FILE);
    drop(Journal::open(folder.path(), &header()).unwrap());
    let header_bytes = fs::read(&path).unwrap().len();
    go_on(folder.path(), 5);
    let whole = fs::read(&path).unwrap();
    for length in (0..=whole.len()).step_by(5) {
        let mut torn = whole[..length].to_vec();
        fs::write(&path, &torn).unwrap();
        go_on(folder.path(), 5);
        assert!(fs::read(&path).unwrap() == whole, "torn at {length}");
        // What a power cut leaves: the length is there, the content is not.
        let last = length.saturating_sub(3).max(header_bytes);
        if last < length {
            torn[last..].fill(0);
            fs::write(&path, &torn).unwrap();
            go_on(folder.path(), 5);
            assert!(fs::read(&path).unwrap() == whole, "zeros from {last} to {length}");
        }
    }
    let journal = Journal::open(folder.path(), &header()).unwrap();
    assert_eq!(journal.progress(), Progress { files: 5, finished: true });
}

#[test]
fn a_folder_with_other_work_or_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Journal::open(folder.path(), &header()).unwrap());
    let others = [
        (Header { config: serde_json::json!({"stride": "bar"}), ..header() }, "settings"),
        (Header { inputs: "another folder".into(), ..header() }, "inputs"),
        (Header { share: (1, 4), ..header() }, "share"),
    ];
    for (other, word) in others {
        let refusal = Journal::open(folder.path(), &other).unwrap_err().to_string();
        assert!(refusal.contains(word), "{refusal}");
    }
    let first = Journal::open(folder.path(), &header()).unwrap();
    let refusal = Journal::open(folder.path(), &header()).unwrap_err();
    assert!(matches!(refusal, JournalError::InUse(_)), "{refusal}");
    drop(first);
    fs::write(folder.path().join(JOURNAL_FILE), "my diary").unwrap();
    let refusal = Journal::open(folder.path(), &header()).unwrap_err();
    assert!(matches!(refusal, JournalError::Damaged { .. }), "{refusal}");
    let diary = fs::read(folder.path().join(JOURNAL_FILE)).unwrap();
    assert_eq!(diary, b"my diary");
}

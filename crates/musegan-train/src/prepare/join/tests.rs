//! A join does not depend on how the work was split, and refuses what does not belong together.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use musegan_score::layout::PlacedNote;

use super::*;
use crate::dataset::{Dataset, Shape};
use crate::prepare::journal::{Header, Journal};
use crate::prepare::prepared::{Contents, LabelledPhrase, Origin, Prepared, Unreadable};

pub fn phrase(bar: u32, notes: &[(u8, u16, u8)]) -> LabelledPhrase {
    let note = |&(part, onset, pitch)| PlacedNote { part, onset, pitch, length: 2, velocity: 80 };
    LabelledPhrase {
        bar,
        notes: notes.iter().map(note).collect(),
        key: None,
        chords: Vec::new(),
        section: String::new(),
    }
}

pub fn file(corpus: &str, song: &str, file: &str, phrases: Vec<LabelledPhrase>) -> Prepared {
    let bars = phrases.len() as u64 * 4;
    let dropped = BTreeMap::from([("notes too low", 2), ("notes too high", 0)]);
    Prepared {
        corpus: corpus.into(),
        song: song.into(),
        file: file.into(),
        origin: Some(Origin {
            source: corpus.to_uppercase(),
            licence: "MIT".into(),
            attribution: "all".into(),
        }),
        weight: 1.0,
        outcome: Ok(Contents { bars, phrases, dropped, ..Contents::default() }),
    }
}

/// Two corpora: songs of a few phrases, some in two files, and a file that cannot be read.
fn corpus() -> Vec<Prepared> {
    let mut files = Vec::new();
    for song in 0..40u8 {
        for take in 0..1 + song % 2 {
            let corpus = ["archive", "midi"][usize::from(song % 3 / 2)];
            // No two are the same in any key.
            let notes = |n: u8| [(0, 0, 30 + song), (2, u16::from(n) + 1, 40), (2, 40, 41 + take)];
            let phrases = (0..4u8).map(|n| phrase(n.into(), &notes(n)));
            let name = format!("{song}/{take}.mid");
            files.push(file(corpus, &song.to_string(), &name, phrases.collect()));
        }
    }
    let unreadable = Unreadable { reason: "byte 3: no music".into() };
    files.push(Prepared { outcome: Err(unreadable), ..file("midi", "bad", "bad.mid", Vec::new()) });
    files
}

pub fn header(share: (u32, u32)) -> Header {
    let config = serde_json::json!({"a": 1});
    Header { shape: Shape::band(), config, inputs: "all".into(), share }
}

pub fn journal(folder: &Path, header: &Header, files: &[Prepared]) {
    let mut journal = Journal::open(folder, header).unwrap();
    files.iter().for_each(|file| journal.append(file).unwrap());
    journal.finish().unwrap();
}

struct Count(u64);

impl Observer for Count {
    fn file(&mut self, _: &Prepared) {
        self.0 += 1;
    }

    fn finish(&mut self, folder: &Path) -> Result<serde_json::Value> {
        fs::write(folder.join("report.txt"), self.0.to_string())?;
        Ok(self.0.into())
    }
}

pub fn joined(place: &Path, journals: &[&str], output: &str, duplicates: Rules) -> Result<Index> {
    let options = Options {
        journals: journals.iter().map(|name| place.join(name)).collect(),
        output: place.join(output),
        replace: false,
        work: place.to_owned(),
        duplicates,
    };
    run(&options, &mut Count(0))
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
}

#[test]
fn a_corpus_in_four_shares_in_any_order_on_any_threads_is_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let files = corpus();
    journal(&place.join("whole"), &header((1, 1)), &files);
    for share in 0..4 {
        let part: Vec<_> = files.iter().skip(share).step_by(4).cloned().collect();
        let header = header((share as u32 + 1, 4));
        journal(&place.join(format!("part{share}")), &header, &part);
    }
    let rules = Rules::default();
    joined(place, &["whole"], "one", rules).unwrap();
    for (threads, journals) in
        [(1, &["part0", "part1", "part2", "part3"]), (3, &["part3", "part1", "part0", "part2"])]
    {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let output = format!("joined{threads}");
        pool.install(|| joined(place, journals, &output, rules)).unwrap();
        assert!(contents(&place.join("one")) == contents(&place.join(&output)), "{threads}");
    }

    let dataset = Dataset::open(&place.join("one")).unwrap();
    let [archive, midi] = dataset.corpora() else { panic!("two corpora") };
    assert_eq!((&*archive.name, archive.unreadable.count), ("archive", 0));
    assert_eq!((&*midi.name, midi.unreadable.count, &*midi.unreadable.example), {
        ("midi", 1, "bad.mid")
    });
    assert_eq!((archive.files + midi.files, archive.songs + midi.songs), (60, 40));
    assert_eq!(archive.dropped["notes too low"].count, 2 * archive.files);
    assert!(!archive.dropped.contains_key("notes too high"));
    assert_eq!((&*midi.origins[0].source, midi.origins[0].files), ("MIDI", midi.files));
    assert_eq!(dataset.index().report, 61);
    let mut rows = 0;
    let check = |entry: crate::dataset::FileEntry| {
        rows += 1;
        for phrase in entry.phrases[0]..entry.phrases[1] {
            let song = dataset.song(phrase);
            assert_eq!((&song.name, song.corpus), (&entry.song, entry.corpus));
            let notes = dataset.notes(phrase);
            assert_eq!(notes[0].pitch, 30 + entry.song.parse::<u8>().unwrap());
            assert_eq!(dataset.labels(phrase).bar + 1, u32::from(notes[1].onset));
        }
    };
    dataset.for_each_file(check).unwrap();
    assert_eq!(rows, 61);
    let left = fs::read_dir(place).unwrap().map(|e| e.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with("join-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn journals_that_do_not_belong_together_are_refused_and_leave_nothing() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let files = corpus();
    journal(&place.join("first"), &header((1, 2)), &files[..9]);
    journal(&place.join("second"), &header((2, 2)), &files[9..]);
    journal(&place.join("again"), &header((2, 2)), &files[9..]);
    journal(&place.join("overlap"), &Header { inputs: "b".into(), ..header((1, 1)) }, &files);
    let config = serde_json::json!({"a": 2});
    journal(&place.join("other"), &Header { config, ..header((2, 2)) }, &files[9..]);
    let mut unfinished = Journal::open(&place.join("killed"), &header((2, 2))).unwrap();
    unfinished.append(&files[9]).unwrap();
    drop(unfinished);
    for (journals, word) in [
        (&["first"][..], "share 2 of 2 is missing"),
        (&["first", "second", "again"], "same files"),
        (&["first", "other"], "different settings"),
        (&["first", "second", "overlap"], "there twice"),
        (&["first", "killed"], "not finished"),
        (&["nowhere"], "nowhere"),
        (&[], "nothing to join"),
    ] {
        let refusal =
            format!("{:#}", joined(place, journals, "out", Rules::default()).unwrap_err());
        assert!(refusal.contains(word), "{journals:?}: {refusal}");
        assert!(!place.join("out").exists());
    }
}

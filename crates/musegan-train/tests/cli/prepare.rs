//! `prepare`: what musicians have in, a dataset out, and nothing lost.

use std::fs;

use musegan_train::dataset::Dataset;

use crate::program::{Workplace, contents, mid, phrase};

mod archives;
mod arrays;
mod kinds;
mod rules;
mod runs;

#[test]
fn a_bad_file_is_listed_with_its_reason_and_the_rest_is_prepared() {
    let place = Workplace::new();
    place.write("midi/rock/good.mid", mid(0..3));
    place.write("midi/rock/bad.mid", "this is no music");
    place.write("midi/empty.MIDI", "");
    place.write("midi/notes.txt", "not looked at");
    let outcome = place.succeed("prepare --input midi --output data");

    assert!(outcome.stderr.contains("rock/bad.mid: not a MIDI file"), "{}", outcome.stderr);
    let shown = |line: &str| assert!(outcome.stdout.contains(line), "{}", outcome.stdout);
    shown("2 files that could not be read, such as midi/");
    shown("1 .txt, such as midi/notes.txt");
    shown("files/s on 2 threads");
    let dataset = Dataset::open(&place.path("data")).unwrap();
    let corpus = &dataset.corpora()[0];
    assert_eq!((corpus.unreadable.count, corpus.files, corpus.songs), (2, 1, 1));
    assert_eq!(dataset.len(), 3);
    assert_eq!(dataset.song(0).name, "rock/good");
    assert!(place.path("data/report.png").is_file());
}

#[test]
fn phrases_come_back_with_their_onsets_and_velocities() {
    let place = Workplace::new();
    place.write("midi/song.mid", mid(0..5));
    place.succeed("prepare --input midi --output data");
    let dataset = Dataset::open(&place.path("data")).unwrap();
    let found: Vec<_> = (0..dataset.len()).map(|i| dataset.phrase(i)).collect();
    assert_eq!(found, (0..5).map(phrase).collect::<Vec<_>>());
}

#[test]
fn a_folder_with_other_files_is_never_replaced_and_a_dataset_only_when_asked() {
    let place = Workplace::new();
    place.write("midi/song.mid", mid(0..1));
    place.write("photos/cat.jpg", "cat");
    place.write("file", "a file");
    for output in ["photos", "file", "photos/cat.jpg/below"] {
        place.fail(&format!("prepare --input midi --output {output} --force"), 1, &[output]);
    }
    assert_eq!(fs::read(place.path("photos/cat.jpg")).unwrap(), b"cat");

    place.succeed("prepare --input midi --output data");
    let before = contents(&place.path("data"));
    place.write("midi/other.mid", mid(1..3));
    place.fail("prepare --input midi --output data", 1, &["already holds a dataset", "--force"]);
    assert_eq!(contents(&place.path("data")), before);
    // As after a replacement that was killed between its two renames, or a folder of the user's.
    place.write("data.old/index.json", "the only copy");
    let words = ["data.old", "rename or remove"];
    place.fail("prepare --input midi --output data --force", 1, &words);
    assert_eq!(fs::read(place.path("data.old/index.json")).unwrap(), b"the only copy");
    assert_eq!(contents(&place.path("data")), before);
    fs::remove_dir_all(place.path("data.old")).unwrap();
    place.succeed("prepare --input midi --output data --force");
    assert_eq!(Dataset::open(&place.path("data")).unwrap().len(), 3);

    let mut left: Vec<_> = fs::read_dir(place.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["data", "file", "midi", "photos"], "temporary folders stayed");
}

#[test]
fn input_without_music_is_an_error_and_writes_nothing() {
    let place = Workplace::new();
    place.write("midi/bad.mid", "no music");
    place.fail("prepare --input midi --output data", 1, &["no phrase", "1 files"]);
    place.fail("prepare --input nowhere --output data", 1, &["nowhere"]);
    place.write("text/readme.txt", "no music");
    let words = ["nothing to prepare", "1 .txt such as text/readme.txt", ".tar.gz"];
    place.fail("prepare --input text --output data", 1, &words);
    place.fail("prepare --input text/readme.txt --output data", 1, &["of no kind that is read"]);
    fs::create_dir(place.path("empty")).unwrap();
    place.fail("prepare --input empty --output data", 1, &["there is no file"]);
    assert!(!place.path("data").exists() && !place.path("data.unfinished").exists());
}

//! `prepare`: folders and packs in, a dataset out, and nothing lost.

use std::fs;
use std::io::Write;

use musegan_train::dataset::{Dataset, is_held_out};
use npyz::WriterBuilder;

use crate::program::{Workplace, contents, mid, phrase};

#[test]
fn a_bad_file_is_listed_with_its_reason_and_the_rest_is_prepared() {
    let place = Workplace::new();
    place.write("midi/rock/good.mid", mid(0..3));
    place.write("midi/rock/bad.mid", "this is no music");
    place.write("midi/empty.MIDI", "");
    place.write("midi/notes.txt", "not looked at");
    let outcome = place.succeed("prepare --input midi --output data");

    assert!(outcome.stderr.contains("rock/bad.mid: not a MIDI file"), "{}", outcome.stderr);
    assert!(outcome.stdout.lines().any(|line| line.starts_with("midi ")), "{}", outcome.stdout);
    let dataset = Dataset::open(&place.path("data")).unwrap();
    let corpus = &dataset.corpora()[0];
    assert_eq!((corpus.unreadable.count, &*corpus.unreadable.example), (2, "empty.MIDI"));
    assert_eq!((corpus.files, corpus.songs, dataset.len()), (1, 1, 3));
    assert_eq!(dataset.song(0).name, "rock/good");
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
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let place = Workplace::new();
    for song in 0..30 {
        place.write(&format!("midi/{song}.mid"), mid(song..song + 2));
    }
    for (threads, output) in [(1, "one"), (4, "four")] {
        let arguments = format!("prepare --input midi --output {output}");
        assert_eq!(place.run_on_threads(&arguments, threads).code, 0);
    }
    assert_eq!(contents(&place.path("one")), contents(&place.path("four")));
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
    place.write("midi/other.mid", mid(0..2));
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
    assert!(!place.path("data.old").exists());

    let left: Vec<_> = fs::read_dir(place.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "temporary folders stayed: {left:?}");
}

#[test]
fn input_without_music_is_an_error_and_writes_nothing() {
    let place = Workplace::new();
    place.write("midi/bad.mid", "no music");
    place.fail("prepare --input midi --output data", 1, &["no phrase", "1 files"]);
    place.fail("prepare --input nowhere --output data", 1, &["nowhere"]);
    place.write("text/readme.txt", "no music");
    place.fail("prepare --input text --output data", 1, &["no .mid, .midi or .npz"]);
    assert!(!place.path("data").exists());
}

/// A pack of one-note phrases (track, step, pitch index), one per song.
fn pack(phrases: &[(&str, [usize; 3])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &(_, [track, step, pitch]) in phrases {
        let mut row = [0u8; 3360];
        let cell = (step * 84 + pitch) * 5 + track;
        row[cell / 8] |= 0x80 >> (cell % 8);
        bytes.extend(row);
    }
    let mut file = std::io::Cursor::new(Vec::new());
    let mut archive = npyz::npz::NpzWriter::new(&mut file);
    let rows = phrases.len() as u64;
    let mut x = archive
        .array("x", Default::default())
        .unwrap()
        .default_dtype()
        .shape(&[rows, 3360])
        .begin_nd()
        .unwrap();
    x.extend(bytes).unwrap();
    x.finish().unwrap();
    let dtype = npyz::DType::Plain("<U40".parse().unwrap());
    let options = archive.array::<str>("song", Default::default()).unwrap();
    let mut songs = options.dtype(dtype).shape(&[rows]).begin_nd().unwrap();
    phrases.iter().for_each(|(song, _)| songs.push(song).unwrap());
    songs.finish().unwrap();
    drop(archive);
    file.flush().unwrap();
    file.into_inner()
}

#[test]
fn packs_give_their_cells_and_their_sources_song_names() {
    let place = Workplace::new();
    let phrases = [
        ("010", [3, 18, 12]),
        ("head__tunes__Battle 1__506d1014.mid", [0, 0, 12]),
        ("Waltz.mxl", [1, 63, 80]),
    ];
    place.write("packs/band.npz", pack(&phrases));
    place.succeed("prepare --input packs/band.npz --output data");
    let dataset = Dataset::open(&place.path("data")).unwrap();

    // The third has its only note above MIDI 95.
    assert_eq!(dataset.len(), 2);
    let dropped: Vec<_> = dataset.corpora()[0].dropped.values().map(|tally| tally.count).collect();
    assert_eq!(dropped, [1, 1]);
    assert_eq!(dataset.song(0).name, "010");
    assert!(dataset.is_held_out(0) && is_held_out("010"));
    assert_eq!(dataset.song(1).name, "Battle 1");
    let mut cells = vec![0.0; musegan_score::roll::CELLS];
    dataset.fill_cells(0, &mut cells);
    let sounding: Vec<_> = (0..cells.len()).filter(|&cell| cells[cell] == 1.0).collect();
    assert_eq!(sounding, [(3 * 64 + 18) * 72 + 12]);
}

#[test]
fn a_damaged_pack_is_listed_and_the_rest_is_prepared() {
    let place = Workplace::new();
    let mut damaged = pack(&[("a", [0, 0, 0]), ("b", [0, 0, 0])]);
    damaged[80] ^= 0xff;
    place.write("packs/damaged.npz", &damaged);
    place.write("packs/good.npz", pack(&[("c", [0, 0, 0])]));
    place.succeed("prepare --input packs --output data");
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert_eq!(dataset.len(), 1);
    assert_eq!(dataset.corpora()[0].unreadable.example, "damaged.npz");
}

//! Archives: what is in them is prepared as if it were unpacked, and what is hostile is refused.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use musegan_train::dataset::Dataset;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::kinds::songs;
use crate::program::{Workplace, mid};

/// Names and contents as a zip archive, stored and deflated by turns.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, (name, bytes)) in files.iter().enumerate() {
        let methods = [CompressionMethod::Stored, CompressionMethod::Deflated];
        let options = SimpleFileOptions::default().compression_method(methods[number % 2]);
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn archives_of_every_kind_give_what_the_unpacked_folder_gives() {
    let place = Workplace::new();
    // Longer than a tar header's field, so that it stands before the file.
    let deep = format!("deep/{}/b.mid", "long name ".repeat(15).trim_end());
    let (a, b, c) = (mid(0..1), mid(1..2), mid(2..3));
    let files: [(&str, &[u8]); 5] = [
        ("a.mid", &a),
        (&deep, &b),
        ("./c.kar", &c),
        ("readme.txt", b"text"),
        ("__MACOSX/._a.mid", b"Mac OS X"),
    ];
    for (name, bytes) in
        [("songs.zip", zip(&files)), ("songs.tar", tar(&files)), ("songs.tgz", gz(&tar(&files)))]
    {
        let outcome = {
            place.write(name, bytes);
            place.succeed(&format!("prepare --input {name} --output {name}.data"))
        };
        let dataset = Dataset::open(&place.path(&format!("{name}.data"))).unwrap();
        assert_eq!((dataset.len(), dataset.corpora()[0].name.as_str()), (3, "songs"));
        let stem = deep.strip_suffix(".mid").unwrap();
        let mut expected = ["a", stem, "c"].map(|song| format!("songs/{song}"));
        expected.sort();
        assert_eq!(songs(&dataset), expected, "{name}");
        assert!(outcome.stdout.contains("1 .txt, such as songs/songs."), "{}", outcome.stdout);
    }
}

#[test]
fn beats_and_chords_beside_a_song_in_an_archive_are_read_with_it() {
    let place = Workplace::new();
    // Faster than the file's own: twelve bars become sixteen.
    let beats: String =
        (0..65).map(|beat| format!("{} {}\n", f64::from(beat) * 0.375, beat % 4 + 1)).collect();
    let (song, chords) = (mid(0..3), "0 60 A:min7\n");
    let files: [(&str, &[u8]); 5] = [
        ("001/beat_midi.txt", beats.as_bytes()),
        ("001/001.mid", &song),
        ("002/002.mid", &song),
        ("002/002.beats", beats.as_bytes()),
        ("002/002.chords", chords.as_bytes()),
    ];
    place.write("songs.zip", zip(&files));
    place.write("songs.tgz", gz(&tar(&files)));
    for (name, bytes) in &files {
        place.write(&format!("songs/{name}"), bytes);
    }
    let config = "[rules]\nmax_off_grid = 1.0\ntriplets = \"keep\"\nswing = \"keep\"\n";
    place.write("loose.toml", format!("{config}{}", super::rules::KEEP_DUPLICATES));
    for input in ["songs.zip", "songs.tgz", "songs"] {
        place
            .succeed(&format!("prepare --input {input} --output data --config loose.toml --force"));
        let dataset = Dataset::open(&place.path("data")).unwrap();
        assert_eq!(dataset.corpora()[0].bars, 34, "{input}");
        let second = (0..dataset.len()).find(|&n| dataset.song(n).name.ends_with("002")).unwrap();
        let chord = dataset.labels(second).chords[0].unwrap();
        assert_eq!(chord.to_string(), "A:min7", "{input}");
    }
}

#[test]
fn an_archive_in_a_folder_belongs_to_the_folders_corpus() {
    let place = Workplace::new();
    place.write("midi/a.mid", mid(0..1));
    place.write("midi/more/songs.zip", zip(&[("a.mid", &mid(1..2)), ("x/b.mid", &mid(2..3))]));
    place.succeed("prepare --input midi --output data");
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert_eq!(songs(&dataset), ["a", "more/songs/a", "more/songs/x/b"]);
    assert_eq!(dataset.corpora().len(), 1);
}

#[test]
fn a_name_that_leads_outside_is_refused_and_the_rest_is_read() {
    let place = Workplace::new();
    let (a, b) = (mid(0..1), mid(1..2));
    let files: [(&str, &[u8]); 3] =
        [("../../etc/a.mid", &a), ("/outside/b.mid", &a), ("fine.mid", &b)];
    place.write("songs.zip", zip(&files));
    let outcome = place.succeed("prepare --input songs.zip --output data");
    assert_eq!(outcome.stderr.matches("leads outside").count(), 2, "{}", outcome.stderr);
    assert_eq!(Dataset::open(&place.path("data")).unwrap().len(), 1);
}

#[test]
fn bombs_are_refused_with_a_sentence_and_what_came_before_is_kept() {
    let place = Workplace::new();
    let song = mid(0..1);
    // One file too large for a song; then one that is there many times, its bytes once.
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in
        [("a.mid", song.as_slice()), ("large.mid", &[0; 17 << 20]), ("z.mid", &[0; 16 << 20])]
    {
        archive.start_file(name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    (0..70).for_each(|n| archive.shallow_copy_file("z.mid", &format!("z{n}.mid")).unwrap());
    place.write("bomb.zip", archive.finish().unwrap().into_inner());
    let outcome = place.succeed("prepare --input bomb.zip --output zip");
    assert!(outcome.stderr.contains("larger than 16 MiB"), "{}", outcome.stderr);
    let text = std::fs::read_to_string(place.path("zip/files.jsonl")).unwrap();
    assert!(text.contains("inflates to more than 1024 MiB"), "{text}");
    assert_eq!(Dataset::open(&place.path("zip")).unwrap().len(), 1);

    // A file that claims two gigabytes, and has them as the same few bytes again and again.
    let begun = tar(&[("a.mid", &song)]);
    let mut header = tar::Header::new_gnu();
    header.set_path("b.txt").unwrap();
    header.set_size(2 << 30);
    header.set_cksum();
    let begun = [&begun[..begun.len() - 1024], header.as_bytes()].concat();
    let zeros = gz(&vec![0; 64 << 20]);
    place.write("bomb.tar.gz", [gz(&begun), zeros.repeat(32)].concat());
    let outcome = place.succeed("prepare --input bomb.tar.gz --output tar");
    assert!(outcome.stderr.contains("inflates to more than 1024 MiB"), "{}", outcome.stderr);
    assert_eq!(Dataset::open(&place.path("tar")).unwrap().len(), 1);
}

#[test]
fn damaged_archives_give_what_is_left_and_a_sentence() {
    let place = Workplace::new();
    let (a, b) = (mid(0..1), mid(1..9));
    let whole = gz(&tar(&[("a.mid", &a), ("b.mid", &b), ("c.mid", &b)]));
    place.write("midi/cut.tar.gz", &whole[..whole.len() - 40]);
    let mut changed = zip(&[("b.mid", &b), ("c.mid", &b)]);
    changed[200] ^= 0xff;
    place.write("midi/changed.zip", changed);
    place.write("midi/none.zip", "this is no archive");
    place.write("midi/none.tgz", "this is no archive");
    place.write("midi/none.tar", "no archive".repeat(200));
    place.write("keep.toml", super::rules::KEEP_DUPLICATES);
    let outcome = place.succeed("prepare --input midi --output data --config keep.toml");
    for file in ["cut.tar.gz: ", "changed.zip!b.mid: ", "none.zip: ", "none.tgz: ", "none.tar: "] {
        assert!(outcome.stderr.contains(file), "no {file} in {}", outcome.stderr);
    }
    let dataset = Dataset::open(&place.path("data")).unwrap();
    assert!(songs(&dataset).contains(&"cut/a".to_owned()), "{:?}", songs(&dataset));
}

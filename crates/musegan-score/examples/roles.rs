//! How well instruments are told without their programs: on files whose programs are right, the
//! programs are hidden, then the names too, and what is assigned is held against what the
//! programs say.
//!
//! `cargo run --release -p musegan-score --example roles -- FOLDER...`
use std::path::{Path, PathBuf};

use musegan_score::arrange::assign;
use musegan_score::layout::Parts;
use musegan_score::{Song, Track, midi};

/// The five tracks and "left out".
const KINDS: usize = Track::COUNT + 1;
/// Takes from a song what is to be told without.
type Hide = fn(&mut Song);
type Confusion = [[u64; KINDS]; KINDS];

fn main() {
    let mut files = Vec::new();
    for folder in std::env::args_os().skip(1) {
        collect(Path::new(&folder), &mut files);
    }
    files.sort();
    let songs: Vec<Song> = files.iter().filter_map(|file| midi::read_file(file).ok()).collect();
    println!("{} songs, {} parts", songs.len(), songs.iter().map(|s| s.parts.len()).sum::<usize>());
    let hidings: [(&str, Hide); 4] = [
        ("programs hidden", |song| hide(song, true, false, false)),
        ("programs and names hidden", |song| hide(song, true, true, false)),
        ("programs hidden, drums on channel 1", |song| hide(song, true, false, true)),
        ("programs and names hidden, drums on channel 1", |song| hide(song, true, true, true)),
    ];
    for (title, hide) in hidings {
        print_table(title, &confusion(&songs, hide));
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mid")) {
            files.push(path);
        }
    }
}

fn hide(song: &mut Song, programs: bool, names: bool, drum_channel: bool) {
    for part in &mut song.parts {
        if programs {
            part.program = None;
        }
        if names {
            part.name = None;
        }
        if drum_channel {
            part.is_drums = false;
            part.channel = 0;
        }
    }
}

/// Notes by what the programs say (row) and what is told without them (column).
fn confusion(songs: &[Song], hide: Hide) -> Confusion {
    let mut confusion = Confusion::default();
    for song in songs {
        let mut hidden = song.clone();
        hide(&mut hidden);
        let (right, told) = (assign(song, Parts::Band), assign(&hidden, Parts::Band));
        for ((part, right), told) in song.parts.iter().zip(right).zip(told) {
            let kind = |part: Option<u8>| part.map_or(KINDS - 1, usize::from);
            confusion[kind(right.part)][kind(told.part)] += part.notes.len() as u64;
        }
    }
    confusion
}

fn print_table(title: &str, confusion: &Confusion) {
    let names = Parts::Band.names().iter().copied().chain(["left out"]);
    let total: u64 = confusion.iter().flatten().sum();
    let right: u64 = (0..KINDS).map(|i| confusion[i][i]).sum();
    println!("\n{title}: {:.1} % of notes as with programs", percent(right, total));
    println!("{:10} {}", "", names.clone().map(|n| format!("{n:>9}")).collect::<String>());
    for (name, row) in names.zip(confusion) {
        let sum = row.iter().sum::<u64>();
        let shares = row.iter().map(|&n| format!("{:8.1}%", percent(n, sum)));
        println!("{name:10} {} {sum:>9} notes", shares.collect::<String>());
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

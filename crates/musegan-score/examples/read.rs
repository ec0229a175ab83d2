//! Says of MIDI files, or of every file below folders, what is in them: one line each, with the
//! notes or the byte at which there is nothing to be read, and what is damaged.
//!
//! `cargo run -p musegan-score --example read -- PATH...`
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use musegan_score::{Song, midi};

fn main() -> ExitCode {
    let paths: Vec<_> = std::env::args().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        eprintln!("usage: read PATH...");
        return ExitCode::from(2);
    }
    let (mut read, mut refused) = (0, 0);
    for file in paths.iter().flat_map(|path| files_below(path)) {
        match midi::read_file(&file) {
            Ok(song) => {
                read += 1;
                println!("{}: {}", file.display(), summary(&song));
                song.damage.iter().for_each(|damage| println!("    {damage}"));
            }
            Err(error) => {
                refused += 1;
                println!("{error}");
            }
        }
    }
    println!("{read} files read, {refused} refused");
    ExitCode::SUCCESS
}

/// `1,024 notes of 5 parts, 120.0 BPM, 2 metres, 1 key, 12 markers`, without what there is none of.
fn summary(song: &Song) -> String {
    let counted = |count: usize, what: &str| match count {
        0 => String::new(),
        1 => format!(", 1 {what}"),
        _ => format!(", {count} {what}s"),
    };
    let notes = match song.note_count() {
        0 => "no notes, read to its end".to_owned(),
        notes => format!("{notes} notes of {} parts", song.parts.len()),
    };
    let metres = counted(song.metres.len(), "metre");
    let keys = counted(song.keys.len(), "key");
    let markers = counted(song.markers.len(), "marker");
    format!("{notes}, {:.1} BPM{metres}{keys}{markers}", song.bpm())
}

/// The file itself, or all files of a folder in the order of their names. Links are not followed.
fn files_below(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    entries.iter().flat_map(|path| files_below(path)).collect()
}

//! Files per second on one thread: from a path to a song, and on to its phrases. Prints
//! `musegan read: N files/s, M MB/s` and `musegan read and quantise: ...`, the median of the passes
//! over all files, as the peers in `bench/peers/read.py` do of the same files.
//!
//! `cargo bench -p musegan-score --bench midi -- [--sample N] [--seconds S] FOLDER...`
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use musegan_score::midi;
use musegan_score::quantise::Stride;

/// That of `musegan-train`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut sample, mut seconds, mut files) = (usize::MAX, 2.0, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--sample" => sample = arguments.next().ok_or("--sample needs a number")?.parse()?,
            "--seconds" => seconds = arguments.next().ok_or("--seconds needs a number")?.parse()?,
            folder => files.extend(midi_files(Path::new(folder))?),
        }
    }
    // Letter by letter, as the peers sort them, so that a sample is of the same files.
    files.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    let count = files.len().min(sample);
    let files: Vec<_> = (0..count).map(|i| files[i * files.len() / count].clone()).collect();
    if files.is_empty() {
        println!("no .mid files; usage: cargo bench -p musegan-score --bench midi -- FOLDER...");
        return Ok(());
    }
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|m| m.len()).sum();
    let report = |what: &str, seconds_per_pass: f64| {
        let (count, megabytes) = (files.len() as f64, bytes as f64 / 1e6);
        let (files, megabytes) = (count / seconds_per_pass, megabytes / seconds_per_pass);
        println!("musegan {what}: {files:.1} files/s, {megabytes:.2} MB/s");
    };
    report("read", median_pass(&files, seconds, |file| drop(black_box(midi::read_file(file)))));
    let quantise = |file: &Path| {
        if let Ok(song) = midi::read_file(file) {
            song.phrases(Stride::Phrase).for_each(|cut| drop(black_box(cut)));
        }
    };
    report("read and quantise", median_pass(&files, seconds, quantise));
    Ok(())
}

/// Seconds that one pass over the files takes.
fn median_pass(files: &[PathBuf], seconds: f64, work: impl Fn(&Path)) -> f64 {
    files.iter().for_each(|file| work(file));
    let begin = Instant::now();
    let mut passes = Vec::new();
    while passes.len() < 3 || begin.elapsed().as_secs_f64() < seconds {
        let begin = Instant::now();
        files.iter().for_each(|file| work(file));
        passes.push(begin.elapsed().as_secs_f64());
    }
    passes.sort_by(f64::total_cmp);
    passes[passes.len() / 2]
}

/// The `.mid` and `.midi` files below a folder.
fn midi_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().map(|e| e.to_ascii_lowercase()).unwrap_or_default();
        if path.is_dir() {
            files.extend(midi_files(&path)?);
        } else if extension == "mid" || extension == "midi" {
            files.push(path);
        }
    }
    Ok(files)
}

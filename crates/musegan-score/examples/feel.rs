//! How the onsets of MIDI files lie to the grid, a line for each file:
//! `cargo run --release -p musegan-score --example feel -- FILE...`
//!
//! Bars and beats are those of `beat_midi.txt` beside the file, where there is one, as in POP909,
//! else those of its metre map.
use std::path::Path;

use musegan_score::beats::BeatFile;
use musegan_score::layout::Parts;
use musegan_score::quantise::{Performance, Stride};
use musegan_score::{Beats, Layout, arrange, midi};

fn main() {
    println!("onsets\toff\tdev\tlate\ttriplet\teighths\t16ths\tkept\tphrases\tfeel\tfile");
    for path in std::env::args_os().skip(1) {
        if let Err(error) = measure(Path::new(&path)) {
            eprintln!("{error}");
        }
    }
}

fn measure(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let song = midi::read_file(path)?;
    let beat_file = path.with_file_name("beat_midi.txt");
    let beats = if beat_file.exists() {
        Beats::of_file(&song, &BeatFile::parse(&std::fs::read(beat_file)?)?)
    } else {
        Beats::of_metres(&song)
    };
    let tracks: Vec<_> = arrange::assign(&song, Parts::Band).iter().map(|a| a.part).collect();
    let performance = Performance::new(&song, &beats, &tracks, Layout::BAND);
    let (fit, feel) = (performance.fit(), performance.fit().feel());
    let cuts = performance.cuts(Stride::Phrase, feel.straightening());
    let kept = cuts.losses().kept as f32 / cuts.losses().notes.max(1) as f32;
    println!(
        "{}\t{:.2}\t{:.2}\t{:+.2}\t{:.2}\t{:.2}\t{:.2}\t{kept:.2}\t{}\t{feel:?}\t{}",
        fit.onsets,
        fit.off_grid,
        fit.deviation,
        fit.lateness,
        fit.triplets,
        fit.eighths.ratio(),
        fit.sixteenths.ratio(),
        cuts.count(),
        path.display(),
    );
    Ok(())
}

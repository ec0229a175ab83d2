//! Weights to phrases in files: `.mid` to play, `.npy` to count, `.png` to look at.
//!
//! What must stay true: every sample is saved, nothing the network plays is masked away, repeated
//! cells are one note, the same weights and song give the same bytes, and memory holds one sample
//! however many there are, unless they are written as one song.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use musegan_model::Weights;
use musegan_model::device::{Devices, Playing};
use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_BAR, BEATS_PER_PHRASE};
use musegan_score::npy::{Cells, RollWriter};
use musegan_score::picture::{self, Layout};
use musegan_score::{Composition, Phrase, Roll, TimedNote, Track, midi};

use crate::devices::expect_tutorial;

mod own;
mod samples;

pub use own::Own;
use samples::Samples;
pub use samples::Source;

/// Most samples of one call, as file names have numbers and folders an end. They are written one by
/// one; only their latents are held in memory.
pub const MAX_SAMPLES: usize = 10_000;

/// What to generate, from what, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// The weights file.
    pub weights: PathBuf,
    /// Folder for the files; created if it is not there.
    pub output: PathBuf,
    /// What is sampled.
    pub source: Source,
    /// Cells with an activation above this sound; `None` takes the weights' own thresholds.
    pub threshold: Option<f32>,
    /// Tempo of the `.mid` files, in beats per minute.
    pub bpm: f64,
    /// What to write.
    pub formats: Vec<Format>,
    /// Whether to write the network's output too, as `raw.npy`.
    pub raw: bool,
    /// Where the network runs.
    pub devices: Devices,
}

/// A kind of file that samples are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `sample-000.mid` and so on, type 1, five named tracks.
    Mid,
    /// `song.mid`, all samples one after another.
    Song,
    /// `samples.npy`, bool of shape (n, 5, 64, 72).
    Npy,
    /// `sample-000.png` and so on, five piano rolls.
    Png,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Generated {
    /// How many samples.
    pub samples: usize,
    /// Of each track, the notes of all samples.
    pub notes: [usize; Track::COUNT],
    /// How many files.
    pub files: usize,
    /// The device that played.
    pub playing: Playing,
    /// What should be said besides, each a sentence.
    pub remarks: Vec<String>,
}

/// Generates and writes the samples, one after another.
///
/// # Errors
/// If the weights, the latents or the device are refused or a file cannot be written.
pub fn run(options: &Options) -> Result<Generated> {
    let mut weights = Weights::read(&options.weights)?;
    if let Some(threshold) = options.threshold {
        expect_tutorial(&weights, "it decides itself which notes sound; leave out --threshold")?;
        weights = weights.with_thresholds([threshold; Track::COUNT], "the threshold given")?;
    }
    if options.raw {
        expect_tutorial(&weights, "it gives notes and no activations; leave out --raw")?;
    }
    if let Source::Own { own, .. } = &options.source {
        own.files().iter().try_for_each(|file| expect_kept(file, &options.output))?;
    }
    let mut samples = Samples::new(&options.source, &weights, &options.devices)?;
    let count = samples.count();
    let folder = &options.output;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let rolls = |wanted: bool, name: &str, cells: Cells| {
        wanted.then(|| RollWriter::create(&folder.join(name), count, cells)).transpose()
    };
    let mut raw = rolls(options.raw, "raw.npy", Cells::F32)?;
    let mut binary = rolls(options.formats.contains(&Format::Npy), "samples.npy", Cells::Bool)?;
    let files = usize::from(raw.is_some()) + usize::from(binary.is_some());
    let playing = samples.playing().clone();
    let remarks = samples.remarks();
    let notes = [0; Track::COUNT];
    let mut generated = Generated { samples: count, notes, files, playing, remarks };
    let mut song = options.formats.contains(&Format::Song).then(Vec::new);
    for number in 0..count {
        let (roll, phrase) = samples.sample(number);
        if let Some(raw) = &mut raw {
            raw.push(&roll)?;
        }
        if let Some(binary) = &mut binary {
            binary.push(&Roll::of(&phrase))?;
        }
        generated.files += write_sample(number, &phrase, options)?;
        for track in Track::ALL {
            generated.notes[track.index()] += phrase.track(track).len();
        }
        if let Some(song) = &mut song {
            song.push(phrase);
        }
    }
    if let Some(song) = song {
        write(&folder.join("song.mid"), &midi::write_phrases(&song, options.bpm)?)?;
        generated.files += 1;
    }
    generated.playing = samples.playing().clone();
    raw.map_or(Ok(()), RollWriter::finish)?;
    binary.map_or(Ok(()), RollWriter::finish)?;
    Ok(generated)
}

/// Refuses to write a sample in the place of a file that somebody brings.
fn expect_kept(file: &Path, output: &Path) -> Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = file.canonicalize().ok().and_then(|place| place.parent().map(Path::to_owned));
    let lies_there = folder.is_some() && folder == output.canonicalize().ok();
    ensure!(
        !(lies_there && (name.starts_with("sample-") || name == "song.mid")),
        "{} lies where samples are written, and might be replaced; take another --output",
        file.display()
    );
    Ok(())
}

/// Refuses chords that last longer than the samples.
fn expect_room_for_chords(composition: &Composition, count: usize) -> Result<()> {
    let beats = composition.progression.chords().len();
    let filled = beats.div_ceil(BEATS_PER_PHRASE);
    let (bars, room) = (beats / BEATS_PER_BAR, count * BARS_PER_PHRASE);
    let samples = if count == 1 { "one sample" } else { &format!("{count} samples") };
    ensure!(
        count >= filled,
        "the chords last {bars} bars and the {samples} {room}; take -n {filled}, or fewer chords"
    );
    Ok(())
}

/// Writes a sample's own files and returns how many they are.
fn write_sample(number: usize, phrase: &Phrase, options: &Options) -> Result<usize> {
    let name = options.output.join(format!("sample-{number:03}"));
    let mut files = 0;
    if options.formats.contains(&Format::Mid) {
        let bytes = midi::write_phrases(std::slice::from_ref(phrase), options.bpm)?;
        write(&name.with_extension("mid"), &bytes)?;
        files += 1;
    }
    if options.formats.contains(&Format::Png) {
        let notes: Vec<_> = TimedNote::of_phrase(phrase, 0.0).collect();
        let layout = Layout::new(format!("Sample {number}"), BARS_PER_PHRASE);
        picture::save_piano_rolls(&name.with_extension("png"), &notes, &layout)?;
        files += 1;
    }
    Ok(files)
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

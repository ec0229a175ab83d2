//! Weights to phrases in files: `.mid` to play, `.npy` to count, `.png` to look at.
//!
//! What must stay true: every sample is saved, nothing the network plays is masked away, repeated
//! cells are one note, the same weights, seed and temperature give the same bytes, and memory holds
//! one sample however many there are.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use musegan_model::architecture::LATENT;
use musegan_model::{Device, Generator, Weights, sampling};
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_score::npy::{self, Cells, RollWriter};
use musegan_score::picture::{self, Layout};
use musegan_score::{Phrase, Roll, TimedNote, Track, midi};

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
    /// Where the latents come from.
    pub latents: Latents,
    /// Cells with an activation above this sound; `None` takes the weights' own thresholds.
    pub threshold: Option<f32>,
    /// Tempo of the `.mid` files, in beats per minute.
    pub bpm: f64,
    /// What to write.
    pub formats: Vec<Format>,
    /// Whether to write the network's output too, as `raw.npy`.
    pub raw: bool,
}

/// Where latents come from.
#[derive(Clone, Debug)]
pub enum Latents {
    /// The phrases `0..count` that the plugin plays with this seed.
    Seeded {
        /// The plugin's seed.
        seed: u64,
        /// How many phrases.
        count: usize,
        /// Standard deviation of the latents.
        temperature: f32,
    },
    /// A `.npy` file of shape `(n, 128)`, f32, or its first `count` rows.
    File {
        /// The file.
        path: PathBuf,
        /// How many rows to take; `None` takes all.
        count: Option<usize>,
    },
}

/// A kind of file that samples are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `sample-000.mid` and so on, type 1, five named tracks.
    Mid,
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
}

/// Generates and writes the samples, one after another.
///
/// # Errors
/// If the weights or latents are refused or a file cannot be written.
pub fn run(options: &Options) -> Result<Generated> {
    let weights = Weights::read(&options.weights)?;
    let latents = options.latents.numbers()?;
    let (latents, _) = latents.as_chunks::<LATENT>();
    let thresholds = options.threshold.map_or(weights.thresholds(), |t| [t; Track::COUNT]);
    let folder = &options.output;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let rolls = |wanted: bool, name: &str, cells: Cells| {
        wanted.then(|| RollWriter::create(&folder.join(name), latents.len(), cells)).transpose()
    };
    let mut raw = rolls(options.raw, "raw.npy", Cells::F32)?;
    let mut binary = rolls(options.formats.contains(&Format::Npy), "samples.npy", Cells::Bool)?;
    let files = usize::from(raw.is_some()) + usize::from(binary.is_some());
    let mut generated = Generated { samples: latents.len(), notes: [0; Track::COUNT], files };
    let mut generator = Generator::new(&weights, Device::default());
    for (number, latent) in latents.iter().enumerate() {
        let roll = generator.roll(latent);
        let phrase = roll.phrase(thresholds);
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
    }
    raw.map_or(Ok(()), RollWriter::finish)?;
    binary.map_or(Ok(()), RollWriter::finish)?;
    Ok(generated)
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

impl Latents {
    /// All latents, one after another.
    fn numbers(&self) -> Result<Vec<f32>> {
        match self {
            Self::Seeded { seed, count, temperature } => {
                ensure!(*count <= MAX_SAMPLES, "at most {MAX_SAMPLES} samples in one call");
                let phrases = 0..*count as i64;
                Ok(phrases.flat_map(|p| sampling::latent(*seed, p, *temperature)).collect())
            }
            Self::File { path, count } => {
                let mut values = npy::read_matrix(path, LATENT)?.values;
                let rows = values.len() / LATENT;
                let taken = count.unwrap_or(rows);
                let file = path.display();
                ensure!(rows > 0, "{file} holds no latents");
                ensure!(taken <= rows, "{file} holds {rows} latents, {taken} were asked for");
                ensure!(
                    taken <= MAX_SAMPLES,
                    "{file} holds {taken} latents, at most {MAX_SAMPLES} are generated in one \
                     call; take fewer with -n"
                );
                values.truncate(taken * LATENT);
                Ok(values)
            }
        }
    }
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

//! Weights to phrases in files: `.mid` to play, `.npy` to count, `.png` to look at.
//!
//! What must stay true: every sample is saved, nothing the network plays is masked away, repeated
//! cells are one note, and the same weights, seed and temperature give the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use musegan_model::architecture::LATENT;
use musegan_model::weights::Thresholds;
use musegan_model::{Device, Generator, Weights, sampling};
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_score::npy::{self, Cells};
use musegan_score::picture::{self, Layout};
use musegan_score::{Phrase, Roll, TimedNote, Track, midi};

/// Most samples of one call; their activations are held in memory, 92 kB each.
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
    /// A `.npy` file of shape `(n, 128)`, f32.
    File(PathBuf),
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
    /// The phrases, in order.
    pub phrases: Vec<Phrase>,
    /// The files, in order of writing.
    pub files: Vec<PathBuf>,
}

/// Generates and writes the samples.
///
/// # Errors
/// If the weights or latents are refused or a file cannot be written.
pub fn run(options: &Options) -> Result<Generated> {
    let weights = Weights::read(&options.weights)?;
    let latents = options.latents.numbers()?;
    let rolls = Generator::new(&weights, Device::default()).rolls(&latents)?;
    let thresholds = options.threshold.map_or(weights.thresholds(), |t| [t; Track::COUNT]);
    let phrases: Vec<_> = rolls.iter().map(|roll| notes_above(roll, thresholds)).collect();

    let folder = &options.output;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let mut files = Vec::new();
    if options.raw {
        let file = folder.join("raw.npy");
        npy::write_rolls(&file, &rolls, Cells::F32)?;
        files.push(file);
    }
    if options.formats.contains(&Format::Npy) {
        let file = folder.join("samples.npy");
        npy::write_rolls(&file, &phrases.iter().map(Roll::of).collect::<Vec<_>>(), Cells::Bool)?;
        files.push(file);
    }
    for (number, phrase) in phrases.iter().enumerate() {
        let name = folder.join(format!("sample-{number:03}"));
        if options.formats.contains(&Format::Mid) {
            let file = name.with_extension("mid");
            let bytes = midi::write_phrases(std::slice::from_ref(phrase), options.bpm)?;
            write(&file, &bytes)?;
            files.push(file);
        }
        if options.formats.contains(&Format::Png) {
            let file = name.with_extension("png");
            let notes: Vec<_> = TimedNote::of_phrase(phrase, 0.0).collect();
            let title = format!("Sample {number}");
            picture::save_piano_rolls(&file, &notes, &Layout::new(title, BARS_PER_PHRASE))?;
            files.push(file);
        }
    }
    Ok(Generated { phrases, files })
}

/// The notes of a roll that lie above its tracks' thresholds: what the plugin plays in the middle
/// of its density.
#[must_use]
pub fn notes_above(roll: &Roll, thresholds: Thresholds) -> Phrase {
    let candidates = roll.candidates(thresholds);
    let above = candidates.notes().filter(|(_, note)| note.strength() > 0.5);
    Phrase::new(above.map(|(track, note)| (track, *note)))
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
            Self::File(file) => {
                let matrix = npy::read_matrix(file, LATENT)?;
                let rows = matrix.rows().len();
                ensure!(rows > 0, "{} holds no latents", file.display());
                ensure!(
                    rows <= MAX_SAMPLES,
                    "{} holds {rows} latents, at most {MAX_SAMPLES} are generated in one call",
                    file.display()
                );
                Ok(matrix.values)
            }
        }
    }
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

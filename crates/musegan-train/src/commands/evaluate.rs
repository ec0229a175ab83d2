//! `musegan-train evaluate`: generated phrases beside real ones, as one table.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use musegan_model::Weights;
use musegan_score::Track;
use musegan_train::dataset::Dataset;
use musegan_train::devices::DeviceArguments;
use musegan_train::evaluate::{self, PHRASES, Songs, table::Table};

use super::{positive, say_device};

/// Measure what a weights file plays beside real music that no training saw
///
/// 2,000 phrases (seeds 0 to 1,999) against up to 2,000 phrases of a dataset's held-out songs.
/// Without --weights the dataset's own training phrases are measured: the floor that no generator
/// can beat. Measures so far, per track: empty bars, notes per bar, note length, polyphony,
/// sounding steps, mean pitch, pitches, onsets on the beat and the eighth, likeness of
/// neighbouring bars, pitch classes per bar, qualified notes; together: scale consistency,
/// pitch-class entropy, minor seconds, tonal distances; of the set: likeness between phrases.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train evaluate --weights band.safetensors --data data/mine
  musegan-train evaluate --weights band.safetensors --data data/mine --json table.json --record
  musegan-train evaluate --data data/mine
  musegan-train evaluate --subject data/arranged --data data/real --songs all")]
pub struct Arguments {
    /// Weights file; without it the dataset's training phrases are measured
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Measure this dataset's phrases instead: one collection of music beside another
    #[arg(long, value_name = "DATASET", conflicts_with = "weights")]
    subject: Option<PathBuf>,
    /// Only phrases of these corpora of the subject
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "subject")]
    subject_corpus: Vec<String>,
    /// Dataset whose held-out songs are the real music
    #[arg(long, value_name = "DATASET")]
    data: PathBuf,
    /// Only phrases of these corpora of the dataset
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    corpus: Vec<String>,
    /// Which of the dataset's songs are the real music
    #[arg(long, value_enum, default_value_t = RealSongs::HeldOut)]
    songs: RealSongs,
    /// Activation above which a cell sounds, in place of the thresholds in the weights file
    #[arg(long, requires = "weights", value_parser = positive::<f32>)]
    threshold: Option<f32>,
    /// Also write the table to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Note the leading numbers in the weights file's provenance
    #[arg(long, requires = "weights", conflicts_with = "threshold")]
    record: bool,
    #[command(flatten)]
    device: DeviceArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RealSongs {
    /// Those that no training sees
    HeldOut,
    /// All of them
    All,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let dataset = Dataset::open(&arguments.data)?;
    let songs = match arguments.songs {
        RealSongs::HeldOut => Songs::HeldOut,
        RealSongs::All => Songs::All,
    };
    let real = evaluate::real(&dataset, songs, &arguments.corpus, PHRASES)?;
    let weights = arguments.weights.as_deref().map(Weights::read).transpose()?;
    let (subject, name) = match (&weights, &arguments.subject) {
        (_, Some(subject)) => {
            let subject = Dataset::open(subject)?;
            let corpora = &arguments.subject_corpus;
            (evaluate::real(&subject, Songs::All, corpora, PHRASES)?, "measured")
        }
        (Some(weights), None) => {
            let own = weights.thresholds();
            let thresholds = arguments.threshold.map_or(own, |threshold| [threshold; Track::COUNT]);
            let devices = arguments.device.devices();
            let (phrases, playing) = evaluate::generated(weights, thresholds, PHRASES, &devices)?;
            say_device(&playing);
            (phrases, "generated")
        }
        (None, None) => {
            (evaluate::real(&dataset, Songs::Training, &arguments.corpus, PHRASES)?, "training")
        }
    };
    let table = evaluate::compare(&subject, &real);
    let note =
        weights.as_ref().map_or(String::new(), |weights| trained_elsewhere(weights, &dataset));
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&table.to_json())?;
        fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    if let (true, Some(weights), Some(file)) = (arguments.record, weights, &arguments.weights) {
        let mut provenance = weights.provenance().clone();
        provenance.evaluation = table.summary();
        let corpora = match arguments.corpus.join(", ") {
            all if all.is_empty() => "all corpora".into(),
            named => named,
        };
        let against = format!("{} held-out phrases of {corpora}, {}", real.len(), dataset.sha256());
        provenance.evaluation.insert("against".into(), against.into());
        weights.with_provenance(provenance).write(file)?;
    }
    Ok(text(&table, name) + &note)
}

/// A warning where the held-out songs may be among those that the weights were trained on.
fn trained_elsewhere(weights: &Weights, dataset: &Dataset) -> String {
    let trained_on = &weights.provenance().corpus_sha256;
    if trained_on.is_empty() || trained_on == dataset.sha256() {
        return String::new();
    }
    "\nnote: the weights were trained on another dataset than this one; songs that are held out \
     here may have been trained on\n"
        .to_owned()
}

/// Tracks side by side, each cell "measured | real".
fn text(table: &Table, name: &str) -> String {
    let [phrases, real] = table.phrases;
    let mut text = format!("{phrases} {name} phrases | {real} real phrases\n");
    text += &Track::ALL
        .iter()
        .fold(format!("{:30}", ""), |line, track| line + &format!(" {:>15}", track.name()));
    text.push('\n');
    let mut seen = BTreeSet::new();
    for row in table.rows.iter().filter(|row| row.track.is_some() && seen.insert(row.name)) {
        text += &format!("{:30}", row.name);
        for track in Track::ALL {
            let row = table.row(row.name, Some(track));
            let cell = row.map_or("-".into(), |row| pair([row.subject, row.real]));
            text += &format!(" {cell:>15}");
        }
        text.push('\n');
    }
    text.push('\n');
    for row in table.rows.iter().filter(|row| row.track.is_none()) {
        text += &format!("{:30} {:>15}\n", row.name, pair([row.subject, row.real]));
    }
    text += &format!("{:30} {:>15}\n", "likeness between phrases", pair(table.likeness));
    text + &format!("\nmean |z|  {}\n", number(table.mean_abs_z(), 3))
}

fn pair([subject, real]: [Option<f64>; 2]) -> String {
    format!("{} | {}", number(subject, 2), number(real, 2))
}

/// Three significant digits or so, `-` where there is no number.
fn number(value: Option<f64>, decimals: usize) -> String {
    match value {
        None => "-".into(),
        Some(value) if value.abs() >= 10.0 => format!("{value:.1}"),
        Some(value) if value.abs() < 1.0 => format!("{value:.0$}", decimals + 1),
        Some(value) => format!("{value:.decimals$}"),
    }
}

//! `musegan-train evaluate`: any music beside real music that no training saw.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use musegan_model::Weights;
use musegan_score::Track;
use musegan_train::controls;
use musegan_train::dataset::Dataset;
use musegan_train::devices::{DeviceArguments, expect_band, expect_tutorial};
use musegan_train::evaluate::{self, Comparison, Music, PHRASES, Songs, input, music};

use super::{expect_output, positive, say_device};

/// Measure music beside real music that no training saw
///
/// 2,000 phrases that a weights file plays (seeds 0 to 1,999), or that a .npy, a .npz, a folder of
/// .mid files or a dataset holds, against up to 2,000 phrases of a dataset's held-out songs.
/// Without either the dataset's own training phrases are measured: the floor that no generator can
/// beat. Printed are 67 measures, MuseGAN's and MusPy's metrics, and three sums: the mean distance
/// from real music, whether a classifier tells the two apart, and whether phrases lie nearer to
/// training phrases than real ones do.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train evaluate --weights band.safetensors --data data/mine
  musegan-train evaluate --weights band.safetensors --data data/mine --json table.json --record
  musegan-train evaluate --subject samples.npy --threshold 0.04 --data data/mine --picture it.png
  musegan-train evaluate --subject my-midi-files --data data/mine
  musegan-train evaluate --data data/mine
  musegan-train evaluate --subject data/arranged --data data/real --songs all")]
pub struct Arguments {
    /// Weights file; without it and --subject the dataset's training phrases are measured
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Measure this instead: a .npy or .npz of rolls, .mid files, a folder or an archive of them,
    /// or a dataset
    #[arg(long, value_name = "PATH", conflicts_with = "weights")]
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
    /// Activation above which a cell sounds, in place of the thresholds in the weights file, or of
    /// 0.5 where an array has fractions
    #[arg(long, value_parser = positive::<f32>)]
    threshold: Option<f32>,
    /// Also write everything to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also draw it: distances and distributions
    #[arg(long, value_name = "FILE.png")]
    picture: Option<PathBuf>,
    /// Also write every measure of every phrase to this file, a line for each phrase
    #[arg(long, value_name = "FILE.csv")]
    values: Option<PathBuf>,
    /// Also measure whether the controls of the model `band` do what they say; takes a minute
    #[arg(long, requires = "weights")]
    controls: bool,
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
    anyhow::ensure!(
        arguments.threshold.is_none() || arguments.weights.is_some() || arguments.subject.is_some(),
        "--threshold is for --weights or an array given with --subject"
    );
    expect_outputs(arguments)?;
    let weights = arguments.weights.as_deref().map(Weights::read).transpose()?;
    if let (Some(weights), true) = (&weights, arguments.controls) {
        expect_band(weights, "--controls")?;
    }
    let dataset = Dataset::open(&arguments.data)?;
    let (songs, real_name) = match arguments.songs {
        RealSongs::HeldOut => (Songs::HeldOut, "real held-out"),
        RealSongs::All => (Songs::All, "real"),
    };
    let real = Music::of_dataset(&dataset, songs, &arguments.corpus, PHRASES)?;
    let (subject, name) = subject(arguments, &dataset, weights.as_ref())?;
    // What was trained on, or is among it, is its own nearest neighbour.
    let has_others = name != TRAINING && songs == Songs::HeldOut;
    let training =
        if has_others { music::numbers(&dataset, Songs::Training, &[])? } else { Vec::new() };
    let comparison = Comparison::of(subject, real, Some((&dataset, &training)));
    let controls = match (&weights, arguments.controls) {
        (Some(weights), true) => {
            Some(controls::measure(weights, &dataset, &arguments.device.devices())?)
        }
        _ => None,
    };
    write_files(arguments, &comparison, controls.as_ref(), [name, real_name])?;
    let mut text = evaluate::text::of(&comparison, name, real_name);
    if let Some(report) = &controls {
        text += &format!("\n{report}");
    }
    if let Some(weights) = &weights {
        text += &trained_elsewhere(weights, &dataset);
    }
    if let (true, Some(weights), Some(file)) = (arguments.record, weights, &arguments.weights) {
        let beside = (real_name, &dataset, &arguments.corpus[..]);
        record(weights, file, &comparison, beside)?;
    }
    Ok(text)
}

/// What the dataset's training phrases are called.
const TRAINING: &str = "training";

/// What is measured, and what it is called.
fn subject(
    arguments: &Arguments,
    dataset: &Dataset,
    weights: Option<&Weights>,
) -> Result<(Music, &'static str)> {
    if let Some(path) = &arguments.subject {
        let music = input::read(path, &arguments.subject_corpus, arguments.threshold, PHRASES)?;
        return Ok((music, "measured"));
    }
    let Some(weights) = weights else {
        let music = Music::of_dataset(dataset, Songs::Training, &arguments.corpus, PHRASES)?;
        return Ok((music, TRAINING));
    };
    if arguments.threshold.is_some() {
        expect_tutorial(weights, "it decides itself which notes sound; leave out --threshold")?;
    }
    let own = weights.thresholds();
    let thresholds = arguments.threshold.map_or(own, |threshold| [threshold; Track::COUNT]);
    let devices = arguments.device.devices();
    let (music, playing) = evaluate::generated(weights, thresholds, PHRASES, &devices)?;
    say_device(&playing);
    Ok((music, "generated"))
}

/// Refuses what cannot be written before anything is measured.
fn expect_outputs(arguments: &Arguments) -> Result<()> {
    let Arguments { weights, subject, json, values, picture, .. } = arguments;
    let inputs = [weights, subject].into_iter().flatten();
    let mut named: Vec<&Path> = inputs.map(PathBuf::as_path).collect();
    for file in [json, values, picture].into_iter().flatten() {
        expect_output(file, &named)?;
        named.push(file);
    }
    Ok(())
}

/// Writes what was asked for besides the text.
fn write_files(
    arguments: &Arguments,
    comparison: &Comparison,
    controls: Option<&controls::Report>,
    [name, real_name]: [&str; 2],
) -> Result<()> {
    if let Some(file) = &arguments.json {
        let mut json = evaluate::json::of(comparison);
        if let Some(report) = controls {
            json["controls"] = serde_json::to_value(&report.rows)?;
        }
        write(file, serde_json::to_string_pretty(&json)? + "\n")?;
    }
    if let Some(file) = &arguments.values {
        write(file, evaluate::text::values(comparison))?;
    }
    if let Some(file) = &arguments.picture {
        write(file, evaluate::picture::draw(comparison, name, real_name)?)?;
    }
    Ok(())
}

fn write(file: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

/// Notes the leading numbers in the weights file.
fn record(
    weights: Weights,
    file: &Path,
    comparison: &Comparison,
    (real_name, dataset, corpora): (&str, &Dataset, &[String]),
) -> Result<()> {
    let mut provenance = weights.provenance().clone();
    provenance.evaluation = evaluate::json::summary(comparison);
    let corpora = match corpora.join(", ") {
        all if all.is_empty() => "all corpora".into(),
        named => named,
    };
    let count = comparison.table.phrases[1];
    let against = format!("{count} {real_name} phrases of {corpora}, {}", dataset.sha256());
    provenance.evaluation.insert("against".into(), against.into());
    Ok(weights.with_provenance(provenance).write(file)?)
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

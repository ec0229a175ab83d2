//! `musegan-train inspect`: what a file or folder of ours is and holds.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use musegan_model::Weights;
use musegan_score::arrange::track_of;
use musegan_score::midi;
use musegan_score::quantise::Stride;
use musegan_train::dataset::{Dataset, INDEX_FILE};

use super::import::parameter_count;
use super::prepare::print_summary;

/// Say what a weights file, dataset or .mid file holds, and where it comes from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train inspect band.safetensors
  musegan-train inspect data/mine
  musegan-train inspect song.mid")]
pub struct Arguments {
    /// Weights (.safetensors), a dataset's folder, or a .mid file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<()> {
    let file = &arguments.file;
    let metadata =
        std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    let extension = file.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        _ if metadata.is_dir() => inspect_dataset(file),
        Some("safetensors") => inspect_weights(file),
        Some("mid" | "midi") => inspect_midi(file),
        Some("pth" | "pt") => bail!(
            "{} is PyTorch's; convert it with `musegan-train import`, then inspect the result",
            file.display()
        ),
        _ => bail!(
            "cannot tell what {} is; expected weights (.safetensors), a dataset's folder or a .mid",
            file.display()
        ),
    }
}

fn inspect_weights(file: &Path) -> Result<()> {
    let weights = Weights::read(file)?;
    let provenance = weights.provenance();
    println!("weights       {}", file.display());
    println!("architecture  {}", weights.architecture());
    println!("parameters    {}", parameter_count(&weights));
    println!("sha256        {}", weights.sha256());
    println!("steps         {}", provenance.steps);
    println!("corpora       {}", or_unknown(&provenance.corpora.join(", ")));
    println!("dataset       {}", or_unknown(&provenance.corpus_sha256));
    if let Some(source) = &provenance.imported_from {
        println!("imported from {source}");
    }
    for (name, value) in &provenance.evaluation {
        println!("  {name}: {value}");
    }
    println!("\n{:42} {:24} {:>8}", "tensor", "shape", "numbers");
    for (name, shape, values) in weights.parameters() {
        println!("{name:42} {:24} {:>8}", format!("{shape:?}"), values.len());
    }
    Ok(())
}

fn inspect_dataset(folder: &Path) -> Result<()> {
    let dataset = Dataset::open(folder)?;
    println!("dataset {} (complete, checksums right)", folder.display());
    println!("sha256  {}\n", dataset.sha256());
    print_summary(dataset.index());
    let unreadable: usize = dataset.corpora().iter().map(|c| c.unreadable.len()).sum();
    if unreadable > 0 {
        println!("{unreadable} files could not be read; why is in {INDEX_FILE}");
    }
    Ok(())
}

fn inspect_midi(file: &Path) -> Result<()> {
    let song = midi::read_file(file)?;
    println!("song   {}", file.display());
    println!("title  {}", or_unknown(song.name.as_deref().unwrap_or_default()));
    println!("tempo  {:.1}, {} changes", song.bpm(), song.tempos.len().saturating_sub(1));
    for metre in &song.metres {
        println!("metre  {}/{} from tick {}", metre.count, metre.unit, metre.tick);
    }
    println!("\n{:24} {:>7} {:>7} {:>6}  plays as", "part", "channel", "program", "notes");
    for part in &song.parts {
        println!(
            "{:24} {:>7} {:>7} {:>6}  {}",
            part.name.as_deref().unwrap_or("-"),
            u16::from(part.channel) + 1,
            part.program.map_or("-".into(), |p| p.to_string()),
            part.notes.len(),
            track_of(part).map_or("left out", |track| track.name()),
        );
    }
    let phrases = song.phrases(Stride::Phrase);
    let losses = phrases.losses();
    println!(
        "\n{} phrases of four bars, {} of {} notes",
        phrases.count(),
        losses.kept,
        losses.notes
    );
    for damage in &song.damage {
        println!("damage at {damage}");
    }
    Ok(())
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

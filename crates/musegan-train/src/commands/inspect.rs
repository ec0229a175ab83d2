//! `musegan-train inspect`: what a file or folder of ours is and holds.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use musegan_model::Weights;
use musegan_score::arrange::track_of;
use musegan_score::midi;
use musegan_score::quantise::{Losses, Stride};
use musegan_train::dataset::Dataset;

use super::import::parameter_count;
use super::prepare::summary;

/// Bad files of a dataset that are listed.
const LISTED_FILES: usize = 100;

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
pub fn run(arguments: &Arguments) -> Result<String> {
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

fn inspect_weights(file: &Path) -> Result<String> {
    let weights = Weights::read(file)?;
    let provenance = weights.provenance();
    let mut text = format!("weights       {}\n", file.display());
    writeln!(text, "architecture  {}", weights.architecture())?;
    writeln!(text, "parameters    {}", parameter_count(&weights))?;
    writeln!(text, "sha256        {}", weights.sha256())?;
    writeln!(text, "thresholds    {:?}", weights.thresholds())?;
    writeln!(text, "steps         {}", provenance.steps)?;
    writeln!(text, "corpora       {}", or_unknown(&provenance.corpora.join(", ")))?;
    writeln!(text, "dataset       {}", or_unknown(&provenance.corpus_sha256))?;
    if let Some(source) = &provenance.imported_from {
        writeln!(text, "imported from {source}")?;
    }
    for (name, value) in &provenance.evaluation {
        writeln!(text, "  {name}: {value}")?;
    }
    writeln!(text, "\n{:42} {:24} {:>8}", "tensor", "shape", "numbers")?;
    for (name, shape, values) in weights.parameters() {
        writeln!(text, "{name:42} {:24} {:>8}", format!("{shape:?}"), values.len())?;
    }
    Ok(text)
}

fn inspect_dataset(folder: &Path) -> Result<String> {
    let dataset = Dataset::open(folder)?;
    let mut text = format!("dataset {} (complete, checksums right)\n", folder.display());
    writeln!(text, "sha256  {}\n\n{}", dataset.sha256(), summary(dataset.index()))?;
    let mut listed = 0;
    dataset.for_each_file(|entry| {
        let (what, reason) = match (&entry.unreadable, &entry.damage) {
            (unreadable, _) if !unreadable.is_empty() => ("not readable, left out", unreadable),
            (_, damage) if !damage.is_empty() => ("damaged, read in part", damage),
            _ => return,
        };
        listed += 1;
        if listed <= LISTED_FILES {
            text += &format!("{what}: {}: {reason}\n", entry.file);
        }
    })?;
    if listed > LISTED_FILES {
        writeln!(text, "and {} more; all are in files.jsonl", listed - LISTED_FILES)?;
    }
    Ok(text)
}

fn inspect_midi(file: &Path) -> Result<String> {
    let song = midi::read_file(file)?;
    let title = song.name.as_deref().unwrap_or_default();
    let mut text = format!("song   {}\ntitle  {}\n", file.display(), or_unknown(title));
    let changes = song.tempos.len().saturating_sub(1);
    writeln!(text, "tempo  {:.1} beats per minute, {changes} changes", song.bpm())?;
    for metre in &song.metres {
        writeln!(text, "metre  {}/{} from tick {}", metre.count, metre.unit, metre.tick)?;
    }
    writeln!(text, "\n{:24} {:>7} {:>7} {:>6}  plays as", "part", "channel", "program", "notes")?;
    for part in &song.parts {
        writeln!(
            text,
            "{:24} {:>7} {:>7} {:>6}  {}",
            part.name.as_deref().unwrap_or("-"),
            u16::from(part.channel) + 1,
            part.program.map_or("-".into(), |p| p.to_string()),
            part.notes.len(),
            track_of(part).map_or("left out", |track| track.name()),
        )?;
    }
    let phrases = song.phrases(Stride::Phrase);
    let Losses { notes, kept, .. } = phrases.losses();
    writeln!(text, "\n{} phrases of four bars hold {kept} of {notes} notes", phrases.count())?;
    for damage in &song.damage {
        writeln!(text, "damaged at {damage}")?;
    }
    Ok(text)
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}

//! `musegan-train inspect`: what a file or folder of ours is and holds.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use musegan_model::Weights;
use musegan_score::layout::Parts;
use musegan_score::quantise::{Losses, Stride};
use musegan_score::{arrange, midi};
use musegan_train::dataset::{Dataset, FileEntry, NearlySame, Shape};

use super::import::parameter_count;
use super::prepare::summary;

/// Bad files of a dataset, and songs left out as nearly the same, that are listed.
const LISTED: usize = 50;

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
    let shape = &dataset.index().layout;
    writeln!(text, "sha256  {}\nlayout  {}", dataset.sha256(), layout(shape))?;
    writeln!(text, "\n{}", summary(dataset.index()))?;
    let mut bad = Listed { file: &dataset.index().files.file, ..Listed::default() };
    dataset.for_each_file(|entry| {
        let FileEntry { file, unreadable, damage, .. } = &entry;
        if !unreadable.is_empty() {
            bad.add(|| format!("not readable, left out: {file}: {unreadable}"));
        } else if !damage.is_empty() {
            bad.add(|| format!("damaged, read in part: {file}: {damage}"));
        }
    })?;
    let mut same = Listed { file: &dataset.index().nearly_same.file, ..Listed::default() };
    dataset.for_each_nearly_same(|NearlySame { song, of, likeness }| {
        same.add(|| format!("left out: {song} is nearly {of}, alike {likeness:.2}"));
    })?;
    Ok(text + &bad.text() + &same.text())
}

/// The first lines of a table.
#[derive(Default)]
struct Listed<'a> {
    file: &'a str,
    lines: Vec<String>,
    more: usize,
}

impl Listed<'_> {
    fn add(&mut self, line: impl FnOnce() -> String) {
        if self.lines.len() < LISTED {
            self.lines.push(line() + "\n");
        } else {
            self.more += 1;
        }
    }

    fn text(self) -> String {
        let more = format!("and {} more; all are in {}\n", self.more, self.file);
        self.lines.concat() + if self.more > 0 { &more } else { "" }
    }
}

fn layout(Shape { preset, layout, binary }: &Shape) -> String {
    format!(
        "{preset}: {} parts, {} bars of {} steps, {} pitches from MIDI {}{}",
        layout.parts.names().len(),
        layout.bars,
        layout.steps_per_bar(),
        layout.pitches,
        layout.lowest_pitch,
        if *binary { ", cells only" } else { "" },
    )
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
    for (part, assignment) in song.parts.iter().zip(arrange::assign(&song, Parts::Band)) {
        let track = assignment.part.and_then(|part| Parts::Band.names().get(usize::from(part)));
        writeln!(
            text,
            "{:24} {:>7} {:>7} {:>6}  {}: {assignment}",
            part.name.as_deref().unwrap_or("-"),
            u16::from(part.channel) + 1,
            part.program.map_or("-".into(), |p| p.to_string()),
            part.notes.len(),
            track.unwrap_or(&"left out"),
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

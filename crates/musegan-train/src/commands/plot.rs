//! `musegan-train plot`: files become a picture.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use musegan_score::Track;
use musegan_score::grid::BEATS_PER_BAR;
use musegan_score::picture::{self, Column, Layout};
use musegan_train::plot::curves::{self, Run};
use musegan_train::plot::music::{self, Choice};

use super::{positive, track};

/// Files side by side.
const MOST_COLUMNS: usize = 16;
/// Bars shown when nobody says.
const MOST_BARS: usize = 16;

/// Draw the notes of files side by side, or what training runs measured
///
/// Files of music: .mid, a phrase of a .npy, .npz or dataset, a phrase that weights (.safetensors)
/// play. Training runs: their folders or their log.jsonl, several of them over each other. Bar lines
/// stand every four quarter notes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train plot song.mid --from 9 --bars 8 --output song.png
  musegan-train plot samples.npy --phrase 3 --track bass --output bass.png
  musegan-train plot band.safetensors data/mine --seed 7 --names generated,real --output both.png
  musegan-train plot band.safetensors --seed 0,1,2,3 --output four.png
  musegan-train plot runs/one runs/two --only critic,generator --output losses.png")]
pub struct Arguments {
    /// Files of music, or training runs
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The picture
    #[arg(long, value_name = "FILE.png")]
    output: PathBuf,
    /// Only these tracks
    #[arg(long, value_name = "TRACK", value_delimiter = ',', value_parser = track)]
    track: Vec<Track>,
    /// Seed of what weights play; several give a column each
    #[arg(long, value_delimiter = ',', default_value = "0")]
    seed: Vec<u64>,
    /// Which phrase of an array, a dataset or what weights play, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    phrase: usize,
    /// The first bar shown
    #[arg(long, value_name = "BAR", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    from: u32,
    /// How many bars are shown; all up to 16 unless said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    bars: Option<u16>,
    /// Activation above which a cell of an array sounds
    #[arg(long, value_parser = positive::<f32>)]
    threshold: Option<f32>,
    /// What columns or runs are called, in place of their files' names
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    names: Vec<String>,
    /// Heading
    #[arg(long, default_value = "")]
    title: String,
    /// Of runs only the numbers whose names begin so
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let runs = arguments.files.iter().filter(|file| curves::is_run(file)).count();
    let png = match runs {
        0 => draw_music(arguments)?,
        _ if runs == arguments.files.len() => draw_runs(arguments)?,
        _ => anyhow::bail!("training runs and music are drawn in pictures of their own"),
    };
    let output = &arguments.output;
    std::fs::write(output, png).with_context(|| format!("cannot write {}", output.display()))?;
    Ok(format!("{}\n", output.display()))
}

fn draw_runs(arguments: &Arguments) -> Result<Vec<u8>> {
    let runs = arguments.files.iter().enumerate();
    let runs = runs.map(|(number, file)| Run::read(file, name(arguments, number, file)));
    let title = if arguments.title.is_empty() { "Training" } else { &arguments.title };
    curves::draw(&runs.collect::<Result<Vec<_>>>()?, &arguments.only, title)
}

fn draw_music(arguments: &Arguments) -> Result<Vec<u8>> {
    ensure!(arguments.only.is_empty(), "--only chooses numbers of training runs; no file is one");
    let mut columns: Vec<Column> = Vec::new();
    let first_beat = f64::from(arguments.from - 1) * BEATS_PER_BAR as f64;
    for file in &arguments.files {
        let is_weights = file.extension().is_some_and(|ending| ending == "safetensors");
        let seeds = if is_weights { &arguments.seed[..] } else { &[0] };
        for &seed in seeds {
            ensure!(columns.len() < MOST_COLUMNS, "at most {MOST_COLUMNS} fit side by side");
            let given = arguments.threshold.filter(|_| is_array(file));
            let choice = Choice { seed, phrase: arguments.phrase, threshold: given };
            let notes = music::from(music::notes(file, &choice)?, first_beat);
            let mut title = name(arguments, columns.len(), file);
            if is_weights && arguments.names.get(columns.len()).is_none() {
                title += &format!(", seed {seed}");
            }
            columns.push(Column { title, notes });
        }
    }
    let longest = columns.iter().map(|column| music::bars(&column.notes)).max().unwrap_or(1);
    let bars = arguments.bars.map_or(longest.min(MOST_BARS), usize::from);
    let tracks =
        if arguments.track.is_empty() { Track::ALL.to_vec() } else { arguments.track.clone() };
    let height = if tracks.len() == 1 { 480 } else { 200 * tracks.len() as u32 };
    let width = 1600.max(184 + 300 * columns.len() as u32).min(4096);
    let mut layout = Layout::new(arguments.title.clone(), bars);
    layout.first_bar = arguments.from as usize;
    layout.tracks = tracks;
    layout.size = (width, height);
    if let ([column], true) = (&mut columns[..], arguments.title.is_empty()) {
        layout.title = std::mem::take(&mut column.title);
    }
    Ok(picture::side_by_side(&columns, &layout)?)
}

fn is_array(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "npy" || ending == "npz")
}

/// What a file is called: as was said, or as its name without the ending.
fn name(arguments: &Arguments, number: usize, file: &Path) -> String {
    if let Some(name) = arguments.names.get(number) {
        return name.clone();
    }
    let is_log = file.file_name().is_some_and(|name| name == "log.jsonl");
    let named = if is_log { file.parent().filter(|f| f.file_name().is_some()) } else { None };
    let named = named.unwrap_or(file);
    let stem = if named.is_dir() { named.file_name() } else { named.file_stem() };
    stem.unwrap_or(named.as_os_str()).to_string_lossy().into_owned()
}

//! `musegan-train plot`: files become a picture.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use musegan_score::Track;
use musegan_score::grid::BEATS_PER_BAR;
use musegan_score::picture::{self, Column, Layout};
use musegan_train::plot::curves::{self, Run};
use musegan_train::plot::music::{self, Choice};

use super::{expect_output, positive, track};

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
    /// Seed of what weights play, 0 unless said; several give a column each
    #[arg(long, value_delimiter = ',')]
    seed: Vec<u64>,
    /// Which phrase of an array, a dataset or what weights play, from 0; the first unless said
    #[arg(long, value_name = "N")]
    phrase: Option<usize>,
    /// The first bar shown, from 1
    #[arg(long, value_name = "BAR", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    from: Option<u32>,
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
    let files: Vec<&Path> = arguments.files.iter().map(PathBuf::as_path).collect();
    expect_output(&arguments.output, &files)?;
    let runs = files.iter().filter(|file| curves::is_run(file)).count();
    let png = match runs {
        0 => draw_music(arguments)?,
        _ if runs == files.len() => draw_runs(arguments)?,
        _ => bail!("training runs and music are drawn in pictures of their own"),
    };
    let output = &arguments.output;
    std::fs::write(output, png).with_context(|| format!("cannot write {}", output.display()))?;
    Ok(format!("{}\n", output.display()))
}

fn draw_runs(arguments: &Arguments) -> Result<Vec<u8>> {
    let Arguments { track, seed, phrase, from, bars, threshold, .. } = arguments;
    let of_music = [
        ("--track", !track.is_empty()),
        ("--seed", !seed.is_empty()),
        ("--phrase", phrase.is_some()),
        ("--from", from.is_some()),
        ("--bars", bars.is_some()),
        ("--threshold", threshold.is_some()),
    ];
    if let Some((option, _)) = of_music.iter().find(|(_, is_given)| *is_given) {
        bail!("{option} is for music, and these are training runs");
    }
    let runs = arguments.files.iter().enumerate();
    let runs = runs.map(|(number, file)| Run::read(file, name(arguments, number, file)));
    let title = if arguments.title.is_empty() { "Training" } else { &arguments.title };
    let png = curves::draw(&runs.collect::<Result<Vec<_>>>()?, &arguments.only, title)?;
    expect_names(arguments, arguments.files.len())?;
    Ok(png)
}

fn draw_music(arguments: &Arguments) -> Result<Vec<u8>> {
    expect_sense(arguments)?;
    let mut columns = columns(arguments)?;
    expect_names(arguments, columns.len())?;
    let longest = columns.iter().map(|column| music::bars(&column.notes)).max().unwrap_or(1);
    let bars = arguments.bars.map_or(longest.min(MOST_BARS), usize::from);
    let tracks =
        if arguments.track.is_empty() { Track::ALL.to_vec() } else { arguments.track.clone() };
    let height = if tracks.len() == 1 { 480 } else { 200 * tracks.len() as u32 };
    let width = 1600.max(184 + 300 * columns.len() as u32).min(4096);
    let mut layout = Layout::new(arguments.title.clone(), bars);
    layout.first_bar = first_bar(arguments) as usize;
    layout.tracks = tracks;
    layout.size = (width, height);
    if let ([column], true) = (&mut columns[..], arguments.title.is_empty()) {
        layout.title = std::mem::take(&mut column.title);
    }
    Ok(picture::side_by_side(&columns, &layout)?)
}

/// Refuses options that none of the files of music has a use for.
fn expect_sense(arguments: &Arguments) -> Result<()> {
    let Arguments { files, seed, phrase, threshold, only, .. } = arguments;
    let any = |is: fn(&Path) -> bool| files.iter().any(|file| is(file));
    ensure!(only.is_empty(), "--only chooses numbers of training runs; no file is one");
    ensure!(seed.is_empty() || any(music::is_weights), "--seed is for weights; no file is one");
    ensure!(
        threshold.is_none() || any(music::is_array),
        "--threshold is for arrays; no file is one"
    );
    ensure!(
        phrase.is_none() || any(|file| !music::is_song(file)),
        "--phrase is for arrays, datasets and weights; of a song --from says the first bar"
    );
    Ok(())
}

fn expect_names(arguments: &Arguments, count: usize) -> Result<()> {
    let names = arguments.names.len();
    ensure!(names <= count, "{names} --names were given for {count} to be named");
    Ok(())
}

fn columns(arguments: &Arguments) -> Result<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::new();
    let first_beat = f64::from(first_bar(arguments) - 1) * BEATS_PER_BAR as f64;
    let seeds = if arguments.seed.is_empty() { &[0] } else { &arguments.seed[..] };
    for file in &arguments.files {
        for &seed in if music::is_weights(file) { seeds } else { &[0] } {
            ensure!(columns.len() < MOST_COLUMNS, "at most {MOST_COLUMNS} fit side by side");
            let threshold = arguments.threshold.filter(|_| music::is_array(file));
            let choice = Choice { seed, phrase: arguments.phrase.unwrap_or(0), threshold };
            let notes = music::from(music::notes(file, &choice)?, first_beat);
            let mut title = name(arguments, columns.len(), file);
            if music::is_weights(file) && arguments.names.get(columns.len()).is_none() {
                title += &format!(", seed {seed}");
            }
            columns.push(Column { title, notes });
        }
    }
    Ok(columns)
}

fn first_bar(arguments: &Arguments) -> u32 {
    arguments.from.unwrap_or(1)
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

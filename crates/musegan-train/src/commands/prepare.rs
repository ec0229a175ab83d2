//! `musegan-train prepare`: MIDI files, piano rolls and phrase packs become a dataset.

use std::path::PathBuf;

use anyhow::Result;
use musegan_train::dataset::Index;
use musegan_train::prepare::{
    self, Outcome, PhraseStride, Preset, Report, Settings, Share, report::table,
};

/// Turn MIDI files, piano rolls and phrase packs into a dataset
///
/// Reads .mid, .midi, .kar and .rmi files, Lakh Pianoroll .npz files, phrases as .npz and .npy,
/// folders of all these, and .zip, .tar, .tar.gz and .tgz archives of songs. What cannot be read
/// or breaks a rule is counted with an example, here and in the dataset's index.json; report.png
/// shows what was prepared. A run that was killed goes on where it was when it is begun again.
/// About a tenth of the songs is held out by the hash of their names; no training sees them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train prepare --input ~/midi --output data/mine
  musegan-train prepare --input lpd_5_cleansed.tar.gz --output data/lpd --min-tracks 4
  musegan-train prepare --input ~/midi --output data/fine --preset musegan
  musegan-train prepare --input ~/midi --output share1 --shard 1/2    (and 2/2 elsewhere)
  musegan-train merge --input share1 share2 --output data/mine")]
pub struct Arguments {
    /// Folders (searched through), files and archives
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    input: Vec<PathBuf>,
    /// Folder to write; it must be new or empty
    #[arg(long, value_name = "DATASET")]
    output: PathBuf,
    /// What a phrase is [default: band, or what the configuration says]
    #[arg(long, value_enum, value_name = "NAME")]
    preset: Option<Preset>,
    /// TOML file with further settings; options given here win
    #[arg(long, value_name = "TOML")]
    config: Option<PathBuf>,
    /// Keep only phrases in which at least this many tracks sound
    #[arg(long, value_name = "N")]
    min_tracks: Option<u8>,
    /// How far apart the phrases of a song begin
    #[arg(long, value_enum)]
    stride: Option<PhraseStride>,
    /// Prepare only share I of N, the same files on every machine, to be joined by `merge`
    #[arg(long, value_name = "I/N", default_value_t = Share::WHOLE)]
    shard: Share,
    /// Threads to prepare with [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Replace an older dataset at the output, and begin anew where unfinished work was another
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let mut settings = Settings::read(arguments.preset, arguments.config.as_deref())?;
    if let Some(min_tracks) = arguments.min_tracks {
        settings.rules.min_tracks = min_tracks;
    }
    if let Some(stride) = arguments.stride {
        settings.stride = stride;
    }
    let threads = arguments.threads.map_or_else(rayon::current_num_threads, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let outcome = pool.install(|| {
        prepare::run(&prepare::Options {
            inputs: arguments.input.clone(),
            output: arguments.output.clone(),
            force: arguments.force,
            settings,
            share: arguments.shard,
            threads,
        })
    })?;
    let output = arguments.output.display();
    let speed = speed(&outcome, threads);
    Ok(match &outcome.index {
        Some(index) => {
            let joining = outcome.joining.as_secs_f64();
            format!("{}{speed}, joined in {joining:.1} s\nwritten to {output}\n", summary(index))
        }
        None => format!("{speed}\nshare {} is in {output}; merge all of them\n", arguments.shard),
    })
}

fn speed(outcome: &Outcome, threads: usize) -> String {
    let seconds = outcome.time.as_secs_f64();
    let rate = outcome.prepared as f64 / seconds.max(1e-9);
    let files = outcome.prepared;
    if files == 0 && outcome.files > 0 {
        return format!("all {} files had been prepared before", outcome.files);
    }
    format!("{files} files prepared in {seconds:.1} s, {rate:.0} files/s on {threads} threads")
}

/// What came in and what was left behind.
pub fn summary(index: &Index) -> String {
    let report = Report::deserialized(&index.report);
    table::text(index, &report)
}

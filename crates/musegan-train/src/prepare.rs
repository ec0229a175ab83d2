//! Turns what musicians have, MIDI files, piano rolls and phrase packs in folders and archives,
//! into a dataset.
//!
//! The way of a file: `inputs` finds it and gives it a name, `read` makes a song of it,
//! `examine` cuts the song into labelled phrases and applies the rules, the [`journal`] keeps
//! what came of it, and [`join`] orders all that is kept into a dataset and drops duplicates.
//!
//! What must stay true: the same input gives the same bytes, whatever the number of threads or
//! machines, the date or the place of the folder; memory does not grow with the number of files;
//! one bad file never stops a run, it is listed; and a run that was killed goes on where it was.
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::dataset::{DatasetWriter, Index};

mod articulation;
pub mod duplicates;
mod examine;
mod inputs;
mod inventory;
pub mod join;
pub mod journal;
mod labels;
mod measure;
pub(crate) mod numpy;
mod pipeline;
pub mod prepared;
mod read;
pub mod report;
mod reporter;
mod rules;
mod settings;

pub use inputs::Share;
pub use report::Report;
pub use settings::{
    Labels, LayoutSettings, OutOfRange, PartsName, PhraseStride, Preset, Rules, Settings,
    SettingsError, SwingVerdict,
};

use inputs::{Skipped, Walk};
use journal::{Header, Journal, JournalError};
use prepared::Prepared;
use reporter::Reporter;

/// Beside a journal: what the walk left aside.
const SKIPPED_FILE: &str = "skipped.json";
/// Files that cannot be read are named on the way, up to so many.
const MOST_NAMED: u64 = 20;

/// What to prepare, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folders, files and archives.
    pub inputs: Vec<PathBuf>,
    /// The dataset's directory; of a share, the directory of its journal.
    pub output: PathBuf,
    /// Whether an older dataset there may be replaced, and older unfinished work thrown away.
    pub force: bool,
    /// What becomes of music.
    pub settings: Settings,
    /// Which of the files.
    pub share: Share,
    /// Threads that prepare files, at least one.
    pub threads: usize,
}

/// What was done.
#[derive(Debug)]
pub struct Outcome {
    /// The dataset's index; `None` of a share, which is to be merged with the others first.
    pub index: Option<Index>,
    /// Files of the inputs, those included that an earlier run had done.
    pub files: u64,
    /// Files that were prepared now.
    pub prepared: u64,
    /// How long that took.
    pub time: Duration,
    /// How long it took to order, compare and write what they gave.
    pub joining: Duration,
}

/// What is merged, and where to.
#[derive(Clone, Debug)]
pub struct MergeOptions {
    /// Directories of the journals of all shares, in any order.
    pub journals: Vec<PathBuf>,
    /// The dataset's directory.
    pub output: PathBuf,
    /// Whether an older dataset there may be replaced.
    pub force: bool,
}

/// Prepares everything and writes the dataset, or the share's journal. The first files that cannot
/// be read are named on stderr as they are met.
///
/// # Errors
/// If an input does not exist, the output cannot be written, or no phrase is left.
pub fn run(options: &Options) -> Result<Outcome> {
    let settings = &options.settings;
    settings.check()?;
    let own = own_folders(&options.output);
    let walk = Walk::new(&options.inputs, options.share, &own)?;
    let folder = if options.share.is_whole() {
        // To say now rather than after an hour that the place is taken.
        drop(DatasetWriter::create(&options.output, options.force, settings.shape())?);
        unfinished(&options.output)?
    } else {
        options.output.clone()
    };
    let inventory = inventory::take(&options.inputs, &own);
    let header = Header {
        shape: settings.shape(),
        config: serde_json::to_value(settings).context("cannot store the settings")?,
        inputs: format!("{} files, {}", inventory.files, inventory.sha256),
        share: options.share.numbers(),
    };
    let journal = open_journal(&folder, &header, options.force)?;
    let (start, done) = (Instant::now(), journal.progress().files);
    let files = fill(journal, walk, options, &folder, inventory.files)?;
    let (prepared, time) = (files - done, start.elapsed());
    if !options.share.is_whole() {
        return Ok(Outcome { index: None, files, prepared, time, joining: Duration::ZERO });
    }
    let start = Instant::now();
    let mut reporter = Reporter::of(std::slice::from_ref(&folder), settings)?;
    let joined = reporter.join(&options.output, options.force, &folder);
    // Work from which nothing came is not worth keeping; after any other failure it is.
    if joined.is_ok() || reporter.found_nothing(files) {
        let gone = fs::remove_dir_all(&folder);
        gone.with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    if files == 0 {
        bail!("{}", reporter.nothing_to_prepare());
    }
    Ok(Outcome { index: Some(joined?), files, prepared, time, joining: start.elapsed() })
}

/// Joins the journals of all shares into the dataset that one run over everything would give.
///
/// # Errors
/// If a share is missing or unfinished, they do not belong together, no phrase is left, or the
/// output cannot be written.
pub fn merge(options: &MergeOptions) -> Result<Index> {
    let header = join::common_header(&options.journals)?;
    let settings = serde_json::from_value(header.config)
        .context("the shares were prepared by another version of this program")?;
    let work = parent(&options.output);
    fs::create_dir_all(work).with_context(|| format!("cannot create {}", work.display()))?;
    let mut reporter = Reporter::of(&options.journals, &settings)?;
    reporter.join(&options.output, options.force, work)
}

/// Prepares what the journal lacks and finishes it. Returns the number of files in it.
fn fill(
    mut journal: Journal,
    mut walk: Walk,
    options: &Options,
    folder: &Path,
    expected: u64,
) -> Result<u64> {
    let mut files = journal.progress().files;
    if journal.progress().finished {
        return Ok(files);
    }
    let progress = progress_bar(expected);
    if files > 0 {
        progress.suspend(|| eprintln!("going on after {files} files that are done"));
        walk.nth(files as usize - 1);
    }
    let mut unreadable = 0;
    let examine = |work| examine::examine(work, &options.settings);
    let walk = pipeline::run(walk, options.threads, examine, |prepared| {
        files += 1;
        progress.set_position(files);
        if let Err(error) = &prepared.outcome {
            unreadable += 1;
            name_unreadable(&prepared, &error.reason, unreadable, &progress);
        }
        Ok(journal.append(&prepared)?)
    })?;
    progress.finish_and_clear();
    write_skipped(folder, walk.skipped())?;
    journal.finish()?;
    Ok(files)
}

fn name_unreadable(prepared: &Prepared, reason: &str, number: u64, progress: &ProgressBar) {
    if number <= MOST_NAMED {
        let file = format!("{}/{}", prepared.corpus, prepared.file);
        progress.suspend(|| eprintln!("not readable, left out: {file}: {reason}"));
    } else if number == MOST_NAMED + 1 {
        progress.suspend(|| eprintln!("further ones are listed in the dataset's files.jsonl"));
    }
}

/// Opens the journal. What another preparation left goes only where force is asked for.
fn open_journal(folder: &Path, header: &Header, force: bool) -> Result<Journal> {
    match Journal::open(folder, header) {
        Err(JournalError::OtherWork { .. }) if force => {
            let file = folder.join(journal::JOURNAL_FILE);
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
            Ok(Journal::open(folder, header)?)
        }
        opened => Ok(opened?),
    }
}

/// The folders that this run writes, as a walk meets them: the output may lie within an input, and
/// must not change what is found there.
fn own_folders(output: &Path) -> Vec<PathBuf> {
    let parent = parent(output).canonicalize().or_else(|_| std::path::absolute(parent(output)));
    let (Ok(parent), Some(name)) = (parent, output.file_name()) else { return Vec::new() };
    let output = parent.join(name);
    unfinished(&output).into_iter().chain([output.clone()]).collect()
}

/// Where the unfinished work on a dataset lies: beside it.
fn unfinished(output: &Path) -> Result<PathBuf> {
    let Some(name) = output.file_name() else {
        bail!("{} has no name that a new folder could take", output.display());
    };
    let mut name = name.to_owned();
    name.push(".unfinished");
    Ok(output.with_file_name(name))
}

fn parent(output: &Path) -> &Path {
    match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn write_skipped(folder: &Path, skipped: &Skipped) -> Result<()> {
    let file = folder.join(SKIPPED_FILE);
    let text = serde_json::to_vec_pretty(skipped).context("cannot store what was left aside")?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn progress_bar(files: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {per_sec} {eta}");
    ProgressBar::new(files).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

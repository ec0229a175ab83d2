//! Joins journals into a dataset: songs in an order of their own, duplicates dropped, shards and
//! index written.
//!
//! What must stay true: the dataset depends on what the files gave and on the configuration alone,
//! not on which journal a file was in, on the order of journals, or on threads. The order is that of
//! `gather::place_of`: by a hash of the song's name, so that songs of all corpora are mixed and
//! every stretch of the dataset is like the whole, then by corpus and file.
//!
//! Memory does not grow with the number of files, songs or phrases. Held are: one record of a
//! journal; the write buffers of five sorters, 2 MB each, and one bucket (`SORT_BYTES`, unless one
//! file alone is larger); a batch of decoded files (a sixteenth of it encoded, or one file); one
//! shard, twice while it is written; the counts of each corpus with its first
//! `write::MAX_ORIGINS` origins; a line for each shard, which stands for 4,096 phrases; and what
//! [`super::duplicates`] holds. On disk lie the journals, the sorted files, which are as large, and
//! what is known of duplicates, for as long as it takes.

mod batches;
mod gather;
pub(super) mod sorter;
mod write;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::duplicates::{Detector, Rules};
use super::prepared::Prepared;
use crate::dataset::{DatasetWriter, Index};
use batches::Batches;
use sorter::Sorter;

pub use gather::common_header;

/// Bytes of records that are sorted in memory at a time.
const SORT_BYTES: usize = 64 << 20;
/// What part of it a batch of files has that are decoded at a time, and then take several times as
/// much.
const BATCH_SHARE: usize = 16;

/// What to join, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folders of finished journals, in any order.
    pub journals: Vec<PathBuf>,
    /// The dataset's directory.
    pub output: PathBuf,
    /// Whether an older dataset there may be replaced.
    pub replace: bool,
    /// A folder on the output's file system, for the dataset while it grows and for what does not
    /// fit into memory; what is put there is removed again.
    pub work: PathBuf,
    /// Which duplicates are dropped.
    pub duplicates: Rules,
}

/// Who is told what goes into the dataset, to report on it.
pub trait Observer {
    /// What one file gave, in the order of the dataset. Duplicates are no longer among its phrases
    /// and are counted as dropped. Files that gave nothing come too.
    fn file(&mut self, prepared: &Prepared);

    /// All files were told. What is written into the folder becomes part of the dataset; what is
    /// returned, of its index.
    ///
    /// # Errors
    /// Whatever keeps the report from being written; there is no dataset then.
    fn finish(&mut self, folder: &Path) -> Result<serde_json::Value>;
}

/// Joins the journals and returns the dataset's index.
///
/// # Errors
/// If a journal is damaged or unfinished, journals do not belong together, no phrase is left, or
/// something cannot be written. There is no new dataset then.
pub fn run(options: &Options, observer: &mut dyn Observer) -> Result<Index> {
    run_within(SORT_BYTES, options, observer)
}

/// The same, with so many bytes of records sorted in memory at a time, and batches as much smaller.
/// The dataset is the same.
///
/// # Errors
/// As [`run`].
pub fn run_within(
    sort_bytes: usize,
    options: &Options,
    observer: &mut dyn Observer,
) -> Result<Index> {
    let header = common_header(&options.journals)?;
    // What a killed run leaves of the dataset goes with the rest of its work.
    let shape = header.shape.clone();
    let mut writer =
        DatasetWriter::create_in(&options.work, &options.output, options.replace, shape)?;
    let no_room = || format!("cannot join in {}", options.work.display());
    let work = tempfile::Builder::new().prefix("join-").tempdir_in(&options.work);
    let work = work.with_context(no_room)?;

    let mut sorter = Sorter::new(work.path(), sort_bytes).with_context(no_room)?;
    gather::read_all(&options.journals, |place, record| {
        sorter.push(place, record).with_context(no_room)
    })?;
    let mut sorted = Batches::create(&work.path().join("sorted"), sort_bytes / BATCH_SHARE)
        .with_context(no_room)?;
    let mut detector =
        Detector::new(work.path(), sort_bytes, options.duplicates).with_context(no_room)?;
    let mut survey = gather::Survey::new(&header.shape, &mut sorted, &mut detector);
    sorter.finish(&mut |_, record| survey.record(record))?;
    let corpora = survey.finish()?;
    let verdicts = detector
        .resolve(&mut |pair| writer.note_nearly_same(&pair).map_err(std::io::Error::other))
        .context("cannot compare phrases")?;

    let mut dataset = write::Writing::new(writer, &header.shape, corpora, verdicts, observer);
    sorted.read_again(|records| dataset.batch(records))?;
    dataset.finish(header.config)
}

#[cfg(test)]
pub(super) mod tests;

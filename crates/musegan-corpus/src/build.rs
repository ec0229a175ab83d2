//! Building the corpus: every chart of every collection arranged several times, the real bands
//! beside them, and a manifest.
//!
//! What must stay true: the same sources and options give the same bytes whatever the number of
//! threads; a song that cannot be used is counted with its reason and stops nothing; and the
//! folder appears under its name only when it is complete.
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use musegan_score::midi;
use rayon::prelude::*;

use crate::arrangement::arrange;
use crate::drummers::{self, Drummers};
use crate::manifest::{Manifest, SongEntry, SourceEntry};
use crate::sources::{Collection, Reader, Refused, SongFile, SourceInfo, Unreadable};

mod bands;
mod names;
mod place;

use names::Names;
use place::{Place, write_error};

/// What to build, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder below which the collections were unpacked.
    pub sources: PathBuf,
    /// Folder to write; it must be new or empty.
    pub output: PathBuf,
    /// Seed of all chance.
    pub seed: u64,
    /// Arrangements of each song.
    pub arrangements: u32,
    /// Weight of the real bands' songs; arranged ones have 1 divided by their arrangements, so
    /// that a song counts the same however often it is arranged.
    pub real_weight: f64,
}

/// Why there is no corpus.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The output cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is something at the output.
    #[error("{} is not empty; choose a new or an empty folder", .0.display())]
    OutputTaken(PathBuf),
    /// A folder of sources cannot be searched.
    #[error(transparent)]
    Sources(#[from] Unreadable),
    /// No drummers, without whom there is no band.
    #[error(transparent)]
    Drummers(#[from] drummers::NoDrummers),
    /// None of the collections is there.
    #[error(
        "found no song below {}; unpack POP909, Billboard or OpenEWLD there (docs/corpus.md says \
         where they are published)", .0.display()
    )]
    NoSongs(PathBuf),
    /// There are songs, but none that can be arranged.
    #[error("can use none of the {songs} songs below {}, the first because: {first}", folder.display())]
    NothingUsed {
        /// Where they lie.
        folder: PathBuf,
        /// How many there are.
        songs: usize,
        /// Why the first is not taken.
        first: Refused,
    },
}

/// One song to be read and arranged.
struct Job<'a> {
    collection: Collection,
    reader: &'a Reader,
    song: &'a SongFile,
    /// Its files' path without number and extension.
    name: String,
}

/// What became of a song.
type Outcome = Result<Vec<SongEntry>, Refused>;

/// Builds the corpus and returns its manifest. `progress` is called with what is done and what
/// there is to do, in songs, from several threads.
///
/// # Errors
/// If there are no sources or the output cannot be written; nothing is left there then.
pub fn build(
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Manifest, BuildError> {
    let output = place::free(&options.output)?;
    let found = Collection::ALL
        .into_iter()
        .map(|collection| {
            let songs = collection.songs(&options.sources)?;
            Ok((collection, collection.reader(&songs), songs))
        })
        .collect::<Result<Vec<_>, Unreadable>>()?;
    let drummers = Drummers::read(&options.sources)?;
    let mut names = Names::default();
    let mut jobs = Vec::new();
    for (collection, reader, songs) in &found {
        jobs.extend(songs.iter().map(|song| {
            let name = names.give(collection.info().name, &song.name);
            Job { collection: *collection, reader, song, name }
        }));
    }
    if jobs.is_empty() {
        return Err(BuildError::NoSongs(options.sources.clone()));
    }
    let place = Place::at(output)?;
    let done = AtomicUsize::new(0);
    let outcomes = jobs
        .par_iter()
        .map(|job| {
            let outcome = arranged(job, options, &drummers, &place);
            progress(1 + done.fetch_add(1, Ordering::Relaxed), jobs.len());
            outcome
        })
        .collect::<Result<Vec<_>, BuildError>>()?;
    refuse_if_nothing_is_used(options, &outcomes)?;
    let mut sources = vec![of_drummers(&drummers)];
    let mut songs = Vec::new();
    for (collection, _, _) in &found {
        let of_it = jobs.iter().zip(&outcomes).filter(|(job, _)| job.collection == *collection);
        sources.extend(gather(collection.info(), of_it.map(|(_, outcome)| outcome), &mut songs));
    }
    sources.extend(bands::copy(options, &place, &mut names, &mut songs)?);
    let manifest = Manifest::new(sources, songs);
    manifest.write(&place.folder()).map_err(write_error(&options.output))?;
    place.publish()?;
    Ok(manifest)
}

/// Reads one song, arranges it and writes the arrangements, all of them or none.
fn arranged(
    job: &Job<'_>,
    options: &Options,
    drummers: &Drummers,
    place: &Place,
) -> Result<Outcome, BuildError> {
    let chart = match job.reader.chart(job.song) {
        Ok(chart) => chart,
        Err(refused) => return Ok(Err(refused)),
    };
    let written = (1..=options.arrangements)
        .map(|number| midi::write(&arrange(&chart, drummers, options.seed, number)))
        .collect::<Result<Vec<_>, _>>();
    let written = match written {
        Ok(written) => written,
        Err(error) => return Ok(Err(job.song.refused("too long for a file", error.to_string()))),
    };
    let info = job.collection.info();
    let mut entries = Vec::new();
    for (number, bytes) in (1..).zip(&written) {
        let number: u32 = number;
        let file = format!("{}-{number}.mid", job.name);
        place.write(&file, bytes)?;
        entries.push(SongEntry {
            file,
            song: chart.name.clone(),
            title: chart.title.clone(),
            by: chart.artist.clone(),
            source: info.name.into(),
            licence: format!("{} AND {}", info.licence, drummers::INFO.licence),
            attribution: format!("{}; drums: {}", info.credit(), drummers::INFO.credit()),
            weight: 1.0 / f64::from(options.arrangements),
        });
    }
    Ok(Ok(entries))
}

/// A corpus without one arranged song would be a mistake that nobody sees.
fn refuse_if_nothing_is_used(options: &Options, outcomes: &[Outcome]) -> Result<(), BuildError> {
    match outcomes.first() {
        Some(Err(first)) if outcomes.iter().all(Result::is_err) => Err(BuildError::NothingUsed {
            folder: options.sources.clone(),
            songs: outcomes.len(),
            first: first.clone(),
        }),
        _ => Ok(()),
    }
}

/// One collection's line of the manifest, if it is there at all; its songs go to `songs`.
fn gather<'a>(
    info: &SourceInfo,
    outcomes: impl Iterator<Item = &'a Outcome>,
    songs: &mut Vec<SongEntry>,
) -> Option<SourceEntry> {
    let mut found = entry(info, 0);
    for outcome in outcomes {
        match outcome {
            Ok(entries) => {
                found.songs += 1;
                songs.extend(entries.iter().cloned());
            }
            Err(refused) => *found.refused.entry(refused.reason.into()).or_default() += 1,
        }
    }
    (found.songs > 0 || !found.refused.is_empty()).then_some(found)
}

fn of_drummers(drummers: &Drummers) -> SourceEntry {
    let left_out = drummers.left_out().iter().map(|(why, count)| ((*why).to_owned(), *count));
    SourceEntry { refused: left_out.collect(), ..entry(&drummers::INFO, drummers.performances()) }
}

fn entry(info: &SourceInfo, songs: usize) -> SourceEntry {
    SourceEntry {
        name: info.name.into(),
        licence: info.licence.into(),
        attribution: info.attribution.into(),
        url: info.url.into(),
        songs,
        refused: BTreeMap::new(),
    }
}

//! Building the corpus: every chart of every collection arranged several times, the real bands
//! beside them, and a manifest.
//!
//! What must stay true: the same sources and options give the same bytes whatever the number of
//! threads; a song that cannot be used is counted with its reason and stops nothing; and the
//! folder appears under its name only when it is complete.
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use musegan_score::midi;
use rayon::prelude::*;

use crate::arrangement::arrange;
use crate::drummers::{self, Drummers};
use crate::manifest::{Manifest, SongEntry, SourceEntry};
use crate::sources::{Collection, Reader, Refused, SongFile, SourceInfo, Unreadable, multitrack};

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
    /// Weight of the real bands' songs; arranged ones have 1 divided by their arrangements.
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
}

/// One song to be read and arranged.
struct Job<'a> {
    collection: Collection,
    reader: &'a Reader,
    song: &'a SongFile,
}

/// Builds the corpus and returns its manifest. `progress` is called with what is done and what
/// there is to do, in songs, from several threads.
///
/// # Errors
/// If there are no sources or the output cannot be written; nothing is left there then.
pub fn build(
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Manifest, BuildError> {
    refuse_if_taken(&options.output)?;
    let drummers = Drummers::read(&options.sources)?;
    let found = Collection::ALL
        .into_iter()
        .map(|collection| {
            let songs = collection.songs(&options.sources)?;
            Ok((collection, collection.reader(&songs), songs))
        })
        .collect::<Result<Vec<_>, Unreadable>>()?;
    let jobs: Vec<_> = found
        .iter()
        .flat_map(|(collection, reader, songs)| {
            songs.iter().map(|song| Job { collection: *collection, reader, song })
        })
        .collect();
    if jobs.is_empty() {
        return Err(BuildError::NoSongs(options.sources.clone()));
    }
    let parent = options.output.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(write_error(parent))?;
    let staging = tempfile::Builder::new()
        .prefix(".musegan-corpus-")
        .tempdir_in(parent)
        .map_err(write_error(parent))?;
    let done = std::sync::atomic::AtomicUsize::new(0);
    let outcomes = jobs
        .par_iter()
        .map(|job| {
            let outcome = arranged(job, options, &drummers, staging.path());
            progress(1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed), jobs.len());
            outcome
        })
        .collect::<Result<Vec<_>, BuildError>>()?;
    let mut sources = Vec::new();
    let mut songs = Vec::new();
    for (collection, _, _) in &found {
        let of_it = jobs.iter().zip(&outcomes).filter(|(job, _)| job.collection == *collection);
        sources.extend(gather(collection.info(), of_it.map(|(_, outcome)| outcome), &mut songs));
    }
    sources.extend(drummers.is_used().then(|| entry(&drummers::INFO, drummers.performances())));
    real_bands(options, staging.path(), &mut sources, &mut songs)?;
    let manifest = Manifest::new(sources, songs);
    manifest.write(staging.path()).map_err(write_error(staging.path()))?;
    appear(staging, &options.output)?;
    Ok(manifest)
}

/// Reads one song, arranges it and writes the arrangements.
fn arranged(
    job: &Job<'_>,
    options: &Options,
    drummers: &Drummers,
    folder: &Path,
) -> Result<Result<Vec<SongEntry>, Refused>, BuildError> {
    let chart = match job.reader.chart(job.song) {
        Ok(chart) => chart,
        Err(refused) => return Ok(Err(refused)),
    };
    let info = job.collection.info();
    let mut entries = Vec::new();
    for number in 1..=options.arrangements {
        let song = arrange(&chart, drummers, options.seed, number);
        let file = format!("{}/{}-{number}.mid", file_name(info.name), file_name(&chart.name));
        let path = folder.join(&file);
        let bytes = match midi::write(&song) {
            Ok(bytes) => bytes,
            Err(error) => {
                let song = chart.name.clone();
                let reason = "does not fit into a file";
                return Ok(Err(Refused { song, reason, detail: error.to_string() }));
            }
        };
        write_file(&path, &bytes)?;
        entries.push(SongEntry {
            file,
            song: chart.name.clone(),
            source: info.name.into(),
            licence: format!("{} AND {}", info.licence, drummers::INFO.licence),
            attribution: format!("{}; drums: {}", info.attribution, drummers::INFO.attribution),
            weight: 1.0 / f64::from(options.arrangements),
        });
    }
    Ok(Ok(entries))
}

/// One collection's line of the manifest, if it is there at all; its songs go to `songs`.
fn gather<'a>(
    info: &SourceInfo,
    outcomes: impl Iterator<Item = &'a Result<Vec<SongEntry>, Refused>>,
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

/// The files of real bands, copied as they are.
fn real_bands(
    options: &Options,
    folder: &Path,
    sources: &mut Vec<SourceEntry>,
    songs: &mut Vec<SongEntry>,
) -> Result<(), BuildError> {
    let mut counts: BTreeMap<&str, SourceEntry> = BTreeMap::new();
    for band in multitrack::files(&options.sources)? {
        let source = band.source.name;
        let file = format!("{}/{}.mid", file_name(source), file_name(&band.song));
        let path = folder.join(&file);
        let bytes = fs::read(&band.path).map_err(write_error(&band.path))?;
        write_file(&path, &bytes)?;
        counts.entry(source).or_insert_with(|| entry(band.source, 0)).songs += 1;
        songs.push(SongEntry {
            file,
            song: band.song,
            source: source.into(),
            licence: band.licence,
            attribution: band.attribution,
            weight: options.real_weight,
        });
    }
    sources.extend(counts.into_values());
    Ok(())
}

fn entry(info: &SourceInfo, songs: usize) -> SourceEntry {
    SourceEntry {
        name: info.name.into(),
        licence: info.licence.into(),
        attribution: info.attribution.into(),
        songs,
        refused: BTreeMap::new(),
    }
}

/// A name that every file system takes.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    name.chars().map(plain).collect::<String>().to_lowercase()
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(write_error(folder))?;
    }
    fs::write(path, bytes).map_err(write_error(path))
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Write { path, source }
}

fn refuse_if_taken(output: &Path) -> Result<(), BuildError> {
    match fs::read_dir(output).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(BuildError::OutputTaken(output.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(write_error(output)(error)),
    }
}

/// Gives the complete folder its name.
fn appear(staging: tempfile::TempDir, output: &Path) -> Result<(), BuildError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(staging.path(), fs::Permissions::from_mode(0o755))
            .map_err(write_error(output))?;
    }
    fs::rename(staging.path(), output).map_err(write_error(output))?;
    // From here on the folder is the corpus, no longer ours to delete.
    let _ = staging.keep();
    Ok(())
}

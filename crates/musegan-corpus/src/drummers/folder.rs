//! The dataset's folder: `info.csv`, which names the performances, and the `.mid` files it names.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use musegan_score::midi;
use serde::Deserialize;
use walkdir::WalkDir;

use super::performance::{Kind, Performance, bars};
use crate::sources::files;

/// The list's name.
const LIST: &str = "info.csv";
/// Folders deeper than this are not searched.
const MAX_DEPTH: usize = 16;

/// Why there are no drummers.
#[derive(Debug, thiserror::Error)]
pub enum NoDrummers {
    /// No list was found.
    #[error(
        "found no drummers below {}: unpack the Groove MIDI Dataset there; its {LIST} lists the \
         performances", .0.display()
    )]
    NoList(PathBuf),
    /// The list cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The list.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The list cannot be understood.
    #[error("{}: {source}", path.display())]
    List {
        /// The list.
        path: PathBuf,
        /// Where and why.
        source: csv::Error,
    },
    /// There is a list, but nothing in it can be used.
    #[error("{}: none of its {listed} performances is a .mid file in 4/4", path.display())]
    NothingToPlay {
        /// The list.
        path: PathBuf,
        /// How many it names.
        listed: usize,
    },
}

/// A line of the list.
#[derive(Deserialize)]
struct Listed {
    style: String,
    bpm: f64,
    beat_type: String,
    time_signature: String,
    midi_filename: String,
}

type Read = (Vec<Performance>, BTreeMap<&'static str, usize>);

pub(super) fn read(folder: &Path) -> Result<Read, NoDrummers> {
    let (path, listed) = list(folder)?;
    let root = path.parent().unwrap_or(Path::new("."));
    let mut performances = Vec::new();
    let mut left_out = BTreeMap::new();
    for line in &listed {
        match performance(root, line) {
            Ok(performance) => performances.push(performance),
            Err(reason) => *left_out.entry(reason).or_default() += 1,
        }
    }
    if performances.is_empty() {
        return Err(NoDrummers::NothingToPlay { path, listed: listed.len() });
    }
    Ok((performances, left_out))
}

/// The first list below the folder whose columns are the dataset's.
fn list(folder: &Path) -> Result<(PathBuf, Vec<Listed>), NoDrummers> {
    let files = WalkDir::new(folder).max_depth(MAX_DEPTH).sort_by_file_name();
    let lists = files.into_iter().flatten().filter(|entry| entry.file_name() == LIST);
    for path in lists.map(walkdir::DirEntry::into_path) {
        let error = |source| NoDrummers::List { path: path.clone(), source };
        let text = files::text(&path)
            .map_err(|source| NoDrummers::Unreadable { path: path.clone(), source })?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns = reader.headers().map_err(error)?;
        if columns.iter().any(|column| column == "midi_filename") {
            let listed = reader.deserialize().collect::<Result<Vec<_>, _>>().map_err(error)?;
            return Ok((path, listed));
        }
    }
    Err(NoDrummers::NoList(folder.to_path_buf()))
}

fn performance(root: &Path, listed: &Listed) -> Result<Performance, &'static str> {
    if listed.time_signature != "4-4" {
        return Err("not in 4/4");
    }
    let kind = match listed.beat_type.as_str() {
        "beat" => Kind::Beat,
        "fill" => Kind::Fill,
        _ => return Err("neither beat nor fill"),
    };
    if !(listed.bpm.is_finite() && listed.bpm > 0.0) {
        return Err("no tempo");
    }
    let song = midi::read_file(&root.join(&listed.midi_filename)).map_err(|_| "cannot be read")?;
    let bars = bars(&song);
    if bars.is_empty() {
        return Err("shorter than a bar");
    }
    Ok(Performance::new(&listed.midi_filename, &listed.style, listed.bpm, kind, bars))
}

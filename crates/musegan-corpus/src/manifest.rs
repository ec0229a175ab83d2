//! `manifest.json`: what lies in a corpus, which song each file is, and whom to thank for it.
//!
//! `musegan-train prepare` reads it where it finds one in a given folder, and from there it goes
//! into the dataset and the model card.
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use musegan_score::file;
use serde::{Deserialize, Serialize};

/// Name of the file in a corpus's folder.
pub const MANIFEST_FILE: &str = "manifest.json";
/// Value of `format` in every manifest.
const FORMAT: &str = "musegan-corpus";
/// The version written here.
const FORMAT_VERSION: u32 = 1;
/// A million songs have no longer manifest.
const MOST_BYTES: u64 = 1 << 30;

/// The files of a corpus, sorted by their paths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always "musegan-corpus".
    pub format: String,
    /// Version of the format.
    pub format_version: u32,
    /// What gave the songs, sorted by name; a manifest written by hand may go without.
    #[serde(default)]
    pub sources: Vec<SourceEntry>,
    /// The songs, sorted by file.
    pub songs: Vec<SongEntry>,
}

/// A collection that songs were taken or arranged from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// Its name, "POP909".
    pub name: String,
    /// An SPDX expression where there is one.
    pub licence: String,
    /// Who is to be named.
    pub attribution: String,
    /// Where it is published.
    #[serde(default)]
    pub url: String,
    /// Songs that could be used; of drummers, their performances.
    pub songs: usize,
    /// Songs that could not, by reason.
    pub refused: std::collections::BTreeMap<String, usize>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SongEntry {
    /// Path below the manifest's folder, with `/` between the parts.
    pub file: String,
    /// The source's own name of the song, which decides its side of the split; arrangements of one
    /// song share it.
    pub song: String,
    /// Its title, as far as the source tells.
    #[serde(default)]
    pub title: String,
    /// Who wrote or sang it; empty where the source does not tell.
    #[serde(default)]
    pub by: String,
    /// The collection it comes from.
    pub source: String,
    /// The licence of everything in it.
    pub licence: String,
    /// Who is to be named for it.
    pub attribution: String,
    /// How often training draws one of its phrases, relative to a song of weight 1. Arranged songs
    /// have 1 divided by the number of their arrangements; 1 where nothing is said.
    #[serde(default = "one")]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

impl Manifest {
    /// A manifest of these songs and sources, in canonical order.
    #[must_use]
    pub fn new(mut sources: Vec<SourceEntry>, mut songs: Vec<SongEntry>) -> Self {
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        songs.sort_by(|a, b| a.file.cmp(&b.file));
        Self { format: FORMAT.into(), format_version: FORMAT_VERSION, sources, songs }
    }

    /// Reads the manifest of a folder; `None` where there is none, or one of something else.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or is of another version.
    pub fn read(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(MANIFEST_FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = file::read(&path, MOST_BYTES)?;
        let bytes = bytes.ok_or_else(|| io::Error::other("larger than any manifest"))?;
        let named = format!("\"{FORMAT}\"");
        if !bytes.windows(named.len()).any(|window| window == named.as_bytes()) {
            return Ok(None);
        }
        let manifest: Self = serde_json::from_slice(&bytes)?;
        if manifest.format != FORMAT || manifest.format_version != FORMAT_VERSION {
            return Err(io::Error::other(format!(
                "it is {:?} version {}, this program reads {FORMAT:?} version {FORMAT_VERSION}",
                manifest.format, manifest.format_version
            )));
        }
        Ok(Some(manifest))
    }

    /// Writes it into a folder.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(folder.join(MANIFEST_FILE))?);
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.into_inner()?.sync_all()
    }
}

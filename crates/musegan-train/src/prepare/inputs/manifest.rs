//! The manifest that a corpus may carry: for each file its song, source, licence and weight.
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::dataset::is_weight;
use crate::prepare::prepared::Origin;

/// Its name, at the root of a folder.
const FILE_NAME: &str = "manifest.json";
const FORMAT: &str = "musegan-corpus";
const FORMAT_VERSION: u32 = 1;
const MOST_BYTES: u64 = 1 << 30;

/// What is known about the files of a folder; nothing, where it has no manifest.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    entries: HashMap<String, Entry>,
}

/// What is known about a file.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub song: String,
    pub source: String,
    licence: String,
    attribution: String,
    #[serde(default = "one")]
    pub weight: f64,
}

#[derive(Deserialize)]
struct Written {
    format: String,
    format_version: u32,
    #[serde(default)]
    songs: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
struct WrittenEntry {
    file: String,
    #[serde(flatten)]
    entry: Entry,
}

fn one() -> f64 {
    1.0
}

impl Manifest {
    /// The manifest of a folder. A `manifest.json` of something else is left alone.
    pub fn of(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE_NAME);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let mut text = String::new();
        let read = musegan_score::file::open(&path)
            .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
        let refusal = || format!("cannot use {}; mend it or take it away", path.display());
        read.with_context(refusal)?;
        if !text.contains(&format!("\"{FORMAT}\"")) {
            return Ok(Self::default());
        }
        let written: Written = serde_json::from_str(&text).with_context(refusal)?;
        if written.format != FORMAT || written.format_version != FORMAT_VERSION {
            bail!(
                "{} is {} version {}, this program reads {FORMAT} version {FORMAT_VERSION}",
                path.display(),
                written.format,
                written.format_version
            );
        }
        let mut entries = HashMap::with_capacity(written.songs.len());
        for WrittenEntry { file, entry } in written.songs {
            if !is_weight(entry.weight) {
                bail!("{}: the weight of {file} is not from 0.001 to 1000", path.display());
            }
            if let Some(_twice) = entries.insert(file.clone(), entry) {
                bail!("{} names {file} twice", path.display());
            }
        }
        Ok(Self { entries })
    }

    /// What is known about the file at this path below the folder.
    pub fn entry(&self, file: &str) -> Option<&Entry> {
        self.entries.get(file)
    }
}

impl Entry {
    /// Who is to be named.
    pub fn origin(&self) -> Origin {
        Origin {
            source: self.source.clone(),
            licence: self.licence.clone(),
            attribution: self.attribution.clone(),
        }
    }
}

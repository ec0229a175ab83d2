//! The manifest that a corpus may carry: for each file its song, source, licence and weight.
use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use musegan_corpus::manifest::{MANIFEST_FILE, SongEntry};

use crate::dataset::is_weight;
use crate::prepare::prepared::Origin;

/// What is known about the files of a folder; nothing, where it has no manifest.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    entries: HashMap<String, SongEntry>,
}

impl Manifest {
    /// The manifest of a folder. A `manifest.json` of something else is left alone.
    pub fn of(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST_FILE);
        let written = musegan_corpus::manifest::Manifest::read(folder)
            .with_context(|| format!("cannot use {}; mend it or take it away", path.display()))?;
        let Some(written) = written else { return Ok(Self::default()) };
        let mut entries = HashMap::with_capacity(written.songs.len());
        for entry in written.songs {
            let file = entry.file.clone();
            if !is_weight(entry.weight) {
                bail!("{}: the weight of {file} is not from 0.001 to 1000", path.display());
            }
            if let Some(twice) = entries.insert(file, entry) {
                bail!("{} names {} twice", path.display(), twice.file);
            }
        }
        Ok(Self { entries })
    }

    /// What is known about the file at this path below the folder.
    pub fn entry(&self, file: &str) -> Option<&SongEntry> {
        self.entries.get(file)
    }
}

/// Who is to be named for a song.
pub(super) fn origin(entry: &SongEntry) -> Origin {
    Origin {
        source: entry.source.clone(),
        licence: entry.licence.clone(),
        attribution: entry.attribution.clone(),
    }
}

//! The way from journals to sorted files: what is joined belongs together, every file has its
//! place, and what must be known of all files before the first is written is found out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::batches::Batches;
use super::sorter::Key;
use crate::dataset::Shape;
use crate::prepare::duplicates::{Detector, Facts};
use crate::prepare::journal::{self, Header, JournalReader};

/// The header that all journals share, but for inputs and share.
///
/// # Errors
/// If they were prepared in different ways, one is there twice, or a share is missing.
pub fn common_header(journals: &[PathBuf]) -> Result<Header> {
    let mut first: Option<(Header, &Path)> = None;
    let mut shares: BTreeMap<(String, u32), BTreeMap<u32, &Path>> = BTreeMap::new();
    for folder in journals {
        let header = JournalReader::open(folder)?.header().clone();
        let (number, of) = header.share;
        let parts = shares.entry((header.inputs.clone(), of)).or_default();
        if let Some(other) = parts.insert(number, folder) {
            bail!("{} and {} hold the same files", other.display(), folder.display());
        }
        match &first {
            Some((same, _)) if (&same.shape, &same.config) == (&header.shape, &header.config) => {}
            Some((_, other)) => bail!(
                "{} and {} were prepared with different settings; prepare both with the same",
                other.display(),
                folder.display()
            ),
            None => first = Some((header, folder)),
        }
    }
    for ((_, of), parts) in &shares {
        if let (Some(missing), Some(other)) =
            ((1..=*of).find(|n| !parts.contains_key(n)), parts.values().next())
        {
            bail!("share {missing} of {of} is missing, to which {} belongs", other.display());
        }
    }
    Ok(first.context("there is nothing to join")?.0)
}

/// Hands every record of every journal with its place to `each`.
pub fn read_all(
    journals: &[PathBuf],
    mut each: impl FnMut(Key, &[u8]) -> Result<()>,
) -> Result<()> {
    for folder in journals {
        let mut reader = JournalReader::open(folder)?;
        while let Some(record) = reader.next_of_finished()? {
            let [corpus, song, file] = journal::names(record).with_context(|| not_ours(folder))?;
            each(place_of(corpus, song, file), record)?;
        }
    }
    Ok(())
}

/// Where a file's phrases lie in the dataset: first by its song's name, then by corpus and file.
///
/// A song's place is in the second eight bytes of its name's hash, because the first decide who is
/// held out: were both the same, all songs held out would come first, and of songs that are there
/// several times it would be those that stay.
pub fn place_of(corpus: &str, song: &str, file: &str) -> Key {
    let number =
        |bytes: &[u8]| bytes.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    let song = number(&Sha256::digest(song)[8..16]);
    let file = number(&Sha256::digest(format!("{corpus}\0{file}"))[..8]);
    Key::from(song) << 64 | Key::from(file)
}

fn not_ours(folder: &Path) -> String {
    format!("{} holds a record that this program did not write", folder.display())
}

/// Goes through the files in their order: keeps them, notes the corpora, and tells the detector of
/// duplicates.
pub struct Survey<'a> {
    shape: &'a Shape,
    sorted: &'a mut Batches,
    detector: &'a mut Detector,
    corpora: BTreeSet<String>,
    batch: Vec<Vec<u8>>,
    batch_bytes: usize,
    /// Corpus and file that came last.
    last: Option<(String, String)>,
}

impl<'a> Survey<'a> {
    pub fn new(shape: &'a Shape, sorted: &'a mut Batches, detector: &'a mut Detector) -> Self {
        Self {
            shape,
            sorted,
            detector,
            corpora: BTreeSet::new(),
            batch: Vec::new(),
            batch_bytes: 0,
            last: None,
        }
    }

    pub fn record(&mut self, record: &[u8]) -> Result<()> {
        self.sorted.push(record).context("cannot write the sorted files")?;
        self.batch_bytes += record.len();
        self.batch.push(record.to_vec());
        if self.batch_bytes < self.sorted.batch_bytes { Ok(()) } else { self.analyse() }
    }

    /// The names of all corpora.
    pub fn finish(mut self) -> Result<BTreeSet<String>> {
        self.analyse()?;
        Ok(self.corpora)
    }

    fn analyse(&mut self) -> Result<()> {
        let (shape, rules) = (self.shape, self.detector.rules());
        let facts = |record: &Vec<u8>| {
            let prepared = journal::decode(record).context("a journal is damaged")?;
            let facts = Facts::of(shape, rules, &prepared);
            Ok((prepared.corpus, prepared.song, prepared.file, facts))
        };
        let found: Vec<Result<_>> = self.batch.par_iter().map(facts).collect();
        (self.batch, self.batch_bytes) = (Vec::new(), 0);
        for file in found {
            let (corpus, song, file, facts) = file?;
            self.detector.file(&song, &facts).context("cannot compare phrases")?;
            if !self.corpora.contains(&corpus) {
                self.corpora.insert(corpus.clone());
            }
            let this = Some((corpus, file));
            if let Some((corpus, file)) = &this {
                ensure!(self.last != this, "file {file} of {corpus} is there twice");
            }
            self.last = this;
        }
        Ok(())
    }
}

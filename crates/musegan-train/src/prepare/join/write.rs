//! Files in their order become the dataset.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use super::Observer;
use crate::dataset::{
    Corpus, DatasetWriter, FileEntry, Index, Labels, OnsetSource, OriginCount, PackedPhrase, Shape,
};
use crate::prepare::duplicates::Verdicts;
use crate::prepare::journal;
use crate::prepare::prepared::{Contents, LabelledPhrase, Origin, Prepared};

/// Origins of a corpus that the index lists; `files.jsonl` has all.
pub const MAX_ORIGINS: usize = 256;

/// A dataset on its way.
pub struct Writing<'a> {
    writer: DatasetWriter,
    shape: &'a Shape,
    verdicts: Verdicts,
    observer: &'a mut dyn Observer,
    /// Number of each corpus by its name.
    numbers: BTreeMap<String, usize>,
    /// For each corpus its first origins and how many files had them.
    origins: Vec<BTreeMap<Origin, u64>>,
}

impl<'a> Writing<'a> {
    pub fn new(
        mut writer: DatasetWriter,
        shape: &'a Shape,
        corpora: BTreeSet<String>,
        verdicts: Verdicts,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let numbers: BTreeMap<_, _> =
            corpora.into_iter().map(|name| (name.clone(), writer.add_corpus(&name))).collect();
        let origins = vec![BTreeMap::new(); numbers.len()];
        if shape.binary {
            (0..numbers.len()).for_each(|n| writer.corpus(n).onsets = OnsetSource::Runs);
        }
        Self { writer, shape, verdicts, observer, numbers, origins }
    }

    /// Adds the files of these records.
    pub fn batch(&mut self, records: &[Vec<u8>]) -> Result<()> {
        let unpack = |record: &Vec<u8>| {
            let prepared = journal::decode(record).context("a journal is damaged")?;
            let phrases = prepared.outcome.iter().flat_map(|contents| &contents.phrases);
            let packed: Vec<_> = phrases.map(|phrase| pack(self.shape, phrase)).collect();
            Ok((prepared, packed))
        };
        let files: Vec<Result<_>> = records.par_iter().map(unpack).collect();
        for file in files {
            let (prepared, packed) = file?;
            self.file(prepared, packed)?;
        }
        Ok(())
    }

    fn file(&mut self, mut prepared: Prepared, mut packed: Vec<PackedPhrase>) -> Result<()> {
        let number = *self.numbers.get(&prepared.corpus).context("a file of no corpus")?;
        if let Ok(contents) = &mut prepared.outcome {
            self.drop_duplicates(contents, &mut packed)?;
        }
        let first = self.writer.len();
        if !packed.is_empty() {
            self.writer.begin_song(number, &prepared.song, weight_of(&prepared))?;
            packed.iter().try_for_each(|phrase| self.writer.push(phrase))?;
        }
        let phrases = [first, self.writer.len()];
        self.count(number, &prepared);
        self.writer.note_file(&entry(number, phrases, &prepared))?;
        self.observer.file(&prepared);
        Ok(())
    }

    /// Takes out the phrases that the verdicts are against, and counts them by rule.
    fn drop_duplicates(
        &mut self,
        contents: &mut Contents,
        packed: &mut Vec<PackedPhrase>,
    ) -> Result<()> {
        let mut verdicts = Vec::with_capacity(packed.len());
        for _ in 0..packed.len() {
            verdicts.push(self.verdicts.next().context("cannot read what was compared")?);
        }
        for rule in verdicts.iter().flatten() {
            *contents.dropped.entry(rule.name()).or_default() += 1;
        }
        let mut kept = verdicts.iter().map(Option::is_none);
        packed.retain(|_| kept.next().unwrap_or(true));
        let mut kept = verdicts.iter().map(Option::is_none);
        contents.phrases.retain(|_| kept.next().unwrap_or(true));
        Ok(())
    }

    fn count(&mut self, number: usize, prepared: &Prepared) {
        let corpus = self.writer.corpus(number);
        let file = prepared.file.as_str();
        let contents = match &prepared.outcome {
            Ok(contents) => contents,
            Err(_) => return corpus.unreadable.add(1, file),
        };
        corpus.files += 1;
        corpus.bars += contents.bars;
        if contents.cells_only {
            corpus.onsets = OnsetSource::Runs;
        }
        if contents.damage.is_some() {
            corpus.damaged.add(1, file);
        }
        for (rule, &count) in contents.dropped.iter().filter(|(_, count)| **count > 0) {
            corpus.dropped.entry((*rule).to_owned()).or_default().add(count, file);
        }
        if let (Some(origin), false) = (&prepared.origin, contents.phrases.is_empty()) {
            let origins = &mut self.origins[number];
            if origins.len() < MAX_ORIGINS || origins.contains_key(origin) {
                *origins.entry(origin.clone()).or_default() += 1;
            }
        }
    }

    pub fn finish(mut self, config: serde_json::Value) -> Result<Index> {
        if self.writer.is_empty() {
            bail!("{}", nothing_left(self.writer.corpora()));
        }
        for (number, origins) in self.origins.into_iter().enumerate() {
            let counts = origins.into_iter().map(|(origin, files)| {
                let Origin { source, licence, attribution } = origin;
                OriginCount { source, licence, attribution, files }
            });
            self.writer.corpus(number).origins = counts.collect();
        }
        let report = self.observer.finish(self.writer.folder())?;
        Ok(self.writer.finish(config, report)?)
    }
}

/// The file's weight within the range that a song may have, to four decimals.
fn weight_of(prepared: &Prepared) -> f64 {
    match prepared.weight {
        weight if weight.is_nan() => 1.0,
        weight => (weight.clamp(1e-3, 1e3) * 1e4).round() / 1e4,
    }
}

fn pack(shape: &Shape, phrase: &LabelledPhrase) -> PackedPhrase {
    let labels = Labels { bar: phrase.bar, key: phrase.key, chords: phrase.chords.clone() };
    PackedPhrase::of(shape, &phrase.notes, &labels)
}

fn entry(corpus: usize, phrases: [usize; 2], prepared: &Prepared) -> FileEntry {
    let mut entry = FileEntry {
        file: prepared.file.clone(),
        corpus,
        song: prepared.song.clone(),
        phrases,
        ..FileEntry::default()
    };
    if let Some(origin) = prepared.origin.clone() {
        (entry.source, entry.licence, entry.attribution) =
            (origin.source, origin.licence, origin.attribution);
    }
    match &prepared.outcome {
        Err(unreadable) => entry.unreadable.clone_from(&unreadable.reason),
        Ok(contents) => {
            entry.bars = contents.bars;
            entry.damage = contents.damage.clone().unwrap_or_default();
            entry.parts.clone_from(&contents.assignments);
            entry.sections = sections(&contents.phrases);
            let dropped = contents.dropped.iter().filter(|(_, count)| **count > 0);
            entry.dropped = dropped.map(|(rule, count)| ((*rule).to_owned(), *count)).collect();
        }
    }
    entry
}

/// The names of sections, each with how many phrases in a row begin in it; nothing where no phrase
/// has one.
fn sections(phrases: &[LabelledPhrase]) -> Vec<(String, usize)> {
    if phrases.iter().all(|phrase| phrase.section.is_empty()) {
        return Vec::new();
    }
    let sections = phrases.chunk_by(|a, b| a.section == b.section);
    sections.map(|phrases| (phrases[0].section.clone(), phrases.len())).collect()
}

fn nothing_left(corpora: &[Corpus]) -> String {
    let unreadable: u64 = corpora.iter().map(|c| c.unreadable.count).sum();
    let mut counts = BTreeMap::<_, u64>::new();
    for (rule, tally) in corpora.iter().flat_map(|c| &c.dropped) {
        *counts.entry(rule).or_default() += tally.count;
    }
    let dropped: Vec<_> = counts.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    let dropped = if dropped.is_empty() { "nothing".into() } else { dropped.join(", ") };
    format!(
        "no phrase to train on is left: {unreadable} files could not be read, dropped: {dropped}; \
         nothing was written"
    )
}

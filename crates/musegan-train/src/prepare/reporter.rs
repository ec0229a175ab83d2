//! Who watches the journals become a dataset: counts what goes into it, draws it, and knows what to
//! say where there is nothing.
//!
//! What must stay true: memory does not grow with the number of files.
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use musegan_score::Layout;

use super::inputs::{self, Skipped};
use super::prepared::Prepared;
use super::report::{self, Report};
use super::settings::Settings;
use super::{SKIPPED_FILE, join};
use crate::dataset::Index;

/// Joins journals, counts what goes into the dataset, and draws it.
pub(super) struct Reporter<'a> {
    journals: &'a [PathBuf],
    settings: &'a Settings,
    report: Report,
    layout: Layout,
    /// Files that were told, and those of them that could be read.
    told: u64,
    read: u64,
    phrases: u64,
}

impl<'a> Reporter<'a> {
    pub fn of(journals: &'a [PathBuf], settings: &'a Settings) -> Result<Self> {
        let layout = settings.layout.layout();
        let mut report = Report::new(layout);
        for journal in journals {
            report.skipped.merge(&read_skipped(journal)?);
        }
        Ok(Self { journals, settings, report, layout, told: 0, read: 0, phrases: 0 })
    }

    pub fn join(&mut self, output: &Path, replace: bool, work: &Path) -> Result<Index> {
        let options = join::Options {
            journals: self.journals.to_vec(),
            output: output.to_owned(),
            replace,
            work: work.to_owned(),
            duplicates: self.settings.duplicates,
        };
        let spinner = ProgressBar::new_spinner().with_message("ordering, comparing and writing");
        spinner.enable_steady_tick(Duration::from_millis(200));
        let joined = join::run(&options, self);
        spinner.finish_and_clear();
        joined
    }

    /// Whether all of so many files were told and none had a phrase.
    pub fn found_nothing(&self, files: u64) -> bool {
        self.told == files && self.phrases == 0
    }

    pub fn nothing_to_prepare(&self) -> String {
        let skipped: Vec<_> = self
            .report
            .skipped
            .iter()
            .take(5)
            .map(|(kind, found)| format!("{} {kind} such as {}", found.count, found.example))
            .collect();
        let others = match skipped.as_slice() {
            [] => "there is no file".to_owned(),
            found => format!("found only {}", found.join(", ")),
        };
        format!("found nothing to prepare: {others}; {}", inputs::KINDS)
    }
}

impl join::Observer for Reporter<'_> {
    fn file(&mut self, prepared: &Prepared) {
        self.told += 1;
        let Ok(contents) = &prepared.outcome else { return };
        self.read += 1;
        self.phrases += contents.phrases.len() as u64;
        self.report.add(contents, self.layout);
    }

    fn finish(&mut self, folder: &Path) -> Result<serde_json::Value> {
        let caption = report::picture::caption(self.read, self.phrases);
        let png = report::picture::draw(&self.report, "What was prepared", &caption)?;
        let file = folder.join(report::PICTURE_FILE);
        fs::write(&file, png).with_context(|| format!("cannot write {}", file.display()))?;
        serde_json::to_value(&self.report).context("cannot store the report")
    }
}

fn read_skipped(folder: &Path) -> Result<Skipped> {
    let file = folder.join(SKIPPED_FILE);
    let text = musegan_score::file::read(&file, 1 << 24)
        .and_then(|text| text.ok_or_else(|| std::io::ErrorKind::FileTooLarge.into()))
        .with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is damaged", file.display()))
}

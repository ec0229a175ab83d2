//! Which weights the worker plays: those that are chosen, or else those that played last.
//!
//! What must stay true: nothing here waits for a file; a file that is of no use ends in a sentence,
//! and when it has been put right it is taken up.
use super::reading::{Edition, Found};
use super::{Composer, Shift};
use anyhow::anyhow;
use musegan_model::weights::Problem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// The weights that every plugin carries.
const EMBEDDED: &[u8] = include_bytes!("../../plugin-assets/weights.safetensors");
/// How long a weights file may take until the band goes on with the weights that it has.
const FILE_PATIENCE: Duration = Duration::from_secs(2);
/// How often a file that was refused is looked at, for it may have been put right.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl<C: Composer> Shift<C> {
    /// Sees to it that what is chosen plays, or else what played last.
    pub(super) fn keep_up(&mut self) {
        let is_new = self.seen != Some(self.choice.revision());
        if !is_new && self.refused.is_none() && self.reader.busy_for().is_none() {
            return;
        }
        let (revision, file) = self.choice.chosen();
        if self.seen != Some(revision) {
            (self.seen, self.serving, self.refused) = (Some(revision), None, None);
            self.reader.forget();
            match &file {
                None => self.take(revision, EMBEDDED, None),
                Some(file) => self.read(revision, file, None),
            }
        }
        let Some(file) = file else { return };
        match self.reader.found(&file) {
            Some(Found::Read(edition, Ok(bytes))) => {
                self.refused = Some((Instant::now(), Some(edition)));
                self.take(revision, &bytes, Some(&file));
            }
            Some(Found::Read(edition, Err(error))) => {
                // Whether it can be read does not show in the edition; how long it is does.
                let known = matches!(error.problem, Problem::TooLong).then_some(edition);
                self.refused = Some((Instant::now(), known));
                self.refuse(revision, &error.into());
            }
            Some(Found::Unchanged) => {
                self.refused = self.refused.map(|(_, known)| (Instant::now(), known));
            }
            None => self.wait(revision, &file),
        }
    }

    /// A file that does not answer is waited for while the band goes on with what it has, and one
    /// that was refused is looked at again.
    fn wait(&mut self, revision: u32, file: &Path) {
        if let Some(busy) = self.reader.busy_for() {
            if busy > FILE_PATIENCE && self.serving.is_none() {
                let error = anyhow!("{}: does not answer; waiting for it", file.display());
                self.refuse(revision, &error);
            }
        } else if let Some((since, known)) = self.refused
            && since.elapsed() > LOOK_AGAIN
        {
            self.read(revision, file, known);
        }
    }

    fn read(&mut self, revision: u32, file: &Path, known: Option<Edition>) {
        if let Err(error) = self.reader.begin(file, known) {
            self.refused = Some((Instant::now(), None));
            self.refuse(revision, &error.context(file.display().to_string()));
        }
    }

    /// Takes weights, whose bytes are here at last, into use.
    fn take(&mut self, revision: u32, weights: &[u8], file: Option<&Path>) {
        let name = file.map_or("embedded".into(), |path| path.display().to_string());
        match self.load(weights, &name) {
            Ok(sha256) => {
                self.refused = None;
                // Others have played under this revision: they are asked for anew under the next.
                let revision = match self.serving {
                    Some(_) => self.choice.renew(revision),
                    None => Some(revision),
                };
                // Where the choice has changed meanwhile, these weights are nobody's: what is asked
                // for waits for those that are chosen now.
                self.serving = revision;
                if let Some(revision) = revision {
                    self.seen = Some(revision);
                    self.choice.loaded(revision, &sha256);
                }
                self.stage.report(|news| (news.weights, news.trouble) = (name, None));
            }
            Err(error) => self.refuse(revision, &error),
        }
    }

    fn load(&mut self, weights: &[u8], name: &str) -> anyhow::Result<String> {
        let loaded = catch_unwind(AssertUnwindSafe(|| self.composer.load(weights, name)));
        let loaded = loaded.unwrap_or_else(|_| Err(anyhow!("{name}: reading it failed inside")));
        if loaded.is_ok() {
            self.has_weights = true;
            // The CPU plays them until the device chosen has them, too.
            self.opener.forget();
            self.attempts.begin_anew();
        }
        loaded
    }

    /// Says why the weights chosen do not play, and goes on with those that played last; where
    /// nothing has played, with the embedded ones.
    fn refuse(&mut self, revision: u32, error: &anyhow::Error) {
        let trouble = format!("The weights chosen do not play: {error:#}");
        self.stage.report(|news| news.trouble = Some(trouble));
        self.serving = Some(revision);
        if self.has_weights {
            return;
        }
        match self.load(EMBEDDED, "embedded") {
            Ok(_) => self.stage.report(|news| news.weights = "embedded".into()),
            Err(error) => {
                let failure = format!("Nothing can be played: {error:#}");
                self.stage.report(|news| news.failure = Some(failure));
            }
        }
    }
}

//! What `auto` found out, kept so that later starts need not measure again, nor open a device that
//! is slower than the CPU.
//!
//! What must stay true: a file that is missing, damaged, too long or not to be written is no error;
//! at worst something is measured again. It is replaced whole or not at all, and has an end.
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use musegan_device::interface::VERSION;
use musegan_score::file;
use serde::{Deserialize, Serialize};

use super::{Rival, Verdict, Work};
use crate::weights::write_atomically;

/// Verdicts that are kept: the last so many.
const MOST: usize = 64;
/// A longer file is not ours.
const MAX_FILE_BYTES: u64 = 256 << 10;
/// The file in the user's folder.
const FILE: &str = "musegan/devices.json";

/// What this process knows, whatever instance found it out. Whoever measures holds the lock, so
/// that instances that start together measure once and do not disturb each other.
static KNOWN: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// What a verdict is about: it holds for nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    /// SHA-256 of the weights' file.
    weights: String,
    device: String,
    driver: String,
    /// This program's version, that of the library's interface, and what they were built for.
    program: String,
    batch: usize,
    cpu_threads: usize,
}

impl Key {
    pub fn new(weights_sha256: &str, rival: &Rival, work: Work) -> Self {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        Self {
            weights: weights_sha256.into(),
            device: rival.name.clone(),
            driver: rival.driver.clone(),
            program: format!("{} {VERSION} {os} {arch}", env!("CARGO_PKG_VERSION")),
            batch: work.batch,
            cpu_threads: work.cpu_threads,
        }
    }
}

/// A verdict with what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    #[serde(flatten)]
    key: Key,
    cpu_ms: f64,
    device_ms: f64,
}

impl Kept {
    fn is_sound(&self) -> bool {
        [self.cpu_ms, self.device_ms].iter().all(|ms| ms.is_finite() && *ms > 0.0)
    }

    fn verdict(&self) -> Verdict {
        let Key { batch, cpu_threads, ref device, .. } = self.key;
        let work = Work { batch, cpu_threads };
        Verdict { device: device.clone(), work, cpu_ms: self.cpu_ms, device_ms: self.device_ms }
    }
}

/// The verdicts of this process and of earlier ones, while nobody else looks.
pub(crate) struct Verdicts<'a> {
    known: MutexGuard<'a, Vec<Kept>>,
    file: Option<PathBuf>,
}

impl Verdicts<'static> {
    /// Those of this process, and those that lie in the user's folder if there is one. Waits while
    /// another instance measures.
    pub fn open(folder: Option<&Path>) -> Self {
        Self::on(&KNOWN, folder)
    }
}

impl<'a> Verdicts<'a> {
    pub(crate) fn on(known: &'a Mutex<Vec<Kept>>, folder: Option<&Path>) -> Self {
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        Self { known, file: folder.map(|folder| folder.join(FILE)) }
    }

    /// What was found out about this.
    pub fn find(&mut self, key: &Key) -> Option<Verdict> {
        if let Some(kept) = self.known.iter().find(|kept| kept.key == *key) {
            return Some(kept.verdict());
        }
        let kept = self.read().into_iter().find(|kept| kept.key == *key)?;
        let verdict = kept.verdict();
        remember(&mut self.known, kept);
        Some(verdict)
    }

    /// Keeps what was found out.
    pub fn keep(&mut self, key: Key, verdict: &Verdict) {
        let kept = Kept { key, cpu_ms: verdict.cpu_ms, device_ms: verdict.device_ms };
        if !kept.is_sound() {
            return;
        }
        let mut all = self.read();
        remember(&mut all, kept.clone());
        remember(&mut self.known, kept);
        let Some(file) = &self.file else { return };
        // Failing to keep it costs another measurement and nothing else.
        if let (Some(folder), Ok(text)) = (file.parent(), serde_json::to_vec_pretty(&all)) {
            std::fs::create_dir_all(folder).and_then(|()| write_atomically(file, &text)).ok();
        }
    }

    fn read(&self) -> Vec<Kept> {
        let bytes = self.file.as_ref().and_then(|path| file::read(path, MAX_FILE_BYTES).ok()?);
        let kept: Option<Vec<Kept>> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        kept.unwrap_or_default().into_iter().filter(Kept::is_sound).collect()
    }
}

/// Puts a verdict first, in the place of an older one about the same.
fn remember(all: &mut Vec<Kept>, kept: Kept) {
    all.retain(|other| other.key != kept.key);
    all.insert(0, kept);
    all.truncate(MOST);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key(weights: usize) -> Key {
        let rival = Rival { name: "card (cuda:0)".into(), driver: "580.65".into() };
        Key::new(&weights.to_string(), &rival, Work::PHRASE)
    }

    fn verdict(cpu_ms: f64) -> Verdict {
        Verdict { device: "card (cuda:0)".into(), work: Work::PHRASE, cpu_ms, device_ms: 0.25 }
    }

    /// What another process finds there: it knows nothing by itself.
    fn found_later(folder: &Path, key: &Key) -> Option<Verdict> {
        Verdicts::on(&Mutex::default(), Some(folder)).find(key)
    }

    #[test]
    fn a_verdict_outlives_the_process_and_holds_for_its_own_case_alone() {
        let folder = tempfile::tempdir().unwrap();
        let known = Mutex::default();
        Verdicts::on(&known, Some(folder.path())).keep(key(1), &verdict(0.1 + 0.2));
        assert_eq!(found_later(folder.path(), &key(1)), Some(verdict(0.1 + 0.2)));
        let others = [
            key(2),
            Key { driver: "581".into(), ..key(1) },
            Key { device: "card (cuda:1)".into(), ..key(1) },
            Key { batch: 64, ..key(1) },
            Key { program: "0.0.0".into(), ..key(1) },
        ];
        assert!(others.iter().all(|other| found_later(folder.path(), other).is_none()));
    }

    #[test]
    fn the_newest_verdicts_are_kept_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let known = Mutex::default();
        for weights in 0..MOST + 3 {
            Verdicts::on(&known, Some(folder.path())).keep(key(weights), &verdict(1.0));
        }
        Verdicts::on(&known, Some(folder.path())).keep(key(3), &verdict(2.0));
        let kept = |weights| found_later(folder.path(), &key(weights)).map(|v| v.cpu_ms);
        assert_eq!(
            [kept(2), kept(3), kept(4), kept(MOST + 2)],
            [None, Some(2.0), Some(1.0), Some(1.0)]
        );
        assert_eq!(known.lock().unwrap().len(), MOST);
    }

    #[test]
    fn a_damaged_file_is_measured_anew_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let verdicts = |cpu_ms: f64| {
            Verdicts::on(&Mutex::default(), Some(folder.path())).keep(key(1), &verdict(cpu_ms));
        };
        verdicts(1.0);
        let sound = std::fs::read_to_string(&file).unwrap();
        let too_long = sound.clone() + &" ".repeat(MAX_FILE_BYTES as usize);
        let damaged =
            [&sound[..sound.len() / 2], "", "null", &sound.replace("1.0", "-1.0"), &too_long];
        for text in damaged {
            std::fs::write(&file, text).unwrap();
            assert_eq!(found_later(folder.path(), &key(1)), None, "{:.80}", text);
            verdicts(2.0);
            assert_eq!(found_later(folder.path(), &key(1)), Some(verdict(2.0)));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("musegan"), "a file in the way").unwrap();
        let known = Mutex::default();
        Verdicts::on(&known, Some(folder.path())).keep(key(1), &verdict(1.0));
        assert_eq!(Verdicts::on(&known, Some(folder.path())).find(&key(1)), Some(verdict(1.0)));
        Verdicts::on(&known, None).keep(key(2), &verdict(f64::NAN));
        assert_eq!(Verdicts::on(&known, None).find(&key(2)), None);
    }
}

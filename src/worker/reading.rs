//! Reading a weights file without waiting for it: on a thread of its own, because a file on a
//! network drive that died answers never.
//!
//! What must stay true: nobody waits for a reader, neither the worker nor, but on Windows, the host
//! that drops the plugin.
use anyhow::{Context, anyhow};
use crossbeam_channel::{Receiver, TryRecvError};
use musegan_model::weights::{MAX_FILE_BYTES, Problem, WeightsError};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// Readers that hang before no more are started.
const MOST_HANGING: usize = 4;
/// How long a reader may take to end.
const PARTING: Duration = Duration::from_millis(20);

/// What tells a file that was changed since: its length and when it was written; `None` where
/// there is no file.
pub(super) type Edition = Option<(u64, SystemTime)>;

/// What a reader found.
#[derive(Debug)]
pub(super) enum Found {
    /// The edition that was known.
    Unchanged,
    /// The file's bytes, or why there are none.
    Read(Edition, Result<Vec<u8>, WeightsError>),
}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Reading {
    answer: Receiver<Found>,
    thread: JoinHandle<()>,
    since: Instant,
}

impl Reading {
    /// Begins to read, unless the file is still the edition that is known.
    fn begin(file: &Path, known: Option<Edition>) -> std::io::Result<Self> {
        let (sender, answer) = crossbeam_channel::bounded(1);
        let file = file.to_owned();
        let thread = std::thread::Builder::new().name("musegan-reader".into());
        let thread = thread.spawn(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(read(&file, known));
        })?;
        Ok(Self { answer, thread, since: Instant::now() })
    }
}

/// Bytes of a weights file, looked at before so that writing to it while it is read shows later.
fn read(file: &Path, known: Option<Edition>) -> Found {
    let metadata = std::fs::metadata(file).ok();
    let edition = metadata.and_then(|metadata| Some((metadata.len(), metadata.modified().ok()?)));
    if known == Some(edition) {
        return Found::Unchanged;
    }
    let bytes = match musegan_score::file::read(file, MAX_FILE_BYTES) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Problem::TooLong),
        Err(error) => Err(Problem::Read(error)),
    };
    let source = || file.display().to_string();
    Found::Read(edition, bytes.map_err(|problem| WeightsError { file: source(), problem }))
}

/// The reader of the file that is chosen, and those of earlier choices that still hang.
#[derive(Debug, Default)]
pub(super) struct Reader {
    current: Option<Reading>,
    hanging: Vec<JoinHandle<()>>,
}

impl Reader {
    /// Begins to read a file, unless it is still the edition that is known. What was being read
    /// is forgotten.
    ///
    /// # Errors
    /// When no more readers can be had.
    pub fn begin(&mut self, file: &Path, known: Option<Edition>) -> anyhow::Result<()> {
        self.forget();
        if self.hanging.len() >= MOST_HANGING {
            return Err(anyhow!("too many files are being waited for that do not answer"));
        }
        self.current = Some(Reading::begin(file, known).context("no thread to read it")?);
        Ok(())
    }

    /// Lets go of what is being read.
    pub fn forget(&mut self) {
        self.hanging.extend(self.current.take().map(|reading| reading.thread));
        for thread in self.hanging.extract_if(.., |thread| thread.is_finished()) {
            // One that has said so may still be running code of the library's.
            let _ = thread.join();
        }
    }

    /// How long a file has been read, if one is.
    pub fn busy_for(&self) -> Option<Duration> {
        self.current.as_ref().map(|reading| reading.since.elapsed())
    }

    /// What was found, once.
    pub fn found(&mut self, file: &Path) -> Option<Found> {
        let found = match self.current.as_ref()?.answer.try_recv() {
            Ok(found) => found,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                let error = std::io::Error::other("reading it failed inside");
                let (file, problem) = (file.display().to_string(), Problem::Read(error));
                Found::Read(None, Err(WeightsError { file, problem }))
            }
        };
        self.forget();
        Some(found)
    }

    /// Ends, leaving behind what hangs; not on Windows, whose files always answer in the end and
    /// where who is left behind needs code that may be unloaded.
    pub fn part(mut self) {
        self.forget();
        let patience = (!cfg!(windows)).then_some(PARTING);
        for thread in self.hanging.drain(..) {
            leave(thread, patience);
        }
    }
}

/// Joins a thread that is about to end and gives what it gave, and leaves one behind that takes
/// longer than that; without a limit it waits.
///
/// Whoever is left behind still needs the library's code, so the library must not be unloaded.
/// That is so on Unix, where the C library keeps a library in memory that has thread-local values
/// in a living thread; a Rust thread always has. Windows does not know such a rule.
pub(super) fn leave<T>(thread: JoinHandle<T>, patience: Option<Duration>) -> Option<T> {
    let since = Instant::now();
    while !thread.is_finished() && patience.is_none_or(|patience| since.elapsed() < patience) {
        std::thread::sleep(Duration::from_millis(1));
    }
    if thread.is_finished() { thread.join().ok() } else { None }
}

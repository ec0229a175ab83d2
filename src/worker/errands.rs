//! Work that may take long or never end, on a thread of its own: a file on a network drive that
//! died answers never, and neither may a graphics driver.
//!
//! What must stay true: nobody waits for an errand, neither the worker nor, but on Windows, the
//! host that drops the plugin.
use anyhow::{Context, anyhow};
use crossbeam_channel::{Receiver, TryRecvError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Errands that hang before no more are begun.
const MOST_HANGING: usize = 4;
/// How long an errand may take to end.
const PARTING: Duration = Duration::from_millis(20);

/// The errand that matters, and earlier ones that still hang. They bring back a `T`.
#[derive(Debug)]
pub(super) struct Errands<T> {
    current: Option<Errand<T>>,
    hanging: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Errand<T> {
    answer: Receiver<T>,
    thread: JoinHandle<()>,
    since: Instant,
}

/// It panicked.
#[derive(Debug)]
pub(super) struct Panicked;

impl<T> Default for Errands<T> {
    fn default() -> Self {
        Self { current: None, hanging: Vec::new() }
    }
}

impl<T: Send + 'static> Errands<T> {
    /// Begins another errand; one that is on its way is forgotten. `name` is the thread's.
    ///
    /// # Errors
    /// When too many hang already, or the system gives no thread.
    pub fn begin(
        &mut self,
        name: &str,
        errand: impl FnOnce() -> T + Send + 'static,
    ) -> anyhow::Result<()> {
        self.forget();
        if self.hanging.len() >= MOST_HANGING {
            return Err(anyhow!("too much is being waited for that does not answer"));
        }
        let (sender, answer) = crossbeam_channel::bounded(1);
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(errand());
        });
        let thread = thread.context("no thread for it")?;
        self.current = Some(Errand { answer, thread, since: Instant::now() });
        Ok(())
    }

    /// Lets go of what is on its way.
    pub fn forget(&mut self) {
        self.hanging.extend(self.current.take().map(|errand| errand.thread));
        for thread in self.hanging.extract_if(.., |thread| thread.is_finished()) {
            // One that has said so may still be running code of the library's.
            let _ = thread.join();
        }
    }

    /// How long an errand has been on its way, if one is.
    pub fn busy_for(&self) -> Option<Duration> {
        self.current.as_ref().map(|errand| errand.since.elapsed())
    }

    /// What was brought back, once.
    pub fn brought(&mut self) -> Option<Result<T, Panicked>> {
        let brought = match self.current.as_ref()?.answer.try_recv() {
            Ok(brought) => Ok(brought),
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(Panicked),
        };
        self.forget();
        Some(brought)
    }

    /// The threads of all that is on its way.
    pub fn leave(mut self) -> Vec<JoinHandle<()>> {
        self.forget();
        self.hanging
    }
}

/// Ends errands, leaving behind what hangs; not on Windows, where who is left behind needs code
/// that may be unloaded, and where files and drivers always answer in the end.
pub(super) fn part(threads: Vec<JoinHandle<()>>) {
    let patience = (!cfg!(windows)).then_some(PARTING);
    for thread in threads {
        leave(thread, patience);
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

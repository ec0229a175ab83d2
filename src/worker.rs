//! The worker thread: answers the player's requests with phrases, and changes weights.
//!
//! One thread per instance, of our own: inside a host no shared pool is started. It sleeps until
//! the [watch](crate::watch) wakes it, for the audio thread must not. What must stay true: whatever
//! goes wrong in it or in a file ends in a sentence for the editor, not in the host; the weights
//! that played last play on; and when what was wrong has been put right, it notices by itself.
mod answering;
mod composer;
mod device;
mod errands;
mod intake;
mod loaded;
mod reading;

use crate::state::{DeviceChoice, Stage, WeightsChoice};
use crate::watch::Post;
use anyhow::anyhow;
pub use composer::{Composer, Errand, Networks};
use device::{Attempts, OPENING_PATIENCE};
use errands::Errands;
use musegan_engine::{Desk, PhraseKey};
use musegan_model::device::About;
use musegan_score::Phrase;
use reading::{Edition, Reader};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{JoinHandle, park_timeout};
use std::time::{Duration, Instant};

/// How often the worker looks whether other weights were chosen, when nobody wakes it.
const LOOK_UP: Duration = Duration::from_millis(250);
/// How often it looks whether a file has been read, and whether a device is open.
const LOOK_UP_READING: Duration = Duration::from_millis(2);
const LOOK_UP_OPENING: Duration = Duration::from_millis(20);
/// How long after a failure nothing is tried; twice as long after each that follows.
const PAUSE_FAILED: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// Requests that are kept to be tried again.
const MOST_FAILED: usize = 16;
/// How long a worker that is told to quit may take before it is left behind. On Windows that is
/// dangerous, as for [errands], so a device that does not answer is given the time to be given up.
const PARTING: Duration = Duration::from_secs(if cfg!(windows) { 5 } else { 1 });

/// A running worker. Dropping it ends the thread.
#[derive(Debug)]
pub struct Worker {
    quitting: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<JoinHandle<()>>>>,
    post: Option<Post>,
}

impl Worker {
    /// Starts the thread that serves this desk.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(
        desk: Desk,
        composer: impl Composer,
        choice: WeightsChoice,
        device: DeviceChoice,
        stage: Arc<Stage>,
    ) -> std::io::Result<Self> {
        let (quitting, bell) = (Arc::<AtomicBool>::default(), desk.bell());
        let shift = Shift {
            desk,
            composer,
            choice,
            device,
            stage,
            reader: Reader::default(),
            opener: Errands::default(),
            looker: Errands::default(),
            attempts: Attempts::default(),
            seen: None,
            serving: None,
            refused: None,
            has_weights: false,
            failed: VecDeque::new(),
            undelivered: None,
            failures: 0,
            quitting: quitting.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("musegan-worker".into())
            .spawn(move || shift.work())?;
        let sleeper = thread.thread().clone();
        let mut worker = Self { quitting, thread: Some(thread), post: None };
        worker.post = Some(Post::take(bell, sleeper)?);
        Ok(worker)
    }

    /// Has it look at once what is asked for. Not for the audio thread.
    pub fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Has it be woken at once when something is asked for. Not for the audio thread.
    pub fn attend(&self) {
        self.post.iter().for_each(Post::call);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The threads must be gone before the library that holds their code may be.
        self.post = None;
        self.quitting.store(true, Relaxed);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // A bug or a device may hang it, and that may never end; errands have their own rule.
            if let Some(threads) = errands::leave(thread, Some(PARTING)) {
                errands::part(threads);
            }
        }
    }
}

/// All that the thread has.
struct Shift<C> {
    desk: Desk,
    composer: C,
    choice: WeightsChoice,
    device: DeviceChoice,
    stage: Arc<Stage>,
    reader: Reader,
    /// Opens the device that is chosen, and brings a composer that plays on it.
    opener: Errands<C>,
    /// Looks which graphics cards there are.
    looker: Errands<Result<Vec<About>, String>>,
    attempts: Attempts,
    /// The revision of the choice that was last taken note of.
    seen: Option<u32>,
    /// The revision under which requests are answered, with its weights if they could be had.
    serving: Option<u32>,
    /// When the chosen file was last found to be of no use, and the edition that need not be read
    /// again.
    refused: Option<(Instant, Option<Edition>)>,
    /// Whether there are any weights to play with.
    has_weights: bool,
    /// What was asked for and could not be made; it is tried again when nothing else is asked for.
    failed: VecDeque<PhraseKey>,
    /// A phrase for which the player had no room yet.
    undelivered: Option<(PhraseKey, Phrase)>,
    /// Failures since the last phrase.
    failures: u32,
    quitting: Arc<AtomicBool>,
}

impl<C: Composer> Shift<C> {
    /// Serves until told to quit, and gives back the errands that may still be on their way.
    fn work(mut self) -> Vec<JoinHandle<()>> {
        while !self.quitting.load(Relaxed) {
            let served = catch_unwind(AssertUnwindSafe(|| self.serve()));
            match served.unwrap_or_else(|_| Err(anyhow!("it panicked"))) {
                Ok(()) => park_timeout(self.look_up()),
                Err(error) => {
                    let pause = self.fail(&error);
                    self.pause(pause);
                }
            }
        }
        let mut threads = self.reader.leave();
        threads.extend(self.opener.leave());
        threads.extend(self.looker.leave());
        threads
    }

    /// How long to sleep if nobody asks for anything.
    fn look_up(&self) -> Duration {
        let opening = self.opener.busy_for().or(self.looker.busy_for());
        match (self.reader.busy_for(), opening) {
            (Some(_), _) => LOOK_UP_READING,
            (None, Some(busy)) if busy < OPENING_PATIENCE => LOOK_UP_OPENING,
            _ => LOOK_UP,
        }
    }

    /// Does nothing for so long, whoever asks for whatever.
    fn pause(&self, pause: Duration) {
        let since = Instant::now();
        while let Some(left) = pause.checked_sub(since.elapsed())
            && !self.quitting.load(Relaxed)
        {
            park_timeout(left);
        }
    }

    /// Answers everything that is asked for now. Other weights come after what was asked for under
    /// those that are here: a render may be waiting for it.
    fn serve(&mut self) -> anyhow::Result<()> {
        self.answer()?;
        self.keep_up();
        self.answer()?;
        self.keep_device();
        Ok(())
    }

    /// Says what went wrong, begins anew, and gives how long to do nothing.
    fn fail(&mut self, error: &anyhow::Error) -> Duration {
        if self.failed.len() > MOST_FAILED {
            self.failed.pop_front();
        }
        let pause = PAUSE_FAILED.saturating_mul(1 << self.failures.min(8)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        let failure = format!("The network failed and the band may rest; trying again: {error:#}");
        self.stage.report(|news| news.failure = Some(failure));
        if !self.has_weights {
            // Not even the embedded ones could be loaded: the choice is gone through again.
            (self.seen, self.serving) = (None, None);
        }
        // If even this fails, the next phrase fails too, and it is tried again.
        let _ = catch_unwind(AssertUnwindSafe(|| self.composer.revive()));
        self.lose_device();
        pause
    }
}

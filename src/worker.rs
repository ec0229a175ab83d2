//! The worker thread: answers the player's requests with phrases, and changes weights.
//!
//! One thread per instance, of our own: inside a host no shared pool is started. It polls, so
//! that the audio thread never has to wake it. What must stay true: it lives as long as the
//! plugin does, and whatever goes wrong in it ends in a sentence for the editor, not in the host.
use crate::state::{Stage, WeightsChoice};
use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use musegan_engine::{Desk, PhraseKey};
use musegan_model::{Band, Device, Weights};
use musegan_score::Phrase;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// The weights that every plugin carries.
const EMBEDDED: &[u8] = include_bytes!("../plugin-assets/weights.safetensors");

/// How often the desk is looked at while the song rolls; a phrase that a seek needs waits no
/// longer than this to be begun.
const POLL_ROLLING: Duration = Duration::from_millis(1);
/// How often while it stands still.
const POLL_RESTING: Duration = Duration::from_millis(10);
/// How long after a failure nothing is tried.
const POLL_FAILED: Duration = Duration::from_millis(500);

/// What makes phrases: the networks, and in tests whatever fails in the right way.
pub trait Composer: Send + 'static {
    /// Takes other weights, of a file or the embedded ones, and gives their SHA-256 in
    /// hexadecimal. An error leaves those that were there.
    ///
    /// # Errors
    /// When the file is no weights file, with what was expected and found.
    fn load(&mut self, file: Option<&Path>) -> anyhow::Result<String>;

    /// The phrase of this key.
    fn compose(&mut self, key: PhraseKey) -> Phrase;
}

/// The networks of this project.
#[derive(Debug, Default)]
pub struct Networks {
    band: Option<Band>,
}

impl Composer for Networks {
    fn load(&mut self, file: Option<&Path>) -> anyhow::Result<String> {
        let weights = match file {
            Some(path) => Weights::read(path)?,
            None => Weights::from_bytes(EMBEDDED, "embedded weights")?,
        };
        self.band = Some(Band::new(&weights, Device::default()));
        Ok(weights.sha256().to_owned())
    }

    fn compose(&mut self, key: PhraseKey) -> Phrase {
        let band = self.band.as_mut();
        band.map(|band| band.phrase(&key.composition, key.index)).unwrap_or_default()
    }
}

/// A running worker. Dropping it ends the thread.
#[derive(Debug)]
pub struct Worker {
    quit: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
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
        stage: Arc<Stage>,
    ) -> std::io::Result<Self> {
        let (quit, quitting) = crossbeam_channel::bounded(0);
        let shift = Shift { desk, composer, choice, stage, serving: None };
        let thread = std::thread::Builder::new()
            .name("musegan-worker".into())
            .spawn(move || shift.work(&quitting))?;
        Ok(Self { quit: Some(quit), thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The thread must be gone before the library that holds its code may be.
        drop(self.quit.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// All that the thread has.
struct Shift<C> {
    desk: Desk,
    composer: C,
    choice: WeightsChoice,
    stage: Arc<Stage>,
    /// The revision of the choice that is served, whether its weights could be loaded or not.
    serving: Option<u32>,
}

impl<C: Composer> Shift<C> {
    /// Serves until told to quit. A panic costs the phrase that caused it.
    fn work(mut self, quitting: &Receiver<()>) {
        let mut pause = Duration::ZERO;
        loop {
            match quitting.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
            let served = std::panic::catch_unwind(AssertUnwindSafe(|| self.serve()));
            pause = match served {
                Ok(()) if self.stage.status().playing => POLL_ROLLING,
                Ok(()) => POLL_RESTING,
                Err(_) => {
                    self.serving = None;
                    let failure = "The network failed; it is loaded anew and tried again.";
                    self.stage.report(|news| news.failure = Some(failure.into()));
                    POLL_FAILED
                }
            };
        }
    }

    /// Answers everything that is asked for now.
    fn serve(&mut self) {
        self.keep_up();
        while let Some(key) = self.desk.next_request() {
            self.keep_up();
            // A request under an older choice is left unanswered: nobody will play it.
            if self.serving == Some(key.model) {
                let phrase = self.composer.compose(key);
                self.stage.show(key, Arc::new(phrase.clone()));
                // There is room, or the desk would not have handed out the request.
                let _ = self.desk.deliver(key, phrase);
                self.stage.report(|news| news.failure = None);
            }
        }
    }

    /// Loads what is chosen, if that is not what plays. What cannot be loaded leaves the last
    /// good weights playing, and says why.
    fn keep_up(&mut self) {
        if self.serving == Some(self.choice.revision()) {
            return;
        }
        let (revision, file) = self.choice.chosen();
        let is_first = self.serving.is_none();
        // From here on nothing is loaded twice for this choice, even if loading panics.
        self.serving = Some(revision);
        match self.composer.load(file.as_deref()) {
            Ok(sha256) => {
                self.choice.loaded(revision, &sha256);
                let name = file.map_or("embedded".into(), |path| path.display().to_string());
                self.stage.report(|news| (news.weights, news.trouble) = (name, None));
            }
            Err(error) => {
                let trouble = format!("{:#}", error.context("the weights chosen do not play"));
                self.stage.report(|news| news.trouble = Some(trouble));
                if is_first {
                    self.fall_back();
                }
            }
        }
    }

    /// The embedded weights, for when a chosen file is refused before anything else has played.
    fn fall_back(&mut self) {
        match self.composer.load(None).context("nothing can be played") {
            Ok(_) => self.stage.report(|news| news.weights = "embedded".into()),
            Err(error) => self.stage.report(|news| news.failure = Some(format!("{error:#}"))),
        }
    }
}

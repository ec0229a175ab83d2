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
    pub fn spawn(desk: Desk, choice: WeightsChoice, stage: Arc<Stage>) -> std::io::Result<Self> {
        let (quit, quitting) = crossbeam_channel::bounded(0);
        let thread = std::thread::Builder::new()
            .name("musegan-worker".into())
            .spawn(move || serve(desk, &choice, &stage, &quitting))?;
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

/// Serves until told to quit. A panic costs the phrase that caused it and the loaded weights.
fn serve(mut desk: Desk, choice: &WeightsChoice, stage: &Stage, quitting: &Receiver<()>) {
    let mut stand = None;
    loop {
        let rolling = stage.status().playing;
        match quitting.recv_timeout(if rolling { POLL_ROLLING } else { POLL_RESTING }) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let served = std::panic::catch_unwind(AssertUnwindSafe(|| {
            serve_waiting(&mut desk, &mut stand, choice, stage);
        }));
        if served.is_err() {
            stand = None;
            let trouble = "The network failed while composing; it was loaded anew.";
            stage.report(|news| news.trouble = Some(trouble.into()));
        }
    }
}

/// The band that plays, and for which choice of weights.
struct Stand {
    revision: u32,
    band: Band,
}

/// Answers everything that is asked for now.
fn serve_waiting(
    desk: &mut Desk,
    stand: &mut Option<Stand>,
    choice: &WeightsChoice,
    stage: &Stage,
) {
    keep_up(stand, choice, stage);
    while let Some(key) = desk.next_request() {
        keep_up(stand, choice, stage);
        let Some(stand) = stand.as_mut() else { return };
        // A request under an older choice is left unanswered: nobody will play it.
        if key.model == stand.revision {
            let phrase = compose(&mut stand.band, key);
            stage.show(key, Arc::new(phrase.clone()));
            // There is room, or the desk would not have handed out the request.
            let _ = desk.deliver(key, phrase);
        }
    }
}

fn compose(band: &mut Band, key: PhraseKey) -> Phrase {
    band.phrase(key.seed, key.index, key.temperature)
}

/// Loads what is chosen, if that is not what plays. What cannot be loaded leaves the last good
/// weights playing, and says why.
fn keep_up(stand: &mut Option<Stand>, choice: &WeightsChoice, stage: &Stage) {
    if stand.as_ref().is_some_and(|stand| stand.revision == choice.revision()) {
        return;
    }
    let (revision, file) = choice.chosen();
    let loaded = match &file {
        Some(path) => {
            Weights::read(path).with_context(|| format!("{} stays unused", path.display()))
        }
        None => Weights::from_bytes(EMBEDDED, "embedded weights").map_err(anyhow::Error::from),
    };
    let name = file.as_ref().map_or("embedded".into(), |path| path.display().to_string());
    match loaded {
        Ok(weights) => {
            *stand = Some(Stand { revision, band: Band::new(&weights, Device::default()) });
            stage.report(|news| {
                news.weights = name;
                news.trouble = None;
            });
        }
        Err(error) => {
            stage.report(|news| news.trouble = Some(format!("{error:#}")));
            match stand {
                Some(stand) => stand.revision = revision,
                None => *stand = embedded(revision, stage),
            }
        }
    }
}

/// The embedded band, for when a chosen file is refused before anything else has played.
fn embedded(revision: u32, stage: &Stage) -> Option<Stand> {
    match Weights::from_bytes(EMBEDDED, "embedded weights") {
        Ok(weights) => {
            stage.report(|news| news.weights = "embedded".into());
            Some(Stand { revision, band: Band::new(&weights, Device::default()) })
        }
        Err(error) => {
            stage.report(|news| news.trouble = Some(error.to_string()));
            None
        }
    }
}

//! The three wait-free queues between audio thread and worker: requests out, phrases in, spent
//! phrases back. All bounded, single producer, single consumer; nobody wakes anybody.
use musegan_score::{Composition, Phrase};
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Requests under way at once; also the size of the queue of answers.
pub(crate) const REQUESTS: usize = 16;
/// Phrases that may wait to be freed.
const SPENT: usize = 64;

/// What a phrase is a function of, besides the weights themselves. Equal keys mean equal phrases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhraseKey {
    /// Which phrase of the song; negative before its start.
    pub index: i64,
    /// Which loaded weights.
    pub model: u32,
    /// Seed, temperature, morph, form, fills, chords, takes.
    pub composition: Composition,
}

/// What the audio thread lets be known without waking anyone: two flags, to be polled by whoever
/// wakes the worker.
#[derive(Debug, Default)]
pub struct Bell {
    asked: AtomicBool,
    rolling: AtomicBool,
}

impl Bell {
    /// Whether a phrase was asked for since the last call.
    #[must_use]
    pub fn has_rung(&self) -> bool {
        // The load alone is what most calls come to.
        self.asked.load(Ordering::Relaxed) && self.asked.swap(false, Ordering::Acquire)
    }

    /// Whether the song rolls: then a phrase may be asked for that is needed at once.
    #[must_use]
    pub fn is_rolling(&self) -> bool {
        self.rolling.load(Ordering::Relaxed)
    }
}

/// The audio thread's end.
#[derive(Debug)]
pub(crate) struct Counter {
    bell: Arc<Bell>,
    requests: Producer<PhraseKey>,
    ready: Consumer<(PhraseKey, Phrase)>,
    spent: Producer<Phrase>,
}

/// The worker's end. The worker polls it: requests are answered in the order in which they came.
#[derive(Debug)]
pub struct Desk {
    bell: Arc<Bell>,
    requests: Consumer<PhraseKey>,
    ready: Producer<(PhraseKey, Phrase)>,
    spent: Consumer<Phrase>,
}

pub(crate) fn pair() -> (Counter, Desk) {
    let (request_in, request_out) = RingBuffer::new(REQUESTS);
    let (ready_in, ready_out) = RingBuffer::new(REQUESTS);
    let (spent_in, spent_out) = RingBuffer::new(SPENT);
    let bell = Arc::new(Bell::default());
    (
        Counter { bell: bell.clone(), requests: request_in, ready: ready_out, spent: spent_in },
        Desk { bell, requests: request_out, ready: ready_in, spent: spent_out },
    )
}

impl Counter {
    /// Asks for a phrase; false when the queue is full.
    pub fn request(&mut self, key: PhraseKey) -> bool {
        let asked = self.requests.push(key).is_ok();
        if asked {
            self.bell.asked.store(true, Ordering::Release);
        }
        asked
    }

    /// Lets be known whether the song rolls.
    pub fn tell_rolling(&self, rolling: bool) {
        self.bell.rolling.store(rolling, Ordering::Relaxed);
    }

    /// The next answer. None are taken while a phrase that it replaces could not be handed back.
    pub fn take(&mut self) -> Option<(PhraseKey, Phrase)> {
        if self.spent.is_full() {
            return None;
        }
        self.ready.pop().ok()
    }

    /// Hands a phrase back to be freed by the worker.
    pub fn hand_back(&mut self, phrase: Phrase) {
        if let Err(rtrb::PushError::Full(phrase)) = self.spent.push(phrase) {
            // Unreachable: `take` leaves room for what it replaces. Leaking beats freeing here.
            std::mem::forget(phrase);
        }
    }
}

impl Desk {
    /// The bell that rings when something is asked for.
    #[must_use]
    pub fn bell(&self) -> Arc<Bell> {
        self.bell.clone()
    }

    /// The next phrase that is asked for, if there is room for the answer. Frees what was spent.
    pub fn next_request(&mut self) -> Option<PhraseKey> {
        while self.spent.pop().is_ok() {}
        if self.ready.is_full() {
            return None;
        }
        self.requests.pop().ok()
    }

    /// Answers a request.
    ///
    /// # Errors
    /// Gives the phrase back when the player has not yet taken earlier answers.
    #[allow(clippy::result_large_err, reason = "it goes back to where it came from, once")]
    pub fn deliver(&mut self, key: PhraseKey, phrase: Phrase) -> Result<(), Phrase> {
        self.ready.push((key, phrase)).map_err(|rtrb::PushError::Full((_, phrase))| phrase)
    }
}

//! The phrases at hand and those asked for. Audio thread; fixed size.
use crate::PhraseKey;
use crate::queue::{Counter, REQUESTS};
use musegan_score::Phrase;

/// Phrases kept: loops of 64 bars, and what changes of metre might begin with.
const SLOTS: usize = 48;
/// A request is repeated when this many samples pass without an answer (a worker that died).
const PATIENCE_SAMPLES: u64 = 96_000;

#[derive(Debug)]
struct Slot {
    key: PhraseKey,
    phrase: Phrase,
}

/// Phrases by key, the least recently used giving way.
#[derive(Debug)]
pub(crate) struct Shelf {
    counter: Counter,
    slots: Vec<Slot>,
    /// The index in each slot's key, side by side: most lookups need no more.
    indexes: Vec<i64>,
    last_used: Vec<u64>,
    asked: Vec<(PhraseKey, u64)>,
    now: u64,
}

impl Shelf {
    pub fn new(counter: Counter) -> Self {
        Self {
            counter,
            slots: Vec::with_capacity(SLOTS),
            indexes: Vec::with_capacity(SLOTS),
            last_used: Vec::with_capacity(SLOTS),
            asked: Vec::with_capacity(REQUESTS),
            now: 0,
        }
    }

    /// Lets the worker's side know whether the song rolls.
    pub fn tell_rolling(&self, rolling: bool) {
        self.counter.tell_rolling(rolling);
    }

    /// Takes what the worker has finished, and says whether there was anything. `samples` is how
    /// long ago the last call was.
    pub fn receive(&mut self, samples: u32) -> bool {
        self.now += u64::from(samples);
        let mut any = false;
        for _ in 0..REQUESTS {
            let Some((key, phrase)) = self.counter.take() else { break };
            self.asked.retain(|(asked, _)| *asked != key);
            self.put(key, phrase);
            any = true;
        }
        let oldest = self.now.saturating_sub(PATIENCE_SAMPLES);
        self.asked.retain(|&(_, since)| since >= oldest);
        any
    }

    fn put(&mut self, key: PhraseKey, phrase: Phrase) {
        let slot = Slot { key, phrase };
        if self.slots.len() < SLOTS {
            self.slots.push(slot);
            self.indexes.push(key.index);
            self.last_used.push(self.now);
            return;
        }
        let oldest = self.last_used.iter().zip(0..).min().map_or(0, |(_, slot)| slot);
        let spent = std::mem::replace(&mut self.slots[oldest], slot);
        self.indexes[oldest] = key.index;
        self.last_used[oldest] = self.now;
        self.counter.hand_back(spent.phrase);
    }

    /// The phrase of this key, if it is here.
    pub fn get(&mut self, key: &PhraseKey) -> Option<&Phrase> {
        let alike = self.indexes.iter().zip(0..).filter(|&(index, _)| *index == key.index);
        let slot =
            alike.map(|(_, slot)| slot).find(|&slot: &usize| self.slots[slot].key == *key)?;
        self.last_used[slot] = self.now;
        Some(&self.slots[slot].phrase)
    }

    /// Whether the phrase of this key is here; if not, asks for it once. What is wanted is kept
    /// longer than what is not.
    pub fn want(&mut self, key: PhraseKey) -> bool {
        if self.get(&key).is_some() {
            return true;
        }
        if self.asked.len() == REQUESTS {
            // Requests under other weights may never be answered.
            self.asked.retain(|(asked, _)| asked.model == key.model);
        }
        let asked = self.asked.iter().any(|(asked, _)| *asked == key);
        if !asked && self.asked.len() < REQUESTS && self.counter.request(key) {
            self.asked.push((key, self.now));
        }
        false
    }
}

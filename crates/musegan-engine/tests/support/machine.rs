//! A player with its worker, called as a host calls it. Checks at every event what no stream may
//! violate, and the worker's side of the bargain: what was settled in time was asked for in time.
use super::call::Call;
use super::oracle::{Need, Stream};
use super::song::Songbook;
use musegan_engine::{
    Block, Controls, Desk, Event, EventKind, PhraseKey, Player, Status, Transport,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// Of the phrases delivered last the player surely still has these.
const KEPT: usize = 8;

pub struct Machine {
    player: Player,
    desk: Desk,
    /// Samples of all calls so far.
    clock: i64,
    heard: Stream,
    ledger: BTreeSet<(u8, u8)>,
    /// In the order of delivery.
    delivered: Vec<PhraseKey>,
}

impl Default for Machine {
    fn default() -> Self {
        let (player, desk) = musegan_engine::pair();
        Self {
            player,
            desk,
            clock: 0,
            heard: Stream::new(),
            ledger: BTreeSet::new(),
            delivered: Vec::new(),
        }
    }
}

impl Machine {
    /// One call of the host.
    ///
    /// # Errors
    /// Says what the events violate.
    pub fn call(&mut self, call: &Call) -> Result<Vec<Event>, String> {
        if call.reset {
            self.player.lose_place();
        }
        let events = self.player.process(&call.block, &call.controls, &call.keys).to_vec();
        let (mut at, mut last_on) = (0, None);
        for event in &events {
            if event.at_sample < at {
                return Err(format!("not sorted: {event:?}"));
            }
            at = event.at_sample;
            if at >= call.block.samples {
                return Err(format!("outside the block: {event:?}"));
            }
            if event.kind == EventKind::Off && last_on == Some(at) {
                return Err(format!("an off after an on of the same sample: {event:?}"));
            }
            let place = (event.channel, event.key);
            let velocity = match event.kind {
                EventKind::On { velocity: 0 } => return Err(format!("no velocity: {event:?}")),
                EventKind::On { velocity } => {
                    last_on = Some(at);
                    if !self.ledger.insert(place) {
                        return Err(format!("an on while it sounds: {event:?}"));
                    }
                    velocity
                }
                EventKind::Off => {
                    if !self.ledger.remove(&place) {
                        return Err(format!("an off of what does not sound: {event:?}"));
                    }
                    0
                }
            };
            self.heard.push((self.clock + i64::from(at), velocity, place.0, place.1));
        }
        self.clock += i64::from(call.block.samples);
        Ok(events)
    }

    /// The worker answers everything that it was asked.
    pub fn answer(&mut self, songs: &mut Songbook) {
        while let Some(key) = self.desk.next_request() {
            self.deliver(key, songs);
        }
    }

    /// Before a call: has what it needs at hand, where it could not have been asked for earlier.
    ///
    /// # Errors
    /// Names what should have been asked for and was not.
    pub fn provide(&mut self, need: &Need, songs: &mut Songbook) -> Result<(), String> {
        let since = self.delivered.iter().rev().position(|key| *key == need.key);
        if need.settled_in < need.call {
            return since.map(|_| ()).ok_or(format!("not asked for in time: {need:?}"));
        }
        if since.is_none_or(|deliveries| deliveries >= KEPT) {
            self.deliver(need.key, songs);
        }
        Ok(())
    }

    fn deliver(&mut self, key: PhraseKey, songs: &mut Songbook) {
        let phrase = songs.phrase(&key).clone();
        if let Err(phrase) = self.desk.deliver(key, phrase) {
            // The queue is full; a block of no samples takes what is in it and does no more.
            let transport = Transport { playing: true, ..Transport::default() };
            let block =
                Block { samples: 0, sample_rate: 48e3, transport, patience: Duration::ZERO };
            self.player.process(&block, &Controls::default(), &[]);
            self.desk.deliver(key, phrase).unwrap();
        }
        self.delivered.push(key);
    }

    pub fn status(&self) -> Status {
        self.player.status()
    }

    /// What sounds.
    pub fn sounding(&self) -> &BTreeSet<(u8, u8)> {
        &self.ledger
    }

    /// All events so far, in no order within a sample but offs before ons.
    pub fn stream(&self) -> Stream {
        let mut stream = self.heard.clone();
        stream.sort_unstable();
        stream
    }

    pub fn clear(&mut self) {
        self.heard.clear();
    }
}

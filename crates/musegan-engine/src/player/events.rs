//! The events of one block, kept in order: sorted by sample, at one sample all offs before all
//! ons. Fixed size.
use crate::{Event, EventKind};

/// Events of one block. Ons are left out before an off could be.
const CAPACITY: usize = 4096;

#[derive(Debug)]
pub(super) struct Events {
    events: Vec<Event>,
}

impl Events {
    pub fn new() -> Self {
        Self { events: Vec::with_capacity(CAPACITY) }
    }

    pub fn clear(&mut self) {
        self.events.clear();
    }

    pub fn as_slice(&self) -> &[Event] {
        &self.events
    }

    /// Whether one more note may begin while `sounding` ones still need room for their offs: an
    /// on takes two places.
    pub fn have_room(&self, sounding: usize) -> bool {
        self.events.len() + sounding + 2 <= CAPACITY
    }

    /// A note begins, not before the last event.
    pub fn on(&mut self, at_sample: u32, channel: u8, key: u8, velocity: u8) {
        self.events.push(Event { at_sample, kind: EventKind::On { velocity }, channel, key });
    }

    /// A note ends, not before the last event: ahead of the ons of the same sample.
    pub fn off(&mut self, at_sample: u32, channel: u8, key: u8) {
        let is_later =
            |event: &&Event| event.at_sample == at_sample && event.kind != EventKind::Off;
        let ons = self.events.iter().rev().take_while(is_later).count();
        let event = Event { at_sample, kind: EventKind::Off, channel, key };
        self.events.insert(self.events.len() - ons, event);
    }
}

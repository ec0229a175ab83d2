//! What one block sends to the host: the band's events and the notes that pass, in order, and the
//! note-offs that the host's queue refused before.
//!
//! What must stay true: a refused note-off is sent in a later block, before anything else, so that
//! no note hangs. Audio thread; fixed size.
use musegan_engine::{Event, EventKind};
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::NoteEvent;

/// Notes that may pass in one block; the framework hands over no more.
pub(crate) const PASSING: usize = 1024;
/// Note-offs that may wait for room in the host's queue: every key of every channel.
const UNSENT_OFFS: usize = 16 * 128;

/// Note events of the framework's own form.
type Note = NoteEvent<()>;

#[derive(Debug)]
pub(crate) struct Outbox {
    /// Incoming notes that are sent on, in the order in which they came.
    passing: Vec<Note>,
    unsent_offs: Vec<Note>,
    thru: Thru,
}

impl Outbox {
    pub fn new() -> Self {
        Self {
            passing: Vec::with_capacity(PASSING),
            unsent_offs: Vec::with_capacity(UNSENT_OFFS),
            thru: Thru::default(),
        }
    }

    /// Takes an incoming event; it is sent on if the way is open, or if it ends a note that was.
    pub fn receive(&mut self, event: Note, open: bool) {
        if self.passing.len() < PASSING && self.thru.passes(&event, open) {
            self.passing.push(event);
        }
    }

    /// Sends everything of this block, sorted by sample. `send` says whether the host took it.
    pub fn send(&mut self, events: &[Event], mut send: impl FnMut(Note) -> bool) {
        let Self { passing, unsent_offs, .. } = self;
        unsent_offs.retain(|off| !send(*off));
        let mut post = |note: Note| {
            let is_off = matches!(note, NoteEvent::NoteOff { .. });
            if !send(note) && is_off && unsent_offs.len() < UNSENT_OFFS {
                unsent_offs.push(at_start(note));
            }
        };
        let mut passing_now = passing.iter().peekable();
        for event in events {
            while let Some(note) = passing_now.next_if(|note| note.timing() <= event.at_sample) {
                post(*note);
            }
            post(note_event(event));
        }
        passing_now.for_each(|note| post(*note));
        passing.clear();
    }
}

/// The same event at the first sample.
fn at_start(mut note: Note) -> Note {
    if let NoteEvent::NoteOff { timing, .. } = &mut note {
        *timing = 0;
    }
    note
}

/// The framework's form of an event. No voice is named: key and channel say which note it is.
fn note_event(event: &Event) -> Note {
    let (timing, voice_id) = (event.at_sample, VoiceID::Wildcard);
    let (channel, key) = (Channel::Number(event.channel), Key::Number(event.key));
    match event.kind {
        EventKind::On { velocity } => {
            let velocity = f32::from(velocity) / 127.0;
            NoteEvent::NoteOn { timing, voice_id, channel, key, velocity }
        }
        EventKind::Off => NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 },
    }
}

/// Which incoming notes were sent on, so that their offs are too, whatever the switch says then.
#[derive(Debug, Default)]
struct Thru {
    sounding: [u128; 16],
}

impl Thru {
    /// Whether an incoming event is to be sent on. Only notes are.
    fn passes(&mut self, event: &Note, open: bool) -> bool {
        let (NoteEvent::NoteOn { channel, key, .. } | NoteEvent::NoteOff { channel, key, .. }) =
            event
        else {
            return false;
        };
        let (Some(channel), Some(key)) = (channel.number(), key.number()) else { return false };
        let Some(keys) = self.sounding.get_mut(usize::from(channel)) else { return false };
        let bit = 1u128 << (key & 127);
        if matches!(event, NoteEvent::NoteOn { .. }) {
            if open {
                *keys |= bit;
            }
            open
        } else {
            let passed = *keys & bit != 0;
            *keys &= !bit;
            passed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at_sample: u32, kind: EventKind, key: u8) -> Event {
        Event { at_sample, kind, channel: 0, key }
    }

    fn incoming(timing: u32, on: bool, key: u8) -> Note {
        let (voice_id, channel) = (VoiceID::Wildcard, Channel::Number(0));
        let (key, velocity) = (Key::Number(key), 0.5);
        match on {
            true => NoteEvent::NoteOn { timing, voice_id, channel, key, velocity },
            false => NoteEvent::NoteOff { timing, voice_id, channel, key, velocity },
        }
    }

    /// A host whose queue takes so many events a block.
    fn heard(outbox: &mut Outbox, events: &[Event], room: usize) -> Vec<(u32, bool, u8)> {
        let mut heard = Vec::new();
        outbox.send(events, |note| {
            if heard.len() == room {
                return false;
            }
            let (on, key) = match note {
                NoteEvent::NoteOn { key, .. } => (true, key.number()),
                NoteEvent::NoteOff { key, .. } => (false, key.number()),
                _ => (false, None),
            };
            heard.push((note.timing(), on, key.unwrap_or(255)));
            true
        });
        heard
    }

    #[test]
    fn offs_that_the_host_refuses_come_first_in_the_next_block() {
        let mut outbox = Outbox::new();
        let on = EventKind::On { velocity: 90 };
        outbox.receive(incoming(0, true, 1), true);
        assert_eq!(heard(&mut outbox, &[event(3, on, 2)], 9), [(0, true, 1), (3, true, 2)]);
        outbox.receive(incoming(7, false, 1), true);
        assert_eq!(heard(&mut outbox, &[event(5, EventKind::Off, 2)], 0), []);
        assert_eq!(heard(&mut outbox, &[event(0, on, 2)], 1), [(0, false, 2)]);
        assert_eq!(heard(&mut outbox, &[], 9), [(0, false, 1)]);
        assert_eq!(heard(&mut outbox, &[], 9), []);
    }

    #[test]
    fn passing_notes_and_the_bands_are_sent_in_the_order_of_their_samples() {
        let mut outbox = Outbox::new();
        outbox.receive(incoming(2, true, 1), true);
        outbox.receive(incoming(9, false, 1), false);
        outbox.receive(incoming(9, true, 8), false);
        let on = EventKind::On { velocity: 1 };
        let events = [event(1, on, 60), event(2, on, 61), event(10, on, 62)];
        let order: Vec<_> = heard(&mut outbox, &events, 9).iter().map(|e| (e.0, e.2)).collect();
        assert_eq!(order, [(1, 60), (2, 1), (2, 61), (9, 1), (10, 62)]);
    }
}

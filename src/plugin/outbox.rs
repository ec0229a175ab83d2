//! What one block sends to the host: the band's events and the notes that pass, in order.
//!
//! What must stay true, however few events the host's queue takes and whoever else plays on the
//! same keys: every on that the host took gets its off, in a later block if the host refuses it
//! now, and no key is struck while it sounds. Audio thread; fixed size.
use musegan_engine::{Event, EventKind, KeyChange};
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::NoteEvent;

/// Notes that may come in with one block; the framework hands over no more.
pub(crate) const INCOMING: usize = 1024;
const CHANNELS: usize = 16;
const KEYS: usize = 128;

/// Note events of the framework's own form.
type Note = NoteEvent<()>;

#[derive(Debug)]
pub(crate) struct Outbox {
    /// Incoming notes that are sent on, in the order in which they came.
    passing: Vec<Note>,
    /// Every incoming note, for the band to hear.
    heard: Vec<KeyChange>,
    thru: Thru,
    keys: Vec<Struck>,
    /// Keys whose off the host has refused.
    unsent_offs: Vec<(u8, u8)>,
}

/// What the host knows of one key of one channel.
#[derive(Clone, Copy, Debug, Default)]
struct Struck {
    /// Whether it has been told an on and no off.
    sounds: bool,
    /// Notes told that have not ended; the key sounds until the last one has.
    holders: u8,
    /// Notes refused that have not ended.
    unheard: u8,
}

impl Outbox {
    pub fn new() -> Self {
        Self {
            passing: Vec::with_capacity(INCOMING),
            heard: Vec::with_capacity(INCOMING),
            thru: Thru::default(),
            keys: vec![Struck::default(); CHANNELS * KEYS],
            unsent_offs: Vec::with_capacity(CHANNELS * KEYS),
        }
    }

    /// Takes an incoming event; it is sent on if the way is open, or if it ends a note that was.
    pub fn receive(&mut self, event: Note, open: bool) {
        if self.heard.len() < INCOMING
            && let Some(change) = key_change(&event)
        {
            self.heard.push(change);
        }
        if self.passing.len() < INCOMING && self.thru.passes(&event, open) {
            self.passing.push(sound(event));
        }
    }

    /// The keys that came in with this block.
    pub fn heard(&self) -> &[KeyChange] {
        &self.heard
    }

    /// Sends everything of this block, sorted by sample. `send` says whether the host took it.
    pub fn send(&mut self, events: &[Event], mut send: impl FnMut(Note) -> bool) {
        let Self { passing, keys, unsent_offs, heard, .. } = self;
        unsent_offs.retain(|&(channel, key)| {
            let struck = &mut keys[usize::from(channel) * KEYS + usize::from(key)];
            if struck.sounds && struck.holders == 0 {
                struck.sounds = !send(off(0, channel, key));
            }
            struck.sounds && struck.holders == 0
        });
        let mut post = |note: Note| {
            let Some((channel, key)) = place(&note) else { return };
            let struck = &mut keys[usize::from(channel) * KEYS + usize::from(key)];
            match note {
                NoteEvent::NoteOn { .. } => struck.begin(note, channel, key, &mut send),
                _ if struck.end(note, &mut send) => {}
                _ if unsent_offs.contains(&(channel, key)) => {}
                _ => unsent_offs.push((channel, key)),
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
        heard.clear();
    }
}

impl Struck {
    /// A note begins. A key that sounds is ended first.
    fn begin(&mut self, on: Note, channel: u8, key: u8, send: &mut impl FnMut(Note) -> bool) {
        if self.sounds {
            self.sounds = !send(off(on.timing(), channel, key));
        }
        if !self.sounds && send(on) {
            self.sounds = true;
            self.holders = self.holders.saturating_add(1);
        } else {
            self.unheard = self.unheard.saturating_add(1);
        }
    }

    /// A note ends. False when the host must be told so and refuses to hear it.
    fn end(&mut self, off: Note, send: &mut impl FnMut(Note) -> bool) -> bool {
        if self.unheard > 0 {
            self.unheard -= 1;
            return true;
        }
        self.holders = self.holders.saturating_sub(1);
        if self.sounds && self.holders == 0 {
            self.sounds = !send(off);
        }
        !self.sounds || self.holders > 0
    }
}

/// Channel and key of a note.
fn place(note: &Note) -> Option<(u8, u8)> {
    let (NoteEvent::NoteOn { channel, key, .. } | NoteEvent::NoteOff { channel, key, .. }) = note
    else {
        return None;
    };
    let (channel, key) = (channel.number()?, key.number()?);
    (usize::from(channel) < CHANNELS && usize::from(key) < KEYS).then_some((channel, key))
}

/// The same note with a velocity that is one.
fn sound(mut note: Note) -> Note {
    if let NoteEvent::NoteOn { velocity, .. } | NoteEvent::NoteOff { velocity, .. } = &mut note {
        *velocity = if velocity.is_nan() { 0.0 } else { velocity.clamp(0.0, 1.0) };
    }
    note
}

/// An incoming note as the band hears it.
fn key_change(note: &Note) -> Option<KeyChange> {
    let pressed = matches!(note, NoteEvent::NoteOn { .. });
    place(note).map(|(_, key)| KeyChange { at_sample: note.timing(), key, pressed })
}

fn off(timing: u32, channel: u8, key: u8) -> Note {
    let (voice_id, channel, key) = (VoiceID::Wildcard, Channel::Number(channel), Key::Number(key));
    NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
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
        EventKind::Off => off(timing, event.channel, event.key),
    }
}

/// Which incoming notes were sent on, so that their offs are too, whatever the switch says then.
#[derive(Debug, Default)]
struct Thru {
    sounding: [u128; CHANNELS],
}

impl Thru {
    /// Whether an incoming event is to be sent on. Only notes are.
    fn passes(&mut self, event: &Note, open: bool) -> bool {
        let Some((channel, key)) = place(event) else { return false };
        let (keys, bit) = (&mut self.sounding[usize::from(channel)], 1u128 << key);
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
    use proptest::collection;
    use proptest::prelude::*;

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

    #[test]
    fn a_key_that_passes_and_that_the_band_plays_sounds_until_both_have_ended() {
        let mut outbox = Outbox::new();
        let on = EventKind::On { velocity: 90 };
        outbox.receive(incoming(0, true, 60), true);
        let both = heard(&mut outbox, &[event(5, on, 60)], 9);
        assert_eq!(both, [(0, true, 60), (5, false, 60), (5, true, 60)]);
        outbox.receive(incoming(2, false, 60), true);
        assert_eq!(heard(&mut outbox, &[], 9), []);
        assert_eq!(heard(&mut outbox, &[event(1, EventKind::Off, 60)], 9), [(1, false, 60)]);
    }

    proptest! {
        #[test]
        fn however_little_the_host_takes_every_on_it_took_gets_its_off(
            blocks in collection::vec(
                (collection::vec((any::<bool>(), any::<bool>(), 0u8..4), 0..12), 0usize..8),
                1..60,
            ),
        ) {
            let mut outbox = Outbox::new();
            let (mut told, mut band, mut player) = ([false; 4], [false; 4], [false; 4]);
            let mut listen = |outbox: &mut Outbox, events: &[Event], room: usize| {
                for (_, on, key) in heard(outbox, events, room) {
                    let sounds = &mut told[usize::from(key)];
                    assert_ne!(*sounds, on, "key {key}");
                    *sounds = on;
                }
                told
            };
            for (moves, room) in blocks {
                let mut events = Vec::new();
                for (of_the_band, on, key) in moves {
                    let sounding = if of_the_band { &mut band } else { &mut player };
                    if std::mem::replace(&mut sounding[usize::from(key)], on) == on {
                        continue;
                    }
                    let kind = if on { EventKind::On { velocity: 1 } } else { EventKind::Off };
                    if of_the_band {
                        events.push(event(1, kind, key));
                    } else {
                        outbox.receive(incoming(1, on, key), true);
                    }
                }
                listen(&mut outbox, &events, room);
            }
            let keys = 0..4u8;
            for key in keys.clone().filter(|&key| player[usize::from(key)]) {
                outbox.receive(incoming(0, false, key), true);
            }
            let offs = keys.filter(|&key| band[usize::from(key)]);
            let offs: Vec<_> = offs.map(|key| event(0, EventKind::Off, key)).collect();
            listen(&mut outbox, &offs, 0);
            prop_assert_eq!(listen(&mut outbox, &[], 99), [false; 4]);
        }
    }
}

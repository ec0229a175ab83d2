//! What one block sends to the host: the band's events and the notes that pass, in order.
//!
//! What must stay true, however few events the host's queue takes and whoever else plays on the
//! same keys: every on that the host took gets its off, in a later block if the host refuses it
//! now, and no key is struck while it sounds. Audio thread; fixed size.
use super::inbox::{CHANNELS, KEYS, Note, off, on};
use musegan_engine::{Event, EventKind};
use nice_plug::prelude::NoteEvent;

#[derive(Debug)]
pub(crate) struct Outbox {
    keys: Vec<Struck>,
    /// Keys whose off the host has refused.
    unsent_offs: Vec<(u8, u8)>,
}

/// Who plays a note.
#[derive(Clone, Copy, Debug)]
enum Source {
    Band = 1,
    Passing = 2,
}

/// What the host knows of one key of one channel.
#[derive(Clone, Copy, Debug, Default)]
struct Struck {
    /// Whether it has been told an on and no off.
    sounds: bool,
    /// The sources, one bit for each, whose on the host took and whose note has not ended. The
    /// key sounds until the last one has.
    holders: u8,
}

impl Outbox {
    pub fn new() -> Self {
        Self {
            keys: vec![Struck::default(); CHANNELS * KEYS],
            unsent_offs: Vec::with_capacity(CHANNELS * KEYS),
        }
    }

    /// Sends everything of this block, sorted by sample. `send` says whether the host took it.
    pub fn send(&mut self, events: &[Event], passing: &[Note], mut send: impl FnMut(Note) -> bool) {
        let Self { keys, unsent_offs } = self;
        unsent_offs.retain(|&(channel, key)| {
            let struck = &mut keys[usize::from(channel) * KEYS + usize::from(key)];
            if struck.is_owed_an_off() {
                struck.sounds = !send(off(0, channel, key, 0.0));
            }
            struck.is_owed_an_off()
        });
        let mut post = |source: Source, note: Note| {
            let Some((channel, key)) = place(&note) else { return };
            let struck = &mut keys[usize::from(channel) * KEYS + usize::from(key)];
            match note {
                NoteEvent::NoteOn { .. } => struck.begin(source, note, channel, key, &mut send),
                _ => struck.end(source, note, &mut send),
            }
            if struck.is_owed_an_off() && !unsent_offs.contains(&(channel, key)) {
                unsent_offs.push((channel, key));
            }
        };
        let mut passing = passing.iter().peekable();
        for event in events {
            while let Some(note) = passing.next_if(|note| note.timing() <= event.at_sample) {
                post(Source::Passing, *note);
            }
            post(Source::Band, note_event(event));
        }
        passing.for_each(|note| post(Source::Passing, *note));
    }
}

impl Struck {
    fn is_owed_an_off(&self) -> bool {
        self.sounds && self.holders == 0
    }

    /// A note begins. A key that sounds is ended first.
    fn begin(
        &mut self,
        source: Source,
        on: Note,
        channel: u8,
        key: u8,
        send: &mut impl FnMut(Note) -> bool,
    ) {
        if self.sounds {
            self.sounds = !send(off(on.timing(), channel, key, 0.0));
        }
        if !self.sounds && send(on) {
            self.sounds = true;
            self.holders |= source as u8;
        }
    }

    /// A note ends; nothing, if the host never took its on.
    fn end(&mut self, source: Source, off: Note, send: &mut impl FnMut(Note) -> bool) {
        if self.holders & source as u8 != 0 {
            self.holders &= !(source as u8);
            if self.is_owed_an_off() {
                self.sounds = !send(off);
            }
        }
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

/// The framework's form of an event.
fn note_event(event: &Event) -> Note {
    match event.kind {
        EventKind::On { velocity } => {
            on(event.at_sample, event.channel, event.key, f32::from(velocity) / 127.0)
        }
        EventKind::Off => off(event.at_sample, event.channel, event.key, 0.0),
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

    fn passing(timing: u32, begins: bool, key: u8) -> Note {
        if begins { on(timing, 0, key, 0.5) } else { off(timing, 0, key, 0.0) }
    }

    /// A host whose queue takes so many events a block.
    fn heard(
        outbox: &mut Outbox,
        events: &[Event],
        passing: &[Note],
        room: usize,
    ) -> Vec<(u32, bool, u8)> {
        let mut heard = Vec::new();
        outbox.send(events, passing, |note| {
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
        let both = heard(&mut outbox, &[event(3, on, 2)], &[passing(0, true, 1)], 9);
        assert_eq!(both, [(0, true, 1), (3, true, 2)]);
        let off = event(5, EventKind::Off, 2);
        assert_eq!(heard(&mut outbox, &[off], &[passing(7, false, 1)], 0), []);
        assert_eq!(heard(&mut outbox, &[event(0, on, 2)], &[], 1), [(0, false, 2)]);
        assert_eq!(heard(&mut outbox, &[], &[], 9), [(0, false, 1)]);
        assert_eq!(heard(&mut outbox, &[], &[], 9), []);
    }

    #[test]
    fn passing_notes_and_the_bands_are_sent_in_the_order_of_their_samples() {
        let mut outbox = Outbox::new();
        let notes = [passing(2, true, 1), passing(9, true, 8), passing(9, false, 1)];
        let on = EventKind::On { velocity: 1 };
        let events = [event(1, on, 60), event(2, on, 61), event(10, on, 62)];
        let sent = heard(&mut outbox, &events, &notes, 9);
        let order: Vec<_> = sent.iter().map(|e| (e.0, e.2)).collect();
        assert_eq!(order, [(1, 60), (2, 1), (2, 61), (9, 8), (9, 1), (10, 62)]);
    }

    #[test]
    fn a_key_that_passes_and_that_the_band_plays_sounds_until_both_have_ended() {
        let mut outbox = Outbox::new();
        let on = EventKind::On { velocity: 90 };
        let both = heard(&mut outbox, &[event(5, on, 60)], &[passing(0, true, 60)], 9);
        assert_eq!(both, [(0, true, 60), (5, false, 60), (5, true, 60)]);
        assert_eq!(heard(&mut outbox, &[], &[passing(2, false, 60)], 9), []);
        let ended = heard(&mut outbox, &[event(1, EventKind::Off, 60)], &[], 9);
        assert_eq!(ended, [(1, false, 60)]);
    }

    #[test]
    fn a_passing_key_that_is_struck_again_is_ended_once() {
        let mut outbox = Outbox::new();
        let notes = [true, true, false, false].map(|begins| passing(0, begins, 60));
        let sent: Vec<_> = heard(&mut outbox, &[], &notes, 9).iter().map(|e| e.1).collect();
        assert_eq!(sent, [true, false, true, false]);
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
            let (mut told, mut band) = ([false; 4], [false; 4]);
            let mut listen = |outbox: &mut Outbox, events: &[Event], notes: &[Note], room: usize| {
                for (_, on, key) in heard(outbox, events, notes, room) {
                    let sounds = &mut told[usize::from(key)];
                    assert_ne!(*sounds, on, "key {key}");
                    *sounds = on;
                }
                told
            };
            for (moves, room) in blocks {
                let (mut events, mut notes) = (Vec::new(), Vec::new());
                for (of_the_band, on, key) in moves {
                    if !of_the_band {
                        // Players strike keys again that they hold.
                        notes.push(passing(1, on, key));
                    } else if std::mem::replace(&mut band[usize::from(key)], on) != on {
                        let kind = if on { EventKind::On { velocity: 1 } } else { EventKind::Off };
                        events.push(event(1, kind, key));
                    }
                }
                listen(&mut outbox, &events, &notes, room);
            }
            let notes = [0, 1, 2, 3].map(|key| passing(0, false, key));
            let offs = (0..4u8).filter(|&key| band[usize::from(key)]);
            let offs: Vec<_> = offs.map(|key| event(0, EventKind::Off, key)).collect();
            listen(&mut outbox, &offs, &notes, 0);
            prop_assert_eq!(listen(&mut outbox, &[], &[], 99), [false; 4]);
        }
    }
}

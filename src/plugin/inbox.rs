//! What one block brings in: the keys that the band hears, and the notes that are sent on.
//!
//! What must stay true: a note that was sent on, or heard, is also ended, whatever the switch says
//! then and however much comes in at once. Audio thread; fixed size.
use musegan_engine::KeyChange;
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::NoteEvent;

/// Note events of the framework's own form.
pub(super) type Note = NoteEvent<()>;

/// Notes that may begin in one block; those beyond are neither heard nor sent on.
pub(crate) const INCOMING: usize = 1024;
pub(super) const CHANNELS: usize = 16;
pub(super) const KEYS: usize = 128;

#[derive(Debug)]
pub(crate) struct Inbox {
    /// Notes that are sent on, in the order in which they came.
    passing: Vec<Note>,
    heard: Vec<KeyChange>,
    /// Keys of each channel whose note was sent on and has not ended.
    passed: [u128; CHANNELS],
    /// Keys that were heard and have not been released.
    held: u128,
    begun: usize,
}

impl Inbox {
    pub fn new() -> Self {
        // Whatever ends began here or before, so ends always find room.
        Self {
            passing: Vec::with_capacity(2 * INCOMING + CHANNELS * KEYS),
            heard: Vec::with_capacity(2 * INCOMING + KEYS),
            passed: [0; CHANNELS],
            held: 0,
            begun: 0,
        }
    }

    /// Takes an incoming event; it is sent on if the way is open, or if it ends a note that was.
    pub fn receive(&mut self, event: Note, open: bool) {
        match event {
            NoteEvent::NoteOn { timing, channel, key, velocity, .. } => {
                let place = channel.number().zip(key.number());
                if let Some((channel, key)) = place.filter(is_place) {
                    self.begin(timing, channel, key, velocity, open);
                }
            }
            NoteEvent::NoteOff { timing, channel, key, velocity, .. } => {
                self.end(timing, channel.number(), key.number(), velocity);
            }
            NoteEvent::Choke { timing, channel, key, .. } => {
                self.end(timing, channel.number(), key.number(), 0.0);
            }
            _ => {}
        }
    }

    /// The keys that changed in this block.
    pub fn heard(&self) -> &[KeyChange] {
        &self.heard
    }

    /// The notes that are sent on, sorted by sample.
    pub fn passing(&self) -> &[Note] {
        &self.passing
    }

    /// The block is over.
    pub fn clear(&mut self) {
        self.passing.clear();
        self.heard.clear();
        self.begun = 0;
    }

    fn begin(&mut self, timing: u32, channel: u8, key: u8, velocity: f32, open: bool) {
        if self.begun == INCOMING {
            return;
        }
        self.begun += 1;
        self.held |= 1 << key;
        self.heard.push(KeyChange { at_sample: timing, key, pressed: true });
        if open {
            self.passed[usize::from(channel)] |= 1 << key;
            self.passing.push(on(timing, channel, key, velocity));
        }
    }

    /// Ends a key of a channel; every key where none is named, on every channel where none is.
    fn end(&mut self, timing: u32, channel: Option<u8>, key: Option<u8>, velocity: f32) {
        let keys = match key {
            Some(key) if usize::from(key) < KEYS => 1u128 << key,
            Some(_) => return,
            None => u128::MAX,
        };
        for key in bits(self.held & keys) {
            self.heard.push(KeyChange { at_sample: timing, key, pressed: false });
        }
        self.held &= !keys;
        for (number, passed) in (0..).zip(&mut self.passed) {
            if channel.is_none_or(|channel| channel == number) {
                for key in bits(*passed & keys) {
                    self.passing.push(off(timing, number, key, velocity));
                }
                *passed &= !keys;
            }
        }
    }
}

fn is_place((channel, key): &(u8, u8)) -> bool {
    usize::from(*channel) < CHANNELS && usize::from(*key) < KEYS
}

/// The numbers of the bits that are set.
fn bits(mut set: u128) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let lowest = (set != 0).then(|| set.trailing_zeros() as u8)?;
        set &= set - 1;
        Some(lowest)
    })
}

/// A note begins. No voice is named: key and channel say which note it is.
pub(super) fn on(timing: u32, channel: u8, key: u8, velocity: f32) -> Note {
    let (voice_id, channel, key) = (VoiceID::Wildcard, Channel::Number(channel), Key::Number(key));
    NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: sound(velocity) }
}

/// A note ends.
pub(super) fn off(timing: u32, channel: u8, key: u8, velocity: f32) -> Note {
    let (voice_id, channel, key) = (VoiceID::Wildcard, Channel::Number(channel), Key::Number(key));
    NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: sound(velocity) }
}

/// A velocity that is one.
fn sound(velocity: f32) -> f32 {
    if velocity.is_nan() { 0.0 } else { velocity.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(inbox: &mut Inbox) -> Vec<(bool, u8, u8)> {
        let place = |channel: Channel, key: Key| channel.number().zip(key.number());
        let notes = inbox.passing().iter().filter_map(|note| match *note {
            NoteEvent::NoteOn { channel, key, .. } => place(channel, key).map(|at| (true, at)),
            NoteEvent::NoteOff { channel, key, .. } => place(channel, key).map(|at| (false, at)),
            _ => None,
        });
        let notes = notes.map(|(on, (channel, key))| (on, channel, key)).collect();
        inbox.clear();
        notes
    }

    #[test]
    fn what_passed_is_ended_by_offs_of_its_own_by_chokes_and_by_offs_for_all() {
        let mut inbox = Inbox::new();
        for (channel, key) in [(0, 60), (0, 64), (3, 60)] {
            inbox.receive(on(0, channel, key, 0.5), true);
        }
        inbox.receive(on(0, 1, 70, 0.5), false);
        assert_eq!(passing(&mut inbox).len(), 3);
        inbox.receive(off(0, 1, 70, 0.0), true);
        assert_eq!(passing(&mut inbox), [], "what did not pass does not end");
        let (timing, voice_id) = (1, VoiceID::Wildcard);
        let (channel, key) = (Channel::Number(0), Key::Number(64));
        inbox.receive(NoteEvent::Choke { timing, voice_id, channel, key }, false);
        assert_eq!(passing(&mut inbox), [(false, 0, 64)]);
        let (channel, key) = (Channel::Wildcard, Key::Wildcard);
        inbox.receive(NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }, false);
        assert_eq!(passing(&mut inbox), [(false, 0, 60), (false, 3, 60)]);
    }

    #[test]
    fn however_many_notes_come_at_once_each_that_passed_or_was_heard_is_ended() {
        let mut inbox = Inbox::new();
        let places = || (0..16).flat_map(|channel| (0..128).map(move |key| (channel, key)));
        places().for_each(|(channel, key)| inbox.receive(on(0, channel, key, 0.5), true));
        places().for_each(|(channel, key)| inbox.receive(off(9, channel, key, 0.0), true));
        let room = (inbox.passing.capacity(), inbox.heard.capacity());
        let held = inbox.heard().iter().fold(0u128, |held, change| match change.pressed {
            true => held | 1 << change.key,
            false => held & !(1 << change.key),
        });
        assert_eq!(held, 0);
        let passed = passing(&mut inbox);
        assert_eq!(passed.iter().filter(|note| note.0).count(), INCOMING);
        assert_eq!(passed.iter().filter(|note| !note.0).count(), INCOMING);
        assert_eq!((inbox.passing.capacity(), inbox.heard.capacity()), room, "nothing has grown");
    }
}

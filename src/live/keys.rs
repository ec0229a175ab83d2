//! The keys that somebody plays on a MIDI input, from the port's own thread to the band's.
//!
//! What must stay true: a key that was heard going down is also heard going up, however much comes
//! at once: the port's thread waits rather than leave anything out.
use crossbeam_channel::{Receiver, Sender};
use musegan_engine::KeyChange;
use std::any::Any;

/// Changes under way from thread to thread.
const UNDER_WAY: usize = 1024;

/// The port's end.
#[derive(Debug)]
pub struct Listener(Sender<KeyChange>);

impl Listener {
    /// The two ends.
    #[must_use]
    pub fn new() -> (Self, Receiver<KeyChange>) {
        let (sender, receiver) = crossbeam_channel::bounded(UNDER_WAY);
        (Self(sender), receiver)
    }

    /// Hears a MIDI 1.0 message, whatever its channel. Any but those of keys are nothing to it.
    pub fn hear(&mut self, message: &[u8]) {
        match *message {
            [status, key, velocity] if status & 0xF0 == 0x90 => self.turn(key, velocity > 0),
            [status, key, _] if status & 0xF0 == 0x80 => self.turn(key, false),
            // All sound off, all notes off.
            [status, 120 | 123, _] if status & 0xF0 == 0xB0 => {
                (0..128).for_each(|key| self.turn(key, false));
            }
            _ => {}
        }
    }

    fn turn(&mut self, key: u8, pressed: bool) {
        // Where the band is gone nobody needs to know.
        let _ = self.0.send(KeyChange { at_sample: 0, key, pressed });
    }
}

/// The band's end.
#[derive(Default)]
pub struct Keys {
    changes: Option<Receiver<KeyChange>>,
    heard: Vec<KeyChange>,
    /// What must live for messages to come.
    _connection: Option<Box<dyn Any + Send>>,
}

impl Keys {
    /// Those that come from here, as long as this connection lives.
    #[must_use]
    pub fn new(changes: Receiver<KeyChange>, connection: Option<Box<dyn Any + Send>>) -> Self {
        Self { changes: Some(changes), heard: Vec::new(), _connection: connection }
    }

    /// What has come since it was last asked for, in order.
    pub fn heard(&mut self) -> &[KeyChange] {
        self.heard.clear();
        let changes = self.changes.iter().flat_map(Receiver::try_iter);
        self.heard.extend(changes.take(UNDER_WAY));
        &self.heard
    }
}

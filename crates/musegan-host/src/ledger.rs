//! The ledger of every note a plugin emitted: what is wrong with the stream, and what it was.
//!
//! A stream is right when in every block the events are sorted and inside it, an off precedes an
//! on at one sample, every off ends a sounding note, no sounding key is struck again, and in the
//! end nothing sounds.
use std::collections::BTreeMap;

use crate::host::{Kind, NoteEvent};

/// The stretch of time and song that one block covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// First sample, counted from activation.
    pub at_sample: u64,
    /// Samples.
    pub frames: u32,
    /// Song position of the first sample in quarter notes.
    pub at_beats: f64,
    /// Quarter notes per sample; 0 while stopped.
    pub beats_per_sample: f64,
    /// Start and end of a loop that the block may run across.
    pub loop_beats: Option<(f64, f64)>,
}

impl Span {
    fn beats_at(&self, sample: u32) -> f64 {
        let beats = self.at_beats + f64::from(sample) * self.beats_per_sample;
        match self.loop_beats {
            Some((start, end)) if self.at_beats < end => {
                // The sample nearest to the loop's end is the first of its start.
                let half_a_sample = 0.5 * self.beats_per_sample;
                let past_end = beats - end + half_a_sample;
                if past_end < 0.0 {
                    beats
                } else {
                    start + past_end.rem_euclid(end - start) - half_a_sample
                }
            }
            _ => beats,
        }
    }
}

/// One event of the stream, placed in time and song.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Sample counted from activation.
    pub at_sample: u64,
    /// Song position in quarter notes.
    pub at_beats: f64,
    /// On or off.
    pub kind: Kind,
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, `0..=127`; 0 of an off without one.
    pub velocity: u8,
}

/// A note from its on to its off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, `1..=127`.
    pub velocity: u8,
    /// First sample, counted from activation.
    pub start_sample: u64,
    /// Sample at which it has ended.
    pub end_sample: u64,
    /// Song position of its on in quarter notes.
    pub start_beats: f64,
    /// Song position of its off; not after `start_beats` where the song jumped meanwhile.
    pub end_beats: f64,
}

/// A broken promise of the stream.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// An event beyond the block it came in.
    #[error("an event at sample {at} of a block of {frames} (block begins at {at_sample})")]
    OutsideBlock {
        /// Sample in the block.
        at: u32,
        /// The block's length.
        frames: u32,
        /// First sample of the block.
        at_sample: u64,
    },
    /// An event before the one sent ahead of it.
    #[error("events out of order at sample {at_sample}")]
    Unsorted {
        /// Sample of the later-sent, earlier event.
        at_sample: u64,
    },
    /// An off after an on at one sample.
    #[error("an on before an off at sample {at_sample}")]
    OnBeforeOff {
        /// The sample.
        at_sample: u64,
    },
    /// An on for a key that still sounds.
    #[error("channel {channel} key {key} struck while sounding at sample {at_sample}")]
    StruckTwice {
        /// MIDI channel.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// The sample.
        at_sample: u64,
    },
    /// An off for a key that does not sound.
    #[error("channel {channel} key {key} ended without sounding at sample {at_sample}")]
    NothingToEnd {
        /// MIDI channel.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// The sample.
        at_sample: u64,
    },
    /// An on with velocity 0, which MIDI takes for an off, or a key or channel MIDI has not.
    #[error("channel {channel} key {key} is no MIDI note at sample {at_sample}")]
    NotMidi {
        /// MIDI channel.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// The sample.
        at_sample: u64,
    },
    /// A note that still sounds at the end.
    #[error("channel {channel} key {key} sounds since sample {since} and was never ended")]
    Stuck {
        /// MIDI channel.
        channel: u8,
        /// MIDI key.
        key: u8,
        /// Sample of its on.
        since: u64,
    },
}

/// What came out of a plugin, complete.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// All events in the order of emission.
    pub events: Vec<Event>,
    /// All notes that ended, sorted by start, channel, key.
    pub notes: Vec<Note>,
    /// What was wrong, in order; empty for a right stream.
    pub faults: Vec<Fault>,
    /// Events that were no notes.
    pub others: usize,
}

impl Recording {
    /// How many ons there were.
    #[must_use]
    pub fn ons(&self) -> usize {
        self.events.iter().filter(|e| e.kind == Kind::On).count()
    }

    /// How many offs there were.
    #[must_use]
    pub fn offs(&self) -> usize {
        self.events.len() - self.ons()
    }
}

/// Keeps account of what sounds.
#[derive(Debug, Default)]
pub struct Ledger {
    sounding: BTreeMap<(u8, u8), Event>,
    recording: Recording,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters one block's events, in the order the plugin sent them.
    pub fn enter(&mut self, span: Span, events: &[NoteEvent]) {
        let mut last: Option<&NoteEvent> = None;
        for event in events {
            let at_sample = span.at_sample + u64::from(event.at);
            if event.at >= span.frames {
                self.fault(Fault::OutsideBlock {
                    at: event.at,
                    frames: span.frames,
                    at_sample: span.at_sample,
                });
            }
            match last {
                Some(last) if event.at < last.at => self.fault(Fault::Unsorted { at_sample }),
                Some(last) if event.at == last.at && event.kind < last.kind => {
                    self.fault(Fault::OnBeforeOff { at_sample });
                }
                _ => {}
            }
            last = Some(event);
            self.enter_event(Event {
                at_sample,
                at_beats: span.beats_at(event.at),
                kind: event.kind,
                channel: event.channel,
                key: event.key,
                velocity: (event.velocity.clamp(0.0, 1.0) * 127.0).round() as u8,
            });
        }
    }

    /// Counts events that are no notes.
    pub fn enter_others(&mut self, count: usize) {
        self.recording.others += count;
    }

    fn enter_event(&mut self, event: Event) {
        let Event { channel, key, at_sample, .. } = event;
        self.recording.events.push(event);
        if channel > 15 || key > 127 || (event.kind == Kind::On && event.velocity == 0) {
            self.fault(Fault::NotMidi { channel, key, at_sample });
        }
        match event.kind {
            Kind::On => {
                if self.sounding.insert((channel, key), event).is_some() {
                    self.fault(Fault::StruckTwice { channel, key, at_sample });
                }
            }
            Kind::Off => match self.sounding.remove(&(channel, key)) {
                Some(on) => self.recording.notes.push(Note {
                    channel,
                    key,
                    velocity: on.velocity,
                    start_sample: on.at_sample,
                    end_sample: at_sample,
                    start_beats: on.at_beats,
                    end_beats: event.at_beats,
                }),
                None => self.fault(Fault::NothingToEnd { channel, key, at_sample }),
            },
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.recording.faults.push(fault);
    }

    /// How many notes sound now.
    #[must_use]
    pub fn sounding(&self) -> usize {
        self.sounding.len()
    }

    /// Everything so far.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Closes the books: what still sounds is a fault.
    #[must_use]
    pub fn close(mut self) -> Recording {
        for ((channel, key), on) in std::mem::take(&mut self.sounding) {
            self.fault(Fault::Stuck { channel, key, since: on.at_sample });
        }
        self.recording.notes.sort_by_key(|n| (n.start_sample, n.channel, n.key));
        self.recording
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Span = Span {
        at_sample: 512,
        frames: 512,
        at_beats: 2.0,
        beats_per_sample: 0.001,
        loop_beats: None,
    };

    fn event(at: u32, kind: Kind, key: u8) -> NoteEvent {
        NoteEvent { at, kind, channel: 0, key, velocity: 0.5 }
    }

    fn faults_of(events: &[NoteEvent]) -> Vec<Fault> {
        let mut ledger = Ledger::new();
        ledger.enter(BLOCK, events);
        ledger.close().faults
    }

    #[test]
    fn a_note_is_recorded_from_its_on_to_its_off_in_samples_and_beats() {
        let mut ledger = Ledger::new();
        ledger.enter(BLOCK, &[event(10, Kind::On, 60)]);
        ledger.enter(Span { at_sample: 1024, ..BLOCK }, &[event(0, Kind::Off, 60)]);
        let recording = ledger.close();
        assert_eq!(recording.faults, []);
        let [note] = recording.notes[..] else { panic!("one note, got {:?}", recording.notes) };
        assert_eq!((note.start_sample, note.end_sample, note.velocity), (522, 1024, 64));
        assert!((note.start_beats - 2.01).abs() < 1e-12);
    }

    #[test]
    fn a_key_struck_while_sounding_is_a_fault() {
        let faults =
            faults_of(&[event(0, Kind::On, 60), event(5, Kind::On, 60), event(9, Kind::Off, 60)]);
        assert_eq!(faults, [Fault::StruckTwice { channel: 0, key: 60, at_sample: 517 }]);
    }

    #[test]
    fn an_off_for_a_silent_key_and_a_note_never_ended_are_faults() {
        let faults = faults_of(&[event(0, Kind::Off, 60), event(1, Kind::On, 61)]);
        assert_eq!(
            faults,
            [
                Fault::NothingToEnd { channel: 0, key: 60, at_sample: 512 },
                Fault::Stuck { channel: 0, key: 61, since: 513 },
            ]
        );
    }

    #[test]
    fn unsorted_events_events_outside_the_block_and_ons_before_offs_are_faults() {
        let faults = faults_of(&[
            event(8, Kind::On, 60),
            event(7, Kind::Off, 60),
            event(7, Kind::On, 61),
            event(7, Kind::Off, 61),
            event(512, Kind::On, 62),
            event(512, Kind::Off, 62),
        ]);
        assert_eq!(
            faults,
            [
                Fault::Unsorted { at_sample: 519 },
                Fault::OnBeforeOff { at_sample: 519 },
                Fault::OutsideBlock { at: 512, frames: 512, at_sample: 512 },
                Fault::OutsideBlock { at: 512, frames: 512, at_sample: 512 },
                Fault::OnBeforeOff { at_sample: 1024 },
            ]
        );
    }
}

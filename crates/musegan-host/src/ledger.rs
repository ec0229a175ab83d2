//! The ledger of every note a plugin emitted: what is wrong with the stream, and what it was.
//!
//! A stream is right when in every block the events are sorted and inside it, an off precedes an
//! on at one sample, every off ends a sounding note, no sounding key is struck again, and in the
//! end nothing sounds.
use std::collections::BTreeMap;

use crate::block::{Emitted, Kind, NoteEvent};
use crate::recording::{Event, Fault, Note, Recording};

/// The stretch of time that one block covers, and the ways the song takes in it.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// First sample, counted from activation.
    pub at_sample: u64,
    /// Samples.
    pub frames: u32,
    /// Sorted by sample; the first begins the block.
    pub segments: &'a [Segment],
}

/// A part of a block in which the song moves steadily.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// First sample, counted from the block's.
    pub at: u32,
    /// Song position of that sample in quarter notes.
    pub at_beats: f64,
    /// Quarter notes per sample; 0 while stopped.
    pub beats_per_sample: f64,
    /// Start and end of the loop that the plugin was told of.
    pub loop_beats: Option<(f64, f64)>,
}

impl Span<'_> {
    /// The song position that an event at a sample belongs to.
    fn beats_at(&self, sample: u32) -> f64 {
        let begun = self.segments.partition_point(|segment| segment.at <= sample);
        let Some(segment) = self.segments.get(begun.max(1) - 1) else { return f64::NAN };
        let after = f64::from(sample) - f64::from(segment.at);
        let beats = segment.at_beats + after * segment.beats_per_sample;
        match segment.loop_beats {
            // The sample nearest to the loop's end is the first of its start.
            Some((start, end)) if segment.at_beats < end => {
                let past_end = beats - end;
                if past_end + 0.5 * segment.beats_per_sample < 0.0 {
                    beats
                } else {
                    start + past_end
                }
            }
            _ => beats,
        }
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

    /// Enters what came out of one block, in the order the plugin sent it.
    pub fn enter(&mut self, span: Span<'_>, emitted: &Emitted) {
        self.recording.others += emitted.others;
        self.recording.refused += emitted.refused;
        let mut last: Option<&NoteEvent> = None;
        for event in &emitted.notes {
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

    /// Gives everything so far and forgets it, but not what sounds: for sessions so long that
    /// their stream would fill the memory.
    pub fn take(&mut self) -> Recording {
        std::mem::take(&mut self.recording)
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

    const STEADY: Segment =
        Segment { at: 0, at_beats: 2.0, beats_per_sample: 0.001, loop_beats: None };
    const BLOCK: Span = Span { at_sample: 512, frames: 512, segments: &[STEADY] };

    fn event(at: u32, kind: Kind, key: u8) -> NoteEvent {
        NoteEvent { at, kind, channel: 0, key, velocity: 0.5 }
    }

    fn emitted(notes: &[NoteEvent]) -> Emitted {
        Emitted { notes: notes.into(), ..Emitted::default() }
    }

    fn faults_of(events: &[NoteEvent]) -> Vec<Fault> {
        let mut ledger = Ledger::new();
        ledger.enter(BLOCK, &emitted(events));
        ledger.close().faults
    }

    #[test]
    fn a_note_is_recorded_from_its_on_to_its_off_in_samples_and_beats() {
        let mut ledger = Ledger::new();
        ledger.enter(BLOCK, &emitted(&[event(10, Kind::On, 60)]));
        let off = emitted(&[event(0, Kind::Off, 60)]);
        ledger.enter(Span { at_sample: 1024, ..BLOCK }, &off);
        let recording = ledger.close();
        assert_eq!(recording.faults, []);
        let [note] = recording.notes[..] else { panic!("one note, got {:?}", recording.notes) };
        assert_eq!((note.start_sample, note.end_sample, note.velocity), (522, 1024, 64));
        assert!((note.start_beats - 2.01).abs() < 1e-12);
    }

    #[test]
    fn a_block_may_wrap_and_change_its_tempo_and_its_events_have_the_beats_of_their_segment() {
        let told = Some((1.0, 2.0996));
        let segments = [
            Segment { loop_beats: told, ..STEADY },
            Segment { at: 100, at_beats: 1.0004, beats_per_sample: 0.001, loop_beats: told },
            Segment { at: 300, at_beats: 1.2004, beats_per_sample: 0.002, loop_beats: told },
        ];
        let span = Span { segments: &segments, ..BLOCK };
        let beats: Vec<_> = [0, 98, 99, 100, 101, 299, 300, 301, 511]
            .map(|sample| (span.beats_at(sample) * 1e4).round() / 1e4)
            .into();
        // The loop ends 99.6 samples into the block: sample 100 is the first of its start, and
        // what sounds at 99 still belongs to its end.
        let expected = [2.0, 2.098, 2.099, 1.0004, 1.0014, 1.1994, 1.2004, 1.2024, 1.6224];
        assert_eq!(beats, expected);
        // 99.4 samples: rounded, the loop's start is at sample 99.
        let early = Segment { loop_beats: Some((1.0, 2.0994)), ..STEADY };
        let span = Span { segments: &[early], ..BLOCK };
        assert!((span.beats_at(99) - 0.9996).abs() < 1e-9);
    }

    #[test]
    fn a_note_that_sounds_while_the_books_are_taken_is_in_the_next_ones() {
        let mut ledger = Ledger::new();
        ledger.enter(BLOCK, &emitted(&[event(10, Kind::On, 60)]));
        let first = ledger.take();
        assert_eq!((first.events.len(), first.notes.len()), (1, 0));
        ledger.enter(BLOCK, &emitted(&[event(20, Kind::Off, 60)]));
        let second = ledger.close();
        assert_eq!((second.events.len(), second.notes.len(), second.faults), (1, 1, vec![]));
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

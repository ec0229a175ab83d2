//! CLAP's events in this crate's words and back.
use clack_host::events::event_types::TransportEvent as ClapTransport;
use clack_host::events::event_types::{NoteOffEvent, NoteOnEvent, ParamValueEvent, TransportFlags};
use clack_host::events::io::{EventBuffer, OutputEventBuffer, TryPushError};
use clack_host::events::{EventFlags, EventHeader, Match, Pckn, UnknownEvent};
use clack_host::utils::{BeatTime, ClapId, SecondsTime};

use crate::block::{Emitted, Kind, NoteEvent, Transport};

/// A queue that takes events up to a limit and refuses the rest.
pub(super) struct Queue {
    events: EventBuffer,
    limit: Option<usize>,
    refused: usize,
}

/// Events that a queue holds before it grows. A plugin that is linked into this program shares its
/// allocator, so where that is guarded the queue may not grow while the plugin fills it.
const READY: usize = 4096;

impl Default for Queue {
    fn default() -> Self {
        Self { events: EventBuffer::with_capacity(READY), limit: None, refused: 0 }
    }
}

impl Queue {
    /// Empties the queue, which from now on holds no more than `limit` events.
    pub fn clear(&mut self, limit: Option<usize>) {
        self.events.clear();
        self.limit = limit;
        self.refused = 0;
    }

    /// What the plugin sent, in its order.
    pub fn collect(&self, emitted: &mut Emitted) {
        for event in self.events.iter() {
            match note_event(event) {
                Some(note) => emitted.notes.push(note),
                None => emitted.others += 1,
            }
        }
        emitted.refused += self.refused;
    }
}

impl OutputEventBuffer for Queue {
    fn try_push(&mut self, event: &UnknownEvent) -> Result<(), TryPushError> {
        if self.limit.is_some_and(|limit| self.events.len() as usize >= limit) {
            self.refused += 1;
            return Err(TryPushError::new());
        }
        self.events.push(event);
        Ok(())
    }
}

pub(super) fn push_value(events: &mut EventBuffer, at: u32, id: ClapId, plain: f64) {
    events.push(&ParamValueEvent::new(at, id, Pckn::match_all(), plain));
}

pub(super) fn push_note(events: &mut EventBuffer, note: &NoteEvent) {
    let address = Pckn::new(0u16, u16::from(note.channel), u16::from(note.key), Match::<u32>::All);
    let velocity = f64::from(note.velocity);
    match note.kind {
        Kind::On => events.push(&NoteOnEvent::new(note.at, address, velocity)),
        Kind::Off => events.push(&NoteOffEvent::new(note.at, address, velocity)),
    }
}

/// The song at a sample of the block.
pub(super) fn transport_event(at: u32, transport: &Transport) -> ClapTransport {
    let mut flags = TransportFlags::empty();
    flags.set(TransportFlags::IS_PLAYING, transport.playing);
    flags.set(TransportFlags::HAS_BEATS_TIMELINE, transport.position_beats.is_some());
    flags.set(TransportFlags::HAS_SECONDS_TIMELINE, transport.position_seconds.is_some());
    flags.set(TransportFlags::HAS_TEMPO, transport.tempo.is_some());
    flags.set(TransportFlags::HAS_TIME_SIGNATURE, transport.meter.is_some());
    flags.set(TransportFlags::IS_LOOP_ACTIVE, transport.loop_beats.is_some());
    let (numerator, denominator) = transport.meter.unwrap_or_default();
    let beats = |beats: Option<f64>| BeatTime::from_float(beats.unwrap_or_default());
    let seconds = |seconds: Option<f64>| SecondsTime::from_float(seconds.unwrap_or_default());
    let (loop_start, loop_end) = transport.loop_beats.unzip();
    ClapTransport {
        header: EventHeader::new_core(at, EventFlags::empty()),
        flags,
        song_pos_beats: beats(transport.position_beats),
        song_pos_seconds: seconds(transport.position_seconds),
        tempo: transport.tempo.unwrap_or_default(),
        tempo_inc: 0.0,
        loop_start_beats: beats(loop_start),
        loop_end_beats: beats(loop_end),
        loop_start_seconds: seconds(in_seconds(transport, loop_start)),
        loop_end_seconds: seconds(in_seconds(transport, loop_end)),
        bar_start: beats(transport.bar_start_beats),
        bar_number: transport.bar_number.unwrap_or_default(),
        time_signature_numerator: numerator as u16,
        time_signature_denominator: denominator as u16,
    }
}

/// A position in seconds where the tempo has always been the present one.
fn in_seconds(transport: &Transport, beats: Option<f64>) -> Option<f64> {
    let (seconds, position) = (transport.position_seconds?, transport.position_beats?);
    Some(seconds + (beats? - position) * 60.0 / transport.tempo?)
}

/// The note in an event with one channel and one key; wildcards are not notes.
fn note_event(event: &UnknownEvent) -> Option<NoteEvent> {
    let (kind, address, velocity) = if let Some(on) = event.as_event::<NoteOnEvent>() {
        (Kind::On, on.pckn(), on.velocity())
    } else {
        let off = event.as_event::<NoteOffEvent>()?;
        (Kind::Off, off.pckn(), off.velocity())
    };
    Some(NoteEvent {
        at: event.header().time(),
        kind,
        channel: u8::try_from(address.channel.into_specific()?).ok()?,
        key: u8::try_from(address.key.into_specific()?).ok()?,
        velocity: velocity as f32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_transport_arrives_with_its_flag() {
        let event = transport_event(
            17,
            &Transport {
                playing: true,
                position_beats: Some(-1.5),
                position_seconds: Some(2.0),
                tempo: Some(120.0),
                meter: Some((7, 8)),
                bar_start_beats: Some(-3.5),
                bar_number: Some(-1),
                loop_beats: Some((-0.5, 4.5)),
            },
        );
        let flags = TransportFlags::all()
            - TransportFlags::IS_RECORDING
            - TransportFlags::IS_WITHIN_PRE_ROLL;
        assert_eq!((event.header.time(), event.flags), (17, flags));
        assert_eq!((event.song_pos_beats.to_float(), event.bar_start.to_float()), (-1.5, -3.5));
        assert_eq!(event.bar_number, -1);
        assert_eq!((event.time_signature_numerator, event.time_signature_denominator), (7, 8));
        assert_eq!(event.loop_end_beats.to_float(), 4.5);
        assert_eq!(event.loop_end_seconds.to_float(), 5.0);
    }

    #[test]
    fn what_is_left_out_has_no_flag() {
        let event = transport_event(0, &Transport::default());
        assert_eq!(event.flags, TransportFlags::empty());
    }

    #[test]
    fn a_full_queue_refuses_events() {
        let mut notes = EventBuffer::new();
        for key in [60, 61, 62] {
            let note = NoteEvent { at: 0, kind: Kind::On, channel: 0, key, velocity: 1.0 };
            push_note(&mut notes, &note);
        }
        let mut queue = Queue::default();
        queue.clear(Some(2));
        let taken: Vec<_> = notes.iter().map(|note| queue.try_push(note).is_ok()).collect();
        assert_eq!(taken, [true, true, false]);
        let mut emitted = Emitted::default();
        queue.collect(&mut emitted);
        assert_eq!((emitted.notes.len(), emitted.refused), (2, 1));
    }
}

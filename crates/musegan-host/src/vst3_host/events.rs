//! The lists of events that go into a plugin and come out of it.
use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Class;
use vst3::Steinberg::Vst::Event_::EventTypes_;
use vst3::Steinberg::Vst::{Event, IEventList, IEventListTrait, NoteOffEvent, NoteOnEvent};
use vst3::Steinberg::{kInvalidArgument, kResultFalse, kResultOk, tresult};

use crate::block::{Emitted, Kind, NoteEvent};

/// A list that takes events up to a limit and refuses the rest.
#[derive(Default)]
pub(super) struct EventList {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    events: Vec<Event>,
    limit: Option<usize>,
    refused: usize,
}

impl EventList {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Empties the list, which from now on holds no more than `limit` events.
    pub fn clear(&self, limit: Option<usize>) {
        let mut held = self.held();
        held.events.clear();
        held.limit = limit;
        held.refused = 0;
    }

    /// Adds a note for the plugin.
    pub fn push(&self, note: &NoteEvent) {
        self.held().events.push(event(note));
    }

    /// What the plugin sent, in its order.
    pub fn collect(&self, emitted: &mut Emitted) {
        let held = self.held();
        for event in &held.events {
            match note(event) {
                Some(note) => emitted.notes.push(note),
                None => emitted.others += 1,
            }
        }
        emitted.refused += held.refused;
    }
}

impl Class for EventList {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for EventList {
    unsafe fn getEventCount(&self) -> i32 {
        self.held().events.len() as i32
    }

    unsafe fn getEvent(&self, index: i32, place: *mut Event) -> tresult {
        let held = self.held();
        let event = usize::try_from(index).ok().and_then(|index| held.events.get(index));
        // SAFETY: the plugin gives a place for an event, or null.
        match event {
            Some(event) if !place.is_null() => unsafe { place.write(*event) },
            _ => return kInvalidArgument,
        }
        kResultOk
    }

    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        // SAFETY: the plugin gives an event, or null.
        let Some(event) = (unsafe { event.as_ref() }) else { return kInvalidArgument };
        let mut held = self.held();
        if held.limit.is_some_and(|limit| held.events.len() >= limit) {
            held.refused += 1;
            return kResultFalse;
        }
        held.events.push(*event);
        kResultOk
    }
}

fn event(note: &NoteEvent) -> Event {
    // SAFETY: all bytes 0 are a valid value of an event and of everything in it.
    let mut event: Event = unsafe { std::mem::zeroed() };
    event.sampleOffset = i32::try_from(note.at).unwrap_or(i32::MAX);
    let (channel, pitch) = (i16::from(note.channel), i16::from(note.key));
    let (tuning, velocity, no_id) = (0.0, note.velocity, -1);
    match note.kind {
        Kind::On => {
            event.r#type = EventTypes_::kNoteOnEvent as u16;
            event.__field0.noteOn =
                NoteOnEvent { channel, pitch, tuning, velocity, length: 0, noteId: no_id };
        }
        Kind::Off => {
            event.r#type = EventTypes_::kNoteOffEvent as u16;
            event.__field0.noteOff =
                NoteOffEvent { channel, pitch, velocity, noteId: no_id, tuning };
        }
    }
    event
}

/// The note in an event; `None` for other events and for keys and channels no note can have.
fn note(event: &Event) -> Option<NoteEvent> {
    const ON: u16 = EventTypes_::kNoteOnEvent as u16;
    const OFF: u16 = EventTypes_::kNoteOffEvent as u16;
    // SAFETY: the event's type says which of the fields is set; each is made of numbers only.
    let (kind, channel, pitch, velocity) = unsafe {
        match event.r#type {
            ON => {
                let on = event.__field0.noteOn;
                (Kind::On, on.channel, on.pitch, on.velocity)
            }
            OFF => {
                let off = event.__field0.noteOff;
                (Kind::Off, off.channel, off.pitch, off.velocity)
            }
            _ => return None,
        }
    };
    Some(NoteEvent {
        at: u32::try_from(event.sampleOffset).unwrap_or(u32::MAX),
        kind,
        channel: u8::try_from(channel).ok()?,
        key: u8::try_from(pitch).ok()?,
        velocity,
    })
}

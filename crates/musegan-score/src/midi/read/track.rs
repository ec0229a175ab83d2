//! One track after another: events to notes, names, tempos and metres.
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use midly::{EventIter, MetaMessage, MidiMessage, TrackEvent, TrackEventKind};

use super::{DamageList, metre};
use crate::song::{Metre, Tempo};
use crate::{Part, Pitch, SongNote, Velocity};

/// Index of MIDI channel 10, the drums of General MIDI.
const DRUM_CHANNEL: u8 = 9;

/// What the tracks read so far amount to.
#[derive(Default)]
pub(super) struct TrackReader {
    pub name: Option<String>,
    pub parts: Vec<Part>,
    pub tempos: Vec<Tempo>,
    pub metres: Vec<Metre>,
    pub damage: DamageList,
    /// Programs set by tracks that play nothing on the channel: they speak for later tracks.
    announced: [Option<u8>; 16],
    tracks_read: usize,
    /// Where the latest track ended, which is where the next one of format 2 begins.
    end_tick: u64,
}

/// What is known inside one track.
struct TrackState {
    tick: u64,
    /// Index in the list of parts of the track's first one.
    first_part: usize,
    name: Option<String>,
    programs: [Option<u8>; 16],
    part_of: HashMap<(u8, Option<u8>), usize>,
    /// Sounding notes of each channel, no key twice.
    sounding: [Vec<Sounding>; 16],
    plays: [bool; 16],
}

/// A note that has not been released yet.
#[derive(Clone, Copy)]
struct Sounding {
    key: u8,
    part: usize,
    /// In the part's notes.
    index: usize,
}

impl TrackReader {
    /// Reads the track in `body` and returns the offset behind its last event.
    pub fn read_track(&mut self, bytes: &[u8], body: Range<usize>, is_sequential: bool) -> usize {
        let mut state = TrackState {
            tick: if is_sequential { self.end_tick } else { 0 },
            first_part: self.parts.len(),
            name: None,
            programs: self.announced,
            part_of: HashMap::new(),
            sounding: Default::default(),
            plays: [false; 16],
        };
        let mut events = EventIter::new(&bytes[body.clone()]);
        let mut running = None;
        let consumed = loop {
            let rest = events.unread();
            let offset = body.end - rest.len();
            // The standard lets meta and system exclusive events end it; many files disagree.
            running = events.running_status().or(running);
            *events.running_status_mut() = running;
            if rest.is_empty() {
                self.damage.push(offset, "no end of track; ended where its bytes end");
                break offset;
            }
            if let Some(Ok(event)) = events.next() {
                state.tick += u64::from(event.delta.as_int());
                if matches!(event.kind, TrackEventKind::Meta(MetaMessage::EndOfTrack)) {
                    break body.end - events.unread().len();
                }
                self.take(&event, &mut state);
            } else if let Some((delta, length)) = skippable(rest) {
                self.damage.push(offset, "an event that does not belong in files; skipped");
                state.tick += u64::from(delta);
                events = EventIter::new(&rest[length..]);
            } else {
                self.damage.push(offset, "not a MIDI event; the track ends here");
                break offset;
            }
        };
        self.end_track(state);
        consumed
    }

    fn take(&mut self, event: &TrackEvent<'_>, state: &mut TrackState) {
        let tick = state.tick;
        match event.kind {
            TrackEventKind::Midi { channel, message } => {
                self.take_message(channel.as_int(), message, state);
            }
            TrackEventKind::Meta(MetaMessage::TrackName(name)) => {
                let name = text(name);
                if state.name.is_none() && !name.is_empty() {
                    state.name = Some(name);
                }
            }
            TrackEventKind::Meta(MetaMessage::Tempo(micros)) if micros.as_int() > 0 => {
                self.tempos.push(Tempo { tick, micros_per_beat: micros.as_int() });
            }
            TrackEventKind::Meta(MetaMessage::TimeSignature(count, power, _, _)) => {
                self.metres.extend(metre(tick, count, power));
            }
            _ => {}
        }
    }

    fn take_message(&mut self, channel: u8, message: MidiMessage, state: &mut TrackState) {
        match message {
            MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
                self.release(channel, key.as_int(), state);
                self.strike(channel, key.as_int(), vel.as_int(), state);
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                self.release(channel, key.as_int(), state);
            }
            MidiMessage::ProgramChange { program } => {
                state.programs[usize::from(channel)] = Some(program.as_int());
            }
            // All sound off, all notes off, and the mode changes that imply it.
            MidiMessage::Controller { controller, .. }
                if matches!(controller.as_int(), 120 | 123..=127) =>
            {
                for note in std::mem::take(&mut state.sounding[usize::from(channel)]) {
                    self.end_note(note, state.tick);
                }
            }
            _ => {}
        }
    }

    fn strike(&mut self, channel: u8, key: u8, velocity: u8, state: &mut TrackState) {
        let Some(pitch) = Pitch::new(key) else { return };
        let program = state.programs[usize::from(channel)];
        let parts = &mut self.parts;
        let part = *state.part_of.entry((channel, program)).or_insert_with(|| {
            let is_drums = channel == DRUM_CHANNEL;
            // Many parts of hostile files have one note, and room for one.
            let notes = Vec::with_capacity(1);
            parts.push(Part { name: None, channel, program, is_drums, notes });
            parts.len() - 1
        });
        let notes = &mut parts[part].notes;
        state.sounding[usize::from(channel)].push(Sounding { key, part, index: notes.len() });
        state.plays[usize::from(channel)] = true;
        let velocity = Velocity::clamped(velocity.into());
        notes.push(SongNote { onset: state.tick, length: 1, pitch, velocity });
    }

    fn release(&mut self, channel: u8, key: u8, state: &mut TrackState) {
        let sounding = &mut state.sounding[usize::from(channel)];
        if let Some(at) = sounding.iter().position(|note| note.key == key) {
            self.end_note(sounding.swap_remove(at), state.tick);
        }
    }

    fn end_note(&mut self, sounding: Sounding, tick: u64) {
        let note = &mut self.parts[sounding.part].notes[sounding.index];
        note.length = (tick - note.onset).max(1);
    }

    fn end_track(&mut self, state: TrackState) {
        for note in state.sounding.into_iter().flatten() {
            self.end_note(note, state.tick);
        }
        for channel in (0..16).filter(|&channel| !state.plays[channel]) {
            self.announced[channel] = state.programs[channel];
        }
        let name: Option<Arc<str>> = state.name.as_deref().map(Arc::from);
        for part in &mut self.parts[state.first_part..] {
            part.name.clone_from(&name);
        }
        if self.tracks_read == 0 {
            self.name = state.name;
        }
        self.tracks_read += 1;
        self.end_tick = state.tick;
    }
}

/// The time and length in bytes of an event that midly refuses but that can be stepped over: a
/// system message (F1 to F6, F8 to FE), which only streams may hold, or a malformed meta event.
fn skippable(bytes: &[u8]) -> Option<(u32, usize)> {
    let (delta, at) = variable_length(bytes, 0)?;
    let end = match bytes.get(at)? {
        0xF1 | 0xF3 => at + 2,
        0xF2 => at + 3,
        0xF4..=0xF6 | 0xF8..=0xFE => at + 1,
        0xFF => {
            let (length, data) = variable_length(bytes, at + 2)?;
            data + length as usize
        }
        _ => return None,
    };
    Some((delta, end.min(bytes.len())))
}

/// A number of up to four bytes of seven bits at `at`, and the offset behind it.
fn variable_length(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let mut number = 0;
    for (i, &byte) in bytes.get(at..)?.iter().take(4).enumerate() {
        number = number << 7 | u32::from(byte & 0x7F);
        if byte < 0x80 || i == 3 {
            return Some((number, at + i + 1));
        }
    }
    None
}

/// Text in UTF-8, or else byte by byte as Latin-1, which older programs wrote; cut to a length
/// that a name may have.
fn text(bytes: &[u8]) -> String {
    const LONGEST: usize = 256;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().take(LONGEST).collect::<String>(),
        Err(_) => bytes.iter().take(LONGEST).map(|&byte| char::from(byte)).collect(),
    };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
}

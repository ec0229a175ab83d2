//! One track after another: events to notes, names, tempos, metres, keys and markers.
use std::ops::Range;

use super::DamageList;
use super::events::{Event, Events};
use super::notes::Notes;
use crate::Key;
use crate::song::{KeySignature, Marker, Metre, Tempo};

/// Markers beyond these are left out: a song of ten hours has no more chords.
const MOST_MARKERS: usize = 1 << 14;

/// What the tracks read so far amount to.
pub(super) struct TrackReader {
    pub name: Option<String>,
    pub notes: Notes,
    pub tempos: Vec<Tempo>,
    pub metres: Vec<Metre>,
    pub keys: Vec<KeySignature>,
    pub markers: Vec<Marker>,
    pub damage: DamageList,
    tracks_read: usize,
    /// Where the latest track ended, which is where the next one of format 2 begins.
    end_tick: u64,
}

impl TrackReader {
    pub fn new() -> Self {
        Self {
            name: None,
            notes: Notes::new(),
            tempos: Vec::new(),
            metres: Vec::new(),
            keys: Vec::new(),
            markers: Vec::new(),
            damage: DamageList::default(),
            tracks_read: 0,
            end_tick: 0,
        }
    }

    /// Reads the track in `body` and returns the offset behind its last event.
    pub fn read_track(&mut self, bytes: &[u8], body: Range<usize>, is_sequential: bool) -> usize {
        let mut tick = if is_sequential { self.end_tick } else { 0 };
        let mut name = None;
        self.notes.begin_track(body.len());
        let mut events = Events::new(&bytes[..body.end], body.start);
        let consumed = loop {
            let offset = events.at;
            if events.is_at_end() {
                self.damage.push(offset, "no end of track; ended where its bytes end");
                break offset;
            }
            let (delta, event) = events.next();
            tick += u64::from(delta);
            match event {
                Event::NoteOn { channel, key, velocity } => {
                    if !self.notes.strike(tick, channel, key, velocity) {
                        self.damage.push(offset, "one of more than 4,096 parts; left out");
                    }
                }
                Event::NoteOff { channel, key } => self.notes.release(tick, channel, key),
                Event::Program { channel, program } => self.notes.set_program(channel, program),
                Event::Bank { channel, bank } => self.notes.set_bank(channel, bank),
                Event::Exclusive { data } => self.notes.take_exclusive(data),
                Event::AllNotesOff { channel } => self.notes.release_all(tick, channel),
                Event::Meta { kind: END_OF_TRACK, .. } => break events.at,
                Event::Meta { kind: TRACK_NAME, data } => name = name.or_else(|| text(data)),
                Event::Meta { kind, data } => self.take_meta(tick, kind, data, offset),
                Event::Other => {}
                Event::Misplaced => {
                    self.damage.push(offset, "an event that does not belong in files; skipped");
                }
                Event::Unreadable => {
                    self.damage.push(offset, "not a MIDI event; the track ends here");
                    break offset;
                }
            }
        };
        self.notes.end_track(tick, name.as_deref());
        if self.tracks_read == 0 {
            self.name = name;
        }
        self.tracks_read += 1;
        self.end_tick = tick;
        consumed
    }

    #[cold]
    fn take_meta(&mut self, tick: u64, kind: u8, data: &[u8], offset: usize) {
        let is_sound = match (kind, data) {
            (MARKER, _) => {
                if self.markers.len() < MOST_MARKERS {
                    let text = text(data).map(|text| Marker { tick, text: text.into() });
                    self.markers.extend(text);
                }
                true
            }
            (TEMPO, &[high, middle, low, ..]) => {
                let micros_per_beat = u32::from_be_bytes([0, high, middle, low]);
                self.tempos
                    .extend((micros_per_beat > 0).then_some(Tempo { tick, micros_per_beat }));
                micros_per_beat > 0
            }
            (METRE, &[count, unit_power, ..]) => {
                let is_metre = count > 0 && unit_power < 7;
                let unit = 1 << (unit_power % 8);
                self.metres.extend(is_metre.then_some(Metre { tick, count, unit }));
                is_metre
            }
            (KEY, &[fifths, is_minor, ..]) => {
                let key = key(fifths as i8, is_minor);
                self.keys.extend(key.map(|key| KeySignature { tick, key }));
                key.is_some()
            }
            (TEMPO | METRE | KEY, _) => false,
            _ => true,
        };
        if !is_sound {
            self.damage.push(offset, "a tempo, metre or key that is none; skipped");
        }
    }
}

const TRACK_NAME: u8 = 0x03;
const MARKER: u8 = 0x06;
const END_OF_TRACK: u8 = 0x2F;
const TEMPO: u8 = 0x51;
const METRE: u8 = 0x58;
const KEY: u8 = 0x59;

/// The key with so many sharps, or flats below zero; some programs say "minor" by any other number
/// than zero.
fn key(fifths: i8, is_minor: u8) -> Option<Key> {
    if !(-7..=7).contains(&fifths) {
        return None;
    }
    let (tonic, is_minor) = ((7 * fifths).rem_euclid(12) as u8, is_minor != 0);
    Some(Key::new(if is_minor { tonic + 9 } else { tonic }, is_minor))
}

/// Text in UTF-8, or else byte by byte as Latin-1, which older programs wrote; cut to a length
/// that a name may have. `None` where nothing can be seen of it.
fn text(bytes: &[u8]) -> Option<String> {
    const LONGEST: usize = 256;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().take(LONGEST).collect::<String>(),
        Err(_) => bytes.iter().take(LONGEST).map(|&byte| char::from(byte)).collect(),
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}

//! The notes of a track while it is read: struck, released, and then handed to its parts.
//!
//! What must stay true: a note costs the same however many sound, and memory goes with the number
//! of notes. The tables are cleared only where they were written to, because a hostile file has a
//! million tracks.
use std::sync::Arc;

use super::kits::Kits;
use crate::{Part, Pitch, SongNote, Velocity};

/// Notes of further parts are left out: no piece has as many instruments.
const MOST_PARTS: usize = 4096;
/// No part yet.
const NONE: u32 = u32::MAX;

/// The notes of the track being read, and the parts of those before it.
pub(super) struct Notes {
    parts: Vec<Part>,
    /// Index in the list of parts of the track's first one.
    first_part: usize,
    /// Notes of each part of the track.
    counts: Vec<usize>,
    /// Index of the part that plays a channel with a program, see `slot`.
    part_of: Box<[u32; SLOTS]>,
    /// Of each channel with the program it has now.
    playing: [u32; 16],
    /// Programs set by tracks that play nothing on the channel: they speak for later tracks.
    announced: [Option<u8>; 16],
    programs: [Option<u8>; 16],
    kits: Kits,
    /// In the order in which they were struck.
    struck: Vec<Struck>,
    /// The keys that sound, one bit each: two words for each channel.
    sounding: [u64; 32],
    /// Index of the note that sounds: `128 * channel + key`.
    note_of: Box<[usize; 16 * 128]>,
}

/// A note and its part, as small as the note alone.
#[derive(Clone, Copy)]
struct Struck {
    onset: u64,
    length: u64,
    part: u32,
    pitch: Pitch,
    velocity: Velocity,
}

impl Notes {
    pub fn new() -> Self {
        Self {
            parts: Vec::new(),
            first_part: 0,
            counts: Vec::new(),
            part_of: Box::new([NONE; SLOTS]),
            playing: [NONE; 16],
            announced: [None; 16],
            programs: [None; 16],
            kits: Kits::new(),
            struck: Vec::new(),
            sounding: [0; 32],
            note_of: Box::new([0; 16 * 128]),
        }
    }

    /// Begins a track of so many bytes.
    pub fn begin_track(&mut self, bytes: usize) {
        self.first_part = self.parts.len();
        self.programs = self.announced;
        self.playing = [NONE; 16];
        // A note that is struck and released takes six bytes at least, mostly eight.
        self.struck.reserve(bytes / 7);
    }

    /// Begins a note, unless that were one part too many, which is said by `false`.
    #[inline]
    pub fn strike(&mut self, tick: u64, channel: u8, key: u8, velocity: u8) -> bool {
        self.release(tick, channel, key);
        let part = match self.playing[usize::from(channel)] {
            NONE => self.begin_part(channel),
            part => part,
        };
        let Some(pitch) = Pitch::new(key).filter(|_| part != NONE) else { return false };
        self.counts[part as usize - self.first_part] += 1;
        let place = place(channel, key);
        self.sounding[place / 64] |= 1 << (place % 64);
        self.note_of[place] = self.struck.len();
        let velocity = Velocity::clamped(velocity.into());
        self.struck.push(Struck { onset: tick, length: 1, part, pitch, velocity });
        true
    }

    #[inline]
    pub fn release(&mut self, tick: u64, channel: u8, key: u8) {
        let place = place(channel, key);
        let (word, bit) = (&mut self.sounding[place / 64], 1 << (place % 64));
        if *word & bit != 0 {
            *word &= !bit;
            let note = &mut self.struck[self.note_of[place]];
            note.length = (tick - note.onset).max(1);
        }
    }

    /// Releases whatever sounds on the channel.
    pub fn release_all(&mut self, tick: u64, channel: u8) {
        for half in 0..2 {
            let word = 2 * usize::from(channel) + half;
            while self.sounding[word] != 0 {
                let key = 64 * half as u32 + self.sounding[word].trailing_zeros();
                self.release(tick, channel, key as u8);
            }
        }
    }

    /// The program of the notes that follow.
    pub fn set_program(&mut self, channel: u8, program: u8) {
        self.programs[usize::from(channel)] = Some(program);
        self.playing[usize::from(channel)] = NONE;
        self.kits.set_program(channel);
    }

    /// The bank that the channel's next program is of.
    pub fn set_bank(&mut self, channel: u8, bank: u8) {
        self.kits.set_bank(channel, bank);
    }

    /// A system exclusive message, which may make drums of any channel.
    pub fn take_exclusive(&mut self, data: &[u8]) {
        if self.kits.take_exclusive(data) {
            self.playing = [NONE; 16];
        }
    }

    /// The part that plays the channel from now on, which may have played before; `NONE` where
    /// there are too many.
    #[cold]
    fn begin_part(&mut self, channel: u8) -> u32 {
        let program = self.programs[usize::from(channel)];
        let is_drums = self.kits.is_drums(channel);
        let part = &mut self.part_of[slot(channel, program, is_drums)];
        if *part == NONE && self.parts.len() < MOST_PARTS {
            *part = self.parts.len() as u32;
            self.parts.push(Part { name: None, channel, program, is_drums, notes: Vec::new() });
            self.counts.push(0);
        }
        self.playing[usize::from(channel)] = *part;
        *part
    }

    /// Ends what sounds, and hands the notes to the track's parts under its name.
    pub fn end_track(&mut self, tick: u64, name: Option<&str>) {
        for channel in 0..16 {
            self.release_all(tick, channel);
        }
        let name: Option<Arc<str>> = name.map(Arc::from);
        let parts = &mut self.parts[self.first_part..];
        let mut plays = [false; 16];
        for (part, count) in parts.iter_mut().zip(self.counts.drain(..)) {
            part.name.clone_from(&name);
            part.notes.reserve_exact(count);
            self.part_of[slot(part.channel, part.program, part.is_drums)] = NONE;
            plays[usize::from(part.channel)] = true;
        }
        match parts {
            [only] => only.notes.extend(self.struck.drain(..).map(Struck::note)),
            parts => {
                for note in self.struck.drain(..) {
                    parts[note.part as usize - self.first_part].notes.push(note.note());
                }
            }
        }
        for channel in (0..16).filter(|&channel| !plays[channel]) {
            self.announced[channel] = self.programs[channel];
        }
    }

    /// The parts of all tracks, each with one note at least, sorted by onset.
    pub fn into_parts(self) -> Vec<Part> {
        self.parts
    }
}

impl Struck {
    fn note(self) -> SongNote {
        let Self { onset, length, pitch, velocity, .. } = self;
        SongNote { onset, length, pitch, velocity }
    }
}

/// Index of a key; channels and keys that do not exist stay within the tables.
fn place(channel: u8, key: u8) -> usize {
    128 * usize::from(channel & 15) + usize::from(key & 127)
}

const SLOTS: usize = 16 * 129 * 2;

/// Index of what plays a channel: one of 128 programs or none, as pitches or as drums.
fn slot(channel: u8, program: Option<u8>, is_drums: bool) -> usize {
    2 * (129 * usize::from(channel & 15) + program.map_or(128, usize::from)) + usize::from(is_drums)
}

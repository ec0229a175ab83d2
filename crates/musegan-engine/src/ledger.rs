//! Every sounding note, so that each on gets exactly one off. Audio thread; fixed size.
use crate::controls::Fit;
use musegan_score::grid::STEPS_PER_BAR;
use musegan_score::{Note, Pitch, Track};

/// Notes that can sound at once. All five tracks on every pitch of a roll are 360.
pub(crate) const CAPACITY: usize = 384;

/// A note whose off is still owed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sounding {
    pub track: Track,
    /// The pitch of the phrase, before octaves and scales.
    pub pitch: Pitch,
    pub channel: u8,
    pub key: u8,
    /// What brought the pitch to the key.
    pub fit: Fit,
    pub end: End,
    /// The step in which it began, in the order of all steps played.
    pub begun_step: u64,
    /// The sample at which it began, in the order of all samples played.
    pub begun_sample: u64,
}

/// When a note ends, told so that a change of metre on the way does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// At a step of a bar, `lines` bar lines from now; at the bar's end if the bar has no such
    /// step.
    AtStep { lines: u8, step: i64 },
    /// In the step that plays, at this tick of it.
    AtTick(i64),
}

impl End {
    /// The end of a note that begins at a step of a bar.
    pub fn of(note: &Note, step: i64) -> Self {
        const BAR: i64 = STEPS_PER_BAR as i64;
        let length = note.length() as i64;
        let end_in_source = note.onset().index() as i64 % BAR + length;
        if end_in_source <= BAR {
            return Self::AtStep { lines: 0, step: step + length };
        }
        let beyond = end_in_source - BAR - 1;
        Self::AtStep { lines: 1 + (beyond / BAR) as u8, step: beyond % BAR + 1 }
    }

    /// The same end, seen from where a step begins whose ends come `late` ticks late.
    fn at_entry(self, step: i64, late: i64) -> Self {
        match self {
            Self::AtStep { lines: 0, step: end } if end <= step || step == 0 => Self::AtTick(late),
            Self::AtStep { lines, step: end } if step == 0 => {
                Self::AtStep { lines: lines - 1, step: end }
            }
            Self::AtStep { .. } => self,
            // Left over from a step that has passed.
            Self::AtTick(_) => Self::AtTick(0),
        }
    }
}

/// The notes that sound, in no order. Never holds two of one channel and key.
#[derive(Debug)]
pub(crate) struct Ledger {
    notes: Vec<Sounding>,
}

impl Ledger {
    pub fn new() -> Self {
        Self { notes: Vec::with_capacity(CAPACITY) }
    }

    pub fn len(&self) -> usize {
        self.notes.len()
    }

    /// Books a note; false when the ledger is full, then it must not sound.
    pub fn book(&mut self, note: Sounding) -> bool {
        if self.notes.len() >= CAPACITY {
            return false;
        }
        self.notes.push(note);
        true
    }

    /// The note that sounds there.
    pub fn at(&self, channel: u8, key: u8) -> Option<&Sounding> {
        self.notes.iter().find(|note| (note.channel, note.key) == (channel, key))
    }

    /// Strikes out and returns one note for which `ended` holds. Called until it gives `None`.
    pub fn take_one(&mut self, ended: impl Fn(&Sounding) -> bool) -> Option<Sounding> {
        let index = self.notes.iter().position(ended)?;
        Some(self.notes.swap_remove(index))
    }

    /// Settles which notes end in the step that begins, and at which tick of it.
    pub fn enter_step(&mut self, step: i64, late: i64) {
        for note in &mut self.notes {
            note.end = note.end.at_entry(step, late);
        }
    }

    /// Has the notes end as soon as they can in the step that plays, but those that get a fit
    /// under which they may sound on.
    pub fn refit(&mut self, fit: impl Fn(&Sounding) -> Option<Fit>) {
        for note in &mut self.notes {
            match fit(note) {
                Some(fit) => note.fit = fit,
                None => note.end = End::AtTick(0),
            }
        }
    }

    /// The earliest tick of the step that plays at which a note ends.
    pub fn next_end(&self) -> Option<i64> {
        let ends = self.notes.iter().filter_map(|note| match note.end {
            End::AtTick(tick) => Some(tick),
            End::AtStep { .. } => None,
        });
        ends.min()
    }
}

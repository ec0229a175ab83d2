//! The bytes of a track, one event after another.
//!
//! What must stay true: every call of [`Events::next`] goes forward by at least one byte or says
//! that the track cannot be understood any further.

/// As much of an event as a song needs.
pub(super) enum Event<'a> {
    NoteOn {
        channel: u8,
        key: u8,
        /// Above zero.
        velocity: u8,
    },
    NoteOff {
        channel: u8,
        key: u8,
    },
    Program {
        channel: u8,
        program: u8,
    },
    /// Bank select, the coarse one.
    Bank {
        channel: u8,
        bank: u8,
    },
    /// All sound off, all notes off, and the mode changes that imply it.
    AllNotesOff {
        channel: u8,
    },
    Meta {
        kind: u8,
        data: &'a [u8],
    },
    /// A system exclusive message without its first byte.
    Exclusive {
        data: &'a [u8],
    },
    /// Of no interest here: pressure, bends, other controllers.
    Other,
    /// A system message (F1 to F6, F8 to FE), which only streams may hold. It was stepped over.
    Misplaced,
    /// No event: the track cannot be read from here on.
    Unreadable,
}

/// A place in a track.
pub(super) struct Events<'a> {
    bytes: &'a [u8],
    /// Offset of the next event.
    pub at: usize,
    /// Status of the last channel message. The standard lets meta and system exclusive events end
    /// it; many files disagree.
    running: Option<u8>,
}

impl<'a> Events<'a> {
    /// The events from `at` to the end of the bytes.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, running: None }
    }

    /// Whether no byte is left.
    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The ticks before the next event, and the event.
    #[inline]
    pub fn next(&mut self) -> (u32, Event<'a>) {
        let Some((delta, at)) = number(self.bytes, self.at) else {
            return (0, Event::Unreadable);
        };
        let Some(&first) = self.bytes.get(at) else { return (0, Event::Unreadable) };
        let event = match (first, self.running) {
            (0x80..=0xEF, _) => self.message(first, at + 1),
            (0..0x80, Some(status)) => self.message(status, at),
            (0..0x80, None) => Event::Unreadable,
            (0xF0.., _) => self.system(first, at + 1),
        };
        (delta, event)
    }

    /// A channel message whose data begins at `at`.
    #[inline]
    fn message(&mut self, status: u8, at: usize) -> Event<'a> {
        let Some(data) = self.bytes.get(at..) else { return Event::Unreadable };
        let channel = status & 0x0F;
        self.running = Some(status);
        if matches!(status, 0xC0..=0xDF) {
            return match data {
                [program @ 0..0x80, ..] => {
                    self.at = at + 1;
                    let program = *program;
                    if status < 0xD0 { Event::Program { channel, program } } else { Event::Other }
                }
                _ => Event::Unreadable,
            };
        }
        let &[first @ 0..0x80, second @ 0..0x80, ..] = data else { return Event::Unreadable };
        self.at = at + 2;
        match status {
            0x90..=0x9F if second > 0 => Event::NoteOn { channel, key: first, velocity: second },
            0x80..=0x9F => Event::NoteOff { channel, key: first },
            0xB0..=0xBF => match first {
                0 => Event::Bank { channel, bank: second },
                120 | 123..=127 => Event::AllNotesOff { channel },
                _ => Event::Other,
            },
            _ => Event::Other,
        }
    }

    /// A meta event, a system exclusive message or a misplaced one; its data begins at `at`. What
    /// claims to go on beyond the end ends there.
    #[cold]
    fn system(&mut self, status: u8, at: usize) -> Event<'a> {
        let (kind, data_at, length) = match status {
            0xF0 | 0xF7 => match number(self.bytes, at) {
                Some((length, data_at)) => (None, data_at, length as usize),
                None => return Event::Unreadable,
            },
            0xFF => match (self.bytes.get(at), number(self.bytes, at + 1)) {
                (Some(&kind), Some((length, data_at))) => (Some(kind), data_at, length as usize),
                _ => return Event::Unreadable,
            },
            _ => {
                let length = match status {
                    0xF1 | 0xF3 => 1,
                    0xF2 => 2,
                    _ => 0,
                };
                self.at = self.bytes.len().min(at + length);
                return Event::Misplaced;
            }
        };
        let rest = &self.bytes[data_at..];
        let data = &rest[..rest.len().min(length)];
        self.at = data_at + data.len();
        kind.map_or(Event::Exclusive { data }, |kind| Event::Meta { kind, data })
    }
}

/// A number of up to four bytes of seven bits at `at`, and the offset behind it.
#[inline]
fn number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let first = *bytes.get(at)?;
    if first < 0x80 {
        return Some((first.into(), at + 1));
    }
    let mut number = u32::from(first & 0x7F);
    for (i, &byte) in bytes[at + 1..].iter().take(3).enumerate() {
        number = number << 7 | u32::from(byte & 0x7F);
        if byte < 0x80 || i == 2 {
            return Some((number, at + i + 2));
        }
    }
    None
}

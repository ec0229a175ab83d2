//! Which channels play drums: the tenth, and what a file sets up for Roland's GS, Yamaha's XG and
//! General MIDI 2 synthesisers.
//!
//! Tracks are taken in the order of the file: what one sets up holds for those behind it.

/// Index of MIDI channel 10, the drums of General MIDI.
const DRUM_CHANNEL: usize = 9;

/// What is set up.
pub(super) struct Kits {
    /// Channels whose part of the synthesiser plays drums.
    is_drum_part: [bool; 16],
    /// The banks that the next programs come from.
    banks: [u8; 16],
    /// Channels whose program came from a bank of drums.
    is_drum_bank: [bool; 16],
    is_xg: bool,
}

impl Kits {
    pub fn new() -> Self {
        Self { is_drum_part: DRUM_PART, banks: [0; 16], is_drum_bank: [false; 16], is_xg: false }
    }

    pub fn is_drums(&self, channel: u8) -> bool {
        self.is_drum_part[usize::from(channel)] || self.is_drum_bank[usize::from(channel)]
    }

    /// A bank select, which holds from the next change of program on.
    pub fn set_bank(&mut self, channel: u8, bank: u8) {
        self.banks[usize::from(channel)] = bank;
    }

    /// A change of program.
    pub fn set_program(&mut self, channel: u8) {
        let channel = usize::from(channel);
        // Bank 120 has the kits of General MIDI 2; 126 and 127 have those of XG, and are others
        // elsewhere.
        self.is_drum_bank[channel] = match self.banks[channel] {
            120 => true,
            126 | 127 => self.is_xg,
            _ => false,
        };
    }

    /// A system exclusive message without its first byte. Says whether it set up anything.
    pub fn take_exclusive(&mut self, data: &[u8]) -> bool {
        match *data {
            [0x41, _, 0x42, 0x12, 0x40, 0x00, 0x7F, ..] => self.reset(),
            [0x41, _, 0x42, 0x12, 0x40, block @ 0x10..=0x1F, 0x15, map, ..] => {
                // Block 0 is the tenth channel's, 1 to 9 are those of the channels before it.
                let channel = match block & 0x0F {
                    0 => DRUM_CHANNEL,
                    block @ 1..=9 => usize::from(block) - 1,
                    block => usize::from(block),
                };
                self.is_drum_part[channel] = map > 0;
            }
            [0x43, 0x10..=0x1F, 0x4C, 0x00, 0x00, 0x7E, ..] => {
                self.reset();
                self.is_xg = true;
            }
            [0x43, 0x10..=0x1F, 0x4C, 0x08, part @ 0..16, 0x07, mode, ..] => {
                self.is_drum_part[usize::from(part)] = mode > 0;
            }
            _ => return false,
        }
        true
    }

    fn reset(&mut self) {
        self.is_drum_part = DRUM_PART;
    }
}

const DRUM_PART: [bool; 16] = {
    let mut parts = [false; 16];
    parts[DRUM_CHANNEL] = true;
    parts
};

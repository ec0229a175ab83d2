//! The chunks of a MIDI file: its header, and where each track begins and ends.
//!
//! Lengths in chunk headers are claims. One that leads to another chunk or to the end of the file
//! is believed; otherwise the track's own end decides, and the next `MTrk` is searched for.
use std::ops::Range;

use super::{DamageList, ReadError};

/// How far into a file its header may lie behind a wrapper.
const WRAPPER_BYTES: usize = 4096;

/// What the header says.
pub(super) struct Header {
    /// Where the chunks after it begin.
    pub end: usize,
    /// Where the MIDI file ends, before what else a wrapper holds.
    pub file_end: usize,
    /// Format 2: the tracks follow one another.
    pub is_sequential: bool,
    /// What a tick is.
    pub timing: Timing,
}

/// What a tick is.
pub(super) enum Timing {
    /// A fraction of a quarter note.
    Metrical { ticks_per_beat: u32 },
    /// A fraction of a second, `numerator / denominator`, both above zero.
    Smpte { seconds_per_tick: (u32, u32) },
}

impl Header {
    pub fn find(bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.is_empty() {
            return Err(ReadError::Empty);
        }
        if bytes.starts_with(b"SMF2CLIP") {
            return Err(ReadError::Clip);
        }
        let Range { start, end: file_end } = unwrap(bytes).ok_or_else(|| ReadError::NotMidi {
            found: format!("\"{}\"", bytes[..bytes.len().min(16)].escape_ascii()),
        })?;
        let bytes = &bytes[..file_end];
        let Some(fields) = bytes.get(start + 8..start + 14) else {
            return Err(ReadError::Header {
                at_byte: bytes.len(),
                what: "the file ends inside it",
            });
        };
        let word = |i: usize| u16::from_be_bytes([fields[i], fields[i + 1]]);
        let timing = timing(word(4))
            .ok_or(ReadError::Header { at_byte: start + 12, what: "no division of time" })?;
        let claimed = be_u32(bytes, start + 4) as usize;
        let end = start.saturating_add(8).saturating_add(claimed.max(6));
        let end = if end <= bytes.len() { end } else { start + 14 };
        Ok(Self { end, file_end, is_sequential: word(0) == 2, timing })
    }
}

/// Where a MIDI file lies in these bytes: all of them, or what a wrapper holds.
fn unwrap(bytes: &[u8]) -> Option<Range<usize>> {
    if bytes.starts_with(b"MThd") {
        return Some(0..bytes.len());
    }
    if let Some(data) = riff_data(bytes) {
        return Some(data);
    }
    // Of a damaged RIFF file the MIDI file may be anywhere, behind pictures and texts.
    let near = if bytes.starts_with(b"RIFF") { bytes.len() } else { WRAPPER_BYTES };
    let start = find(&bytes[..bytes.len().min(near)], b"MThd")?;
    Some(start..bytes.len())
}

/// The `data` chunk of a RIFF file of the form RMID, as long as the chunks' lengths lead to it. A
/// sampled instrument may follow, which is no track.
fn riff_data(bytes: &[u8]) -> Option<Range<usize>> {
    if !(bytes.starts_with(b"RIFF") && bytes.get(8..12)? == b"RMID") {
        return None;
    }
    let mut at = 12;
    loop {
        let [id @ .., a, b, c, d] = bytes.get(at..)?.first_chunk::<8>()?;
        let body = at + 8;
        let end = body.checked_add(u32::from_le_bytes([*a, *b, *c, *d]) as usize)?;
        // Chunks begin at even places.
        let next = end.checked_add(end % 2)?;
        if id == b"data" {
            let is_midi = bytes.get(body..)?.starts_with(b"MThd");
            // A length that ends at a piece of the MIDI file is wrong.
            let is_right = is_chunk_boundary(bytes, next) && !bytes[next..].starts_with(b"MT");
            return is_midi.then_some(body..if is_right { end } else { bytes.len() });
        }
        at = next;
    }
}

/// The division word. SMPTE frame rates are stored negated: -24, -25, -29 (29.97), -30.
fn timing(division: u16) -> Option<Timing> {
    if division & 0x8000 == 0 {
        return (division > 0).then_some(Timing::Metrical { ticks_per_beat: division.into() });
    }
    let [frames, ticks_per_frame] = division.to_be_bytes();
    let ticks = u32::from(ticks_per_frame);
    let seconds_per_tick = match frames.wrapping_neg() {
        29 => (1001, 30_000 * ticks),
        frames @ (24 | 25 | 30) => (1, u32::from(frames) * ticks),
        _ => return None,
    };
    (ticks > 0).then_some(Timing::Smpte { seconds_per_tick })
}

/// Walks the track chunks.
pub(super) struct Tracks<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the current track's chunk ends if its length is to be believed.
    claimed_end: Option<usize>,
}

impl<'a> Tracks<'a> {
    pub fn after(header: &Header, bytes: &'a [u8]) -> Self {
        Self { bytes, at: header.end, claimed_end: None }
    }

    /// The bytes of the next track.
    pub fn next_body(&mut self, damage: &mut DamageList) -> Option<Range<usize>> {
        loop {
            let id = self.bytes.get(self.at..self.at + 8)?;
            let body = self.at + 8;
            let claim = body.checked_add(be_u32(self.bytes, self.at + 4) as usize);
            let claimed_end = claim.filter(|&end| is_chunk_boundary(self.bytes, end));
            if id.starts_with(b"MTrk") {
                if claimed_end.is_none() {
                    damage.push(self.at + 4, "wrong track length; read to the track's own end");
                }
                self.claimed_end = claimed_end;
                return Some(body..claimed_end.unwrap_or(self.bytes.len()));
            }
            self.at = match claimed_end {
                Some(end) => end,
                None => {
                    damage
                        .push(self.at, "no chunk where one should be; searched for the next track");
                    self.at + 1 + find(&self.bytes[self.at + 1..], b"MTrk")?
                }
            };
        }
    }

    /// Goes on behind the current track, whose events ended at `consumed`.
    pub fn resume_after(&mut self, consumed: usize) {
        self.at = match self.claimed_end {
            Some(end) => end,
            None => match find(&self.bytes[consumed..], b"MTrk") {
                Some(offset) => consumed + offset,
                None => self.bytes.len(),
            },
        };
    }
}

/// Whether a chunk can end here: the file ends too, or a chunk's name of four letters follows, or a
/// few stray bytes do.
fn is_chunk_boundary(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at..) {
        None => false,
        Some(rest) if rest.len() < 8 => true,
        Some(rest) => rest[..4].iter().all(u8::is_ascii_alphanumeric),
    }
}

fn find(bytes: &[u8], what: &[u8; 4]) -> Option<usize> {
    bytes.windows(4).position(|window| window == what)
}

/// Four bytes at `at`, which the caller has seen to be there.
fn be_u32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| b.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
}

//! What came out of the plugin in Ardour, as notes, and cut into passes, the stretches of song
//! that were played without a jump.
use std::collections::BTreeMap;

use anyhow::{bail, ensure};

use crate::daw_test::transcript::{Event, Part, Transcript};

/// A note as it was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// MIDI key.
    pub key: u8,
    /// Song position of its on in samples.
    pub start: i64,
    /// Samples to its off.
    pub length: i64,
}

/// A stretch of song that was played without a jump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Song position of its first sample.
    pub from: i64,
    /// Song position after its last sample.
    pub to: i64,
    /// Its notes in the order in which they began.
    pub notes: Vec<Note>,
}

/// Ardour tells the position in whole ticks, so that a plugin wraps up to half a tick before the
/// loop's last sample. Rounds begin and end this many samples early.
const EARLY: i64 = 24;

/// The velocity of the offs that Ardour sends when it stops or jumps, for whatever it believes to
/// sound. They do not count: the plugin's own must be there, and have velocity 0.
const ARDOURS_OWN: u8 = 64;

/// The passes of a transcript in the order in which they were played.
///
/// # Errors
/// If the stream of notes breaks a rule of MIDI: an off for each on, no key struck while it
/// sounds, nothing but notes, no note while the song stands, channels 1 to 5.
pub fn passes(transcript: &Transcript) -> anyhow::Result<Vec<Pass>> {
    let cycle = transcript.cycle.map(|(from, to)| (from - EARLY, to - EARLY));
    let mut reel = Reel::default();
    reel.wind(&transcript.parts, &transcript.events, cycle)?;
    Ok(reel.passes)
}

/// A stretch of a part without a jump in it.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// First sample of the part.
    at: i64,
    /// Sample of the part after the last.
    until: i64,
    /// Song position of its first sample, while the plugin plays.
    position: Option<i64>,
}

/// A part is one piece, or two when a loop ends in it.
fn pieces(part: &Part, cycle: Option<(i64, i64)>) -> Vec<Piece> {
    let whole = Piece { at: 0, until: part.frames, position: part.position };
    let (Some(position), Some((from, to))) = (part.position, cycle) else { return vec![whole] };
    // The plugin is told where it is in the loop, although it runs ahead of the playhead.
    let position = if position < to { position } else { from + (position - from) % (to - from) };
    let wrap = to - position;
    if wrap >= part.frames {
        return vec![Piece { position: Some(position), ..whole }];
    }
    vec![
        Piece { at: 0, until: wrap, position: Some(position) },
        Piece { at: wrap, until: part.frames, position: Some(from) },
    ]
}

/// What is known while parts and events go by.
#[derive(Debug, Default)]
struct Reel {
    passes: Vec<Pass>,
    /// Where the last piece ended in the song, if it played.
    expected: Option<i64>,
    /// For each sounding channel and key its note, as an index of pass and note, and the clock.
    sounding: BTreeMap<(u8, u8), (usize, usize, i64)>,
}

impl Reel {
    fn wind(
        &mut self,
        parts: &[Part],
        events: &[Event],
        cycle: Option<(i64, i64)>,
    ) -> anyhow::Result<()> {
        let mut events = events.iter().peekable();
        for (index, part) in parts.iter().enumerate() {
            let mut last = 0;
            for piece in pieces(part, cycle) {
                self.enter(piece);
                while let Some(event) = events.next_if(|e| e.part == index && e.at < piece.until) {
                    ensure!(event.at >= last, "events out of order: {event:?}");
                    last = event.at;
                    self.hear(piece, part.clock, event)?;
                }
            }
        }
        if let Some(event) = events.next() {
            bail!("an event outside its block: {event:?}");
        }
        if let Some(((channel, key), (_, _, clock))) = self.sounding.first_key_value() {
            bail!("channel {} key {key}, struck at sample {clock}, never ends", channel + 1);
        }
        Ok(())
    }

    /// Goes on with the pass, or begins one.
    fn enter(&mut self, piece: Piece) {
        if let Some(position) = piece.position {
            // A loop's wrap is a jump even where its length is that of a part.
            if self.expected != Some(position) || piece.at > 0 {
                self.passes.push(Pass { from: position, to: position, notes: Vec::new() });
            }
            if let Some(pass) = self.passes.last_mut() {
                pass.to += piece.until - piece.at;
            }
        }
        self.expected = piece.position.map(|position| position + piece.until - piece.at);
    }

    fn hear(&mut self, piece: Piece, clock: i64, event: &Event) -> anyhow::Result<()> {
        let &Event { at, status, key, velocity, .. } = event;
        let (kind, channel, clock) = (status & 0xf0, status & 0x0f, clock + at);
        let place = format!("channel {} key {key} at sample {clock}", channel + 1);
        ensure!(channel < 5, "{place}: only channels 1 to 5 are the band's");
        if kind == 0x80 || (kind == 0x90 && velocity == 0) {
            if velocity == ARDOURS_OWN {
                return Ok(());
            }
            let Some((pass, note, since)) = self.sounding.remove(&(channel, key)) else {
                bail!("{place}: an off for what does not sound");
            };
            self.passes[pass].notes[note].length = clock - since;
            return Ok(());
        }
        ensure!(kind == 0x90, "{place}: status {status:#x} is no note");
        let (Some(position), Some(pass)) = (piece.position, self.passes.len().checked_sub(1))
        else {
            bail!("{place}: a note while the song stands");
        };
        let notes = &mut self.passes[pass].notes;
        notes.push(Note { channel, key, start: position + at - piece.at, length: 0 });
        let before = self.sounding.insert((channel, key), (pass, notes.len() - 1, clock));
        ensure!(before.is_none(), "{place}: struck while it sounds");
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Rolls from the start: one part standing, two of the way up, then the playhead moves.
    const ROLL: &str = "rate 48000\nlatency 272 1024\npart 0 0 1024 0\npart 1024 0 752 0\n\
                        part 1776 0 272 0\npart 2048 0 1024 1\n";

    fn heard(lines: &str) -> anyhow::Result<Vec<Pass>> {
        passes(&Transcript::read(&format!("{ROLL}{lines}end\n"))?)
    }

    #[test]
    fn a_note_lies_where_the_plugin_was_told_to_be() {
        let passes =
            heard("event 28 144 36 98\npart 3072 1024 1024 1\nevent 5 128 36 0\n").unwrap();
        let note = Note { channel: 0, key: 36, start: 300, length: 1001 };
        assert_eq!(passes, [Pass { from: -752, to: 2320, notes: vec![note] }]);
    }

    #[test]
    fn a_locate_and_a_loop_that_ends_inside_a_part_begin_new_passes() {
        let jump = heard("part 3072 9000 1024 1\n").unwrap();
        let pass = |from, to| Pass { from, to, notes: Vec::new() };
        assert_eq!(jump, [pass(-752, 1296), pass(9272, 10_296)]);
        let wrap = heard("loop 400 1000\n").unwrap();
        assert_eq!(wrap, [pass(-752, 976), pass(376, 696)]);
    }

    #[test]
    fn a_stream_that_breaks_a_rule_is_told() {
        for (lines, told) in [
            ("event 0 144 36 98\n", "never ends"),
            ("event 0 144 36 98\nevent 9 128 36 64\n", "never ends"),
            ("event 0 128 36 0\n", "an off for what does not sound"),
            ("event 0 144 36 98\nevent 1 144 36 98\n", "struck while it sounds"),
            ("event 9 144 36 98\nevent 1 128 36 0\n", "out of order"),
            ("event 0 149 36 98\n", "only channels 1 to 5"),
            ("event 0 176 123 0\n", "is no note"),
            ("part 3072 0 1024 0\nevent 0 144 36 98\n", "while the song stands"),
        ] {
            let error = heard(lines).unwrap_err().to_string();
            assert!(error.contains(told), "{lines}: {error}");
        }
        assert!(Transcript::read(ROLL).unwrap_err().to_string().contains("not complete"));
    }
}

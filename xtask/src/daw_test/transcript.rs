//! The file that `tests/daw/desk.lua` writes at the end of a scenario, line by line.
//!
//! Ardour's plugins run ahead of its playhead by the latency of the outputs, and before the
//! playhead moves at all they are rolled up to it. Both are undone here: positions are those that
//! the plugin was told.
use anyhow::{Context, bail, ensure};

use crate::daw_test::tape::Note;

/// A stretch of one process cycle.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    /// Samples processed before it.
    pub clock: i64,
    /// Where the playhead stands in the song.
    pub playhead: i64,
    /// Its length.
    pub frames: i64,
    /// Song position that the plugin was told, while it plays.
    pub position: Option<i64>,
}

/// Three bytes of MIDI that came out of the plugin.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Index of the part in which it came.
    pub part: usize,
    /// Sample of the part.
    pub at: i64,
    /// MIDI status byte.
    pub status: u8,
    /// First data byte.
    pub key: u8,
    /// Second data byte.
    pub velocity: u8,
}

/// What a scenario wrote.
#[derive(Debug, Default)]
pub struct Transcript {
    /// Samples per second.
    pub rate: i64,
    /// Samples by which plugins run ahead of the playhead.
    pub latency: i64,
    /// Samples of rolling before the playhead moves.
    preroll: i64,
    /// First and last sample of the loop, if there is one.
    pub cycle: Option<(i64, i64)>,
    /// All process cycles, one after the other.
    pub parts: Vec<Part>,
    /// All events in the order in which they came.
    pub events: Vec<Event>,
    /// What the second track recorded; positions and lengths in Ardour's ticks.
    pub recorded: Vec<Note>,
}

impl Transcript {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// If it is cut off or makes no sense.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let mut transcript = Self::default();
        let mut ended = false;
        for line in text.lines() {
            let enter = transcript.enter(line);
            ended |= enter.with_context(|| format!("the transcript says \"{line}\""))?;
        }
        ensure!(ended && transcript.rate > 0, "the transcript is not complete");
        transcript.roll_up();
        Ok(transcript)
    }

    /// Takes a line and says whether it is the last.
    fn enter(&mut self, line: &str) -> anyhow::Result<bool> {
        let mut words = line.split(' ');
        let what = words.next().unwrap_or_default();
        // Lua writes whole numbers also as 8.0.
        let numbers = words.map(|word| Ok(word.parse::<f64>()? as i64));
        match (what, &numbers.collect::<anyhow::Result<Vec<_>>>()?[..]) {
            ("rate", &[rate]) => self.rate = rate,
            ("latency", &[latency, preroll]) => (self.latency, self.preroll) = (latency, preroll),
            ("loop", &[from, to]) if from < to => self.cycle = Some((from, to)),
            ("part", &[clock, playhead, frames, rolls]) => {
                let position = (rolls != 0).then_some(playhead + self.latency);
                self.parts.push(Part { clock, playhead, frames, position });
            }
            ("event", &[at, status, key, velocity]) => {
                let part = self.parts.len().checked_sub(1).context("an event before any part")?;
                let [status, key, velocity] = [status, key, velocity].map(|byte| byte as u8);
                self.events.push(Event { part, at, status, key, velocity });
            }
            ("note", &[channel, key, _, start, length]) => {
                let (channel, key) = (channel as u8, key as u8);
                self.recorded.push(Note { channel, key, start, length });
            }
            ("end", []) => return Ok(true),
            _ => bail!("which makes no sense"),
        }
        Ok(false)
    }

    /// Gives positions to the parts in which plugins roll up to the standing playhead.
    fn roll_up(&mut self) {
        let parts = &mut self.parts;
        for first in 1..parts.len() {
            let Some(mut position) = parts[first].position else { continue };
            if parts[first - 1].position.is_some() {
                continue;
            }
            let mut left = self.preroll;
            let playhead = parts[first].playhead;
            for part in parts[..first].iter_mut().rev() {
                if left <= 0 || part.playhead != playhead {
                    break;
                }
                position -= part.frames;
                left -= part.frames;
                part.position = Some(position);
            }
        }
    }
}

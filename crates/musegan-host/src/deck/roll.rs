//! The deck's audio thread: lays out block after block and enters what comes back.
//!
//! What is true of the song (its course and its score) is kept apart from what the plugin is
//! told of it, which may lag behind, be incomplete or be nonsense.
use super::course::Course;
use super::pace::Clock;
use super::score::Score;
use super::{Announce, LoopEnd, Setup};
use crate::block::{Block, Emitted, NoteEvent, ParameterChange, Transport, TransportEvent};
use crate::error::HostError;
use crate::host::Processor;
use crate::ledger::{Ledger, Segment, Span};

/// Turns what is true into what the plugin is told.
pub(super) type Retelling = Box<dyn FnMut(Transport) -> Option<Transport> + Send>;

pub(super) struct Roll {
    pub setup: Setup,
    pub course: Course,
    pub score: Score,
    pub cycle: Option<(f64, f64, LoopEnd)>,
    pub announce: Announce,
    pub retelling: Retelling,
    pub queue_limit: Option<usize>,
    pub clock: Option<Clock>,
    pub ledger: Ledger,
    pub at_sample: u64,
    /// For samples from the next block's first on, sorted by sample.
    pub changes: Vec<ParameterChange>,
    pub notes: Vec<NoteEvent>,
    next_block: usize,
    /// What is left of a callback whose first part ended with the loop.
    callback_left: u64,
    /// The song has passed the loop's end, and the plugin has not been told yet.
    late: bool,
    emitted: Emitted,
    segments: Vec<Segment>,
    transports: Vec<TransportEvent>,
}

impl Roll {
    pub fn new(setup: Setup, tempo: f64) -> Self {
        Self {
            course: Course::new(setup.sample_rate, tempo),
            setup,
            score: Score::new(tempo),
            cycle: None,
            announce: Announce::Split,
            retelling: Box::new(Some),
            queue_limit: None,
            clock: None,
            ledger: Ledger::new(),
            at_sample: 0,
            changes: Vec::new(),
            notes: Vec::new(),
            next_block: 0,
            callback_left: 0,
            late: false,
            emitted: Emitted::default(),
            segments: Vec::new(),
            transports: Vec::new(),
        }
    }

    pub fn seek(&mut self, beats: f64) {
        self.late = false;
        self.callback_left = 0;
        self.course.seek(beats);
        self.follow_score();
    }

    pub fn set_up(&mut self, setup: Setup) {
        self.course.set_sample_rate(setup.sample_rate);
        self.setup = setup;
        self.next_block = 0;
        self.callback_left = 0;
    }

    /// Rolls for one block of at most this many samples and says how many it were.
    pub fn play_block(&mut self, plugin: &mut dyn Processor, most: u64) -> Result<u64, HostError> {
        let whole = match std::mem::take(&mut self.callback_left) {
            0 => self.next_length(),
            left => left,
        };
        let (to_loop, to_change) = (self.samples_to_loop_end(), self.samples_to_change());
        let mut frames = whole.min(most);
        if self.announce == Announce::Split {
            frames = frames.min(to_change);
        }
        match self.cycle {
            Some((_, _, LoopEnd::Cut | LoopEnd::Late)) => frames = frames.min(to_loop),
            Some((_, _, LoopEnd::Twice)) if to_loop < frames => {
                self.callback_left = whole - to_loop;
                frames = to_loop;
            }
            _ => {}
        }
        self.process(plugin, frames as u32, true)?;
        Ok(frames)
    }

    /// One block in which the song stands, or more if the first are empty.
    pub fn stand(&mut self, plugin: &mut dyn Processor) -> Result<(), HostError> {
        if self.late {
            self.wrap();
        }
        self.callback_left = 0;
        loop {
            let frames = self.next_length();
            self.process(plugin, frames as u32, false)?;
            if frames > 0 {
                return Ok(());
            }
        }
    }

    fn next_length(&mut self) -> u64 {
        let length = self.setup.blocks[self.next_block % self.setup.blocks.len()];
        self.next_block += 1;
        u64::from(length)
    }

    fn samples_to_loop_end(&self) -> u64 {
        if self.late {
            return u64::MAX;
        }
        self.cycle.and_then(|(_, end, _)| self.course.samples_until(end)).unwrap_or(u64::MAX)
    }

    fn samples_to_change(&self) -> u64 {
        let change = self.score.next_change(self.course.position());
        change.and_then(|beats| self.course.samples_until(beats)).unwrap_or(u64::MAX)
    }

    fn process(
        &mut self,
        plugin: &mut dyn Processor,
        frames: u32,
        playing: bool,
    ) -> Result<(), HostError> {
        if let Some(clock) = &mut self.clock {
            clock.wait(f64::from(frames) / self.setup.sample_rate);
        }
        let overdue = self.late && frames > 0;
        let transport = self.tell(playing);
        self.lay_out(u64::from(frames), playing);
        // An empty block is how hosts hand over parameters alone.
        let changes = split(&mut self.changes, frames.max(1), frames, |change| &mut change.at);
        let notes = split(&mut self.notes, frames, frames, |note| &mut note.at);
        let block = Block {
            frames,
            transport,
            transports: &self.transports,
            changes: &changes,
            notes: &notes,
            queue_limit: self.queue_limit,
        };
        plugin.process(&block, &mut self.emitted)?;
        let span = Span { at_sample: self.at_sample, frames, segments: &self.segments };
        self.ledger.enter(span, &self.emitted);
        self.at_sample += u64::from(frames);
        if overdue {
            self.wrap();
        }
        Ok(())
    }

    /// Moves the song through the block, and notes down in which segments it went and what the
    /// plugin is to be told inside the block.
    fn lay_out(&mut self, frames: u64, playing: bool) {
        self.segments.clear();
        self.transports.clear();
        let mut at = 0;
        loop {
            self.segments.push(Segment {
                at: at as u32,
                at_beats: self.course.position(),
                beats_per_sample: if playing { self.course.beats_per_sample() } else { 0.0 },
                loop_beats: self.told_loop(),
            });
            if !playing || at >= frames {
                return;
            }
            let (to_loop, to_change) = (self.samples_to_loop_end(), self.samples_to_change());
            let samples = (frames - at).min(to_loop).min(to_change);
            self.course.advance(samples);
            at += samples;
            if samples == to_loop {
                match self.cycle {
                    Some((_, _, LoopEnd::Late)) => self.late = true,
                    _ => self.wrap(),
                }
            }
            let told = self.course.tempo();
            self.follow_score();
            if at >= frames {
                return;
            }
            let news = samples == to_change || told != self.course.tempo();
            if news && self.announce == Announce::Event {
                let event = |transport| TransportEvent { at: at as u32, transport };
                let event = self.tell(true).map(event);
                self.transports.extend(event);
            }
        }
    }

    /// Sets the song back from the loop's end, or from behind it.
    fn wrap(&mut self) {
        self.late = false;
        let Some((start, end, _)) = self.cycle else { return };
        let past_end = (self.course.position() - end).max(0.0);
        self.course.seek(start + past_end.rem_euclid(end - start));
        self.follow_score();
    }

    pub fn follow_score(&mut self) {
        let written = self.score.tempo_at(self.course.position());
        if let Some(tempo) = written.filter(|&tempo| tempo != self.course.tempo()) {
            self.course.set_tempo(tempo);
        }
    }

    fn told_loop(&self) -> Option<(f64, f64)> {
        match self.cycle {
            Some((start, end, manner)) if manner != LoopEnd::Cut => Some((start, end)),
            _ => None,
        }
    }

    /// What the plugin is told of the song's present position.
    fn tell(&mut self, playing: bool) -> Option<Transport> {
        let position = self.course.position();
        let bar = self.score.bar_at(position);
        let truth = Transport {
            playing,
            position_beats: Some(position),
            position_seconds: Some(self.course.seconds()),
            tempo: Some(self.course.tempo()),
            meter: Some(bar.meter),
            bar_start_beats: Some(bar.start_beats),
            bar_number: Some(bar.number),
            loop_beats: self.told_loop(),
        };
        (self.retelling)(truth)
    }
}

/// Takes what lies before a sample out of a list; the rest is then counted from `frames` on.
fn split<T: Copy>(
    list: &mut Vec<T>,
    before: u32,
    frames: u32,
    sample: fn(&mut T) -> &mut u32,
) -> Vec<T> {
    list.sort_by_key(|item| *sample(&mut { *item }));
    let due = list.partition_point(|item| *sample(&mut { *item }) < before);
    let rest = list.split_off(due);
    let due = std::mem::replace(list, rest);
    for item in list {
        *sample(item) -= frames;
    }
    due
}

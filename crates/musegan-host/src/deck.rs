//! A song transport with a plugin on it: what a DAW's play, stop and seek do, without the DAW.
//!
//! The song position of a block is always `anchor + samples since the anchor`, never a running
//! sum, so rolling for a day does not drift. A seek, a tempo or a stop sets a new anchor.
use crate::error::HostError;
use crate::host::{Block, Emitted, Host, NoteEvent, ParameterChange, Transport};
use crate::ledger::{Ledger, Recording, Span};

/// How near to a sample, in samples, a position counts as on it: positions are sums of rounded
/// numbers.
const ON_A_SAMPLE: f64 = 1e-6;

/// How a plugin is activated.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// Samples per second.
    pub sample_rate: f64,
    /// Lengths of the blocks, used in turn; at least one, none of them 0.
    pub blocks: Vec<u32>,
    /// Whether this is an export, in which the plugin may take its time.
    pub offline: bool,
}

impl Setup {
    /// An export in blocks of one length.
    #[must_use]
    pub fn offline(sample_rate: f64, block: u32) -> Self {
        Self { sample_rate, blocks: vec![block], offline: true }
    }

    /// Live playing in blocks of one length.
    #[must_use]
    pub fn live(sample_rate: f64, block: u32) -> Self {
        Self { sample_rate, blocks: vec![block], offline: false }
    }
}

/// What a host does with the block in which the loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopEnd {
    /// It cuts the block there and says nothing of a loop; the position jumps between two blocks.
    Cut,
    /// It tells the loop and lets the block run across; the plugin has to wrap inside it. CLAP
    /// only.
    Cross,
}

/// A plugin, a transport and a ledger.
pub struct Deck {
    host: Box<dyn Host>,
    setup: Setup,
    ledger: Ledger,
    emitted: Emitted,
    changes: Vec<ParameterChange>,
    notes: Vec<NoteEvent>,
    next_block: usize,
    at_sample: u64,
    tempo: f64,
    meter: (u16, u16),
    cycle: Option<(f64, f64, LoopEnd)>,
    anchor_beats: f64,
    since_anchor: u64,
}

impl Deck {
    /// Activates the plugin at 120 BPM in 4/4, standing at the song's start.
    ///
    /// # Errors
    /// If the plugin refuses to be activated or there are no block lengths.
    pub fn new(mut host: Box<dyn Host>, setup: Setup) -> Result<Self, HostError> {
        let longest = match setup.blocks.iter().max() {
            Some(&longest) if !setup.blocks.contains(&0) => longest,
            _ => return Err(HostError::Misuse("blocks need a length".into())),
        };
        host.activate(setup.sample_rate, longest, setup.offline)?;
        Ok(Self {
            host,
            setup,
            ledger: Ledger::new(),
            emitted: Emitted::default(),
            changes: Vec::new(),
            notes: Vec::new(),
            next_block: 0,
            at_sample: 0,
            tempo: 120.0,
            meter: (4, 4),
            cycle: None,
            anchor_beats: 0.0,
            since_anchor: 0,
        })
    }

    /// The plugin, for parameters and state.
    pub fn host(&mut self) -> &mut dyn Host {
        self.host.as_mut()
    }

    /// What has come out so far.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Song position in quarter notes.
    #[must_use]
    pub fn position_beats(&self) -> f64 {
        self.anchor_beats + self.since_anchor as f64 * self.beats_per_sample()
    }

    /// Samples processed since activation.
    #[must_use]
    pub fn at_sample(&self) -> u64 {
        self.at_sample
    }

    /// Jumps to a song position, playing or not.
    pub fn seek(&mut self, beats: f64) {
        self.anchor_beats = beats;
        self.since_anchor = 0;
    }

    /// Changes the tempo from here on.
    pub fn set_tempo(&mut self, tempo: f64) {
        self.seek(self.position_beats());
        self.tempo = tempo;
    }

    /// Changes the time signature.
    pub fn set_meter(&mut self, numerator: u16, denominator: u16) {
        self.meter = (numerator, denominator);
    }

    /// Loops from start to end, in quarter notes.
    pub fn set_loop(&mut self, start: f64, end: f64, manner: LoopEnd) {
        self.cycle = (start < end).then_some((start, end, manner));
    }

    /// Changes a parameter at the first sample of the next block. Normalised value.
    pub fn change(&mut self, id: u32, value: f64) {
        self.changes.push(ParameterChange { at: 0, id, value });
    }

    /// Plays a note into the plugin with the next block; its sample must lie inside that block.
    pub fn play_note(&mut self, note: NoteEvent) {
        self.notes.push(note);
    }

    /// Rolls for this many quarter notes at the present tempo, rounded to whole samples.
    ///
    /// # Errors
    /// If the plugin fails.
    pub fn play_beats(&mut self, beats: f64) -> Result<(), HostError> {
        self.play_samples((beats / self.beats_per_sample()).round() as u64)
    }

    /// Rolls for this many samples.
    ///
    /// # Errors
    /// If the plugin fails.
    pub fn play_samples(&mut self, samples: u64) -> Result<(), HostError> {
        let mut left = samples;
        while left > 0 {
            let frames = self.next_length().min(left).min(self.samples_to_cut());
            self.process(frames as u32, true)?;
            left -= frames;
            self.since_anchor += frames;
            self.wrap(frames);
        }
        Ok(())
    }

    /// Stops the song and processes one block in which it stands.
    ///
    /// # Errors
    /// If the plugin fails.
    pub fn stop(&mut self) -> Result<(), HostError> {
        self.seek(self.position_beats());
        let frames = self.next_length();
        self.process(frames as u32, false)
    }

    /// Deactivates the plugin and activates it again, perhaps otherwise. The ledger goes on: a
    /// plugin cannot send anything while inactive, so what sounds must be ended afterwards.
    ///
    /// # Errors
    /// If the plugin refuses to be activated.
    pub fn reactivate(&mut self, setup: Setup) -> Result<(), HostError> {
        let longest = setup.blocks.iter().copied().max().unwrap_or(0);
        self.seek(self.position_beats());
        self.host.activate(setup.sample_rate, longest, setup.offline)?;
        self.setup = setup;
        self.next_block = 0;
        Ok(())
    }

    /// Ends the session and gives what was recorded, faults included.
    #[must_use]
    pub fn finish(mut self) -> Recording {
        self.host.deactivate();
        self.ledger.close()
    }

    fn beats_per_sample(&self) -> f64 {
        self.tempo / 60.0 / self.setup.sample_rate
    }

    fn next_length(&mut self) -> u64 {
        let length = self.setup.blocks[self.next_block % self.setup.blocks.len()];
        self.next_block += 1;
        u64::from(length)
    }

    /// Samples before the loop's end where blocks are cut there, at least one.
    fn samples_to_cut(&self) -> u64 {
        match self.cycle {
            Some((_, end, LoopEnd::Cut)) if self.position_beats() < end => {
                let samples = (end - self.position_beats()) / self.beats_per_sample();
                ((samples - ON_A_SAMPLE).ceil() as u64).max(1)
            }
            _ => u64::MAX,
        }
    }

    /// Sets the song back when the block just played reached or crossed the loop's end.
    fn wrap(&mut self, frames: u64) {
        let Some((start, end, _)) = self.cycle else { return };
        let slack = ON_A_SAMPLE * self.beats_per_sample();
        let past_end = self.position_beats() - end;
        let began_inside = past_end - (frames as f64) * self.beats_per_sample() < -slack;
        if past_end >= -slack && began_inside {
            self.seek(start + past_end.max(0.0).rem_euclid(end - start));
        }
    }

    fn process(&mut self, frames: u32, playing: bool) -> Result<(), HostError> {
        let at_beats = self.position_beats();
        let loop_beats = match self.cycle {
            Some((start, end, LoopEnd::Cross)) => Some((start, end)),
            _ => None,
        };
        let block = Block {
            frames,
            transport: Some(Transport {
                playing,
                position_beats: at_beats,
                tempo: Some(self.tempo),
                meter: Some(self.meter),
                bar_start_beats: None,
                loop_beats,
            }),
            changes: &self.changes,
            notes: &self.notes,
        };
        self.host.process(&block, &mut self.emitted)?;
        self.changes.clear();
        self.notes.clear();
        let beats_per_sample = if playing { self.beats_per_sample() } else { 0.0 };
        let span =
            Span { at_sample: self.at_sample, frames, at_beats, beats_per_sample, loop_beats };
        self.ledger.enter(span, &self.emitted.notes);
        self.ledger.enter_others(self.emitted.others);
        self.at_sample += u64::from(frames);
        Ok(())
    }
}

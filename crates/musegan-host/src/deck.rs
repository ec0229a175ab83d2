//! A song transport with a plugin on it: what a DAW's play, stop and seek do, without the DAW.
//!
//! The song position of a block is always `anchor + samples since the anchor`, never a running
//! sum, so rolling for a day does not drift. A seek, a tempo or a stop sets a new anchor.
use crate::error::HostError;
use crate::host::{Block, Emitted, Host, NoteEvent, ParameterChange, Transport};
use crate::ledger::{Ledger, Recording, Span};

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
    loop_beats: Option<(f64, f64)>,
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
            loop_beats: None,
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

    /// Loops from start to end in quarter notes, or no longer. Blocks are cut at the loop's end.
    pub fn set_loop(&mut self, range: Option<(f64, f64)>) {
        self.loop_beats = range;
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
            let frames = self.next_length().min(left).min(self.samples_to_loop_end());
            self.process(frames as u32, true)?;
            left -= frames;
            self.since_anchor += frames;
            self.wrap();
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

    /// Samples that lie before the loop's end, at least one; unbounded outside the loop.
    fn samples_to_loop_end(&self) -> u64 {
        match self.loop_beats {
            Some((_, end)) if self.position_beats() < end => {
                let samples = (end - self.position_beats()) / self.beats_per_sample();
                // A sample that falls on the end up to rounding belongs to the loop's start.
                ((samples - 1e-6).ceil() as u64).max(1)
            }
            _ => u64::MAX,
        }
    }

    fn wrap(&mut self) {
        if let Some((start, end)) = self.loop_beats {
            let overshoot = self.position_beats() - end;
            let one_block = f64::from(u32::MAX) * self.beats_per_sample();
            if (-1e-6 * self.beats_per_sample()..one_block).contains(&overshoot) && start < end {
                self.seek(start + overshoot.max(0.0));
            }
        }
    }

    fn process(&mut self, frames: u32, playing: bool) -> Result<(), HostError> {
        let at_beats = self.position_beats();
        let block = Block {
            frames,
            transport: Some(Transport {
                playing,
                position_beats: at_beats,
                tempo: Some(self.tempo),
                meter: Some(self.meter),
                bar_start_beats: None,
                loop_beats: None,
            }),
            changes: &self.changes,
            notes: &self.notes,
        };
        self.host.process(&block, &mut self.emitted)?;
        self.changes.clear();
        self.notes.clear();
        let beats_per_sample = if playing { self.beats_per_sample() } else { 0.0 };
        let span = Span { at_sample: self.at_sample, frames, at_beats, beats_per_sample };
        self.ledger.enter(span, &self.emitted.notes);
        self.ledger.enter_others(self.emitted.others);
        self.at_sample += u64::from(frames);
        Ok(())
    }
}

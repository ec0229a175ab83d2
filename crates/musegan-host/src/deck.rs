//! A song transport with a plugin on it: what a DAW's play, stop and seek do, without the DAW.
//!
//! By default the deck is the best of hosts: it tells everything, in time, and cuts its blocks
//! where something changes. It can be made as careless as any other: [`Deck::announce`],
//! [`LoopEnd`], [`Deck::retell`], [`Deck::pace`], [`Deck::queue_limit`].
use std::sync::atomic::{AtomicBool, Ordering};

use crate::block::{NoteEvent, ParameterChange, Transport};
use crate::error::HostError;
use crate::host::{Controller, Host};
use crate::ledger::Ledger;
use crate::recording::Recording;
use pace::Clock;
pub use pace::Pace;
use roll::Roll;
pub use setup::{Announce, LoopEnd, Setup};

mod course;
mod pace;
mod roll;
mod score;
mod setup;

/// A plugin, a transport and a ledger.
pub struct Deck {
    host: Box<dyn Host>,
    roll: Roll,
}

impl Deck {
    /// Activates the plugin at 120 BPM in 4/4, standing at the song's start.
    ///
    /// # Errors
    /// If the plugin refuses to be activated or there are no block lengths.
    pub fn new(mut host: Box<dyn Host>, setup: Setup) -> Result<Self, HostError> {
        host.activate(setup.sample_rate, setup.longest()?, setup.offline)?;
        Ok(Self { host, roll: Roll::new(setup, 120.0) })
    }

    /// The plugin, for parameters and state.
    pub fn host(&mut self) -> &mut dyn Host {
        self.host.as_mut()
    }

    /// What has come out so far.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.roll.ledger
    }

    /// As [`Ledger::take`].
    pub fn take_recording(&mut self) -> Recording {
        self.roll.ledger.take()
    }

    /// Song position in quarter notes.
    #[must_use]
    pub fn position_beats(&self) -> f64 {
        self.roll.course.position()
    }

    /// Samples processed since activation.
    #[must_use]
    pub fn at_sample(&self) -> u64 {
        self.roll.at_sample
    }

    /// Jumps to a song position, playing or not.
    pub fn seek(&mut self, beats: f64) {
        self.roll.seek(beats);
    }

    /// Changes the tempo from now on, wherever in the song. Quarter notes per minute, above 0.
    pub fn set_tempo(&mut self, tempo: f64) {
        self.roll.score.set_tempo(tempo);
        self.roll.course.set_tempo(tempo);
    }

    /// Slides to a tempo, evenly in time: each block has the tempo of its first sample, and its
    /// position is the exact integral. Holds wherever in the song.
    pub fn slide_tempo(&mut self, to: f64, seconds: f64) {
        self.roll.score.set_tempo(to);
        self.roll.course.slide_tempo(to, seconds);
    }

    /// Writes a tempo into the song, from a position up to the next tempo written.
    pub fn write_tempo(&mut self, beats: f64, tempo: f64) {
        self.roll.score.add_tempo(beats, tempo);
        self.roll.follow_score();
    }

    /// Changes the time signature from the song's present position on. A bar begins there; what
    /// lies before keeps its bars.
    pub fn set_meter(&mut self, numerator: u16, denominator: u16) {
        let meter = (numerator.into(), denominator.into());
        self.roll.score.set_meter(self.position_beats(), meter);
    }

    /// Writes a time signature into the song, from a position up to the next one written. A bar
    /// begins there.
    pub fn write_meter(&mut self, beats: f64, numerator: u16, denominator: u16) {
        self.roll.score.add_meter(beats, (numerator.into(), denominator.into()));
    }

    /// How changes that are written into the song are announced; [`Announce::Split`] at first.
    pub fn announce(&mut self, announce: Announce) {
        self.roll.announce = announce;
    }

    /// Loops from start to end, in quarter notes; no longer if they are reversed.
    pub fn set_loop(&mut self, start: f64, end: f64, manner: LoopEnd) {
        self.roll.cycle = (start < end).then_some((start, end, manner));
    }

    /// From now on the plugin is told what this makes of the truth: values left out, wrong or not
    /// finite, or no transport at all. `retell(Some)` is the truth again.
    ///
    /// The ledger keeps to the truth.
    pub fn retell(
        &mut self,
        retelling: impl FnMut(Transport) -> Option<Transport> + Send + 'static,
    ) {
        self.roll.retelling = Box::new(retelling);
    }

    /// Takes no more than this many events from the plugin in a block.
    pub fn queue_limit(&mut self, limit: Option<usize>) {
        self.roll.queue_limit = limit;
    }

    /// Processes no faster than this from now on; `None` is as fast as the machine can, which is
    /// how a deck begins.
    pub fn pace(&mut self, pace: Option<Pace>) {
        self.roll.clock = pace.map(Clock::new);
    }

    /// Changes a parameter at the first sample of the next block. Normalised value.
    pub fn change(&mut self, id: u32, value: f64) {
        self.change_at(id, value, 0);
    }

    /// Changes a parameter so many samples after the next block's first. Normalised value.
    pub fn change_at(&mut self, id: u32, value: f64, at: u32) {
        self.roll.changes.push(ParameterChange { at, id, value });
    }

    /// Plays a note into the plugin; its sample is counted from the next block's first.
    pub fn play_note(&mut self, note: NoteEvent) {
        self.roll.notes.push(note);
    }

    /// Rolls for this many quarter notes at the present tempo, rounded to whole samples.
    ///
    /// # Errors
    /// If the plugin fails.
    pub fn play_beats(&mut self, beats: f64) -> Result<(), HostError> {
        self.play_samples((beats / self.roll.course.beats_per_sample()).round() as u64)
    }

    /// Rolls to the first sample at or after a song position, through any tempo on the way.
    ///
    /// # Errors
    /// If the plugin fails, or a loop keeps the song from ever getting there.
    pub fn play_to(&mut self, beats: f64) -> Result<(), HostError> {
        if let Some((start, end, _)) = self.roll.cycle
            && self.position_beats() < end
            && beats > end
        {
            let reason = format!("the loop from {start} to {end} never lets beat {beats} come");
            return Err(HostError::Misuse(reason));
        }
        while let Some(samples) = self.roll.course.samples_until(beats) {
            self.play_block(samples)?;
        }
        Ok(())
    }

    /// Rolls for this many samples.
    ///
    /// # Errors
    /// If the plugin fails.
    pub fn play_samples(&mut self, samples: u64) -> Result<(), HostError> {
        let mut left = samples;
        while left > 0 {
            left -= self.play_block(left)?;
        }
        Ok(())
    }

    fn play_block(&mut self, most: u64) -> Result<u64, HostError> {
        let (controller, processor) = self.host.halves();
        controller.idle();
        self.roll.play_block(processor, most)
    }

    /// Stops the song and processes one block in which it stands.
    ///
    /// # Errors
    /// If the plugin fails.
    pub fn stop(&mut self) -> Result<(), HostError> {
        let (controller, processor) = self.host.halves();
        controller.idle();
        self.roll.stand(processor)
    }

    /// Rolls on a thread of its own, as audio threads do, until `main` is done here with the
    /// plugin's other half. How far the song gets is left to the machine; see [`Self::pace`].
    ///
    /// # Errors
    /// If the plugin fails to process.
    ///
    /// # Panics
    /// If `main` does.
    pub fn play_beside<T>(
        &mut self,
        main: impl FnOnce(&mut dyn Controller) -> T,
    ) -> Result<T, HostError> {
        let (controller, processor) = self.host.halves();
        let roll = &mut self.roll;
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let audio = scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    roll.play_block(processor, u64::MAX)?;
                }
                Ok(())
            });
            let raised = RaiseAtEnd(&done);
            let answer = main(controller);
            drop(raised);
            let rolled = audio.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            rolled.map(|()| answer)
        })
    }

    /// Deactivates the plugin and activates it again, perhaps otherwise. The ledger goes on: a
    /// plugin cannot send anything while inactive, so what sounds must be ended afterwards.
    ///
    /// # Errors
    /// If the plugin refuses to be activated or there are no block lengths.
    pub fn reactivate(&mut self, setup: Setup) -> Result<(), HostError> {
        let longest = setup.longest()?;
        self.host.activate(setup.sample_rate, longest, setup.offline)?;
        self.roll.set_up(setup);
        Ok(())
    }

    /// Ends the session and gives what was recorded, faults included.
    #[must_use]
    pub fn finish(mut self) -> Recording {
        self.host.deactivate();
        self.roll.ledger.close()
    }
}

/// Raises a flag also when what it waits for panics.
struct RaiseAtEnd<'a>(&'a AtomicBool);

impl Drop for RaiseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

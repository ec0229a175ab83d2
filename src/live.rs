//! The live application: the same player and worker as in the plugin, driven by a clock of its
//! own, over MIDI ports.
//!
//! What must stay true: however it ends (bars played, Ctrl-C, a port that vanished), every note
//! that sounds has been sent its off, as far as the port still takes it.
pub mod clock;
pub mod keys;
pub mod options;
pub mod ports;

use crate::state::{DeviceChoice, DeviceNews, Stage, WeightsChoice, is_ignored};
use crate::worker::{Composer, Networks, Worker};
use anyhow::{Context, bail, ensure};
use clock::Clock;
use keys::Keys;
use musegan_engine::{Controls, Event, EventKind, Player};
use musegan_model::device::Choice;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long the network may take to make the first phrase ready.
const WARM_UP: Duration = Duration::from_secs(10);

/// Where MIDI messages go.
pub trait Port {
    /// Sends one complete MIDI message now.
    ///
    /// # Errors
    /// When the port no longer takes messages.
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()>;
}

/// A band with its worker, ready to perform.
pub struct Band {
    player: Player,
    stage: Arc<Stage>,
    controls: Controls,
    device: Choice,
    keys: Keys,
    _worker: Worker,
}

impl Band {
    /// A band that plays the embedded weights or those of a file, on this device.
    ///
    /// # Errors
    /// When the file is no weights file, with what was expected and found, or the system gives no
    /// thread.
    pub fn new(weights: Option<&Path>, device: Choice, controls: Controls) -> anyhow::Result<Self> {
        Self::with(Networks::default(), weights, device, controls)
    }

    /// The same with networks that look for devices elsewhere.
    ///
    /// # Errors
    /// As [`Band::new`].
    pub fn with(
        networks: impl Composer,
        weights: Option<&Path>,
        device: Choice,
        controls: Controls,
    ) -> anyhow::Result<Self> {
        let choice = WeightsChoice::default();
        if let Some(path) = weights {
            musegan_model::Weights::read(path)?;
            choice.choose(Some(path));
        }
        let (player, desk) = musegan_engine::pair();
        let stage = Arc::new(Stage::default());
        let controls = Controls { model: choice.revision(), ..controls };
        let chosen = DeviceChoice::default();
        chosen.choose(device);
        let worker = Worker::spawn(desk, networks, choice, chosen, stage.clone());
        let worker = worker.context("no thread for the band")?;
        Ok(Self { player, stage, controls, device, keys: Keys::default(), _worker: worker })
    }

    /// Has the band hear what is played there, from now on.
    pub fn listen_to(&mut self, keys: Keys) {
        self.keys = keys;
    }

    /// Waits until the first phrase is ready.
    ///
    /// # Errors
    /// When it does not come in time, with what the worker says.
    pub fn warm_up(&mut self, clock: &Clock) -> anyhow::Result<()> {
        let since = Instant::now();
        loop {
            self.player.process(&clock.standing(), &self.controls, &[]);
            if self.stage.phrase(&self.player.status().key).is_some() {
                // Once more, so that the phrase is taken from the queue.
                self.player.process(&clock.standing(), &self.controls, &[]);
                return Ok(());
            }
            if since.elapsed() > WARM_UP {
                let trouble = self.stage.news().failure;
                bail!("the network made no music: {}", trouble.unwrap_or("it is too slow".into()));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until it is settled which device plays, and gives the sentence that says it.
    ///
    /// # Errors
    /// When a device was asked for by name that does not play, with why.
    pub fn settle(&self) -> anyhow::Result<String> {
        let since = Instant::now();
        let DeviceNews { sentence, is_another, .. } = loop {
            let news = self.stage.news().device;
            if news.is_settled || since.elapsed() > WARM_UP {
                break news;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        // Who leaves the choice to the band has the CPU, be it that a driver hangs.
        let is_refused = is_another && self.device != Choice::Auto;
        ensure!(!is_refused, "{} does not play; {sentence}", self.device);
        Ok(sentence)
    }

    /// Whether the weights play as if nothing had been said of chords, takes and locks, though it
    /// has. Known once the band has warmed up.
    #[must_use]
    pub fn ignores_what_was_said(&self) -> bool {
        let status = self.player.status();
        self.stage.phrase(&status.key).is_some_and(|phrase| is_ignored(&status, &phrase))
    }

    /// Why another device plays than at first, if so.
    #[must_use]
    pub fn lost_device(&self) -> Option<String> {
        let news = self.stage.news().device;
        news.is_another.then_some(news.sentence)
    }

    /// Plays from the song's start until `bars` are over or `quitting` is set, and then ends
    /// whatever sounds.
    ///
    /// # Errors
    /// When the port fails; offs are attempted all the same.
    pub fn perform(
        &mut self,
        port: &mut impl Port,
        clock: &mut Clock,
        bars: Option<u32>,
        quitting: &AtomicBool,
    ) -> anyhow::Result<()> {
        let last_beat = bars.map(|bars| f64::from(bars) * clock.bar_beats());
        let played = loop {
            let over = last_beat.is_some_and(|last| clock.pos_beats() >= last - 1e-9);
            if over || quitting.load(Relaxed) {
                break Ok(());
            }
            let block = clock.next_block(last_beat);
            let events = self.player.process(&block, &self.controls, self.keys.heard());
            if let Err(error) = send_in_time(port, clock, events) {
                break Err(error);
            }
            clock.wait_for_block_end();
        };
        let mut ended = Ok(());
        for event in self.player.process(&clock.standing(), &self.controls, &[]) {
            ended = ended.and(port.send(&message(event)));
        }
        played.and(ended).context("the MIDI port failed while the band played")
    }

    /// Steps that passed in silence because the network was late.
    #[must_use]
    pub fn rested_steps(&self) -> u64 {
        self.player.status().rested_steps
    }
}

/// Sends every event at its time. After a failure only offs are still tried.
fn send_in_time(port: &mut impl Port, clock: &Clock, events: &[Event]) -> anyhow::Result<()> {
    let mut sent = Ok(());
    for event in events {
        clock.wait_for_sample(event.at_sample);
        if sent.is_ok() || event.kind == EventKind::Off {
            sent = sent.and(port.send(&message(event)));
        }
    }
    sent
}

/// A note event as a MIDI 1.0 channel voice message.
fn message(event: &Event) -> [u8; 3] {
    match event.kind {
        EventKind::On { velocity } => [0x90 | event.channel, event.key, velocity],
        EventKind::Off => [0x80 | event.channel, event.key, 0],
    }
}

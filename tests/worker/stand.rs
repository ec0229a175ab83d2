//! A player and its worker, asked for a song sixteenth by sixteenth.
use musegan::state::{DeviceChoice, News, Stage, WeightsChoice};
use musegan::worker::{Composer, Worker};
use musegan_engine::{Block, Controls, Event, EventKind, Player, Transport};
use std::sync::Arc;
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
/// A sixteenth at 120 BPM.
const STEP: u32 = RATE / 8;

/// See above.
pub(crate) struct Stand {
    pub player: Player,
    pub stage: Arc<Stage>,
    pub choice: WeightsChoice,
    pub device: DeviceChoice,
    pub worker: Worker,
    pub controls: Controls,
    pub at_step: u32,
}

impl Stand {
    /// Plays what this composes.
    pub fn of(composer: impl Composer, device: DeviceChoice) -> Self {
        let (player, desk) = musegan_engine::pair();
        let (stage, choice) = (Arc::new(Stage::default()), WeightsChoice::default());
        let worker =
            Worker::spawn(desk, composer, choice.clone(), device.clone(), stage.clone()).unwrap();
        let controls = Controls::default();
        Self { player, stage, choice, device, worker, controls, at_step: 0 }
    }

    /// Plays a sixteenth, waiting so long for what is missing, and gives its ons.
    pub fn step(&mut self, patience: Duration) -> Vec<Event> {
        let transport = Transport {
            playing: true,
            tempo_bpm: Some(120.0),
            pos_beats: Some(f64::from(self.at_step) / 4.0),
            ..Transport::default()
        };
        let sample_rate = f64::from(RATE);
        let block = Block { samples: STEP, sample_rate, transport, patience };
        self.at_step += 1;
        let controls = Controls { model: self.choice.revision(), ..self.controls };
        let events = self.player.process(&block, &controls, &[]).iter();
        events.filter(|event| matches!(event.kind, EventKind::On { .. })).copied().collect()
    }

    /// The ons of each of so many sixteenths from the song's start.
    pub fn render(&mut self, steps: u32) -> Vec<Vec<Event>> {
        self.at_step = 0;
        (0..steps).map(|_| self.step(Duration::from_secs(20))).collect()
    }

    pub fn wait_for<T>(&self, what: &str, found: impl Fn(News) -> Option<T>) -> T {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(10) {
            if let Some(found) = found(self.stage.news()) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("{what} did not come");
    }
}

/// Two performances are the same; says at which sixteenth they part.
pub(crate) fn assert_same(left: &[Vec<Event>], right: &[Vec<Event>]) {
    let step = left.iter().zip(right).position(|(left, right)| left != right);
    let part = |steps: &[Vec<Event>]| step.map(|step| steps[step].clone());
    assert_eq!(part(left), part(right), "at step {step:?}");
    assert_eq!(left.len(), right.len());
}

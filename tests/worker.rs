//! What goes wrong in a worker ends in rests and a sentence, and is over when its cause is over.
//! The networks are replaced by composers that fail in the right way.
#![allow(clippy::unwrap_used)]

use anyhow::bail;
use musegan::state::{News, Stage, WeightsChoice};
use musegan::worker::{Composer, Networks, Worker};
use musegan_engine::{Block, Controls, Event, EventKind, PhraseKey, Player, Transport};
use musegan_score::Phrase;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
/// A sixteenth at 120 BPM.
const STEP: u32 = RATE / 8;

/// What a composer is to suffer from, for the test to change.
#[derive(Clone, Default)]
struct Ills {
    /// How many phrases end in an error.
    errors: Arc<AtomicU32>,
    /// How many phrases end in a panic.
    panics: Arc<AtomicU32>,
    /// How many times weights cannot be loaded.
    unloadable: Arc<AtomicU32>,
    /// Whether phrases take until this is false.
    stalled: Arc<AtomicBool>,
    /// Whether loading a file takes until this is false.
    held: Arc<AtomicBool>,
    /// Whether a file has been loaded, or is being held.
    loading: Arc<AtomicBool>,
    /// Whether the network plays nothing until it is revived.
    broken: Arc<AtomicBool>,
}

#[derive(Default)]
struct Patient {
    networks: Networks,
    ills: Ills,
    /// What plays, and under which revision each phrase was made of what.
    source: String,
    made: Arc<Mutex<Vec<(u32, String)>>>,
}

fn take_one(count: &AtomicU32) -> bool {
    count.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
}

fn wait_while(flag: &AtomicBool) {
    while flag.load(Relaxed) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

impl Composer for Patient {
    fn load(&mut self, weights: &[u8], source: &str) -> anyhow::Result<String> {
        if take_one(&self.ills.unloadable) {
            bail!("no memory for weights");
        }
        let sha256 = self.networks.load(weights, source)?;
        self.source = source.into();
        if source != "embedded" {
            self.ills.loading.store(true, Relaxed);
            wait_while(&self.ills.held);
        }
        Ok(sha256)
    }

    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase> {
        wait_while(&self.ills.stalled);
        if take_one(&self.ills.errors) {
            self.ills.broken.store(true, Relaxed);
            bail!("out of memory on the device");
        }
        assert!(!take_one(&self.ills.panics), "a panic of the test's own");
        if self.ills.broken.load(Relaxed) {
            bail!("not revived");
        }
        self.made.lock().unwrap().push((key.model, self.source.clone()));
        self.networks.compose(key)
    }

    fn revive(&mut self) {
        self.ills.broken.store(false, Relaxed);
        self.networks.revive();
    }
}

struct Rig {
    player: Player,
    stage: Arc<Stage>,
    ills: Ills,
    choice: WeightsChoice,
    made: Arc<Mutex<Vec<(u32, String)>>>,
    worker: Worker,
    at_step: u32,
}

impl Rig {
    fn new() -> Self {
        Self::with(Ills::default())
    }

    /// One whose composer is ill from the start.
    fn with(ills: Ills) -> Self {
        let (player, desk) = musegan_engine::pair();
        let (stage, choice) = (Arc::new(Stage::default()), WeightsChoice::default());
        let patient = Patient { ills: ills.clone(), ..Patient::default() };
        let made = patient.made.clone();
        let worker = Worker::spawn(desk, patient, choice.clone(), stage.clone()).unwrap();
        Self { player, stage, ills, choice, made, worker, at_step: 0 }
    }

    /// Plays a sixteenth, waiting so long for what is missing, and gives its ons.
    fn step(&mut self, patience: Duration) -> Vec<Event> {
        let transport = Transport {
            playing: true,
            tempo_bpm: Some(120.0),
            pos_beats: Some(f64::from(self.at_step) / 4.0),
            ..Transport::default()
        };
        let sample_rate = f64::from(RATE);
        let block = Block { samples: STEP, sample_rate, transport, patience };
        self.at_step += 1;
        let controls = Controls { model: self.choice.revision(), ..Controls::default() };
        let events = self.player.process(&block, &controls, &[]).iter();
        events.filter(|event| matches!(event.kind, EventKind::On { .. })).copied().collect()
    }

    /// The ons of each of so many sixteenths from the song's start.
    fn render(&mut self, steps: u32) -> Vec<Vec<Event>> {
        self.at_step = 0;
        (0..steps).map(|_| self.step(Duration::from_secs(20))).collect()
    }

    fn wait_for<T>(&self, what: &str, found: impl Fn(News) -> Option<T>) -> T {
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
fn assert_same(left: &[Vec<Event>], right: &[Vec<Event>]) {
    let step = left.iter().zip(right).position(|(left, right)| left != right);
    let part = |steps: &[Vec<Event>]| step.map(|step| steps[step].clone());
    assert_eq!(part(left), part(right), "at step {step:?}");
    assert_eq!(left.len(), right.len());
}

#[test]
fn a_network_that_runs_out_of_memory_says_so_is_revived_and_plays_what_it_would_have() {
    let usual = Rig::new().render(256);
    let mut rig = Rig::new();
    rig.ills.errors.store(2, Relaxed);
    rig.step(Duration::ZERO);
    let failure = rig.wait_for("the sentence", |news| news.failure);
    assert!(failure.contains("out of memory on the device"), "{failure}");
    assert_same(&rig.render(256), &usual);
    assert_eq!(rig.stage.news().failure, None, "it is over");
}

#[test]
fn a_network_that_panics_says_so_and_plays_what_it_would_have() {
    let usual = Rig::new().render(256);
    let mut rig = Rig::new();
    rig.ills.panics.store(3, Relaxed);
    rig.step(Duration::ZERO);
    let failure = rig.wait_for("the sentence", |news| news.failure);
    assert!(failure.contains("panicked"), "{failure}");
    assert_same(&rig.render(256), &usual);
    assert_eq!(rig.stage.news().failure, None, "it is over");
}

#[test]
fn embedded_weights_that_could_not_be_loaded_are_loaded_when_they_are_asked_for() {
    let usual = Rig::new().render(64);
    let ills = Ills::default();
    // As many times as they are tried before anything is asked for.
    ills.unloadable.store(2, Relaxed);
    let mut rig = Rig::with(ills);
    let failure = rig.wait_for("the sentence", |news| news.failure);
    assert!(failure.contains("no memory for weights"), "{failure}");
    assert_same(&rig.render(64), &usual);
    let news = rig.stage.news();
    assert_eq!((news.weights.as_str(), news.failure, news.trouble), ("embedded", None, None));
}

#[test]
fn a_choice_that_changes_while_a_file_is_loaded_leaves_no_phrase_of_the_wrong_weights() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("band.safetensors");
    let mut rig = Rig::new();
    rig.choice.choose(Some(&file));
    rig.wait_for("the refusal", |news| news.trouble);
    rig.render(1);
    // The file comes late; while it is loaded, more is asked for and the choice is taken back.
    rig.ills.held.store(true, Relaxed);
    std::fs::write(&file, include_bytes!("../plugin-assets/weights.safetensors")).unwrap();
    rig.wait_for("the load", |_| rig.ills.loading.load(Relaxed).then_some(()));
    rig.at_step = 6400;
    rig.step(Duration::ZERO);
    rig.choice.choose(None);
    rig.ills.held.store(false, Relaxed);
    rig.render(64);
    let made = rig.made.lock().unwrap();
    assert!(made.iter().all(|(_, source)| source == "embedded"), "{made:?}");
}

#[test]
fn a_worker_that_stalls_rests_and_then_plays_what_belongs_where_the_song_is() {
    let usual = Rig::new().render(512);
    let mut rig = Rig::new();
    rig.render(4);
    rig.ills.stalled.store(true, Relaxed);
    // Two phrases are ready at most; the rest of the way is silent.
    let played: Vec<_> = (4..384).map(|_| rig.step(Duration::ZERO)).collect();
    for (step, ons) in (4..).zip(&played) {
        assert!(ons.is_empty() || *ons == usual[step], "step {step} is not what belongs there");
    }
    assert!(played[320..].iter().all(Vec::is_empty), "nothing can have been made");
    assert!(rig.player.status().rested_steps >= 60);
    rig.ills.stalled.store(false, Relaxed);
    let since = Instant::now();
    let joined = loop {
        let at = rig.at_step as usize;
        if !rig.step(Duration::ZERO).is_empty() {
            break at;
        }
        assert!(since.elapsed() < Duration::from_secs(5) && at < 480, "it never recovers");
        std::thread::sleep(Duration::from_millis(50));
    };
    let after: Vec<_> = (joined + 1..512).map(|_| rig.step(Duration::from_secs(5))).collect();
    assert_same(&after, &usual[joined + 1..]);
}

#[test]
fn a_worker_that_hangs_does_not_hold_up_the_host_that_drops_it() {
    let mut rig = Rig::new();
    rig.ills.stalled.store(true, Relaxed);
    rig.step(Duration::ZERO);
    std::thread::sleep(Duration::from_millis(50));
    let since = Instant::now();
    drop(rig.worker);
    let took = since.elapsed();
    rig.ills.stalled.store(false, Relaxed);
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

//! Composers that fail in the right way.
use crate::stand::{Stand, assert_same};
use anyhow::bail;
use musegan::state::DeviceChoice;
use musegan::worker::{Composer, Networks};
use musegan_engine::PhraseKey;
use musegan_model::device::Devices;
use musegan_score::Phrase;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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

/// A stand with a composer that may be ill.
struct Rig {
    stand: Stand,
    ills: Ills,
    made: Arc<Mutex<Vec<(u32, String)>>>,
}

impl Rig {
    fn new() -> Self {
        Self::with(Ills::default())
    }

    /// One whose composer is ill from the start.
    fn with(ills: Ills) -> Self {
        // The CPU, whatever graphics library lies beside the tests.
        let devices = Devices { library: Some("/nowhere/library".into()), ..Devices::default() };
        let patient = Patient {
            networks: Networks::new(devices),
            ills: ills.clone(),
            source: String::new(),
            made: Arc::default(),
        };
        let made = patient.made.clone();
        Self { stand: Stand::of(patient, DeviceChoice::default()), ills, made }
    }
}

impl Deref for Rig {
    type Target = Stand;

    fn deref(&self) -> &Stand {
        &self.stand
    }
}

impl DerefMut for Rig {
    fn deref_mut(&mut self) -> &mut Stand {
        &mut self.stand
    }
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
    std::fs::write(&file, include_bytes!("../../plugin-assets/weights.safetensors")).unwrap();
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
    drop(rig.stand.worker);
    let took = since.elapsed();
    rig.ills.stalled.store(false, Relaxed);
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

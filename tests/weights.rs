//! Weights that do not fit are refused with a sentence, and the band plays on.
#![allow(clippy::unwrap_used)]

use musegan::state::{DeviceChoice, News, Stage, WeightsChoice, WeightsDigest};
use musegan::worker::{Composer, Networks, Worker};
use musegan_engine::{Block, Controls, PhraseKey, Player, Transport};
use musegan_model::Weights;
use musegan_model::device::Devices;
use musegan_score::Phrase;
use nice_plug::params::persist::PersistentField;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Networks on the CPU, whatever graphics library lies beside the tests.
fn networks() -> Networks {
    Networks::new(Devices { library: Some("/nowhere/library".into()), ..Devices::default() })
}

struct Rig {
    player: Player,
    stage: Arc<Stage>,
    choice: WeightsChoice,
    _worker: Worker,
}

impl Rig {
    fn new() -> Self {
        Self::of(networks())
    }

    fn of(composer: impl Composer) -> Self {
        let (player, desk) = musegan_engine::pair();
        let (stage, choice) = (Arc::new(Stage::default()), WeightsChoice::default());
        let device = DeviceChoice::default();
        let worker = Worker::spawn(desk, composer, choice.clone(), device, stage.clone()).unwrap();
        Self { player, stage, choice, _worker: worker }
    }

    /// The notes of the first four bars, rendered offline, as text.
    fn render(&mut self) -> String {
        let controls = Controls { model: self.choice.revision(), ..Controls::default() };
        let mut block = Block {
            samples: 48_000 * 8,
            sample_rate: 48_000.0,
            transport: Transport {
                playing: true,
                tempo_bpm: Some(120.0),
                pos_beats: Some(0.0),
                ..Transport::default()
            },
            patience: Duration::from_secs(5),
        };
        let notes = format!("{:?}", self.player.process(&block, &controls, &[]));
        block.transport.playing = false;
        self.player.process(&block, &controls, &[]);
        notes
    }

    fn trouble(&self) -> String {
        self.wait_for("a sentence about the weights", |news| news.trouble)
    }

    fn wait_for<T>(&self, what: &str, found: impl Fn(News) -> Option<T>) -> T {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(10) {
            if let Some(found) = found(self.stage.news()) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{what} did not come");
    }
}

const TUTORIAL: &[u8] = include_bytes!("tutorial.safetensors");

/// Weights with one tensor's shape changed in the header, numbers untouched.
fn misshapen(path: &Path) {
    let bytes = TUTORIAL;
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let text = std::str::from_utf8(&bytes[8..8 + header]).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(text).unwrap();
    json["transconv0.transconv.weight"]["shape"] = serde_json::json!([256, 128, 4, 1, 1]);
    let text = json.to_string();
    let mut file = (text.len() as u64).to_le_bytes().to_vec();
    file.extend(text.as_bytes());
    file.extend(&bytes[8 + header..]);
    std::fs::write(path, file).unwrap();
}

#[test]
fn weights_of_the_wrong_shape_are_refused_by_shapes_and_the_embedded_ones_play_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.safetensors");
    misshapen(&path);
    let mut rig = Rig::new();
    let before = rig.render();
    assert!(before.contains("On"));
    rig.choice.choose(Some(&path));
    let after = rig.render();
    assert_eq!(before, after);
    let trouble = rig.trouble();
    for part in ["wrong.safetensors", "transconv0", "[128, 256, 4, 1, 1]", "[256, 128, 4, 1, 1]"] {
        assert!(trouble.contains(part), "{part} is missing in: {trouble}");
    }
}

/// Others than the plugin carries: they play sparsely.
fn sparse(path: &Path) {
    let weights = Weights::from_bytes(TUTORIAL, "tutorial").unwrap();
    weights.with_thresholds([0.9; 5], "sparse").unwrap().write(path).unwrap();
}

#[test]
fn another_weights_file_plays_other_music_and_the_embedded_ones_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.safetensors");
    sparse(&path);
    let mut rig = Rig::new();
    let before = rig.render();
    rig.choice.choose(Some(&path));
    let other = rig.render();
    assert_ne!(before, other);
    assert_eq!(rig.stage.news().weights, path.display().to_string());
    rig.choice.choose(None);
    assert_eq!(rig.render(), before);
}

#[test]
fn a_song_says_when_its_weights_are_not_those_it_was_saved_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("band.safetensors");
    sparse(&path);
    let mut rig = Rig::new();
    rig.choice.choose(Some(&path));
    rig.render();
    let digest = |rig: &Rig| WeightsDigest(rig.choice.clone()).map(String::clone);
    let saved = (rig.choice.map(String::clone), digest(&rig));
    assert_eq!(saved.1, Weights::read(&path).unwrap().sha256());

    let reopen = || {
        let mut rig = Rig::new();
        rig.choice.set(saved.0.clone());
        WeightsDigest(rig.choice.clone()).set(saved.1.clone());
        assert_eq!(digest(&rig), saved.1, "saving before anything was loaded keeps the digest");
        rig.render();
        rig.choice.differs_from_saved()
    };
    assert!(!reopen());
    let embedded = include_bytes!("../plugin-assets/weights.safetensors");
    std::fs::write(&path, embedded).unwrap();
    assert!(reopen());
}

/// Panics at the phrases whose index it is told, once.
struct Moody {
    networks: Networks,
    panics_at: Option<i64>,
}

impl Composer for Moody {
    fn load(&mut self, weights: &[u8], source: &str) -> anyhow::Result<String> {
        self.networks.load(weights, source)
    }

    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase> {
        assert_ne!(self.panics_at.take_if(|index| *index == key.index), Some(key.index), "a mood");
        self.networks.compose(key)
    }

    fn revive(&mut self) {
        self.networks.revive();
    }
}

#[test]
fn a_worker_that_panics_says_so_and_works_again() {
    let usual = Rig::new().render();
    let mut rig = Rig::of(Moody { networks: networks(), panics_at: Some(0) });
    let mut block = standing();
    rig.player.process(&block, &Controls::default(), &[]);
    rig.wait_for("the sentence", |news| news.failure);
    // The player asks again when the answer does not come.
    for _ in 0..10 {
        block.samples = 48_000;
        rig.player.process(&block, &Controls::default(), &[]);
    }
    rig.wait_for("a phrase", |news| news.failure.is_none().then_some(()));
    assert_eq!(rig.render(), usual);
}

fn standing() -> Block {
    let transport = Transport { pos_beats: Some(0.0), ..Transport::default() };
    Block { samples: 64, sample_rate: 48_000.0, transport, patience: Duration::ZERO }
}

#[test]
fn a_weights_file_that_is_gone_at_the_start_leaves_the_embedded_band_playing() {
    let mut rig = Rig::new();
    rig.choice.choose(Some(Path::new("/nowhere/band.safetensors")));
    assert!(rig.render().contains("On"));
    assert!(rig.trouble().contains("/nowhere/band.safetensors"));
    rig.choice.choose(None);
    assert!(rig.render().contains("On"));
    assert_eq!(rig.stage.news().trouble, None);
}

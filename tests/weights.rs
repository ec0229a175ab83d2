//! Weights that do not fit are refused with a sentence, and the band plays on.
#![allow(clippy::unwrap_used)]

use musegan::state::{Stage, WeightsChoice};
use musegan::worker::Worker;
use musegan_engine::{Block, Controls, Player, Transport};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Rig {
    player: Player,
    stage: Arc<Stage>,
    choice: WeightsChoice,
    _worker: Worker,
}

impl Rig {
    fn new() -> Self {
        let (player, desk) = musegan_engine::pair();
        let (stage, choice) = (Arc::new(Stage::default()), WeightsChoice::default());
        let worker = Worker::spawn(desk, choice.clone(), stage.clone()).unwrap();
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
                loop_beats: None,
            },
            offline: true,
        };
        let notes = format!("{:?}", self.player.process(&block, &controls));
        block.transport.playing = false;
        self.player.process(&block, &controls);
        notes
    }

    fn trouble(&self) -> String {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(10) {
            if let Some(trouble) = self.stage.news().trouble {
                return trouble;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("no sentence about the weights came");
    }
}

/// The embedded weights with one tensor's shape changed in the header, numbers untouched.
fn misshapen(path: &Path) {
    let bytes = include_bytes!("../plugin-assets/weights.safetensors");
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

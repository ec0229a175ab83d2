//! A song without a network, and a machine that plays it block by block through the player.
//! Checks at every event what no stream may violate.
#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use musegan_engine::{Block, Controls, Desk, Event, EventKind, Player, Transport};
use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};
use std::collections::BTreeSet;
use std::time::Duration;

/// (sample, velocity or 0 for an off, channel, key), sorted.
pub type Stream = Vec<(i64, u8, u8, u8)>;

/// A phrase that depends on seed and index only; dense, with notes up to the phrase's end.
pub fn composed(seed: u64, index: i64) -> Phrase {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index as u64;
    let mut draw = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    Phrase::new((0..300).map(|_| {
        let track = Track::ALL[draw(5) as usize];
        let onset = Step::new(draw(64) as usize).unwrap();
        let pitch = Pitch::new(36 + draw(12) as u8).unwrap();
        let velocity = Velocity::clamped(1 + draw(127) as i32);
        let note = Note::new(onset, 1 + draw(12) as usize, pitch, velocity);
        (track, note.with_strength(draw(1000) as f32 / 1000.0))
    }))
}

/// A sixteenth of a song in 4/4, counted from its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SongStep(pub i64);

impl SongStep {
    pub fn beats(self) -> f64 {
        self.0 as f64 / 4.0
    }

    pub fn at_or_after(beats: f64) -> Self {
        Self((beats * 4.0).ceil() as i64)
    }

    pub fn phrase_index(self) -> i64 {
        self.0.div_euclid(64)
    }

    pub fn in_phrase(self) -> Step {
        Step::wrapping(self.0)
    }

    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

pub struct Machine {
    pub sample_rate: f64,
    pub tempo: f64,
    pub pos_beats: f64,
    pub cycle: Option<(f64, f64)>,
    pub last_block: Vec<Event>,
    /// Whether the worker answers after each block.
    pub worker_works: bool,
    player: Player,
    desk: Desk,
    now: i64,
    heard: Stream,
    ledger: BTreeSet<(u8, u8)>,
}

impl Machine {
    pub fn new(sample_rate: f64, tempo: f64) -> Self {
        let (player, desk) = musegan_engine::pair();
        Self {
            sample_rate,
            tempo,
            pos_beats: 0.0,
            cycle: None,
            last_block: Vec::new(),
            worker_works: true,
            player,
            desk,
            now: 0,
            heard: Vec::new(),
            ledger: BTreeSet::new(),
        }
    }

    /// Plays from a beat for so many beats at least, the block lengths taken in turn.
    pub fn play(&mut self, from: f64, beats: f64, blocks: &[u32], controls: &Controls) {
        self.pos_beats = from;
        self.block(false, 1, controls);
        self.now -= 1;
        for &samples in blocks.iter().cycle() {
            if self.pos_beats >= from + beats {
                break;
            }
            self.block(true, samples, controls);
        }
    }

    pub fn stop(&mut self, controls: &Controls) {
        self.block(false, 1, controls);
    }

    /// One call of the host; the song moves on as a host would move it.
    pub fn block(&mut self, playing: bool, samples: u32, controls: &Controls) {
        let block = Block {
            samples,
            sample_rate: self.sample_rate,
            transport: Transport {
                playing,
                tempo_bpm: Some(self.tempo),
                pos_beats: Some(self.pos_beats),
                loop_beats: self.cycle,
                ..Transport::default()
            },
            patience: Duration::ZERO,
        };
        let events = self.player.process(&block, controls, &[]);
        self.last_block = events.to_vec();
        let mut at = 0;
        let mut last_on = None;
        for event in events {
            assert!(event.at_sample >= at, "sorted");
            at = event.at_sample;
            if event.kind == EventKind::Off {
                assert_ne!(last_on, Some(at), "at one sample offs precede ons");
            } else {
                last_on = Some(at);
            }
            assert!(at < samples, "inside the block");
            let place = (event.channel, event.key);
            let velocity = match event.kind {
                EventKind::On { velocity } => {
                    assert!(velocity > 0 && self.ledger.insert(place), "no on while it sounds");
                    velocity
                }
                EventKind::Off => {
                    assert!(self.ledger.remove(&place), "no off without an on");
                    0
                }
            };
            self.heard.push((self.now + i64::from(at), velocity, place.0, place.1));
        }
        while self.worker_works
            && let Some(key) = self.desk.next_request()
        {
            self.desk.deliver(key, composed(key.composition.seed, key.index)).unwrap();
        }
        self.now += i64::from(samples);
        if playing {
            self.pos_beats += f64::from(samples) * self.tempo / 60.0 / self.sample_rate;
        }
    }

    pub fn clear(&mut self) {
        self.heard.clear();
    }

    pub fn stream(&self) -> Stream {
        let mut stream = self.heard.clone();
        stream.sort_unstable();
        stream
    }

    /// The notes begun, relative to the first of them.
    pub fn ons(&self) -> Stream {
        let mut ons: Stream = self.stream().into_iter().filter(|e| e.1 > 0).collect();
        let first = ons.first().map_or(0, |e| e.0);
        ons.iter_mut().for_each(|e| e.0 -= first);
        ons
    }

    pub fn rested_steps(&self) -> u64 {
        self.player.status().rested_steps
    }

    pub fn sounding(&self) -> &BTreeSet<(u8, u8)> {
        &self.ledger
    }
}

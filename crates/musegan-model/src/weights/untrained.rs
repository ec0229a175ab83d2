//! Weights that nobody has trained, for tests, benches and checks of a device.
use std::collections::BTreeMap;

use musegan_score::chord::Quality;
use musegan_score::{Chord, Key, Track};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use super::{Parameter, Provenance, Weights, WeightsError, reading};
use crate::Architecture;
use crate::architecture::{BandNetworks, PREFIXES};
use crate::band::bank::{Bank, Entry};
use crate::band::style::Style;
use crate::band::{Codec, Dimensions, Encoder, Generator, Harmony};
use crate::layout::{Initial, Layout};

impl Weights {
    /// Weights of these dimensions as training begins with them, but for the codec's onsets, which
    /// are louder, so that something is played; with a bank of so many drawn entries. The same
    /// seed gives the same weights.
    ///
    /// # Errors
    /// [`WeightsError`] where there are no such networks.
    pub fn untrained(dimensions: Dimensions, bank: usize, seed: u64) -> Result<Self, WeightsError> {
        const SOURCE: &str = "the weights of a test";
        let refuse = |problem| WeightsError::new(SOURCE, problem);
        reading::check(Some(&BandNetworks { dimensions, bank })).map_err(refuse)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut tensors = BTreeMap::new();
        let layouts = [
            Codec::new(&dimensions).layout().clone(),
            Generator::new(&dimensions).layout().clone(),
            Encoder::new(&dimensions).layout().clone(),
        ];
        for (prefix, layout) in PREFIXES.into_iter().zip(layouts) {
            for (name, shape, values) in layout.tensors(&begun(&layout, &mut rng)) {
                tensors.insert(format!("{prefix}{name}"), Parameter { shape, values });
            }
        }
        if let Some(onsets) = tensors.get_mut("codec.decode.rhythm.onsets.weight") {
            onsets.values.iter_mut().for_each(|weight| *weight *= 6.0);
        }
        for (name, shape) in Architecture::band(dimensions, bank).parameters() {
            let value = if name.ends_with(".deviation") { 1.0 } else { 0.0 };
            let values = vec![value; shape.iter().product()];
            tensors.entry(name).or_insert(Parameter { shape, values });
        }
        let entries = (0..bank).map(|_| entry(&mut rng)).collect();
        tensors.extend(Bank::new(entries).parameters());
        let architecture = Architecture::band(dimensions, bank);
        Self::new(architecture, Provenance::default(), tensors, SOURCE)
    }
}

impl Weights {
    /// Weights of the tutorial's generator as training begins with them. The same seed gives the
    /// same weights.
    ///
    /// # Errors
    /// None that can happen.
    pub fn untrained_tutorial(seed: u64) -> Result<Self, WeightsError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let architecture = Architecture::tutorial();
        let mut number = |deviation: f32| -> f32 {
            let number: f32 = StandardNormal.sample(&mut rng);
            number * deviation
        };
        let tensor = |(name, shape): (String, Vec<usize>)| {
            let count = shape.iter().product();
            let fan = shape.iter().skip(1).product::<usize>() as f32;
            let values = match name.rsplit('.').next() {
                _ if name.ends_with("transconv.weight") => {
                    std::iter::repeat_with(|| number(fan.sqrt().recip())).take(count).collect()
                }
                Some("weight" | "running_var") => vec![1.0; count],
                _ => vec![0.0; count],
            };
            (name, Parameter { shape, values })
        };
        let tensors = architecture.parameters().map(tensor).collect();
        Self::new(architecture, Provenance::default(), tensors, "untrained weights")
    }
}

/// A network's flat vector as training begins with it.
fn begun(layout: &Layout, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut flat = vec![0.0; layout.len()];
    for parameter in layout.parameters() {
        for value in &mut flat[parameter.range.clone()] {
            *value = match parameter.initial {
                Initial::Constant(value) => value,
                Initial::Normal(deviation) => {
                    let number: f32 = StandardNormal.sample(rng);
                    number * deviation
                }
                Initial::Uniform(from, to) => {
                    from + (to - from) * (rng.next_u32() >> 8) as f32 / (1 << 24) as f32
                }
            };
        }
    }
    flat
}

/// A style with at least one track, over four chords of a key.
fn entry(rng: &mut ChaCha8Rng) -> Entry {
    const MAJOR: [(u8, Quality); 4] =
        [(0, Quality::Major), (5, Quality::Major7), (7, Quality::Dominant7), (9, Quality::Minor)];
    const MINOR: [(u8, Quality); 4] =
        [(0, Quality::Minor), (5, Quality::Minor7), (10, Quality::Major), (8, Quality::Major)];
    let mut below = |count: u32| rng.next_u32() % count;
    let key = Key::new(below(12) as u8, below(2) == 1);
    let degrees = if key.is_minor { MINOR } else { MAJOR };
    let bars: [Chord; 4] = std::array::from_fn(|_| {
        let (above, quality) = degrees[below(4) as usize];
        let root = key.tonic() + above;
        Chord::new(root, quality, root)
    });
    let mut style = Style::default();
    let silent = below(8);
    for track in Track::ALL.into_iter().filter(|track| track.index() as u32 != silent) {
        style.present[track.index()] = std::array::from_fn(|_| below(8) > 0);
    }
    for (present, measures) in style.present.iter().zip(&mut style.measures) {
        if present.contains(&true) {
            let number = |_| StandardNormal.sample(rng);
            *measures = std::array::from_fn(number);
        }
    }
    let chords = std::array::from_fn(|beat| Some(bars[beat / 4]));
    Entry { style, harmony: Harmony { chords, key: Some(key) } }
}

//! From a song position to music: the [`Band`] turns a composition and a phrase index into a
//! phrase. Runs on the worker thread.
//!
//! What must stay true: a phrase is a pure function of weights, composition and phrase index, in
//! constant time, so phrases may be asked for in any order. How a latent comes from them
//! ([`mod@latent`]) and what a fill is ([`fill`]) never changes: songs are stored as seeds.
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_score::{Composition, Phrase, Roll};

use crate::device::{Devices, Playing, Work};
use crate::weights::Thresholds;
use crate::{Device, Generator, Weights};

pub mod fill;
pub mod latent;
pub(crate) mod random;

pub use latent::latent;

/// A generator that plays: song position in, phrase out.
#[derive(Debug)]
pub struct Band {
    generator: Generator,
    thresholds: Thresholds,
}

impl Band {
    /// A band that plays these weights on this device, or on the CPU if that refuses them.
    #[must_use]
    pub fn new(weights: &Weights, device: Device) -> Self {
        Self { generator: Generator::new(weights, device), thresholds: weights.thresholds() }
    }

    /// Has the device play that was asked for; with `auto` the faster, which is measured once per
    /// model and machine and takes up to a second. Never fails: at worst the CPU plays. Asking
    /// again tries a device anew that has failed.
    pub fn choose(&mut self, devices: &Devices) -> &Playing {
        self.generator.choose(devices, Work::PHRASE)
    }

    /// Which device plays, and why. It changes when a device fails.
    #[must_use]
    pub fn playing(&self) -> &Playing {
        self.generator.playing()
    }

    /// The phrase at this position, with every [candidate](musegan_score::Roll::candidates) and
    /// its strength; density decides later which of them sound. Those stronger than 0.5 lie above
    /// the weights' thresholds. Calls in any order give the same phrases.
    ///
    /// Costs one pass of the generator, and another where the drums play a fill. If the device
    /// fails, this phrase and all later ones are the CPU's.
    pub fn phrase(&mut self, composition: &Composition, phrase_index: i64) -> Phrase {
        let phrase = self.roll(composition, phrase_index).candidates(self.thresholds);
        let first_bar = phrase_index.wrapping_mul(BARS_PER_PHRASE as i64);
        let fills = |bar: usize| composition.fills(first_bar.wrapping_add(bar as i64));
        let mut bars = (0..BARS_PER_PHRASE).filter(|&bar| fills(bar)).peekable();
        if bars.peek().is_none() {
            return phrase;
        }
        let strokes = self.generator.roll(&latent::of_fill(composition, phrase_index));
        let strokes = strokes.candidates(self.thresholds);
        bars.fold(phrase, |phrase, bar| fill::played(&phrase, &strokes, bar))
    }

    /// The network's output for the phrase at this position, before a fill.
    pub fn roll(&mut self, composition: &Composition, phrase_index: i64) -> Roll {
        self.generator.roll(&latent::of_phrase(composition, phrase_index))
    }
}

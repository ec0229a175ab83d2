//! The generator's input: which latent belongs to a place in a composition.
//!
//! What must stay true: random numbers come from a generator keyed by exactly what they are for,
//! never from a stream that something else also draws from, so that any place is computed in one
//! step. Whatever is mixed, a latent's numbers keep the normal distribution of mean 0 and standard
//! deviation `temperature` that the network was trained on. The mapping never changes.
use musegan_score::{Composition, Section};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use crate::architecture::LATENT;

/// What the generator makes a phrase of.
pub type Latent = [f32; LATENT];

/// What random numbers are drawn for. The numbers are part of every key and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Purpose {
    /// A phrase of the endless form, by its index.
    Phrase = 0,
    /// A phrase of a section, by [`place`].
    Section = 1,
    /// What is new in a section's phrase when it comes again, by its index.
    Variation = 2,
    /// The phrase whose strokes a fill in the endless form is made of, by the phrase's index.
    Fill = 3,
    /// The same in a section, by [`place`].
    SectionFill = 4,
    /// What is new in a section's fills when they come again, by the phrase's index.
    FillVariation = 5,
}

/// What the three kinds of latent that a form needs are drawn for.
struct Purposes {
    endless: Purpose,
    section: Purpose,
    variation: Purpose,
}

const PHRASE: Purposes =
    Purposes { endless: Purpose::Phrase, section: Purpose::Section, variation: Purpose::Variation };
const FILL: Purposes = Purposes {
    endless: Purpose::Fill,
    section: Purpose::SectionFill,
    variation: Purpose::FillVariation,
};

/// What one independent stream of random numbers belongs to.
///
/// Track and bar are for latents of their own that later models have; whatever concerns the
/// whole phrase has zero in both.
#[derive(Clone, Copy, Debug)]
struct Key {
    seed: u64,
    /// What the purpose counts by.
    index: i64,
    purpose: Purpose,
    track: u16,
    bar: u16,
}

impl Key {
    /// ChaCha8 under a key that is these fields in little-endian order and a constant, so that
    /// two different keys give unrelated numbers.
    fn rng(self) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[0..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.index.to_le_bytes());
        key[16..20].copy_from_slice(&(self.purpose as u32).to_le_bytes());
        key[20..22].copy_from_slice(&self.track.to_le_bytes());
        key[22..24].copy_from_slice(&self.bar.to_le_bytes());
        key[24..32].copy_from_slice(b"musegan1");
        ChaCha8Rng::from_seed(key)
    }
}

/// The latent of a phrase in the endless form: [`LATENT`] numbers from the normal distribution of
/// mean 0 and standard deviation `temperature`.
///
/// `phrase_index` counts phrases from the song's beginning and may be negative. A temperature
/// that is not finite counts as 1.
#[must_use]
pub fn latent(seed: u64, phrase_index: i64, temperature: f32) -> Latent {
    scaled(drawn(seed, phrase_index, Purpose::Phrase), temperature)
}

/// The latent of a phrase of the composition.
#[must_use]
pub fn of_phrase(composition: &Composition, phrase_index: i64) -> Latent {
    composed(composition, phrase_index, &PHRASE)
}

/// The latent of the phrase whose strokes the fills in a phrase of the composition are made of. It
/// follows form, variation and morph as the phrase's own does.
#[must_use]
pub fn of_fill(composition: &Composition, phrase_index: i64) -> Latent {
    composed(composition, phrase_index, &FILL)
}

/// Between the two seeds' latents, at the composition's temperature.
///
/// The latents of one seed with itself are not independent, and need no morph.
fn composed(composition: &Composition, index: i64, purposes: &Purposes) -> Latent {
    let morph = share(composition.morph);
    let own = in_form(composition.seed, composition, index, purposes);
    let unit = if morph == 0.0 || composition.morph_seed == composition.seed {
        own
    } else {
        let other = in_form(composition.morph_seed, composition, index, purposes);
        mixed((own, 1.0 - morph), (other, morph))
    };
    scaled(unit, composition.temperature)
}

/// One seed's latent: the section's own, with something new in it when the section comes again.
fn in_form(seed: u64, composition: &Composition, index: i64, purposes: &Purposes) -> Latent {
    let Some(section) = composition.section(index) else {
        return drawn(seed, index, purposes.endless);
    };
    let base = drawn(seed, place(section), purposes.section);
    let variation = share(composition.variation);
    if section.repetition == 0 || variation == 0.0 {
        return base;
    }
    // Networks hear small changes: squared, half of the knob is a variation, not another section.
    mixed((base, 1.0), (drawn(seed, index, purposes.variation), variation * variation))
}

/// A section's phrase as one number. It depends neither on the form nor on the sections' length, so
/// that a song whose form is changed keeps its sections.
fn place(section: Section) -> i64 {
    i64::from(section.letter) << 32 | i64::from(section.phrase)
}

/// The weighted sum of two independent latents, divided by the root of the sum of the weights'
/// squares. It is distributed as each of them is, which neither a plain nor a spherical
/// interpolation guarantees (Agustsson et al., "Optimal Transport Maps for Distribution Preserving
/// Operations on Latent Spaces of Generative Models", ICLR 2019; arXiv:1711.01970), and takes
/// nothing but operations that round alike on every processor. A weight of 0 leaves the other one
/// as it is.
fn mixed((one, a): (Latent, f32), (other, b): (Latent, f32)) -> Latent {
    let deviation = (a * a + b * b).sqrt();
    std::array::from_fn(|i| (a * one[i] + b * other[i]) / deviation)
}

/// Standard normal numbers.
fn drawn(seed: u64, index: i64, purpose: Purpose) -> Latent {
    let mut rng = Key { seed, index, purpose, track: 0, bar: 0 }.rng();
    std::array::from_fn(|_| StandardNormal.sample(&mut rng))
}

fn scaled(latent: Latent, temperature: f32) -> Latent {
    let temperature = if temperature.is_finite() { temperature } else { 1.0 };
    latent.map(|number| number * temperature)
}

/// `0.0..=1.0`; what is no number counts as 0.
fn share(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

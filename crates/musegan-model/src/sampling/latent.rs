//! The generator's input: which latent belongs to a place in a composition.
//!
//! What must stay true: random numbers come from a generator keyed by exactly what they are for,
//! never from a stream that something else also draws from, so that any place is computed in one
//! step. Whatever is mixed, a latent's numbers keep the normal distribution of mean 0 and standard
//! deviation `temperature` that the network was trained on. The mapping never changes.
use musegan_score::Composition;

use super::random::{Key, Purpose, place, share};
use crate::architecture::LATENT;

/// What the generator makes a phrase of.
pub type Latent = [f32; LATENT];

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
    let mut numbers = Key::new(seed, index, purpose).normal();
    std::array::from_fn(|_| numbers.next().unwrap_or_default())
}

fn scaled(latent: Latent, temperature: f32) -> Latent {
    let temperature = if temperature.is_finite() { temperature } else { 1.0 };
    latent.map(|number| number * temperature)
}

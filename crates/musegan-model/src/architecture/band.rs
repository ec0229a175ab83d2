//! What weights of the model `band` hold: four networks' worth of tensors, how the codec's latents
//! and the sheets are scaled, and the bank.
use std::fmt;

use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;
use serde::{Deserialize, Serialize};

use super::NumberType;
use crate::band::codec::Codec;
use crate::band::encoder::Encoder;
use crate::band::generator::Generator;
use crate::band::sheet::MEASURES;
use crate::band::{Dimensions, bank};
use crate::layout::Layout;

/// Entries of the largest bank.
pub const MOST_BANK: usize = 65_536;

/// What the names of the codec's, the generator's and the encoder's tensors begin with.
pub const PREFIXES: [&str; 3] = ["codec.", "generator.", "encoder."];

/// The sizes of the band's networks and of its bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandNetworks {
    /// Sizes of the networks.
    pub dimensions: Dimensions,
    /// Entries of the bank, `1..=65536`.
    pub bank: usize,
}

impl BandNetworks {
    /// Numbers of noise that a phrase is made of.
    pub(super) const fn noise(&self) -> usize {
        let d = &self.dimensions;
        let of_track = d.track_noise + BARS_PER_PHRASE * d.cell_noise;
        d.phrase_noise + BARS_PER_PHRASE * d.bar_noise + Track::COUNT * of_track
    }

    /// Whether there are such networks.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.dimensions.check().map_err(|error| error.to_string())?;
        match self.bank {
            1..=MOST_BANK => Ok(()),
            bank => Err(format!("`bank` is {bank}, expected 1 to {MOST_BANK}")),
        }
    }

    /// Every tensor with its shape, in the order of a file.
    pub(super) fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        let mut all = Vec::new();
        for (prefix, layout) in PREFIXES.into_iter().zip(self.layouts()) {
            let of_network = layout.parameters().iter();
            all.extend(of_network.map(|p| (format!("{prefix}{}", p.name), p.shape.clone())));
        }
        let latent = self.dimensions.latent;
        for name in ["latents.mean", "latents.deviation", "latents.noise"] {
            all.push((name.into(), vec![Track::COUNT, latent]));
        }
        for name in ["sheet.mean", "sheet.deviation"] {
            all.push((name.into(), vec![Track::COUNT, MEASURES]));
        }
        let bank = bank::TENSORS.into_iter();
        all.extend(bank.map(|(name, shape)| (name.into(), [&[self.bank][..], shape].concat())));
        all
    }

    /// Where the numbers of codec, generator and encoder lie.
    fn layouts(&self) -> [Layout; 3] {
        let dimensions = &self.dimensions;
        [
            Codec::new(dimensions).layout().clone(),
            Generator::new(dimensions).layout().clone(),
            Encoder::new(dimensions).layout().clone(),
        ]
    }
}

/// The networks take nearly all of a file, and what they play hangs on no number's twelfth bit.
pub(super) fn number_type(name: &str) -> NumberType {
    match name {
        "bank.measures" => NumberType::F16,
        _ if name.starts_with("bank.") => NumberType::U8,
        _ if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => NumberType::F16,
        _ => NumberType::F32,
    }
}

impl fmt::Display for BandNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimensions, bank } = self;
        write!(
            f,
            "codes of {} numbers, {} blocks of width {} and a bank of {bank}",
            dimensions.latent, dimensions.generator_blocks, dimensions.width
        )
    }
}

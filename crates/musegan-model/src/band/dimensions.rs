//! How large the band's networks are: what a weights file says of them beside their numbers.
//!
//! What is a matter of the music (tracks, bars, steps, the window) is fixed where the music is.
//! What must stay true: dimensions that pass [`Dimensions::check`] build networks without a panic
//! and within reasonable memory.
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What no width may exceed.
const WIDEST: usize = 1024;
/// What no number of blocks may exceed.
const MOST_BLOCKS: usize = 16;

/// Sizes of the networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimensions {
    /// Numbers of one bar of one track between codec and generator.
    pub latent: usize,
    /// How many of these are the rhythm's, fewer than all.
    pub rhythm: usize,
    /// Columns of a beat's chord.
    pub chord: usize,
    /// Columns of a step in the encoder of rhythms.
    pub rhythm_step: usize,
    /// Columns of a bar in the hidden layers of rhythms.
    pub rhythm_hidden: usize,
    /// Columns of a step in the decoder of rhythms.
    pub rhythm_decoded_step: usize,
    /// Columns of a step in the encoder of pitches.
    pub step: usize,
    /// Columns of a bar in the hidden layers of pitches.
    pub hidden: usize,
    /// Columns of a step in the decoder of pitches.
    pub decoded_step: usize,
    /// Columns of a token in generator, critic and encoder.
    pub width: usize,
    /// Heads of an attention.
    pub heads: usize,
    /// How many times as wide as a token a block's hidden layer is.
    pub expansion: usize,
    /// Blocks of the generator.
    pub generator_blocks: usize,
    /// Blocks of the encoder.
    pub encoder_blocks: usize,
    /// Blocks of the critic.
    pub critic_blocks: usize,
    /// Numbers of noise that the whole phrase shares.
    pub phrase_noise: usize,
    /// Numbers of noise that a bar's tracks share.
    pub bar_noise: usize,
    /// Numbers of noise that a track's bars share.
    pub track_noise: usize,
    /// Numbers of noise of each bar of each track.
    pub cell_noise: usize,
}

/// Dimensions that no network can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misshapen {
    /// A number is zero or larger than it may be.
    #[error("`{name}` is {value}, expected 1 to {most}")]
    OutOfRange {
        /// Which number.
        name: &'static str,
        /// What it is.
        value: usize,
        /// What it may be.
        most: usize,
    },
    /// The rhythm's code leaves nothing for the pitches.
    #[error("`rhythm` is {rhythm}, but has to be less than `latent`, which is {latent}")]
    Rhythm {
        /// Numbers of a rhythm.
        rhythm: usize,
        /// Numbers of a bar.
        latent: usize,
    },
    /// The heads do not share the width evenly.
    #[error("`heads` is {heads}, but does not divide `width`, which is {width}")]
    Heads {
        /// Heads of an attention.
        heads: usize,
        /// Columns of a token.
        width: usize,
    },
}

impl Dimensions {
    /// Those of the band that ships.
    pub const BAND: Self = Self {
        latent: 64,
        rhythm: 16,
        chord: 16,
        rhythm_step: 12,
        rhythm_hidden: 128,
        rhythm_decoded_step: 24,
        step: 32,
        hidden: 288,
        decoded_step: 48,
        width: 128,
        heads: 4,
        expansion: 2,
        generator_blocks: 4,
        encoder_blocks: 2,
        critic_blocks: 2,
        phrase_noise: 32,
        bar_noise: 16,
        track_noise: 24,
        cell_noise: 24,
    };

    /// Whether networks can be built of these numbers.
    ///
    /// # Errors
    /// [`Misshapen`] for the first that is wrong.
    pub fn check(&self) -> Result<(), Misshapen> {
        for (name, value, most) in self.limits() {
            if value == 0 || value > most {
                return Err(Misshapen::OutOfRange { name, value, most });
            }
        }
        if self.rhythm >= self.latent {
            return Err(Misshapen::Rhythm { rhythm: self.rhythm, latent: self.latent });
        }
        match self.width % self.heads {
            0 => Ok(()),
            _ => Err(Misshapen::Heads { heads: self.heads, width: self.width }),
        }
    }

    /// Where a bar's rhythm lies among its latents.
    #[must_use]
    pub const fn rhythm_code(&self) -> Range<usize> {
        0..self.rhythm
    }

    /// Where a bar's pitches lie among its latents.
    #[must_use]
    pub const fn pitch_code(&self) -> Range<usize> {
        self.rhythm..self.latent
    }

    const fn limits(&self) -> [(&'static str, usize, usize); 19] {
        [
            ("latent", self.latent, WIDEST),
            ("rhythm", self.rhythm, WIDEST),
            ("chord", self.chord, WIDEST),
            ("rhythm_step", self.rhythm_step, WIDEST),
            ("rhythm_hidden", self.rhythm_hidden, WIDEST),
            ("rhythm_decoded_step", self.rhythm_decoded_step, WIDEST),
            ("step", self.step, WIDEST),
            ("hidden", self.hidden, WIDEST),
            ("decoded_step", self.decoded_step, WIDEST),
            ("width", self.width, WIDEST),
            ("heads", self.heads, WIDEST),
            ("expansion", self.expansion, 8),
            ("generator_blocks", self.generator_blocks, MOST_BLOCKS),
            ("encoder_blocks", self.encoder_blocks, MOST_BLOCKS),
            ("critic_blocks", self.critic_blocks, MOST_BLOCKS),
            ("phrase_noise", self.phrase_noise, WIDEST),
            ("bar_noise", self.bar_noise, WIDEST),
            ("track_noise", self.track_noise, WIDEST),
            ("cell_noise", self.cell_noise, WIDEST),
        ]
    }
}

impl Default for Dimensions {
    fn default() -> Self {
        Self::BAND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_that_no_network_can_have_are_refused_by_name() {
        assert_eq!(Dimensions::BAND.check(), Ok(()));
        let refused = |d: Dimensions| d.check().err().map(|e| e.to_string()).unwrap_or_default();
        let none = Dimensions { hidden: 0, ..Dimensions::BAND };
        assert_eq!(refused(none), "`hidden` is 0, expected 1 to 1024");
        let huge = Dimensions { latent: usize::MAX, ..Dimensions::BAND };
        assert!(refused(huge).starts_with("`latent` is 18446744073709551615"));
        let uneven = Dimensions { heads: 5, ..Dimensions::BAND };
        assert_eq!(refused(uneven), "`heads` is 5, but does not divide `width`, which is 128");
        let all = Dimensions { rhythm: 64, ..Dimensions::BAND };
        assert_eq!(refused(all), "`rhythm` is 64, but has to be less than `latent`, which is 64");
    }
}

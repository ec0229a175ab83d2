//! The critic: how real what is played sounds, given the same conditions.
//!
//! It reads each bar of each track as the codec's encoder does, and beside that the rhythm and the
//! pitch classes of what is played, and how the pitched tracks fit each other in each beat.
use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_BAR, STEPS_PER_BAR};

use super::Dimensions;
use super::blocks::{
    Block, Linear, TOKENS, TrackLinear, blocks, for_each_track, to_phrase_order, to_track_order,
};
use super::condition::{Conditions, Told};
use super::encoder::mean_rows;
use crate::layout::Layout;
use crate::tape::{Network, Node, Tape};

/// Rhythm of a bar: for each step whether a note begins, whether one sounds, and a third of how
/// many begin.
pub const RHYTHM: usize = 3 * STEPS_PER_BAR;
/// Pitch classes of a bar: twelve for each beat.
pub const CHROMA: usize = 12 * BEATS_PER_BAR;
/// Harmony of a beat: tonal distances of piano-guitar, piano-bass, piano-strings, guitar-bass,
/// guitar-strings and bass-strings (0 where one is silent), and the share of sounding pitches with
/// a neighbour a semitone above.
pub const HARMONY_OF_BEAT: usize = 7;
/// Harmony of a bar.
pub const HARMONY: usize = HARMONY_OF_BEAT * BEATS_PER_BAR;

/// The critic's layers.
#[derive(Clone, Debug)]
pub struct Critic {
    layout: Layout,
    dimensions: Dimensions,
    told: Told,
    encoded: TrackLinear,
    rhythm: TrackLinear,
    chroma: TrackLinear,
    harmony: Linear,
    blocks: Vec<Block>,
    token: Linear,
    hidden: Linear,
    out: Linear,
}

impl Critic {
    /// A critic of these dimensions.
    #[must_use]
    pub fn new(dimensions: &Dimensions) -> Self {
        let Dimensions { width, latent, .. } = *dimensions;
        let mut layout = Layout::default();
        let l = &mut layout;
        let told = Told::new(l, dimensions);
        let encoded = TrackLinear::new(l, "encoded", latent, width);
        let rhythm = TrackLinear::scaled(l, "rhythm", [RHYTHM, width], 0.0, 0.0);
        let chroma = TrackLinear::scaled(l, "chroma", [CHROMA, width], 0.0, 0.0);
        let harmony = Linear::silent(l, "harmony", HARMONY, width);
        let blocks = blocks(l, dimensions, dimensions.critic_blocks);
        let token = Linear::new(l, "token", width, 1);
        let hidden = Linear::new(l, "hidden", 2 * width, width);
        let out = Linear::new(l, "out", width, 1);
        let dimensions = *dimensions;
        Self {
            layout,
            dimensions,
            told,
            encoded,
            rhythm,
            chroma,
            harmony,
            blocks,
            token,
            hidden,
            out,
        }
    }

    /// Where its numbers lie.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Columns of a token's features: the re-encoded latents in the generator's units, then
    /// [`RHYTHM`] and [`CHROMA`].
    #[must_use]
    pub const fn features(&self) -> usize {
        self.dimensions.latent + RHYTHM + CHROMA
    }

    /// The score of each phrase, `(phrases, 1)`, of features `(phrases * 20, features)` in phrase
    /// order and harmony `(phrases * 4, HARMONY)`.
    pub fn scores(
        &self,
        tape: &mut Tape,
        network: Network,
        features: Node,
        harmony: Node,
        conditions: &Conditions,
    ) -> Node {
        let told = self.told.tokens(tape, network, conditions);
        let heard = self.heard(tape, network, features);
        let fit = self.harmony.of(tape, network, harmony);
        let fit = for_each_track(tape, fit);
        let h = tape.add(told, heard);
        let mut h = tape.add(h, fit);
        for block in &self.blocks {
            h = block.of(tape, network, h);
        }
        let mean = mean_rows(tape, h, TOKENS);
        let most = tape.max_rows(h, TOKENS);
        let together = tape.beside(&[mean, most]);
        let together = self.hidden.of(tape, network, together);
        let together = tape.gelu(together);
        let together = self.out.of(tape, network, together);
        let each = self.token.of(tape, network, h);
        let each = mean_rows(tape, each, TOKENS);
        tape.add(together, each)
    }

    fn heard(&self, tape: &mut Tape, network: Network, features: Node) -> Node {
        let x = to_track_order(tape, features, BARS_PER_PHRASE);
        let latent = self.dimensions.latent;
        let encoded = tape.columns_of(x, 0..latent);
        let rhythm = tape.columns_of(x, latent..latent + RHYTHM);
        let chroma = tape.columns_of(x, latent + RHYTHM..self.features());
        let encoded = self.encoded.of(tape, network, encoded);
        let rhythm = self.rhythm.of(tape, network, rhythm);
        let chroma = self.chroma.of(tape, network, chroma);
        let x = tape.add(encoded, rhythm);
        let x = tape.add(x, chroma);
        to_phrase_order(tape, x, BARS_PER_PHRASE)
    }
}

//! The encoder: the latents of a phrase's bars, back to the noise that the generator would make
//! them of. It is how a real phrase can be varied and morphed.
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;

use super::Dimensions;
use super::blocks::{
    Block, Linear, Norm, TOKENS, TrackLinear, blocks, to_phrase_order, to_track_order,
};
use super::codec::Gaussian;
use super::condition::{Conditions, Told};
use crate::layout::Layout;
use crate::tape::{Network, Node, Tape};

/// The noise that may lie behind some phrases, in the order of
/// [`NoiseNodes`](super::generator::NoiseNodes).
#[derive(Clone, Copy, Debug)]
pub struct Posterior {
    /// `(phrases, phrase_noise)`
    pub phrase: Gaussian,
    /// `(phrases * 4, bar_noise)`
    pub bars: Gaussian,
    /// `(phrases * 5, track_noise)`
    pub tracks: Gaussian,
    /// `(phrases * 20, cell_noise)`
    pub cells: Gaussian,
}

/// The encoder's layers.
#[derive(Clone, Debug)]
pub struct Encoder {
    layout: Layout,
    told: Told,
    latents: TrackLinear,
    blocks: Vec<Block>,
    norm: Norm,
    phrase: Linear,
    bars: Linear,
    tracks: Linear,
    cells: Linear,
}

impl Encoder {
    /// An encoder of these dimensions.
    #[must_use]
    pub fn new(dimensions: &Dimensions) -> Self {
        let width = dimensions.width;
        let mut layout = Layout::default();
        let l = &mut layout;
        let told = Told::new(l, dimensions);
        let latents = TrackLinear::new(l, "latents", dimensions.latent, width);
        let blocks = blocks(l, dimensions, dimensions.encoder_blocks);
        let norm = Norm::new(l, "norm", width);
        let phrase = Linear::new(l, "noise.phrase", width, 2 * dimensions.phrase_noise);
        let bars = Linear::new(l, "noise.bars", width, 2 * dimensions.bar_noise);
        let tracks = Linear::new(l, "noise.tracks", width, 2 * dimensions.track_noise);
        let cells = Linear::new(l, "noise.cells", width, 2 * dimensions.cell_noise);
        Self { layout, told, latents, blocks, norm, phrase, bars, tracks, cells }
    }

    /// Where its numbers lie.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The noise of tokens in the generator's units, `(phrases * 20, latent)` in phrase order.
    pub fn noise(
        &self,
        tape: &mut Tape,
        network: Network,
        tokens: Node,
        conditions: &Conditions,
    ) -> Posterior {
        let told = self.told.tokens(tape, network, conditions);
        let x = to_track_order(tape, tokens, BARS_PER_PHRASE);
        let x = self.latents.of(tape, network, x);
        let x = to_phrase_order(tape, x, BARS_PER_PHRASE);
        let mut h = tape.add(told, x);
        for block in &self.blocks {
            h = block.of(tape, network, h);
        }
        let h = self.norm.of(tape, network, h);
        let of_phrase = mean_rows(tape, h, TOKENS);
        let of_tracks = mean_rows(tape, h, BARS_PER_PHRASE);
        let by_bar = by_bar(tape, h);
        let of_bars = mean_rows(tape, by_bar, Track::COUNT);
        let mut halves = |layer: &Linear, x| {
            let both = layer.of(tape, network, x);
            Gaussian::halves(tape, both)
        };
        Posterior {
            phrase: halves(&self.phrase, of_phrase),
            bars: halves(&self.bars, of_bars),
            tracks: halves(&self.tracks, of_tracks),
            cells: halves(&self.cells, h),
        }
    }
}

/// The mean of each so many rows.
pub(super) fn mean_rows(tape: &mut Tape, x: Node, rows: usize) -> Node {
    let sum = tape.sum_rows(x, rows);
    tape.scale(sum, (rows as f32).recip())
}

/// Tokens in the order (phrase, bar, track).
fn by_bar(tape: &mut Tape, x: Node) -> Node {
    let phrases = tape.rows(x) / TOKENS;
    let token =
        |p: usize, bar: usize, t: usize| ((p * Track::COUNT + t) * BARS_PER_PHRASE + bar) as u32;
    let index: Vec<u32> = (0..phrases)
        .flat_map(|p| (0..BARS_PER_PHRASE).map(move |bar| (p, bar)))
        .flat_map(|(p, bar)| (0..Track::COUNT).map(move |t| token(p, bar, t)))
        .collect();
    tape.gather(x, &index)
}

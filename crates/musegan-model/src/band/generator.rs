//! The generator: noise, chords, a sheet and the tracks that are given, to the latents of each bar
//! of each track.
//!
//! What must stay true: the latents of a given track come out as they went in, bit for bit; those of
//! a bar in which a track is silent are 0; and a bar that repeats another has its numbers.
use std::ops::Range;

use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;

use super::Dimensions;
use super::blocks::{
    Block, Linear, Norm, TOKENS, TrackLinear, blocks, for_each_bar, for_each_token, for_each_track,
    to_phrase_order, to_track_order,
};
use super::condition::{Conditions, Told};
use crate::layout::{Initial, Layout};
use crate::tape::{Network, Node, Tape};

/// What is drawn for some phrases, one after the other; standard normal where it is not encoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noise {
    /// (phrase, number)
    pub phrase: Vec<f32>,
    /// (phrase, bar, number)
    pub bars: Vec<f32>,
    /// (phrase, track, number)
    pub tracks: Vec<f32>,
    /// (phrase, track, bar, number)
    pub cells: Vec<f32>,
}

/// The same on a tape, a row for each of what it is drawn for.
#[derive(Clone, Copy, Debug)]
pub struct NoiseNodes {
    /// `(phrases, phrase_noise)`
    pub phrase: Node,
    /// `(phrases * 4, bar_noise)`
    pub bars: Node,
    /// `(phrases * 5, track_noise)`
    pub tracks: Node,
    /// `(phrases * 20, cell_noise)`
    pub cells: Node,
}

impl Noise {
    /// The numbers as constants on a tape.
    ///
    /// # Panics
    /// When they are not as many as the dimensions say.
    #[must_use]
    pub fn on(&self, tape: &mut Tape, dimensions: &Dimensions, phrases: usize) -> NoiseNodes {
        let Dimensions { phrase_noise, bar_noise, track_noise, cell_noise, .. } = *dimensions;
        NoiseNodes {
            phrase: tape.constant(phrases, phrase_noise, &self.phrase),
            bars: tape.constant(phrases * BARS_PER_PHRASE, bar_noise, &self.bars),
            tracks: tape.constant(phrases * Track::COUNT, track_noise, &self.tracks),
            cells: tape.constant(phrases * TOKENS, cell_noise, &self.cells),
        }
    }
}

/// Tracks that are there already.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Latents in the generator's units, `(phrases * 20, latent)` in phrase order; those of tracks
    /// that are not given do not matter.
    pub latents: Node,
    /// Whether the track is given, (phrase, track).
    pub tracks: &'a [bool],
}

/// The generator's layers.
#[derive(Clone, Debug)]
pub struct Generator {
    layout: Layout,
    dimensions: Dimensions,
    told: Told,
    phrase: Linear,
    bars: Linear,
    tracks: Linear,
    cells: Linear,
    given: TrackLinear,
    is_given: Range<usize>,
    blocks: Vec<Block>,
    norm: Norm,
    out: TrackLinear,
}

impl Generator {
    /// A generator of these dimensions.
    #[must_use]
    pub fn new(dimensions: &Dimensions) -> Self {
        let Dimensions { width, latent, .. } = *dimensions;
        let mut layout = Layout::default();
        let l = &mut layout;
        let told = Told::new(l, dimensions);
        let phrase = Linear::new(l, "noise.phrase", dimensions.phrase_noise, width);
        let bars = Linear::new(l, "noise.bars", dimensions.bar_noise, width);
        let tracks = Linear::new(l, "noise.tracks", dimensions.track_noise, width);
        let cells = Linear::new(l, "noise.cells", dimensions.cell_noise, width);
        let given = TrackLinear::new(l, "given.latents", latent, width);
        let is_given = l.push_vector("given.mark".into(), width, Initial::Normal(0.3));
        let blocks = blocks(l, dimensions, dimensions.generator_blocks);
        let norm = Norm::new(l, "norm", width);
        let out = TrackLinear::new(l, "out", width, latent);
        let dimensions = *dimensions;
        Self {
            layout,
            dimensions,
            told,
            phrase,
            bars,
            tracks,
            cells,
            given,
            is_given,
            blocks,
            norm,
            out,
        }
    }

    /// Where its numbers lie.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The latents of each token in units of the [`LatentScale`](super::codec::LatentScale),
    /// `(phrases * 20, latent)` in phrase order.
    pub fn latents(
        &self,
        tape: &mut Tape,
        network: Network,
        noise: NoiseNodes,
        given: Option<Given>,
        conditions: &Conditions,
    ) -> Node {
        let mut h = self.told.tokens(tape, network, conditions);
        for part in self.noise(tape, network, noise) {
            h = tape.add(h, part);
        }
        let given = given.map(|given| (given.latents, self.mask(tape, given.tracks)));
        if let Some((latents, mask)) = given {
            let known = self.known(tape, network, latents, mask);
            h = tape.add(h, known);
        }
        for block in &self.blocks {
            h = block.of(tape, network, h);
        }
        let h = self.norm.of(tape, network, h);
        let h = to_track_order(tape, h, BARS_PER_PHRASE);
        let h = self.out.of(tape, network, h);
        let h = to_phrase_order(tape, h, BARS_PER_PHRASE);
        let h = conditions.repeated(tape, h, &self.dimensions);
        let presence = conditions.presence(tape);
        let played = tape.mul(h, presence);
        let Some((latents, mask)) = given else { return played };
        // Of a sum of which one side is 0 the other is exactly what it was.
        let kept = tape.mul(latents, mask);
        let free = tape.scale(mask, -1.0);
        let free = tape.offset(free, 1.0);
        let played = tape.mul(played, free);
        tape.add(played, kept)
    }

    /// The noise of each token, four times `(phrases * 20, width)`.
    fn noise(&self, tape: &mut Tape, network: Network, noise: NoiseNodes) -> [Node; 4] {
        let phrase = self.phrase.of(tape, network, noise.phrase);
        let bars = self.bars.of(tape, network, noise.bars);
        let tracks = self.tracks.of(tape, network, noise.tracks);
        [
            for_each_token(tape, phrase),
            for_each_track(tape, bars),
            for_each_bar(tape, tracks),
            self.cells.of(tape, network, noise.cells),
        ]
    }

    /// 1 for the tokens of given tracks, `(phrases * 20, 1)`.
    fn mask(&self, tape: &mut Tape, tracks: &[bool]) -> Node {
        let mask: Vec<f32> = tracks.iter().map(|&given| f32::from(u8::from(given))).collect();
        let mask = tape.constant(mask.len(), 1, &mask);
        for_each_bar(tape, mask)
    }

    /// What the tokens of given tracks know of themselves; 0 for the others.
    fn known(&self, tape: &mut Tape, network: Network, latents: Node, mask: Node) -> Node {
        let x = to_track_order(tape, latents, BARS_PER_PHRASE);
        let x = self.given.of(tape, network, x);
        let x = to_phrase_order(tape, x, BARS_PER_PHRASE);
        let mark = tape.parameter(network, self.is_given.clone(), 1, self.dimensions.width);
        let x = tape.add(x, mark);
        tape.mul(x, mask)
    }
}

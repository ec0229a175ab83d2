//! The parts that the band's networks are made of, and the two orders in which rows lie.
//!
//! *Phrase order* is (phrase, track, row); *track order* is (track, phrase, row), in which every
//! track's rows lie together, so that a layer of which each track has its own is one operation.
//! A token is one bar of one track.
use std::ops::Range;

use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;

use super::Dimensions;
use crate::layout::{Initial, Layout};
use crate::tape::{Network, Node, Tape};

/// Tokens of a phrase.
pub const TOKENS: usize = Track::COUNT * BARS_PER_PHRASE;

/// Rows in phrase order, taken to track order; each phrase has `rows` of each track.
pub fn to_track_order(tape: &mut Tape, x: Node, rows: usize) -> Node {
    let phrases = tape.rows(x) / (Track::COUNT * rows);
    exchange(tape, x, Track::COUNT, phrases, rows)
}

/// Rows in track order, taken to phrase order; each phrase has `rows` of each track.
pub fn to_phrase_order(tape: &mut Tape, x: Node, rows: usize) -> Node {
    let phrases = tape.rows(x) / (Track::COUNT * rows);
    exchange(tape, x, phrases, Track::COUNT, rows)
}

/// Rows in the order (inner, outer, row), taken to (outer, inner, row).
fn exchange(tape: &mut Tape, x: Node, outer: usize, inner: usize, rows: usize) -> Node {
    let row = |o: usize, i: usize, r: usize| ((i * outer + o) * rows + r) as u32;
    let index: Vec<u32> = (0..outer)
        .flat_map(|o| (0..inner).flat_map(move |i| (0..rows).map(move |r| row(o, i, r))))
        .collect();
    tape.gather(x, &index)
}

/// The rows of each phrase's tracks (phrase order), repeated for each of their bars.
pub fn for_each_bar(tape: &mut Tape, x: Node) -> Node {
    let index: Vec<u32> = (0..(tape.rows(x) * BARS_PER_PHRASE) as u32)
        .map(|token| token / BARS_PER_PHRASE as u32)
        .collect();
    tape.gather(x, &index)
}

/// The rows of each phrase's bars, repeated for each track.
pub fn for_each_track(tape: &mut Tape, x: Node) -> Node {
    let index: Vec<u32> = tokens(tape.rows(x) / BARS_PER_PHRASE)
        .map(|(phrase, _, bar)| (phrase * BARS_PER_PHRASE + bar) as u32)
        .collect();
    tape.gather(x, &index)
}

/// The rows of the phrases, repeated for each token.
pub fn for_each_token(tape: &mut Tape, x: Node) -> Node {
    let index: Vec<u32> = tokens(tape.rows(x)).map(|(phrase, _, _)| phrase as u32).collect();
    tape.gather(x, &index)
}

/// Phrase, track and bar of each token.
pub(super) fn tokens(phrases: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..phrases * TOKENS).map(|token| {
        (token / TOKENS, token / BARS_PER_PHRASE % Track::COUNT, token % BARS_PER_PHRASE)
    })
}

/// A linear layer.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    weight: Range<usize>,
    bias: Range<usize>,
    outputs: usize,
}

impl Linear {
    /// A layer that begins as PyTorch's does.
    pub fn new(layout: &mut Layout, name: &str, inputs: usize, outputs: usize) -> Self {
        Self::scaled(layout, name, inputs, outputs, 1.0)
    }

    /// A layer whose weights begin `gain` times as large as PyTorch's.
    pub fn scaled(
        layout: &mut Layout,
        name: &str,
        inputs: usize,
        outputs: usize,
        gain: f32,
    ) -> Self {
        let bound = (inputs as f32).sqrt().recip();
        let uniform = |bound: f32| Initial::Uniform(-bound, bound);
        let weight = layout.push(
            format!("{name}.weight"),
            &[outputs, inputs],
            &[1, 0],
            uniform(gain * bound),
        );
        let bias = layout.push_vector(format!("{name}.bias"), outputs, uniform(bound));
        Self { weight, bias, outputs }
    }

    /// A layer that begins by giving nothing; only the critic has one.
    #[cfg(feature = "training")]
    pub fn silent(layout: &mut Layout, name: &str, inputs: usize, outputs: usize) -> Self {
        let zero = Initial::Constant(0.0);
        let weight = layout.push(format!("{name}.weight"), &[outputs, inputs], &[1, 0], zero);
        let bias = layout.push_vector(format!("{name}.bias"), outputs, zero);
        Self { weight, bias, outputs }
    }

    pub fn of(&self, tape: &mut Tape, network: Network, x: Node) -> Node {
        tape.linear(x, network, self.weight.clone(), Some(self.bias.clone()), self.outputs, 1)
    }
}

/// A linear layer of which each track has its own; rows in track order.
#[derive(Clone, Debug)]
pub(super) struct TrackLinear {
    weight: Range<usize>,
    bias: Range<usize>,
    outputs: usize,
}

impl TrackLinear {
    /// A layer that keeps the size of what goes through it.
    pub fn new(layout: &mut Layout, name: &str, inputs: usize, outputs: usize) -> Self {
        Self::scaled(layout, name, [inputs, outputs], 1.0, 0.0)
    }

    /// A layer that begins by giving `bias` and `gain` times what goes through it.
    pub fn scaled(
        layout: &mut Layout,
        name: &str,
        [inputs, outputs]: [usize; 2],
        gain: f32,
        bias: f32,
    ) -> Self {
        let initial = match gain {
            0.0 => Initial::Constant(0.0),
            gain => Initial::Normal(gain / (inputs as f32).sqrt()),
        };
        let shape = [Track::COUNT, inputs, outputs];
        let weight = layout.push(format!("{name}.weight"), &shape, &[0, 1, 2], initial);
        let shape = [Track::COUNT, outputs];
        let bias = Initial::Constant(bias);
        let bias = layout.push(format!("{name}.bias"), &shape, &[0, 1], bias);
        Self { weight, bias, outputs }
    }

    pub fn of(&self, tape: &mut Tape, network: Network, x: Node) -> Node {
        let bias = Some(self.bias.clone());
        tape.linear(x, network, self.weight.clone(), bias, self.outputs, Track::COUNT)
    }
}

/// Layer normalisation.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    scale: Range<usize>,
    shift: Range<usize>,
}

impl Norm {
    pub fn new(layout: &mut Layout, name: &str, width: usize) -> Self {
        Self {
            scale: layout.push_vector(format!("{name}.weight"), width, Initial::Constant(1.0)),
            shift: layout.push_vector(format!("{name}.bias"), width, Initial::Constant(0.0)),
        }
    }

    pub fn of(&self, tape: &mut Tape, network: Network, x: Node) -> Node {
        tape.layer_norm(x, network, self.scale.clone(), self.shift.clone())
    }
}

/// The tokens of a phrase look at each other, then each thinks for itself: attention and a hidden
/// layer, each behind a normalisation and added to what was there.
#[derive(Clone, Debug)]
pub(super) struct Block {
    before_attention: Norm,
    attention: Linear,
    attended: Linear,
    before_hidden: Norm,
    hidden: Linear,
    out: Linear,
    heads: usize,
}

impl Block {
    pub fn new(layout: &mut Layout, name: &str, dimensions: &Dimensions) -> Self {
        let width = dimensions.width;
        let hidden = width * dimensions.expansion;
        Self {
            before_attention: Norm::new(layout, &format!("{name}.before_attention"), width),
            attention: Linear::new(layout, &format!("{name}.attention"), width, 3 * width),
            attended: Linear::scaled(layout, &format!("{name}.attended"), width, width, 0.5),
            before_hidden: Norm::new(layout, &format!("{name}.before_hidden"), width),
            hidden: Linear::new(layout, &format!("{name}.hidden"), width, hidden),
            out: Linear::scaled(layout, &format!("{name}.out"), hidden, width, 0.5),
            heads: dimensions.heads,
        }
    }

    /// `x` is (phrases * 20, width), in phrase order.
    pub fn of(&self, tape: &mut Tape, network: Network, x: Node) -> Node {
        let h = self.before_attention.of(tape, network, x);
        let h = self.attention.of(tape, network, h);
        let h = tape.attention(h, TOKENS, self.heads);
        let h = self.attended.of(tape, network, h);
        let x = tape.add(x, h);
        let h = self.before_hidden.of(tape, network, x);
        let h = self.hidden.of(tape, network, h);
        let h = tape.gelu(h);
        let h = self.out.of(tape, network, h);
        tape.add(x, h)
    }
}

/// Several blocks, one after the other.
pub(super) fn blocks(layout: &mut Layout, dimensions: &Dimensions, number: usize) -> Vec<Block> {
    (0..number).map(|block| Block::new(layout, &format!("blocks.{block}"), dimensions)).collect()
}

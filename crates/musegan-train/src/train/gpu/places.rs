//! Where everything of a run lies in a device's memory. What must stay true: the same settings and
//! data take the same rooms in the same order, so that their bytes are known beforehand.
use super::super::batches::Phrases;
use super::super::config::Config;
use musegan_device::Slice;
use musegan_model::trainable::generator::LATENT;
use musegan_model::trainable::{Critic, Generator, Layout, Rooms};

/// Words of a phrase's bits, most significant bit of each byte first.
pub(super) const PHRASE_WORDS: usize = musegan_score::roll::CELLS / 32;

/// How much there is to train on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data {
    pub(super) phrases: usize,
    /// Songs of different weights, or none.
    pub(super) songs: usize,
    /// The weights of all phrases together.
    pub(super) weights_total: f64,
}

impl Data {
    pub(super) fn of(phrases: &dyn Phrases) -> Self {
        let songs = phrases.songs();
        let weights_total = songs.last().map_or(0.0, |song| song.weights_after());
        Self { phrases: phrases.len(), songs: songs.len(), weights_total }
    }
}

/// A network's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Network {
    pub(super) weights: Slice,
    /// Adam's two moments.
    pub(super) moments: [Slice; 2],
    pub(super) gradient: Slice,
    /// What the step measured, right behind the gradient, so that both are guarded at once.
    pub(super) measured: Slice,
    /// Pairs of first element and length: what was measured, then each tensor of the gradient.
    pub(super) ranges: Slice,
    /// Parameters.
    pub(super) len: usize,
    /// Numbers that are measured.
    pub(super) measured_len: usize,
    pub(super) ranges_len: usize,
}

impl Network {
    fn new(layout: &Layout, measured_len: usize, rooms: &mut Rooms) -> Self {
        let len = layout.len();
        let ranges_len = layout.parameters().len() + 1;
        let gradient = rooms.take(len + measured_len);
        Self {
            weights: rooms.take(len),
            moments: [rooms.take(len), rooms.take(len)],
            gradient,
            measured: gradient.at(len),
            ranges: rooms.take(2 * ranges_len),
            len,
            measured_len,
            ranges_len,
        }
    }

    /// What [`ranges`](Self::ranges) holds.
    pub(super) fn ranges_of(&self, layout: &Layout) -> Vec<u32> {
        let tensors = layout.parameters().iter().map(|p| [p.range.start, p.range.len()]);
        let all = [[self.len, self.measured_len]].into_iter().chain(tensors);
        all.flatten().map(|number| number as u32).collect()
    }
}

/// Rooms for what outlives a step, and for a batch's chance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// The steps finished, a `u64`.
    pub(super) clock: Slice,
    /// A word for each range of the critic, then of the generator: 1 + the step in which it was not
    /// finite.
    pub(super) broken: Slice,
    pub(super) generator: Network,
    pub(super) average: Slice,
    /// Running batch statistics.
    pub(super) statistics: Slice,
    pub(super) critic: Network,
    pub(super) bits: Slice,
    pub(super) facts: Slice,
    pub(super) songs: Option<Slice>,
    pub(super) latents: Slice,
    /// Where between a real and a generated phrase the penalty is taken.
    pub(super) shares: Slice,
    /// Gradients at the scores of real, generated and mixed phrases.
    pub(super) d_scores: Slice,
    /// Factors of the weights' gradient: as `d_scores`, but 0 for mixed phrases and the penalty's
    /// rates for their tangents.
    pub(super) factors: Slice,
}

impl Places {
    pub(super) fn new(
        (generator, critic): (&Generator, &Critic),
        config: &Config,
        data: &Data,
        rooms: &mut Rooms,
    ) -> Self {
        let n = config.batch;
        // The scores of real and generated phrases and the norms; the scores of generated ones.
        let critic = Network::new(critic.layout(), 3 * n, rooms);
        let statistics = rooms.take(generator.statistics().len());
        let generator = Network::new(generator.layout(), n, rooms);
        // Side by side, so that one look tells both.
        let clock = rooms.take(2 + critic.ranges_len + generator.ranges_len);
        Self {
            clock,
            broken: clock.at(2),
            generator,
            average: rooms.take(generator.len),
            statistics,
            critic,
            bits: rooms.take(data.phrases * PHRASE_WORDS),
            facts: rooms.take(data.phrases),
            songs: (data.songs > 0).then(|| rooms.take(data.songs * 6)),
            latents: rooms.take(n * LATENT),
            shares: rooms.take(n),
            d_scores: rooms.take(3 * n),
            factors: rooms.take(4 * n),
        }
    }

    /// Words of `broken`.
    pub(super) const fn broken_len(&self) -> usize {
        self.critic.ranges_len + self.generator.ranges_len
    }
}

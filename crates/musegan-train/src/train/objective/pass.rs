//! A batch of latents on its way through the generator. What must stay true: latents depend on the
//! run's seed, the step and what they are for.
use super::super::random::{self, Purpose};
use musegan_model::trainable::Generator;
use musegan_model::trainable::generator::{LATENT, SharedTape, TrackTape};
use musegan_score::Track;
use rayon::prelude::*;

/// The batch with the memory of its passes.
pub(crate) struct Pass {
    latents: Vec<f32>,
    pub(crate) shared: SharedTape,
    pub(crate) tracks: Vec<TrackTape>,
}

impl Pass {
    pub(crate) fn new(batch: usize) -> Self {
        Self {
            latents: vec![0.0; batch * LATENT],
            shared: SharedTape::new(batch),
            tracks: (0..Track::COUNT).map(|_| TrackTape::new(batch)).collect(),
        }
    }

    pub(crate) fn draw(&mut self, seed: u64, step: u64, purpose: Purpose, round: u32) {
        random::normals(random::generator(seed, step, purpose, round), &mut self.latents);
    }

    pub(crate) fn forward(&mut self, generator: &Generator, weights: &[f32]) {
        generator.forward_shared(weights, &self.latents, &mut self.shared);
        let shared = &self.shared;
        Track::ALL
            .into_par_iter()
            .zip(&mut self.tracks)
            .for_each(|(track, tape)| generator.forward_track(track, weights, shared, tape));
    }

    /// Writes the gradient of the weights, from the one at the cells of each track.
    pub(super) fn backward(
        &mut self,
        generator: &Generator,
        weights: &[f32],
        d_cells: impl Fn(Track) -> Vec<f32> + Sync,
        gradient: &mut [f32],
    ) {
        gradient.fill(0.0);
        let (shared_gradient, track_gradients) = generator.split(gradient);
        let Self { latents, shared, tracks } = self;
        let seen = &*shared;
        Track::ALL.into_par_iter().zip(&mut *tracks).zip(track_gradients).for_each(
            |((track, tape), gradient)| {
                generator.backward_track(track, weights, seen, tape, &d_cells(track), gradient);
            },
        );
        generator.backward_shared(weights, latents, shared, tracks, shared_gradient);
    }

    pub(crate) fn update_statistics(
        &self,
        generator: &Generator,
        weights: &[f32],
        share: f32,
        statistics: &mut [f32],
    ) {
        generator.update_statistics(weights, &self.shared, &self.tracks, share, statistics);
    }
}

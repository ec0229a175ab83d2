//! Ways from one latent to another, and what a band plays on them.
//!
//! What must stay true: at the ends of a way is what the two songs play, bit for bit.
use musegan_score::{Composition, Phrase, Track};

use super::{Band, Plays, latent};

/// How latents between two are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// On the straight line, nearer to the middle of the distribution than either end.
    #[default]
    Linear,
    /// On the great circle, as far from the middle as the ends are (White, "Sampling Generative
    /// Networks", 2016; arXiv:1609.04468).
    Spherical,
}

/// The latents of a model whose tracks have none of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the tutorial's networks have one latent for all tracks; only the model \"band\" has latents of \
     each track that can change alone"
)]
pub struct NoTrackLatents;

impl Way {
    /// The latent `share` of the way, `0.0..=1.0`, between two of one length.
    #[must_use]
    pub fn between(self, from: &[f32], to: &[f32], share: f32) -> Vec<f32> {
        let [own, other] = self.weights(from, to, share);
        from.iter().zip(to).map(|(from, to)| own * from + other * to).collect()
    }

    fn weights(self, from: &[f32], to: &[f32], share: f32) -> [f32; 2] {
        let linear = [1.0 - share, share];
        if self == Self::Linear || share <= 0.0 || share >= 1.0 {
            return linear;
        }
        let product = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let cosine = product(from, to) / (product(from, from) * product(to, to)).sqrt();
        let angle = cosine.clamp(-1.0, 1.0).acos();
        // Between latents in one direction the two ways are one, and between opposite ones there
        // is no shortest.
        if !(1e-4..=std::f64::consts::PI - 1e-4).contains(&angle) {
            return linear;
        }
        let weight = |share: f32| ((f64::from(share) * angle).sin() / angle.sin()) as f32;
        [weight(1.0 - share), weight(share)]
    }
}

impl Band {
    /// The phrase that lies `share` of the way, `0.0..=1.0` and 0 if it is no number, between the
    /// phrases of two songs at this place, without fills; notes as [`phrase`](Self::phrase) has them. With a track, only
    /// its latents go that way, and everything else is the first song's.
    ///
    /// # Errors
    /// If the model has no latents of one track.
    pub fn between(
        &mut self,
        (from, to): (&Composition, &Composition),
        phrase_index: i64,
        (way, share): (Way, f32),
        track: Option<Track>,
    ) -> Result<Phrase, NoTrackLatents> {
        let share = super::random::share(share);
        match &mut self.0 {
            Plays::Tutorial { .. } if track.is_some() => Err(NoTrackLatents),
            Plays::Tutorial { generator, thresholds } => {
                let of = |composition| latent::of_phrase(composition, phrase_index);
                let between = way.between(&of(from), &of(to), share);
                let latent = std::array::from_fn(|i| between[i]);
                Ok(generator.roll(&latent).candidates(*thresholds))
            }
            Plays::Band { player, .. } => {
                Ok(player.between((from, to), phrase_index, (way, share), track))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_great_circle_keeps_the_length_and_both_ways_begin_and_end_at_their_ends() {
        let (from, to) = (vec![3.0, 0.0, 0.1], vec![0.2, 2.9, -0.4]);
        let length = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>().sqrt();
        for way in [Way::Linear, Way::Spherical] {
            assert_eq!(way.between(&from, &to, 0.0), from);
            assert_eq!(way.between(&from, &to, 1.0), to);
        }
        let middle = Way::Spherical.between(&from, &to, 0.5);
        assert!((length(&middle) - 2.97).abs() < 0.1, "{middle:?}");
        assert!(length(&Way::Linear.between(&from, &to, 0.5)) < 2.3);
        let opposite: Vec<f32> = from.iter().map(|x| -x).collect();
        assert!(Way::Spherical.between(&from, &opposite, 0.5).iter().all(|x| x.is_finite()));
    }
}

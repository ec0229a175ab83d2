//! How a run of the band is doing: what its phases measure, as the signs that [`Health`] looks at.
//!
//! What must stay true: nothing that is trained depends on it.
use super::config::BandConfig;
use super::lesson;
use super::phase::{Phase, adversarial, second};
use crate::train::checkpoint::Score;
use crate::train::health::{Health, Signs, Verdict};
use musegan_model::band::Dimensions;

/// Watches a run.
pub(super) struct Watch {
    health: Health,
    /// Numbers in the noise of a phrase.
    noise: f64,
}

impl Watch {
    /// Of networks of these sizes; the likeness of two training phrases, if it is known, is what
    /// played phrases are held against.
    pub fn new(dimensions: &Dimensions, real_likeness: Option<f64>) -> Self {
        let noise = lesson::noise(dimensions).into_iter().sum::<usize>();
        Self { health: Health::of_band(real_likeness), noise: noise as f64 }
    }

    /// Takes in means over some steps, up to the one with this number (counted from 1). Gives the
    /// verdict where it is another than before.
    pub fn look(
        &mut self,
        settings: &BandConfig,
        step: u64,
        measured: &[(String, f64)],
    ) -> Option<Verdict> {
        let (phase, within) = settings.phase(step.saturating_sub(1));
        let of = |name| measured.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        // While the divergence has little weight the noise says more than it will.
        let settled = phase > Phase::Second || within >= settings.second.divergence_warm_up;
        if let Some(nats) = of(second::DIVERGENCE).filter(|_| settled) {
            self.health.find_noise(nats / self.noise);
        }
        match (phase, of(adversarial::CRITIC_LOSS), of(adversarial::GAP)) {
            (Phase::Adversarial, Some(worth), Some(gap)) => {
                self.health.look(Signs { worth, real: gap, fake: 0.0 })
            }
            (Phase::Second, ..) if settled => self.health.look_without_critic(),
            _ => None,
        }
    }

    /// Takes in how good what is played is.
    pub fn listen(&mut self, score: &Score) {
        self.health.listen(score);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::band::config::{AdversarialPhase, CodecPhase, SecondPhase};

    /// Forty steps of each phase.
    fn settings() -> BandConfig {
        BandConfig {
            codec: CodecPhase { steps: 40, ..CodecPhase::default() },
            second: SecondPhase { steps: 40, divergence_warm_up: 10, ..SecondPhase::default() },
            adversarial: AdversarialPhase { steps: 40, ..AdversarialPhase::default() },
            ..BandConfig::default()
        }
    }

    /// What is said, and after which steps, where a phrase's noise has so many nats.
    fn said(watch: &mut Watch, nats: f64, critic: f64, gap: f64) -> Vec<(u64, Verdict)> {
        let settings = settings();
        let measured = |step: u64| {
            let second = (step > 40).then(|| (second::DIVERGENCE.to_owned(), nats));
            let third = [(adversarial::CRITIC_LOSS, critic), (adversarial::GAP, gap)];
            let third = third.map(|(name, value)| (name.to_owned(), value));
            second.into_iter().chain(third.into_iter().filter(move |_| step > 80))
        };
        let look = |step| {
            let measured: Vec<_> = measured(step).collect();
            Some((step, watch.look(&settings, step, &measured)?))
        };
        (1..=120).filter_map(look).collect()
    }

    fn watch() -> Watch {
        Watch::new(&Dimensions::BAND, Some(0.05))
    }

    #[test]
    fn noise_that_means_nothing_is_told_once_its_divergence_has_its_weight() {
        let said = said(&mut watch(), 20.0, 0.5, 0.4);
        assert_eq!(said, [(55, Verdict::NoiseUnused)]);
    }

    #[test]
    fn a_critic_is_judged_once_there_is_one() {
        use Verdict::{Confused, CriticDominates, CriticFooled, Healthy};
        assert_eq!(said(&mut watch(), 600.0, 0.5, 0.4), [(55, Healthy)]);
        for (critic, gap, verdict) in
            [(0.1, 2.3, CriticDominates), (0.69, 0.0, Confused), (0.95, -0.5, CriticFooled)]
        {
            let said = said(&mut watch(), 600.0, critic, gap);
            assert_eq!(said, [(55, Healthy), (104, verdict)]);
        }
    }

    #[test]
    fn phrases_alike_are_a_collapse_before_there_is_a_critic() {
        let mut watch = watch();
        watch.listen(&Score { mean_abs_z: 0.2, likeness: Some(0.3) });
        assert_eq!(said(&mut watch, 600.0, 0.5, 0.4), [(55, Verdict::Collapse)]);
    }
}

//! What is said of a run: a verdict in words, and what may help, by the names of the settings that the
//! trained networks have.
use crate::train::config::Network;

/// What is said of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Too early to say.
    Beginning,
    /// Nothing is amiss.
    Healthy,
    /// The critic tells nearly all phrases apart.
    CriticDominates,
    /// The critic takes generated phrases for real ones, and real ones for generated.
    CriticFooled,
    /// The critic cannot tell them apart.
    Confused,
    /// All generated phrases are alike.
    Collapse,
    /// The noise has come to mean nothing.
    NoiseUnused,
    /// Scores go out of bounds, or what is played gets far worse.
    Divergence,
}

impl Verdict {
    /// Its name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Beginning => "beginning",
            Self::Healthy => "healthy",
            Self::CriticDominates => "critic-dominates",
            Self::CriticFooled => "critic-fooled",
            Self::Confused => "confused",
            Self::Collapse => "collapse",
            Self::NoiseUnused => "noise-unused",
            Self::Divergence => "divergence",
        }
    }

    /// What it means, and what may help with these networks.
    #[must_use]
    pub fn says(self, network: Network) -> String {
        match self.remedy(network) {
            Some(remedy) => format!("{}; {remedy} may help", self.meaning()),
            None => self.meaning().to_owned(),
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Beginning => "it is too early to say how the run is doing",
            Self::Healthy => "healthy: nothing is amiss",
            Self::CriticDominates => {
                "the critic dominates: it tells nearly all phrases apart, and the generator learns \
                 little from it"
            }
            Self::CriticFooled => "the critic is fooled: it takes generated phrases for real ones",
            Self::Confused => {
                "the critic is confused: it cannot tell real phrases from generated ones, and has \
                 nothing to teach"
            }
            Self::Collapse => "collapse: the generated phrases are alike",
            Self::NoiseUnused => {
                "the noise means nothing: what is played follows from sheet and chords alone, and \
                 another seed changes little"
            }
            Self::Divergence => {
                "divergence: scores go out of bounds, or what is played is far worse than it was"
            }
        }
    }

    const fn remedy(self, network: Network) -> Option<&'static str> {
        Some(match (self, network) {
            (Self::Beginning | Self::Healthy, _) => return None,
            (Self::CriticDominates, Network::Tutorial) => {
                "fewer critic_steps, a lower rate of [critic] or a higher penalty"
            }
            (Self::CriticDominates, Network::Band) => {
                "a lower critic_learning_rate or a higher penalty of [band.adversarial]"
            }
            (Self::CriticFooled, Network::Tutorial) => {
                "more critic_steps or a higher rate of [critic]"
            }
            (Self::CriticFooled, Network::Band) => {
                "a higher critic_learning_rate of [band.adversarial]"
            }
            (Self::Confused, Network::Tutorial) => {
                "more critic_steps, a higher rate of [critic] or a lower penalty"
            }
            (Self::Confused, Network::Band) => {
                "a higher critic_learning_rate or a lower penalty of [band.adversarial]"
            }
            (Self::Collapse, Network::Tutorial) => {
                "more critic_steps, minibatch_statistics, feature_matching or another seed"
            }
            (Self::Collapse, Network::Band) => {
                "a lower divergence of [band.second] or a higher weight second of [band.adversarial]"
            }
            (Self::NoiseUnused, _) => "a lower divergence of [band.second]",
            (Self::Divergence, Network::Tutorial) => {
                "a lower learning_rate or a higher penalty, from the last checkpoint that was healthy,"
            }
            (Self::Divergence, Network::Band) => {
                "a lower learning_rate or a higher penalty of [band.adversarial], or no \
                 decoder_learning_rate,"
            }
        })
    }
}

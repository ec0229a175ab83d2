//! Everything that training changes. What must stay true: together with the configuration and the
//! data it determines every later step, bit for bit; and a state whose later phases have not begun
//! has nothing of them, so that their networks may still change.
use super::beginning;
use super::descent;
use super::networks::{self, Learner, Networks};
use super::repertoire::Repertoire;
use super::stage::{self, Handles};
use crate::train::checkpoint::{Contents, Reader, Settings, Vector};
use crate::train::config::Config;
use crate::train::error::TrainError;
use crate::train::objective::NotFinite;
use crate::train::optimiser::{Adam, Moments};
use musegan_model::band::Dimensions;
use musegan_model::band::codec::LatentScale;
use musegan_model::layout::Layout;
use musegan_model::tape::{Gradients, Network};
use musegan_score::Track;

/// The logarithm of how far off each track's codes are said to be at the beginning.
const FIRST_SPREAD: f32 = -0.5;
/// Each track's, of each code.
const SPREADS: usize = Track::COUNT * stage::CODES;

/// The networks in training.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps finished. It is also the position of the random numbers, which are keyed by it.
    pub step: u64,
    /// Sizes of the networks.
    pub dimensions: Dimensions,
    /// The bar codec.
    pub codec: Learner,
    /// What begins with the second phase.
    pub second: Option<Second>,
    /// What begins with the third.
    pub adversarial: Option<Adversarial>,
}

/// Generator and encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Second {
    /// How the codec's latents were spread at the end of its phase.
    pub scale: LatentScale,
    /// What the band will be asked for when it plays by itself.
    pub repertoire: Repertoire,
    /// The generator.
    pub generator: Learner,
    /// The encoder.
    pub encoder: Learner,
    /// Logarithm of what each track's latents differ by from those that are reconstructed.
    pub spread: Learner,
    /// The moving average of the generator's weights.
    pub generator_average: Vec<f32>,
    /// The moving average of the encoder's weights.
    pub encoder_average: Vec<f32>,
}

/// A gradient of generator, encoder and spread.
#[derive(Clone, Debug, Default)]
pub struct SecondGradient {
    generator: Vec<f32>,
    encoder: Vec<f32>,
    spread: Vec<f32>,
}

/// The critic, and the decoder's average.
#[derive(Clone, Debug, PartialEq)]
pub struct Adversarial {
    /// The critic.
    pub critic: Learner,
    /// The codec with the moving average of its decoder.
    pub codec_average: Vec<f32>,
}

impl State {
    /// A run before its first step.
    #[must_use]
    pub fn start(networks: &Networks, seed: u64) -> Self {
        Self {
            step: 0,
            dimensions: networks.dimensions,
            codec: Learner::start(networks.codec.layout(), seed, 0),
            second: None,
            adversarial: None,
        }
    }

    /// The networks of these sizes.
    #[must_use]
    pub fn networks(&self) -> Networks {
        Networks::new(&self.dimensions)
    }
}

impl Second {
    /// Generator and encoder before their first step.
    #[must_use]
    pub fn start(
        networks: &Networks,
        (scale, repertoire): (LatentScale, Repertoire),
        seed: u64,
    ) -> Self {
        let generator = Learner::start(networks.generator.layout(), seed, 1);
        let encoder = Learner::start(networks.encoder.layout(), seed, 2);
        Self {
            scale,
            repertoire,
            spread: Learner::of(vec![FIRST_SPREAD; SPREADS]),
            generator_average: generator.weights.clone(),
            encoder_average: encoder.weights.clone(),
            generator,
            encoder,
        }
    }

    /// Moves the weights against a gradient.
    pub fn descend(&mut self, adam: Adam, gradient: &mut SecondGradient) {
        let learners = [
            (&mut self.generator, &mut gradient.generator),
            (&mut self.encoder, &mut gradient.encoder),
            (&mut self.spread, &mut gradient.spread),
        ];
        for (learner, gradient) in learners {
            descent::descend(adam, learner, 0..gradient.len(), gradient);
        }
    }

    /// Moves the averages towards the weights.
    pub fn average(&mut self, decay: f64) {
        for (average, learner) in [
            (&mut self.generator_average, &self.generator),
            (&mut self.encoder_average, &self.encoder),
        ] {
            descent::average(average, &learner.weights, 0..learner.weights.len(), decay);
        }
    }
}

impl Adversarial {
    /// A critic before its first step, beside a codec as it is.
    #[must_use]
    pub fn start(networks: &Networks, codec: &Learner, seed: u64) -> Self {
        let critic = Learner::start(networks.critic.layout(), seed, 3);
        Self { critic, codec_average: codec.weights.clone() }
    }
}

impl SecondGradient {
    /// Adds the gradients of a batch's parts.
    ///
    /// # Errors
    /// [`NotFinite`].
    pub fn gather(
        &mut self,
        networks: &Networks,
        parts: &[(&Gradients, Handles)],
    ) -> Result<(), NotFinite> {
        let of = |network: fn(&Handles) -> Network| -> Vec<&[f32]> {
            parts.iter().map(|(gradients, handles)| gradients.of(network(handles))).collect()
        };
        let (generator, encoder) = (networks.generator.layout(), networks.encoder.layout());
        descent::gather(&of(|h| h.generator), &mut self.generator, ("generator", generator))?;
        descent::gather(&of(|h| h.encoder), &mut self.encoder, ("encoder", encoder))?;
        descent::gather(&of(|h| h.spread), &mut self.spread, ("spread", &Layout::default()))
    }
}

impl Contents for State {
    const KIND: &'static str = "band";

    fn step(&self) -> u64 {
        self.step
    }

    fn settings(&self, config: &Config) -> Result<Settings, TrainError> {
        Ok(Settings::used(beginning::used(config, self)?))
    }

    fn vectors(&self) -> Vec<Vector<'_>> {
        let networks = self.networks();
        let mut vectors = vec![Vector::plain("dimensions", networks::numbers(&self.dimensions))];
        vectors.extend(learner(CODEC, networks.codec.layout(), &self.codec));
        if let Some(second) = &self.second {
            let (generator, encoder) = (networks.generator.layout(), networks.encoder.layout());
            vectors.extend([
                Vector::plain("latents.mean", &second.scale.mean),
                Vector::plain("latents.deviation", &second.scale.deviation),
                Vector::plain("latents.noise", &second.scale.noise),
            ]);
            vectors.extend(second.repertoire.vectors());
            vectors.extend(learner(GENERATOR, generator, &second.generator));
            vectors.extend(learner(ENCODER, encoder, &second.encoder));
            vectors.extend([
                Vector::plain("spread", &second.spread.weights),
                Vector::plain("spread.adam.first", &second.spread.moments.first),
                Vector::plain("spread.adam.second", &second.spread.moments.second),
                Vector::of("generator.average", generator, &second.generator_average),
                Vector::of("encoder.average", encoder, &second.encoder_average),
            ]);
        }
        if let Some(adversarial) = &self.adversarial {
            vectors.extend(learner(CRITIC, networks.critic.layout(), &adversarial.critic));
            let codec = networks.codec.layout();
            vectors.push(Vector::of("codec.average", codec, &adversarial.codec_average));
        }
        vectors
    }

    fn assemble(step: u64, reader: &mut Reader<'_>) -> Result<Self, String> {
        let dimensions = networks::of_numbers(&reader.plain("dimensions")?)?;
        let networks = Networks::new(&dimensions);
        let codec = read(reader, CODEC, networks.codec.layout())?;
        let second = reader.has("latents.mean", None).then(|| read_second(reader, &networks));
        let second = second.transpose()?;
        let begun = reader.has(CODEC_AVERAGE, first_name(networks.codec.layout()));
        let adversarial = begun.then(|| -> Result<_, String> {
            Ok(Adversarial {
                critic: read(reader, CRITIC, networks.critic.layout())?,
                codec_average: reader.vector(CODEC_AVERAGE, networks.codec.layout())?,
            })
        });
        Ok(Self { step, dimensions, codec, second, adversarial: adversarial.transpose()? })
    }
}

const CODEC: [&str; 3] = ["codec", "codec.adam.first", "codec.adam.second"];
const GENERATOR: [&str; 3] = ["generator", "generator.adam.first", "generator.adam.second"];
const ENCODER: [&str; 3] = ["encoder", "encoder.adam.first", "encoder.adam.second"];
const CRITIC: [&str; 3] = ["critic", "critic.adam.first", "critic.adam.second"];
const CODEC_AVERAGE: &str = "codec.average";

fn learner<'a>(names: [&'static str; 3], layout: &Layout, of: &'a Learner) -> [Vector<'a>; 3] {
    let Learner { weights, moments } = of;
    let [name, first, second] = names;
    [
        Vector::of(name, layout, weights),
        Vector::of(first, layout, &moments.first),
        Vector::of(second, layout, &moments.second),
    ]
}

fn read(reader: &mut Reader, names: [&str; 3], layout: &Layout) -> Result<Learner, String> {
    let [name, first, second] = names;
    Ok(Learner {
        weights: reader.vector(name, layout)?,
        moments: Moments {
            first: reader.vector(first, layout)?,
            second: reader.vector(second, layout)?,
        },
    })
}

fn read_second(reader: &mut Reader, networks: &Networks) -> Result<Second, String> {
    let (generator, encoder) = (networks.generator.layout(), networks.encoder.layout());
    let latents = Track::COUNT * networks.dimensions.latent;
    let scale = LatentScale {
        mean: read_plain(reader, "latents.mean", latents)?,
        deviation: read_plain(reader, "latents.deviation", latents)?,
        noise: read_plain(reader, "latents.noise", latents)?,
    };
    Ok(Second {
        scale,
        repertoire: Repertoire::read(reader)?,
        generator: read(reader, GENERATOR, generator)?,
        encoder: read(reader, ENCODER, encoder)?,
        spread: Learner {
            weights: read_plain(reader, "spread", SPREADS)?,
            moments: Moments {
                first: read_plain(reader, "spread.adam.first", SPREADS)?,
                second: read_plain(reader, "spread.adam.second", SPREADS)?,
            },
        },
        generator_average: reader.vector("generator.average", generator)?,
        encoder_average: reader.vector("encoder.average", encoder)?,
    })
}

fn read_plain(reader: &mut Reader, name: &str, len: usize) -> Result<Vec<f32>, String> {
    let numbers = reader.plain(name)?;
    match numbers.len() == len {
        true => Ok(numbers),
        false => Err(format!("`{name}` has {} numbers, not {len}", numbers.len())),
    }
}

fn first_name(layout: &Layout) -> Option<&str> {
    layout.parameters().first().map(|parameter| parameter.name.as_str())
}

//! From a training state to the weights that are played. What must stay true: exporting the same
//! checkpoint twice gives the same file.
use super::checkpoint::{Checkpoint, Checkpoints, Contents, Corpus, Score};
use super::config::{Config, Network};
use super::error::TrainError;
use super::objective::Pass;
use super::random::Purpose;
use super::state::State;
use musegan_model::trainable::Generator;
use musegan_model::weights::Parameter;
use musegan_model::{Architecture, Provenance, Weights};
use std::path::Path;

/// Batches whose statistics a moving average of weights is given.
const BATCHES: u64 = 64;
/// Phrases of such a batch.
const BATCH: usize = 64;

/// Which checkpoint of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that plays best, where any was measured, and the newest otherwise.
    Best,
    /// The newest.
    Newest,
}

/// The weights of a checkpoint of a run, and its score if it has one.
///
/// # Errors
/// [`TrainError`] when there is no checkpoint, it was trained with other settings than the run's
/// config.toml has now, or its numbers make no weights file.
pub fn export(run: &Path, which: Which) -> Result<(Weights, Option<Score>), TrainError> {
    let config = Config::read(&run.join("config.toml"))?;
    if config.network == Network::Band {
        return super::band::export::export(run, which);
    }
    let checkpoint = choose::<State>(&Checkpoints::of(run), which)?;
    checkpoint.check_settings(&config, run)?;
    let weights = weights(&Generator::new(), &checkpoint.state, &config, &checkpoint.corpus)?;
    Ok((weights, checkpoint.score))
}

/// That checkpoint of a run.
///
/// # Errors
/// [`TrainError::NoCheckpoint`].
pub fn choose<S: Contents>(
    checkpoints: &Checkpoints,
    which: Which,
) -> Result<Checkpoint<S>, TrainError> {
    match which {
        Which::Best => checkpoints.best().map_or_else(|| checkpoints.newest(), Ok),
        Which::Newest => checkpoints.newest(),
    }
}

/// The weights that a state is exported as: the moving average if the run has one, with batch
/// statistics measured for it, since running statistics belong to the weights they ran with.
///
/// # Errors
/// [`TrainError::Export`].
pub fn weights(
    generator: &Generator,
    state: &State,
    config: &Config,
    corpus: &Corpus,
) -> Result<Weights, TrainError> {
    let (flat, statistics) = if config.average > 0.0 {
        (&state.average, measured(generator, &state.average, config.seed))
    } else {
        (&state.generator, state.statistics.clone())
    };
    let tensors = [(generator.layout(), flat), (generator.statistics(), &statistics)];
    let tensors = tensors.into_iter().flat_map(|(layout, flat)| layout.tensors(flat));
    let tensors =
        tensors.map(|(name, shape, values)| (name, Parameter { shape, values })).collect();
    let provenance = Provenance {
        corpora: corpus.names.clone(),
        corpus_sha256: corpus.sha256.clone(),
        steps: state.step,
        ..Provenance::default()
    };
    Weights::new(Architecture::tutorial(), provenance, tensors, "the training state")
        .map_err(|e| TrainError::Export(e.to_string()))
}

/// Batch statistics of these weights, averaged over many batches.
fn measured(generator: &Generator, weights: &[f32], seed: u64) -> Vec<f32> {
    let mut statistics = vec![0.0; generator.statistics().len()];
    let mut pass = Pass::new(BATCH);
    for batch in 0..BATCHES {
        pass.draw(seed, batch, Purpose::Statistics, 1);
        pass.forward(generator, weights);
        pass.update_statistics(generator, weights, 1.0 / (batch + 1) as f32, &mut statistics);
    }
    statistics
}

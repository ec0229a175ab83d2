//! From a run's state to the weights that the band plays. What must stay true: exporting the same
//! state twice gives the same file.
use super::networks::Networks;
use super::state::State;
use crate::train::checkpoint::{Checkpoints, Corpus, Score};
use crate::train::error::TrainError;
use crate::train::export::{Which, choose};
use musegan_model::architecture::PREFIXES;
use musegan_model::weights::Parameter;
use musegan_model::{Architecture, Provenance, Weights};
use musegan_score::Track;
use std::collections::BTreeMap;
use std::path::Path;

/// The weights of a checkpoint of a run, and its score if it has one.
///
/// # Errors
/// [`TrainError`] when there is no checkpoint, or only the codec is trained so far.
pub fn export(run: &Path, which: Which) -> Result<(Weights, Option<Score>), TrainError> {
    let checkpoint = choose::<State>(&Checkpoints::of(run), which)?;
    let weights = weights(&checkpoint.state.networks(), &checkpoint.state, &checkpoint.corpus)?;
    Ok((weights, checkpoint.score))
}

/// The weights that a state is exported as: the moving averages of whatever has one.
///
/// # Errors
/// [`TrainError::Export`].
pub fn weights(networks: &Networks, state: &State, corpus: &Corpus) -> Result<Weights, TrainError> {
    let Some(second) = &state.second else {
        let reason = "only its codec is trained so far; go on with --resume".to_owned();
        return Err(TrainError::Export(reason));
    };
    let codec = state.adversarial.as_ref().map_or(&state.codec.weights, |a| &a.codec_average);
    let flat = [
        (networks.codec.layout(), codec),
        (networks.generator.layout(), &second.generator_average),
        (networks.encoder.layout(), &second.encoder_average),
    ];
    let mut tensors = BTreeMap::new();
    for (prefix, (layout, flat)) in PREFIXES.into_iter().zip(flat) {
        for (name, shape, values) in layout.tensors(flat) {
            tensors.insert(format!("{prefix}{name}"), Parameter { shape, values });
        }
    }
    let (scale, latent) = (&second.scale, networks.dimensions.latent);
    let latents = [
        ("latents.mean", &scale.mean),
        ("latents.deviation", &scale.deviation),
        ("latents.noise", &scale.noise),
    ];
    for (name, values) in latents {
        let shape = vec![Track::COUNT, latent];
        tensors.insert(name.to_owned(), Parameter { shape, values: values.clone() });
    }
    for (name, shape, values) in second.repertoire.tensors() {
        tensors.insert(name.to_owned(), Parameter { shape, values: values.to_vec() });
    }
    let provenance = Provenance {
        corpora: corpus.names.clone(),
        corpus_sha256: corpus.sha256.clone(),
        steps: state.step,
        ..Provenance::default()
    };
    let architecture = Architecture::band(networks.dimensions, second.repertoire.entries());
    Weights::new(architecture, provenance, tensors, "the training state")
        .map_err(|e| TrainError::Export(e.to_string()))
}

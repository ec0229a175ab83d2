//! The bytes of a checkpoint: one safetensors file of named vectors, with what it says about itself
//! in the metadata. What must stay true: equal contents give equal bytes, and a file whose numbers
//! were altered is recognised by its checksum.
use super::{Corpus, Score, Settings};
use crate::train::config::Config;
use crate::train::error::TrainError;
use musegan_model::trainable::Layout;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;

/// The one key of a checkpoint's metadata; its value is [`About`] as JSON.
const ABOUT: &str = "musegan-checkpoint";
const VERSION: u32 = 1;
/// The networks of checkpoints that do not tell.
const OLDEST_KIND: &str = "tutorial";

/// What training goes on from: a step, and vectors of numbers.
pub trait Contents: Sized {
    /// The networks that it belongs to, as a configuration names them.
    const KIND: &'static str;

    /// Steps finished.
    fn step(&self) -> u64;

    /// What it says of the settings that made it what it is.
    ///
    /// # Errors
    /// [`TrainError::Config`] for a number that TOML cannot hold.
    fn settings(&self, config: &Config) -> Result<Settings, TrainError>;

    /// All vectors, always in the same order.
    fn vectors(&self) -> Vec<Vector<'_>>;

    /// The same from what was read: all vectors, in the order of [`vectors`](Self::vectors).
    ///
    /// # Errors
    /// A sentence, for whatever does not fit.
    fn assemble(step: u64, reader: &mut Reader<'_>) -> Result<Self, String>;
}

/// A vector of a checkpoint, which is written as the tensors of its layout.
pub struct Vector<'a> {
    name: &'static str,
    layout: Option<Layout>,
    values: Cow<'a, [f32]>,
}

impl<'a> Vector<'a> {
    /// The numbers of a network, or as many that belong to them, such as an optimiser's.
    #[must_use]
    pub fn of(name: &'static str, layout: &Layout, values: &'a [f32]) -> Self {
        Self { name, layout: Some(layout.clone()), values: values.into() }
    }

    /// Numbers without names.
    #[must_use]
    pub fn plain(name: &'static str, values: impl Into<Cow<'a, [f32]>>) -> Self {
        Self { name, layout: None, values: values.into() }
    }

    /// Name, shape and numbers of each tensor.
    fn tensors(&self) -> Vec<(String, Vec<usize>, Vec<f32>)> {
        match &self.layout {
            None => vec![(self.name.to_owned(), vec![self.values.len()], self.values.to_vec())],
            Some(layout) => {
                let tensors = layout.tensors(&self.values).into_iter();
                let named = tensors
                    .map(|(tensor, shape, values)| (path(self.name, &tensor), shape, values));
                named.collect()
            }
        }
    }
}

fn path(vector: &str, tensor: &str) -> String {
    format!("{vector}/{tensor}")
}

/// Gives the vectors of a file one after the other.
pub struct Reader<'a> {
    file: SafeTensors<'a>,
    digest: Sha256,
}

impl Reader<'_> {
    /// Whether the file has a tensor of this vector's; of a [plain](Vector::plain) one without a
    /// tensor's name.
    #[must_use]
    pub fn has(&self, vector: &str, tensor: Option<&str>) -> bool {
        let name = tensor.map_or(vector.to_owned(), |tensor| path(vector, tensor));
        self.file.tensor(&name).is_ok()
    }

    /// The next vector, of this layout.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape.
    pub fn vector(&mut self, name: &str, layout: &Layout) -> Result<Vec<f32>, String> {
        for parameter in layout.parameters() {
            let tensor = self.file.tensor(&path(name, &parameter.name));
            self.digest.update(tensor.map_err(|e| e.to_string())?.data());
        }
        let find = |tensor: &str| {
            let tensor = self.file.tensor(&path(name, tensor)).ok()?;
            Some((tensor.shape().to_vec(), numbers(tensor.data()).into()))
        };
        layout.flat(find).map_err(|e| e.to_string())
    }

    /// The next vector, which has no layout.
    ///
    /// # Errors
    /// If it is missing.
    pub fn plain(&mut self, name: &str) -> Result<Vec<f32>, String> {
        let tensor = self.file.tensor(name).map_err(|e| e.to_string())?;
        self.digest.update(tensor.data());
        Ok(numbers(tensor.data()))
    }
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// What a checkpoint says about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    step: u64,
    pub(super) corpus: Corpus,
    /// Not in older checkpoints.
    #[serde(flatten)]
    pub(super) settings: Settings,
    /// How good what it plays is, if that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<Score>,
    /// Of the tensors' bytes, hexadecimal.
    sha256: String,
}

pub(super) fn to_bytes<S: Contents>(
    state: &S,
    corpus: &Corpus,
    settings: Settings,
    score: Option<Score>,
) -> Result<Vec<u8>, String> {
    let mut tensors = Vec::new();
    let mut digest = Sha256::new();
    for (name, shape, values) in state.vectors().iter().flat_map(Vector::tensors) {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        digest.update(&bytes);
        tensors.push((name, shape, bytes));
    }
    let about = About {
        version: VERSION,
        kind: Some(S::KIND.to_owned()),
        step: state.step(),
        corpus: corpus.clone(),
        settings,
        score,
        sha256: hexadecimal(digest),
    };
    let about = serde_json::to_string(&about).map_err(|e| e.to_string())?;
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let metadata = HashMap::from([(ABOUT.to_owned(), about)]);
    views.and_then(|views| safetensors::serialize(views, Some(metadata))).map_err(|e| e.to_string())
}

pub(super) fn from_bytes<S: Contents>(bytes: &[u8]) -> Result<(S, About), String> {
    let about = about(bytes)?;
    let kind = about.kind.as_deref().unwrap_or(OLDEST_KIND);
    if kind != S::KIND {
        return Err(format!("it is of the networks `{kind}`, not `{}`", S::KIND));
    }
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let mut reader = Reader { file, digest: Sha256::new() };
    let state = S::assemble(about.step, &mut reader)?;
    if hexadecimal(reader.digest) != about.sha256 {
        return Err("its numbers do not match its checksum".to_owned());
    }
    Ok((state, about))
}

/// What a file says about itself, whatever it holds.
pub(super) fn about(bytes: &[u8]) -> Result<About, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let about = header.metadata().as_ref().and_then(|m| m.get(ABOUT)).ok_or("not a checkpoint")?;
    let about: About = serde_json::from_str(about).map_err(|e| e.to_string())?;
    if about.version != VERSION {
        return Err(format!("its version is {}, this program reads {VERSION}", about.version));
    }
    Ok(about)
}

fn hexadecimal(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

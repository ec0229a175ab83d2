//! Weights files: a generator's tensors with their architecture and provenance, one
//! `.safetensors` each (<https://huggingface.co/docs/safetensors>).
//!
//! What must stay true: a [`Weights`] is complete and sound. Every tensor of its architecture is
//! there in its shape, every number is finite, no variance is negative. A file that is anything
//! else is refused with a sentence, and reading one takes no more memory than a few times
//! [`MAX_FILE_BYTES`], whatever its header claims.
use std::collections::BTreeMap;
use std::path::Path;

use musegan_score::Track;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::architecture::{Architecture, NumberType};

mod problem;
mod reading;
mod storing;
mod untrained;

pub use problem::{Problem, WeightsError};
pub(crate) use storing::read_bounded;
pub use storing::{TEMPORARY_PREFIX, write_atomically};

/// What the metadata's `format` says.
pub const FORMAT: &str = "musegan-weights";
/// The newest `format_version` this program reads, and the one it writes.
pub const FORMAT_VERSION: u32 = 1;
/// A longer file is not read. The tutorial generator takes 1.3 MB, a band less than 12.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// Where weights come from, stored as JSON in a file's metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Names of the corpora that were trained on.
    #[serde(default)]
    pub corpora: Vec<String>,
    /// SHA-256 of the dataset, in hexadecimal; empty where it is not known.
    #[serde(default)]
    pub corpus_sha256: String,
    /// Generator steps trained.
    #[serde(default)]
    pub steps: u64,
    /// The file that these weights were converted from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_from: Option<String>,
    /// Named measurements of what these weights play.
    #[serde(default)]
    pub evaluation: serde_json::Map<String, serde_json::Value>,
    /// What a newer program said besides, kept as it was.
    #[serde(flatten)]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// A tensor on its way into [`Weights`]: shape and row-major numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Lengths of the axes, outermost first.
    pub shape: Vec<usize>,
    /// The numbers, row-major.
    pub values: Vec<f32>,
}

/// A generator's tensors, complete and checked, with where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    architecture: Architecture,
    provenance: Provenance,
    parameters: BTreeMap<String, Vec<f32>>,
    thresholds: Thresholds,
    sha256: String,
}

/// Of each track, the activation above which a cell sounds.
pub type Thresholds = [f32; Track::COUNT];

/// The thresholds of weights that name none: the tutorial's.
pub const DEFAULT_THRESHOLDS: Thresholds = [0.5; Track::COUNT];

impl Weights {
    /// Weights from tensors by name, which must be exactly those of `architecture`.
    ///
    /// # Errors
    /// [`WeightsError`] for an architecture that no network can have, or naming the first tensor
    /// that is missing, unknown, of the wrong shape or not finite. `source` is what the message calls them.
    pub fn new(
        architecture: Architecture,
        provenance: Provenance,
        tensors: BTreeMap<String, Parameter>,
        source: &str,
    ) -> Result<Self, WeightsError> {
        let refuse = |problem| WeightsError::new(source, problem);
        reading::check(architecture.band.as_ref()).map_err(refuse)?;
        let parameters = checked(&architecture, tensors, NumberType::rounded).map_err(refuse)?;
        let (thresholds, sha256) = (DEFAULT_THRESHOLDS, String::new());
        let mut weights = Self { architecture, provenance, parameters, thresholds, sha256 };
        weights.sha256 = hex_sha256(&weights.to_bytes());
        Ok(weights)
    }

    /// Weights from the bytes of a file. `source` is what an error calls them.
    ///
    /// # Errors
    /// [`WeightsError`] saying what was expected and what was found.
    pub fn from_bytes(bytes: &[u8], source: &str) -> Result<Self, WeightsError> {
        Self::parsed(bytes).map_err(|problem| WeightsError::new(source, problem))
    }

    /// Weights from a file.
    ///
    /// # Errors
    /// [`WeightsError`] naming the file and saying what was expected and what was found.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let source = path.display().to_string();
        let bytes = read_bounded(path, MAX_FILE_BYTES)
            .map_err(|problem| WeightsError::new(&source, problem))?;
        Self::from_bytes(&bytes, &source)
    }

    /// Writes the file whole or not at all: a reader, a full disk or a crash at any moment finds
    /// either the file that was there before or the new one.
    ///
    /// # Errors
    /// [`WeightsError`] naming the file; what was there before is still there.
    pub fn write(&self, path: &Path) -> Result<(), WeightsError> {
        write_atomically(path, &self.to_bytes())
            .map_err(|e| WeightsError::new(path.display().to_string(), Problem::Write(e)))
    }

    /// The bytes of a weights file; the same weights always give the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let metadata = BTreeMap::from([
            ("format", FORMAT.to_string()),
            ("format_version", FORMAT_VERSION.to_string()),
            ("architecture", json(&self.architecture)),
            ("provenance", json(&self.provenance)),
            ("thresholds", json(&self.thresholds)),
        ]);
        let mut header =
            BTreeMap::from([("__metadata__".to_string(), serde_json::json!(metadata))]);
        let mut data = Vec::new();
        for (name, shape) in self.architecture.parameters() {
            let begin = data.len();
            let number_type = self.architecture.number_type(&name);
            number_type.append(self.get(&name), &mut data);
            let info = serde_json::json!({
                "dtype": number_type.to_string(),
                "shape": shape,
                "data_offsets": [begin, data.len()],
            });
            header.insert(name, info);
        }
        // The header is written here because the library's comes out in a random order, and two
        // files of the same weights would differ.
        let mut header = json(&header).into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend(data);
        bytes
    }

    /// The network these weights are for.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Where they come from.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The same weights with another provenance.
    #[must_use]
    pub fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = provenance;
        self.sha256 = hex_sha256(&self.to_bytes());
        self
    }

    /// Of each track, the activation above which a cell sounds.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// The same weights with other thresholds.
    ///
    /// # Errors
    /// [`WeightsError`] for a threshold that is not a finite number above zero; `source` is what
    /// the message calls the weights.
    pub fn with_thresholds(
        mut self,
        thresholds: Thresholds,
        source: &str,
    ) -> Result<Self, WeightsError> {
        self.thresholds = reading::sound(thresholds).map_err(|p| WeightsError::new(source, p))?;
        self.sha256 = hex_sha256(&self.to_bytes());
        Ok(self)
    }

    /// A tensor's numbers, row-major; empty for a name that the architecture does not have.
    #[must_use]
    pub fn get(&self, name: &str) -> &[f32] {
        self.parameters.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every tensor with its shape and its row-major numbers, in the network's order.
    pub fn parameters(&self) -> impl Iterator<Item = (String, Vec<usize>, &[f32])> {
        self.architecture.parameters().map(|(name, shape)| {
            let values = self.get(&name);
            (name, shape, values)
        })
    }

    /// SHA-256 of the file, in 64 hexadecimal digits: what a plugin's state calls these weights.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

fn json(value: &impl Serialize) -> String {
    // Only maps with keys that are not strings fail, and none of ours has them.
    serde_json::to_string(value).unwrap_or_default()
}

fn check_shape(name: &str, expected: &[usize], found: &[usize]) -> Result<(), Problem> {
    if expected == found {
        return Ok(());
    }
    Err(Problem::Shape { name: name.into(), expected: expected.into(), found: found.into() })
}

/// The numbers of exactly the architecture's tensors, each in its shape, sound, and as a file would
/// give them back, to which they are `rounded`.
fn checked(
    architecture: &Architecture,
    mut tensors: BTreeMap<String, Parameter>,
    rounded: impl Fn(NumberType, f32) -> f32,
) -> Result<BTreeMap<String, Vec<f32>>, Problem> {
    let mut parameters = BTreeMap::new();
    for (name, expected) in architecture.parameters() {
        let Some(Parameter { shape, mut values }) = tensors.remove(&name) else {
            return Err(Problem::Missing { name, expected });
        };
        check_shape(&name, &expected, &shape)?;
        let numbers = shape.iter().product::<usize>();
        if values.len() != numbers {
            return Err(Problem::Shape { name, expected, found: vec![values.len()] });
        }
        let number_type = architecture.number_type(&name);
        let is_bad = bad_for(&name);
        for (position, value) in values.iter_mut().enumerate() {
            let stored = rounded(number_type, *value);
            if !stored.is_finite() || is_bad(stored) {
                return Err(Problem::BadNumber { name, position, value: *value });
            }
            *value = stored;
        }
        parameters.insert(name, values);
    }
    match tensors.into_keys().next() {
        Some(name) => Err(Problem::Unknown { name, architecture: Box::new(architecture.clone()) }),
        None => Ok(parameters),
    }
}

/// What numbers a tensor of this name cannot have: negative variances, deviations that nothing can
/// be divided by.
fn bad_for(name: &str) -> fn(f32) -> bool {
    match name {
        "latents.deviation" | "sheet.deviation" => |value| value < f32::MIN_POSITIVE,
        _ if name.ends_with(".running_var") => |value| value < 0.0,
        _ => |_| false,
    }
}

/// What [`Weights::sha256`] is of weights from these bytes.
#[must_use]
pub fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Weights files: a generator's tensors with their architecture and provenance, one
//! `.safetensors` each (<https://huggingface.co/docs/safetensors>).
//!
//! What must stay true: a [`Weights`] is complete and sound. Every tensor of its architecture is
//! there in its shape, every number is finite, no variance is negative. A file that is anything
//! else is refused with a sentence, and reading one takes no more memory than a few times
//! [`MAX_FILE_BYTES`], whatever its header claims.
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use musegan_score::{Track, file};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::architecture::Architecture;

/// What the metadata's `format` says.
pub const FORMAT: &str = "musegan-weights";
/// The newest `format_version` this program reads, and the one it writes.
pub const FORMAT_VERSION: u32 = 1;
/// A longer file is not read. The tutorial generator takes 1.3 MB.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// A longer header is not parsed, because parsed text takes many times its length in memory. The
/// tutorial generator's has 10 KB.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// What the names of files that are being written begin with.
pub const TEMPORARY_PREFIX: &str = ".musegan-";

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

/// Why weights were refused or could not be written: which file, and what is wrong with it.
#[derive(Debug, Error)]
#[error("{file}: {problem}")]
pub struct WeightsError {
    /// The file's path, or what else the bytes are called.
    pub file: String,
    /// What is wrong.
    pub problem: Problem,
}

impl WeightsError {
    pub(crate) fn new(file: impl Into<String>, problem: Problem) -> Self {
        Self { file: file.into(), problem }
    }
}

/// What can be wrong with weights.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file cannot be opened or read.
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
    /// The file cannot be written; what was there before is still there.
    #[error("cannot be written: {0}; nothing was replaced")]
    Write(std::io::Error),
    /// The file is longer than any weights file.
    #[error("is longer than the {} MiB a weights file may have", MAX_FILE_BYTES >> 20)]
    TooLong,
    /// Not a `.safetensors` file, or a damaged one.
    #[error(
        "is not a .safetensors file or is damaged ({0}); copy it again, or convert a PyTorch \
         .pth with `musegan-train import`"
    )]
    NotSafetensors(String),
    /// Not a `.pth` file that PyTorch's `torch.save` writes, or a damaged one.
    #[error("is not a .pth file of PyTorch 1.6 or newer, or is damaged: {0}")]
    NotPyTorch(String),
    /// A `.pth` file without the dictionary of tensors that is looked for.
    #[error(
        "holds no dictionary of tensors, neither as a whole nor under \"state_dict\" or \
         \"model_state_dict\": {0}"
    )]
    NoStateDictionary(String),
    /// The metadata lacks an entry, as in a `.safetensors` of another program.
    #[error("is not a MuseGAN weights file: its metadata has no \"{0}\"")]
    NoMetadata(&'static str),
    /// An entry of the metadata cannot be understood.
    #[error("its metadata \"{key}\" cannot be understood: {detail}")]
    BadMetadata {
        /// The entry's name.
        key: &'static str,
        /// What was expected and found.
        detail: String,
    },
    /// Written by a newer program.
    #[error(
        "has format version {found}, this program reads up to {FORMAT_VERSION}; update MuseGAN \
         to use it"
    )]
    NewerVersion {
        /// The file's version.
        found: u32,
    },
    /// A network of another shape.
    #[error("holds the network {found}; this program plays {expected}")]
    OtherArchitecture {
        /// What the file says.
        found: Box<Architecture>,
        /// What can be played.
        expected: Box<Architecture>,
    },
    /// A tensor is not there.
    #[error("tensor \"{name}\" of shape {expected:?} is missing")]
    Missing {
        /// Its name.
        name: String,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A tensor that the network does not have.
    #[error("tensor \"{name}\" is not part of the network {architecture}")]
    Unknown {
        /// Its name.
        name: String,
        /// The network.
        architecture: Box<Architecture>,
    },
    /// A tensor of another shape.
    #[error("tensor \"{name}\" should have shape {expected:?} and has {found:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The shape it should have.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// A tensor whose numbers are not 32-bit floats.
    #[error("tensor \"{name}\" should hold F32 numbers and holds {found}")]
    NumberType {
        /// Its name.
        name: String,
        /// The type it has.
        found: String,
    },
    /// A number that no network can have: not finite, or a negative variance.
    #[error("tensor \"{name}\" has {value} at position {position}; such weights cannot be played")]
    BadNumber {
        /// The tensor's name.
        name: String,
        /// Where in it, counted row-major.
        position: usize,
        /// The number.
        value: f32,
    },
}

impl Weights {
    /// Weights from tensors by name, which must be exactly those of `architecture`.
    ///
    /// # Errors
    /// [`WeightsError`] naming the first tensor that is missing, unknown, of the wrong shape or
    /// not finite. `source` is what the message calls them.
    pub fn new(
        architecture: Architecture,
        provenance: Provenance,
        tensors: BTreeMap<String, Parameter>,
        source: &str,
    ) -> Result<Self, WeightsError> {
        let refuse = |problem| WeightsError::new(source, problem);
        let parameters = checked(&architecture, tensors).map_err(refuse)?;
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
            data.extend(self.get(&name).iter().flat_map(|value| value.to_le_bytes()));
            let info = serde_json::json!({
                "dtype": "F32", "shape": shape, "data_offsets": [begin, data.len()],
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
        self.thresholds = sound(thresholds).map_err(|p| WeightsError::new(source, p))?;
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

    fn parsed(bytes: &[u8]) -> Result<Self, Problem> {
        let damaged = |e: safetensors::SafeTensorError| Problem::NotSafetensors(e.to_string());
        if let Some(&length) = bytes.first_chunk() {
            let length = u64::from_le_bytes(length);
            if length > MAX_HEADER_BYTES {
                return Err(Problem::NotSafetensors(format!("its header claims {length} bytes")));
            }
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let architecture = described_architecture(&metadata)?;
        let provenance = parse_json(&metadata, "provenance")?;
        let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let expected: HashMap<_, _> = architecture.parameters().collect();
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            // Names and shapes are checked before numbers are copied, for a sentence that says
            // what matters first.
            let shape = expected.get(name).ok_or_else(|| Problem::Unknown {
                name: name.into(),
                architecture: Box::new(architecture.clone()),
            })?;
            check_shape(name, shape, view.shape())?;
            tensors.insert(name.to_string(), parameter(name, &view)?);
        }
        let parameters = checked(&architecture, tensors)?;
        let thresholds = match metadata.contains_key("thresholds") {
            true => sound(parse_json(&metadata, "thresholds")?)?,
            false => DEFAULT_THRESHOLDS,
        };
        let sha256 = hex_sha256(bytes);
        Ok(Self { architecture, provenance, parameters, thresholds, sha256 })
    }
}

/// Reads the metadata's format, version and architecture, in that order, so that the first thing
/// that does not fit is what the message is about.
fn described_architecture(metadata: &HashMap<String, String>) -> Result<Architecture, Problem> {
    let format = entry(metadata, "format")?;
    if format != FORMAT {
        let detail = format!("expected \"{FORMAT}\", found \"{format}\"");
        return Err(Problem::BadMetadata { key: "format", detail });
    }
    let key = "format_version";
    let found = entry(metadata, key)?;
    let version = found.parse::<u32>().ok().filter(|&v| v >= 1).ok_or_else(|| {
        let detail = format!("expected a number from 1, found \"{found}\"");
        Problem::BadMetadata { key, detail }
    })?;
    if version > FORMAT_VERSION {
        return Err(Problem::NewerVersion { found: version });
    }
    let found: Architecture = parse_json(metadata, "architecture")?;
    let expected = Architecture::tutorial();
    if found != expected {
        let (found, expected) = (Box::new(found), Box::new(expected));
        return Err(Problem::OtherArchitecture { found, expected });
    }
    Ok(found)
}

/// Thresholds that can be played with, or which is not.
fn sound(thresholds: Thresholds) -> Result<Thresholds, Problem> {
    match thresholds.into_iter().find(|threshold| !(threshold.is_finite() && *threshold > 0.0)) {
        None => Ok(thresholds),
        Some(found) => {
            let detail = format!("expected five numbers above 0, found {found}");
            Err(Problem::BadMetadata { key: "thresholds", detail })
        }
    }
}

fn entry<'a>(metadata: &'a HashMap<String, String>, key: &'static str) -> Result<&'a str, Problem> {
    metadata.get(key).map(String::as_str).ok_or(Problem::NoMetadata(key))
}

fn parse_json<T: DeserializeOwned>(
    metadata: &HashMap<String, String>,
    key: &'static str,
) -> Result<T, Problem> {
    serde_json::from_str(entry(metadata, key)?)
        .map_err(|e| Problem::BadMetadata { key, detail: e.to_string() })
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

fn parameter(name: &str, view: &TensorView<'_>) -> Result<Parameter, Problem> {
    if view.dtype() != Dtype::F32 {
        let found = format!("{:?}", view.dtype());
        return Err(Problem::NumberType { name: name.into(), found });
    }
    let (numbers, _) = view.data().as_chunks::<4>();
    let values = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    Ok(Parameter { shape: view.shape().to_vec(), values })
}

/// The numbers of exactly the architecture's tensors, each in its shape and sound.
fn checked(
    architecture: &Architecture,
    mut tensors: BTreeMap<String, Parameter>,
) -> Result<BTreeMap<String, Vec<f32>>, Problem> {
    let mut parameters = BTreeMap::new();
    for (name, expected) in architecture.parameters() {
        let Some(Parameter { shape, values }) = tensors.remove(&name) else {
            return Err(Problem::Missing { name, expected });
        };
        check_shape(&name, &expected, &shape)?;
        let numbers = shape.iter().product::<usize>();
        if values.len() != numbers {
            return Err(Problem::Shape { name, expected, found: vec![values.len()] });
        }
        let is_variance = name.ends_with(".running_var");
        let sound = |value: f32| value.is_finite() && !(is_variance && value < 0.0);
        if let Some(position) = values.iter().position(|&value| !sound(value)) {
            let value = values[position];
            return Err(Problem::BadNumber { name, position, value });
        }
        parameters.insert(name, values);
    }
    match tensors.into_keys().next() {
        Some(name) => Err(Problem::Unknown { name, architecture: Box::new(architecture.clone()) }),
        None => Ok(parameters),
    }
}

fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a file of at most `limit`; a longer one is not read.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    file::read(path, limit).map_err(Problem::Read)?.ok_or(Problem::TooLong)
}

/// Replaces a file whole or not at all: the bytes go to a temporary file in the same folder,
/// reach the disk, and only then take the name.
///
/// # Errors
/// What the operating system says; the temporary file is removed and what was there before stays.
/// Devices, pipes and folders are not replaced.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(std::io::Error::other("there is something that is not a file"));
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    // As any other new file, not readable by its owner alone; the umask still applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // The new name itself must survive a power cut too. Not every file system can do this to a
    // folder, and the file is complete either way.
    #[cfg(unix)]
    if let Ok(folder) = std::fs::File::open(folder) {
        folder.sync_all().ok();
    }
    Ok(())
}

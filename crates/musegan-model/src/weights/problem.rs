//! Why weights are refused, in sentences that say what was expected and what was found.
use thiserror::Error;

use super::{FORMAT_VERSION, MAX_FILE_BYTES};
use crate::architecture::{Architecture, NumberType};

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
    /// A tensor whose numbers are of another type than its own.
    #[error("tensor \"{name}\" should hold {expected} numbers and holds {found}")]
    NumberType {
        /// Its name.
        name: String,
        /// The type it should have.
        expected: NumberType,
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

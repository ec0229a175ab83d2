//! From the bytes of a file to weights: its header first, then its tensors one by one.
//!
//! What must stay true: what a header claims is checked before anything is made of it.
use std::collections::{BTreeMap, HashMap};

use half::f16;
use half::slice::HalfFloatSliceExt;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::de::DeserializeOwned;

use super::{
    DEFAULT_THRESHOLDS, FORMAT, FORMAT_VERSION, Parameter, Problem, Thresholds, Weights,
    check_shape, checked, hex_sha256,
};
use crate::architecture::{Architecture, BandNetworks, NumberType};

/// A longer header is not parsed, because parsed text takes many times its length in memory. The
/// tutorial generator's has 10 KB.
const MAX_HEADER_BYTES: u64 = 1 << 20;

impl Weights {
    pub(super) fn parsed(bytes: &[u8]) -> Result<Self, Problem> {
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
            let number_type = architecture.number_type(name);
            tensors.insert(name.to_string(), parameter(name, number_type, &view)?);
        }
        // They come from a file, and are as one gives them.
        let parameters = checked(&architecture, tensors, |_, value| value)?;
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
    check(found.band.as_ref())?;
    match found.expected() {
        expected if expected == found => Ok(found),
        expected => {
            let (found, expected) = (Box::new(found), Box::new(expected));
            Err(Problem::OtherArchitecture { found, expected })
        }
    }
}

/// Whether there are such networks.
pub(super) fn check(band: Option<&BandNetworks>) -> Result<(), Problem> {
    let unsound = |detail| Problem::BadMetadata { key: "architecture", detail };
    band.map_or(Ok(()), |band| band.check().map_err(unsound))
}

/// Thresholds that can be played with, or which is not.
pub(super) fn sound(thresholds: Thresholds) -> Result<Thresholds, Problem> {
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

fn parameter(
    name: &str,
    expected: NumberType,
    view: &TensorView<'_>,
) -> Result<Parameter, Problem> {
    let values = match (expected, view.dtype()) {
        (NumberType::F32, Dtype::F32) => {
            view.data().as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
        }
        (NumberType::F16, Dtype::F16) => {
            let numbers = view.data().as_chunks::<2>().0.iter();
            let numbers: Vec<_> = numbers.map(|&bytes| f16::from_le_bytes(bytes)).collect();
            numbers.to_f32_vec()
        }
        (NumberType::U8, Dtype::U8) => view.data().iter().map(|&byte| f32::from(byte)).collect(),
        (_, found) => {
            let found = format!("{found:?}");
            return Err(Problem::NumberType { name: name.into(), expected, found });
        }
    };
    Ok(Parameter { shape: view.shape().to_vec(), values })
}

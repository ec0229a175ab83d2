//! Generators that PyTorch saved, as [`Weights`]. The file's tensors are read and nothing in it
//! is executed; see the `pickle` module beside this one for how a hostile file is held off.
use std::collections::BTreeMap;
use std::path::Path;

use crate::architecture::Architecture;
use crate::weights::{MAX_FILE_BYTES, Parameter, read_bounded};
use crate::weights::{Provenance, Weights, WeightsError};

mod pickle;

/// Where training scripts put a state dictionary inside what they save.
const WRAPPERS: [&str; 2] = ["state_dict", "model_state_dict"];
/// What `torch.nn.DataParallel` puts before every name.
const PARALLEL_PREFIX: &str = "module.";

/// The tutorial generator in a `.pth` file that PyTorch 1.6 or newer wrote.
///
/// The state dictionary may be the whole file or stand under `state_dict` or `model_state_dict`,
/// its names may begin with `module.`, its numbers may be of 16, 32 or 64 bits. Whole numbers
/// such as `num_batches_tracked` are left out.
///
/// # Errors
/// [`WeightsError`] naming the file and saying what was expected and what was found.
pub fn generator(path: &Path) -> Result<Weights, WeightsError> {
    let tensors = state_dict(path)?;
    let imported_from = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let provenance = Provenance { imported_from, ..Provenance::default() };
    Weights::new(Architecture::tutorial(), provenance, tensors, &path.display().to_string())
}

/// Every tensor of floating-point numbers in the state dictionary of a `.pth` file, by its name
/// without `module.`.
///
/// # Errors
/// As [`generator`], short of what the tensors should be.
pub fn state_dict(path: &Path) -> Result<BTreeMap<String, Parameter>, WeightsError> {
    let tensors = || {
        let bytes = read_bounded(path, MAX_FILE_BYTES)?;
        let (mut archive, dictionary) = pickle::Archive::open(&bytes)?;
        let keys: Vec<&str> = dictionary.iter().map(|(key, _)| key.as_str()).collect();
        let wrapper = WRAPPERS.iter().find(|wrapper| keys.contains(wrapper));
        let entries = match wrapper {
            Some(wrapper) => pickle::nested(&dictionary, wrapper)?,
            None => dictionary,
        };
        archive.tensors(entries)
    };
    let tensors = tensors().map_err(|e| WeightsError::new(path.display().to_string(), e))?;
    let strip = |name: String| match name.strip_prefix(PARALLEL_PREFIX) {
        Some(stripped) => stripped.to_string(),
        None => name,
    };
    Ok(tensors.into_iter().map(|(name, tensor)| (strip(name), tensor)).collect())
}

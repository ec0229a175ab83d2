//! The container of a `.pth` file: a zip archive with one pickled dictionary and the storages its
//! tensors point into.
//!
//! The pickle is read by candle, which knows a few of its instructions and executes none of what
//! they describe. What must stay true: no file can make us panic, overflow the stack or take more
//! memory than a small multiple of [`MAX_FILE_BYTES`]. candle's reader by itself allows all
//! three, because a few bytes of pickle can nest or double an object at every instruction; so it
//! is run one instruction at a time, and what it has built is measured in between.
use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};

use candle_core::pickle::{Object, Stack};
use candle_core::{DType, Device, Tensor};
use zip::ZipArchive;

use crate::weights::{MAX_FILE_BYTES, Parameter, Problem};

/// A longer pickle is refused. A generator's, tensors apart, takes about 10 KB.
const MAX_PICKLE_BYTES: u64 = 1 << 20;
/// How deep objects may nest. A tensor in a dictionary in a dictionary needs less than ten.
const MAX_DEPTH: usize = 32;
/// How many parts of objects may be looked at altogether; a generator needs about 50,000.
const MAX_PARTS: usize = 1_000_000;

/// A dictionary's entries whose keys are text.
pub(super) type Dictionary = Vec<(String, Object)>;

/// An open `.pth` file.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// The folder that all entries are in.
    root: String,
    storages: HashMap<String, Vec<u8>>,
    bytes_left: u64,
}

impl<'a> Archive<'a> {
    /// Opens a `.pth` and reads the dictionary that it is.
    pub(super) fn open(bytes: &'a [u8]) -> Result<(Self, Dictionary), Problem> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| {
            let hint = "files of PyTorch before 1.6 must be loaded and saved again";
            Problem::NotPyTorch(format!("{e}; {hint}"))
        })?;
        let pickle = zip.file_names().flatten().find(|name| name.ends_with("/data.pkl"));
        let root = pickle
            .and_then(|name| name.strip_suffix("/data.pkl").map(str::to_string))
            .ok_or_else(|| Problem::NotPyTorch("there is no data.pkl in it".into()))?;
        let mut archive = Self { zip, root, storages: HashMap::new(), bytes_left: MAX_FILE_BYTES };
        let byte_order = archive.entry("byteorder", 16);
        if byte_order.is_ok_and(|order| order.trim_ascii() != b"little") {
            return Err(Problem::NotPyTorch("its numbers are big-endian".into()));
        }
        let pickle = archive.entry("data.pkl", MAX_PICKLE_BYTES)?;
        match unpickled(&pickle)? {
            Object::Dict(entries) => Ok((archive, with_text_keys(entries))),
            _ => Err(Problem::NoStateDictionary(
                "it holds a whole object, perhaps a module; save its state_dict() instead".into(),
            )),
        }
    }

    /// The tensors of floating-point numbers among a dictionary's entries.
    pub(super) fn tensors(
        &mut self,
        entries: Dictionary,
    ) -> Result<BTreeMap<String, Parameter>, Problem> {
        let mut tensors = BTreeMap::new();
        let mut numbers_left = MAX_FILE_BYTES / 4;
        for (name, object) in &entries {
            let damaged = || Problem::NotPyTorch(format!("its tensor \"{name}\" is damaged"));
            let Some(tensor) = StoredTensor::from_object(object) else { continue };
            let numbers = tensor.numbers().ok_or_else(damaged)?;
            numbers_left = numbers_left.checked_sub(numbers as u64).ok_or(Problem::TooLong)?;
            if !tensor.is_contiguous() {
                let hint = format!("its tensor \"{name}\" is strided; save it contiguous()");
                return Err(Problem::NotPyTorch(hint));
            }
            let bytes = tensor.bytes_in(self.storage(&tensor.key)?, numbers).ok_or_else(damaged)?;
            let values = Tensor::from_raw_buffer(bytes, tensor.dtype, &[numbers], &Device::Cpu)
                .and_then(|t| t.to_dtype(DType::F32)?.to_vec1())
                .map_err(|_| damaged())?;
            tensors.insert(name.clone(), Parameter { shape: tensor.shape, values });
        }
        if tensors.is_empty() {
            return Err(Problem::NoStateDictionary(format!("it has {}", listed(&entries))));
        }
        Ok(tensors)
    }

    /// The bytes of a storage, read once however many tensors share it.
    fn storage(&mut self, key: &str) -> Result<&[u8], Problem> {
        if !self.storages.contains_key(key) {
            let bytes = self.entry(&format!("data/{key}"), self.bytes_left)?;
            self.bytes_left -= bytes.len() as u64;
            self.storages.insert(key.to_string(), bytes);
        }
        Ok(self.storages.get(key).map_or(&[], Vec::as_slice))
    }

    /// The bytes of an entry, if there are at most `limit`.
    fn entry(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, Problem> {
        let name = format!("{}/{name}", self.root);
        let entry = self
            .zip
            .by_name(&name)
            .map_err(|e| Problem::NotPyTorch(format!("its part \"{name}\": {e}")))?;
        let mut bytes = Vec::new();
        entry
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| Problem::NotPyTorch(format!("its part \"{name}\": {e}")))?;
        if bytes.len() as u64 > limit { Err(Problem::TooLong) } else { Ok(bytes) }
    }
}

/// The dictionary under a key of a dictionary.
pub(super) fn nested(dictionary: &Dictionary, key: &str) -> Result<Dictionary, Problem> {
    match dictionary.iter().find(|(name, _)| name == key) {
        Some((_, Object::Dict(entries))) => Ok(with_text_keys(entries.clone())),
        _ => Err(Problem::NoStateDictionary(format!("its \"{key}\" is no dictionary"))),
    }
}

fn with_text_keys(entries: Vec<(Object, Object)>) -> Dictionary {
    let entry = |(key, value): (Object, Object)| Some((key.unicode().ok()?, value));
    entries.into_iter().filter_map(entry).collect()
}

/// The first few keys, for a message.
fn listed(entries: &Dictionary) -> String {
    let shown: Vec<_> = entries.iter().take(5).map(|(key, _)| format!("{key:?}")).collect();
    match entries.len() {
        0 => "no entries".into(),
        1..=5 => shown.join(", "),
        n => format!("{} and {} more", shown.join(", "), n - 5),
    }
}

/// The object that a pickle describes.
fn unpickled(pickle: &[u8]) -> Result<Object, Problem> {
    let damaged = |e: candle_core::Error| Problem::NotPyTorch(format!("its pickle: {e}"));
    let too_large = || Problem::NotPyTorch("its pickle is damaged or far too large".into());
    let mut stack = Stack::empty();
    let mut rest = pickle;
    let mut parts_left = MAX_PARTS;
    loop {
        if claims_more_than_there_is(rest) {
            return Err(too_large());
        }
        if stack.read(&mut rest).map_err(damaged)? {
            return stack.finalize().map_err(damaged);
        }
        if let Some(newest) = stack.stack().last() {
            parts_left = left_after(newest, parts_left, MAX_DEPTH).ok_or_else(too_large)?;
        }
    }
}

/// Whether the next instruction is one that the reader would trust too far: a text longer than
/// the file, or a whole number of more than 64 bits.
fn claims_more_than_there_is(pickle: &[u8]) -> bool {
    match pickle {
        [b'X', a, b, c, d, rest @ ..] => u32::from_le_bytes([*a, *b, *c, *d]) as usize > rest.len(),
        [0x8a, bytes, ..] => *bytes > 8,
        _ => false,
    }
}

/// What remains of `parts` after an object's parts are taken away, or `None` if it has more or
/// nests deeper than `depth`. Long texts count as several parts.
fn left_after(object: &Object, parts: usize, depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let inside = |parts, part: &Object| left_after(part, parts, depth);
    let parts = parts.checked_sub(1)?;
    match object {
        Object::Tuple(items) | Object::List(items) => items.iter().try_fold(parts, inside),
        Object::Dict(entries) => {
            entries.iter().try_fold(parts, |parts, (k, v)| inside(inside(parts, k)?, v))
        }
        Object::Reduce { callable, args } | Object::Build { callable, args } => {
            inside(inside(parts, callable)?, args)
        }
        Object::PersistentLoad(id) => inside(parts, id),
        Object::Unicode(text) => parts.checked_sub(text.len() / 32),
        Object::Class { module_name, class_name } => {
            parts.checked_sub((module_name.len() + class_name.len()) / 32)
        }
        Object::Int(_) | Object::Long(_) | Object::Float(_) | Object::Bool(_) => Some(parts),
        Object::None | Object::Mark => Some(parts),
    }
}

/// A tensor as the pickle describes it: a window of a storage.
struct StoredTensor {
    key: String,
    dtype: DType,
    /// Numbers of the storage before the first of the tensor.
    offset: usize,
    shape: Vec<usize>,
    stride: Vec<usize>,
}

impl StoredTensor {
    /// The tensor that an object describes, or `None` for anything but a tensor of
    /// floating-point numbers.
    fn from_object(object: &Object) -> Option<Self> {
        let Object::Reduce { callable, args } = object else { return None };
        let (Object::Class { module_name, class_name }, Object::Tuple(args)) =
            (&**callable, &**args)
        else {
            return None;
        };
        match (module_name.as_str(), class_name.as_str(), args.as_slice()) {
            ("torch._utils", "_rebuild_parameter", [data, ..]) => Self::from_object(data),
            (
                "torch._utils",
                "_rebuild_tensor_v2",
                [Object::PersistentLoad(storage), offset, shape, stride, ..],
            ) => {
                let Object::Tuple(storage) = &**storage else { return None };
                let [_, Object::Class { class_name, .. }, Object::Unicode(key), ..] = &storage[..]
                else {
                    return None;
                };
                Some(Self {
                    key: key.clone(),
                    dtype: dtype(class_name)?,
                    offset: whole_number(offset)?,
                    shape: whole_numbers(shape)?,
                    stride: whole_numbers(stride)?,
                })
            }
            _ => None,
        }
    }

    /// How many numbers it has, or `None` if that is more than can be counted.
    fn numbers(&self) -> Option<usize> {
        self.shape.iter().try_fold(1usize, |numbers, &length| numbers.checked_mul(length))
    }

    /// Whether its numbers lie in the storage as they lie in the tensor, row-major.
    fn is_contiguous(&self) -> bool {
        let mut expected = 1usize;
        self.shape.len() == self.stride.len()
            && self.shape.iter().zip(&self.stride).rev().all(|(&length, &stride)| {
                let fits = length == 1 || stride == expected;
                expected = expected.saturating_mul(length);
                fits
            })
    }

    /// Its bytes, or `None` where the storage is too short.
    fn bytes_in<'s>(&self, storage: &'s [u8], numbers: usize) -> Option<&'s [u8]> {
        let size = self.dtype.size_in_bytes();
        let begin = self.offset.checked_mul(size)?;
        storage.get(begin..begin.checked_add(numbers.checked_mul(size)?)?)
    }
}

fn dtype(storage_class: &str) -> Option<DType> {
    match storage_class {
        "FloatStorage" => Some(DType::F32),
        "DoubleStorage" => Some(DType::F64),
        "HalfStorage" => Some(DType::F16),
        "BFloat16Storage" => Some(DType::BF16),
        _ => None,
    }
}

fn whole_number(object: &Object) -> Option<usize> {
    match object {
        Object::Int(n) => usize::try_from(*n).ok(),
        Object::Long(n) => usize::try_from(*n).ok(),
        _ => None,
    }
}

fn whole_numbers(object: &Object) -> Option<Vec<usize>> {
    let Object::Tuple(items) = object else { return None };
    items.iter().map(whole_number).collect()
}

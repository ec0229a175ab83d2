//! One shard, read in place: a safetensors file of onset and sustain planes, velocities and labels.
//!
//! What must stay true: a shard that opened has the shapes and counts that its accessors rely on.

use std::ops::Range;
use std::path::{Component, Path};

use memmap2::Mmap;
use musegan_score::file;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::index::hexadecimal;
use super::labels::CHORD_BYTES;
use super::packed::{chord_row_bytes, count_bits};
use super::shape::Shape;
use super::{DatasetError, ShardEntry};

/// Name of the `(n, bytes of a plane)` u8 tensor of onset bits.
pub const ONSET: &str = "onset";
/// Name of the u8 tensor of sustain bits, of the same shape.
pub const SUSTAIN: &str = "sustain";
/// Name of the u8 tensor of all velocities, phrase after phrase.
pub const VELOCITY: &str = "velocity";
/// Name of the `(n + 1,)` u64 tensor: where each phrase's velocities begin.
pub const VELOCITY_START: &str = "velocity_start";
/// Name of the `(n,)` u8 tensor of keys.
pub const KEY: &str = "key";
/// Name of the `(n, beats, 3)` u8 tensor of chords.
pub const CHORD: &str = "chord";
/// Name of the `(n,)` u32 tensor: the bar of the song that a phrase begins in.
pub const BAR: &str = "bar";

/// A mapped shard. The ranges are byte positions in the file.
#[derive(Debug)]
pub struct Shard {
    map: Mmap,
    phrases: usize,
    plane_bytes: usize,
    chord_bytes: usize,
    onset: Range<usize>,
    sustain: Range<usize>,
    velocity: Range<usize>,
    velocity_start: Range<usize>,
    key: Range<usize>,
    chord: Range<usize>,
    bar: Range<usize>,
}

impl Shard {
    /// Maps and checks the shard of rows of this shape that `entry` describes.
    pub fn open(dataset: &Path, shape: &Shape, entry: &ShardEntry) -> Result<Self, DatasetError> {
        let file = dataset.join(&entry.file);
        let damaged = |reason: String| DatasetError::Damaged { file: file.clone(), reason };
        check_name(&entry.file).map_err(&damaged)?;
        let map = map(&file).map_err(DatasetError::io("read", &file))?;
        if hexadecimal(&Sha256::digest(&map)) != entry.sha256 {
            return Err(damaged("its content does not give the checksum in the index".into()));
        }
        let (phrases, plane_bytes) = (entry.phrases, shape.plane_bytes());
        let beats = shape.layout.beats();
        let shard = {
            let tensors = SafeTensors::deserialize(&map).map_err(|e| damaged(e.to_string()))?;
            let at = |name: &str, dtype: Dtype, shape: Option<&[usize]>| {
                locate(&map, &tensors, name, dtype, shape).map_err(&damaged)
            };
            Self {
                phrases,
                plane_bytes,
                chord_bytes: chord_row_bytes(shape.layout),
                onset: at(ONSET, Dtype::U8, Some(&[phrases, plane_bytes]))?,
                sustain: at(SUSTAIN, Dtype::U8, Some(&[phrases, plane_bytes]))?,
                velocity: at(VELOCITY, Dtype::U8, None)?,
                velocity_start: at(VELOCITY_START, Dtype::U64, Some(&[phrases.saturating_add(1)]))?,
                key: at(KEY, Dtype::U8, Some(&[phrases]))?,
                chord: at(CHORD, Dtype::U8, Some(&[phrases, beats, CHORD_BYTES]))?,
                bar: at(BAR, Dtype::U32, Some(&[phrases]))?,
                map,
            }
        };
        shard.check_velocities().map_err(damaged)?;
        Ok(shard)
    }

    /// Phrases in it.
    pub fn len(&self) -> usize {
        self.phrases
    }

    /// Onset bits of a phrase.
    pub fn onset(&self, row: usize) -> &[u8] {
        self.row(&self.onset, row, self.plane_bytes)
    }

    /// Sustain bits of a phrase.
    pub fn sustain(&self, row: usize) -> &[u8] {
        self.row(&self.sustain, row, self.plane_bytes)
    }

    /// Velocities of a phrase: one per onset bit, or none.
    pub fn velocities(&self, row: usize) -> &[u8] {
        let range = self.velocity_start(row)..self.velocity_start(row + 1);
        self.map[self.velocity.clone()].get(range).unwrap_or_default()
    }

    /// The byte of a phrase's key.
    pub fn key(&self, row: usize) -> u8 {
        self.row(&self.key, row, 1)[0]
    }

    /// The bytes of a phrase's chords, three for each beat.
    pub fn chords(&self, row: usize) -> &[u8] {
        self.row(&self.chord, row, self.chord_bytes)
    }

    /// The bar of the song that a phrase begins in.
    pub fn bar(&self, row: usize) -> u32 {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.row(&self.bar, row, 4));
        u32::from_le_bytes(bytes)
    }

    /// A row of a tensor whose rows have so many bytes.
    fn row(&self, tensor: &Range<usize>, row: usize, bytes: usize) -> &[u8] {
        &self.map[tensor.clone()][row * bytes..][..bytes]
    }

    fn velocity_start(&self, row: usize) -> usize {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.row(&self.velocity_start, row, 8));
        usize::try_from(u64::from_le_bytes(bytes)).unwrap_or(usize::MAX)
    }

    fn check_velocities(&self) -> Result<(), String> {
        if self.velocity_start(0) != 0 || self.velocity_start(self.phrases) != self.velocity.len() {
            return Err("its velocities do not begin and end with its phrases".into());
        }
        for row in 0..self.phrases {
            let (first, end) = (self.velocity_start(row), self.velocity_start(row + 1));
            let count = end.checked_sub(first).map(|n| n as u64);
            if count != Some(0) && count != Some(count_bits(self.onset(row))) {
                return Err(format!("phrase {row} has not one velocity for each onset"));
            }
        }
        Ok(())
    }
}

/// Refuses a name that is not that of a file beside the index.
pub fn check_name(file: &str) -> Result<(), String> {
    let mut parts = Path::new(file).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(()),
        _ => Err("its name in the index is not that of a file beside it".into()),
    }
}

/// The byte range of a tensor in the file, if it has this type and shape.
fn locate(
    map: &Mmap,
    tensors: &SafeTensors<'_>,
    name: &str,
    dtype: Dtype,
    shape: Option<&[usize]>,
) -> Result<Range<usize>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("it has no tensor {name:?}"))?;
    if tensor.dtype() != dtype || shape.is_some_and(|shape| tensor.shape() != shape) {
        return Err(format!(
            "tensor {name:?} is {:?} of shape {:?}, expected {dtype:?}{}",
            tensor.dtype(),
            tensor.shape(),
            shape.map(|shape| format!(" of shape {shape:?}")).unwrap_or_default(),
        ));
    }
    let first = tensor.data().as_ptr() as usize - map.as_ptr() as usize;
    Ok(first..first + tensor.data().len())
}

#[allow(unsafe_code)]
fn map(file: &Path) -> std::io::Result<Mmap> {
    let file = file::open(file)?;
    // SAFETY: a mapped file must not change while it is read. Datasets are written under another
    // name and renamed when complete, never altered in place; whoever truncates one by hand while
    // a training runs ends that training, as the format's documentation says.
    unsafe { Mmap::map(&file) }
}

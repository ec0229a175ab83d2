//! Sorts more records than memory holds: into buckets on disk by the first bits of their keys, each
//! bucket then in memory, or by its next bits where it is too large.
//!
//! What must stay true: the order is that of keys, then of bytes, whatever order the records came
//! in and however much memory is allowed; memory holds the write buffers of [`BUCKETS`] buckets, and
//! then one bucket of at most the bytes allowed with 32 bytes for each record, more only where
//! records of one key alone are more.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// A record's place: compared as a number.
pub type Key = u128;
/// Who is handed the records in order.
pub type Each<'a, E> = dyn FnMut(Key, &[u8]) -> Result<(), E> + 'a;

/// Buckets of a round, which take so many bits of the key.
const BUCKETS: usize = 1 << BUCKET_BITS;
const BUCKET_BITS: u32 = 6;
const BUFFER_BYTES: usize = 32 << 10;
/// Bytes in front of a record in a bucket: its key and length.
const START_BYTES: usize = 16 + 4;

/// Records on their way into order. Its folder goes when it goes.
#[derive(Debug)]
pub struct Sorter {
    folder: tempfile::TempDir,
    /// Bytes of records that may be in memory at once.
    memory: usize,
    /// How many bits of the key all records here share.
    depth: u32,
    buckets: Vec<Option<Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    path: PathBuf,
    out: BufWriter<File>,
    bytes: usize,
    /// The key of all records, as long as they have one.
    only: Option<Key>,
}

impl Sorter {
    /// A sorter that keeps its buckets in a folder of its own below `work`.
    pub fn new(work: &Path, memory: usize) -> io::Result<Self> {
        Self::at_depth(work, memory, 0)
    }

    fn at_depth(work: &Path, memory: usize, depth: u32) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("sort-").tempdir_in(work)?;
        let buckets = (0..BUCKETS).map(|_| None).collect();
        Ok(Self { folder, memory, depth, buckets })
    }

    /// Adds a record.
    pub fn push(&mut self, key: Key, record: &[u8]) -> io::Result<()> {
        let number = (key << self.depth >> (Key::BITS - BUCKET_BITS)) as usize;
        let bucket = match &mut self.buckets[number] {
            Some(bucket) => bucket,
            none => none.insert(Bucket::create(self.folder.path().join(number.to_string()), key)?),
        };
        bucket.only = bucket.only.filter(|&only| only == key);
        bucket.bytes += START_BYTES + record.len();
        bucket.out.write_all(&key.to_be_bytes())?;
        bucket.out.write_all(&(record.len() as u32).to_le_bytes())?;
        bucket.out.write_all(record)
    }

    /// Hands all records to `each` in their order.
    pub fn finish<E: From<io::Error>>(mut self, each: &mut Each<'_, E>) -> Result<(), E> {
        let mut full = Vec::new();
        for bucket in self.buckets.drain(..).flatten() {
            full.push((bucket.path, bucket.bytes, bucket.only.is_some()));
            bucket.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        }
        for (path, bytes, is_of_one_key) in full {
            // What shares all bits of the key cannot be told apart any further.
            let next = self.depth + BUCKET_BITS;
            if bytes <= self.memory || is_of_one_key || next >= Key::BITS {
                in_memory(&fs::read(&path)?, each)?;
            } else {
                let mut finer = Self::at_depth(self.folder.path(), self.memory, next)?;
                let mut input = BufReader::with_capacity(BUFFER_BYTES, File::open(&path)?);
                let mut record = Vec::new();
                while let Some(key) = read_record(&mut input, &mut record)? {
                    finer.push(key, &record)?;
                }
                drop(input);
                fs::remove_file(&path)?;
                finer.finish(each)?;
                continue;
            }
            fs::remove_file(&path)?;
        }
        Ok(())
    }
}

impl Bucket {
    fn create(path: PathBuf, key: Key) -> io::Result<Self> {
        let out = BufWriter::with_capacity(BUFFER_BYTES, File::create(&path)?);
        Ok(Self { path, out, bytes: 0, only: Some(key) })
    }
}

fn in_memory<E: From<io::Error>>(bytes: &[u8], each: &mut Each<'_, E>) -> Result<(), E> {
    let mut records = Vec::new();
    let mut rest = bytes;
    while let Some((key, record, after)) = split_record(rest) {
        records.push((key, record));
        rest = after;
    }
    records.sort_unstable();
    records.into_iter().try_for_each(|(key, record)| each(key, record))
}

fn split_record(bytes: &[u8]) -> Option<(Key, &[u8], &[u8])> {
    let (key, rest) = bytes.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((Key::from_be_bytes(*key), record, rest))
}

fn read_record(input: &mut impl Read, record: &mut Vec<u8>) -> io::Result<Option<Key>> {
    let mut key = [0; 16];
    match input.read_exact(&mut key) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    record.resize(u32::from_le_bytes(length) as usize, 0);
    input.read_exact(record)?;
    Ok(Some(Key::from_be_bytes(key)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn sorted(memory: usize, records: &[(Key, Vec<u8>)]) -> Vec<(Key, Vec<u8>)> {
        let work = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(work.path(), memory).unwrap();
        for (key, record) in records {
            sorter.push(*key, record).unwrap();
        }
        let mut found = Vec::new();
        let each = &mut |key, record: &[u8]| {
            found.push((key, record.to_vec()));
            io::Result::Ok(())
        };
        sorter.finish(each).unwrap();
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 0, "buckets stayed");
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn any_records_come_in_order_however_little_memory_is_allowed(
            keys in prop::collection::vec((0u32..4, 0u32..4, any::<u8>()), 0..60)
        ) {
            // Keys that share their first bits, so that buckets have to be divided.
            let records: Vec<_> = keys
                .into_iter()
                .map(|(high, low, byte)| {
                    (Key::from(high) << 126 | Key::from(low) << 40, vec![byte; byte as usize % 9])
                })
                .collect();
            let mut expected = records.clone();
            expected.sort();
            for memory in [0, 100, 1 << 20] {
                prop_assert_eq!(&sorted(memory, &records), &expected);
            }
        }
    }
}

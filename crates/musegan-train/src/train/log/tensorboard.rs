//! A run's numbers as TensorBoard reads them: event files of scalars, written by hand, as the format
//! is a few lines and the crates for it are no longer kept. What must stay true: of a run that was
//! stopped and resumed no step is there twice; and a file that was torn in mid-record is read up to
//! there.
//!
//! A file is a row of records (length, its checksum, the bytes, their checksum; little-endian, the
//! checksums CRC-32C, rotated and offset as TFRecord has them), each a protocol buffer `Event`.
use crate::train::error::TrainError;
use musegan_model::weights::write_atomically;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// TensorBoard knows event files by this part of their name, and reads them in the order of their
/// names.
const PREFIX: &str = "events.out.tfevents.";
/// A longer file is left as it is. One of a hundred thousand lines has some 30 MB.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// The event file of a run, or of a part of it between two stops.
pub(super) struct Events {
    path: PathBuf,
    file: File,
}

impl Events {
    /// Begins a file for the steps after `step`; events of later steps are dropped from those before.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub(super) fn open(run: &Path, step: u64) -> Result<Self, TrainError> {
        drop_after(run, step)?;
        let path = run.join(format!("{PREFIX}{step:010}.musegan"));
        let mut file = File::create(&path).map_err(TrainError::io("create", &path))?;
        let version = field(3, Wire::Bytes(b"brain.Event:2"));
        let event = [field(1, Wire::Double(now())), version].concat();
        file.write_all(&record(&event)).map_err(TrainError::io("write", &path))?;
        Ok(Self { path, file })
    }

    /// Writes what a step measured, by name.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub(super) fn write(
        &mut self,
        step: u64,
        measured: &[(String, f64)],
    ) -> Result<(), TrainError> {
        let values = measured.iter().flat_map(|(name, value)| {
            let number = field(2, Wire::Float(*value as f32));
            field(1, Wire::Bytes(&[field(1, Wire::Bytes(name.as_bytes())), number].concat()))
        });
        let summary: Vec<u8> = values.collect();
        let event = [
            field(1, Wire::Double(now())),
            field(2, Wire::Number(step)),
            field(5, Wire::Bytes(&summary)),
        ];
        let written = self.file.write_all(&record(&event.concat()));
        written.map_err(TrainError::io("write", &self.path))
    }
}

/// Cuts all event files of a run before the first event of a later step.
fn drop_after(run: &Path, step: u64) -> Result<(), TrainError> {
    let entries = std::fs::read_dir(run).map_err(TrainError::io("read", run))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(PREFIX) {
            continue;
        }
        let bytes = musegan_score::file::read(&path, MAX_FILE_BYTES);
        let Some(bytes) = bytes.map_err(TrainError::io("read", &path))? else { continue };
        let kept: usize = records(&bytes)
            .take_while(|event| step_of(event) <= step)
            .map(|event| event.len() + FRAME)
            .sum();
        if kept < bytes.len() {
            let cut = write_atomically(&path, &bytes[..kept]);
            cut.map_err(TrainError::io("write", &path))?;
        }
    }
    Ok(())
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// Bytes of a record besides its event's.
const FRAME: usize = 16;

fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    [&length[..], &checksum(&length), event, &checksum(event)].concat()
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The events of a file, up to the first that is not whole.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        let (event, rest) =
            rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let (event_sum, rest) = rest.split_first_chunk::<4>()?;
        bytes = rest;
        (*sum == checksum(length) && *event_sum == checksum(event)).then_some(event)
    })
}

/// A value of a protocol buffer's field.
enum Wire<'a> {
    Number(u64),
    Double(f64),
    Bytes(&'a [u8]),
    Float(f32),
}

/// A field with its number.
fn field(number: u64, value: Wire<'_>) -> Vec<u8> {
    let key = |kind: u64| varint(number << 3 | kind);
    match value {
        Wire::Number(value) => [key(0), varint(value)].concat(),
        Wire::Double(value) => [&key(1)[..], &value.to_le_bytes()].concat(),
        Wire::Bytes(bytes) => [&key(2)[..], &varint(bytes.len() as u64), bytes].concat(),
        Wire::Float(value) => [&key(5)[..], &value.to_le_bytes()].concat(),
    }
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// The fields of a protocol buffer, up to the first that cannot be read.
fn fields(mut bytes: &[u8]) -> impl Iterator<Item = (u64, Wire<'_>)> {
    std::iter::from_fn(move || {
        let key = take_varint(&mut bytes)?;
        let value = match key & 7 {
            0 => Wire::Number(take_varint(&mut bytes)?),
            1 => Wire::Double(f64::from_le_bytes(*take::<8>(&mut bytes)?)),
            2 => {
                let len = usize::try_from(take_varint(&mut bytes)?).ok()?;
                let (own, rest) = bytes.split_at_checked(len)?;
                bytes = rest;
                Wire::Bytes(own)
            }
            5 => Wire::Float(f32::from_le_bytes(*take::<4>(&mut bytes)?)),
            _ => return None,
        };
        Some((key >> 3, value))
    })
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (own, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(own)
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let [byte] = *take::<1>(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// The step of an event; that of the file's version is 0.
fn step_of(event: &[u8]) -> u64 {
    let step = |(number, value)| match value {
        Wire::Number(step) if number == 2 => Some(step),
        _ => None,
    };
    fields(event).find_map(step).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Step, name and number of all scalars of a run, in the order in which TensorBoard reads them.
    fn scalars(run: &Path) -> Vec<(u64, String, f32)> {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let mut scalars = Vec::new();
        for path in paths {
            let bytes = std::fs::read(path).unwrap();
            for event in records(&bytes) {
                for summary in inner(event, 5) {
                    for value in inner(summary, 1) {
                        let name = String::from_utf8(inner(value, 1).next().unwrap().to_vec());
                        let number = fields(value).find_map(|(_, value)| match value {
                            Wire::Float(number) => Some(number),
                            _ => None,
                        });
                        scalars.push((step_of(event), name.unwrap(), number.unwrap()));
                    }
                }
            }
        }
        scalars
    }

    fn inner(bytes: &[u8], wanted: u64) -> impl Iterator<Item = &[u8]> {
        fields(bytes).filter_map(move |(number, value)| match value {
            Wire::Bytes(bytes) if number == wanted => Some(bytes),
            _ => None,
        })
    }

    fn write(events: &mut Events, step: u64) {
        events.write(step, &[("loss".to_owned(), step as f64 / 2.0)]).unwrap();
    }

    #[test]
    fn a_record_is_as_tensorflow_writes_it() {
        // The version of an event file at the time 0, as TensorFlow's own writer has it.
        let event = [field(1, Wire::Double(0.0)), field(3, Wire::Bytes(b"brain.Event:2"))].concat();
        let bytes = record(&event);
        assert_eq!(bytes[..8], 24u64.to_le_bytes());
        assert_eq!(bytes[8..12], [0xa3, 0x7f, 0x4b, 0x22]);
        assert!(bytes[12..].starts_with(b"\x09\0\0\0\0\0\0\0\0\x1a\x0dbrain.Event:2"));
    }

    #[test]
    fn a_resumed_run_goes_on_in_another_file_and_repeats_no_step() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path();
        let mut events = Events::open(run, 0).unwrap();
        (1..=5).for_each(|step| write(&mut events, step));
        // Killed in mid-record.
        events.file.write_all(&record(b"torn")[..7]).unwrap();
        let mut events = Events::open(run, 3).unwrap();
        (4..=300).step_by(148).for_each(|step| write(&mut events, step));
        let loss = |step: u64| (step, "loss".to_owned(), step as f32 / 2.0);
        assert_eq!(scalars(run), [1, 2, 3, 4, 152, 300].map(loss));
        Events::open(run, 0).unwrap();
        assert_eq!(scalars(run), []);
    }
}

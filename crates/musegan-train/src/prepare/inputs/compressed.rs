//! One file of a zip archive: stored or deflated bytes in, the file's bytes out.
//!
//! What must stay true: no more comes out than the archive's list promises, and at the end the
//! length and the checksum are as promised; anything else is an error.
use std::io::{self, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zip::CompressionMethod;

use crate::prepare::numpy::unfit;

/// A file being read.
pub(in crate::prepare) struct Entry<R> {
    bytes: Inflating<R>,
    checksum: Crc,
    promise: Promise,
    left: u64,
}

/// What the archive's list says of a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::prepare) struct Promise {
    /// How it is compressed.
    pub method: CompressionMethod,
    /// Bytes of the file.
    pub size: u64,
    /// CRC-32 of the file.
    pub crc32: u32,
}

enum Inflating<R> {
    Stored(R),
    Deflated(DeflateDecoder<R>),
}

impl<R: Read> Entry<R> {
    /// The file that `packed` holds.
    pub fn new(packed: R, promise: Promise) -> io::Result<Self> {
        let bytes = match promise.method {
            CompressionMethod::Stored => Inflating::Stored(packed),
            CompressionMethod::Deflated => Inflating::Deflated(DeflateDecoder::new(packed)),
            other => {
                return Err(unfit(format!(
                    "compressed in a way that is not read here ({other}); unpack the archive"
                )));
            }
        };
        Ok(Self { bytes, checksum: Crc::new(), promise, left: promise.size })
    }
}

impl<R: Read> Read for Entry<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damaged = || unfit("damaged in the archive; unpack it by hand to see what is left");
        let found = match &mut self.bytes {
            Inflating::Stored(bytes) => bytes.read(buffer)?,
            Inflating::Deflated(bytes) => bytes.read(buffer).map_err(|e| match e.kind() {
                io::ErrorKind::InvalidInput
                | io::ErrorKind::InvalidData
                | io::ErrorKind::UnexpectedEof => damaged(),
                _ => e,
            })?,
        };
        self.checksum.update(&buffer[..found]);
        self.left = self.left.checked_sub(found as u64).ok_or_else(damaged)?;
        let is_end = found == 0 && !buffer.is_empty();
        if is_end && (self.left > 0 || self.checksum.sum() != self.promise.crc32) {
            return Err(damaged());
        }
        Ok(found)
    }
}

//! Compressed archives: inflated as they are read, and not without end.
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::zip::bomb;
use crate::prepare::numpy::unfit;

/// Inflates, up to a limit.
pub struct Gzip<R> {
    bytes: MultiGzDecoder<R>,
    most: u64,
    left: u64,
}

impl<R: Read> Gzip<R> {
    /// At most so many bytes come out.
    pub fn new(packed: R, most: u64) -> Self {
        Self { bytes: MultiGzDecoder::new(packed), most, left: most }
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let found = self.bytes.read(buffer)?;
        self.left = self.left.checked_sub(found as u64).ok_or_else(|| unfit(bomb(self.most)))?;
        Ok(found)
    }
}

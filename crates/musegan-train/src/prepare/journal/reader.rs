//! Reads a journal record by record, and knows how far it is whole.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use musegan_score::file;

use super::{Header, JOURNAL_FILE, JournalError, MAGIC, MAX_RECORD_BYTES, codec};

/// A journal that is read from its beginning to its end. Holds one record.
#[derive(Debug)]
pub struct JournalReader<R = File> {
    path: PathBuf,
    header: Header,
    input: BufReader<R>,
    /// Bytes up to the end of the last record that was whole.
    whole_bytes: u64,
    files: u64,
    /// The number of files that the end mark says, once it was met.
    finished: Option<u64>,
    record: Vec<u8>,
}

impl JournalReader {
    /// Opens the journal in this folder.
    ///
    /// # Errors
    /// If there is none, or it is damaged.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(JOURNAL_FILE);
        let mut file = file::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                JournalError::Missing(folder.to_owned())
            }
            _ => JournalError::io("read", &path)(error),
        })?;
        let header = read_header(&mut file, &path)?;
        Ok(Self::after_header(file, &path, header))
    }

    /// The next record's content as it was written, or `None` after the end mark.
    ///
    /// # Errors
    /// If the journal was not finished, or is damaged before its end mark.
    pub(in crate::prepare) fn next_of_finished(&mut self) -> Result<Option<&[u8]>, JournalError> {
        if self.next_payload()?.is_some() {
            return Ok(Some(&self.record));
        }
        if self.finished != Some(self.files) {
            let folder = self.path.parent().unwrap_or(&self.path).to_owned();
            return Err(JournalError::Unfinished { folder, files: self.files });
        }
        Ok(None)
    }
}

impl<R: Read + Seek> JournalReader<R> {
    /// A reader of the records of `input`, which stands behind this header.
    pub(super) fn after_header(mut input: R, path: &Path, header: Header) -> Self {
        let whole_bytes = input.stream_position().unwrap_or(0);
        Self {
            path: path.to_owned(),
            header,
            input: BufReader::with_capacity(1 << 20, input),
            whole_bytes,
            files: 0,
            finished: None,
            record: Vec::new(),
        }
    }

    /// What is being prepared, and how.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished == Some(self.files)
    }

    pub(super) fn whole_bytes(&self) -> u64 {
        self.whole_bytes
    }

    /// The next whole record, or `None` at the end mark or where the journal is torn.
    pub(super) fn next_payload(&mut self) -> Result<Option<&[u8]>, JournalError> {
        if self.finished.is_some() {
            return Ok(None);
        }
        let is_whole = self.read_record();
        if !is_whole.map_err(JournalError::io("read", &self.path))? {
            return Ok(None);
        }
        self.whole_bytes += 8 + self.record.len() as u64;
        match self.record.split_first() {
            Some((&codec::END, count)) => {
                self.finished = count.try_into().map(u64::from_le_bytes).ok();
                Ok(None)
            }
            _ => {
                self.files += 1;
                Ok(Some(&self.record))
            }
        }
    }

    /// Whether another record follows whole.
    fn read_record(&mut self) -> io::Result<bool> {
        let mut start = Vec::with_capacity(8);
        self.input.by_ref().take(8).read_to_end(&mut start)?;
        let (Some(&length), Some(&crc), 8) = (start.first_chunk(), start.last_chunk(), start.len())
        else {
            return Ok(false);
        };
        let length = u32::from_le_bytes(length);
        if length == 0 || length > MAX_RECORD_BYTES {
            return Ok(false);
        }
        self.record.clear();
        // As it comes, since a torn length may promise much more than there is.
        self.input.by_ref().take(length.into()).read_to_end(&mut self.record)?;
        let is_whole = self.record.len() == length as usize;
        Ok(is_whole && crc32fast::hash(&self.record) == u32::from_le_bytes(crc))
    }
}

/// Reads the header from the beginning of a journal and stays behind it.
pub(super) fn read_header(file: &mut File, path: &Path) -> Result<Header, JournalError> {
    let io = |e| JournalError::io("read", path)(e);
    let damaged = |reason: &str| JournalError::Damaged { file: path.into(), reason: reason.into() };
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    let mut start = Vec::new();
    let known = MAGIC.len() + 8;
    Read::take(&mut *file, known as u64).read_to_end(&mut start).map_err(io)?;
    if !start.starts_with(MAGIC) {
        return Err(damaged("it is no journal of this version of the program"));
    }
    let torn = || damaged("its header is damaged; remove it and prepare again");
    let (Some(&length), Some(&crc)) =
        (start[MAGIC.len()..].first_chunk(), start[MAGIC.len()..].last_chunk())
    else {
        return Err(torn());
    };
    let length = u32::from_le_bytes(length);
    let mut text = Vec::new();
    Read::take(&mut *file, length.min(MAX_RECORD_BYTES).into())
        .read_to_end(&mut text)
        .map_err(io)?;
    if text.len() != length as usize || crc32fast::hash(&text) != u32::from_le_bytes(crc) {
        return Err(torn());
    }
    serde_json::from_slice(&text).map_err(|_| torn())
}

//! Records in their order, written once and read again, a batch at a time.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// A file of records.
#[derive(Debug)]
pub struct Batches {
    out: BufWriter<File>,
    /// A batch ends once its records have so many bytes.
    pub batch_bytes: usize,
}

impl Batches {
    pub fn create(path: &Path, batch_bytes: usize) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        Ok(Self { out: BufWriter::with_capacity(1 << 20, file), batch_bytes })
    }

    pub fn push(&mut self, record: &[u8]) -> io::Result<()> {
        self.out.write_all(&(record.len() as u32).to_le_bytes())?;
        self.out.write_all(record)
    }

    /// Hands all records to `each`, in the order in which they came.
    pub fn read_again(self, mut each: impl FnMut(&[Vec<u8>]) -> Result<()>) -> Result<()> {
        let cannot_read = "cannot read the sorted files";
        let mut file =
            self.out.into_inner().map_err(io::IntoInnerError::into_error).context(cannot_read)?;
        file.seek(SeekFrom::Start(0)).context(cannot_read)?;
        let mut input = BufReader::with_capacity(1 << 20, file);
        loop {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while bytes < self.batch_bytes.max(1)
                && let Some(record) = read_record(&mut input).context(cannot_read)?
            {
                bytes += record.len();
                batch.push(record);
            }
            if batch.is_empty() {
                return Ok(());
            }
            each(&batch)?;
        }
    }
}

fn read_record(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut record = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut record)?;
    Ok(Some(record))
}

//! NumPy's arrays as a stream: the header of a `.npy`, then its numbers, a few at a time.
//!
//! Format: <https://numpy.org/neps/nep-0001-npy-format.html>. What must stay true: whatever a
//! header promises, memory holds only what the caller asks for, and pickled objects are refused.
use std::io::{self, Read};

mod npz;

pub(crate) use npz::{HeldNpz, Npz};

/// NumPy itself refuses longer headers.
const LONGEST_HEADER: u64 = 10_000;

/// The type of an array's elements, all little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// One byte, zero or not.
    Bool,
    /// Unsigned, so many bytes.
    Unsigned(usize),
    /// Signed, so many bytes.
    Signed(usize),
    /// Floating, two, four or eight bytes.
    Float(usize),
    /// Text of at most so many characters of four bytes.
    Text(usize),
}

/// What the header of an array says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub element: Element,
    /// Lengths of the axes; their product with the element's size fits 63 bits.
    pub shape: Vec<u64>,
}

/// An array whose elements have not been read yet.
pub(crate) struct Array<R> {
    pub header: Header,
    bytes: R,
}

impl<R: Read> Array<R> {
    /// Reads the header of an array.
    pub fn open(mut bytes: R) -> io::Result<Self> {
        let header = read_header(&mut bytes)?;
        Ok(Self { header, bytes })
    }

    /// Fills the buffer with the next elements' bytes.
    pub fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.bytes.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => unfit("the array is cut off"),
            _ => error,
        })
    }

    /// Leaves so many bytes out.
    pub fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.bytes.by_ref().take(bytes), &mut io::sink())?;
        if skipped == bytes { Ok(()) } else { Err(unfit("the array is cut off")) }
    }

    /// Reads to the end, where an archive's checksum is compared, and expects nothing more there.
    pub fn finish(&mut self) -> io::Result<()> {
        match io::copy(&mut self.bytes, &mut io::sink())? {
            0 => Ok(()),
            more => Err(unfit(format!("{more} bytes follow the array"))),
        }
    }

    /// Reads all of it, to see that it is whole.
    pub fn verify(mut self) -> io::Result<()> {
        let bytes = self.header.len() * self.header.element.bytes() as u64;
        self.skip(bytes)?;
        self.finish()
    }

    /// All elements as numbers; refused where there are more than `most`.
    pub fn numbers(mut self, most: usize) -> io::Result<Vec<f64>> {
        let count = self.header.len();
        if count > most as u64 {
            return Err(unfit(format!("an array of {count} elements, at most {most} are read")));
        }
        let size = self.header.element.bytes();
        let mut bytes = Vec::new();
        self.bytes.by_ref().take(count * size as u64).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != count * size as u64 {
            return Err(unfit("the array is cut off"));
        }
        self.finish()?;
        Ok(bytes.chunks_exact(size).map(|bytes| self.header.element.number(bytes)).collect())
    }
}

impl Header {
    /// How many elements there are.
    pub fn len(&self) -> u64 {
        self.shape.iter().product()
    }
}

impl Element {
    /// Bytes of one element.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Unsigned(bytes) | Self::Signed(bytes) | Self::Float(bytes) => bytes,
            Self::Text(characters) => 4 * characters,
        }
    }

    /// The number in these bytes, which are one element; text is no number and reads as 0.
    pub fn number(self, bytes: &[u8]) -> f64 {
        match (self, bytes) {
            (Self::Float(2), &[a, b]) => half::f16::from_le_bytes([a, b]).into(),
            (Self::Float(4), &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]).into(),
            (Self::Float(_), &[a, b, c, d, e, f, g, h]) => {
                f64::from_le_bytes([a, b, c, d, e, f, g, h])
            }
            (Self::Text(_), _) => 0.0,
            (Self::Signed(_), bytes) => signed(bytes) as f64,
            (_, bytes) => unsigned(bytes) as f64,
        }
    }

    /// Whether these bytes, one element, say that a cell sounds: above zero.
    pub fn sounds(self, bytes: &[u8]) -> bool {
        match self {
            Self::Bool | Self::Unsigned(_) => bytes.iter().any(|&byte| byte != 0),
            _ => self.number(bytes) > 0.0,
        }
    }

    fn of_descr(descr: &str) -> Option<Self> {
        let (order, rest) = descr.split_at_checked(1)?;
        let (kind, size) = rest.split_at_checked(1)?;
        let size: usize = size.parse().ok()?;
        let one_byte_or_little = order == "<" || (order == "|" && size == 1);
        match kind {
            "b" if size == 1 => Some(Self::Bool),
            "u" if one_byte_or_little && matches!(size, 1 | 2 | 4 | 8) => {
                Some(Self::Unsigned(size))
            }
            "i" if one_byte_or_little && matches!(size, 1 | 2 | 4 | 8) => Some(Self::Signed(size)),
            "f" if order == "<" && matches!(size, 2 | 4 | 8) => Some(Self::Float(size)),
            "U" if order == "<" && size > 0 && size <= 4096 => Some(Self::Text(size)),
            _ => None,
        }
    }
}

fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

fn signed(bytes: &[u8]) -> i64 {
    let unused = 64 - 8 * bytes.len().min(8) as u32;
    ((unsigned(bytes) << unused) as i64) >> unused
}

/// An error whose text says what does not fit.
pub(crate) fn unfit(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.into())
}

fn read_header(bytes: &mut impl Read) -> io::Result<Header> {
    let mut start = [0; 8];
    let no_array = || unfit("no NumPy array: numpy.save and numpy.savez write them");
    bytes.read_exact(&mut start).map_err(|_| no_array())?;
    let mut length = [0; 4];
    match start {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _] => bytes.read_exact(&mut length[..2])?,
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _] => bytes.read_exact(&mut length)?,
        _ => return Err(no_array()),
    }
    let length = u64::from(u32::from_le_bytes(length));
    if length > LONGEST_HEADER {
        return Err(unfit("the array's header is longer than NumPy's own limit"));
    }
    let mut text = String::new();
    bytes.take(length).read_to_string(&mut text)?;
    parse_header(&text)
}

/// Reads the Python dictionary that every header is:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (4, 128), }`.
fn parse_header(text: &str) -> io::Result<Header> {
    let value = |key: &str| {
        let (_, rest) = text.split_once(&format!("'{key}'"))?;
        Some(rest.trim_start().strip_prefix(':')?.trim_start())
    };
    let damaged = || unfit("the array's header is damaged");
    let descr = value("descr").ok_or_else(damaged)?;
    let descr = descr.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
    let (descr, _) = descr.ok_or_else(|| unfit("an array of records, which is not read"))?;
    let element = Element::of_descr(descr).ok_or_else(|| {
        unfit(format!("its elements are of type {descr}, which is not read; save bool or uint8"))
    })?;
    let order = value("fortran_order").ok_or_else(damaged)?;
    let shape = value("shape").and_then(|rest| rest.strip_prefix('(')?.split_once(')'));
    let (shape, _) = shape.ok_or_else(damaged)?;
    let shape = shape.split(',').map(str::trim).filter(|length| !length.is_empty());
    let shape = shape.map(|length| length.parse().ok()).collect::<Option<Vec<u64>>>();
    let shape = shape.ok_or_else(damaged)?;
    let bytes = shape.iter().try_fold(element.bytes() as u64, |all, &axis| all.checked_mul(axis));
    if bytes.is_none_or(|bytes| bytes > i64::MAX as u64) {
        return Err(unfit(format!("an array of shape {shape:?} fits no file")));
    }
    if order.starts_with("True") && shape.iter().filter(|&&axis| axis > 1).count() > 1 {
        return Err(unfit("it is in Fortran order; save numpy.ascontiguousarray(array)"));
    }
    Ok(Header { element, shape })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_of_every_type_are_read_as_they_were_written() {
        let number = |descr: &str, bytes: &[u8]| Element::of_descr(descr).unwrap().number(bytes);
        assert_eq!(number("|u1", &[200]), 200.0);
        assert_eq!(number("|i1", &[0xff]), -1.0);
        assert_eq!(number("<i8", &(-300i64).to_le_bytes()), -300.0);
        assert_eq!(number("<u2", &[1, 1]), 257.0);
        assert_eq!(number("<f8", &0.5f64.to_le_bytes()), 0.5);
        for (bits, value) in [(0x3555, 0.333251953125), (0xc000, -2.0), (1, 2f64.powi(-24))] {
            assert_eq!(number("<f2", &u16::to_le_bytes(bits)), value);
        }
        for foreign in ["|O", ">i4", "<c8", "<f16", "", "é"] {
            assert_eq!(Element::of_descr(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn headers_that_lie_are_refused_before_anything_is_allocated() {
        let header = |shape: &str| {
            parse_header(&format!(
                "{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}"
            ))
        };
        assert_eq!(header("3, 4").unwrap().shape, [3, 4]);
        assert_eq!(header("").unwrap().len(), 1);
        for lie in ["18446744073709551615", "9999999999, 9999999999", "-1", "1e3", "nonsense"] {
            assert!(header(lie).is_err(), "{lie}");
        }
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,), }";
        let mut file = vec![0x93, b'N', b'U', b'M', b'P', b'Y', 1, 0];
        file.extend((text.len() as u16).to_le_bytes());
        file.extend(text.as_bytes());
        let array = Array::open(file.as_slice()).unwrap();
        assert!(array.numbers(usize::MAX).unwrap_err().to_string().contains("cut off"));
    }
}

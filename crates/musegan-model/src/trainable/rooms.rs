//! The memory that passes on a device need. What must stay true: the same passes take the same
//! rooms in the same order, so that their size is known before any is there.
use musegan_device::Slice;

/// Hands out room after room, each a buffer of its own.
///
/// Whoever needs rooms is built twice: with [`planned`](Self::planned) ones, which only count, and
/// with buffers of the lengths that were counted.
#[derive(Clone, Debug, Default)]
pub struct Rooms {
    buffers: Vec<u64>,
    lengths: Vec<usize>,
}

impl Rooms {
    /// Rooms that are only counted; they are numbered from 0.
    #[must_use]
    pub fn planned() -> Self {
        Self::default()
    }

    /// Rooms in these buffers, as long as were planned and in the same order.
    #[must_use]
    pub fn in_buffers(buffers: Vec<u64>) -> Self {
        Self { buffers, lengths: Vec::new() }
    }

    /// The next room, of so many elements.
    pub fn take(&mut self, elements: usize) -> Slice {
        let number = self.lengths.len();
        self.lengths.push(elements);
        Slice { buffer: self.buffers.get(number).copied().unwrap_or(number as u64), start: 0 }
    }

    /// Elements of every room so far.
    #[must_use]
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }
}

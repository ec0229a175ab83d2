//! Whether a program fits the buffers of its device.
//!
//! What must stay true: what passes touches no element that is not there, whatever the numbers in
//! it, and no number in a program makes this panic.
use super::touch::product;
use super::{Axis, BatchNorm, LayerNorm, Operation, Program, Slice};
use std::collections::HashMap;
use thiserror::Error;

/// Elements of each operand that the operations on matrices go up to, and rows and columns: their
/// kernels count in 32 bits.
const MATRIX_ELEMENTS: u64 = 1 << 31;
const MATRIX_SIDE: u64 = 1 << 30;

/// A program that would touch what is not there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OutOfBounds {
    /// A buffer that the device does not have.
    #[error("operation {operation}: there is no buffer {buffer}")]
    Buffer {
        /// Place in the program, from 0.
        operation: usize,
        /// Its number.
        buffer: u64,
    },
    /// Elements outside a buffer.
    #[error("operation {operation}: elements {start} to {end} of buffer {buffer}, which has {len}")]
    Elements {
        /// Place in the program, from 0.
        operation: usize,
        /// The buffer's number.
        buffer: u64,
        /// First element.
        start: u64,
        /// One past the last.
        end: u64,
        /// Elements of the buffer.
        len: u64,
    },
    /// Sizes that an operation does not have.
    #[error("operation {operation}: {reason}")]
    Size {
        /// Place in the program, from 0.
        operation: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Program {
    /// Checks every operation against the buffers' lengths, in elements by number.
    ///
    /// # Errors
    /// [`OutOfBounds`] for the first operation that does not fit.
    pub fn check(&self, buffers: &HashMap<u64, u64>) -> Result<(), OutOfBounds> {
        for (index, operation) in self.operations.iter().enumerate() {
            if let Some(reason) = operation.mismatch() {
                return Err(OutOfBounds::Size { operation: index, reason });
            }
            for touch in operation.touches() {
                let Slice { buffer, start } = touch.at;
                let Some(&len) = buffers.get(&buffer) else {
                    return Err(OutOfBounds::Buffer { operation: index, buffer });
                };
                let end = start.saturating_add(touch.len);
                if touch.len > 0 && end > len {
                    return Err(OutOfBounds::Elements {
                        operation: index,
                        buffer,
                        start,
                        end,
                        len,
                    });
                }
            }
        }
        Ok(())
    }
}

impl LayerNorm {
    fn mismatch(&self) -> Option<&'static str> {
        if self.channels == 0 || self.channels > 256 {
            return Some("layer norm takes 1 to 256 channels");
        }
        if self.rows == 0 || product(&[self.rows, self.channels]) < 2 {
            return Some("layer norm needs two values or more in a sample");
        }
        if self.out_stride < self.channels {
            return Some("the activation's rows overlap");
        }
        overlap(self.groups, self.out_group_stride, self.channels.into())
    }
}

impl BatchNorm {
    fn mismatch(&self) -> Option<&'static str> {
        if self.channels == 0 || self.channels > 256 {
            return Some("batch norm takes 1 to 256 channels");
        }
        if self.rows < 2 {
            return Some("batch norm needs two rows or more");
        }
        overlap(self.groups, self.out_group_stride, product(&[self.rows, self.channels]))
    }
}

/// Whether what is written for one group lies in the next group's place: what would be there then
/// depends on which comes last.
fn overlap(groups: u32, stride: u32, len: u64) -> Option<&'static str> {
    (groups > 1 && u64::from(stride) < len).then_some("written groups overlap")
}

impl Operation {
    /// What is wrong with its sizes, if anything is.
    fn mismatch(&self) -> Option<&'static str> {
        let zero = |sizes: &[u32]| sizes.contains(&0).then_some("a size is 0");
        match self {
            Self::Multiply { left, right, out, groups, .. } => {
                let [m, k] = [left.rows, left.columns].map(Axis::len);
                let n = right.columns.len();
                let fits = right.rows.len() == k && out.rows.len() == m && out.columns.len() == n;
                if !fits {
                    return Some("the matrices' sizes do not fit one another");
                }
                if [m, k, n].iter().any(|&len| len == 0 || len > MATRIX_SIDE) || *groups == 0 {
                    return Some("a matrix is empty or too long");
                }
                self.too_large(m.saturating_mul(n).saturating_mul(u64::from(*groups)))
            }
            Self::Overlap { rows, taps, width, step, .. } => match zero(&[*rows, *taps, *width]) {
                None if step > width => Some("the windows have gaps between them"),
                None => self.too_large(0),
                wrong => wrong,
            },
            // Rows that lie on one another may be more than there are elements.
            Self::SumRows { rows, .. } if u64::from(*rows) > MATRIX_SIDE => {
                Some("there are too many rows")
            }
            Self::SumRows { columns, groups, out_group_stride, .. } => self
                .too_large(product(&[*columns, *groups]))
                .or(overlap(*groups, *out_group_stride, u64::from(*columns))),
            Self::Fill { .. } | Self::AddRow { .. } | Self::Permute { .. } => self.too_large(0),
            Self::LayerNormForward { norm, .. }
            | Self::LayerNormBackward { norm, .. }
            | Self::LayerNormTangent { norm, .. }
            | Self::LayerNormBackwardPair { norm, .. } => norm.mismatch(),
            Self::BatchNormForward { norm, .. } => norm.mismatch(),
            Self::BatchNormBackward { norm, d_affine_stride, .. } => norm.mismatch().or(overlap(
                norm.groups,
                *d_affine_stride,
                2 * u64::from(norm.channels),
            )),
            Self::RunningStatistics { rows, .. } if *rows < 2 => {
                Some("the unbiased variance needs two rows or more")
            }
            Self::RunningStatistics { groups, channels, running_stride, .. } => {
                overlap(*groups, *running_stride, 2 * u64::from(*channels))
            }
            Self::Draw(draw) if draw.phrases == 0 => Some("there are no phrases to draw"),
            Self::Draw(draw) if draw.songs.is_some() && draw.songs_count == 0 => {
                Some("there are no songs to draw")
            }
            Self::Normals { per_sample, .. } => {
                (!per_sample.is_multiple_of(16)).then_some("normal numbers come sixteen at a time")
            }
            _ => None,
        }
    }

    /// Whether an operation on matrices that writes so many numbers, or one of its operands, is too
    /// large.
    fn too_large(&self, numbers: u64) -> Option<&'static str> {
        let largest = self.touches().iter().map(|touch| touch.len).fold(numbers, u64::max);
        (largest > MATRIX_ELEMENTS).then_some("an operand reaches over more than 2^31 elements")
    }
}

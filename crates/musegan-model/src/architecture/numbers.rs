//! What kind of numbers a tensor's are in a file. In memory all are `f32`.
//!
//! What must stay true: a number that [`NumberType::rounded`] gave comes back from a file as it is.
use std::fmt;

use half::f16;

/// A kind of number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    /// 32 bits.
    F32,
    /// 16 bits, eleven of them precise.
    F16,
    /// Whole numbers, `0..=255`.
    U8,
}

impl NumberType {
    /// The number that a file holds in place of this one; infinite or no number where none does.
    pub(crate) fn rounded(self, value: f32) -> f32 {
        match self {
            Self::F32 => value,
            Self::F16 => f16::from_f32(value).to_f32(),
            Self::U8 if value == value.trunc() && (0.0..=255.0).contains(&value) => value,
            Self::U8 => f32::NAN,
        }
    }

    /// Appends rounded numbers as bytes.
    pub(crate) fn append(self, values: &[f32], bytes: &mut Vec<u8>) {
        match self {
            Self::F32 => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Self::F16 => {
                bytes.extend(values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()));
            }
            Self::U8 => bytes.extend(values.iter().map(|value| *value as u8)),
        }
    }
}

impl fmt::Display for NumberType {
    /// As safetensors has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::U8 => "U8",
        })
    }
}

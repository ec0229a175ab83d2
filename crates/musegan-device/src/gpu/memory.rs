//! Memory of a device: taken, written, read, given back.
use super::{DeviceError, Gpu};
use crate::Slice;

/// What a device's memory holds: `f32`, `u32`, `u64`, `f64` and bytes, in this machine's order.
pub trait Word: bytemuck::Pod {}
impl Word for f32 {}
impl Word for u32 {}
impl Word for u64 {}
impl Word for f64 {}
impl Word for u8 {}

/// Memory of a device, given back when this is dropped. It keeps the device open.
#[derive(Debug)]
pub struct Buffer {
    gpu: Gpu,
    number: u64,
    elements: usize,
}

impl Buffer {
    /// Its beginning.
    #[must_use]
    pub const fn slice(&self) -> Slice {
        Slice { buffer: self.number, start: 0 }
    }

    /// Elements of four bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.elements
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.elements == 0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: numbers are checked by the library.
        unsafe { (self.gpu.interface().free)(self.gpu.number(), self.number) };
    }
}

impl Gpu {
    /// Takes memory for so many elements of four bytes, all 0.
    ///
    /// # Errors
    /// [`DeviceError::OutOfMemory`].
    pub fn buffer(&self, elements: usize) -> Result<Buffer, DeviceError> {
        let bytes = (elements as u64).checked_mul(4).ok_or_else(|| {
            DeviceError::OutOfMemory(format!("no device has memory for {elements} numbers"))
        })?;
        let mut number = 0;
        self.ask(|interface, context, text| {
            // SAFETY: both pointers are valid for the call.
            unsafe { (interface.allocate)(context, bytes, &raw mut number, text) }
        })?;
        Ok(Buffer { gpu: self.clone(), number, elements })
    }

    /// Writes values, after all that was run before.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] if they do not lie in the buffer.
    pub fn write<T: Word>(&self, at: Slice, values: &[T]) -> Result<(), DeviceError> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let (from, len) = (bytes.as_ptr(), bytes.len() as u64);
        let offset = offset(at)?;
        self.ask(|interface, context, text| {
            // SAFETY: there are `len` bytes to be read, and `text` is valid for the call.
            unsafe { (interface.write)(context, at.buffer, offset, from, len, text) }
        })
    }

    /// Reads values, after all that was run before.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] if they do not lie in the buffer; [`DeviceError::Lost`].
    pub fn read<T: Word>(&self, at: Slice, values: &mut [T]) -> Result<(), DeviceError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(values);
        let (to, len) = (bytes.as_mut_ptr(), bytes.len() as u64);
        let offset = offset(at)?;
        self.ask(|interface, context, text| {
            // SAFETY: there are `len` bytes to be written, any of which are values of `T`, and
            // `text` is valid for the call.
            unsafe { (interface.read)(context, at.buffer, offset, to, len, text) }
        })
    }
}

/// Bytes from a buffer's beginning.
fn offset(at: Slice) -> Result<u64, DeviceError> {
    at.start
        .checked_mul(4)
        .ok_or_else(|| DeviceError::Refused(format!("no buffer has an element {}", at.start)))
}

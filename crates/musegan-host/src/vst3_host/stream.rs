//! A state's bytes as the stream that a plugin reads or writes them through.
use std::ffi::c_void;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Class;
use vst3::Steinberg::IBStream_::IStreamSeekMode_;
use vst3::Steinberg::{
    IBStream, IBStreamTrait, kInvalidArgument, kResultFalse, kResultOk, tresult,
};

/// Bytes in memory with a position.
pub(super) struct ByteStream {
    bytes: Mutex<Cursor<Vec<u8>>>,
}

impl ByteStream {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: Mutex::new(Cursor::new(bytes)) }
    }

    /// All bytes, wherever the position is.
    pub fn bytes(&self) -> Vec<u8> {
        self.cursor().get_ref().clone()
    }

    fn cursor(&self) -> MutexGuard<'_, Cursor<Vec<u8>>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Class for ByteStream {
    type Interfaces = (IBStream,);
}

/// Writes how much was done, if the plugin wants to know.
fn tell<T>(place: *mut T, value: T) {
    // SAFETY: the plugin gives a place for a number, or null.
    if let Some(place) = unsafe { place.as_mut() } {
        *place = value;
    }
}

impl IBStreamTrait for ByteStream {
    unsafe fn read(&self, buffer: *mut c_void, size: i32, done: *mut i32) -> tresult {
        let Ok(length) = usize::try_from(size) else { return kInvalidArgument };
        if buffer.is_null() || length == 0 {
            tell(done, 0);
            return if length == 0 { kResultOk } else { kInvalidArgument };
        }
        // SAFETY: the plugin gives room for as many bytes as it asks for.
        let buffer = unsafe {
            buffer.cast::<u8>().write_bytes(0, length);
            std::slice::from_raw_parts_mut(buffer.cast::<u8>(), length)
        };
        let read = self.cursor().read(buffer).unwrap_or(0);
        tell(done, read as i32);
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, size: i32, done: *mut i32) -> tresult {
        let Ok(length) = usize::try_from(size) else { return kInvalidArgument };
        if buffer.is_null() || length == 0 {
            tell(done, 0);
            return if length == 0 { kResultOk } else { kInvalidArgument };
        }
        // SAFETY: the plugin gives as many bytes as it says.
        let buffer = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), length) };
        let written = self.cursor().write(buffer).unwrap_or(0);
        tell(done, written as i32);
        kResultOk
    }

    unsafe fn seek(&self, offset: i64, mode: i32, position: *mut i64) -> tresult {
        let to = match mode as _ {
            IStreamSeekMode_::kIBSeekSet => match u64::try_from(offset) {
                Ok(offset) => SeekFrom::Start(offset),
                Err(_) => return kInvalidArgument,
            },
            IStreamSeekMode_::kIBSeekCur => SeekFrom::Current(offset),
            IStreamSeekMode_::kIBSeekEnd => SeekFrom::End(offset),
            _ => return kInvalidArgument,
        };
        match self.cursor().seek(to) {
            Ok(now) => {
                tell(position, now as i64);
                kResultOk
            }
            Err(_) => kResultFalse,
        }
    }

    unsafe fn tell(&self, position: *mut i64) -> tresult {
        if position.is_null() {
            return kInvalidArgument;
        }
        tell(position, self.cursor().position() as i64);
        kResultOk
    }
}

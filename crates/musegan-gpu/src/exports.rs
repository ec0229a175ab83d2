//! The C interface: what comes in is checked, what goes wrong goes out as a code and a sentence.
//!
//! What must stay true: no function unwinds, prints, or reads or writes what its arguments do not
//! name. Any thread may call.
use crate::Card;
use crate::context::Context;
use crate::device::Device;
use crate::failure::Failure;
use crate::{registry, text};
use contained::contained;
use musegan_device::Program;
use musegan_device::interface::{Interface, Text, VERSION};
use std::time::Duration;

mod contained;

/// The longest JSON of a program that is taken, in bytes.
const LONGEST_PROGRAM: u64 = 64 << 20;

static TABLE: Interface = Interface {
    version: VERSION,
    size: size_of::<Interface>() as u32,
    devices,
    open,
    close,
    memory,
    allocate,
    free,
    write,
    read,
    prepare,
    discard,
    run,
    wait,
    launches,
};

/// Gives the table of functions, or null for another version than [`VERSION`].
#[unsafe(no_mangle)]
pub extern "C" fn musegan_gpu_interface(version: u32) -> *const Interface {
    contained::keep_panics_quiet();
    if version == VERSION { &raw const TABLE } else { std::ptr::null() }
}

unsafe extern "C" fn devices(text: *mut Text) -> i32 {
    // SAFETY: `text` is the caller's, as the interface has it; so in all functions below.
    unsafe {
        contained(text, || {
            if text.is_null() {
                return Err(Failure::argument("there is no room for the devices: null"));
            }
            let json = match Card::list() {
                Ok(devices) => serde_json::to_string(&devices),
                Err(reason) => serde_json::to_string(&reason),
            };
            let json = json.map_err(|error| Failure::argument(error.to_string()))?;
            text::write(text, &json);
            Ok(())
        })
    }
}

unsafe extern "C" fn open(device: u32, timeout: u32, context: *mut u64, text: *mut Text) -> i32 {
    // SAFETY: as above; `context` is null or the caller's to be written.
    unsafe {
        contained(text, || {
            let out = place(context, "the context's number")?;
            if timeout == 0 {
                return Err(Failure::argument("a timeout of 0 ms: no device answers in no time"));
            }
            let timeout = Duration::from_millis(timeout.into());
            *out = registry::add(Context::open(device, timeout)?);
            Ok(())
        })
    }
}

unsafe extern "C" fn close(context: u64) -> i32 {
    // SAFETY: there is no text.
    unsafe { contained(std::ptr::null_mut(), || registry::remove(context)) }
}

unsafe extern "C" fn memory(context: u64, free: *mut u64, total: *mut u64, text: *mut Text) -> i32 {
    // SAFETY: as above; the numbers are null or the caller's to be written.
    unsafe {
        contained(text, || {
            let [free, total] = [place(free, "free bytes")?, place(total, "all bytes")?];
            (*free, *total) = registry::with(context, Context::memory)?;
            Ok(())
        })
    }
}

unsafe extern "C" fn allocate(context: u64, bytes: u64, buffer: *mut u64, text: *mut Text) -> i32 {
    // SAFETY: as above; `buffer` is null or the caller's to be written.
    unsafe {
        contained(text, || {
            let out = place(buffer, "the buffer's number")?;
            *out = registry::with(context, |context| context.allocate(bytes))?;
            Ok(())
        })
    }
}

unsafe extern "C" fn free(context: u64, buffer: u64) -> i32 {
    // SAFETY: there is no text.
    unsafe {
        contained(std::ptr::null_mut(), || registry::with(context, |context| context.free(buffer)))
    }
}

unsafe extern "C" fn write(
    context: u64,
    buffer: u64,
    offset: u64,
    bytes: *const u8,
    length: u64,
    text: *mut Text,
) -> i32 {
    // SAFETY: as above; `bytes` is null or the caller's, so many bytes long.
    unsafe {
        contained(text, || {
            let length = length_of(bytes, length)?;
            registry::with(context, |context| {
                context.write(buffer, offset, slice_or_empty(bytes, length))
            })
        })
    }
}

unsafe extern "C" fn read(
    context: u64,
    buffer: u64,
    offset: u64,
    bytes: *mut u8,
    length: u64,
    text: *mut Text,
) -> i32 {
    // SAFETY: as above; `bytes` is null or the caller's to be written, so many bytes long.
    unsafe {
        contained(text, || {
            let length = length_of(bytes, length)?;
            let bytes = match length {
                0 => &mut [],
                _ => std::slice::from_raw_parts_mut(bytes, length),
            };
            registry::with(context, |context| context.read(buffer, offset, bytes))
        })
    }
}

unsafe extern "C" fn prepare(
    context: u64,
    json: *const u8,
    length: u64,
    program: *mut u64,
    text: *mut Text,
) -> i32 {
    // SAFETY: as above; `json` is null or the caller's, so many bytes long, and `program` is null
    // or the caller's to be written.
    unsafe {
        contained(text, || {
            let out = place(program, "the program's number")?;
            if length > LONGEST_PROGRAM {
                return Err(Failure::argument(format!(
                    "a program of {length} bytes; {LONGEST_PROGRAM} are the most"
                )));
            }
            let length = length_of(json, length)?;
            let parsed = serde_json::from_slice::<Program>(slice_or_empty(json, length));
            let parsed = parsed.map_err(|error| {
                Failure::argument(format!("the program cannot be read: {error}"))
            })?;
            *out = registry::with(context, |context| context.prepare(&parsed))?;
            Ok(())
        })
    }
}

unsafe extern "C" fn discard(context: u64, program: u64) -> i32 {
    // SAFETY: there is no text.
    unsafe {
        contained(std::ptr::null_mut(), || {
            registry::with(context, |context| context.discard(program))
        })
    }
}

unsafe extern "C" fn run(context: u64, program: u64, times: u32, text: *mut Text) -> i32 {
    // SAFETY: as above.
    unsafe { contained(text, || registry::with(context, |context| context.run(program, times))) }
}

unsafe extern "C" fn wait(context: u64, text: *mut Text) -> i32 {
    // SAFETY: as above.
    unsafe { contained(text, || registry::with(context, Context::wait)) }
}

unsafe extern "C" fn launches(
    context: u64,
    program: u64,
    kernels: *mut u64,
    by_host: *mut u64,
    text: *mut Text,
) -> i32 {
    // SAFETY: as above; the numbers are null or the caller's to be written.
    unsafe {
        contained(text, || {
            let [kernels, by_host] = [place(kernels, "kernels")?, place(by_host, "launches")?];
            (*kernels, *by_host) = registry::with(context, |context| context.launches(program))?;
            Ok(())
        })
    }
}

/// Where a number is written.
///
/// # Safety
/// `pointer` is null or valid for writing.
unsafe fn place<'a>(pointer: *mut u64, what: &str) -> Result<&'a mut u64, Failure> {
    // SAFETY: as the caller says.
    unsafe { pointer.as_mut() }
        .ok_or_else(|| Failure::argument(format!("there is no room for {what}: null")))
}

/// A length that a slice can have, behind a pointer that is not null.
fn length_of(bytes: *const u8, length: u64) -> Result<usize, Failure> {
    if bytes.is_null() && length > 0 {
        return Err(Failure::argument(format!("{length} bytes at null")));
    }
    usize::try_from(length)
        .ok()
        .filter(|&length| isize::try_from(length).is_ok())
        .ok_or_else(|| Failure::argument(format!("{length} bytes are more than memory has")))
}

/// # Safety
/// `bytes` is valid for reading so many bytes, or there are none.
unsafe fn slice_or_empty<'a>(bytes: *const u8, length: usize) -> &'a [u8] {
    match length {
        0 => &[],
        // SAFETY: as the caller says.
        _ => unsafe { std::slice::from_raw_parts(bytes, length) },
    }
}

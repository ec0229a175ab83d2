//! The C interface of the library that computes on a graphics card.
//!
//! The library exports one function, [`ENTRY`], which gives an [`Interface`]: a table of functions.
//! Everything it hands out is a number, so whatever number comes back is either known or refused.
//!
//! What must stay true: no function panics across the border, waits for a device that has made no
//! progress for the timeout that was set, or touches memory that its arguments do not name; each
//! returns [`DONE`] or an error with a sentence. A table of another [`VERSION`] is never called.
//!
//! A context belongs to one caller at a time: calls on one context are serialised by the library.

/// Name of the exported function, an [`Entry`].
pub const ENTRY: &str = "musegan_gpu_interface";
/// The version of this interface and of the operations. Raised by every change to either.
pub const VERSION: u32 = 1;

/// Name of the device that runs kernels on the processor, for tests.
pub const EMULATED: &str = "emulated (for tests)";

/// It worked.
pub const DONE: i32 = 0;
/// An argument is wrong; nothing happened.
pub const BAD_ARGUMENT: i32 = 1;
/// There is no such device, no driver, or one that is too old.
pub const NO_DEVICE: i32 = 2;
/// The device's memory does not suffice; nothing happened.
pub const OUT_OF_MEMORY: i32 = 3;
/// The device failed or did not answer in time. The context is of no use any more but to be closed.
pub const DEVICE_LOST: i32 = 4;
/// A bug inside the library, which was contained.
pub const PANICKED: i32 = 5;

/// Gives the table, or null for a version that the library does not speak.
pub type Entry = unsafe extern "C" fn(version: u32) -> *const Interface;

/// Room for a sentence (or JSON) in UTF-8: at most `capacity` bytes are written, and `length` is how
/// many it has, which may be more. A null pointer takes none.
#[derive(Debug)]
#[repr(C)]
pub struct Text {
    /// Where bytes are written.
    pub bytes: *mut u8,
    /// How many fit.
    pub capacity: u64,
    /// How many there are.
    pub length: u64,
}

/// The table of functions. Pointers must be valid for what their comments say, or null, which is
/// refused.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Interface {
    /// [`VERSION`].
    pub version: u32,
    /// Bytes of this table.
    pub size: u32,
    /// Lists the devices as a JSON array of [`About`] objects, an empty
    /// one where there is none. A driver that is missing is no error: the text then is a JSON
    /// string that says so.
    pub devices: unsafe extern "C" fn(text: *mut Text) -> i32,
    /// Opens a device and writes the context's number. `timeout` is how many milliseconds any later
    /// call may wait for the device.
    pub open:
        unsafe extern "C" fn(device: u32, timeout: u32, context: *mut u64, text: *mut Text) -> i32,
    /// Closes a context and frees all that it has.
    pub close: unsafe extern "C" fn(context: u64) -> i32,
    /// Writes how many bytes of the device's memory are free, and how many it has.
    pub memory:
        unsafe extern "C" fn(context: u64, free: *mut u64, total: *mut u64, text: *mut Text) -> i32,
    /// Takes so many bytes, all 0, and writes the buffer's number.
    pub allocate:
        unsafe extern "C" fn(context: u64, bytes: u64, buffer: *mut u64, text: *mut Text) -> i32,
    /// Gives a buffer back. Programs that use it are of no use any more.
    pub free: unsafe extern "C" fn(context: u64, buffer: u64) -> i32,
    /// Writes `length` bytes at byte `offset` of a buffer, after all that was run before.
    pub write: unsafe extern "C" fn(
        context: u64,
        buffer: u64,
        offset: u64,
        bytes: *const u8,
        length: u64,
        text: *mut Text,
    ) -> i32,
    /// Reads `length` bytes from byte `offset` of a buffer, after all that was run before.
    pub read: unsafe extern "C" fn(
        context: u64,
        buffer: u64,
        offset: u64,
        bytes: *mut u8,
        length: u64,
        text: *mut Text,
    ) -> i32,
    /// Takes a [`Program`](crate::Program) as JSON, checks it and writes its number.
    pub prepare: unsafe extern "C" fn(
        context: u64,
        json: *const u8,
        length: u64,
        program: *mut u64,
        text: *mut Text,
    ) -> i32,
    /// Lets a program go.
    pub discard: unsafe extern "C" fn(context: u64, program: u64) -> i32,
    /// Has the device run a program `times` over; does not wait for it.
    pub run: unsafe extern "C" fn(context: u64, program: u64, times: u32, text: *mut Text) -> i32,
    /// Waits until all that was run is done.
    pub wait: unsafe extern "C" fn(context: u64, text: *mut Text) -> i32,
    /// Writes how many kernels one run of a program launches on the device, and how many launches
    /// the host makes for that (1 where they were recorded as a graph).
    pub launches: unsafe extern "C" fn(
        context: u64,
        program: u64,
        kernels: *mut u64,
        by_host: *mut u64,
        text: *mut Text,
    ) -> i32,
}

/// What the library says about a device.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct About {
    /// Its number, as `cuda:N` counts.
    pub number: u32,
    /// What its maker calls it.
    pub name: String,
    /// Bytes of memory.
    pub memory: u64,
    /// Compute capability, such as `9.0`.
    pub capability: String,
    /// The driver's version, such as `580.65` or CUDA's `13.0`.
    pub driver: String,
}

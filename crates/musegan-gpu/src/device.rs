//! What a device is to a context: memory, and lists of kernels that it carries out.
//!
//! What must stay true of every device: what is asked is done in the order in which it was asked,
//! save calls of one list, which run in any that their waits allow; a
//! call returns within the timeout or says that the device is lost. Memory and prepared calls are given
//! back when they are dropped; whoever drops them has waited for what was run, and dropping does not
//! wait. Of a device that is lost they may stay where they are.
use crate::failure::Failure;
use musegan_device::interface::About;
use std::time::Duration;

/// A kernel, ready to be called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// Its name.
    pub(crate) kernel: &'static str,
    /// Blocks along x, y and z.
    pub(crate) grid: [u32; 3],
    /// The arguments' bits, each in the lower bytes of a word.
    pub(crate) values: Vec<u64>,
    /// Bytes of each argument: 4 or 8.
    pub(crate) sizes: Vec<u32>,
    /// Places of those before it in the list for which it waits; with the others it may run at once.
    pub(crate) waits: Vec<usize>,
}

/// A device, opened by one context.
pub(crate) trait Device: Sized + Send {
    /// Memory.
    type Memory: Send;
    /// Calls that were prepared.
    type Prepared: Send;

    /// The devices there are, or why there are none.
    fn list() -> Result<Vec<About>, String>;

    /// Opens one.
    fn open(number: u32, timeout: Duration) -> Result<Self, Failure>;

    /// Bytes of memory that are free, and all.
    fn memory(&mut self) -> Result<(u64, u64), Failure>;

    /// Takes memory, all 0, of at least one byte.
    fn allocate(&mut self, bytes: u64) -> Result<Self::Memory, Failure>;

    /// Where memory begins, as kernels see it.
    fn address(memory: &Self::Memory) -> u64;

    /// Writes bytes that lie inside the memory.
    fn write(&mut self, to: &Self::Memory, offset: u64, bytes: &[u8]) -> Result<(), Failure>;

    /// Reads bytes that lie inside the memory.
    fn read(&mut self, from: &Self::Memory, offset: u64, bytes: &mut [u8]) -> Result<(), Failure>;

    /// Readies calls, whose pointers are into memory that stays there.
    fn prepare(&mut self, calls: Vec<Call>) -> Result<Self::Prepared, Failure>;

    /// Launches by the host for one run.
    fn by_host(prepared: &Self::Prepared) -> u64;

    /// Has calls carried out so many times.
    fn run(&mut self, prepared: &Self::Prepared, times: u32) -> Result<(), Failure>;

    /// Waits until everything is done.
    fn wait(&mut self) -> Result<(), Failure>;
}

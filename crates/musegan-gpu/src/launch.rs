//! From operations to kernels: what is launched with which numbers. The same list is carried out by
//! the CUDA driver and by the emulated device.
//!
//! What must stay true: a launch's arguments are, in order, type and size, those of the kernel of
//! that name in `kernels/`; the emulated device checks their number and sizes.
use musegan_device::Slice;

/// Threads of every block.
pub(crate) const THREADS: u32 = 256;

/// One argument of a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Argument {
    /// A pointer into a buffer.
    Pointer(Slice),
    /// A pointer that is null.
    Null,
    /// A pointer into memory that only this operation's launches use: elements of four bytes from
    /// its beginning. Every operation may use it from the beginning.
    Scratch(u64),
    /// `unsigned int`.
    U32(u32),
    /// `unsigned long long`.
    U64(u64),
    /// `float`.
    F32(f32),
    /// `double`.
    F64(f64),
}

/// One kernel on a grid of blocks of [`THREADS`] threads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Launch {
    /// The kernel's name.
    pub(crate) kernel: &'static str,
    /// Blocks along x, y and z, each at least 1; y and z at most 65,535.
    pub(crate) grid: [u32; 3],
    /// In the kernel's order.
    pub(crate) arguments: Vec<Argument>,
}

impl Launch {
    /// A launch without arguments yet.
    pub(crate) fn new(kernel: &'static str, grid: [u32; 3]) -> Self {
        Self { kernel, grid, arguments: Vec::new() }
    }

    /// A launch with a thread for each of `elements`, or with fewer that each take several: kernels
    /// of this kind step by `gridDim.x * THREADS`.
    pub(crate) fn over(kernel: &'static str, elements: u64) -> Self {
        let blocks = elements.div_ceil(u64::from(THREADS)).clamp(1, 1 << 16);
        Self::new(kernel, [blocks as u32, 1, 1])
    }

    /// Adds an argument.
    pub(crate) fn with(mut self, argument: impl Into<Argument>) -> Self {
        self.arguments.push(argument.into());
        self
    }
}

impl From<Slice> for Argument {
    fn from(slice: Slice) -> Self {
        Self::Pointer(slice)
    }
}

impl From<Option<Slice>> for Argument {
    fn from(slice: Option<Slice>) -> Self {
        slice.map_or(Self::Null, Self::Pointer)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::U32(number)
    }
}

impl From<u64> for Argument {
    fn from(number: u64) -> Self {
        Self::U64(number)
    }
}

impl From<f32> for Argument {
    fn from(number: f32) -> Self {
        Self::F32(number)
    }
}

impl From<f64> for Argument {
    fn from(number: f64) -> Self {
        Self::F64(number)
    }
}

impl From<bool> for Argument {
    fn from(value: bool) -> Self {
        Self::U32(value.into())
    }
}

/// What an operation comes to.
#[derive(Debug, Default)]
pub(crate) struct Launches {
    /// In the order in which they run.
    pub(crate) list: Vec<Launch>,
    /// Elements of scratch memory that the neediest operation uses.
    pub(crate) scratch: u64,
}

impl Launches {
    /// Adds a launch.
    pub(crate) fn push(&mut self, launch: Launch) {
        self.list.push(launch);
    }

    /// Has so many elements of scratch memory be there.
    pub(crate) fn need_scratch(&mut self, elements: u64) {
        self.scratch = self.scratch.max(elements);
    }
}

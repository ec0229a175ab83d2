//! What the networks ask of a device other than the CPU, and how that device is reached.
//!
//! The major components are
//!
//! * [`operation`]: what a device can compute, each with the exact meaning of its numbers;
//! * [`interface`]: the C interface of the library that does it, `musegan-gpu`;
//! * [`library`]: finding and opening that library;
//! * [`gpu`]: a device that is open, its buffers and its programs;
//! * [`choice`]: which device a user asks for.
//!
//! That library is found at run time and needs the graphics driver alone, so one plugin serves
//! everyone: where there is no library, no driver or no card, the CPU plays and a sentence says
//! why. The library knows no networks. Who knows them (`musegan-model`) describes a phrase or a
//! training step as a [`Program`] once; the device runs it again and again without the host.
//!
//! What must stay true: every operation says which elements it reads and writes, and a program
//! that touches one outside its buffers is refused before it runs.

pub mod choice;
pub mod gpu;
pub mod interface;
pub mod library;
pub mod operation;

pub use choice::{Choice, UnknownDevice};
pub use gpu::{Buffer, DeviceError, Gpu, Launches, Memory, Prepared, Word};
pub use interface::About;
pub use library::{Library, Unavailable};
pub use operation::{Operation, Program, Slice};

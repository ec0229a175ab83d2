//! The library beside the plugin that runs programs on a graphics card; opened at run time.
//!
//! It knows no networks. Its one exported function, [`musegan_gpu_interface`], gives the table of
//! functions that [`musegan_device::interface`] describes, and the life of a program is
//!
//! 1. `exports`: a call comes in; null pointers and absurd lengths go back with a sentence, and no
//!    panic leaves;
//! 2. `registry`, `context`: numbers become contexts, buffers and programs, or are refused; a
//!    program's every operation is checked against the buffers' lengths;
//! 3. `launches`: each operation becomes kernels on grids;
//! 4. a device carries them out: a card through its driver (`driver`, feature `cuda`), which
//!    records them once and plays them back with a single call; or this machine's processor
//!    (`emulated`, feature of that name), for tests; or none (`absent`).
//!
//! What must stay true: nothing that comes in is believed, and nothing waits for a device for ever.
#[cfg(all(feature = "cuda", feature = "emulated"))]
compile_error!(
    "musegan-gpu is built with feature `cuda`, or for tests with `emulated`, never with both: \
     what ships has no emulated device"
);

#[cfg(not(any(feature = "cuda", feature = "emulated")))]
mod absent;
mod context;
mod device;
#[cfg(feature = "cuda")]
mod driver;
#[cfg(feature = "emulated")]
mod emulated;
mod exports;
mod failure;
mod launch;
mod launches;
mod registry;
mod text;

#[cfg(not(any(feature = "cuda", feature = "emulated")))]
use absent::Absent as Card;
#[cfg(feature = "cuda")]
use driver::Card;
#[cfg(feature = "emulated")]
use emulated::Emulated as Card;

#[cfg(feature = "emulated")]
pub use emulated::controls::{
    musegan_gpu_emulated_fail_after, musegan_gpu_emulated_limit_memory, musegan_gpu_emulated_stall,
};
pub use exports::musegan_gpu_interface;

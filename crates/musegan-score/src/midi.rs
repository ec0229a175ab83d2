//! Standard MIDI Files: any `.mid`, `.midi`, `.kar` or `.rmi` in, type-1 files out.
//!
//! Reading is lenient: as much music as can be had, with a list of what was wrong, and an error
//! only where there is no MIDI file at all. It never panics, and takes time and memory in
//! proportion to the file's size, whatever times and lengths the file claims.
//! Writing makes files that every DAW opens: one track of tempos, metres, keys and markers, then one
//! named track per part.
mod read;
mod write;

pub use read::{Damage, FileError, MAX_FILE_BYTES, ReadError, read, read_file};
pub use write::{WriteError, write, write_phrases};

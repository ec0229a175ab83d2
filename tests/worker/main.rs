//! What goes wrong in a worker ends in rests and a sentence, and is over when its cause is over.
#![allow(clippy::unwrap_used)]

mod composition;
mod device;
mod emulated;
mod failing;
mod stand;

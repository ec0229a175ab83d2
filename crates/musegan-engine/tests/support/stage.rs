//! Where the engine's tests play: a song without a network, hosts that call, a machine that
//! answers them, and an oracle that knows what the answer must be.
#![allow(clippy::unwrap_used, missing_docs, dead_code)]

pub mod call;
pub mod dice;
pub mod host;
pub mod machine;
pub mod oracle;
pub mod plain;
pub mod song;
pub mod trial;

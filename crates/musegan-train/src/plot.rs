//! Pictures: the notes of files side by side, and what training runs measured.
//!
//! What must stay true: a file's notes are drawn where the file has them, and memory stays bounded
//! however large a file is.
pub mod curves;
pub mod music;

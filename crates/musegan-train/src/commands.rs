//! The subcommands: each turns its arguments into one call of the library, and the outcome into
//! the text that is printed.

pub mod evaluate;
pub mod export;
pub mod generate;
pub mod import;
pub mod inspect;
pub mod prepare;
pub mod train;

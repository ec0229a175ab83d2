//! The subcommands: each turns its arguments into one call of the library and prints the outcome.

pub mod evaluate;
pub mod generate;
pub mod import;
pub mod inspect;
pub mod prepare;

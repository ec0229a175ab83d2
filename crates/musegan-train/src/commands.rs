//! The subcommands: each turns its arguments into one call of the library and prints the outcome.

pub mod prepare;

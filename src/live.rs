//! The live application.

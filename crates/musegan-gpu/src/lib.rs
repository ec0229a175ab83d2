//! The library beside the plugin that runs programs on a graphics card.
#![allow(dead_code)]
mod launch;
mod launches;

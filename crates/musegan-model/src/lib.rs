//! The networks, their weights files, and how a song position becomes music.
//!
//! The major components are
//!
//! * [`architecture`]: the one table of tensor names and shapes, of generator and critic;
//! * [`weights`]: a generator's tensors with their provenance, to and from `.safetensors`;
//! * [`generator`]: the network in evaluation mode, latents in, [rolls](musegan_score::Roll) out;
//! * [`band`]: the networks of the model `band`, the frame in which they see music, and its songs;
//! * [`device`]: where it runs, and the sentence that says why there;
//! * [`sampling`]: from a composition and a phrase index to a latent, drum fills, and the [`Band`]
//!   that plays phrases;
//! * [`layout`]: a network's numbers in one flat vector;
//! * [`tape`]: forward and backward passes over networks that are written down operation by operation;
//! * [`import`]: generators that PyTorch saved;
//! * `trainable`: both networks in the form that is trained, for `musegan-train` alone (feature
//!   `training`).
//!
//! On the CPU the networks run as matrix products through `gemm`, the kernel under candle's
//! `matmul`. It is called directly because candle spreads products over rayon's global pool, and a
//! plugin is a guest in its host. On graphics cards they run as programs of
//! [`musegan_device`]'s operations. candle reads PyTorch's `.pth`, is the reference that tests
//! compare training's derivatives with (by double backward passes), and is the way to Metal.
//!
//! What must stay true: the same weights, composition and phrase index always give the same phrase,
//! and nothing here starts a thread, reads an environment variable or prints, because inside a plugin
//! it runs in somebody else's process. What a driver or Metal does is theirs, and they are not even
//! opened by whoever chooses the CPU.
#![deny(unsafe_code)]

pub mod architecture;
pub mod band;
pub mod device;
pub mod generator;
pub mod import;
pub mod layout;
mod product;
pub mod sampling;
pub mod tape;
#[cfg(feature = "training")]
pub mod trainable;
pub mod weights;
mod wide;

pub use architecture::Architecture;
pub use device::Device;
pub use generator::Generator;
pub use sampling::Band;
pub use weights::{Provenance, Weights};

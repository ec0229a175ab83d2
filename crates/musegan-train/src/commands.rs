//! The subcommands: each turns its arguments into one call of the library, and the outcome into
//! the text that is printed.

pub mod calibrate;
pub mod check_device;
pub mod corpus;
pub mod devices;
pub mod evaluate;
pub mod export;
pub mod generate;
pub mod import;
pub mod inspect;
pub mod interpolate;
pub mod merge;
pub mod plot;
pub mod prepare;
pub mod train;

use musegan_model::device::{Playing, Reason};
use musegan_score::Track;

/// Says which device did the work, unless it is what everybody expects.
fn say_device(playing: &Playing) {
    if *playing != Playing::cpu(Reason::Chosen) {
        eprintln!("device: {playing}");
    }
}

/// A finite number above zero.
fn positive<T: std::str::FromStr + Into<f64> + Copy>(text: &str) -> Result<T, String> {
    match text.parse::<T>() {
        Ok(value) if value.into().is_finite() && value.into() > 0.0 => Ok(value),
        _ => Err("expected a number above 0".into()),
    }
}

/// A track by its name.
fn track(text: &str) -> Result<Track, String> {
    let found = Track::ALL.into_iter().find(|track| track.name().eq_ignore_ascii_case(text));
    let names = || Track::ALL.map(|track| track.name().to_lowercase()).join(", ");
    found.ok_or_else(|| format!("no such track; the tracks are {}", names()))
}

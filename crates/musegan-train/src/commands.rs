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

use std::path::Path;

use anyhow::{bail, ensure};
use musegan_model::device::{Playing, Reason};
use musegan_score::Track;

/// Says which device did the work, unless it is what everybody expects.
fn say_device(playing: &Playing) {
    if *playing != Playing::cpu(Reason::Chosen) {
        eprintln!("device: {playing}");
    }
}

/// Refuses a file to write that cannot be one, or that another argument names too, so that nothing
/// is read or written twice; this is known before the work is done.
fn expect_output(file: &Path, others: &[&Path]) -> anyhow::Result<()> {
    let shown = file.display();
    ensure!(!file.is_dir(), "cannot write {shown}: it is a folder; name a file in it");
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        bail!("cannot write {shown}: there is no folder {}", folder.display());
    }
    let place = file.canonicalize().ok();
    let is_same =
        |other: &&Path| *other == file || (place.is_some() && other.canonicalize().ok() == place);
    ensure!(!others.iter().any(is_same), "{shown} is named twice; write to another file");
    Ok(())
}

/// A finite number above zero.
fn positive<T: std::str::FromStr + Into<f64> + Copy>(text: &str) -> Result<T, String> {
    match text.parse::<T>() {
        Ok(value) if value.into().is_finite() && value.into() > 0.0 => Ok(value),
        _ => Err("expected a number above 0".into()),
    }
}

/// A track by its name.
fn track(name: &str) -> Result<Track, String> {
    let found = Track::ALL.into_iter().find(|track| track.name().eq_ignore_ascii_case(name.trim()));
    let names = || Track::ALL.map(Track::name).join(", ").to_lowercase();
    found.ok_or_else(|| format!("there is no track {name:?}; the tracks are {}", names()))
}

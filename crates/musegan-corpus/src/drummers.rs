//! Real drummers: the Groove MIDI Dataset as a library of grooves and fills, to be looked up by
//! style, tempo and feel.
//!
//! What must stay true: what a drummer plays keeps its velocities and its timing; performances are
//! in the order of their names, whatever the order of the files; a file that cannot be read is
//! counted and stops nothing.
use std::collections::BTreeMap;
use std::path::Path;

pub mod feel;
mod folder;
pub mod kit;
pub mod performance;

pub use feel::Feel;
pub use folder::NoDrummers;
pub use performance::{DrumBar, Kind, Performance, Strike};

use crate::sources::SourceInfo;

/// Where the drummers come from.
pub const INFO: SourceInfo = SourceInfo {
    name: "Groove MIDI Dataset",
    licence: "CC-BY-4.0",
    attribution: "Google LLC; J. Gillick, A. Roberts, J. Engel, D. Eck and D. Bamman, \
                  \"Learning to Groove with Inverse Sequence Transformations\", ICML 2019; licence: \
                  https://creativecommons.org/licenses/by/4.0/; bars were chosen, joined and \
                  changed",
    url: "https://magenta.tensorflow.org/datasets/groove",
};

/// A library of performances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drummers {
    performances: Vec<Performance>,
    fills: Vec<Fill>,
    left_out: BTreeMap<&'static str, usize>,
}

/// A bar in which a drummer leaves the groove.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// Who plays it.
    pub drummer: String,
    /// The style, "rock/indie".
    pub style: String,
    /// Quarter notes per minute.
    pub bpm: f64,
    /// Whether it is swung.
    pub feel: Feel,
    /// What is played.
    pub bar: DrumBar,
}

impl Drummers {
    /// The performances that the `info.csv` of a Groove folder lists, wherever below `folder` it
    /// lies; those in other metres and those that cannot be read are counted.
    ///
    /// # Errors
    /// If there is no such list, or not one of its performances can be read.
    pub fn read(folder: &Path) -> Result<Self, NoDrummers> {
        folder::read(folder)
            .map(|(performances, left_out)| Self { left_out, ..Self::new(performances) })
    }

    /// A library of these performances.
    #[must_use]
    pub fn new(mut performances: Vec<Performance>) -> Self {
        performances.sort_by(|a, b| a.name.cmp(&b.name));
        let fills = performances.iter().flat_map(fills_of).collect();
        Self { performances, fills, left_out: BTreeMap::new() }
    }

    /// All performances, in the order of their names.
    #[must_use]
    pub fn all(&self) -> &[Performance] {
        &self.performances
    }

    /// All fills: those that were recorded as such, then those within longer performances.
    #[must_use]
    pub fn fills(&self) -> &[Fill] {
        &self.fills
    }

    /// How many performances there are.
    #[must_use]
    pub fn performances(&self) -> usize {
        self.performances.len()
    }

    /// How many listed performances were left out, by reason.
    #[must_use]
    pub const fn left_out(&self) -> &BTreeMap<&'static str, usize> {
        &self.left_out
    }
}

/// What of a performance may serve as a fill: the last bar of one recorded as a fill, and the bars
/// of a longer one that leave its groove.
fn fills_of(performance: &Performance) -> Vec<Fill> {
    let bars: Vec<&DrumBar> = match performance.kind {
        Kind::Fill => performance.bars.last().into_iter().collect(),
        Kind::Beat => {
            let is_groove = |bar: usize| performance.groove.binary_search(&bar).is_ok();
            let bars = performance.bars.iter().enumerate();
            bars.filter(|(i, bar)| !is_groove(*i) && bar.fills_its_end())
                .map(|(_, bar)| bar)
                .collect()
        }
    };
    bars.into_iter()
        .map(|bar| Fill {
            drummer: performance.drummer.clone(),
            style: performance.style.clone(),
            bpm: performance.bpm,
            feel: feel::of(&[bar]),
            bar: bar.clone(),
        })
        .collect()
}

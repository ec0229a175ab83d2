//! The controls of the model `band`, measured: whether each does what it says, beside what real
//! music does where there is such a thing.
//!
//! What must stay true: the same weights and dataset give the same numbers, whatever the threads;
//! real music is that of held-out songs, which no training sees. One control per file:
//!
//! * [`chords`]: whether the band plays over the chords that it is given;
//! * [`density`]: whether density and temperature do something, steadily;
//! * [`takes`]: whether another take or a lock leaves the other tracks alone;
//! * [`form`]: how alike sections are;
//! * [`accompany`]: whether the others fit a given track;
//! * [`varying`]: what encoding keeps, and whether a morph jumps.

pub mod accompany;
pub mod chords;
pub mod density;
pub mod form;
mod real;
pub mod takes;
pub mod varying;

use std::fmt;

use anyhow::{Context, Result};
use musegan_model::Band;
use musegan_model::Weights;
use musegan_model::band::Player;
use musegan_model::device::Devices;
use musegan_model::sampling::sounding;
use musegan_score::{Composition, Phrase};
use rayon::prelude::*;
use serde::Serialize;

use crate::dataset::Dataset;
use crate::devices::{expect_band, expect_chosen};

/// What is asked of a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// To be at least this.
    AtLeast(f64),
    /// To be at most this.
    AtMost(f64),
    /// To be no further than this from real music's.
    Near(f64),
    /// To be no further than this share of real music's from it.
    NearShare(f64),
}

/// One number of one control.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Whose.
    pub control: &'static str,
    /// What was measured.
    pub what: String,
    /// What it is; `None` where nothing could be measured.
    pub value: Option<f64>,
    /// What it is of real music.
    pub real: Option<f64>,
    /// What is asked of it; nothing of what only explains another.
    pub goal: Option<Goal>,
    /// Whether that is reached; `None` where nothing is asked, or nothing could be measured.
    pub is_reached: Option<bool>,
}

/// All controls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// In the order of the controls.
    pub rows: Vec<Row>,
}

impl Row {
    fn new(control: &'static str, what: impl Into<String>, value: Option<f64>) -> Self {
        let what = what.into();
        Self { control, what, value, real: None, goal: None, is_reached: None }
    }

    fn beside(self, real: Option<f64>) -> Self {
        Self { real, ..self }
    }

    fn asked(self, goal: Goal) -> Self {
        let near = |share: bool, within: f64| {
            let (value, real) = self.value.zip(self.real)?;
            Some((value - real).abs() <= within * if share { real.abs() } else { 1.0 })
        };
        let is_reached = match goal {
            Goal::AtLeast(least) => self.value.map(|value| value >= least),
            Goal::AtMost(most) => self.value.map(|value| value <= most),
            Goal::Near(within) => near(false, within),
            Goal::NearShare(within) => near(true, within),
        };
        Self { goal: Some(goal), is_reached, ..self }
    }
}

/// Measures all controls; takes about a minute on a core.
///
/// # Errors
/// If the weights are not the band's, a device was asked for by name, or the dataset has not two
/// phrases of held-out songs.
pub fn measure(weights: &Weights, dataset: &Dataset, devices: &Devices) -> Result<Report> {
    expect_band(weights, "--controls")?;
    expect_chosen(&Band::on_cpu_alone(devices.choice))?;
    let player = Player::new(weights).context("the weights are not the band's")?;
    let real = real::Real::of(dataset)?;
    let rows = [
        chords::measure(&player, &real),
        density::measure(&player),
        takes::measure(&player),
        form::measure(&player, &real),
        accompany::measure(&player, &real),
        varying::measure(&player, &real),
    ];
    Ok(Report { rows: rows.concat() })
}

/// What the band plays at middle density at each of these places, in their order.
fn played(player: &Player, places: &[(Composition, i64)]) -> Vec<Phrase> {
    let play = |player: &mut Player, (composition, index): &(Composition, i64)| {
        sounding(&player.phrase(composition, *index))
    };
    places.par_iter().map_init(|| player.clone(), play).collect()
}

fn song(seed: u64) -> Composition {
    Composition { seed, ..Composition::default() }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:54} {:>8} {:>8}  {:>16}", "control", "band", "real", "goal")?;
        let mut last = "";
        for row in &self.rows {
            if row.control != last {
                writeln!(f, "{}", row.control)?;
                last = row.control;
            }
            let number =
                |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.3}"));
            let goal = row.goal.map_or(String::new(), |goal| goal.to_string());
            let verdict = match (row.goal, row.is_reached) {
                (None, _) => "",
                (Some(_), Some(true)) => "reached",
                (Some(_), Some(false)) => "MISSED",
                (Some(_), None) => "not measured",
            };
            let (value, real) = (number(row.value), number(row.real));
            let line = format!("  {:52} {value:>8} {real:>8}  {goal:>16}  {verdict}", row.what);
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Near(within) => write!(f, "real ± {within}"),
            Self::NearShare(within) => write!(f, "real ± {} %", within * 100.0),
        }
    }
}

//! What runs measured while they trained: their `log.jsonl` as curves, one panel for each number.
//!
//! A number that is measured of each track, as `codec/onsets/bass`, has its tracks in one panel
//! where there is one run; several runs are drawn over each other, each in its own colour.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use musegan_score::Track;
use musegan_score::picture::canvas::RGBColor;
use musegan_score::picture::color_of;

mod panel;
mod picture;

pub use picture::draw;

/// Panels of one picture.
const MOST_PANELS: usize = 96;
/// Points of a curve; of longer ones neighbours are joined.
const MOST_POINTS: usize = 4096;
/// Bytes of a line of a log.
const LONGEST_LINE: u64 = 1 << 20;
/// Numbers of a line.
const MOST_NUMBERS: usize = 1024;

/// The colours of runs.
const RUNS: [RGBColor; 6] = [
    RGBColor(43, 98, 158),
    RGBColor(199, 78, 57),
    RGBColor(36, 138, 98),
    RGBColor(206, 132, 18),
    RGBColor(104, 74, 156),
    RGBColor(70, 74, 86),
];

/// A run with what it measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// What it is called.
    pub name: String,
    /// By name.
    curves: BTreeMap<String, Curve>,
}

/// A number over the steps.
#[derive(Clone, Debug, Default, PartialEq)]
struct Curve {
    points: Vec<(f64, f64)>,
    /// How many lines of the log one point stands for.
    joined: usize,
    /// Sums of what will be the next point, and how many they are of.
    next: (f64, f64, usize),
}

/// One panel: its heading and its curves, each with colour and points.
struct Panel<'a> {
    title: &'a str,
    curves: Vec<(RGBColor, &'a Curve)>,
}

/// Whether a path is a run's folder or its log.
#[must_use]
pub fn is_run(path: &Path) -> bool {
    log_of(path).is_some()
}

fn log_of(path: &Path) -> Option<PathBuf> {
    let log = path.join("log.jsonl");
    if log.is_file() {
        return Some(log);
    }
    path.extension().is_some_and(|ending| ending == "jsonl").then(|| path.to_owned())
}

impl Run {
    /// Reads a run's log.
    ///
    /// # Errors
    /// If it cannot be read or has no step in it.
    pub fn read(path: &Path, name: String) -> Result<Self> {
        let log = log_of(path).unwrap_or_else(|| path.to_owned());
        let shown = log.display();
        let file =
            musegan_score::file::open(&log).with_context(|| format!("cannot read {shown}"))?;
        let mut run = Self { name, curves: BTreeMap::new() };
        let mut lines = BufReader::new(file);
        let (mut line, mut number) = (Vec::new(), 0_u64);
        loop {
            line.clear();
            number += 1;
            let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
            match read.with_context(|| format!("cannot read {shown}"))? {
                0 => break,
                bytes if bytes as u64 == LONGEST_LINE => {
                    bail!("{shown}: line {number} is longer than any that training writes");
                }
                // The last line of a run that was stopped may be cut off.
                _ => run.add(&line),
            }
        }
        run.curves.values_mut().for_each(Curve::finish);
        ensure!(
            !run.curves.is_empty(),
            "{shown} holds no step of training: lines of numbers with a \"step\""
        );
        Ok(run)
    }

    fn add(&mut self, line: &[u8]) {
        let line = serde_json::from_slice::<serde_json::Map<_, serde_json::Value>>(line);
        let Ok(numbers) = line else { return };
        let Some(step) = numbers.get("step").and_then(serde_json::Value::as_f64) else { return };
        for (name, value) in numbers.iter().take(MOST_NUMBERS) {
            let Some(value) = value.as_f64().filter(|_| name != "step") else { continue };
            if let Some(curve) = self.curves.get_mut(name) {
                curve.add(step, value);
            } else if self.curves.len() < MOST_NUMBERS {
                self.curves.entry(name.clone()).or_default().add(step, value);
            }
        }
    }
}

impl Curve {
    fn add(&mut self, step: f64, value: f64) {
        self.joined = self.joined.max(1);
        let (steps, values, count) = &mut self.next;
        (*steps, *values, *count) = (*steps + step, *values + value, *count + 1);
        if *count >= self.joined {
            self.finish();
        }
        if self.points.len() >= MOST_POINTS {
            let pairs = self.points.chunks(2);
            let mean = |pair: &[(f64, f64)]| {
                let sum = pair.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
                (sum.0 / pair.len() as f64, sum.1 / pair.len() as f64)
            };
            self.points = pairs.map(mean).collect();
            self.joined *= 2;
        }
    }

    /// Ends the point that is being summed.
    fn finish(&mut self) {
        let (steps, values, count) = std::mem::take(&mut self.next);
        if count > 0 {
            self.points.push((steps / count as f64, values / count as f64));
        }
    }
}

/// The panels of these runs, of the numbers whose names begin with one of `only`, or of all.
fn panels<'a>(runs: &'a [Run], only: &[String]) -> Result<Vec<Panel<'a>>> {
    let is_chosen = |name: &str| only.is_empty() || only.iter().any(|o| name.starts_with(o));
    let mut panels: BTreeMap<&str, Panel<'_>> = BTreeMap::new();
    for (run, color) in runs.iter().zip(RUNS.into_iter().cycle()) {
        for (name, curve) in run.curves.iter().filter(|(name, _)| is_chosen(name)) {
            let track = if runs.len() == 1 { of_track(name) } else { None };
            let (title, color) = match track {
                Some((title, track)) => (title, color_of(track)),
                None => (name.as_str(), color),
            };
            let panel = panels.entry(title).or_insert_with(|| Panel { title, curves: Vec::new() });
            panel.curves.push((color, curve));
        }
    }
    let count = panels.len();
    ensure!(count > 0, "the runs measured nothing whose name begins with {}", only.join(" or "));
    ensure!(
        count <= MOST_PANELS,
        "the runs measured {count} numbers, of which {MOST_PANELS} fit into a picture; choose some \
         with --only"
    );
    Ok(panels.into_values().collect())
}

/// A name of a number that is measured of a track, without the track.
fn of_track(name: &str) -> Option<(&str, Track)> {
    let (title, last) = name.rsplit_once('/')?;
    let track = Track::ALL.into_iter().find(|track| track.name().eq_ignore_ascii_case(last))?;
    Some((title, track))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_keep_their_shape_in_bounded_memory() {
        let mut curve = Curve::default();
        for step in 0..100_000 {
            curve.add(f64::from(step), f64::from(step) * 2.0);
        }
        curve.finish();
        assert!(curve.points.len() <= MOST_POINTS && curve.points.len() >= MOST_POINTS / 4);
        for &(step, value) in &curve.points {
            assert!((value - 2.0 * step).abs() < 1e-6);
        }
        assert!(curve.points.is_sorted_by(|a, b| a.0 < b.0));
    }
}

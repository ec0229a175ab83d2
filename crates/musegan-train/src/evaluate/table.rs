//! The outcome: a row per measure, and how far generated music is from real music over all.

use musegan_score::Track;
use serde_json::{Map, Value, json};

use super::Measure;
use super::sounding::mean;

/// A spread is at least this share of the real mean, and at least [`LEAST_SPREAD`].
const LEAST_RELATIVE_SPREAD: f64 = 0.05;
const LEAST_SPREAD: f64 = 0.01;

/// One measure of both sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What is measured.
    pub name: &'static str,
    /// Of which track, or of all together.
    pub track: Option<Track>,
    /// Mean over the phrases that were measured, where it is defined.
    pub subject: Option<f64>,
    /// Mean over the real phrases.
    pub real: Option<f64>,
    /// Standard deviation over the real phrases.
    pub spread: Option<f64>,
}

/// The comparison of two sets of phrases.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// How many phrases were measured, and how many real ones.
    pub phrases: [usize; 2],
    /// One per measure.
    pub rows: Vec<Row>,
    /// Likeness between phrases, of either set.
    pub likeness: [Option<f64>; 2],
}

impl Row {
    pub(super) fn new(measure: &Measure, subject: &[f64], real: &[f64]) -> Self {
        let mean_of = |values: &[f64]| mean(values.iter().copied());
        let real_mean = mean_of(real);
        let variance = real_mean.and_then(|m| mean(real.iter().map(|value| (value - m).powi(2))));
        Self {
            name: measure.name,
            track: measure.track,
            subject: mean_of(subject),
            real: real_mean,
            spread: variance.map(f64::sqrt),
        }
    }

    /// How far the measured phrases lie above the real ones, in spreads, or `None` where either is
    /// not defined.
    #[must_use]
    pub fn shift(&self) -> Option<f64> {
        let (subject, real) = (self.subject?, self.real?);
        let least = (LEAST_RELATIVE_SPREAD * real.abs()).max(LEAST_SPREAD);
        Some((subject - real) / self.spread?.max(least))
    }

    /// Distance of the means in spreads, or `None` where either is not defined.
    #[must_use]
    pub fn z(&self) -> Option<f64> {
        self.shift().map(f64::abs)
    }

    /// The measure with its track: `piano: note length`.
    #[must_use]
    pub fn title(&self) -> String {
        match self.track {
            Some(track) => format!("{}: {}", track.name().to_lowercase(), self.name),
            None => self.name.to_owned(),
        }
    }
}

impl Table {
    /// Mean |z| over all measures that are defined on both sides. Lower is better; training
    /// phrases against held-out ones are the floor.
    #[must_use]
    pub fn mean_abs_z(&self) -> Option<f64> {
        mean(self.rows.iter().filter_map(Row::z))
    }

    /// The row of a measure.
    #[must_use]
    pub fn row(&self, name: &str, track: Option<Track>) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name && row.track == track)
    }

    /// The few numbers that a model card leads with.
    #[must_use]
    pub fn summary(&self) -> Map<String, Value> {
        let subject = |name: &str, track| self.row(name, track).and_then(|row| row.subject);
        let entries = [
            ("mean_abs_z", self.mean_abs_z()),
            ("scale_consistency", subject("scale consistency", None)),
            ("minor_seconds", subject("minor seconds", None)),
            ("likeness_between_phrases", self.likeness[0]),
            ("piano_notes_per_bar", subject("notes per bar", Some(Track::Piano))),
            (
                "likeness_of_neighbouring_piano_bars",
                subject("likeness of neighbouring bars", Some(Track::Piano)),
            ),
        ];
        entries.into_iter().map(|(name, value)| (name.to_owned(), rounded(value))).collect()
    }
}

/// Four decimals are what the sampling error leaves meaning in.
pub(super) fn rounded(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |value| json!((value * 1e4).round() / 1e4))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn row(subject: &[f64], real: &[f64]) -> Row {
        let measure = super::super::measures()[0];
        Row::new(&measure, subject, real)
    }

    #[test]
    fn z_counts_real_spreads_but_never_tiny_ones() {
        assert_eq!(row(&[4.0], &[1.0, 3.0]).z(), Some(2.0));
        // Real music that never varies: 5 % of its mean, or .01 around zero.
        assert_eq!(row(&[2.5], &[2.0, 2.0]).z(), Some(5.0));
        assert_eq!(row(&[0.1], &[0.0]).z(), Some(10.0));
        assert_eq!(row(&[], &[1.0]).z(), None);
    }

    #[test]
    fn the_sum_leaves_out_what_is_not_defined() {
        let rows = vec![row(&[4.0], &[1.0, 3.0]), row(&[], &[1.0]), row(&[3.0], &[3.0])];
        let table = Table { phrases: [1, 2], rows, likeness: [None, None] };
        assert_eq!(table.mean_abs_z(), Some(1.0));
    }
}

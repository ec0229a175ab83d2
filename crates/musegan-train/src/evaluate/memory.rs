//! Memory: how near generated phrases lie to the phrases that were trained on, beside how near
//! real phrases do that no training saw.
//!
//! Nearness is the Jaccard index of the cells: those that sound in both over those that sound in
//! either. A generator plays in any key, and training transposes its phrases, so every phrase is
//! compared in twelve transpositions of its pitched tracks, from five semitones down to six up; the
//! nearest counts. What must stay true: the numbers are exact over all training phrases and the same
//! for any number of threads; memory holds the phrases that are judged, and of the training phrases
//! one for each thread.

mod index;

use musegan_score::Phrase;
use rayon::prelude::*;

use crate::dataset::Dataset;
use index::{Counts, Index, Nearest};

/// A phrase this near to one that was trained on is a copy.
pub const COPY: f64 = 0.9;
/// Which share of the phrases the nearest are.
const TAIL: f64 = 0.05;

/// How near one set of phrases lies to those that were trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearness {
    /// Of each phrase the Jaccard index with the nearest training phrase, ascending.
    pub values: Vec<f64>,
}

/// Both sets beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// How many training phrases they were compared with.
    pub training: usize,
    /// The phrases that were measured.
    pub subject: Nearness,
    /// The real ones.
    pub real: Nearness,
}

impl Memory {
    /// Compares both sets with these phrases of the dataset, which must be the band's.
    #[must_use]
    pub fn of(subject: &[Phrase], real: &[Phrase], dataset: &Dataset, training: &[usize]) -> Self {
        let judged = Index::of(subject.iter().chain(real));
        let nearest = training
            .par_iter()
            .fold(
                || (Counts::default(), vec![Nearest::default(); judged.len()]),
                |(mut counts, mut nearest), &phrase| {
                    judged.compare(&dataset.phrase(phrase), &mut counts, &mut nearest);
                    (counts, nearest)
                },
            )
            .map(|(_, nearest)| nearest)
            .reduce_with(|mut one, other| {
                one.iter_mut().zip(other).for_each(|(one, other)| one.take(other));
                one
            })
            .unwrap_or_default();
        let (of_subject, of_real) = nearest.split_at(subject.len().min(nearest.len()));
        Self {
            training: training.len(),
            subject: Nearness::of(of_subject),
            real: Nearness::of(of_real),
        }
    }

    /// Whether the measured phrases lie nearer than the real ones, by more than chance explains:
    /// their mean is higher by two standard errors, or more of them than chance allows lie among
    /// the nearest twentieth of the real ones.
    #[must_use]
    pub fn is_nearer(&self) -> bool {
        let (Some(mean), Some(real)) = (self.subject.mean(), self.real.mean()) else {
            return false;
        };
        let error = (self.subject.error().powi(2) + self.real.error().powi(2)).sqrt();
        let counts = [&self.subject, &self.real].map(|set| set.values.len() as f64);
        let chance = (TAIL * (1.0 - TAIL) * counts.map(f64::recip).iter().sum::<f64>()).sqrt();
        mean > real + 2.0 * error || self.beyond_tail() > TAIL + 2.0 * chance
    }

    /// Share of the measured phrases that lie nearer than all but a twentieth of the real ones.
    #[must_use]
    pub fn beyond_tail(&self) -> f64 {
        let Some(tail) = self.real.tail() else { return 0.0 };
        let beyond = self.subject.values.iter().filter(|&&value| value > tail).count();
        beyond as f64 / self.subject.values.len().max(1) as f64
    }
}

impl Nearness {
    fn of(nearest: &[Nearest]) -> Self {
        let mut values: Vec<_> = nearest.iter().map(|nearest| nearest.jaccard()).collect();
        values.sort_by(f64::total_cmp);
        Self { values }
    }

    /// The mean of all phrases, or `None` of none.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        super::sounding::mean(self.values.iter().copied())
    }

    /// What the nearest twentieth of the phrases exceeds, or `None` of no phrase.
    #[must_use]
    pub fn tail(&self) -> Option<f64> {
        let last = self.values.len().checked_sub(1)?;
        Some(self.values[(last as f64 * (1.0 - TAIL)).round() as usize])
    }

    /// Phrases that are copies.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.values.iter().filter(|&&value| value >= COPY).count()
    }

    /// Standard error of the mean.
    fn error(&self) -> f64 {
        let Some(mean) = self.mean() else { return 0.0 };
        let squares: f64 = self.values.iter().map(|value| (value - mean).powi(2)).sum();
        let count = self.values.len() as f64;
        (squares / count / count).sqrt()
    }
}

//! Density and temperature: whether what they move moves steadily, and far enough.

use musegan_model::band::Player;
use musegan_score::{Composition, Phrase, Track};
use rayon::prelude::*;

use super::{Goal, Row, played, song};
use crate::evaluate::likeness;
use crate::evaluate::sounding::mean;

/// Songs that density is tried on, and the phrases of each.
const SONGS: u64 = 40;
const PHRASES: i64 = 8;
/// Settings from nothing to everything.
const SETTINGS: usize = 21;
/// Phrases whose likeness is taken at each temperature.
const SAMPLES: u64 = 200;
const TEMPERATURES: [f32; 5] = [0.0, 0.5, 1.0, 1.5, 2.0];

/// Turns both knobs all the way.
pub(super) fn measure(player: &Player) -> Vec<Row> {
    let mut rows = of_density(player);
    rows.extend(of_temperature(player));
    rows
}

/// For each track the correlation of setting and notes in a song, the mean over songs in which it
/// plays.
fn of_density(player: &Player) -> Vec<Row> {
    let candidates = |player: &mut Player, seed: u64| -> Vec<Phrase> {
        (0..PHRASES).map(|index| player.phrase(&song(seed), index)).collect()
    };
    let seeds = (0..SONGS).into_par_iter();
    let songs: Vec<_> = seeds.map_init(|| player.clone(), candidates).collect();
    let row = |track: Track| {
        let correlations = songs.iter().filter_map(|song| {
            let notes = || song.iter().flat_map(|phrase| phrase.track(track));
            // As the player has it: at density d what is surer than 1 - d sounds.
            let counts: Vec<f64> = settings()
                .map(|density| {
                    notes().filter(|n| f64::from(n.strength()) > 1.0 - density).count() as f64
                })
                .collect();
            (notes().count() > 0).then(|| spearman(&settings().collect::<Vec<_>>(), &counts))?
        });
        let what =
            format!("{}: rank correlation of setting and notes", track.name().to_lowercase());
        Row::new("density", what, mean(correlations)).asked(Goal::AtLeast(0.95))
    };
    Track::ALL.into_iter().map(row).collect()
}

fn settings() -> impl Iterator<Item = f64> {
    (0..SETTINGS).map(|setting| setting as f64 / (SETTINGS - 1) as f64)
}

fn of_temperature(player: &Player) -> Vec<Row> {
    let likeness = TEMPERATURES.map(|temperature| {
        let place = |seed| (Composition { temperature, ..song(seed) }, 0);
        likeness::between_phrases(&played(player, &(0..SAMPLES).map(place).collect::<Vec<_>>()))
    });
    let name = "temperature";
    let known: Vec<f64> = likeness.iter().copied().flatten().collect();
    let is_steady = known.is_sorted_by(|a, b| a > b) && known.len() == likeness.len();
    let factor = known.first().zip(known.last()).map(|(first, last)| first / last);
    let at = TEMPERATURES.iter().zip(likeness).map(|(temperature, likeness)| {
        Row::new(name, format!("likeness between samples at {temperature:.1}"), likeness)
    });
    let mut rows: Vec<_> = at.collect();
    rows.push(
        Row::new(
            name,
            "likeness sinks from each to the next",
            Some(f64::from(u8::from(is_steady))),
        )
        .asked(Goal::AtLeast(1.0)),
    );
    rows.push(Row::new(name, "first likeness over last", factor).asked(Goal::AtLeast(2.0)));
    rows
}

/// The rank correlation of two rows of numbers, equal numbers sharing their ranks; `None` where
/// all of one are equal.
fn spearman(one: &[f64], other: &[f64]) -> Option<f64> {
    let (one, other) = (ranks(one), ranks(other));
    let centre = (one.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - centre) * (b - centre)).sum()
    };
    let spread = (product(&one, &one) * product(&other, &other)).sqrt();
    (spread > 0.0).then(|| product(&one, &other) / spread)
}

fn ranks(numbers: &[f64]) -> Vec<f64> {
    let rank = |number: &f64| {
        let below = numbers.iter().filter(|other| *other < number).count();
        let equal = numbers.iter().filter(|other| *other == number).count();
        below as f64 + (equal as f64 - 1.0) / 2.0
    };
    numbers.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_that_go_together_correlate_and_ties_share() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[5.0, 50.0, 500.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
        assert_eq!(ranks(&[4.0, 1.0, 4.0]), [1.5, 0.0, 1.5]);
        assert_eq!(spearman(&[1.0, 2.0], &[7.0, 7.0]), None);
    }
}

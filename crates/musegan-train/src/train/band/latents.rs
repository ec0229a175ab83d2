//! How the trained codec's latents are spread over the training phrases: the units in which the
//! generator works, measured once when its phase begins.
use super::batch::Drawn;
use super::networks::Networks;
use super::songbook::Songbook;
use musegan_model::band::chords;
use musegan_model::band::codec::{Bars, LatentScale};
use musegan_model::tape::{Rooms, Tape};
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;
use rayon::prelude::*;

/// Phrases that are looked at, spread evenly over all.
const PHRASES: usize = 8192;
/// Phrases that are encoded together.
const TOGETHER: usize = 32;
/// What a deviation is at least, for a number that means nothing.
const LEAST_DEVIATION: f64 = 1e-3;
/// Between which the logarithm of a latent's variance is held.
pub const LOG_VARIANCE: [f32; 2] = [-8.0, 2.0];

/// Sums over bars of one track: of each number its mean, that squared, and its variance.
#[derive(Clone, Debug, Default)]
struct Sums {
    bars: f64,
    of_numbers: Vec<[f64; 3]>,
}

/// The spread of the latents of the bars that each track plays.
#[must_use]
pub fn scale(book: &Songbook, networks: &Networks, codec: &[f32]) -> LatentScale {
    let count = book.len().min(PHRASES);
    let numbers: Vec<usize> = (0..count).map(|i| i * book.len() / count).collect();
    let parts: Vec<_> = numbers
        .par_chunks(TOGETHER)
        .map_init(Rooms::new, |rooms, numbers| sums(book, networks, codec, (rooms, numbers)))
        .collect();
    let latent = networks.dimensions.latent;
    let mut scale = LatentScale { mean: Vec::new(), deviation: Vec::new(), noise: Vec::new() };
    for track in 0..Track::COUNT {
        let bars = parts.iter().map(|part| part[track].bars).sum::<f64>().max(1.0);
        for number in 0..latent {
            let sum = |power: usize| -> f64 {
                parts.iter().map(|part| part[track].of_numbers[number][power]).sum::<f64>() / bars
            };
            let [mean, square, variance] = [sum(0), sum(1), sum(2)];
            let spread = (square - mean * mean).max(0.0) + variance;
            let deviation = spread.sqrt().max(LEAST_DEVIATION);
            scale.mean.push(mean as f32);
            scale.deviation.push(deviation as f32);
            scale.noise.push((variance.sqrt() / deviation) as f32);
        }
    }
    scale
}

fn sums(
    book: &Songbook,
    networks: &Networks,
    codec: &[f32],
    (rooms, numbers): (&mut Rooms, &[usize]),
) -> [Sums; Track::COUNT] {
    let drawn: Vec<Drawn> = numbers.iter().map(|number| Drawn::of(book, *number, 0)).collect();
    let mut bars = Bars::default();
    let beats = written(&drawn, &mut bars);
    let mut tape = Tape::playing(rooms);
    let network = tape.network(codec, false);
    let nodes = bars.on(&mut tape);
    let chords = networks.codec.chords(&mut tape, network, &beats);
    let cells = [nodes.rhythms, nodes.pitches];
    let found = networks.codec.encode(&mut tape, network, cells, chords);
    let latent = networks.dimensions.latent;
    let (means, variances) = (tape.value(found.mean), tape.value(found.log_variance));
    let mut sums: [Sums; Track::COUNT] = Default::default();
    for (track, sums) in sums.iter_mut().enumerate() {
        sums.of_numbers = vec![[0.0; 3]; latent];
        for (place, drawn) in drawn.iter().enumerate() {
            for bar in (0..BARS_PER_PHRASE).filter(|bar| drawn.sheet.present[track][*bar]) {
                let row = (track * numbers.len() + place) * BARS_PER_PHRASE + bar;
                sums.bars += 1.0;
                let row = row * latent..(row + 1) * latent;
                let of_bar = means[row.clone()].iter().zip(&variances[row]);
                for (sum, (mean, log_variance)) in sums.of_numbers.iter_mut().zip(of_bar) {
                    let mean = f64::from(*mean);
                    let [low, high] = LOG_VARIANCE;
                    let variance = f64::from(log_variance.clamp(low, high)).exp();
                    *sum = [sum[0] + mean, sum[1] + mean * mean, sum[2] + variance];
                }
            }
        }
    }
    sums
}

/// Writes phrases into bars, in place of those before, and gives their chords.
pub fn written(drawn: &[Drawn], bars: &mut Bars) -> Vec<chords::Beat> {
    bars.clear(drawn.len() * BARS_PER_PHRASE);
    for (place, drawn) in drawn.iter().enumerate() {
        bars.write_phrase(&drawn.notes, place);
    }
    drawn.iter().flat_map(|drawn| chords::beats(&drawn.harmony)).collect()
}

//! Arrays of the band's own rolls, as networks give them: 5 tracks, 64 steps, 72 pitches.
//!
//! The axes behind the first may come in any order, since no two are equally long, and the steps as
//! 4 bars of 16. What must stay true: memory holds one phrase at a time and those that are kept.

use std::io::{self, BufReader, Read};
use std::path::Path;

use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_PHRASE};
use musegan_score::roll::{CELLS, PITCHES};
use musegan_score::{Roll, Track};

use super::super::music::Music;
use super::{Wanted, no_phrase};
use crate::dataset::OnsetSource;
use crate::prepare::numpy::{Array, Element, Npz, unfit};

/// Above this a cell sounds whose numbers are not whole.
const ACTIVATION: f32 = 0.5;

/// Reads the wanted rolls, or gives `None` where the file holds something else.
///
/// # Errors
/// If it is no array, cut off, or holds no such roll.
pub(super) fn read(
    path: &Path,
    threshold: Option<f32>,
    wanted: Wanted,
) -> io::Result<Option<Music>> {
    let is_npz = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npz"));
    if !is_npz {
        let array = Array::open(BufReader::new(musegan_score::file::open(path)?))?;
        return Axes::of(&array.header.shape)
            .map(|axes| of_array(array, axes, threshold, wanted))
            .transpose();
    }
    let mut archive = Npz::of_file(path)?;
    let mut found = None;
    for name in archive.arrays() {
        let Some(axes) = Axes::of(&archive.array(&name)?.header.shape) else { continue };
        if found.replace((name, axes)).is_some() {
            return Err(unfit("it has more than one array of rolls; save one alone"));
        }
    }
    let Some((name, axes)) = found else { return Ok(None) };
    of_array(archive.array(&name)?, axes, threshold, wanted).map(Some)
}

/// Where the cells of a roll lie in its array.
struct Axes {
    rolls: u64,
    /// How far apart neighbours lie along tracks, bars, steps of a bar, and pitches.
    strides: [usize; 4],
}

impl Axes {
    /// Of an array of this shape, if it is one of rolls. An array of one roll may lack the first
    /// axis.
    fn of(shape: &[u64]) -> Option<Self> {
        let parts = [Track::COUNT, BARS_PER_PHRASE, STEPS_PER_BAR, PITCHES].map(|n| n as u64);
        let rolls = shape.iter().product::<u64>().checked_div(CELLS as u64)?;
        let axes = match shape.iter().product::<u64>() == CELLS as u64 {
            true if shape.len() < 5 && shape.first() != Some(&1) => shape,
            _ => shape.get(1..)?,
        };
        if axes.iter().product::<u64>() != CELLS as u64 {
            return None;
        }
        let mut strides = [0; 4];
        let stride = |axis: usize| axes[axis + 1..].iter().product::<u64>() as usize;
        for (axis, &length) in axes.iter().enumerate() {
            if length == STEPS_PER_PHRASE as u64 {
                (strides[1], strides[2]) = (stride(axis) * STEPS_PER_BAR, stride(axis));
            } else {
                strides[parts.iter().position(|&part| part == length)?] = stride(axis);
            }
        }
        // Bars come before their steps, or the order of time would be another.
        let whole = strides.iter().all(|&stride| stride > 0) && strides[1] > strides[2];
        whole.then_some(Self { rolls, strides })
    }

    /// The place in the array of the cell at this place in a roll's row-major cells.
    fn place(&self, cell: usize) -> usize {
        let (row, pitch) = (cell / PITCHES, cell % PITCHES);
        let (track, step) = (row / STEPS_PER_PHRASE, row % STEPS_PER_PHRASE);
        let place = [track, step / STEPS_PER_BAR, step % STEPS_PER_BAR, pitch];
        place.iter().zip(self.strides).map(|(index, stride)| index * stride).sum()
    }
}

fn of_array<R: Read>(
    mut array: Array<R>,
    axes: Axes,
    threshold: Option<f32>,
    wanted: Wanted,
) -> io::Result<Music> {
    let element = array.header.element;
    if matches!(element, Element::Text(_)) {
        return Err(unfit("an array of texts"));
    }
    if axes.rolls == 0 {
        return Err(unfit(format!("an array of shape {:?} holds no phrase", array.header.shape)));
    }
    let is_fractional = matches!(element, Element::Float(_));
    let threshold = threshold.unwrap_or(if is_fractional { ACTIVATION } else { 0.0 });
    let places: Vec<_> = (0..CELLS).map(|cell| axes.place(cell)).collect();
    let numbers: Vec<u64> = match wanted {
        Wanted::One(number) if number as u64 >= axes.rolls => {
            return Err(unfit(no_phrase(number, axes.rolls)));
        }
        Wanted::One(number) => vec![number as u64],
        Wanted::Spread(count) => {
            let count = (count as u64).min(axes.rolls);
            (0..count).map(|i| i * axes.rolls / count).collect()
        }
    };
    let mut bytes = vec![0; CELLS * element.bytes()];
    let mut phrases = Vec::with_capacity(numbers.len());
    let mut next = 0;
    for number in numbers {
        array.skip((number - next) * bytes.len() as u64)?;
        array.read_exact(&mut bytes)?;
        next = number + 1;
        let cells = places.iter().map(|place| {
            element.number(&bytes[place * element.bytes()..][..element.bytes()]) as f32
        });
        let roll = Roll::new(cells.collect()).unwrap_or_else(Roll::silent);
        phrases.push(roll.phrase([threshold; Track::COUNT]));
    }
    array.skip((axes.rolls - next) * bytes.len() as u64)?;
    array.finish()?;
    Ok(Music { phrases, onsets: OnsetSource::Runs })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::roll::cell;

    #[test]
    fn a_cell_is_found_whatever_the_order_of_the_axes() {
        let (track, step, pitch) = (Track::Bass, 37, 12);
        for (shape, place) in [
            (&[9u64, 5, 64, 72][..], (3 * 64 + 37) * 72 + 12),
            (&[9, 64, 72, 5], (37 * 72 + 12) * 5 + 3),
            (&[9, 4, 16, 72, 5], (37 * 72 + 12) * 5 + 3),
            (&[9, 72, 5, 64], (12 * 5 + 3) * 64 + 37),
            (&[9, 5, 4, 16, 72], (3 * 64 + 37) * 72 + 12),
            (&[64, 5, 72], (37 * 5 + 3) * 72 + 12),
            (&[1, 5, 64, 72], (3 * 64 + 37) * 72 + 12),
        ] {
            let axes = Axes::of(shape).unwrap();
            assert_eq!(axes.place(cell(track, step, pitch)), place, "{shape:?}");
            assert_eq!(axes.rolls, if shape[0] == 9 { 9 } else { 1 }, "{shape:?}");
        }
        for other in [&[9u64, 5, 64, 84][..], &[9, 17, 64, 72], &[9, 16, 4, 72, 5], &[23040], &[]] {
            assert!(Axes::of(other).is_none(), "{other:?}");
        }
    }
}

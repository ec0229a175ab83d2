//! How the pitched tracks fit each other in a beat: Harte's tonal distance (Harte, Sandler & Gasser,
//! 2006) of each pair.
//!
//! What must stay true: distances do not depend on the root that pitch classes are counted from, since
//! a transposition turns all three circles alike.
use super::held::CLASSES;
use std::f32::consts::PI;
use std::sync::LazyLock;

/// Pairs of the four pitched tracks, piano being 0.
pub const PAIRS: [(usize, usize); 6] = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
/// Radius and turns of each circle: fifths, minor thirds, major thirds.
const CIRCLES: [(f32, f32); 3] = [(1.0, 7.0 / 6.0), (1.0, 3.0 / 2.0), (0.5, 2.0 / 3.0)];
/// Added to a squared distance, so that there is a way back from 0.
const LEAST: f32 = 1e-6;

/// A point in the tonal space.
type Point = [f32; 6];

static CORNERS: LazyLock<[Point; CLASSES]> = LazyLock::new(|| {
    std::array::from_fn(|class| {
        let angle = |turns: f32| class as f32 * turns * PI;
        let [(a, x), (b, y), (c, z)] = CIRCLES.map(|(radius, turns)| (radius, angle(turns)));
        [a * x.sin(), a * x.cos(), b * y.sin(), b * y.cos(), c * z.sin(), c * z.cos()]
    })
});

/// The distances of one beat, and what they came of.
#[derive(Clone, Copy, Debug)]
pub struct Tonal {
    /// Of each of the [`PAIRS`]; 0 where one of the two is silent.
    pub distances: [f32; 6],
    centres: [Point; 4],
    sums: [f32; 4],
}

impl Tonal {
    /// The distances of these pitch classes.
    #[must_use]
    pub fn of(chroma: [&[f32; CLASSES]; 4]) -> Self {
        let sums = chroma.map(|classes| classes.iter().sum::<f32>());
        let centres = std::array::from_fn(|track| {
            let mut centre = [0.0; 6];
            for (weight, corner) in chroma[track].iter().zip(CORNERS.iter()) {
                for (centre, corner) in centre.iter_mut().zip(corner) {
                    *centre += weight * corner;
                }
            }
            centre.map(|x| if sums[track] > 0.0 { x / sums[track] } else { 0.0 })
        });
        let mut tonal = Self { distances: [0.0; 6], centres, sums };
        tonal.distances = PAIRS.map(|(a, b)| match tonal.sums[a] > 0.0 && tonal.sums[b] > 0.0 {
            true => tonal.apart(a, b).iter().map(|x| x * x).fold(LEAST, |sum, x| sum + x).sqrt(),
            false => 0.0,
        });
        tonal
    }

    /// Adds to the gradients of the pitch classes.
    pub fn backward(&self, given: &[f32; 6], chroma: &mut [[f32; CLASSES]; 4]) {
        let mut centres = [[0.0; 6]; 4];
        for (((a, b), distance), given) in PAIRS.into_iter().zip(self.distances).zip(given) {
            if distance > 0.0 {
                for (axis, apart) in self.apart(a, b).into_iter().enumerate() {
                    centres[a][axis] += given * apart / distance;
                    centres[b][axis] -= given * apart / distance;
                }
            }
        }
        for (track, chroma) in chroma.iter_mut().enumerate().filter(|(t, _)| self.sums[*t] > 0.0) {
            for (gradient, corner) in chroma.iter_mut().zip(CORNERS.iter()) {
                let towards = corner.iter().zip(&self.centres[track]).zip(&centres[track]);
                *gradient += towards.map(|((c, m), g)| g * (c - m)).sum::<f32>() / self.sums[track];
            }
        }
    }

    fn apart(&self, a: usize, b: usize) -> Point {
        std::array::from_fn(|axis| self.centres[a][axis] - self.centres[b][axis])
    }
}

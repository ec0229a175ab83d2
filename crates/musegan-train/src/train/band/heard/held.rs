//! Which keys the pitched tracks hold in each step, over chord changes and bar lines: the pitch
//! classes of each beat above its chord's root, and which keys clash.
//!
//! A note is held for its length, or until its key is struck again on the same track. What must stay
//! true: everything here is linear in the onsets as long as no other note is struck or let go, and
//! that is how the way back takes it; lengths get no gradient from here.
use super::Cell;
use musegan_score::Track;
use musegan_score::grid::{BEATS_PER_PHRASE, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use musegan_score::roll::PITCHES;

/// Notes of an octave.
pub const CLASSES: usize = 12;
/// The share of a beat that a step is.
const STEP_OF_BEAT: f32 = 1.0 / STEPS_PER_BEAT as f32;

/// Pitch classes above the root: for each track and beat, in steps of a beat.
pub type Chroma = [[[f32; CLASSES]; BEATS_PER_PHRASE]; Track::COUNT];

/// What is held in a phrase.
#[derive(Clone, Debug)]
pub struct Held {
    /// How much of each beat each pitch class sounds; those of drums as they are struck.
    pub chroma: Chroma,
    /// Of each beat, the sum over its steps of the products of neighbouring keys.
    pub clashes: [f32; BEATS_PER_PHRASE],
    /// Of each beat, the sum over its steps of the keys that sound.
    pub sounding: [f32; BEATS_PER_PHRASE],
    /// Where each cell's note ends.
    ends: Vec<u8>,
    /// How much of each key sounds in each step on any pitched track.
    keys: Box<[[f32; PITCHES]; STEPS_PER_PHRASE]>,
    /// The cell that it comes of, counted from 1.
    sources: Box<[[u16; PITCHES]; STEPS_PER_PHRASE]>,
    roots: [u8; BEATS_PER_PHRASE],
}

impl Held {
    /// What a phrase's cells hold over these roots.
    #[must_use]
    pub fn of(cells: &[Cell], roots: &[u8; BEATS_PER_PHRASE]) -> Self {
        let mut held = Self {
            chroma: [[[0.0; CLASSES]; BEATS_PER_PHRASE]; Track::COUNT],
            clashes: [0.0; BEATS_PER_PHRASE],
            sounding: [0.0; BEATS_PER_PHRASE],
            ends: ends(cells),
            keys: Box::new([[0.0; PITCHES]; STEPS_PER_PHRASE]),
            sources: Box::new([[0; PITCHES]; STEPS_PER_PHRASE]),
            roots: *roots,
        };
        for (number, cell) in cells.iter().enumerate() {
            for (beat, class, steps) in held.classes(number, cell) {
                held.chroma[usize::from(cell.track)][beat][class] += cell.onset * steps;
            }
        }
        held.lay(cells);
        for (step, keys) in held.keys.iter().enumerate() {
            let beat = step / STEPS_PER_BEAT;
            held.sounding[beat] += keys.iter().sum::<f32>();
            held.clashes[beat] += keys.windows(2).map(|pair| pair[0] * pair[1]).sum::<f32>();
        }
        held
    }

    /// Adds to the gradients of the cells' onsets: from those of the chroma, and of clashes and
    /// sounding keys of each beat.
    pub fn backward(
        &self,
        cells: &[Cell],
        chroma: &Chroma,
        clashes: &[f32; BEATS_PER_PHRASE],
        sounding: &[f32; BEATS_PER_PHRASE],
        onsets: &mut [f32],
    ) {
        for (number, cell) in cells.iter().enumerate() {
            for (beat, class, steps) in self.classes(number, cell) {
                onsets[number] += chroma[usize::from(cell.track)][beat][class] * steps;
            }
        }
        for (step, (keys, sources)) in self.keys.iter().zip(self.sources.iter()).enumerate() {
            let (clash, sounds) = (clashes[step / STEPS_PER_BEAT], sounding[step / STEPS_PER_BEAT]);
            for (key, &source) in sources.iter().enumerate().filter(|(_, source)| **source > 0) {
                let below = if key > 0 { keys[key - 1] } else { 0.0 };
                let above = keys.get(key + 1).copied().unwrap_or(0.0);
                onsets[usize::from(source) - 1] += clash * (below + above) + sounds;
            }
        }
    }

    /// The beats that a cell's note sounds in, with its pitch class there and for how much of it.
    fn classes(
        &self,
        number: usize,
        cell: &Cell,
    ) -> impl Iterator<Item = (usize, usize, f32)> + use<> {
        let (from, end) = (usize::from(cell.step), usize::from(self.ends[number]));
        let (key, is_drum) = (cell.key, usize::from(cell.track) == Track::Drums.index());
        let roots = self.roots;
        (from / STEPS_PER_BEAT..end.div_ceil(STEPS_PER_BEAT)).map(move |beat| {
            let first = (beat * STEPS_PER_BEAT).max(from);
            let steps = end.min((beat + 1) * STEPS_PER_BEAT) - first;
            let root = if is_drum { 0 } else { roots[beat] };
            let class = usize::from(key + 12 - root) % CLASSES;
            (beat, class, steps as f32 * STEP_OF_BEAT)
        })
    }

    /// Lays the notes over the keys, the strongest on top; of those that do not sound the likeliest,
    /// where nothing does.
    fn lay(&mut self, cells: &[Cell]) {
        let pitched = |cell: &Cell| usize::from(cell.track) != Track::Drums.index();
        for (number, cell) in cells.iter().enumerate().filter(|(_, cell)| pitched(cell)) {
            let key = usize::from(cell.key);
            for step in usize::from(cell.step)..usize::from(self.ends[number]) {
                let source = &mut self.sources[step][key];
                let on_top = usize::from(*source).checked_sub(1).map(|number| &cells[number]);
                let is_more =
                    on_top.is_none_or(|top| (cell.onset, cell.logit) > (top.onset, top.logit));
                if is_more {
                    *source = number as u16 + 1;
                    self.keys[step][key] = cell.onset;
                }
            }
        }
    }
}

/// The step before which each cell's note ends.
fn ends(cells: &[Cell]) -> Vec<u8> {
    let mut next = [[STEPS_PER_PHRASE as u8; PITCHES]; Track::COUNT];
    let mut ends = vec![0; cells.len()];
    // Backwards through the cells of each track, which lie in the order of their steps. The cells of a
    // step have different keys, but for two that were folded into one.
    for (number, cell) in cells.iter().enumerate().rev() {
        let next = &mut next[usize::from(cell.track)][usize::from(cell.key)];
        let length = (cell.length.round_ties_even() as u8).max(1);
        let until = if *next > cell.step { *next } else { STEPS_PER_PHRASE as u8 };
        ends[number] = (cell.step.saturating_add(length)).min(until);
        if cell.onset > 0.5 {
            *next = cell.step;
        }
    }
    ends
}

//! The rhythm of one track in one phrase: for each step whether a note begins, whether one sounds,
//! and a third of how many begin.
//!
//! What must stay true: the way back is that of these definitions, but for sounding, which is all or
//! nothing on the way there and a steep sigmoid on the way back.
use super::Cell;
use musegan_score::grid::STEPS_PER_PHRASE;

/// Notes that begin together count for so much each.
const COUNTED: f32 = 1.0 / 3.0;
/// Slope, per step, of the sigmoid that stands for sounding on the way back.
const STEEPNESS: f32 = 4.0;

/// What each step has, and what it came of.
#[derive(Clone, Debug)]
pub struct Rhythm {
    /// Whether a note begins.
    pub begins: [f32; STEPS_PER_PHRASE],
    /// Whether one sounds.
    pub sounds: [f32; STEPS_PER_PHRASE],
    /// A third of how many begin.
    pub count: [f32; STEPS_PER_PHRASE],
    /// The longest of the notes that begin.
    longest: [f32; STEPS_PER_PHRASE],
    /// The step whose longest note reaches farthest past this one, and how far.
    reach: [(usize, f32); STEPS_PER_PHRASE],
}

/// The same numbers of [`Rhythm`], as gradients.
#[derive(Clone, Debug)]
pub struct RhythmGradient {
    /// Of whether a note begins.
    pub begins: [f32; STEPS_PER_PHRASE],
    /// Of whether one sounds.
    pub sounds: [f32; STEPS_PER_PHRASE],
    /// Of a third of how many begin.
    pub count: [f32; STEPS_PER_PHRASE],
}

impl Rhythm {
    /// The rhythm of a track's cells.
    #[must_use]
    pub fn of(cells: &[Cell]) -> Self {
        let zero = [0.0; STEPS_PER_PHRASE];
        let reach = [(0, f32::NEG_INFINITY); STEPS_PER_PHRASE];
        let mut rhythm = Self { begins: zero, sounds: zero, count: zero, longest: zero, reach };
        for cell in cells {
            let step = usize::from(cell.step);
            rhythm.begins[step] = rhythm.begins[step].max(cell.onset);
            rhythm.count[step] += cell.onset * COUNTED;
            rhythm.longest[step] = rhythm.longest[step].max(cell.onset * cell.length);
        }
        for step in 0..STEPS_PER_PHRASE {
            for from in 0..=step {
                let gap = rhythm.longest[from] - (step - from) as f32 - 0.5;
                // Of two the nearer, which is the one that could begin a note here.
                if gap >= rhythm.reach[step].1 {
                    rhythm.reach[step] = (from, gap);
                }
            }
            rhythm.sounds[step] = f32::from(u8::from(rhythm.reach[step].1 > 0.0));
        }
        rhythm
    }

    /// The same with what stands for sounding on the way back.
    #[cfg(test)]
    pub(super) fn soft(&self) -> Self {
        Self { sounds: self.reach.map(|(_, gap)| soft(gap)), ..self.clone() }
    }

    /// Adds to the gradients of the cells' onsets and lengths.
    pub fn backward(
        &self,
        cells: &[Cell],
        given: &RhythmGradient,
        onsets: &mut [f32],
        lengths: &mut [f32],
    ) {
        let mut longest = [0.0; STEPS_PER_PHRASE];
        for (&(from, gap), sounds) in self.reach.iter().zip(&given.sounds) {
            longest[from] += sounds * soft_slope(gap);
        }
        let mut start = 0;
        while start < cells.len() {
            let step = cells[start].step;
            let together = cells[start..].iter().take_while(|cell| cell.step == step).count();
            let cells = &cells[start..start + together];
            let (onsets, lengths) = (&mut onsets[start..], &mut lengths[start..]);
            let step = usize::from(step);
            for onset in &mut onsets[..together] {
                *onset += given.count[step] * COUNTED;
            }
            share(
                cells,
                self.begins[step],
                |cell| cell.onset,
                |number, part| {
                    onsets[number] += given.begins[step] * part;
                },
            );
            share(
                cells,
                self.longest[step],
                |cell| cell.onset * cell.length,
                |number, part| {
                    onsets[number] += longest[step] * part * cells[number].length;
                    lengths[number] += longest[step] * part * cells[number].onset;
                },
            );
            start += together;
        }
    }
}

/// Gives each of the cells that are the greatest its part: one by one where there are some, and all
/// to the likeliest where nothing begins.
fn share(
    cells: &[Cell],
    greatest: f32,
    value: impl Fn(&Cell) -> f32,
    mut give: impl FnMut(usize, f32),
) {
    if greatest > 0.0 {
        let equal = cells.iter().filter(|cell| value(cell) == greatest).count();
        for (number, _) in cells.iter().enumerate().filter(|(_, cell)| value(cell) == greatest) {
            give(number, 1.0 / equal as f32);
        }
    } else if let Some((number, _)) =
        cells.iter().enumerate().max_by(|(_, a), (_, b)| a.logit.total_cmp(&b.logit))
    {
        give(number, 1.0);
    }
}

/// What stands for sounding on the way back.
fn soft(gap: f32) -> f32 {
    ((-STEEPNESS * gap).exp() + 1.0).recip()
}

fn soft_slope(gap: f32) -> f32 {
    let sounds = soft(gap);
    STEEPNESS * sounds * (1.0 - sounds)
}

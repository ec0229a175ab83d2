//! The dense form of a phrase, as networks see it: one number per (track, step, pitch).
use crate::grid::{STEPS_PER_BAR, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use crate::{Note, Phrase, Pitch, Step, Track, Velocity};

/// MIDI number of index 0 of the pitch axis.
pub const LOWEST_PITCH: u8 = 24;
/// Pitches of a roll: MIDI 24 to 95, C1 to B6.
pub const PITCHES: usize = 72;
/// Cells of one track.
pub const TRACK_CELLS: usize = STEPS_PER_PHRASE * PITCHES;
/// Cells of a roll.
pub const CELLS: usize = Track::COUNT * TRACK_CELLS;

/// Activations of shape `(5, 64, 72)` (track, step, pitch), row-major. Real music has 0 and 1;
/// a network's output is any non-negative number.
#[derive(Clone, Debug, PartialEq)]
pub struct Roll {
    cells: Vec<f32>,
}

impl Roll {
    /// A roll from row-major cells, or `None` unless there are exactly [`CELLS`].
    #[must_use]
    pub fn new(cells: Vec<f32>) -> Option<Self> {
        (cells.len() == CELLS).then_some(Self { cells })
    }

    /// A roll with nothing in it.
    #[must_use]
    pub fn silent() -> Self {
        Self { cells: vec![0.0; CELLS] }
    }

    /// The binary roll of a phrase: 1 in every cell where a note sounds. Notes outside the
    /// pitch range have no cell and are left out.
    #[must_use]
    pub fn of(phrase: &Phrase) -> Self {
        let mut roll = Self::silent();
        for (track, note) in phrase.notes() {
            if let Some(pitch) = pitch_index(note.pitch) {
                for step in note.onset().index()..note.end() {
                    roll.cells[cell(track, step, pitch)] = 1.0;
                }
            }
        }
        roll
    }

    /// All cells, row-major `(5, 64, 72)`.
    #[must_use]
    pub fn cells(&self) -> &[f32] {
        &self.cells
    }

    /// The cells of one track, row-major `(64, 72)`.
    #[must_use]
    pub fn track(&self, track: Track) -> &[f32] {
        &self.cells[track.index() * TRACK_CELLS..][..TRACK_CELLS]
    }

    /// The notes in it: a run of cells of one pitch above its track's threshold is one note, as
    /// strong as its strongest cell. The velocity follows strength and metre, since cells have
    /// none.
    #[must_use]
    pub fn phrase(&self, thresholds: [f32; Track::COUNT]) -> Phrase {
        let runs = Track::ALL.into_iter().zip(thresholds).flat_map(|(track, threshold)| {
            self.runs(track, threshold).map(move |run| (track, run))
        });
        Phrase::new(runs.filter_map(|(track, run)| Some((track, run.note(run.peak)?))))
    }

    /// The notes of [`phrase`](Self::phrase), and besides them every note that lower thresholds
    /// would add: the candidates that density chooses from.
    ///
    /// A candidate's strength is `peak / (peak + threshold)` with the peak of its activation:
    /// above 0.5 are exactly the notes that lie above the threshold, however closely. Weaker candidates are runs
    /// down to a third of the threshold (strength 0.25) that do not touch a stronger note, since
    /// those would only lengthen it.
    #[must_use]
    pub fn candidates(&self, thresholds: [f32; Track::COUNT]) -> Phrase {
        let mut notes = Vec::new();
        for track in Track::ALL {
            let threshold = thresholds[track.index()];
            let strength = |run: Run| run.peak / (run.peak + threshold);
            // Rounding may put a peak beside the threshold on the other side of 0.5.
            let strong = self.runs(track, threshold);
            let strong = strong.map(|run| run.note(strength(run).max(0.5f32.next_up())));
            let weak = self.runs(track, threshold / 3.0).filter(|run| run.peak <= threshold);
            let weak = weak.map(|run| run.note(strength(run).min(0.5)));
            notes.extend(strong.chain(weak).flatten().map(|note| (track, note)));
        }
        Phrase::new(notes)
    }

    /// The runs of cells above a threshold, pitch by pitch.
    fn runs(&self, track: Track, threshold: f32) -> impl Iterator<Item = Run> {
        let cells = self.track(track);
        (0..PITCHES).flat_map(move |pitch| {
            let mut step = 0;
            std::iter::from_fn(move || {
                let activation = |step: usize| cells[step * PITCHES + pitch];
                while step < STEPS_PER_PHRASE && activation(step) <= threshold {
                    step += 1;
                }
                let first = step;
                let mut peak = 0.0f32;
                while step < STEPS_PER_PHRASE && activation(step) > threshold {
                    peak = peak.max(activation(step));
                    step += 1;
                }
                (step > first).then_some(Run { pitch, first, end: step, peak })
            })
        })
    }
}

/// Neighbouring cells of one pitch that all lie above a threshold.
#[derive(Clone, Copy)]
struct Run {
    /// Index on the pitch axis.
    pitch: usize,
    first: usize,
    end: usize,
    /// The strongest activation.
    peak: f32,
}

impl Run {
    fn note(self, strength: f32) -> Option<Note> {
        let onset = Step::new(self.first)?;
        let pitch = Pitch::new(LOWEST_PITCH + self.pitch as u8)?;
        let note = Note::new(onset, self.end - self.first, pitch, accented(onset, self.peak));
        Some(note.with_strength(strength))
    }
}

/// Index on the pitch axis, or `None` outside MIDI 24 to 95.
#[must_use]
pub fn pitch_index(pitch: Pitch) -> Option<usize> {
    let index = usize::from(pitch.number().checked_sub(LOWEST_PITCH)?);
    (index < PITCHES).then_some(index)
}

/// Index of a cell in the row-major `(5, 64, 72)` layout.
#[must_use]
pub const fn cell(track: Track, step: usize, pitch_index: usize) -> usize {
    (track.index() * STEPS_PER_PHRASE + step) * PITCHES + pitch_index
}

/// The downbeat is struck hardest, then the beats; surer notes are louder.
fn accented(onset: Step, strength: f32) -> Velocity {
    let metre = match onset.index() {
        step if step % STEPS_PER_BAR == 0 => 12,
        step if step % STEPS_PER_BEAT == 0 => 6,
        _ => 0,
    };
    Velocity::clamped(70 + metre + (strength.clamp(0.0, 1.0) * 30.0) as i32)
}

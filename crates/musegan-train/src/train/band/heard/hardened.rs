//! What the decoder says of a track's rhythm, hardened by the rules of playing: in which steps notes
//! begin, and how long they last.
//!
//! On the way back an onset is the sigmoid of its logit, a class the softmax of its logits, and a
//! length the mean of the classes' steps by that softmax (straight-through estimation; Bengio,
//! Léonard & Courville, 2013). What must stay true: the rhythm is that which
//! `musegan_model::band::decoding` plays.
use musegan_model::band::codec::lengths::{CLASSES, gaps, length_code, steps_of};
use musegan_model::band::codec::rhythm::{Rhythm, STEP_NUMBERS, TOLD, has_two_lengths};
use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BAR, STEPS_PER_PHRASE};
use std::f32::consts::LN_2;

/// The rhythm's logits: of onsets `(rows, 1)`, of the shorter and of the longer classes
/// `(rows, CLASSES)`.
pub type Logits<'a> = [&'a [f32]; 3];

/// A track's rhythm in one phrase.
#[derive(Clone, Debug)]
pub struct Hardened {
    /// The rhythm as it is played.
    pub rhythm: Rhythm,
    /// The row of its first step in the decoder's matrices.
    pub first: usize,
    /// Logits of notes beginning; minus infinity where the track is silent.
    pub logits: [f32; STEPS_PER_PHRASE],
    track: Track,
    /// The shares of the shorter and of the longer classes, in steps in which notes begin or might.
    shares: Vec<(u8, [[f32; CLASSES]; 2])>,
    gaps: [u8; STEPS_PER_PHRASE],
}

/// Gradients of a rhythm's parts, step by step.
#[derive(Clone, Debug)]
pub struct RhythmParts {
    /// Of whether notes begin.
    pub onsets: [f32; STEPS_PER_PHRASE],
    /// Of the steps that the shorter and the longer notes last.
    pub lengths: [[f32; 2]; STEPS_PER_PHRASE],
    /// Of the classes as ones among zeros.
    pub classes: Vec<[[f32; CLASSES]; 2]>,
}

impl Default for RhythmParts {
    fn default() -> Self {
        Self {
            onsets: [0.0; STEPS_PER_PHRASE],
            lengths: [[0.0; 2]; STEPS_PER_PHRASE],
            classes: vec![[[0.0; CLASSES]; 2]; STEPS_PER_PHRASE],
        }
    }
}

impl Hardened {
    /// The rhythm that logits say from row `first` on, in the bars in which the track plays. Steps
    /// whose onset is less likely than `least` are not looked at.
    #[must_use]
    pub fn of(track: Track, said: Logits, first: usize, present: &[f32], least: f32) -> Self {
        let logits = std::array::from_fn(|step| match present[step / STEPS_PER_BAR] == 0.0 {
            true => f32::NEG_INFINITY,
            false => said[0][first + step],
        });
        let begins = |step: &usize| logits[*step] > 0.0;
        let onsets = (0..STEPS_PER_PHRASE).filter(begins).fold(0, |bits, step| bits | 1 << step);
        let mut classes = [[0; 2]; STEPS_PER_PHRASE];
        let mut shares = Vec::new();
        for step in (0..STEPS_PER_PHRASE).filter(|step| !track.is_drums() && logits[*step] > least)
        {
            let of = |which: usize| &said[1 + which][(first + step) * CLASSES..][..CLASSES];
            let [short, long] = [of(usize::from(!has_two_lengths(track))), of(1)];
            classes[step] = [short, long].map(|logits| highest(logits) as u8);
            shares.push((step as u8, [short, long].map(softmax)));
        }
        let rhythm = Rhythm::new(track, onsets, classes);
        Self { rhythm, first, logits, track, shares, gaps: gaps(onsets) }
    }

    /// Adds to the gradients of the logits.
    pub fn backward(&self, given: &RhythmParts, to: &mut [&mut [f32]]) {
        for (step, logit) in self.logits.into_iter().enumerate().filter(|(_, x)| x.is_finite()) {
            let share = ((-logit).exp() + 1.0).recip();
            to[0][self.first + step] += given.onsets[step] * share * (1.0 - share);
        }
        for (step, shares) in self.shares.iter().filter(|(s, _)| self.rhythm.begins((*s).into())) {
            let step = usize::from(*step);
            let left = (STEPS_PER_PHRASE - step) as u8;
            for (which, shares) in shares.iter().enumerate() {
                let length = given.lengths[step][which];
                let worth = |class: usize| {
                    let steps = steps_of(class as u8, self.gaps[step]).min(left);
                    length * f32::from(steps) + given.classes[step][which][class]
                };
                let mean: f32 = shares.iter().enumerate().map(|(k, p)| p * worth(k)).sum();
                // Where there is one length, both are read from the longer's logits.
                let place = if has_two_lengths(self.track) { 1 + which } else { 2 };
                let logits = &mut to[place][(self.first + step) * CLASSES..][..CLASSES];
                for (class, (logit, share)) in logits.iter_mut().zip(shares).enumerate() {
                    *logit += share * (worth(class) - mean);
                }
            }
        }
    }

    /// Writes what the decoder of pitches is told of a bar.
    pub fn tell(&self, bar: usize, numbers: &mut [f32]) {
        self.rhythm.tell(bar, numbers);
    }

    /// Adds the gradient of what was told of a bar.
    pub fn told_backward(&self, bar: usize, numbers: &[f32], given: &mut RhythmParts) {
        let (begins, lengths) = numbers.split_at(STEPS_PER_BAR);
        for at in 0..STEPS_PER_BAR {
            let step = bar * STEPS_PER_BAR + at;
            let long = self.told_steps(step);
            given.onsets[step] += begins[at] + lengths[at] * length_code(long);
            if self.rhythm.begins(step) && !self.track.is_drums() {
                given.lengths[step][1] += lengths[at] / (4.0 * LN_2 * long);
            }
        }
    }

    /// The steps that the longer notes of a step last as its bar alone tells it.
    fn told_steps(&self, step: usize) -> f32 {
        if self.track.is_drums() {
            return 1.0;
        }
        let next = (self.rhythm.onsets() >> step >> 1).trailing_zeros() as u8 + 1;
        let gap = next.min((STEPS_PER_BAR - step % STEPS_PER_BAR) as u8);
        f32::from(steps_of(self.rhythm.classes(step)[1], gap))
    }

    /// Writes the rhythm as the encoder reads it, [`STEP_NUMBERS`] for each step of the phrase, which
    /// are zero before.
    pub fn write(&self, numbers: &mut [f32]) {
        let steps = numbers.chunks_exact_mut(STEP_NUMBERS).enumerate();
        for (step, numbers) in steps.filter(|(step, _)| self.rhythm.begins(*step)) {
            numbers[0] = 1.0;
            if let Some([short, long]) = self.classes(step) {
                numbers[1 + short] = 1.0;
                numbers[1 + CLASSES + long] = 1.0;
            }
        }
    }

    /// Adds the gradient of what was written.
    pub fn written_backward(&self, numbers: &[f32], given: &mut RhythmParts) {
        for (step, numbers) in numbers.chunks_exact(STEP_NUMBERS).enumerate() {
            given.onsets[step] += numbers[0];
            let Some([short, long]) = self.classes(step) else { continue };
            given.onsets[step] += numbers[1 + short] + numbers[1 + CLASSES + long];
            if self.rhythm.begins(step) {
                for (which, to) in given.classes[step].iter_mut().enumerate() {
                    let from = &numbers[1 + which * CLASSES..][..CLASSES];
                    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
                }
            }
        }
    }

    /// The classes of a step, of tracks that have them.
    fn classes(&self, step: usize) -> Option<[usize; 2]> {
        (!self.track.is_drums()).then(|| self.rhythm.classes(step).map(usize::from))
    }
}

/// Numbers that are told of a track's bars, one after the other.
pub const TOLD_OF_PHRASE: usize = BARS_PER_PHRASE * TOLD;

/// The first of the greatest.
#[must_use]
pub fn highest(logits: &[f32]) -> usize {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter().position(|&logit| logit == greatest).unwrap_or(0)
}

fn softmax(logits: &[f32]) -> [f32; CLASSES] {
    let most = logits[highest(logits)];
    let powers: [f32; CLASSES] = std::array::from_fn(|class| (logits[class] - most).exp());
    let sum: f32 = powers.iter().sum();
    powers.map(|power| power / sum)
}

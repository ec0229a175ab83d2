//! What the second and the third phase learn from: real phrases, under which conditions they are to be
//! played again, and the noise of a step.
//!
//! What must stay true: everything here is drawn by the run's seed, the step and the phrase's place in
//! the batch.
use super::audition;
use super::batch::Drawn;
use super::heard::Impression;
use super::latents::written;
use super::songbook::Songbook;
use crate::train::random::{self, Purpose};
use musegan_model::band::codec::Bars;
use musegan_model::band::generator::Noise;
use musegan_model::band::style::Style;
use musegan_model::band::{Conditions, Dimensions, Harmony, Sheet};
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;
use rand::Rng;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};
use std::ops::Range;

/// Tokens of a phrase.
pub const TOKENS: usize = Track::COUNT * BARS_PER_PHRASE;

/// How a lesson is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Share of phrases in another key.
    pub transposed: f64,
    /// Share of phrases that have tracks given.
    pub given: f64,
    /// Share of phrases that are to be played by the sheet of another phrase.
    pub crossed: f64,
    /// Deviation of the noise on measures.
    pub sheet_noise: f64,
    /// Whether real phrases are listened to.
    pub heard: bool,
}

/// Some phrases of a batch.
#[derive(Clone, Debug, Default)]
pub struct Lesson {
    /// The real phrases as the codec reads them.
    pub bars: Bars,
    /// Their chords and keys.
    pub harmonies: Vec<Harmony>,
    /// Their own conditions.
    pub own: Conditions,
    /// The conditions that they are to be played under: their own chords, and in a share of them the
    /// sheet of another phrase.
    pub asked: Conditions,
    /// Whether they are.
    pub crossed: Vec<bool>,
    /// What is heard of the real phrases, if the plan says so.
    pub heard: Vec<Impression>,
    /// The sheets of [`asked`](Self::asked), unstandardised.
    pub sheets: Vec<Sheet>,
    /// Whether a track is given, (phrase, track).
    pub given: Vec<bool>,
    /// Standard normal numbers for the codec's latents, `(phrases * 20, latent)`.
    pub blur: Vec<f32>,
    /// The same for the noise that is found in the real phrases.
    pub found: Noise,
    /// The noise that phrases are played from.
    pub noise: Noise,
}

impl Lesson {
    /// How many phrases.
    #[must_use]
    pub const fn phrases(&self) -> usize {
        self.harmonies.len()
    }

    /// Draws the phrases at these places of a step's batch, in place of those before.
    pub fn draw(
        &mut self,
        book: &Songbook,
        dimensions: &Dimensions,
        (seed, step): (u64, u64),
        places: Range<usize>,
        plan: &Plan,
    ) {
        let emptied = Self { bars: std::mem::take(&mut self.bars), ..Self::default() };
        *self = emptied;
        let mut drawn = Vec::with_capacity(places.len());
        for place in places {
            let mut rng = random::generator(seed, step, Purpose::BandPhrase, place as u32);
            let phrase = Drawn::from(book, &mut rng, plan.transposed);
            self.push(book, (&phrase, &mut rng), plan);
            drawn.push(phrase);
            let stream = |purpose| random::generator(seed, step, purpose, place as u32);
            self.push_noise(dimensions, stream(Purpose::BandPosterior), stream(Purpose::BandNoise));
        }
        written(&drawn, &mut self.bars);
    }

    fn push(&mut self, book: &Songbook, (phrase, rng): (&Drawn, &mut impl Rng), plan: &Plan) {
        let mut given = [false; Track::COUNT];
        if rng.random::<f64>() < plan.given {
            let count = rng.random_range(1..Track::COUNT);
            given[..count].fill(true);
            given.shuffle(rng);
        }
        let crossed = rng.random::<f64>() < plan.crossed;
        let mut sheet = phrase.sheet;
        if crossed {
            let other = Drawn::from(book, rng, plan.transposed).sheet;
            for track in (0..Track::COUNT).filter(|track| !given[*track]) {
                sheet.present[track] = other.present[track];
                sheet.measures[track] = other.measures[track];
                sheet.repeats[track] = other.repeats[track];
            }
        }
        let mut blurred = |sheet: &Sheet| {
            let mut style = Style::of(sheet, book.scale());
            for track in Track::ALL.into_iter().filter(|track| sheet.sounds(*track)) {
                for measure in &mut style.measures[track.index()] {
                    let noise: f32 = StandardNormal.sample(rng);
                    *measure += plan.sheet_noise as f32 * noise;
                }
            }
            style
        };
        if plan.heard {
            self.heard.push(audition::impression(&phrase.notes, &phrase.harmony));
        }
        let own = blurred(&phrase.sheet);
        let asked = if crossed { blurred(&sheet) } else { own };
        self.own.push(&own, &phrase.harmony);
        self.asked.push(&asked, &phrase.harmony);
        self.harmonies.push(phrase.harmony);
        self.crossed.push(crossed);
        self.sheets.push(sheet);
        self.given.extend(given);
    }

    fn push_noise(&mut self, dimensions: &Dimensions, mut found: impl Rng, mut played: impl Rng) {
        let latent = TOKENS * dimensions.latent;
        self.blur.extend((0..latent).map(|_| -> f32 { StandardNormal.sample(&mut found) }));
        push_noise(&mut self.found, dimensions, &mut found);
        push_noise(&mut self.noise, dimensions, &mut played);
    }
}

/// How many numbers the noise of a phrase has for itself, its bars, its tracks and its tokens.
#[must_use]
pub const fn noise(dimensions: &Dimensions) -> [usize; 4] {
    [
        dimensions.phrase_noise,
        BARS_PER_PHRASE * dimensions.bar_noise,
        Track::COUNT * dimensions.track_noise,
        TOKENS * dimensions.cell_noise,
    ]
}

/// Adds the noise of a phrase.
fn push_noise(to: &mut Noise, dimensions: &Dimensions, rng: &mut impl Rng) {
    let parts = [&mut to.phrase, &mut to.bars, &mut to.tracks, &mut to.cells];
    for (numbers, count) in parts.into_iter().zip(noise(dimensions)) {
        numbers.extend((0..count).map(|_| -> f32 { StandardNormal.sample(rng) }));
    }
}

//! Phrases that somebody brings: encoded, varied, morphed into each other, accompanied.
//!
//! A phrase is its latents, as the codec hears them, over its style and its harmony, with the noise
//! that the generator would come nearest to it with. What the generator cannot say of it is kept
//! beside, so that a phrase that is varied by nothing is the phrase. What must stay true: the given
//! tracks of an accompaniment come out as they went in, bit for bit.
use musegan_score::grid::{BARS_PER_PHRASE, BEATS_PER_PHRASE, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use musegan_score::harmony::{Pulse, Sounding, analyse};
use musegan_score::{Composition, Phrase, Track};

use super::blocks::TOKENS;
use super::chart::Chart;
use super::generator::Noise;
use super::morphing;
use super::networks::Networks;
use super::playing::{Latents, Player, There, conditions};
use super::song::{Plan, mix, parts};
use super::style::Style;
use super::{Harmony, Sheet};
use crate::sampling::random::{Key, Purpose, share};
use crate::tape::Tape;

/// Places on the way from one phrase to another that are looked at for each step.
const PLACES_A_STEP: usize = 8;

/// A phrase as the networks know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// Its style and its harmony, and the noise that is nearest to it.
    plan: Plan,
    latents: Latents,
}

/// Why a phrase cannot be encoded or accompanied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NothingThere {
    /// It has no note.
    #[error("the phrase has no note that could be encoded")]
    Empty,
    /// None of the given tracks has a note.
    #[error("the given tracks have no note that could be accompanied")]
    Silent,
    /// All tracks are given.
    #[error("all five tracks are given, so that nothing is left to play")]
    Full,
}

impl Encoded {
    /// The chords and the key that it is known by.
    #[must_use]
    pub const fn harmony(&self) -> &Harmony {
        self.plan.chart.harmony()
    }
}

/// The harmonies of phrases that follow each other, as they sound: see
/// [`musegan_score::harmony`].
#[must_use]
pub fn harmonies(phrases: &[Phrase]) -> Vec<Harmony> {
    let notes: Vec<_> = phrases.iter().zip(0..).flat_map(|(p, number)| heard(p, number)).collect();
    let pulse = Pulse::four_four(STEPS_PER_BEAT as u32, phrases.len() * BARS_PER_PHRASE);
    let harmony = analyse(&notes, &pulse);
    let of_phrase = |number: usize| {
        let first = number * BEATS_PER_PHRASE;
        Harmony {
            chords: std::array::from_fn(|beat| harmony.chords.get(first + beat).copied().flatten()),
            key: harmony.key_over(first..first + BEATS_PER_PHRASE),
        }
    };
    (0..phrases.len()).map(of_phrase).collect()
}

/// The pitched notes of a phrase as harmony hears them; the phrase is one of several.
fn heard(phrase: &Phrase, number: u32) -> impl Iterator<Item = Sounding> {
    let first = number * STEPS_PER_PHRASE as u32;
    let pitched = phrase.notes().filter(|(track, n)| !track.is_drums() && n.strength() > 0.5);
    pitched.map(move |(track, note)| Sounding {
        onset: first + note.onset().index() as u32,
        end: first + note.end() as u32,
        pitch: note.pitch.number(),
        is_bass: track == Track::Bass,
        ..Sounding::default()
    })
}

impl Player {
    /// A phrase as the networks know it; its harmony is what sounds, where it is not told.
    ///
    /// # Errors
    /// [`NothingThere::Empty`].
    pub fn encode(
        &mut self,
        phrase: &Phrase,
        harmony: Option<Harmony>,
    ) -> Result<Encoded, NothingThere> {
        if !phrase.notes().any(|(_, note)| note.strength() > 0.5) {
            return Err(NothingThere::Empty);
        }
        let harmony = harmony.unwrap_or_else(|| own_harmony(phrase));
        let style = Style::of(&Sheet::over(phrase, &harmony), &self.networks.sheets);
        let chart = Chart::of(harmony);
        let latents = self.latents_of(phrase, &style, &chart);
        let noise = self.noise_of(&latents, &style, &chart);
        Ok(Encoded { plan: Plan { style, chart, noise }, latents })
    }

    /// The phrase that an encoded one is, as nearly as the codec knows it.
    pub fn decode(&mut self, encoded: &Encoded) -> Phrase {
        let Plan { style, chart, .. } = &encoded.plan;
        self.decoded(&encoded.latents, style, chart)
    }

    /// Another phrase of the same style and harmony. An `amount` of 0 gives the phrase itself, one
    /// of 1 what has nothing else in common with it; the same number gives the same variation.
    pub fn vary(&mut self, encoded: &Encoded, amount: f32, number: u64) -> Phrase {
        let amount = share(amount);
        let beside = self.beside(encoded);
        let mut plan = encoded.plan.clone();
        let mut new = self.songs().drawn(Key::new(number, 0, Purpose::Vary));
        for (numbers, new) in parts(&mut plan.noise).into_iter().zip(parts(&mut new)) {
            mix(numbers, new, [1.0 - amount, amount]);
        }
        self.with_beside(&plan, [(&beside, 1.0 - amount), (&beside, 0.0)])
    }

    /// The phrase that lies between two, `share` of the way from 0 to 1.
    pub fn morph(&mut self, from: &Encoded, to: &Encoded, share: f32) -> Phrase {
        let sides = [self.beside(from), self.beside(to)];
        self.on_the_way((from, to), &sides, share)
    }

    /// The same, with what the generator does not say of the two.
    fn on_the_way(
        &mut self,
        (from, to): (&Encoded, &Encoded),
        sides: &[Latents; 2],
        share: f32,
    ) -> Phrase {
        let share = crate::sampling::random::share(share);
        let mut plan = morphing::between(&from.plan, &to.plan, share);
        // What is found for a phrase is a mean, and lies nearer to the middle than what is drawn.
        let (mut noise, mut other) = (from.plan.noise.clone(), to.plan.noise.clone());
        for (numbers, others) in parts(&mut noise).into_iter().zip(parts(&mut other)) {
            for (number, other) in numbers.iter_mut().zip(others) {
                *number += (*other - *number) * share;
            }
        }
        plan.noise = noise;
        self.with_beside(&plan, [(&sides[0], 1.0 - share), (&sides[1], share)])
    }

    /// The way from one phrase to another in so many steps, both ends included, that change about
    /// as much each: where notes change fast, the way is gone slowly, and where many would change
    /// at once, beat by beat.
    pub fn morph_evenly(&mut self, from: &Encoded, to: &Encoded, steps: usize) -> Vec<Phrase> {
        let steps = steps.max(1);
        let places = steps * PLACES_A_STEP;
        let sides = [self.beside(from), self.beside(to)];
        let phrase = |place| self.on_the_way((from, to), &sides, place as f32 / places as f32);
        morphing::evenly((0..=places).map(phrase).collect(), steps)
    }

    /// The harmonies in which phrases that follow each other are accompanied: real chords that
    /// fit what sounds, all in one key. A phrase without a pitched note has none.
    #[must_use]
    pub fn harmonies_to(&self, phrases: &[Phrase]) -> Vec<Harmony> {
        self.networks.bank.fitting(phrases, &harmonies(phrases))
    }

    /// The phrase of a composition in which the given tracks are played as they are in `phrase`,
    /// and the others fit theirs to them. The chords are the composition's where it has a
    /// progression, else those told, else those of [`Player::harmonies_to`] of the given tracks.
    ///
    /// # Errors
    /// [`NothingThere::Silent`] and [`NothingThere::Full`].
    pub fn accompany(
        &mut self,
        phrase: &Phrase,
        given: [bool; Track::COUNT],
        harmony: Option<Harmony>,
        (composition, index): (&Composition, i64),
    ) -> Result<Phrase, NothingThere> {
        let is_given = |track: Track| given[track.index()];
        if given == [true; Track::COUNT] {
            return Err(NothingThere::Full);
        }
        let notes = phrase.notes().filter(|(t, note)| is_given(*t) && note.strength() > 0.5);
        let alone = Phrase::new(notes.map(|(track, note)| (track, *note)));
        if alone.is_empty() {
            return Err(NothingThere::Silent);
        }
        let style = Style::of(&Sheet::of(&alone), &self.networks.sheets);
        let wanted = (&style, given);
        let mut plan = self.songs().plan_to(composition, index, wanted);
        if composition.progression.is_empty() {
            let own = || self.harmonies_to(std::slice::from_ref(&alone)).pop();
            let harmony = harmony.or_else(own).unwrap_or_default();
            // Drums have no harmony; then the song's own is as good as any.
            if harmony.chords.iter().any(Option::is_some) {
                plan.chart = Chart::of(harmony);
            }
        }
        Ok(self.played(&plan, Some(There { phrase: &alone, tracks: given })))
    }

    /// What the generator does not say of a phrase, even with the noise that is nearest.
    fn beside(&mut self, encoded: &Encoded) -> Latents {
        let Plan { style, chart, noise } = &encoded.plan;
        let said = self.generated(noise, style, chart, None);
        encoded.latents.iter().zip(said).map(|(latent, said)| latent - said).collect()
    }

    /// What the generator makes of a plan, and shares of what it does not say.
    fn with_beside(&mut self, plan: &Plan, sides: [(&Latents, f32); 2]) -> Phrase {
        let mut latents = self.generated(&plan.noise, &plan.style, &plan.chart, None);
        for (side, share) in sides {
            for (latent, number) in latents.iter_mut().zip(side) {
                *latent += share * number;
            }
        }
        self.decoded(&latents, &plan.style, &plan.chart)
    }

    /// The noise that the generator would come nearest to latents with.
    fn noise_of(&mut self, latents: &[f32], style: &Style, chart: &Chart) -> Noise {
        let Networks { encoder, encoder_numbers, dimensions, .. } = &*self.networks;
        let mut tape = Tape::playing(&mut self.rooms);
        let network = tape.network(encoder_numbers, false);
        let tokens = tape.constant(TOKENS, dimensions.latent, latents);
        let noise = encoder.noise(&mut tape, network, tokens, &conditions(style, chart));
        let mean = |of: super::codec::Gaussian| tape.value(of.mean).to_vec();
        Noise {
            phrase: mean(noise.phrase),
            bars: mean(noise.bars),
            tracks: mean(noise.tracks),
            cells: mean(noise.cells),
        }
    }
}

fn own_harmony(phrase: &Phrase) -> Harmony {
    harmonies(std::slice::from_ref(phrase)).pop().unwrap_or_default()
}

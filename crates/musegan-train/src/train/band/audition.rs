//! What the critic hears: real phrases as they were written, and phrases as they are played, both read
//! by the codec's encoder and listened to by the same ears.
//!
//! A phrase that was asked for by the sheet of another one has no real phrase under the same
//! conditions. It is set against the real phrase whose chords it has, and of both the critic is not
//! told the measures of the sheet: it asks whether music fits its chords, and the sheet has its own
//! loss. What must stay true: real phrases are heard in the lengths that can be played.
use super::heard::{Cell, Heard, Impression, TOKEN};
use super::lesson::{Lesson, TOKENS};
use super::networks::Networks;
use super::stage;
use super::state::Second;
use musegan_model::band::Conditions;
use musegan_model::band::codec::LatentScale;
use musegan_model::band::codec::rhythm::Rhythm;
use musegan_model::band::critic::HARMONY;
use musegan_model::band::frame::{Harmony, RelativeNote};
use musegan_model::band::sheet::MEASURES;
use musegan_model::tape::{Network, Node, Rooms, Tape};
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Deviation of the noise on everything heard but the latents, which have as much as the codec is
/// unsure of.
const BLUR: f32 = 0.1;

/// What is heard of some phrases.
#[derive(Clone, Debug, Default)]
pub struct Audition {
    /// `(phrases * 20, features)` in phrase order.
    pub tokens: Vec<f32>,
    /// `(phrases * 4, HARMONY)`
    pub harmony: Vec<f32>,
    /// The sum over the phrases of their shares of clashing keys.
    pub clashes: f64,
}

/// What is heard of a phrase that was written.
#[must_use]
pub fn impression(notes: &[RelativeNote], harmony: &Harmony) -> Impression {
    let shifts = harmony.shifts();
    let rhythms = Track::ALL.map(|track| Rhythm::of(track, notes));
    let mut cells: Vec<Cell> = notes
        .iter()
        .map(|note| {
            let rhythm = &rhythms[note.track.index()];
            let [short, long] = rhythm.lengths(note.step.index());
            let is_short = rhythm.is_long(note.step.index(), note.length) == Some(false);
            Cell::of(
                &RelativeNote { length: if is_short { short } else { long }, ..*note },
                &shifts,
            )
        })
        .collect();
    cells.sort_by_key(|cell| (cell.track, cell.step, cell.pitch));
    Heard::of(cells, harmony).impression()
}

/// What is heard of a lesson's real phrases, of which these are the latents.
#[must_use]
pub fn real(tokens: &[f32], lesson: &Lesson, latent: usize) -> Audition {
    let mut heard = Audition::default();
    for (latents, impression) in tokens.chunks_exact(TOKENS * latent).zip(&lesson.heard) {
        let pairs = latents.chunks_exact(latent).zip(impression.tokens.chunks_exact(TOKEN));
        for (latents, token) in pairs {
            heard.tokens.extend_from_slice(latents);
            heard.tokens.extend_from_slice(token);
        }
        heard.harmony.extend_from_slice(&impression.harmony);
        heard.clashes += f64::from(impression.clashes);
    }
    heard
}

/// What is played, as the critic hears it.
#[derive(Clone, Copy, Debug)]
pub struct Listened {
    /// As [`Audition::tokens`].
    pub tokens: Node,
    /// As [`Audition::harmony`].
    pub harmony: Node,
    /// As [`Played::style`](super::heard::played::Played::style).
    pub style: Node,
    /// As [`Played::clashes`](super::heard::played::Played::clashes).
    pub clashes: Node,
}

/// Plays tokens that were asked for and listens to them; the decoder is the second of the networks.
pub fn listened(
    tape: &mut Tape,
    networks: &Networks,
    [frozen, decoder]: [Network; 2],
    (tokens, scale): (Node, &LatentScale),
    lesson: &Lesson,
) -> Listened {
    let asked = &lesson.asked;
    let codec = [frozen, decoder];
    let played = stage::performance(tape, networks, codec, (tokens, scale), (lesson, asked));
    let chords = networks.codec.chords(tape, frozen, &asked.beats);
    let bars = [played.rhythms, played.pitches];
    let read = networks.codec.encode(tape, frozen, bars, chords);
    let read = scale.to_tokens(tape, read.mean);
    let presence = asked.presence(tape);
    let read = tape.mul(read, presence);
    let tokens = tape.beside(&[read, played.tokens]);
    Listened { tokens, harmony: played.harmony, style: played.style, clashes: played.clashes }
}

/// What is heard of phrases that a lesson asks for, without a way back.
pub fn played(
    rooms: &mut Rooms,
    networks: &Networks,
    (second, codec): (&Second, &[f32]),
    lesson: &Lesson,
) -> [Audition; 2] {
    let mut tape = Tape::playing(rooms);
    let t = &mut tape;
    let generator = t.network(&second.generator.weights, false);
    let codec = t.network(codec, false);
    let tokens = stage::tokens(t, networks, codec, (lesson, &second.scale));
    let real = real(t.value(tokens.clear), lesson, networks.dimensions.latent);
    let noise = lesson.noise.on(t, &networks.dimensions, lesson.phrases());
    let given = stage::given(lesson, &tokens);
    let played = networks.generator.latents(t, generator, noise, given, &lesson.asked);
    let heard = listened(t, networks, [codec; 2], (played, &second.scale), lesson);
    let clashes = t.value(heard.clashes).iter().map(|share| f64::from(*share)).sum();
    let tokens = t.value(heard.tokens).to_vec();
    [real, Audition { tokens, harmony: t.value(heard.harmony).to_vec(), clashes }]
}

/// The conditions that the critic is told, which are those of the phrase but for the measures where
/// sheet and chords are of different phrases.
#[must_use]
pub fn judged(conditions: &Conditions, crossed: &[bool]) -> Conditions {
    let mut judged = conditions.clone();
    let of_phrases = judged.measures.chunks_exact_mut(Track::COUNT * MEASURES);
    for (measures, _) in of_phrases.zip(crossed).filter(|(_, crossed)| **crossed) {
        measures.fill(0.0);
    }
    judged
}

/// Two sets of phrases, one after the other.
#[must_use]
pub fn both(first: &Conditions, second: &Conditions) -> Conditions {
    Conditions {
        presence: [&first.presence[..], &second.presence].concat(),
        measures: [&first.measures[..], &second.measures].concat(),
        sources: [&first.sources[..], &second.sources].concat(),
        beats: [&first.beats[..], &second.beats].concat(),
    }
}

/// Noise for the critic's tokens and harmony, of bars that are played.
pub struct Blur {
    /// As [`Audition::tokens`].
    pub tokens: Vec<f32>,
    /// As [`Audition::harmony`].
    pub harmony: Vec<f32>,
}

impl Blur {
    /// As much as real music has of itself: what the codec is unsure of, and a little on the rest.
    #[must_use]
    pub fn draw(scale: &LatentScale, latent: usize, presence: &[f32], rng: &mut impl Rng) -> Self {
        let deviation = |token: usize, number: usize| match number < latent {
            true => scale.noise[token / BARS_PER_PHRASE % Track::COUNT * latent + number],
            false => BLUR,
        };
        Self::of(latent, presence, rng, (deviation, BLUR))
    }

    /// The same everywhere.
    #[must_use]
    pub fn even(deviation: f32, latent: usize, presence: &[f32], rng: &mut impl Rng) -> Self {
        Self::of(latent, presence, rng, (|_, _| deviation, deviation))
    }

    fn of(
        latent: usize,
        presence: &[f32],
        rng: &mut impl Rng,
        (deviation, of_harmony): (impl Fn(usize, usize) -> f32, f32),
    ) -> Self {
        let mut normal = || -> f32 { StandardNormal.sample(rng) };
        let columns = latent + TOKEN;
        let mut tokens = Vec::with_capacity(presence.len() * columns);
        for (token, presence) in presence.iter().enumerate() {
            let numbers = 0..columns;
            tokens.extend(numbers.map(|number| presence * deviation(token, number) * normal()));
        }
        let bars = presence.len() / Track::COUNT;
        Self { tokens, harmony: (0..bars * HARMONY).map(|_| of_harmony * normal()).collect() }
    }
}

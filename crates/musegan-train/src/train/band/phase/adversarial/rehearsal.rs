//! The generator's side of a step, with encoder and decoder.
use super::super::super::audition::{Audition, Blur, Listened, both, judged, listened};
use super::super::super::faithful;
use super::super::super::lesson::{Lesson, TOKENS};
use super::super::super::stage::{self, Handles, Tokens};
use super::super::super::state::Second;
use super::super::second;
use super::{Part, Step, halves};
use musegan_model::band::critic::HARMONY;
use musegan_model::band::encoder::Posterior;
use musegan_model::band::generator::{Given, NoiseNodes};
use musegan_model::tape::{Gradients, Network, Node, Tape};
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;
use rand::Rng;

/// A difference in shares of clashing keys that weighs as much as the loss's weight says.
const CLASHES: f64 = 0.01;

/// What came of a part of the batch.
pub(super) struct Pass {
    pub gradients: Gradients,
    pub handles: Handles,
    /// The codec, if its decoder is trained.
    pub decoder: Option<Network>,
    pub loss: f64,
    pub critic: f64,
    pub codec: Option<f64>,
    pub second: second::Losses,
}

/// What the losses are made of.
struct Rehearsal<'a> {
    step: &'a Step<'a>,
    second: &'a Second,
    lesson: &'a Lesson,
    handles: Handles,
    /// The codec once more; its decoder may be trained.
    decoder: Network,
    /// The critic as it is.
    judge: Network,
}

/// The losses of what is played, reconstructed and decoded.
pub(super) fn pass(
    part: &mut Part,
    step: &Step,
    second: &Second,
    (codec, critic): (&[f32], &[f32]),
) -> Pass {
    let mut rng = step.stream(part, 1);
    let Part { lesson, heard: [real, _], rooms, .. } = part;
    let (networks, settings) = (step.run.networks, step.settings);
    let mut tape = Tape::new(rooms);
    let t = &mut tape;
    let handles = Handles::on(t, second, codec);
    let learns = settings.decoder_learning_rate > 0.0;
    let (decoder, judge) = (t.network(codec, learns), t.network(critic, false));
    let rehearsal = Rehearsal { step, second, lesson, handles, decoder, judge };
    let tokens = stage::tokens(t, networks, handles.codec, (lesson, &second.scale));
    let found = stage::posterior(t, networks, handles.encoder, (tokens.blurred, &lesson.own));
    let [said, made] = rehearsal.generated(t, &tokens, &found);
    let (own, mut measured) = rehearsal.reconstruction(t, (said, tokens.clear), &found);
    let mut losses = vec![own];

    let codecs = [handles.codec, decoder];
    let played = listened(t, networks, codecs, (made, &second.scale), lesson);
    let opinion = rehearsal.opinion(t, &played, real, &mut rng);
    let critic = f64::from(t.value(opinion)[0]);
    losses.push(t.scale(opinion, settings.critic as f32));
    if settings.sheet > 0.0 {
        let scale = (step.run.book.scale(), step.whole);
        let (error, of_sheet) = stage::sheet_error(t, played.style, lesson, scale);
        measured.sheet = Some(of_sheet);
        losses.push(t.scale(error, settings.sheet as f32));
    }
    let [real, now] = step.clashes;
    if now > real && settings.clashes > 0.0 {
        let clashes = t.sum(played.clashes);
        let share = 1.0 / step.whole.phrases as f32;
        let weight = share * (settings.clashes / CLASHES) as f32;
        losses.push(t.scale(clashes, weight));
    }
    let mut of_codec = None;
    if learns && settings.codec > 0.0 {
        let (loss, nats) = rehearsal.faithfulness(t, tokens.blurred);
        losses.push(loss);
        of_codec = Some(nats);
    }
    let loss = losses.into_iter().reduce(|a, b| t.add(a, b)).unwrap_or(own);
    let value = f64::from(t.value(loss)[0]);
    Pass {
        gradients: tape.backward(loss),
        handles,
        decoder: learns.then_some(decoder),
        loss: value,
        critic,
        codec: of_codec,
        second: measured,
    }
}

impl Rehearsal<'_> {
    /// What the generator makes of the noise that is found in the real phrases, and of noise that is
    /// drawn: both go through it together.
    fn generated(&self, t: &mut Tape, tokens: &Tokens, found: &Posterior) -> [Node; 2] {
        let Self { step, lesson, handles, .. } = *self;
        let networks = step.run.networks;
        let noise = stage::drawn(t, found, &lesson.found);
        let prior = lesson.noise.on(t, &networks.dimensions, lesson.phrases());
        let noise = NoiseNodes {
            phrase: t.below(&[noise.phrase, prior.phrase]),
            bars: t.below(&[noise.bars, prior.bars]),
            tracks: t.below(&[noise.tracks, prior.tracks]),
            cells: t.below(&[noise.cells, prior.cells]),
        };
        let twice = [&lesson.given[..], &lesson.given].concat();
        let some = lesson.given.contains(&true);
        let given =
            some.then(|| Given { latents: t.below(&[tokens.clear, tokens.clear]), tracks: &twice });
        let conditions = both(&lesson.own, &lesson.asked);
        let made = networks.generator.latents(t, handles.generator, noise, given, &conditions);
        halves(t, made)
    }

    /// The second stage's own loss, weighed.
    fn reconstruction(
        &self,
        t: &mut Tape,
        (said, real): (Node, Node),
        found: &Posterior,
    ) -> (Node, second::Losses) {
        let Self { step, lesson, handles, .. } = *self;
        let (networks, whole) = (step.run.networks, step.whole);
        let (error, squares) =
            stage::reconstruction(t, networks, handles.spread, (said, real), lesson);
        let nats = stage::divergence(t, found, &lesson.own.presence);
        let measured = second::Losses {
            reconstruction: squares / whole.numbers as f64,
            divergence: f64::from(t.value(nats)[0]) / whole.phrases as f64,
            sheet: None,
        };
        let nats = t.scale(nats, step.run.settings.second.divergence as f32);
        let own = t.add(error, nats);
        (t.scale(own, (step.settings.second / whole.numbers as f64) as f32), measured)
    }

    /// What the critic makes the generator lose, unweighed.
    fn opinion(
        &self,
        t: &mut Tape,
        played: &Listened,
        real: &Audition,
        rng: &mut impl Rng,
    ) -> Node {
        let Self { step, second, lesson, judge, .. } = *self;
        let networks = step.run.networks;
        let (critic, latent) = (&networks.critic, networks.dimensions.latent);
        let blur = Blur::draw(&second.scale, latent, &lesson.asked.presence, rng);
        let tokens = [lesson.asked.presence.len(), critic.features()];
        let harmony = [lesson.phrases() * BARS_PER_PHRASE, HARMONY];
        let blurred = t.constant(tokens[0], tokens[1], &blur.tokens);
        let played_tokens = t.add(played.tokens, blurred);
        let blurred = t.constant(harmony[0], harmony[1], &blur.harmony);
        let played_harmony = t.add(played.harmony, blurred);
        let asked = judged(&lesson.asked, &lesson.crossed);
        let score = critic.scores(t, judge, played_tokens, played_harmony, &asked);
        let real_tokens = t.constant(tokens[0], tokens[1], &real.tokens);
        let real_harmony = t.constant(harmony[0], harmony[1], &real.harmony);
        let own = judged(&lesson.own, &lesson.crossed);
        let real_score = critic.scores(t, judge, real_tokens, real_harmony, &own);
        let behind = t.sub(real_score, score);
        let loss = t.softplus(behind);
        let loss = t.sum(loss);
        t.scale(loss, 1.0 / step.whole.phrases as f32)
    }

    /// What keeps the decoder to real bars, weighed, and as the first phase would count it.
    fn faithfulness(&self, t: &mut Tape, tokens: Node) -> (Node, f64) {
        let Self { step, second, lesson, handles, decoder, .. } = *self;
        let codec = &step.run.networks.codec;
        let latents = second.scale.to_codec(t, tokens);
        let chords = codec.chords(t, handles.codec, &lesson.own.beats);
        let rhythm = codec.decode_rhythm(t, decoder, latents);
        let bars = lesson.bars.on(t);
        let pitch = codec.decode_pitch(t, decoder, latents, chords, bars.told);
        let weight = step.settings.codec as f32;
        let n = lesson.phrases();
        let mut weights = vec![0.0; lesson.own.presence.len()];
        for (token, presence) in lesson.own.presence.iter().enumerate() {
            let (phrase, rest) = (token / TOKENS, token % TOKENS);
            let (track, bar) = (rest / BARS_PER_PHRASE, rest % BARS_PER_PHRASE);
            let of_track = (step.bars[track].max(1) * Track::COUNT) as f32;
            weights[(track * n + phrase) * BARS_PER_PHRASE + bar] = presence * weight / of_track;
        }
        let settings = &step.run.settings.codec;
        let (loss, _) = faithful::loss(t, (rhythm, pitch), &lesson.bars, &weights, settings);
        (loss, f64::from(t.value(loss)[0]) / f64::from(weight).max(f64::MIN_POSITIVE))
    }
}

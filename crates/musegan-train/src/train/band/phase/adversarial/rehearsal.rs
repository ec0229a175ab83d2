//! The generator's side of a step, with encoder and decoder.
use super::super::super::audition::{Blur, both, judged, listened};
use super::super::super::faithful;
use super::super::super::stage::{self, Handles};
use super::super::super::state::Second;
use super::super::second;
use super::{Part, Step};
use musegan_model::band::critic::HARMONY;
use musegan_model::band::generator::{Given, NoiseNodes};
use musegan_model::tape::{Gradients, Network, Node, Tape};
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;

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

/// The losses of what is played, reconstructed and decoded.
pub(super) fn pass(
    part: &mut Part,
    step: &Step,
    second: &Second,
    (codec, critic): (&[f32], &[f32]),
) -> Pass {
    let mut rng = step.stream(part, 1);
    let Part { lesson, heard, rooms, .. } = part;
    let (networks, settings, whole) = (step.networks, step.settings, step.whole);
    let (n, latent) = (lesson.phrases(), networks.dimensions.latent);
    let mut tape = Tape::new(rooms);
    let t = &mut tape;
    let handles = Handles::on(t, second, codec);
    let learns = settings.decoder_learning_rate > 0.0;
    let (decoder, judge) = (t.network(codec, learns), t.network(critic, false));
    let tokens = stage::tokens(t, networks, handles.codec, (lesson, &second.scale));
    let found = stage::posterior(t, networks, handles.encoder, (tokens.blurred, &lesson.own));

    // What is found in the real phrases and what is drawn goes through the generator together.
    let noise = stage::drawn(t, &found, &lesson.found);
    let prior = lesson.noise.on(t, &networks.dimensions, n);
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
    let rows: Vec<u32> = (0..t.rows(made) as u32).collect();
    let (first, last) = rows.split_at(rows.len() / 2);
    let (said, made) = (t.gather(made, first), t.gather(made, last));

    let real = tokens.clear;
    let (error, squares) = stage::reconstruction(t, networks, handles.spread, (said, real), lesson);
    let nats = stage::divergence(t, &found, &lesson.own.presence);
    let mut measured = second::Losses {
        reconstruction: squares / whole.numbers as f64,
        divergence: f64::from(t.value(nats)[0]) / whole.phrases as f64,
        sheet: None,
    };
    let nats = t.scale(nats, step.config.second.divergence as f32);
    let own = t.add(error, nats);
    let mut losses = vec![t.scale(own, (settings.second / whole.numbers as f64) as f32)];

    let codec_networks = [handles.codec, decoder];
    let played = listened(t, networks, codec_networks, (made, &second.scale), lesson);
    let share = 1.0 / whole.phrases as f32;
    let blur = Blur::draw(&second.scale, latent, &lesson.asked.presence, &mut rng);
    let features = networks.critic.features();
    let rows = lesson.asked.presence.len();
    let blurred = t.constant(rows, features, &blur.tokens);
    let heard_tokens = t.add(played.tokens, blurred);
    let blurred = t.constant(n * BARS_PER_PHRASE, HARMONY, &blur.harmony);
    let heard_harmony = t.add(played.harmony, blurred);
    let asked = judged(&lesson.asked, &lesson.crossed);
    let score = networks.critic.scores(t, judge, heard_tokens, heard_harmony, &asked);
    let [written, _] = heard;
    let real_tokens = t.constant(rows, features, &written.tokens);
    let real_harmony = t.constant(n * BARS_PER_PHRASE, HARMONY, &written.harmony);
    let own = judged(&lesson.own, &lesson.crossed);
    let real_score = networks.critic.scores(t, judge, real_tokens, real_harmony, &own);
    let behind = t.sub(real_score, score);
    let loss = t.softplus(behind);
    let loss = t.sum(loss);
    let loss = t.scale(loss, share);
    let critic_loss = f64::from(t.value(loss)[0]);
    losses.push(t.scale(loss, settings.critic as f32));

    if settings.sheet > 0.0 {
        let scale = (step.book.scale(), whole);
        let (error, of_sheet) = stage::sheet_error(t, played.style, lesson, scale);
        measured.sheet = Some(of_sheet);
        losses.push(t.scale(error, settings.sheet as f32));
    }
    let [real, now] = step.clashes;
    if now > real && settings.clashes > 0.0 {
        let clashes = t.sum(played.clashes);
        losses.push(t.scale(clashes, share * (settings.clashes / CLASHES) as f32));
    }
    let mut of_codec = None;
    if learns && settings.codec > 0.0 {
        let (loss, nats) = faithful_loss(t, (step, second), codec_networks, lesson, tokens.blurred);
        losses.push(loss);
        of_codec = Some(nats);
    }
    let loss = losses.into_iter().reduce(|a, b| t.add(a, b)).unwrap_or(error);
    let value = f64::from(t.value(loss)[0]);
    Pass {
        gradients: tape.backward(loss),
        handles,
        decoder: learns.then_some(decoder),
        loss: value,
        critic: critic_loss,
        codec: of_codec,
        second: measured,
    }
}

/// What keeps the decoder to real bars, weighed, and as the first phase would count it.
fn faithful_loss(
    t: &mut Tape,
    (step, second): (&Step, &Second),
    [frozen, decoder]: [Network; 2],
    lesson: &super::super::super::lesson::Lesson,
    tokens: Node,
) -> (Node, f64) {
    let networks = step.networks;
    let latents = second.scale.to_codec(t, tokens);
    let chords = networks.codec.chords(t, frozen, &lesson.own.beats);
    let rhythm = networks.codec.decode_rhythm(t, decoder, latents);
    let bars = lesson.bars.on(t);
    let pitch = networks.codec.decode_pitch(t, decoder, latents, chords, bars.told);
    let weight = step.settings.codec as f32;
    let n = lesson.phrases();
    let mut weights = vec![0.0; lesson.own.presence.len()];
    for (token, presence) in lesson.own.presence.iter().enumerate() {
        let (phrase, rest) = (token / weights_of_phrase(), token % weights_of_phrase());
        let (track, bar) = (rest / BARS_PER_PHRASE, rest % BARS_PER_PHRASE);
        let of_track = (step.bars[track].max(1) * Track::COUNT) as f32;
        weights[(track * n + phrase) * BARS_PER_PHRASE + bar] = presence * weight / of_track;
    }
    let codec = &step.config.codec;
    let (loss, _) = faithful::loss(t, (rhythm, pitch), &lesson.bars, &weights, codec);
    (loss, f64::from(t.value(loss)[0]) / f64::from(weight).max(f64::MIN_POSITIVE))
}

/// Bars of a phrase, those of all tracks.
const fn weights_of_phrase() -> usize {
    Track::COUNT * BARS_PER_PHRASE
}

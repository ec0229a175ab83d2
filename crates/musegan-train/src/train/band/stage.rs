//! What the second and the third phase do with generator, encoder and decoder, and the losses that
//! both have: the second stage's own, and the error of what is played against its sheet.
use super::heard::played::{self, Played};
use super::heard::style::LIKE;
use super::lesson::Lesson;
use super::networks::Networks;
use super::state::Second;
use musegan_model::band::codec::{Gaussian, LatentScale};
use musegan_model::band::encoder::Posterior;
use musegan_model::band::generator::{Given, Noise, NoiseNodes};
use musegan_model::band::{Conditions, SheetScale};
use musegan_model::tape::{Network, Node, Tape};
use musegan_score::Track;
use musegan_score::grid::BARS_PER_PHRASE;

/// Between which the logarithm of the noise's variance is held.
const NOISE_LOG_VARIANCE: [f32; 2] = [-7.0, 1.0];
/// Errors against the sheet above so many deviations count by their size, below it by their square.
const SHEET_EDGE: f32 = 0.3;
/// A rhythm's and a pitch's.
pub const CODES: usize = 2;

/// The networks of the second stage on a tape.
#[derive(Clone, Copy, Debug)]
pub struct Handles {
    /// The generator.
    pub generator: Network,
    /// The encoder.
    pub encoder: Network,
    /// The logarithms of how far off each track's codes are.
    pub spread: Network,
    /// The codec as it is, without gradients.
    pub codec: Network,
}

/// What a batch's numbers are divided by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whole {
    /// Phrases of the batch.
    pub phrases: usize,
    /// Numbers of its latents that are to be reconstructed.
    pub numbers: usize,
}

/// The tokens of real phrases in the generator's units, `(phrases * 20, latent)`.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// What the codec says of them.
    pub clear: Node,
    /// The same with as much noise as the codec's own uncertainty.
    pub blurred: Node,
}

impl Handles {
    /// Puts the networks on a tape, to be trained.
    pub fn on<'w>(tape: &mut Tape<'w>, second: &'w Second, codec: &'w [f32]) -> Self {
        Self {
            generator: tape.network(&second.generator.weights, true),
            encoder: tape.network(&second.encoder.weights, true),
            spread: tape.network(&second.spread.weights, true),
            codec: tape.network(codec, false),
        }
    }
}

/// The distribution with the logarithm of its variance held between two numbers.
pub fn held(tape: &mut Tape, of: Gaussian, [low, high]: [f32; 2]) -> Gaussian {
    Gaussian { mean: of.mean, log_variance: tape.clamp(of.log_variance, low, high) }
}

/// The distribution's values at these standard normal numbers.
pub fn sampled(tape: &mut Tape, of: Gaussian, noise: &[f32]) -> Node {
    let (rows, columns) = (tape.rows(of.mean), tape.columns(of.mean));
    let deviation = tape.scale(of.log_variance, 0.5);
    let deviation = tape.exp(deviation);
    let noise = tape.constant(rows, columns, noise);
    let away = tape.mul(deviation, noise);
    tape.add(of.mean, away)
}

/// The divergence of each row from the standard normal distribution.
pub fn nats(tape: &mut Tape, of: Gaussian) -> Node {
    let square = tape.square(of.mean);
    let variance = tape.exp(of.log_variance);
    let sum = tape.add(square, variance);
    let sum = tape.sub(sum, of.log_variance);
    let sum = tape.offset(sum, -1.0);
    let sum = tape.sum_columns(sum);
    tape.scale(sum, 0.5)
}

/// The tokens of a lesson's phrases; 0 for bars in which a track is silent.
pub fn tokens(
    tape: &mut Tape,
    networks: &Networks,
    codec: Network,
    (lesson, scale): (&Lesson, &LatentScale),
) -> Tokens {
    let bars = lesson.bars.on(tape);
    let chords = networks.codec.chords(tape, codec, &lesson.own.beats);
    let found = networks.codec.encode(tape, codec, [bars.rhythms, bars.pitches], chords);
    let clear = scale.to_tokens(tape, found.mean);
    let presence = lesson.own.presence(tape);
    let clear = tape.mul(clear, presence);
    let latent = networks.dimensions.latent;
    let blur = lesson.blur.chunks_exact(latent).zip(&lesson.own.presence).enumerate();
    let blur = blur.flat_map(|(token, (numbers, presence))| {
        let track = token / BARS_PER_PHRASE % Track::COUNT;
        let noise = &scale.noise[track * latent..][..latent];
        numbers.iter().zip(noise).map(move |(number, noise)| number * noise * presence)
    });
    let blur: Vec<f32> = blur.collect();
    let blur = tape.constant(blur.len() / latent, latent, &blur);
    Tokens { clear, blurred: tape.add(clear, blur) }
}

/// The noise that the encoder finds behind tokens.
pub fn posterior(
    tape: &mut Tape,
    networks: &Networks,
    encoder: Network,
    (tokens, conditions): (Node, &Conditions),
) -> Posterior {
    let found = networks.encoder.noise(tape, encoder, tokens, conditions);
    let mut held = |part| held(tape, part, NOISE_LOG_VARIANCE);
    Posterior {
        phrase: held(found.phrase),
        bars: held(found.bars),
        tracks: held(found.tracks),
        cells: held(found.cells),
    }
}

/// Noise of these distributions.
pub fn drawn(tape: &mut Tape, of: &Posterior, noise: &Noise) -> NoiseNodes {
    NoiseNodes {
        phrase: sampled(tape, of.phrase, &noise.phrase),
        bars: sampled(tape, of.bars, &noise.bars),
        tracks: sampled(tape, of.tracks, &noise.tracks),
        cells: sampled(tape, of.cells, &noise.cells),
    }
}

/// The divergence of all noise: that of tracks and bars that are played.
pub fn divergence(tape: &mut Tape, of: &Posterior, presence: &[f32]) -> Node {
    let plays = presence.chunks_exact(BARS_PER_PHRASE);
    let plays: Vec<f32> = plays.map(|bars| bars.iter().copied().fold(0.0, f32::max)).collect();
    let mut sum = |part: Gaussian, mask: Option<&[f32]>| {
        let mut nats = nats(tape, part);
        if let Some(mask) = mask {
            let mask = tape.constant(mask.len(), 1, mask);
            nats = tape.mul(nats, mask);
        }
        tape.sum(nats)
    };
    let parts = [
        sum(of.phrase, None),
        sum(of.bars, None),
        sum(of.tracks, Some(&plays)),
        sum(of.cells, Some(presence)),
    ];
    parts.into_iter().reduce(|a, b| tape.add(a, b)).unwrap_or(parts[0])
}

/// The tracks that a lesson gives, if any.
#[must_use]
pub fn given<'a>(lesson: &'a Lesson, tokens: &Tokens) -> Option<Given<'a>> {
    let some = lesson.given.contains(&true);
    some.then_some(Given { latents: tokens.clear, tracks: &lesson.given })
}

/// Which of each token's codes the generator has to find itself, (token, code): of bars that play, of
/// tracks that are not given, and that do not repeat another.
#[must_use]
pub fn open(lesson: &Lesson) -> Vec<[f32; CODES]> {
    let tokens = lesson.own.presence.iter().zip(&lesson.own.sources).enumerate();
    tokens
        .map(|(token, (presence, sources))| {
            let is_given = lesson.given[token / BARS_PER_PHRASE];
            sources.map(|source| match usize::from(source) == token % BARS_PER_PHRASE {
                true if !is_given => *presence,
                _ => 0.0,
            })
        })
        .collect()
}

/// Numbers that are to be reconstructed.
#[must_use]
pub fn numbers(lesson: &Lesson, networks: &Networks) -> usize {
    let dimensions = &networks.dimensions;
    let sizes = [dimensions.rhythm_code().len(), dimensions.pitch_code().len()];
    let open = open(lesson).into_iter();
    open.map(|codes| codes[0] as usize * sizes[0] + codes[1] as usize * sizes[1]).sum()
}

/// The negative logarithm of the likelihood of the tokens, given what was said of them; and the sum of
/// their squared errors.
pub fn reconstruction(
    tape: &mut Tape,
    networks: &Networks,
    spread: Network,
    (said, real): (Node, Node),
    lesson: &Lesson,
) -> (Node, f64) {
    let dimensions = &networks.dimensions;
    let open = open(lesson);
    let errors = tape.sub(said, real);
    let errors = tape.square(errors);
    let spreads = tape.parameter(spread, 0..Track::COUNT * CODES, Track::COUNT, CODES);
    let tracks: Vec<u32> =
        (0..open.len()).map(|token| (token / BARS_PER_PHRASE % Track::COUNT) as u32).collect();
    let spreads = tape.gather(spreads, &tracks);
    let mut loss = None;
    let mut squares = 0.0;
    for (code, columns) in
        [dimensions.rhythm_code(), dimensions.pitch_code()].into_iter().enumerate()
    {
        let size = columns.len() as f32;
        let open: Vec<f32> = open.iter().map(|codes| codes[code]).collect();
        let open = tape.constant(open.len(), 1, &open);
        let error = tape.columns_of(errors, columns);
        let error = tape.sum_columns(error);
        let error = tape.mul(error, open);
        squares += tape.value(error).iter().map(|x| f64::from(*x)).sum::<f64>();
        let spread = tape.columns_of(spreads, code..code + 1);
        let precision = tape.scale(spread, -2.0);
        let precision = tape.exp(precision);
        let error = tape.mul(error, precision);
        let error = tape.scale(error, 0.5);
        let spread = tape.mul(spread, open);
        let spread = tape.scale(spread, size);
        let term = tape.add(error, spread);
        let term = tape.sum(term);
        loss = Some(match loss {
            Some(loss) => tape.add(loss, term),
            None => term,
        });
    }
    (loss.unwrap_or(errors), squares)
}

/// Plays tokens: through the decoders, by the rules of playing.
pub fn performance(
    tape: &mut Tape,
    networks: &Networks,
    [frozen, decoder]: [Network; 2],
    (tokens, scale): (Node, &LatentScale),
    (lesson, conditions): (&Lesson, &Conditions),
) -> Played {
    let latents = scale.to_codec(tape, tokens);
    let chords = networks.codec.chords(tape, frozen, &conditions.beats);
    let rhythm = networks.codec.decode_rhythm(tape, decoder, latents);
    let told = played::tell(tape, rhythm, &conditions.presence);
    let pitch = networks.codec.decode_pitch(tape, decoder, latents, chords, told);
    played::play(tape, (rhythm, pitch), &conditions.presence, &lesson.harmonies)
}

/// The error of what is played against the sheets that were asked for, a mean over phrases and
/// measures of the sum over tracks; and of each measure its mean error where it is looked at.
pub fn sheet_error(
    tape: &mut Tape,
    style: Node,
    lesson: &Lesson,
    (scale, whole): (&SheetScale, Whole),
) -> (Node, [f64; LIKE]) {
    let (mut asked, mut inverse) = (Vec::new(), Vec::new());
    for (phrase, sheet) in lesson.sheets.iter().enumerate() {
        for track in Track::ALL {
            let t = track.index();
            let looked_at = sheet.sounds(track) && !lesson.given[phrase * Track::COUNT + t];
            for measure in 0..LIKE {
                asked.push(sheet.measures[t][measure]);
                let deviation = scale.deviation[t][measure];
                inverse.push(if looked_at { deviation.recip() } else { 0.0 });
            }
        }
    }
    let rows = lesson.phrases() * Track::COUNT;
    let asked = tape.constant(rows, LIKE, &asked);
    let inverse = tape.constant(rows, LIKE, &inverse);
    let error = tape.sub(style, asked);
    let error = tape.mul(error, inverse);
    let error = tape.huber(error, SHEET_EDGE);
    let mut measured = [0.0; LIKE];
    for row in tape.value(error).chunks_exact(LIKE) {
        for (sum, error) in measured.iter_mut().zip(row) {
            *sum += f64::from(*error) / (whole.phrases * Track::COUNT) as f64;
        }
    }
    let sum = tape.sum(error);
    (tape.scale(sum, 1.0 / (whole.phrases * LIKE) as f32), measured)
}

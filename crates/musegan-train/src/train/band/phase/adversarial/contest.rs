//! The critic's side of a step.
use super::super::super::audition::{Blur, both, judged};
use super::{Part, Step, halves};
use musegan_model::band::Conditions;
use musegan_model::band::codec::LatentScale;
use musegan_model::band::critic::HARMONY;
use musegan_model::tape::{Gradients, Network, Node, Tape};

/// What came of a part of the batch.
pub(super) struct Pass {
    pub gradients: Gradients,
    pub network: Network,
    pub critic: f64,
    pub gap: f64,
    pub penalty: Option<f64>,
}

/// The critic's loss on real and played phrases, and every so many steps its penalty.
pub(super) fn pass(part: &mut Part, step: &Step, weights: &[f32], scale: &LatentScale) -> Pass {
    let mut rng = step.stream(part, 0);
    let Part { lesson, heard, rooms, .. } = part;
    let latent = step.run.networks.dimensions.latent;
    let conditions =
        both(&judged(&lesson.own, &lesson.crossed), &judged(&lesson.asked, &lesson.crossed));
    let blur = Blur::draw(scale, latent, &conditions.presence, &mut rng);
    let [real, played] = heard;
    let tokens = sum([&real.tokens, &played.tokens], &blur.tokens);
    let harmony = sum([&real.harmony, &played.harmony], &blur.harmony);
    let mut tape = Tape::new(rooms);
    let t = &mut tape;
    let network = t.network(weights, true);
    let listened = (&tokens[..], &harmony[..]);
    let scores = scores(t, step, network, listened, &conditions);
    let share = 1.0 / step.whole.phrases as f32;
    let [real, played] = halves(t, scores);
    let behind = t.sub(played, real);
    let gap = -t.value(behind).iter().map(|x| f64::from(*x)).sum::<f64>() * f64::from(share);
    let loss = t.softplus(behind);
    let loss = t.sum(loss);
    let mut loss = t.scale(loss, share);
    let critic = f64::from(t.value(loss)[0]);
    let mut penalty = None;
    let settings = step.settings;
    if step.within.is_multiple_of(settings.penalty_every) && settings.penalty > 0.0 {
        let reach = settings.penalty_reach as f32;
        let beside = Blur::even(reach, latent, &conditions.presence, &mut rng);
        let tokens = sum([&tokens, &[]], &beside.tokens);
        let harmony = sum([&harmony, &[]], &beside.harmony);
        let beside = self::scores(t, step, network, (&tokens, &harmony), &conditions);
        let slope = t.sub(scores, beside);
        let slope = t.scale(slope, reach.recip());
        let slope = t.square(slope);
        let slope = t.sum(slope);
        let slope = t.scale(slope, share);
        penalty = Some(f64::from(t.value(slope)[0]));
        let slope = t.scale(slope, settings.penalty as f32);
        loss = t.add(loss, slope);
    }
    Pass { gradients: tape.backward(loss), network, critic, gap, penalty }
}

fn scores(
    tape: &mut Tape,
    step: &Step,
    network: Network,
    (tokens, harmony): (&[f32], &[f32]),
    conditions: &Conditions,
) -> Node {
    let critic = &step.run.networks.critic;
    let columns = critic.features();
    let tokens = tape.constant(tokens.len() / columns, columns, tokens);
    let harmony = tape.constant(harmony.len() / HARMONY, HARMONY, harmony);
    critic.scores(tape, network, tokens, harmony, conditions)
}

/// One vector after the other, and noise on both.
fn sum(parts: [&[f32]; 2], noise: &[f32]) -> Vec<f32> {
    let numbers = parts.into_iter().flatten();
    numbers.zip(noise).map(|(number, noise)| number + noise).collect()
}

//! The critic's other forms, and what a batch's spread and its features add to a loss, against the
//! plain formulation in double precision, which candle differentiates, twice where needed.
#![allow(clippy::unwrap_used)]
use candle_core::{DType, Device, Tensor, Var};
use musegan_model::trainable::critic::{FEATURES, Flow, Form, Tape, Want};
use musegan_model::trainable::{Critic, Layout, Spread, cells, plain};
use musegan_score::Track;
use musegan_score::roll::{CELLS, PITCHES, TRACK_CELLS};
use std::collections::HashMap;

#[path = "fixture/drawn.rs"]
mod drawn;
use drawn::{noise, weights};

const SAMPLES: usize = 3;
const FORMS: [Form; 4] = [
    Form { layer_norm: true, spread: false },
    Form { layer_norm: true, spread: true },
    Form { layer_norm: false, spread: false },
    Form { layer_norm: false, spread: true },
];

/// A critic in training with a batch, and the same as candle has them.
struct Case {
    critic: Critic,
    form: Form,
    weights: Vec<f32>,
    rolls: Tensor,
    batch: Vec<f32>,
    variables: HashMap<String, Var>,
}

impl Case {
    fn new(form: Form, key: u64) -> Self {
        let critic = Critic::of(form);
        let weights = weights(critic.layout());
        let rolls: Vec<f32> = noise(key, SAMPLES * CELLS).iter().map(|x| x.max(0.0)).collect();
        let mut batch = vec![0.0; rolls.len()];
        for (sample, roll) in rolls.chunks_exact(CELLS).enumerate() {
            cells::write_roll(roll, &mut batch, sample, SAMPLES);
        }
        let rolls = double(&rolls, &[SAMPLES, 5, 64, PITCHES]);
        let variables = plain::variables(critic.layout(), &weights, DType::F64).unwrap();
        Self { critic, form, weights, rolls, batch, variables }
    }

    fn cells(&self) -> [&[f32]; Track::COUNT] {
        tracks(&self.batch)
    }

    /// The weight of the spread, or 0.
    fn spread_weight(&self) -> f32 {
        self.critic.spread_weight().map_or(0.0, |place| self.weights[place])
    }

    fn plain_features(&self) -> Tensor {
        let weights = plain::tensors(&self.variables);
        plain::features(&weights, &self.rolls, self.form.layer_norm).unwrap()
    }

    /// Compares a gradient of the weights with that of a loss.
    fn assert_gradient(&self, ours: &[f32], loss: &Tensor) {
        assert_agree(self.critic.layout(), ours, &gradient(self, loss), 2e-5);
    }
}

fn tracks(batch: &[f32]) -> [&[f32]; Track::COUNT] {
    std::array::from_fn(|t| &batch[t * SAMPLES * TRACK_CELLS..][..SAMPLES * TRACK_CELLS])
}

fn double(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape, &Device::Cpu).unwrap().to_dtype(DType::F64).unwrap()
}

fn gradient(case: &Case, loss: &Tensor) -> Vec<f32> {
    let gradients = loss.backward().unwrap();
    let find = |name: &str| {
        let variable = &case.variables[name];
        let single = |g: &Tensor| g.flatten_all().unwrap().to_dtype(DType::F32).unwrap();
        let values = match gradients.get(variable) {
            Some(g) => single(g).to_vec1().unwrap(),
            None => vec![0.0; variable.elem_count()],
        };
        Some((variable.dims().to_vec(), values.into()))
    };
    case.critic.layout().flat(find).unwrap()
}

/// Every tensor agrees within `tolerance`, relative to the tensor's largest element, or to a
/// hundredth of the largest of all: tensors that hardly matter are what rounding leaves.
fn assert_agree(layout: &Layout, ours: &[f32], theirs: &[f32], tolerance: f32) {
    let most = theirs.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    assert!(most > 1e-2, "the reference has a gradient");
    for p in layout.parameters() {
        let (a, b) = (&ours[p.range.clone()], &theirs[p.range.clone()]);
        let largest = b.iter().fold(1e-2 * most, |m, x| m.max(x.abs()));
        let worst = a.iter().zip(b).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(worst <= tolerance * largest, "{}: off by {worst} of {largest}, {most}", p.name);
    }
}

#[test]
fn every_form_of_critic_scores_and_differentiates_like_the_plain_formulation() {
    for form in FORMS {
        let case = Case::new(form, 2);
        let Case { critic, weights, .. } = &case;
        let (mut tape, mut flow) = (Tape::new(SAMPLES), Flow::new(SAMPLES));
        let d_scores = [1.0, -0.5, 0.25];
        // Something that the features are drawn to, as feature matching does.
        let pull = noise(7, SAMPLES * FEATURES);
        critic.forward(weights, case.cells(), &mut tape);
        let spread = Spread::of([tape.features()].into_iter());
        let mut ours = vec![0.0; weights.len()];
        let mut d_features = pull.clone();
        let through_spread = d_scores.iter().sum::<f32>() * case.spread_weight();
        spread.backward(tape.features(), through_spread, &mut d_features);
        let at = (&d_scores[..], Some(&d_features[..]));
        critic.backward(weights, case.cells(), &tape, at, &mut flow, Want::Weights(&mut ours));
        if let Some(place) = critic.spread_weight() {
            ours[place] += d_scores.iter().sum::<f32>() * spread.value;
        }

        let features = case.plain_features();
        let scores = plain::scores(&plain::tensors(&case.variables), &features).unwrap();
        let theirs: Vec<f64> = scores.to_vec1().unwrap();
        for (ours, theirs) in tape.scores().iter().zip(theirs) {
            let ours = f64::from(ours + case.spread_weight() * spread.value);
            assert!((ours - theirs).abs() < 1e-5 * theirs.abs().max(1.0), "{ours} is not {theirs}");
        }
        let loss = (scores * double(&d_scores, &[SAMPLES])).unwrap().sum_all().unwrap();
        let pulled = (features * double(&pull, &[SAMPLES, FEATURES])).unwrap().sum_all().unwrap();
        case.assert_gradient(&ours, &(loss + pulled).unwrap());
    }
}

/// The squares of the gradient at the input, whose own gradient takes second derivatives, through the
/// spread too.
#[test]
fn the_gradient_of_squared_gradients_by_tangents_is_that_of_the_double_backward_pass() {
    // SAFETY: nothing in this process reads the environment except through Rust's own lock.
    unsafe { std::env::set_var(plain::DO_NOT_DETACH, "1") };
    for form in FORMS {
        let case = Case::new(form, 3);
        let (ours, squares) = by_tangents(&case);
        let weights = plain::tensors(&case.variables);
        let norms = plain::squared_norms(&weights, &case.rolls, form.layer_norm).unwrap();
        let norms = norms.sum_all().unwrap();
        let expected: f64 = norms.to_scalar().unwrap();
        assert!((squares - expected).abs() < 1e-4 * expected, "{squares} is not {expected}");
        // In units of itself, as it is tiny without layer norm.
        case.assert_gradient(&ours, &(norms / (2.0 * squares)).unwrap());
    }
}

/// The gradient in the weights of half the squares in units of the squares, and the squares.
fn by_tangents(case: &Case) -> (Vec<f32>, f64) {
    let Case { critic, weights, .. } = case;
    let (mut flow, mut flow_t) = (Flow::new(SAMPLES), Flow::new(SAMPLES));
    let (mut tape, mut tangents) = (Tape::new(SAMPLES), Tape::new(SAMPLES));
    let mut direction = std::array::from_fn(|_| vec![0.0; SAMPLES * TRACK_CELLS]);
    let x = case.cells();
    critic.forward(weights, x, &mut tape);
    let spread = Spread::of([tape.features()].into_iter());
    let mut d_features = vec![0.0; SAMPLES * FEATURES];
    let through_spread = SAMPLES as f32 * case.spread_weight();
    spread.backward(tape.features(), through_spread, &mut d_features);
    let at = (&[1.0; SAMPLES][..], Some(&d_features[..]));
    critic.backward(weights, x, &tape, at, &mut flow, Want::Cells(&mut direction));
    let squares = direction.iter().flatten().map(|d| f64::from(*d).powi(2)).sum::<f64>();
    let v = std::array::from_fn(|t| &direction[t][..]);
    critic.tangent(weights, v, &tape, &mut tangents);
    let features = (tape.features(), tangents.features());
    let spread_t = spread.tangent([features].into_iter());
    let mut d = [(); 2].map(|()| vec![0.0; SAMPLES * FEATURES]);
    let share = (1.0 / squares) as f32;
    let [to, to_tangents] = &mut d;
    spread.backward_tangent(&spread_t, features, share * through_spread, [to, to_tangents]);
    let mut ours = vec![0.0; weights.len()];
    let at = (&[share; SAMPLES][..], Some([&d[0][..], &d[1][..]]));
    let flows = (&mut flow, &mut flow_t);
    critic.backward_tangent(weights, (x, v), (&tape, &tangents), at, flows, &mut ours);
    if let Some(place) = critic.spread_weight() {
        ours[place] += share * SAMPLES as f32 * spread_t.value;
    }
    (ours, squares)
}

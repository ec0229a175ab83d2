//! The explicit passes of training against the plain formulation in double precision, which candle
//! differentiates, twice where needed.
#![allow(clippy::unwrap_used)]
use candle_core::{DType, Device, Tensor, Var};
use musegan_model::trainable::critic::{Flow, Tape, Want};
use musegan_model::trainable::generator::{LATENT, SharedTape, TrackTape};
use musegan_model::trainable::{Critic, Generator, Layout, cells, plain};
use musegan_score::Track;
use musegan_score::roll::{CELLS, PITCHES, TRACK_CELLS};
use std::collections::HashMap;

#[path = "fixture/drawn.rs"]
mod drawn;
use drawn::{noise, weights};

const SAMPLES: usize = 3;

/// Rolls `(SAMPLES, 5, 64, 72)` and the same in the order of training.
fn rolls(key: u64) -> (Vec<f32>, Vec<f32>) {
    let rolls: Vec<f32> = noise(key, SAMPLES * CELLS).iter().map(|x| x.max(0.0)).collect();
    let mut batch = vec![0.0; rolls.len()];
    for (sample, roll) in rolls.chunks_exact(CELLS).enumerate() {
        cells::write_roll(roll, &mut batch, sample, SAMPLES);
    }
    (rolls, batch)
}

fn tracks(batch: &[f32]) -> [&[f32]; Track::COUNT] {
    std::array::from_fn(|t| &batch[t * SAMPLES * TRACK_CELLS..][..SAMPLES * TRACK_CELLS])
}

fn double(values: &[f32], shape: &[usize]) -> Tensor {
    let tensor = Tensor::from_slice(values, shape, &Device::Cpu).unwrap();
    tensor.to_dtype(DType::F64).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The variables' gradients of a loss, as one flat vector of the layout.
fn gradient(layout: &Layout, variables: &HashMap<String, Var>, loss: &Tensor) -> Vec<f32> {
    let gradients = loss.backward().unwrap();
    let find = |name: &str| {
        let variable = &variables[name];
        let single = |g: &Tensor| g.flatten_all().unwrap().to_dtype(DType::F32).unwrap();
        let values = match gradients.get(variable) {
            Some(g) => single(g).to_vec1().unwrap(),
            None => vec![0.0; variable.elem_count()],
        };
        Some((variable.dims().to_vec(), values.into()))
    };
    layout.flat(find).unwrap()
}

/// Every tensor of the layout agrees within `tolerance`, relative to the tensor's largest element.
fn assert_agree(layout: &Layout, ours: &[f32], theirs: &[f32], tolerance: f32) {
    for p in layout.parameters() {
        let (a, b) = (&ours[p.range.clone()], &theirs[p.range.clone()]);
        let largest = b.iter().fold(1e-3f32, |m, x| m.max(x.abs()));
        let worst = a.iter().zip(b).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(worst <= tolerance * largest, "{}: off by {worst} of {largest}", p.name);
    }
}

#[test]
fn the_critic_scores_and_differentiates_like_the_plain_formulation() {
    let critic = Critic::new();
    let weights = weights(critic.layout());
    let (rolls, batch) = rolls(2);
    let (mut tape, mut flow) = (Tape::new(SAMPLES), Flow::new(SAMPLES));
    let d_scores = [1.0, -0.5, 0.25];
    let mut ours = vec![0.0; weights.len()];
    let mut d_cells = std::array::from_fn(|_| vec![0.0; SAMPLES * TRACK_CELLS]);
    critic.forward(&weights, tracks(&batch), &mut tape);
    critic.backward(
        &weights,
        tracks(&batch),
        &tape,
        (&d_scores, None),
        &mut flow,
        Want::Weights(&mut ours),
    );
    critic.backward(
        &weights,
        tracks(&batch),
        &tape,
        (&d_scores, None),
        &mut flow,
        Want::Cells(&mut d_cells),
    );

    let variables = plain::variables(critic.layout(), &weights, DType::F64).unwrap();
    let x = Var::from_tensor(&double(&rolls, &[SAMPLES, 5, 64, PITCHES])).unwrap();
    let scores = plain::critic(&plain::tensors(&variables), &x).unwrap();
    for (a, b) in tape.scores().iter().zip(numbers(&scores)) {
        assert!((f64::from(*a) - b).abs() < 1e-5, "{a} is not {b}");
    }
    let loss = (scores * double(&d_scores, &[SAMPLES])).unwrap().sum_all().unwrap();
    let theirs = gradient(critic.layout(), &variables, &loss);
    assert_agree(critic.layout(), &ours, &theirs, 1e-5);

    let at_input = numbers(loss.backward().unwrap().get(&x).unwrap());
    let ours = d_cells.concat();
    for sample in 0..SAMPLES {
        let ours = cells::read_roll(&ours, sample, SAMPLES);
        for (a, b) in ours.iter().zip(&at_input[sample * CELLS..]) {
            assert!((f64::from(*a) - b).abs() < 1e-6, "{a} is not {b}");
        }
    }
}

#[test]
fn the_penalty_by_tangents_has_the_gradient_of_the_double_backward_pass() {
    // SAFETY: nothing in this process reads the environment except through Rust's own lock.
    unsafe { std::env::set_var(plain::DO_NOT_DETACH, "1") };
    let critic = Critic::new();
    let weights = weights(critic.layout());
    let (rolls, batch) = rolls(3);
    let (mut flow, mut flow_t) = (Flow::new(SAMPLES), Flow::new(SAMPLES));
    let (mut tape, mut tangents) = (Tape::new(SAMPLES), Tape::new(SAMPLES));
    let mut direction = std::array::from_fn(|_| vec![0.0; SAMPLES * TRACK_CELLS]);
    let x = tracks(&batch);
    critic.forward(&weights, x, &mut tape);
    critic.backward(
        &weights,
        x,
        &tape,
        (&[1.0; SAMPLES], None),
        &mut flow,
        Want::Cells(&mut direction),
    );
    let mut d = [0.0; SAMPLES];
    for (sample, d) in d.iter_mut().enumerate() {
        let own = sample * TRACK_CELLS..(sample + 1) * TRACK_CELLS;
        let squares = direction.iter().flat_map(|t| &t[own.clone()]).map(|x| x * x);
        let norm = squares.sum::<f32>().sqrt();
        direction.iter_mut().flat_map(|t| &mut t[own.clone()]).for_each(|x| *x /= norm);
        *d = 2.0 * (norm - 1.0) / SAMPLES as f32;
    }
    let v = std::array::from_fn(|t| &direction[t][..]);
    let mut ours = vec![0.0; weights.len()];
    critic.tangent(&weights, v, &tape, &mut tangents);
    let flows = (&mut flow, &mut flow_t);
    critic.backward_tangent(&weights, (x, v), (&tape, &tangents), (&d, None), flows, &mut ours);

    let variables = plain::variables(critic.layout(), &weights, DType::F64).unwrap();
    let x = double(&rolls, &[SAMPLES, 5, 64, PITCHES]);
    let penalty = plain::penalty(&plain::tensors(&variables), &x).unwrap();
    let theirs = gradient(critic.layout(), &variables, &penalty);
    assert!(theirs.iter().any(|g| g.abs() > 1e-2), "the reference has a gradient");
    assert_agree(critic.layout(), &ours, &theirs, 1e-5);
}

#[test]
fn the_generator_differentiates_like_the_plain_formulation() {
    let generator = Generator::new();
    let weights = weights(generator.layout());
    let latents: Vec<f32> = noise(4, SAMPLES * LATENT).iter().map(|x| 1.7 * x).collect();
    let (d_rolls, d_batch) = rolls(5);
    let mut shared = SharedTape::new(SAMPLES);
    let mut tapes: Vec<TrackTape> = (0..5).map(|_| TrackTape::new(SAMPLES)).collect();
    let mut ours = vec![0.0; weights.len()];
    generator.forward_shared(&weights, &latents, &mut shared);
    let (shared_gradient, track_gradients) = generator.split(&mut ours);
    for (((track, tape), gradient), d) in
        Track::ALL.into_iter().zip(&mut tapes).zip(track_gradients).zip(tracks(&d_batch))
    {
        generator.forward_track(track, &weights, &shared, tape);
        generator.backward_track(track, &weights, &shared, tape, d, gradient);
    }
    generator.backward_shared(&weights, &latents, &mut shared, &tapes, shared_gradient);

    let variables = plain::variables(generator.layout(), &weights, DType::F64).unwrap();
    let z = double(&latents, &[SAMPLES, LATENT]);
    let rolls = plain::generator(&plain::tensors(&variables), &z).unwrap();
    let batch: Vec<f32> = tapes.iter().flat_map(TrackTape::cells).copied().collect();
    let theirs = numbers(&rolls);
    for sample in 0..SAMPLES {
        let ours = cells::read_roll(&batch, sample, SAMPLES);
        for (a, b) in ours.iter().zip(&theirs[sample * CELLS..]) {
            assert!((f64::from(*a) - b).abs() < 1e-4, "{a} is not {b}");
        }
    }
    let loss = (rolls * double(&d_rolls, &[SAMPLES, 5, 64, PITCHES])).unwrap().sum_all().unwrap();
    let theirs = gradient(generator.layout(), &variables, &loss);
    assert_agree(generator.layout(), &ours, &theirs, 2e-5);
}

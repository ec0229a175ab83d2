//! The proof, before a run begins, that gradients are right on this machine. Runs on the thread
//! that starts training.
//!
//! Candle's second derivatives are silently wrong unless an environment variable is set before a
//! thread first goes backward. They are the reference for the gradient penalty: first a known
//! second derivative is asserted, then the penalty's gradient by tangents, which training uses, is
//! held against the one by candle's double backward pass.
#![allow(unsafe_code)]
use super::error::TrainError;
use super::random::{self, Purpose};
use candle_core::{DType, Device, Tensor, Var};
use musegan_model::trainable::critic::{Flow, Form, Tape, Want};
use musegan_model::trainable::{Critic, cells, plain};
use musegan_score::Track;
use musegan_score::roll::{CELLS, PITCHES, TRACK_CELLS};
use rand::Rng;

/// Largest difference of the two gradients, relative to their length.
const TOLERANCE: f64 = 1e-4;

/// Turns candle's second derivatives on for threads that are started from here on.
///
/// # Safety
/// It sets an environment variable: no other thread may run yet.
pub unsafe fn enable() {
    // SAFETY: the caller promises that there is no other thread.
    unsafe { std::env::set_var(plain::DO_NOT_DETACH, "1") };
}

/// Proves the derivatives of a critic of this form with these weights; of what it hears of the
/// batch, a phrase alone says nothing.
///
/// # Errors
/// [`TrainError::Derivatives`] saying what was expected and what was found.
pub fn prove(form: Form, weights: &[f32]) -> Result<(), TrainError> {
    let norm = form.layer_norm;
    let critic = &Critic::of(Form { spread: false, ..form });
    let weights = &weights[..critic.layout().len()];
    let candle = |e: candle_core::Error| TrainError::Derivatives(e.to_string());
    let second = second_derivative_of_cube(2.0).map_err(candle)?;
    if (second - 12.0).abs() > 1e-9 {
        return Err(TrainError::Derivatives(format!(
            "the second derivative of x³ at 2 came out as {second} instead of 12; the environment \
             variable {} must be set before any thread starts",
            plain::DO_NOT_DETACH
        )));
    }
    let mut rng = random::generator(0, 0, Purpose::Mix, u32::MAX);
    let roll: Vec<f32> = (0..CELLS).map(|_| rng.random::<f32>().powi(8)).collect();
    let expected = by_double_backward(critic, norm, weights, &roll).map_err(candle)?;
    let found = by_tangents(critic, weights, &roll);
    let length = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    let scale = length(&mut expected.iter().map(|&x| f64::from(x)));
    let pairs = expected.iter().zip(&found);
    let difference = length(&mut pairs.map(|(a, b)| f64::from(a - b))) / scale.max(1e-12);
    // Written so that NaN fails too.
    if difference <= TOLERANCE {
        return Ok(());
    }
    Err(TrainError::Derivatives(format!(
        "its gradient by tangents differs from the one by double backward by {difference:.1e} \
         (at most {TOLERANCE:.0e} is rounding)"
    )))
}

fn second_derivative_of_cube(at: f64) -> candle_core::Result<f64> {
    let none = || candle_core::Error::Msg("x³ has no derivative here".to_owned());
    let x = Var::new(at, &Device::Cpu)?;
    let cube = x.mul(&x)?.mul(&x)?;
    let first = cube.backward()?.get(&x).ok_or_else(none)?.clone();
    let second = first.backward()?;
    // Without the switch the first derivative is cut off from x.
    second.get(&x).map_or(Ok(0.0), Tensor::to_scalar)
}

fn by_double_backward(
    critic: &Critic,
    layer_norm: bool,
    weights: &[f32],
    roll: &[f32],
) -> candle_core::Result<Vec<f32>> {
    let variables = plain::variables(critic.layout(), weights, DType::F64)?;
    let shape = (1, Track::COUNT, TRACK_CELLS / PITCHES, PITCHES);
    let roll = Tensor::from_slice(roll, shape, &Device::Cpu)?.to_dtype(DType::F64)?;
    let norms = plain::squared_norms(&plain::tensors(&variables), &roll, layer_norm)?;
    let gradients = (norms.sqrt()? - 1.0)?.sqr()?.mean_all()?.backward()?;
    let find = |name: &str| {
        let variable = variables.get(name)?;
        let values = match gradients.get(variable) {
            Some(g) => g.flatten_all().ok()?.to_dtype(DType::F32).ok()?.to_vec1().ok()?,
            // The last bias has no part in the gradient at the input.
            None => vec![0.0; variable.elem_count()],
        };
        Some((variable.dims().to_vec(), values.into()))
    };
    critic.layout().flat(find).map_err(candle_core::Error::wrap)
}

fn by_tangents(critic: &Critic, weights: &[f32], roll: &[f32]) -> Vec<f32> {
    let mut batch = vec![0.0; CELLS];
    cells::write_roll(roll, &mut batch, 0, 1);
    let x = std::array::from_fn(|t| &batch[t * TRACK_CELLS..][..TRACK_CELLS]);
    let (mut tape, mut tangents) = (Tape::new(1), Tape::new(1));
    let (mut flow, mut flow_t) = (Flow::new(1), Flow::new(1));
    let mut direction: [Vec<f32>; Track::COUNT] = std::array::from_fn(|_| vec![0.0; TRACK_CELLS]);
    critic.forward(weights, x, &mut tape);
    critic.backward(weights, x, &tape, (&[1.0], None), &mut flow, Want::Cells(&mut direction));
    let norm = direction.iter().flatten().map(|d| d * d).sum::<f32>().sqrt();
    direction.iter_mut().flatten().for_each(|d| *d /= norm);
    let v = direction.each_ref().map(|track| &track[..]);
    let mut gradient = vec![0.0; weights.len()];
    critic.tangent(weights, v, &tape, &mut tangents);
    let flows = (&mut flow, &mut flow_t);
    let d = [2.0 * (norm - 1.0)];
    critic.backward_tangent(weights, (x, v), (&tape, &tangents), (&d, None), flows, &mut gradient);
    gradient
}

//! The plain formulation of both networks scores and differentiates as PyTorch does; training's
//! explicit passes are held against it in turn.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor, Var};
use musegan_model::import;
use musegan_model::trainable::plain;
use serde_json::Value;

#[path = "fixture/read.rs"]
mod fixture;

/// What PyTorch found, in double precision.
fn theirs() -> Value {
    serde_json::from_slice(&std::fs::read(fixture::path("critic.json")).unwrap()).unwrap()
}

fn variables(file: &str) -> HashMap<String, Var> {
    let tensors = import::state_dict(&fixture::path(file)).unwrap();
    let variable = |(name, tensor): (String, musegan_model::weights::Parameter)| {
        let double = double(&tensor.values, &tensor.shape);
        (name, Var::from_tensor(&double).unwrap())
    };
    tensors.into_iter().map(variable).collect()
}

fn double(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape, &Device::Cpu).unwrap().to_dtype(DType::F64).unwrap()
}

fn rolls() -> Tensor {
    double(&fixture::critic_input(), &[4, 5, 64, 72])
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn assert_close(what: &str, ours: f64, theirs: &Value) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() <= 1e-9 + 1e-6 * theirs.abs(), "{what}: {ours}, not {theirs}");
}

fn assert_all_close(what: &str, ours: impl IntoIterator<Item = f64>, theirs: &Value) {
    let ours: Vec<f64> = ours.into_iter().collect();
    let theirs = theirs.as_array().unwrap();
    assert_eq!(ours.len(), theirs.len(), "{what}");
    ours.iter().zip(theirs).for_each(|(a, b)| assert_close(what, *a, b));
}

/// Every variable's gradient of the loss is as long as PyTorch's.
fn assert_gradient_norms(variables: &HashMap<String, Var>, loss: &Tensor, theirs: &Value) {
    let gradients = loss.backward().unwrap();
    for (name, expected) in theirs.as_object().unwrap() {
        let ours = gradients.get(&variables[name]).map_or(0.0, |g| norm(&numbers(g)));
        assert_close(name, ours, expected);
    }
}

#[test]
fn the_critic_scores_as_pytorchs_does() {
    let variables = variables("critic.pth");
    let scores = plain::critic(&plain::tensors(&variables), &rolls()).unwrap();
    assert_all_close("scores", numbers(&scores), &theirs()["scores"]);
    let mean = scores.mean_all().unwrap();
    assert_gradient_norms(&variables, &mean, &theirs()["mean_score_gradient_norms"]);
}

#[test]
fn the_critics_gradient_at_its_input_is_pytorchs() {
    let variables = variables("critic.pth");
    let x = Var::from_tensor(&rolls()).unwrap();
    let scores = plain::critic(&plain::tensors(&variables), &x).unwrap();
    let gradients = scores.sum_all().unwrap().backward().unwrap();
    let gradient = numbers(gradients.get(&x).unwrap());
    let theirs = theirs();
    let norms = gradient.chunks(5 * 64 * 72).map(norm);
    assert_all_close("norms", norms, &theirs["input_gradient_norms"]);
    let some = gradient.iter().step_by(997).copied();
    assert_all_close("cells", some, &theirs["input_gradient_every_997th"]);
}

#[test]
fn the_penalty_and_its_second_derivatives_are_pytorchs() {
    // SAFETY: nothing in this process reads the environment except through Rust's own lock.
    unsafe { std::env::set_var(plain::DO_NOT_DETACH, "1") };
    let variables = variables("critic.pth");
    let penalty = plain::penalty(&plain::tensors(&variables), &rolls()).unwrap();
    let theirs = theirs();
    assert_close("penalty", penalty.to_scalar().unwrap(), &theirs["penalty"]);
    assert_gradient_norms(&variables, &penalty, &theirs["penalty_gradient_norms"]);
    let name = "trunk.1.conv.weight";
    let gradients = penalty.backward().unwrap();
    let some = numbers(gradients.get(&variables[name]).unwrap()).into_iter().step_by(1024);
    assert_all_close(name, some, &theirs[format!("penalty_gradient_{name}_every_1024th")]);
}

#[test]
fn the_generators_loss_and_gradient_are_pytorchs() {
    let (critic, generator) = (variables("critic.pth"), variables("plain.pth"));
    let latents = double(&fixture::train_latents(), &[4, 128]);
    let rolls = plain::generator(&plain::tensors(&generator), &latents).unwrap();
    let scores = plain::critic(&plain::tensors(&critic), &rolls).unwrap();
    let loss = scores.mean_all().unwrap().neg().unwrap();
    let theirs = theirs();
    assert_close("loss", loss.to_scalar().unwrap(), &theirs["generator_loss"]);
    assert_gradient_norms(&generator, &loss, &theirs["generator_gradient_norms"]);
}

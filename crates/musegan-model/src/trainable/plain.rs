//! The same two networks as plain candle expressions on PyTorch's tensors: slow, short, and with
//! second derivatives. They are what the explicit passes are held against, in tests and when
//! training starts; nothing is trained with them.
//!
//! Second derivatives need the environment variable [`DO_NOT_DETACH`], which candle reads once per
//! thread; without it gradients are silently wrong.
use candle_core::{DType, Device, Result, Tensor, Var};
use std::collections::HashMap;

/// Candle detaches gradients from the graph unless this environment variable is set when a thread
/// first goes backward.
pub const DO_NOT_DETACH: &str = "CANDLE_GRAD_DO_NOT_DETACH";

/// Tensors by PyTorch's names.
pub type Tensors = HashMap<String, Tensor>;

/// Axes of activations `(sample, bar, step, pitch, channel)`.
const BAR: usize = 1;
const STEP: usize = 2;
const PITCH: usize = 3;

/// Variables for the tensors of a flat vector, in single or double precision.
///
/// # Errors
/// Candle's.
pub fn variables(
    layout: &super::Layout,
    flat: &[f32],
    precision: DType,
) -> Result<HashMap<String, Var>> {
    let variable = |(name, shape, values): (String, Vec<usize>, Vec<f32>)| {
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(precision)?;
        Ok((name, Var::from_tensor(&tensor)?))
    };
    layout.tensors(flat).into_iter().map(variable).collect()
}

/// The variables as tensors that gradients flow to.
#[must_use]
pub fn tensors(variables: &HashMap<String, Var>) -> Tensors {
    variables.iter().map(|(name, v)| (name.clone(), v.as_tensor().clone())).collect()
}

/// Scores `(n)` of rolls `(n, 5, 64, 72)` by the tutorial's critic.
///
/// # Errors
/// Candle's, for a missing tensor or one of another shape too.
pub fn critic(weights: &Tensors, rolls: &Tensor) -> Result<Tensor> {
    scores(weights, &features(weights, rolls, true)?)
}

/// Scores `(n)` of features `(n, 256)`. If there is a `spread.weight`, they have a term for the
/// mean over the features of the standard deviation within the batch.
///
/// # Errors
/// As [`critic`].
pub fn scores(weights: &Tensors, features: &Tensor) -> Result<Tensor> {
    let n = features.dim(0)?;
    let weight = find(weights, "dense.weight")?;
    let scores = features.matmul(&weight.t()?)?.broadcast_add(find(weights, "dense.bias")?)?;
    let scores = scores.reshape(n)?;
    let Some(weight) = weights.get("spread.weight") else { return Ok(scores) };
    let variance = features.broadcast_sub(&features.mean_keepdim(0)?)?.sqr()?.mean_keepdim(0)?;
    let spread = (variance + f64::from(super::spread::EPSILON))?.sqrt()?.mean_all()?;
    scores.broadcast_add(&(weight * spread.reshape(1)?)?)
}

/// Features `(n, 256)` of rolls `(n, 5, 64, 72)`, with or without layer norm.
///
/// # Errors
/// As [`critic`].
pub fn features(weights: &Tensors, rolls: &Tensor, layer_norm: bool) -> Result<Tensor> {
    let n = rolls.dim(0)?;
    let down = |weights: &Tensors, name: &str, x: &Tensor| down(weights, name, x, layer_norm);
    let track = |track: usize| {
        let x = rolls.narrow(1, track, 1)?.reshape((n, 4, 16, 72, 1))?;
        let x = down(weights, &format!("a.{track}"), &blocks(&x, PITCH, 12)?)?;
        down(weights, &format!("b.{track}"), &blocks(&x, STEP, 4)?)
    };
    let tracks = (0..5).map(track).collect::<Result<Vec<_>>>()?;
    let x = Tensor::cat(&tracks, 4)?;
    let x = down(weights, "trunk.0", &windows(&x, PITCH, 3)?)?;
    let x = down(weights, "trunk.1", &blocks(&x, PITCH, 4)?)?;
    let x = down(weights, "trunk.2", &blocks(&x, STEP, 4)?)?;
    let x = down(weights, "trunk.3", &windows(&x, BAR, 2)?)?;
    let x = down(weights, "trunk.4", &blocks(&x, BAR, 3)?)?;
    x.reshape((n, 256))
}

/// `mean((‖∇ₓD(x)‖ − 1)²)` of the tutorial's critic, by differentiating the gradient itself.
///
/// # Errors
/// Candle's.
pub fn penalty(weights: &Tensors, rolls: &Tensor) -> Result<Tensor> {
    (squared_norms(weights, rolls, true)?.sqrt()? - 1.0)?.sqr()?.mean_all()
}

/// `‖∇ₓΣD(x)‖²` of each roll, which can itself be differentiated.
///
/// # Errors
/// Candle's.
pub fn squared_norms(weights: &Tensors, rolls: &Tensor, layer_norm: bool) -> Result<Tensor> {
    let x = Var::from_tensor(&rolls.detach())?;
    let gradients = scores(weights, &features(weights, &x, layer_norm)?)?.sum_all()?.backward()?;
    let gradient =
        gradients.get(&x).ok_or_else(|| missing("the gradient at the critic's input"))?;
    gradient.sqr()?.flatten_from(1)?.sum(1)
}

/// Rolls `(n, 5, 64, 72)` of latents `(n, 128)`, with the statistics of the batch.
///
/// # Errors
/// Candle's, for a missing tensor or one of another shape too.
pub fn generator(weights: &Tensors, latents: &Tensor) -> Result<Tensor> {
    let n = latents.dim(0)?;
    let x = latents.reshape((n, 1, 1, 1, 128))?;
    let x = up(weights, "transconv0", &x, BAR, 4)?;
    let x = up(weights, "transconv1", &x, STEP, 4)?;
    let x = up(weights, "transconv2", &x, PITCH, 4)?;
    let x = up(weights, "transconv3", &x, PITCH, 1)?;
    let track = |track: usize| {
        let x = up(weights, &format!("transconv4.{track}"), &x, STEP, 4)?;
        up(weights, &format!("transconv5.{track}"), &x, PITCH, 12)?.reshape((n, 1, 64, 72))
    };
    Tensor::cat(&(0..5).map(track).collect::<Result<Vec<_>>>()?, 1)
}

fn missing(what: &str) -> candle_core::Error {
    candle_core::Error::Msg(format!("{what} is missing"))
}

fn find<'a>(weights: &'a Tensors, name: &str) -> Result<&'a Tensor> {
    weights.get(name).ok_or_else(|| missing(name))
}

/// Blocks of `size` along an axis, laid side by side in the channels.
fn blocks(x: &Tensor, axis: usize, size: usize) -> Result<Tensor> {
    let mut dims = x.dims().to_vec();
    let (length, channels) = (dims[axis] / size, dims[4]);
    dims[axis] = length;
    let mut split = dims[..4].to_vec();
    split.insert(axis + 1, size);
    split.push(channels);
    let mut order: Vec<usize> = (0..6).filter(|&d| d != axis + 1).collect();
    order.insert(4, axis + 1);
    dims[4] = size * channels;
    x.reshape(split)?.permute(order)?.contiguous()?.reshape(dims)
}

/// Windows of `size` that move by one along an axis, laid side by side in the channels.
fn windows(x: &Tensor, axis: usize, size: usize) -> Result<Tensor> {
    let length = x.dim(axis)? + 1 - size;
    let parts = (0..size).map(|k| x.narrow(axis, k, length)).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&parts, 4)
}

/// The critic's block on inputs that already have the kernel in the channels.
fn down(weights: &Tensors, name: &str, x: &Tensor, layer_norm: bool) -> Result<Tensor> {
    let weight = find(weights, &format!("{name}.conv.weight"))?;
    let channels = weight.dim(0)?;
    let weight = weight.permute((2, 3, 4, 1, 0))?.contiguous()?.reshape(((), channels))?;
    let mut dims = x.dims().to_vec();
    let n = dims[0];
    let x = x.reshape(((), dims[4]))?.matmul(&weight)?;
    let x = x.broadcast_add(find(weights, &format!("{name}.conv.bias"))?)?.reshape((n, ()))?;
    let x = if layer_norm {
        let x = x.broadcast_sub(&x.mean_keepdim(1)?)?;
        let deviation = (x.sqr()?.sum_keepdim(1)? / (x.dim(1)? as f64 - 1.0))?.sqrt()?;
        x.broadcast_div(&(deviation + 1e-5)?)?
    } else {
        x
    };
    let x = x.reshape(((), channels))?;
    let x = x.broadcast_mul(find(weights, &format!("{name}.gamma"))?)?;
    let x = x.broadcast_add(find(weights, &format!("{name}.beta"))?)?;
    dims[4] = channels;
    (x.relu()? - (x.neg()?.relu()? * f64::from(super::layer_norm::SLOPE))?)?.reshape(dims)
}

/// The generator's block along one axis, with this stride and any kernel along it.
fn up(weights: &Tensors, name: &str, x: &Tensor, axis: usize, stride: usize) -> Result<Tensor> {
    let weight = find(weights, &format!("{name}.transconv.weight"))?;
    let (channels_in, channels) = (weight.dim(0)?, weight.dim(1)?);
    let kernel = weight.dim(axis + 1)?;
    let weight = weight.permute((0, 2, 3, 4, 1))?.contiguous()?.reshape((channels_in, ()))?;
    let mut dims = x.dims().to_vec();
    let length = dims[axis];
    let x = x.reshape(((), channels_in))?.matmul(&weight)?;
    dims[4] = kernel;
    dims.push(channels);
    let x = x.reshape(dims.clone())?;
    // Position p of tap k lands on p·stride + k: pad each tap into place and add them up.
    dims.remove(4);
    dims[axis] = (length - 1) * stride + kernel;
    let tap = |k: usize| -> Result<Tensor> {
        let tap = x.narrow(4, k, 1)?.squeeze(4)?;
        let mut spread = Vec::with_capacity(length);
        for position in 0..length {
            let from = position * stride + k;
            let one = tap.narrow(axis, position, 1)?.contiguous()?;
            spread.push(one.pad_with_zeros(axis, from, dims[axis] - from - 1)?);
        }
        spread[1..].iter().try_fold(spread[0].clone(), |sum, part| sum + part)
    };
    let taps = (0..kernel).map(tap).collect::<Result<Vec<_>>>()?;
    let x = taps[1..].iter().try_fold(taps[0].clone(), |sum, part| sum + part)?;
    let x = x
        .reshape(((), channels))?
        .broadcast_add(find(weights, &format!("{name}.transconv.bias"))?)?;
    let x = x.broadcast_sub(&x.mean_keepdim(0)?)?;
    let variance = x.sqr()?.mean_keepdim(0)?;
    let epsilon = f64::from(super::batch_norm::EPSILON);
    let x = x.broadcast_div(&(variance + epsilon)?.sqrt()?)?;
    let x = x.broadcast_mul(find(weights, &format!("{name}.batchnorm.weight"))?)?;
    x.broadcast_add(find(weights, &format!("{name}.batchnorm.bias"))?)?.relu()?.reshape(dims)
}

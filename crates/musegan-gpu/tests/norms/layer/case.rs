//! A batch for layer norm: how it lies, the numbers that go in, and what a forward pass in double
//! precision makes of them.
use crate::hyper::{Hyper, centred};
use crate::numbers;
use musegan_device::operation::{LayerNorm, Slice};

/// Shapes, and numbers for all that goes in.
pub struct Case {
    pub norm: LayerNorm,
    /// Bias, gamma and beta of all groups.
    pub affine: Vec<f32>,
    pub x: Vec<f32>,
    pub tangents: Vec<f32>,
    pub d_out: Vec<f32>,
    pub d_out_tangents: Vec<f32>,
}

/// What a forward pass and its tangent leave, in single precision.
pub struct Tape {
    pub normalised: Vec<f32>,
    pub out: Vec<f32>,
    pub deviations: Vec<f32>,
    pub w: Vec<f32>,
    pub rates: Vec<f32>,
}

/// One sample's u, activation and deviation. Numbers of `affine` are bias, gamma and beta.
pub fn forward(x: &[Hyper], affine: &[Hyper]) -> (Vec<Hyper>, Vec<Hyper>, Hyper) {
    let channels = affine.len() / 3;
    let biased: Vec<_> = x.iter().enumerate().map(|(i, &x)| x + affine[i % channels]).collect();
    let (centred, variance) = centred(&biased, x.len() as f64 - 1.0);
    let deviation = variance.sqrt();
    let scale = (deviation + Hyper::constant(1e-5)).inverse();
    let u: Vec<_> = centred.iter().map(|&x| x * scale).collect();
    let out = u.iter().enumerate().map(|(i, &u)| {
        let y = affine[channels + i % channels] * u + affine[2 * channels + i % channels];
        y * Hyper::constant(if y.value > 0.0 { 1.0 } else { 0.01 })
    });
    (u.clone(), out.collect(), deviation)
}

/// The largest u, w and |r| of a sample, 1/s and 1/σ.
pub struct Sizes {
    pub u: f64,
    pub w: f64,
    pub rate: f64,
    pub scale: f64,
    pub stretch: f64,
}

impl Case {
    /// Activations have `gap` elements after each row.
    pub fn new([groups, samples, rows, channels]: [usize; 4], gap: usize, joined: bool) -> Self {
        let out_stride = if joined { groups * channels + gap } else { channels + gap };
        let group = if joined { channels } else { samples * rows * out_stride + gap };
        let norm = LayerNorm {
            groups: groups as u32,
            samples: samples as u32,
            rows: rows as u32,
            channels: channels as u32,
            affine: Slice { buffer: 0, start: 0 },
            affine_stride: (3 * channels + gap) as u32,
            out_stride: out_stride as u32,
            out_group_stride: group as u32,
        };
        let len = groups * samples * rows * channels;
        let activation = (groups - 1) * group + (samples * rows - 1) * out_stride + channels;
        Self {
            norm,
            affine: numbers(groups * (3 * channels + gap), 1),
            x: numbers(len, 2),
            tangents: numbers(len, 3),
            d_out: numbers(activation, 4),
            d_out_tangents: numbers(activation, 5),
        }
    }

    pub fn sizes(&self) -> [usize; 4] {
        [self.norm.groups, self.norm.samples, self.norm.rows, self.norm.channels]
            .map(|n| n as usize)
    }

    /// Group and number of each sample.
    pub fn samples(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [groups, samples, ..] = self.sizes();
        (0..groups * samples).map(move |i| (i / samples, i % samples))
    }

    /// Where a sample's values lie in the activation.
    pub fn places(&self, (group, sample): (usize, usize)) -> Vec<usize> {
        let [_, _, rows, channels] = self.sizes();
        let start = group * self.norm.out_group_stride as usize;
        let row = |r| start + (sample * rows + r) * self.norm.out_stride as usize;
        (0..rows * channels).map(|i| row(i / channels) + i % channels).collect()
    }

    /// A sample's part of what lies as the values do.
    pub fn own<'a>(&self, all: &'a [f32], (group, sample): (usize, usize)) -> &'a [f32] {
        let [_, samples, rows, channels] = self.sizes();
        &all[(group * samples + sample) * rows * channels..][..rows * channels]
    }

    /// A sample's values with their tangents, and its group's parameters.
    pub fn inputs(&self, at: (usize, usize)) -> (Vec<Hyper>, Vec<Hyper>) {
        let pairs = self.own(&self.x, at).iter().zip(self.own(&self.tangents, at));
        let x = pairs.map(|(&x, &t)| Hyper { first: t.into(), ..Hyper::constant(x) });
        let affine = &self.affine[at.0 * self.norm.affine_stride as usize..];
        let affine = &affine[..3 * self.norm.channels as usize];
        (x.collect(), affine.iter().map(|&x| Hyper::constant(x)).collect())
    }

    pub fn tape(&self) -> Tape {
        let mut tape = Tape {
            normalised: vec![],
            out: vec![f32::NAN; self.d_out.len()],
            deviations: vec![],
            w: vec![],
            rates: vec![],
        };
        for at in self.samples() {
            let (x, affine) = self.inputs(at);
            let (u, out, deviation) = forward(&x, &affine);
            tape.normalised.extend(u.iter().map(|u| u.value as f32));
            tape.w.extend(u.iter().map(|u| u.first as f32));
            tape.deviations.push(deviation.value as f32);
            tape.rates.push((deviation.first / (deviation.value + 1e-5)) as f32);
            let places = self.places(at).into_iter().zip(out);
            places.for_each(|(place, out)| tape.out[place] = out.value as f32);
        }
        tape
    }

    /// Places of all values in the activation.
    pub fn all_places(&self) -> Vec<usize> {
        self.samples().flat_map(|at| self.places(at)).collect()
    }

    /// How large a sample's numbers are.
    pub fn largest(&self, at: (usize, usize)) -> Sizes {
        let (x, affine) = self.inputs(at);
        let (u, _, deviation) = forward(&x, &affine);
        let largest =
            |of: fn(&Hyper) -> f64| u.iter().map(of).fold(0.0, |a: f64, b| a.max(b.abs()));
        let scale = 1.0 / (deviation.value + 1e-5);
        let rate = deviation.first.abs() * scale;
        let stretch = 1.0 / deviation.value;
        Sizes { u: largest(|u| u.value), w: largest(|u| u.first), scale, stretch, rate }
    }
}

//! The generator's passes as operations on a device. What must stay true: each computes what the
//! pass of the same name of [`Generator`] does, over the same layouts; the five tracks are groups
//! of one operation.
use super::{Block, Generator};
use crate::trainable::Rooms;
use crate::trainable::stage::operations::{Extent, Product};
use musegan_device::operation::BatchNorm;
use musegan_device::{Operation, Program, Slice};
use musegan_score::Track;

/// The generator with the rooms for its passes over one batch.
pub struct Passes<'a> {
    samples: usize,
    weights: Slice,
    latents: Slice,
    /// The shared half, from the latents on.
    shared: Vec<Hidden<'a>>,
    lower: Hidden<'a>,
    upper: Layer<'a>,
    windows: Slice,
}

/// A layer between others.
struct Hidden<'a> {
    layer: Layer<'a>,
    out: Slice,
    /// The gradient at the activation, then that at the values.
    d: Slice,
}

/// A block, or five of equal shape, with the rooms for what passes leave.
struct Layer<'a> {
    block: &'a Block,
    groups: usize,
    /// Elements between the parameters of two groups, and between their running statistics.
    strides: [usize; 2],
    /// Normalised.
    values: Slice,
    /// Of the batch.
    statistics: Slice,
}

impl Generator {
    /// Passes over batches of `samples` phrases in rooms of their own, with these weights. Latents
    /// are `(samples, 128)`. The phrases themselves lie where each pass is told.
    pub fn passes(
        &self,
        samples: usize,
        weights: Slice,
        latents: Slice,
        rooms: &mut Rooms,
    ) -> Passes<'_> {
        let mut hidden =
            |block, groups, strides| Hidden::new(block, groups, strides, samples, rooms);
        let shared: Vec<_> = self.shared.iter().map(|block| hidden(block, 1, [0; 2])).collect();
        let [first, second] = [&self.tracks[0], &self.tracks[1]];
        let strides = [
            second[0].range.start - first[0].range.start,
            second[0].statistics.start - first[0].statistics.start,
        ];
        let lower = hidden(&first[0], Track::COUNT, strides);
        let upper = Layer::new(&first[1], Track::COUNT, strides, samples, rooms);
        let windows = shared.iter().map(|hidden| {
            let sides = (latents, weights, hidden.layer.values);
            hidden.layer.product(samples, sides).windows()
        });
        let windows = rooms.take(windows.max().unwrap_or(0));
        Passes { samples, weights, latents, shared, lower, upper, windows }
    }
}

impl Passes<'_> {
    /// The pass from the latents to phrases, written as
    /// [`cells`](crate::trainable::cells) lie.
    pub fn forward(&self, program: &mut Program, cells: Slice) {
        let Self { samples, weights, lower, upper, .. } = self;
        let mut input = self.latents;
        for Hidden { layer, out, .. } in &self.shared {
            let product = layer.product(*samples, (input, *weights, layer.values));
            product.forward(program, self.windows);
            self.normalise(program, layer, *out);
            input = *out;
        }
        let product = lower.layer.product(*samples, (input, *weights, lower.layer.values));
        product.sharing_input().forward(program, self.windows);
        self.normalise(program, &lower.layer, lower.out);
        let product = upper.product(*samples, (lower.out, *weights, upper.values));
        product.forward(program, self.windows);
        self.normalise(program, upper, cells);
    }

    /// The pass back from the gradient at the phrases, which is overwritten. `gradient`, in the
    /// order of the layout, is written; its biases become 0.
    pub fn backward(
        &self,
        program: &mut Program,
        (cells, d_cells): (Slice, Slice),
        (gradient, gradient_len): (Slice, usize),
    ) {
        program.push(Operation::Fill { out: gradient, len: gradient_len as u32, value: 0.0 });
        let Self { samples, weights, lower, upper, .. } = self;
        self.denormalise(program, upper, (cells, d_cells), gradient);
        let product = upper.product(*samples, (lower.d, *weights, d_cells));
        product.input_gradient(program, self.windows);
        self.denormalise(program, &lower.layer, (lower.out, lower.d), gradient);
        // The tracks' parameters lie between one another's: what would wait for this, were it
        // before, is what all below waits for.
        upper.product(*samples, (lower.out, gradient, d_cells)).weight_gradient(program);
        let top = &self.shared[self.shared.len() - 1];
        let product = lower.layer.product(*samples, (top.out, gradient, lower.d));
        product.sharing_input().weight_gradient(program);
        let product = lower.layer.product(*samples, (top.d, *weights, lower.d));
        product.shared_input_gradient(program);
        for (index, Hidden { layer, out, d }) in self.shared.iter().enumerate().rev() {
            self.denormalise(program, layer, (*out, *d), gradient);
            let before = index.checked_sub(1).map(|below| &self.shared[below]);
            let input = before.map_or(self.latents, |before| before.out);
            layer.product(*samples, (input, gradient, *d)).weight_gradient(program);
            if let Some(before) = before {
                let product = layer.product(*samples, (before.d, *weights, *d));
                product.input_gradient(program, self.windows);
            }
        }
    }

    /// Moves the running statistics towards those of the last pass, whose share becomes `share`.
    pub fn update_statistics(&self, program: &mut Program, statistics: Slice, share: f32) {
        let hidden = self.shared.iter().chain([&self.lower]).map(|hidden| &hidden.layer);
        for layer in hidden.chain([&self.upper]) {
            let Block { channels, range, .. } = layer.block;
            let [stride, running_stride] = layer.strides;
            program.push(Operation::RunningStatistics {
                statistics: layer.statistics,
                bias: self.weights.at(range.end - 3 * channels),
                bias_stride: stride as u32,
                running: statistics.at(layer.block.statistics.start),
                running_stride: running_stride as u32,
                groups: layer.groups as u32,
                channels: *channels as u32,
                rows: layer.rows(self.samples) as u32,
                share,
            });
        }
    }

    fn normalise(&self, program: &mut Program, layer: &Layer<'_>, out: Slice) {
        program.push(Operation::BatchNormForward {
            norm: layer.norm(self.samples, self.weights),
            values: layer.values,
            out,
            statistics: layer.statistics,
        });
    }

    fn denormalise(
        &self,
        program: &mut Program,
        layer: &Layer<'_>,
        (out, d): (Slice, Slice),
        gradient: Slice,
    ) {
        program.push(Operation::BatchNormBackward {
            norm: layer.norm(self.samples, self.weights),
            normalised: layer.values,
            out,
            statistics: layer.statistics,
            d_out: d,
            d_values: d,
            d_affine: gradient.at(layer.affine()),
            d_affine_stride: layer.strides[0] as u32,
        });
    }
}

impl<'a> Hidden<'a> {
    fn new(
        block: &'a Block,
        groups: usize,
        strides: [usize; 2],
        samples: usize,
        rooms: &mut Rooms,
    ) -> Self {
        let layer = Layer::new(block, groups, strides, samples, rooms);
        let size = groups * samples * block.stage.outputs();
        Self { layer, out: rooms.take(size), d: rooms.take(size) }
    }
}

impl<'a> Layer<'a> {
    fn new(
        block: &'a Block,
        groups: usize,
        strides: [usize; 2],
        samples: usize,
        rooms: &mut Rooms,
    ) -> Self {
        let values = rooms.take(groups * samples * block.stage.outputs());
        let statistics = rooms.take(groups * 2 * block.channels);
        Self { block, groups, strides, values, statistics }
    }

    /// The layer's product: input, parameters, values, or their gradients.
    fn product(&self, samples: usize, (input, weights, values): (Slice, Slice, Slice)) -> Product {
        let extent = Extent { batches: 1, groups: self.groups, samples };
        let weights = (weights.at(self.block.range.start), self.strides[0]);
        self.block.stage.between(extent, input, weights, values)
    }

    fn norm(&self, samples: usize, weights: Slice) -> BatchNorm {
        let rows = self.rows(samples);
        BatchNorm {
            groups: self.groups as u32,
            rows: rows as u32,
            channels: self.block.channels as u32,
            affine: weights.at(self.affine()),
            affine_stride: self.strides[0] as u32,
            out_group_stride: (rows * self.block.channels) as u32,
        }
    }

    /// Where gamma and beta begin among the parameters.
    fn affine(&self) -> usize {
        self.block.range.end - 2 * self.block.channels
    }

    /// Rows of a batch over which statistics are taken.
    fn rows(&self, samples: usize) -> usize {
        samples * self.block.stage.outputs() / self.block.channels
    }
}

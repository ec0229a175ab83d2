//! The generator on a graphics card: its matrices lie there, and one program each for a phrase and
//! for [`BATCH`] phrases is made ready once. A phrase costs the host one write of 128 numbers, one
//! launch and one read.
//!
//! What must stay true: the numbers are those of [`OnCpu`](super::cpu::OnCpu) within 1e-4.
use musegan_device::operation::Matrix;
use musegan_device::{Buffer, DeviceError, Gpu, Launches, Operation, Prepared, Program, Slice};
use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BEAT};
use musegan_score::roll::{CELLS, PITCHES, TRACK_CELLS};

use super::layers::{BEATS, COARSE_PITCHES, FINE_PITCHES, Layers, OCTAVE, WINDOW};
use super::{BATCH, Network};
use crate::architecture::LATENT;

/// The network on a card.
#[derive(Debug)]
pub(super) struct OnGpu {
    gpu: Gpu,
    matrices: Matrices,
    one: Batch,
    /// Made ready when it is first asked for: who plays needs one phrase at a time.
    many: Option<Batch>,
}

impl OnGpu {
    /// Brings the matrices to the card and makes the program for one phrase ready.
    pub fn new(layers: &Layers, gpu: Gpu) -> Result<Self, DeviceError> {
        let matrices = Matrices::new(layers, &gpu)?;
        let one = Batch::new(&matrices, 1, &gpu)?;
        Ok(Self { gpu, matrices, one, many: None })
    }

    fn run(&mut self, latents: &[f32], cells: &mut [f32]) -> Result<(), DeviceError> {
        let batch = if latents.len() == LATENT {
            &self.one
        } else {
            if self.many.is_none() {
                self.many = Some(Batch::new(&self.matrices, BATCH, &self.gpu)?);
            }
            self.many.as_ref().unwrap_or(&self.one)
        };
        // Where they are fewer than the batch, what was there before is computed again.
        self.gpu.write(batch.latents, latents)?;
        self.gpu.run(&batch.prepared, 1)?;
        self.gpu.read(batch.cells, cells)
    }
}

impl Network for OnGpu {
    fn rolls(&mut self, latents: &[f32], cells: &mut [f32]) -> Result<(), String> {
        self.run(latents, cells).map_err(|error| error.to_string())
    }

    fn launches(&self) -> Option<Launches> {
        self.gpu.launches(&self.one.prepared).ok()
    }
}

/// A layer's matrix and bias, or those of all tracks.
#[derive(Clone, Copy, Debug)]
struct Place {
    inputs: usize,
    columns: usize,
    matrix: Slice,
    bias: Slice,
}

/// All matrices and biases in one buffer.
#[derive(Debug)]
struct Matrices {
    shared: [Place; 4],
    private: [Place; 2],
    _memory: Buffer,
}

impl Matrices {
    fn new(layers: &Layers, gpu: &Gpu) -> Result<Self, DeviceError> {
        let mut values = Vec::new();
        let mut put = |part: &[f32]| {
            let start = values.len();
            values.extend_from_slice(part);
            start
        };
        let shared = layers.shared.each_ref().map(|layer| (put(&layer.matrix), put(&layer.bias)));
        let private = [0, 1].map(|block| {
            (put(&layers.private_matrices(block)), put(&layers.private_biases(block)))
        });
        let memory = gpu.buffer(values.len())?;
        gpu.write(memory.slice(), &values)?;
        let place = |layer: &super::layers::Layer, (matrix, bias)| Place {
            inputs: layer.inputs,
            columns: layer.columns(),
            matrix: memory.slice().at(matrix),
            bias: memory.slice().at(bias),
        };
        Ok(Self {
            shared: std::array::from_fn(|n| place(&layers.shared[n], shared[n])),
            private: std::array::from_fn(|n| place(&layers.private[0][n], private[n])),
            _memory: memory,
        })
    }
}

/// A program for so many phrases, and the memory it works in.
#[derive(Debug)]
struct Batch {
    latents: Slice,
    cells: Slice,
    prepared: Prepared,
    _memory: Buffer,
}

impl Batch {
    fn new(matrices: &Matrices, phrases: usize, gpu: &Gpu) -> Result<Self, DeviceError> {
        let Matrices { shared: [bars, beats, coarse, fine], private: [steps, pitches], .. } =
            matrices;
        let beat_rows = BEATS * phrases;
        let coarse_rows = beat_rows * COARSE_PITCHES;
        let fine_rows = beat_rows * FINE_PITCHES;
        let step_rows = fine_rows * STEPS_PER_BEAT;
        let bar_rows = phrases * BARS_PER_PHRASE;
        let channels = fine.columns / WINDOW;
        let sizes = [
            phrases * LATENT,
            phrases * bars.columns,
            bar_rows * beats.columns,
            beat_rows * coarse.columns,
            coarse_rows * fine.columns,
            fine_rows * channels,
            Track::COUNT * fine_rows * steps.columns,
            Track::COUNT * step_rows * pitches.columns,
            phrases * CELLS,
        ];
        let memory = gpu.buffer(sizes.iter().sum())?;
        let mut end = 0;
        let [latents, by_bar, by_beat, by_coarse, windows, by_fine, by_step, by_pitch, cells] =
            sizes.map(|size| {
                end += size;
                memory.slice().at(end - size)
            });
        let mut program = Program::default();
        let shared = |program: &mut Program, place: &Place, from, to, rows| {
            program.push(product(place, (from, 0), to, rows, 1));
            program.push(bias_and_relu(place, to, rows, 1));
        };
        shared(&mut program, bars, latents, by_bar, phrases);
        shared(&mut program, beats, by_bar, by_beat, bar_rows);
        shared(&mut program, coarse, by_beat, by_coarse, beat_rows);
        program.push(product(fine, (by_coarse, 0), windows, coarse_rows, 1));
        program.push(Operation::Overlap {
            windows,
            out: by_fine,
            rows: beat_rows as u32,
            taps: COARSE_PITCHES as u32,
            width: fine.columns as u32,
            step: channels as u32,
        });
        program.push(bias_and_relu(fine, by_fine, fine_rows / WINDOW, 1));
        program.push(product(steps, (by_fine, 0), by_step, fine_rows, Track::COUNT));
        program.push(bias_and_relu(steps, by_step, fine_rows, Track::COUNT));
        let between = fine_rows * steps.columns;
        program.push(product(pitches, (by_step, between), by_pitch, step_rows, Track::COUNT));
        program.push(bias_and_relu(pitches, by_pitch, step_rows, Track::COUNT));
        program.push(in_place(by_pitch, cells, phrases));
        let prepared = gpu.prepare(&program)?;
        Ok(Self { latents, cells, prepared, _memory: memory })
    }
}

/// `to = from · matrix` for every group, whose inputs lie `between` elements apart.
fn product(
    place: &Place,
    (from, between): (Slice, usize),
    to: Slice,
    rows: usize,
    groups: usize,
) -> Operation {
    Operation::Multiply {
        left: Matrix::dense(from, rows, place.inputs).grouped(between),
        right: Matrix::dense(place.matrix, place.inputs, place.columns),
        out: Matrix::dense(to, rows, place.columns),
        groups: groups as u32,
        add: false,
    }
}

fn bias_and_relu(place: &Place, out: Slice, rows: usize, groups: usize) -> Operation {
    Operation::AddRow {
        bias: place.bias,
        bias_group_stride: place.columns as u32,
        out,
        groups: groups as u32,
        rows: rows as u32,
        columns: place.columns as u32,
        relu: true,
    }
}

/// From (track, phrase, beat, fine pitch, step in the beat, pitch in the octave) to the order of a
/// roll: (phrase, track, beat, step in the beat, fine pitch, pitch in the octave).
fn in_place(activations: Slice, cells: Slice, phrases: usize) -> Operation {
    let sizes = [phrases, Track::COUNT, BEATS, STEPS_PER_BEAT, FINE_PITCHES, OCTAVE];
    let beat = STEPS_PER_BEAT * PITCHES;
    let strides = [TRACK_CELLS, phrases * TRACK_CELLS, beat, OCTAVE, STEPS_PER_BEAT * OCTAVE, 1];
    Operation::Permute {
        input: activations,
        out: cells,
        sizes: sizes.map(|size| size as u32),
        strides: strides.map(|stride| stride as u32),
    }
}

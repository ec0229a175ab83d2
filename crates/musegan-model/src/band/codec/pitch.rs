//! The pitches of a bar of one track, to a few dozen numbers and back, knowing its chords: which
//! cells of the window notes begin in, how loud they are, and which of a step's two lengths they
//! have. The way back knows the bar's rhythm, too, and has pitches to say only where notes begin.
use musegan_score::grid::STEPS_PER_BAR;

use super::super::Dimensions;
use super::super::blocks::TrackLinear;
use super::super::frame::WINDOW;
use super::{Gaussian, rhythm};
use crate::layout::Layout;
use crate::tape::{Network, Node, Tape};

/// Numbers of a step: for each cell of the window whether a note begins, then for each its
/// velocity code, then for each whether it is one of the step's longer ones, which is 0 where all
/// are alike.
pub const STEP_NUMBERS: usize = 3 * WINDOW;

/// The code of a MIDI velocity.
#[must_use]
pub fn velocity_code(velocity: u8) -> f32 {
    f32::from(velocity) / 127.0
}

/// What the decoder says of every cell, each `(5 * bars * 16, WINDOW)` in track order.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// Logits of a note beginning, if any begins in the step.
    pub onsets: Node,
    /// Its velocity code.
    pub velocities: Node,
    /// Logits of its being one of the longer ones.
    pub long: Node,
}

/// The layers.
#[derive(Clone, Debug)]
pub(super) struct Encoding {
    layers: [TrackLinear; 4],
    step: usize,
}

/// The layers of the way back.
#[derive(Clone, Debug)]
pub(super) struct Decoding {
    layers: [TrackLinear; 7],
    step: usize,
}

impl Encoding {
    /// `told` are the columns of a bar's chords.
    pub fn new(layout: &mut Layout, dimensions: &Dimensions, told: usize) -> Self {
        let Dimensions { step, hidden, .. } = *dimensions;
        let mut layer = |name: &str, inputs, outputs, gain| {
            let name = format!("encode.pitch.{name}");
            TrackLinear::scaled(layout, &name, [inputs, outputs], gain, 0.0)
        };
        let layers = [
            layer("step", STEP_NUMBERS, step, 1.0),
            layer("bar", STEPS_PER_BAR * step + told, hidden, 1.0),
            layer("more", hidden, hidden, 1.0),
            layer("out", hidden, 2 * dimensions.pitch_code().len(), 0.3),
        ];
        Self { layers, step }
    }

    /// Steps `(5 * bars * 16, STEP_NUMBERS)` to the code of each bar.
    pub fn of(&self, tape: &mut Tape, network: Network, steps: Node, chords: Node) -> Gaussian {
        let [step, bar, more, out] = &self.layers;
        let bars = tape.rows(steps) / STEPS_PER_BAR;
        let h = step.of(tape, network, steps);
        let h = tape.gelu(h);
        let h = tape.reshape(h, bars, STEPS_PER_BAR * self.step);
        let h = tape.beside(&[h, chords]);
        let h = bar.of(tape, network, h);
        let h = tape.gelu(h);
        let added = more.of(tape, network, h);
        let added = tape.gelu(added);
        let h = tape.add(h, added);
        let h = out.of(tape, network, h);
        Gaussian::halves(tape, h)
    }
}

impl Decoding {
    /// `told` are the columns of a bar's chords.
    pub fn new(layout: &mut Layout, dimensions: &Dimensions, told: usize) -> Self {
        let Dimensions { hidden, decoded_step: step, .. } = *dimensions;
        let mut layer = |name: &str, inputs, outputs, gain, bias| {
            let name = format!("decode.pitch.{name}");
            TrackLinear::scaled(layout, &name, [inputs, outputs], gain, bias)
        };
        let inputs = dimensions.pitch_code().len() + told + rhythm::TOLD;
        let layers = [
            layer("bar", inputs, hidden, 1.0, 0.0),
            layer("more", hidden, hidden, 1.0, 0.0),
            layer("added", hidden, hidden, 0.5, 0.0),
            layer("step", hidden, STEPS_PER_BAR * step, 1.0, 0.0),
            layer("onsets", step, WINDOW, 0.5, -2.0),
            layer("velocities", step, WINDOW, 0.5, 0.7),
            layer("long", step, WINDOW, 0.5, 0.0),
        ];
        Self { layers, step }
    }

    /// Codes of each bar, its chords and what is told of its rhythm, to what is said of each cell.
    pub fn of(&self, tape: &mut Tape, network: Network, known: [Node; 3]) -> Said {
        let [bar, more, added, step, onsets, velocities, long] = &self.layers;
        let rows = tape.rows(known[0]) * STEPS_PER_BAR;
        let h = tape.beside(&known);
        let h = bar.of(tape, network, h);
        let h = tape.gelu(h);
        let a = more.of(tape, network, h);
        let a = tape.gelu(a);
        let a = added.of(tape, network, a);
        let h = tape.add(h, a);
        let h = step.of(tape, network, h);
        let h = tape.gelu(h);
        let h = tape.reshape(h, rows, self.step);
        Said {
            onsets: onsets.of(tape, network, h),
            velocities: velocities.of(tape, network, h),
            long: long.of(tape, network, h),
        }
    }
}

//! The operations that a tape remembers, with what each needs for its way back.
use super::{Network, Node, Rooms, layer_norm::Norm, products::Linear, rooms::Room};

/// The way back of a custom operation: the gradient at its output, and one gradient per input to
/// add to.
pub type Backward<'w> = Box<dyn Fn(&[f32], &mut [&mut [f32]]) + 'w>;

/// How a matrix came to be.
pub(super) enum Operation<'w> {
    /// No gradient goes on from here.
    Leaf,
    /// A leaf whose gradient is kept.
    Input,
    Parameter {
        network: Network,
        start: usize,
    },
    /// The gradient of the output is that of the input.
    Passed {
        x: Node,
    },
    Linear {
        x: Node,
        linear: Linear,
    },
    Matmul {
        a: Node,
        b: Node,
    },
    Gather {
        x: Node,
        index: Vec<u32>,
    },
    ColumnsOf {
        x: Node,
        start: usize,
    },
    Beside {
        parts: Vec<Node>,
    },
    Below {
        parts: Vec<Node>,
    },
    SumRows {
        x: Node,
        group: usize,
    },
    SumColumns {
        x: Node,
    },
    SumAll {
        x: Node,
    },
    /// Element `i` of the output is element `from[i]` of the input.
    Chosen {
        x: Node,
        from: Vec<u32>,
    },
    Combined {
        how: Combination,
        a: Node,
        b: Node,
    },
    Scaled {
        x: Node,
        factor: f32,
    },
    Curved {
        x: Node,
        curve: Curve,
    },
    BitsCrossEntropy {
        logits: Node,
        targets: Room,
    },
    /// `shares` are the softmax of each row.
    ClassCrossEntropy {
        logits: Node,
        targets: Vec<u32>,
        shares: Room,
    },
    /// `statistics` are a mean and a reciprocal deviation per row.
    LayerNorm {
        x: Node,
        norm: Norm,
        statistics: Room,
    },
    /// `shares` are the softmax of each group and head, tokens x tokens.
    Attention {
        qkv: Node,
        tokens: usize,
        heads: usize,
        shares: Room,
    },
    Custom {
        inputs: Vec<Node>,
        backward: Backward<'w>,
    },
}

/// Of two matrices, the second of which may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Combination {
    Add,
    Subtract,
    Multiply,
}

/// A function of one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Curve {
    Gelu,
    Exp,
    Softplus,
    Square,
    Huber { beta: f32 },
    Clamp { low: f32, high: f32 },
}

impl Operation<'_> {
    /// Gives what the way back would have needed to passes to come.
    pub(super) fn give_back(self, rooms: &mut Rooms) {
        match self {
            Self::BitsCrossEntropy { targets: room, .. }
            | Self::LayerNorm { statistics: room, .. }
            | Self::Attention { shares: room, .. }
            | Self::ClassCrossEntropy { shares: room, .. } => rooms.give_back(room),
            _ => {}
        }
    }
}

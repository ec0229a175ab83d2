//! Reverse-mode differentiation on matrices: what a network computes is written down operation by
//! operation, each computed at once, and walked backwards for the gradients of a loss. What must
//! stay true: the same inputs give the same bits on the same processor, every sum has a fixed order,
//! and no thread is started here.
//!
//! All values are row-major `f32` matrices. A tape is used for one pass: make it with the
//! [`Rooms`] that the pass before used, so that no memory is asked for again.
//!
//! Two matrices that do not fit each other are a mistake in the network, not in its input, and
//! panic with both shapes.
mod attention;
mod backward;
mod broadcast;
mod classes;
mod curves;
mod elementwise;
mod layer_norm;
mod moving;
mod operation;
mod products;
mod reductions;
mod rooms;
mod sums;

pub use backward::Gradients;
pub use operation::Backward;
pub use rooms::Rooms;

use operation::Operation;
use rooms::Room;
use std::ops::Range;

/// A matrix on a tape: a handle that is valid for the tape that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node(u32);

/// A network's flat weight vector on a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network(u32);

/// What was computed so far, and how.
pub struct Tape<'w> {
    nodes: Vec<Entry<'w>>,
    networks: Vec<Weights<'w>>,
    rooms: &'w mut Rooms,
    /// Whether operations are remembered for [`backward`](Self::backward).
    recording: bool,
}

/// One matrix and where it came from.
struct Entry<'w> {
    rows: usize,
    columns: usize,
    value: Value<'w>,
    operation: Operation<'w>,
    /// Whether a gradient has to reach this matrix.
    wanted: bool,
}

/// Where a matrix lies.
enum Value<'w> {
    Room(Room),
    Weights(&'w [f32]),
    /// In the room of another node.
    Shared(Node),
}

#[derive(Clone, Copy)]
struct Weights<'w> {
    values: &'w [f32],
    trained: bool,
}

impl Node {
    const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Network {
    const fn index(self) -> usize {
        self.0 as usize
    }
}

impl<'w> Tape<'w> {
    /// A tape that can be walked backwards.
    pub fn new(rooms: &'w mut Rooms) -> Self {
        Self { nodes: Vec::new(), networks: Vec::new(), rooms, recording: true }
    }

    /// A tape that only goes forwards and remembers nothing that playing does not need.
    pub fn playing(rooms: &'w mut Rooms) -> Self {
        Self { nodes: Vec::new(), networks: Vec::new(), rooms, recording: false }
    }

    /// A network's weights. Those of a network that is not trained get no gradient; what is
    /// computed with them passes gradients on to its inputs.
    pub fn network(&mut self, weights: &'w [f32], trained: bool) -> Network {
        self.networks.push(Weights { values: weights, trained });
        Network(self.networks.len() as u32 - 1)
    }

    /// A matrix without a gradient.
    pub fn constant(&mut self, rows: usize, columns: usize, values: &[f32]) -> Node {
        let room = self.copied(rows, columns, values);
        self.leaf(rows, columns, Value::Room(room), Operation::Leaf, false)
    }

    /// A matrix whose gradient is wanted: [`Gradients::at`].
    pub fn input(&mut self, rows: usize, columns: usize, values: &[f32]) -> Node {
        let room = self.copied(rows, columns, values);
        let wanted = self.recording;
        self.leaf(rows, columns, Value::Room(room), Operation::Input, wanted)
    }

    /// Part of a network's weights as a matrix.
    pub fn parameter(
        &mut self,
        network: Network,
        range: Range<usize>,
        rows: usize,
        columns: usize,
    ) -> Node {
        assert!(
            range.len() == rows * columns,
            "a parameter of {rows} x {columns} lies in {range:?}, {} numbers",
            range.len()
        );
        let Weights { values, trained } = self.networks[network.index()];
        let operation = Operation::Parameter { network, start: range.start };
        let wanted = self.recording && trained;
        self.leaf(rows, columns, Value::Weights(&values[range]), operation, wanted)
    }

    /// The matrix's elements, row by row.
    #[must_use]
    pub fn value(&self, node: Node) -> &[f32] {
        value(&self.nodes, node)
    }

    /// Rows of the matrix.
    #[must_use]
    pub fn rows(&self, node: Node) -> usize {
        self.nodes[node.index()].rows
    }

    /// Columns of the matrix.
    #[must_use]
    pub fn columns(&self, node: Node) -> usize {
        self.nodes[node.index()].columns
    }

    /// The same elements as a matrix of another shape, without a copy.
    pub fn reshape(&mut self, x: Node, rows: usize, columns: usize) -> Node {
        let (from_rows, from_columns) = self.shape(x);
        assert!(
            rows * columns == from_rows * from_columns,
            "reshape of {from_rows} x {from_columns} to {rows} x {columns}"
        );
        let wanted = self.wanted(x);
        self.leaf(rows, columns, Value::Shared(self.owner(x)), Operation::Passed { x }, wanted)
    }

    /// An operation that the tape does not know: `write` puts the values into a matrix of zeros, and
    /// `backward` gets the gradient at the output and adds to one gradient per input, which are zero
    /// when it is called.
    pub fn custom(
        &mut self,
        inputs: &[Node],
        rows: usize,
        columns: usize,
        write: impl FnOnce(&mut [f32]),
        backward: Backward<'w>,
    ) -> Node {
        let mut room = self.rooms.zeroed(rows * columns);
        write(&mut room);
        let operation = || Operation::Custom { inputs: inputs.to_vec(), backward };
        self.push(rows, columns, room, inputs, operation)
    }

    fn shape(&self, node: Node) -> (usize, usize) {
        (self.rows(node), self.columns(node))
    }

    fn wanted(&self, node: Node) -> bool {
        self.nodes[node.index()].wanted
    }

    fn trained(&self, network: Network) -> bool {
        self.recording && self.networks[network.index()].trained
    }

    /// The node in whose room a matrix lies.
    fn owner(&self, node: Node) -> Node {
        match self.nodes[node.index()].value {
            Value::Shared(owner) => owner,
            Value::Room(_) | Value::Weights(_) => node,
        }
    }

    fn copied(&mut self, rows: usize, columns: usize, values: &[f32]) -> Room {
        assert!(
            values.len() == rows * columns,
            "a matrix of {rows} x {columns} of {} values",
            values.len()
        );
        let mut room = self.rooms.take(values.len());
        room.copy_from_slice(values);
        room
    }

    /// What is remembered of an operation: nothing where no gradient has to pass.
    fn kept(&mut self, operation: Operation<'w>, wanted: bool) -> Operation<'w> {
        if wanted {
            return operation;
        }
        operation.give_back(self.rooms);
        Operation::Leaf
    }

    /// Writes down a computed matrix; the operation is made only where a gradient has to pass.
    fn push(
        &mut self,
        rows: usize,
        columns: usize,
        room: Room,
        inputs: &[Node],
        operation: impl FnOnce() -> Operation<'w>,
    ) -> Node {
        let wanted = inputs.iter().any(|&input| self.wanted(input));
        let operation = if wanted { operation() } else { Operation::Leaf };
        self.leaf(rows, columns, Value::Room(room), operation, wanted)
    }

    fn leaf(
        &mut self,
        rows: usize,
        columns: usize,
        value: Value<'w>,
        operation: Operation<'w>,
        wanted: bool,
    ) -> Node {
        self.nodes.push(Entry { rows, columns, value, operation, wanted });
        Node(self.nodes.len() as u32 - 1)
    }
}

fn value<'t>(nodes: &'t [Entry<'_>], node: Node) -> &'t [f32] {
    match &nodes[node.index()].value {
        Value::Room(room) => room,
        Value::Weights(values) => values,
        Value::Shared(owner) => value(nodes, *owner),
    }
}

impl Drop for Tape<'_> {
    fn drop(&mut self) {
        for Entry { value, operation, .. } in self.nodes.drain(..) {
            if let Value::Room(room) = value {
                self.rooms.give_back(room);
            }
            operation.give_back(self.rooms);
        }
    }
}

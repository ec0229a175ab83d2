//! The way back: from a loss to the gradients of weights and inputs. What must stay true: an
//! operation is visited once, after everything that used its output, and nothing is computed for
//! matrices that need no gradient.
use super::operation::Operation;
use super::{Entry, Network, Node, Rooms, Tape, Weights, rooms::Room, value};
use crate::product::Write;

/// The gradients of a loss.
#[derive(Debug, Default)]
pub struct Gradients {
    /// Of each network; none of one that is not trained.
    networks: Vec<Option<Room>>,
    /// Of the inputs, in the order of the tape.
    inputs: Vec<(Node, Room)>,
}

impl Gradients {
    /// The gradient of a trained network's weights, zero where they had no part.
    #[must_use]
    pub fn of(&self, network: Network) -> &[f32] {
        let found = self.networks.get(network.index()).and_then(Option::as_ref);
        assert!(found.is_some(), "network {} is not trained on this tape", network.index());
        found.map_or(&[], |room| room)
    }

    /// The gradient of an [`input`](Tape::input).
    #[must_use]
    pub fn at(&self, input: Node) -> &[f32] {
        let found = self.inputs.binary_search_by_key(&input, |&(node, _)| node);
        assert!(found.is_ok(), "node {} is not an input", input.index());
        found.map_or(&[], |place| &self.inputs[place].1)
    }
}

impl Rooms {
    /// Takes the memory of gradients that are not needed any more.
    pub fn reuse(&mut self, gradients: Gradients) {
        let networks = gradients.networks.into_iter().flatten();
        for room in networks.chain(gradients.inputs.into_iter().map(|(_, room)| room)) {
            self.give_back(room);
        }
    }
}

impl<'w> Tape<'w> {
    /// Walks back from a loss, a 1 x 1 matrix.
    ///
    /// # Panics
    /// On a tape that is only for playing.
    #[must_use]
    pub fn backward(mut self, loss: Node) -> Gradients {
        assert!(self.recording, "a tape for playing remembers no way back");
        assert!(self.shape(loss) == (1, 1), "a loss of {:?} elements", self.shape(loss));
        let nodes = std::mem::take(&mut self.nodes);
        let mut pass = Pass::new(&nodes, &self.networks, self.rooms);
        let mut one = pass.rooms.take(1);
        one[0] = 1.0;
        pass.give(loss, one);
        for index in (0..=loss.index()).rev() {
            pass.visit(index);
        }
        let gradients = pass.finish();
        // Dropping the tape keeps their memory.
        self.nodes = nodes;
        gradients
    }
}

/// A walk back: the gradients so far.
pub(super) struct Pass<'t, 'w> {
    pub(super) nodes: &'t [Entry<'w>],
    pub(super) networks: &'t [Weights<'w>],
    pub(super) rooms: &'t mut Rooms,
    gradients: Vec<Option<Room>>,
    weights: Vec<Option<Room>>,
}

impl<'t, 'w> Pass<'t, 'w> {
    fn new(nodes: &'t [Entry<'w>], networks: &'t [Weights<'w>], rooms: &'t mut Rooms) -> Self {
        let weights = networks.iter().map(|n| n.trained.then(|| rooms.zeroed(n.values.len())));
        let weights = weights.collect();
        Self { nodes, networks, gradients: nodes.iter().map(|_| None).collect(), weights, rooms }
    }

    pub(super) fn value(&self, node: Node) -> &'t [f32] {
        value(self.nodes, node)
    }

    pub(super) fn shape(&self, node: Node) -> (usize, usize) {
        let entry = &self.nodes[node.index()];
        (entry.rows, entry.columns)
    }

    pub(super) fn wanted(&self, node: Node) -> bool {
        self.nodes[node.index()].wanted
    }

    /// The gradient of a network's weights, to be added to; none of one that is not trained.
    pub(super) fn weights(&mut self, network: Network) -> Option<&mut [f32]> {
        self.weights[network.index()].as_deref_mut()
    }

    /// Adds to a matrix's gradient.
    pub(super) fn give(&mut self, to: Node, share: Room) {
        if !self.wanted(to) {
            return self.rooms.give_back(share);
        }
        let place = &mut self.gradients[to.index()];
        let Some(sum) = place else {
            *place = Some(share);
            return;
        };
        crate::wide::wide(
            #[inline(always)]
            || {
                for (sum, &share) in sum.iter_mut().zip(&*share) {
                    *sum += share;
                }
            },
        );
        self.rooms.give_back(share);
    }

    /// A matrix's gradient to be written or added to, which [`end`](Self::end) takes back.
    pub(super) fn begin(&mut self, to: Node) -> (Room, Write) {
        match self.gradients[to.index()].take() {
            Some(room) => (room, Write::Add),
            None => (self.rooms.take(self.value(to).len()), Write::Replace),
        }
    }

    pub(super) fn end(&mut self, to: Node, gradient: Room) {
        self.gradients[to.index()] = Some(gradient);
    }

    fn visit(&mut self, index: usize) {
        let entry = &self.nodes[index];
        if matches!(entry.operation, Operation::Input) {
            return;
        }
        let Some(gradient) = self.gradients[index].take() else { return };
        let node = Node(index as u32);
        match &entry.operation {
            Operation::Leaf | Operation::Input => self.rooms.give_back(gradient),
            Operation::Parameter { network, start } => {
                if let Some(weights) = self.weights(*network) {
                    let to = &mut weights[*start..][..gradient.len()];
                    to.iter_mut().zip(&*gradient).for_each(|(to, &share)| *to += share);
                }
                self.rooms.give_back(gradient);
            }
            Operation::Passed { x } => self.give(*x, gradient),
            Operation::Linear { x, linear } => self.linear(*x, *linear, entry.columns, gradient),
            Operation::Matmul { a, b } => self.matmul((*a, *b), gradient),
            Operation::Gather { x, index } => self.gather(*x, index, gradient),
            Operation::ColumnsOf { x, start } => {
                self.columns_of(*x, *start, entry.columns, gradient);
            }
            Operation::Beside { parts } => self.beside(parts, entry.columns, gradient),
            Operation::Below { parts } => self.below(parts, gradient),
            Operation::SumRows { x, group } => self.sum_rows(*x, *group, gradient),
            Operation::SumColumns { x } => self.sum_columns(*x, gradient),
            Operation::SumAll { x } => self.sum_all(*x, gradient),
            Operation::Chosen { x, from } => self.chosen(*x, from, gradient),
            Operation::Combined { how, a, b } => self.combined(*how, (*a, *b), gradient),
            Operation::Scaled { x, factor } => self.scaled(*x, *factor, gradient),
            Operation::Curved { x, curve } => self.curved((*x, node), *curve, gradient),
            Operation::BitsCrossEntropy { logits, targets } => {
                self.bits_cross_entropy(*logits, targets, gradient);
            }
            Operation::ClassCrossEntropy { logits, targets, shares } => {
                self.class_cross_entropy(*logits, (targets, shares), gradient);
            }
            Operation::LayerNorm { x, norm, statistics } => {
                self.layer_norm(*x, *norm, statistics, gradient);
            }
            Operation::Attention { qkv, tokens, heads, shares } => {
                self.attention(*qkv, (*tokens, *heads), shares, gradient);
            }
            Operation::Custom { inputs, backward } => {
                let mut shares: Vec<Room> =
                    inputs.iter().map(|&x| self.rooms.zeroed(self.value(x).len())).collect();
                let mut slices: Vec<&mut [f32]> = shares.iter_mut().map(|s| &mut **s).collect();
                backward(&gradient, &mut slices);
                self.rooms.give_back(gradient);
                for (&input, share) in inputs.iter().zip(shares) {
                    self.give(input, share);
                }
            }
        }
    }

    fn finish(mut self) -> Gradients {
        let mut inputs = Vec::new();
        for (index, (entry, gradient)) in self.nodes.iter().zip(&mut self.gradients).enumerate() {
            if matches!(entry.operation, Operation::Input) {
                let len = entry.rows * entry.columns;
                let gradient = gradient.take().unwrap_or_else(|| self.rooms.zeroed(len));
                inputs.push((Node(index as u32), gradient));
            }
        }
        Gradients { networks: self.weights, inputs }
    }
}

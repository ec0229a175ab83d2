//! The way back.
use super::{Network, Node, Tape};
/// The gradients of a loss.
#[derive(Debug)]
pub struct Gradients;

impl Gradients {
    /// The gradient of a network's weights, zero where they had no part.
    #[must_use]
    pub fn of(&self, _network: Network) -> &[f32] { todo!() }
    /// The gradient of an [`input`](Tape::input).
    #[must_use]
    pub fn at(&self, _input: Node) -> &[f32] { todo!() }
}
impl Tape<'_> {
    /// Walks back from a loss, a 1 x 1 matrix.
    #[must_use]
    pub fn backward(self, _loss: Node) -> Gradients { todo!() }
}

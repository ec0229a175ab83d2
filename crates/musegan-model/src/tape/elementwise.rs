//! To come.
use super::{Network, Node, Tape};
use std::ops::Range;
#[allow(unused_variables, missing_docs)]
impl<'w> Tape<'w> {
    pub fn linear(&mut self, x: Node, network: Network, weight: Range<usize>, bias: Option<Range<usize>>, outputs: usize, groups: usize) -> Node { todo!() }
    pub fn matmul(&mut self, a: Node, b: Node) -> Node { todo!() }
    pub fn gather(&mut self, x: Node, index: &[u32]) -> Node { todo!() }
    pub fn columns_of(&mut self, x: Node, range: Range<usize>) -> Node { todo!() }
    pub fn beside(&mut self, parts: &[Node]) -> Node { todo!() }
    pub fn below(&mut self, parts: &[Node]) -> Node { todo!() }
    pub fn sum_rows(&mut self, x: Node, group: usize) -> Node { todo!() }
    pub fn max_rows(&mut self, x: Node, group: usize) -> Node { todo!() }
    pub fn sum_columns(&mut self, x: Node) -> Node { todo!() }
    pub fn max_columns(&mut self, x: Node) -> Node { todo!() }
    pub fn sum(&mut self, x: Node) -> Node { todo!() }
    pub fn add(&mut self, a: Node, b: Node) -> Node { todo!() }
    pub fn sub(&mut self, a: Node, b: Node) -> Node { todo!() }
    pub fn mul(&mut self, a: Node, b: Node) -> Node { todo!() }
    pub fn scale(&mut self, x: Node, factor: f32) -> Node { todo!() }
    pub fn offset(&mut self, x: Node, by: f32) -> Node { todo!() }
    pub fn gelu(&mut self, x: Node) -> Node { todo!() }
    pub fn sigmoid(&mut self, x: Node) -> Node { todo!() }
    pub fn tanh(&mut self, x: Node) -> Node { todo!() }
    pub fn exp(&mut self, x: Node) -> Node { todo!() }
    pub fn ln(&mut self, x: Node) -> Node { todo!() }
    pub fn softplus(&mut self, x: Node) -> Node { todo!() }
    pub fn relu(&mut self, x: Node) -> Node { todo!() }
    pub fn leaky(&mut self, x: Node, slope: f32) -> Node { todo!() }
    pub fn square(&mut self, x: Node) -> Node { todo!() }
    pub fn sqrt(&mut self, x: Node) -> Node { todo!() }
    pub fn abs(&mut self, x: Node) -> Node { todo!() }
    pub fn huber(&mut self, x: Node, beta: f32) -> Node { todo!() }
    pub fn clamp(&mut self, x: Node, low: f32, high: f32) -> Node { todo!() }
    pub fn layer_norm(&mut self, x: Node, network: Network, scale: Range<usize>, shift: Range<usize>) -> Node { todo!() }
    pub fn attention(&mut self, qkv: Node, tokens: usize, heads: usize) -> Node { todo!() }
    pub fn bits_cross_entropy(&mut self, logits: Node, targets: &[f32]) -> Node { todo!() }
}

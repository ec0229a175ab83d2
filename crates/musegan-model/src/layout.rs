//! A network's numbers in one flat vector, and the names and shapes that PyTorch gives them.
//! What must stay true: offsets never overlap, and a tensor survives the way out and back.
use std::ops::Range;

/// How a parameter begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// All elements have this value.
    Constant(f32),
    /// Normal with mean 0 and this standard deviation.
    Normal(f32),
    /// Uniform between the two.
    Uniform(f32, f32),
}

/// One named tensor of a [`Layout`].
#[derive(Clone, Debug)]
pub struct Parameter {
    /// PyTorch's name.
    pub name: String,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// How training begins.
    pub initial: Initial,
    /// Where it lies in the flat vector.
    pub range: Range<usize>,
    /// The axes of `shape` in the order in which the flat vector has them.
    axes: Vec<usize>,
}

/// The tensors of a network, one after the other in a flat vector.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    parameters: Vec<Parameter>,
    len: usize,
}

/// A tensor that is missing or has another shape than the network's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tensor `{name}`: expected shape {expected:?}, found {}", found.as_ref().map_or("no such tensor".to_owned(), |s| format!("{s:?}")))]
pub struct Misfit {
    /// PyTorch's name.
    pub name: String,
    /// The network's shape.
    pub expected: Vec<usize>,
    /// The shape that was found, if there was a tensor of that name.
    pub found: Option<Vec<usize>>,
}

impl Layout {
    /// Adds a tensor whose axes lie in the order `axes` and returns where it lies.
    pub fn push(
        &mut self,
        name: String,
        shape: &[usize],
        axes: &[usize],
        initial: Initial,
    ) -> Range<usize> {
        let range = self.len..self.len + shape.iter().product::<usize>();
        self.len = range.end;
        let parameter = Parameter {
            name,
            shape: shape.to_vec(),
            initial,
            range: range.clone(),
            axes: axes.to_vec(),
        };
        self.parameters.push(parameter);
        range
    }

    /// Adds a vector.
    pub fn push_vector(&mut self, name: String, len: usize, initial: Initial) -> Range<usize> {
        self.push(name, &[len], &[0], initial)
    }

    /// The tensors in the order in which they lie.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Elements of the flat vector.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no tensor in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Every tensor of a flat vector with PyTorch's name and shape, row-major.
    ///
    /// # Panics
    /// When `flat` is not [`len`](Self::len) long.
    #[must_use]
    pub fn tensors(&self, flat: &[f32]) -> Vec<(String, Vec<usize>, Vec<f32>)> {
        assert_eq!(flat.len(), self.len);
        let tensor = |p: &Parameter| {
            let mut values = vec![0.0; p.range.len()];
            for (place, &value) in p.places().zip(&flat[p.range.clone()]) {
                values[place] = value;
            }
            (p.name.clone(), p.shape.clone(), values)
        };
        self.parameters.iter().map(tensor).collect()
    }

    /// The flat vector of the tensors that `find` gives for PyTorch's names: a shape and row-major
    /// values.
    ///
    /// # Errors
    /// [`Misfit`] for the first tensor that is missing or has another shape.
    pub fn flat<'a>(
        &self,
        find: impl Fn(&str) -> Option<(Vec<usize>, std::borrow::Cow<'a, [f32]>)>,
    ) -> Result<Vec<f32>, Misfit> {
        let mut flat = vec![0.0; self.len];
        for p in &self.parameters {
            let found = find(&p.name);
            let misfit = |found| Misfit { name: p.name.clone(), expected: p.shape.clone(), found };
            let Some((shape, values)) = found else { return Err(misfit(None)) };
            if shape != p.shape || values.len() != p.range.len() {
                return Err(misfit(Some(shape)));
            }
            for (place, to) in p.places().zip(&mut flat[p.range.clone()]) {
                *to = values[place];
            }
        }
        Ok(flat)
    }
}

impl Parameter {
    /// For each element as it lies, its place in the row-major tensor of PyTorch's shape.
    fn places(&self) -> impl Iterator<Item = usize> {
        let strides: Vec<usize> =
            (0..self.shape.len()).map(|axis| self.shape[axis + 1..].iter().product()).collect();
        let mut ours: Vec<(usize, usize)> =
            self.axes.iter().map(|&axis| (self.shape[axis], strides[axis])).collect();
        // Row by row: weights are millions, and a plugin waits for them.
        let (columns, stride) = ours.pop().unwrap_or((1, 0));
        (0..self.range.len() / columns.max(1)).flat_map(move |mut row| {
            let mut place = 0;
            for &(size, stride) in ours.iter().rev() {
                place += row % size * stride;
                row /= size;
            }
            (0..columns).map(move |column| place + column * stride)
        })
    }
}

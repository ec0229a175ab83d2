//! Numbers that carry their derivatives along two directions and the mixed one: what is computed
//! with them gives gradients, tangents, and gradients of tangents, exactly.
use std::ops::{Add, Mul, Sub};

/// A value, its derivatives along two directions, and along both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hyper {
    pub value: f64,
    pub first: f64,
    pub second: f64,
    pub both: f64,
}

impl Hyper {
    pub fn constant(value: impl Into<f64>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }

    /// A function of this number, from its value and its first two derivatives there.
    fn map(self, [value, slope, bend]: [f64; 3]) -> Self {
        Self {
            value,
            first: slope * self.first,
            second: slope * self.second,
            both: slope * self.both + bend * self.first * self.second,
        }
    }

    pub fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        self.map([root, 0.5 / root, -0.25 / (root * self.value)])
    }

    pub fn inverse(self) -> Self {
        let x = self.value;
        self.map([1.0 / x, -1.0 / (x * x), 2.0 / (x * x * x)])
    }
}

impl Add for Hyper {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            first: self.first + other.first,
            second: self.second + other.second,
            both: self.both + other.both,
        }
    }
}

impl Mul for Hyper {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            first: self.value * other.first + self.first * other.value,
            second: self.value * other.second + self.second * other.value,
            both: self.value * other.both
                + self.first * other.second
                + self.second * other.first
                + self.both * other.value,
        }
    }
}

impl Sub for Hyper {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + other * Self::constant(-1.0)
    }
}

impl std::iter::Sum for Hyper {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::default(), Add::add)
    }
}

/// Numbers without their mean, and their variance: the sum of squares over `divide`.
pub fn centred(x: &[Hyper], divide: f64) -> (Vec<Hyper>, Hyper) {
    let of = |sum: Hyper, count: f64| sum * Hyper::constant(1.0 / count);
    let mean = of(x.iter().copied().sum(), x.len() as f64);
    let centred: Vec<_> = x.iter().map(|&x| x - mean).collect();
    let variance = of(centred.iter().map(|&x| x * x).sum(), divide);
    (centred, variance)
}

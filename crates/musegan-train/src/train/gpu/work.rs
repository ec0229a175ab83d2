//! What a training step is made of, counted without a card: what it must compute and move, and how
//! much of it must happen one after the other.
use super::super::batches::Phrases;
use super::super::config::Config;
use super::places::Data;
use super::step::Step;
use super::timing::Synthetic;
use musegan_device::{Operation, Program};
use musegan_model::trainable::Rooms;
use std::collections::BTreeMap;
use std::fmt;

/// What an H200 is said to do at best: multiplications and additions in single precision, and bytes
/// to and from its memory, in a second.
const CARD_ARITHMETIC: f64 = 67e12;
const CARD_BYTES: f64 = 4.8e12;

/// What operations come to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Amount {
    /// How many there are.
    pub operations: usize,
    /// Multiplications and additions in matrix products.
    pub arithmetic: u64,
    /// Bytes that they read and write, counting each operation's as if none were in a cache.
    pub bytes: u64,
}

/// What a training step is made of.
#[derive(Clone, Debug)]
pub struct Work {
    /// By kind of operation, those that move most first.
    pub kinds: Vec<(String, Amount)>,
    /// All of them.
    pub all: Amount,
    /// How many operations must run one after the other.
    pub longest_chain: usize,
}

impl Work {
    /// A step with batches of so many phrases.
    #[must_use]
    pub fn of_step(batch: usize) -> Self {
        let config = Config { batch, ..Config::default() };
        let data = Data::of(&Synthetic as &dyn Phrases);
        Self::of(&Step::new(&config, &data, &mut Rooms::planned()).program)
    }

    /// What a program is made of.
    pub(super) fn of(program: &Program) -> Self {
        let mut kinds = BTreeMap::<String, Amount>::new();
        let mut all = Amount::default();
        for operation in &program.operations {
            let alone = Program { operations: vec![operation.clone()] };
            let arithmetic = alone.arithmetic();
            let bytes = operation.touches().iter().map(|touch| 4 * touch.len).sum::<u64>();
            for amount in [kinds.entry(kind(operation)).or_default(), &mut all] {
                amount.operations += 1;
                amount.arithmetic += arithmetic;
                amount.bytes += bytes;
            }
        }
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, amount)| std::cmp::Reverse(amount.bytes));
        Self { kinds, all, longest_chain: program.longest_chain() }
    }
}

fn kind(operation: &Operation) -> String {
    let text = format!("{operation:?}");
    text.chars().take_while(|letter| letter.is_alphanumeric()).collect()
}

impl fmt::Display for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:24}{:>12}{:>10}{:>10}", "", "operations", "GFLOP", "MB")?;
        let all = ("all".to_owned(), self.all);
        for (kind, amount) in self.kinds.iter().chain([&all]) {
            let Amount { operations, arithmetic, bytes } = *amount;
            let (arithmetic, bytes) = (arithmetic as f64 / 1e9, bytes as f64 / 1e6);
            writeln!(formatter, "{kind:24}{operations:12}{arithmetic:10.2}{bytes:10.1}")?;
        }
        let micros = |amount: u64, rate: f64| amount as f64 / rate * 1e6;
        write!(
            formatter,
            "{} operations must follow one another; an H200 at its best computes for {:.0} µs and \
             moves bytes for {:.0} µs",
            self.longest_chain,
            micros(self.all.arithmetic, CARD_ARITHMETIC),
            micros(self.all.bytes, CARD_BYTES),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_step_computes_grows_with_its_batch_and_what_must_follow_does_not() {
        let [small, large] = [16, 64].map(Work::of_step);
        assert_eq!(small.longest_chain, large.longest_chain);
        assert_eq!(small.all.operations, large.all.operations);
        assert_eq!(small.all.arithmetic * 4, large.all.arithmetic);
        let counted: usize = small.kinds.iter().map(|(_, amount)| amount.operations).sum();
        assert_eq!(counted, small.all.operations);
        assert!(small.longest_chain < small.all.operations * 3 / 4);
    }
}

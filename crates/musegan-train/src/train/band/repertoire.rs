//! What goes into a weights file beside the networks: the scale of the style sheets, and the bank of
//! real styles and harmonies that the band draws from when it plays by itself. A run keeps them in its
//! checkpoints, so that it can be exported without its dataset.
use super::songbook::Songbook;
use crate::train::checkpoint::{Reader, Vector};
use musegan_model::band::bank::{Bank, Entry, TENSORS};
use musegan_model::band::sheet::MEASURES;
use musegan_model::band::style::Style;
use musegan_score::Track;

/// The scale's tensors.
const SCALE: [&str; 2] = ["sheet.mean", "sheet.deviation"];

/// Scale and bank, as the tensors of a weights file.
#[derive(Clone, Debug, PartialEq)]
pub struct Repertoire {
    scale: [Vec<f32>; SCALE.len()],
    /// In the order of [`TENSORS`].
    bank: [Vec<f32>; TENSORS.len()],
}

impl Repertoire {
    /// The book's scale, and up to so many phrases of it, spread evenly.
    #[must_use]
    pub fn of(book: &Songbook, entries: usize) -> Self {
        let scale = book.scale();
        let count = entries.min(book.len());
        let entry = |i: usize| {
            let number = i * book.len() / count;
            let style = Style::of(book.sheet(number), scale);
            Entry { style, harmony: *book.harmony(number) }
        };
        let mut bank = Bank::new((0..count).map(entry).collect()).parameters();
        let mut numbers = |name| bank.remove(name).map_or(Vec::new(), |tensor| tensor.values);
        Self {
            scale: [&scale.mean, &scale.deviation].map(|rows| rows.as_flattened().to_vec()),
            bank: TENSORS.map(|(name, _)| numbers(name)),
        }
    }

    /// Entries of the bank.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.bank.last().map_or(0, Vec::len)
    }

    /// Every tensor: name, shape and numbers.
    pub fn tensors(&self) -> impl Iterator<Item = (&'static str, Vec<usize>, &[f32])> {
        let scale = SCALE.into_iter().zip(&self.scale);
        let scale = scale.map(|(name, rows)| (name, vec![Track::COUNT, MEASURES], &rows[..]));
        let bank = TENSORS.into_iter().zip(&self.bank);
        let entries = self.entries();
        scale.chain(bank.map(move |((name, shape), numbers)| {
            (name, [&[entries], shape].concat(), &numbers[..])
        }))
    }

    /// The same for a checkpoint.
    #[must_use]
    pub fn vectors(&self) -> Vec<Vector<'_>> {
        self.tensors().map(|(name, _, numbers)| Vector::plain(name, numbers)).collect()
    }

    /// From a checkpoint, in the order of [`vectors`](Self::vectors).
    ///
    /// # Errors
    /// If one is missing or of another length than the others say.
    pub fn read(reader: &mut Reader) -> Result<Self, String> {
        let mut vector = |name: &'static str| reader.plain(name);
        let scale = [vector(SCALE[0])?, vector(SCALE[1])?];
        let mut bank: [Vec<f32>; TENSORS.len()] = Default::default();
        for (numbers, (name, _)) in bank.iter_mut().zip(TENSORS) {
            *numbers = vector(name)?;
        }
        let read = Self { scale, bank };
        for (name, shape, numbers) in read.tensors() {
            if numbers.len() != shape.iter().product::<usize>() {
                return Err(format!("`{name}` has {} numbers, not {shape:?}", numbers.len()));
            }
        }
        Ok(read)
    }
}

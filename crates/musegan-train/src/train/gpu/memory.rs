//! How much of a device's memory training takes, told before any of it is taken. What must stay
//! true: it is counted by the same code that takes it.
use super::super::config::Config;
use super::super::error::TrainError;
use super::places::{Data, PHRASE_WORDS};
use super::step::Step;
use musegan_model::trainable::Rooms;

/// What the library takes for itself: room for sums of parts, and the recorded step.
const OWN: u64 = 128 << 20;
/// Cards give memory in pieces of so many bytes, and where a whole one of these is wanted in such.
const PIECE: u64 = 512;
const LARGE_PIECE: u64 = 2 << 20;
/// The smallest batch that batch norm takes.
const SMALLEST: usize = 2;

/// The rooms of a step, only counted.
pub(super) fn plan(config: &Config, data: &Data) -> Rooms {
    let mut rooms = Rooms::planned();
    Step::new(config, data, &mut rooms);
    rooms
}

/// Bytes that training with these settings takes.
pub(super) fn needed(config: &Config, data: &Data) -> u64 {
    let taken = |&len: &usize| match 4 * len as u64 {
        bytes @ ..LARGE_PIECE => bytes.next_multiple_of(PIECE),
        bytes => bytes.next_multiple_of(LARGE_PIECE),
    };
    plan(config, data).lengths().iter().map(taken).sum::<u64>() + OWN
}

/// Refuses settings that take more than is free on the device of this name.
///
/// # Errors
/// [`TrainError::Memory`] with the largest batch that would fit.
pub(super) fn expect_room(
    config: &Config,
    data: &Data,
    (name, free): (&str, u64),
) -> Result<u64, TrainError> {
    let of = |batch| needed(&Config { batch, ..config.clone() }, data);
    let bytes = of(config.batch);
    if bytes <= free {
        return Ok(bytes);
    }
    let advice = if of(SMALLEST) <= free {
        let (mut fits, mut too_many) = (SMALLEST, config.batch);
        while too_many - fits > 1 {
            let middle = fits.midpoint(too_many);
            if of(middle) <= free { fits = middle } else { too_many = middle }
        }
        format!("a batch of {fits} would fit")
    } else {
        let phrases = 4 * (data.phrases * PHRASE_WORDS) as u64;
        format!(
            "not even a batch of {SMALLEST} would fit beside the dataset, whose {} phrases take {}",
            data.phrases,
            size(phrases)
        )
    };
    Err(TrainError::Memory(format!(
        "training with batches of {} needs {} on {name}, which has {} free; {advice}",
        config.batch,
        size(bytes),
        size(free)
    )))
}

/// Bytes as people read them.
pub(super) fn size(bytes: u64) -> String {
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    if mebibytes < 1024.0 {
        format!("{mebibytes:.0} MiB")
    } else {
        format!("{:.1} GiB", mebibytes / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DATA: Data = Data { phrases: 100_000, songs: 9, weights_total: 1.0 };

    fn config(batch: usize) -> Config {
        Config { batch, ..Config::default() }
    }

    #[test]
    fn a_batch_that_is_said_to_fit_fits_and_one_phrase_more_does_not() {
        for free in [600 << 20, 1 << 30, 3 << 30] {
            let refused = expect_room(&config(1024), &DATA, ("a card", free)).unwrap_err();
            let refused = refused.to_string();
            let (_, rest) = refused.split_once("; a batch of ").unwrap();
            let fits: usize = rest.split_once(' ').unwrap().0.parse().unwrap();
            assert!(expect_room(&config(fits), &DATA, ("a card", free)).is_ok(), "{refused}");
            assert!(expect_room(&config(fits + 1), &DATA, ("a card", free)).is_err(), "{refused}");
        }
        let none = expect_room(&config(16), &DATA, ("a card", 300 << 20)).unwrap_err().to_string();
        assert!(none.contains("100000 phrases take 275 MiB"), "{none}");
    }
}

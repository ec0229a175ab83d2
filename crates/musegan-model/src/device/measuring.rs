//! How long work takes on this machine: the median of a few rounds, within a fraction of a second.
use std::time::{Duration, Instant};

/// Rounds that do not count: caches, clocks and a device's first launches settle in them.
const WARM_UP: usize = 5;
/// Rounds that count.
const ROUNDS: usize = 41;
/// No round is begun after so long, once one has counted.
const LONGEST: Duration = Duration::from_millis(200);

/// Does some work and says how long it took: a clock, and in tests whatever makes the point.
pub(crate) type Timer<'a> = &'a mut dyn FnMut(&mut dyn FnMut()) -> Duration;

/// The timer that everyone but a test uses.
pub(crate) fn wall_clock(work: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// The median of what a round of the work takes, in milliseconds.
///
/// # Errors
/// What the work says.
pub(crate) fn median_ms(
    timer: Timer<'_>,
    work: &mut dyn FnMut() -> Result<(), String>,
) -> Result<f64, String> {
    let (mut spent, mut warm) = (Duration::ZERO, 0);
    let mut rounds = Vec::with_capacity(ROUNDS);
    while rounds.len() < ROUNDS && (rounds.is_empty() || spent < LONGEST) {
        let mut outcome = Ok(());
        let took = timer(&mut || outcome = work());
        outcome?;
        if warm < WARM_UP && spent < LONGEST {
            warm += 1;
        } else {
            rounds.push(took);
        }
        spent += took;
    }
    rounds.sort();
    Ok(rounds[rounds.len() / 2].as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn taking(milliseconds: impl Fn(usize) -> u64) -> (f64, usize) {
        let mut rounds = 0;
        let mut timer = |work: &mut dyn FnMut()| {
            work();
            rounds += 1;
            Duration::from_millis(milliseconds(rounds))
        };
        let median = median_ms(&mut timer, &mut || Ok(())).unwrap();
        (median, rounds)
    }

    #[test]
    fn the_first_rounds_and_a_hiccup_do_not_count() {
        let hiccup = |round| if round == 20 { 50 } else { 1 };
        assert_eq!(taking(|round| if round <= 5 { 9 } else { hiccup(round) }), (1.0, 46));
    }

    #[test]
    fn slow_work_is_measured_in_few_rounds() {
        assert_eq!(taking(|_| 3000), (3000.0, 2));
        assert_eq!(taking(|_| 50), (50.0, 5));
    }

    #[test]
    fn work_that_fails_ends_the_measurement() {
        let failed = median_ms(&mut wall_clock, &mut || Err("gone".into()));
        assert_eq!(failed, Err("gone".into()));
    }
}

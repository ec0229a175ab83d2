//! The order in which the measures of a score are played: repeats, endings, D.C. and D.S.
use super::score::{Jump, Measure, Sign};

/// Measures of the longest way through a score.
const MAX_PLAYED: usize = 4096;

/// Indices of the measures as they are played.
///
/// After a jump no repeat is taken and of endings the last is played; it goes on to the `Fine`,
/// or at the first coda sign to the last one, where there are such.
pub(super) fn played(measures: &[Measure]) -> Result<Vec<usize>, String> {
    let mut player = Player { measures, played: Vec::new(), begins: 0, pass: 1, jumped: false };
    let mut at = 0;
    while at < measures.len() {
        if player.played.len() >= MAX_PLAYED {
            return Err(format!("measure {}: the repeats lead nowhere", at + 1));
        }
        at = player.step(at);
    }
    if player.played.is_empty() {
        Err("the repeats skip everything".to_owned())
    } else {
        Ok(player.played)
    }
}

struct Player<'a> {
    measures: &'a [Measure],
    played: Vec<usize>,
    /// Where the repeated passage begins.
    begins: usize,
    /// How often it is being played, from 1.
    pass: usize,
    jumped: bool,
}

impl Player<'_> {
    /// Plays a measure, or skips its ending; the measure that follows.
    fn step(&mut self, at: usize) -> usize {
        let measure = &self.measures[at];
        if measure.repeat_begins && self.begins != at {
            (self.begins, self.pass) = (at, 1);
        }
        if !measure.endings.is_empty() && !self.plays(at) {
            return self.after_ending(at);
        }
        self.played.push(at);
        if self.jumped && measure.sign == Some(Sign::Fine) {
            return self.measures.len();
        }
        if self.jumped && measure.sign == Some(Sign::Coda) {
            let last = self.measures.iter().rposition(|m| m.sign == Some(Sign::Coda));
            if let Some(coda) = last.filter(|coda| *coda > at) {
                return coda;
            }
        }
        if let Some(times) = measure.repeat_ends.filter(|_| !self.jumped) {
            if self.pass < times.max(self.endings_from(self.begins)) {
                self.pass += 1;
                return self.begins;
            }
            (self.begins, self.pass) = (at + 1, 1);
        }
        match measure.jump.filter(|_| !self.jumped) {
            Some(jump) => {
                self.jumped = true;
                let segno = || self.measures.iter().position(|m| m.sign == Some(Sign::Segno));
                if jump == Jump::Segno { segno().unwrap_or(0) } else { 0 }
            }
            None => at + 1,
        }
    }

    fn plays(&self, at: usize) -> bool {
        let endings = &self.measures[at].endings;
        if self.jumped {
            endings.iter().any(|&ending| ending >= self.endings_from(at))
        } else {
            endings.contains(&self.pass)
        }
    }

    fn after_ending(&self, at: usize) -> usize {
        let ends = self.measures[at..].iter().position(|measure| measure.ending_ends);
        let next = self.measures[at + 1..].iter().position(|measure| !measure.endings.is_empty());
        match (ends, next) {
            (Some(ends), Some(next)) => at + 1 + ends.min(next),
            (Some(ends), None) => at + 1 + ends,
            (None, Some(next)) => at + 1 + next,
            (None, None) => at + 1,
        }
    }

    /// The highest ending of the passage that begins here.
    fn endings_from(&self, begins: usize) -> usize {
        let rest = &self.measures[begins..];
        let next_passage = rest.iter().skip(1).position(|m| m.repeat_begins).map(|n| n + 1);
        let passage = &rest[..next_passage.unwrap_or(rest.len())];
        passage.iter().flat_map(|m| m.endings.iter().copied()).max().unwrap_or(1)
    }
}

//! The order in which the measures of a score are played: repeats, endings, D.C. and D.S.
use super::score::{Jump, Measure, Sign};

/// Measures of the longest way through a score.
const MAX_PLAYED: usize = 4096;

/// Indices of the measures as they are played.
///
/// After a jump no repeat is taken and of endings the last is played; it goes on to the `Fine`,
/// or at the first coda sign to the last one, where there are such.
pub(super) fn played(measures: &[Measure]) -> Result<Vec<usize>, String> {
    let endings = endings(measures);
    let mut player =
        Player { measures, endings, played: Vec::new(), begins: 0, pass: 1, jumped: false };
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

/// The endings that begin before each measure. Where the first of a passage is not the first by
/// number, as some scores have it, they are counted anew.
fn endings(measures: &[Measure]) -> Vec<Vec<usize>> {
    let mut endings: Vec<_> = measures.iter().map(|measure| measure.endings.clone()).collect();
    let mut before: Option<usize> = None;
    for at in 0..measures.len() {
        // What stands between two endings is only the end of the first one.
        let since = before.map_or(at, |before| at - before);
        let follows = before.is_some_and(|before| {
            measures[before..at].iter().any(|measure| measure.repeat_ends.is_some()) && since <= 8
        });
        if let Some(&first) = endings[at].first() {
            let expected = match before {
                Some(before) if follows => endings[before].last().map_or(1, |last| last + 1),
                _ => 1,
            };
            if first != expected && endings[at].len() == 1 {
                endings[at] = vec![expected];
            }
            before = Some(at);
        }
    }
    endings
}

struct Player<'a> {
    measures: &'a [Measure],
    endings: Vec<Vec<usize>>,
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
        if !self.endings[at].is_empty() && !self.plays(at) {
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
        if measure.ending_ends && measure.repeat_ends.is_none() && self.pass > 1 {
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
        let endings = &self.endings[at];
        if self.jumped {
            endings.iter().any(|&ending| ending >= self.endings_from(at))
        } else {
            endings.contains(&self.pass)
        }
    }

    /// The measure after an ending that is skipped: it goes to its end or to the repeat that it
    /// leads to, and at most to the next ending.
    fn after_ending(&self, at: usize) -> usize {
        let rest = &self.measures[at..];
        let next = self.endings[at + 1..].iter().position(|endings| !endings.is_empty());
        let next = next.map_or(rest.len(), |next| next + 1);
        let within = &rest[..next];
        let ends = within.iter().position(|measure| measure.ending_ends).map(|ends| ends + 1);
        let repeats = within.iter().position(|m| m.repeat_ends.is_some()).map(|ends| ends + 1);
        at + repeats.max(ends).unwrap_or(if next < rest.len() { next } else { 1 })
    }

    /// The highest ending of the passage that begins here.
    fn endings_from(&self, begins: usize) -> usize {
        let rest = &self.measures[begins..];
        let next_passage = rest.iter().skip(1).position(|m| m.repeat_begins).map(|n| n + 1);
        let passage = &self.endings[begins..][..next_passage.unwrap_or(rest.len())];
        passage.iter().flatten().copied().max().unwrap_or(1)
    }
}

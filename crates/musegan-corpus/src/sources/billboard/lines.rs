//! The lines of a SALAMI chord chart.
//!
//! ```text
//! # metre: 4/4
//! 0.441  A, intro, | A:maj | E:maj D:maj | (2/4) E:7 . | x2, (guitar)
//! ```
//! A time in seconds, a tab, the section's letter and name where one begins, bars between strokes,
//! how often the line is played, and lead instruments, whose parenthesis spans lines. One chord
//! fills a bar, two halve it, else there is one sign to a beat, `.` for the chord before.

/// The metre of a passage or of one bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Metre {
    pub count: u8,
    pub unit: u8,
}

/// What stands above the lines.
pub(super) struct Header {
    pub title: String,
    pub artist: String,
}

/// A line that has a time.
pub(super) struct Line {
    pub seconds: f64,
    passage: Option<Passage>,
}

/// A line with bars.
pub(super) struct Passage {
    pub metre: Metre,
    /// Pitch class of the tonic.
    pub tonic: Option<u8>,
    /// The section's letter without its primes, where one begins.
    pub letter: Option<String>,
    /// The section's name, where one begins.
    pub label: Option<String>,
    pub bars: Vec<Bar>,
    /// How often the bars are played.
    pub times: usize,
    /// Lead instruments that enter here, lower case.
    pub instruments: Vec<String>,
}

/// The signs between two strokes.
pub(super) struct Bar {
    /// Where it differs from the passage's.
    pub metre: Option<Metre>,
    pub signs: Vec<String>,
}

/// More repetitions than any chart has.
const MAX_TIMES: usize = 64;

impl Metre {
    /// Beats of a bar: quarters, or dotted quarters where eighths go in threes.
    pub const fn beats(self, compound: bool) -> usize {
        let (count, unit) = (self.count as usize, self.unit as usize);
        if compound && unit == 8 { count.div_ceil(3) } else { (count * 4).div_ceil(unit) }
    }

    /// Whether a bar has four beats.
    pub const fn has_four_beats(self) -> bool {
        matches!((self.count, self.unit), (4, 4) | (12, 8) | (2, 2))
    }

    /// Whether its beats are divided in three.
    pub const fn is_compound(self) -> bool {
        self.unit == 8 && self.count.is_multiple_of(3)
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.trim().split_once('/')?;
        let (count, unit) = (count.parse().ok()?, unit.parse::<u8>().ok()?);
        let sound = (1..=32).contains(&count) && matches!(unit, 1 | 2 | 4 | 8 | 16);
        sound.then_some(Self { count, unit })
    }
}

impl std::fmt::Display for Metre {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.count, self.unit)
    }
}

impl Header {
    /// What can be found of it.
    pub fn of(text: &str) -> Self {
        let find = |key| text.lines().find_map(|line| directive(line, key)).unwrap_or_default();
        Self { title: find("title").to_owned(), artist: find("artist").to_owned() }
    }
}

impl Line {
    pub fn passage(&self) -> Option<&Passage> {
        self.passage.as_ref()
    }
}

impl Passage {
    /// The section's name, or its letter.
    pub fn name(&self) -> &str {
        self.label.as_deref().or(self.letter.as_deref()).unwrap_or("intro")
    }
}

/// All lines of a chart in order.
pub(super) fn read(text: &str) -> Result<Vec<Line>, String> {
    let mut metre = Metre { count: 4, unit: 4 };
    let mut tonic = None;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = |what: String| format!("line {}: {what}", number + 1);
        if let Some(value) = directive(line, "metre") {
            metre = Metre::parse(value).ok_or_else(|| at(format!("{value:?} is no metre")))?;
        } else if let Some(value) = directive(line, "tonic") {
            tonic = musegan_score::chord::pitch_class(value);
        } else if !line.starts_with('#') && !line.trim().is_empty() {
            let (seconds, rest) =
                line.split_once('\t').ok_or_else(|| at("no tab after the time".into()))?;
            let seconds: f64 = seconds.trim().parse().unwrap_or(f64::NAN);
            if !seconds.is_finite() || lines.last().is_some_and(|l: &Line| l.seconds > seconds) {
                return Err(at("it does not begin with a time after the line before".into()));
            }
            lines.push(Line { seconds, passage: passage(rest, metre, tonic).map_err(at)? });
        }
    }
    Ok(lines)
}

/// The metres of the lines that have bars, each once, in order of appearance.
pub(super) fn metres(lines: &[Line]) -> Vec<String> {
    let mut metres = Vec::new();
    for metre in lines.iter().filter_map(Line::passage).map(|p| p.metre.to_string()) {
        if !metres.contains(&metre) {
            metres.push(metre);
        }
    }
    metres
}

fn directive<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix('#')?.trim_start().strip_prefix(key)?.strip_prefix(':').map(str::trim)
}

/// The music of a line; none in `silence`, `end` and noises.
fn passage(rest: &str, metre: Metre, tonic: Option<u8>) -> Result<Option<Passage>, String> {
    let (Some(first), Some(last)) = (rest.find('|'), rest.rfind('|')) else { return Ok(None) };
    let mut passage = Passage {
        metre,
        tonic,
        letter: None,
        label: None,
        bars: Vec::new(),
        times: 1,
        instruments: Vec::new(),
    };
    for word in words(&rest[..first]) {
        let letter = word.trim_end_matches('\'');
        if letter.len() == 1 && letter.starts_with(|c: char| c.is_ascii_uppercase()) {
            passage.letter = Some(letter.to_owned());
        } else if !word.starts_with("fade") {
            passage.label = Some(word.to_lowercase());
        }
    }
    if first < last {
        passage.bars = rest[first + 1..last].split('|').map(bar).collect::<Result<_, _>>()?;
    }
    let after = &rest[last + 1..];
    for word in words(after).flat_map(|word| word.split_whitespace()) {
        if let Some(times) = word.strip_prefix('x').and_then(|times| times.parse::<usize>().ok()) {
            passage.times = times.clamp(1, MAX_TIMES);
        }
    }
    // What ends here, "guitar)", was named where it began.
    let began = words(after).filter_map(|word| word.strip_prefix('('));
    passage.instruments = began.map(|name| name.trim_end_matches(')').to_lowercase()).collect();
    Ok(Some(passage))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn bar(text: &str) -> Result<Bar, String> {
    let mut bar = Bar { metre: None, signs: Vec::new() };
    for sign in text.split_whitespace() {
        match sign.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(metre) => {
                let metre = Metre::parse(metre).ok_or_else(|| format!("{sign:?} is no metre"))?;
                bar.metre = Some(metre);
            }
            None => bar.signs.push(sign.to_owned()),
        }
    }
    Ok(bar)
}

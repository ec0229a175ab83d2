//! Files of annotated beats: lines of text, a beat each, in seconds.
//!
//! What must stay true: a file that makes no sense is refused with the line where it stops making
//! sense, whatever its bytes.
use crate::grid::BEATS_PER_BAR;

/// Larger files are refused: a hundred thousand beats are a day of music.
pub const MAX_BEAT_FILE_BYTES: u64 = 4 << 20;
/// No beat lies later; it is some 30 years.
const LATEST_SECONDS: f64 = 1e9;

/// The beats of a recording or a performance, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct BeatFile {
    beats: Vec<BeatMark>,
}

/// A beat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeatMark {
    /// When, from the beginning; later than the beat before.
    pub seconds: f64,
    /// Whether a bar line lies here.
    pub begins_bar: bool,
}

/// Why bytes are no beat file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeatFileError {
    /// More than anybody annotates.
    #[error("larger than {} MiB, which no beat file is", MAX_BEAT_FILE_BYTES >> 20)]
    TooLarge,
    /// A line that is no beat.
    #[error("line {line}: {what}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong and what should be there.
        what: String,
    },
    /// Nothing to begin a bar with.
    #[error("no beat begins a bar, so that nobody can tell where the bars are")]
    NoBars,
}

/// What the columns after the seconds say.
#[derive(Clone, Copy, PartialEq)]
enum Columns {
    /// The beat's number in its bar.
    Number,
    /// Whether it begins half a bar; whether it begins a bar.
    HalfAndBar,
}

/// A line's beat, and whether its file says that a half bar begins here.
type Line = (BeatMark, bool);

impl BeatFile {
    /// Reads a beat file of one of two forms; the first beat's number of columns decides:
    ///
    /// - `seconds number`: the beat's number in its bar, from 1, as madmom and Beat This! write.
    /// - `seconds half bar`: two flags, 0 or 1, whether half a bar and whether a bar begins here,
    ///   as in POP909's `beat_midi.txt`. Where halves go on regularly between bar lines that are
    ///   eight or twelve beats apart, the lines in between are added.
    ///
    /// Columns are apart by spaces, tabs, commas or semicolons. Empty lines and what follows a
    /// `#` do not count.
    ///
    /// # Errors
    ///
    /// Names the line that cannot be understood or whose time does not grow.
    pub fn parse(bytes: &[u8]) -> Result<Self, BeatFileError> {
        if bytes.len() as u64 > MAX_BEAT_FILE_BYTES {
            return Err(BeatFileError::TooLarge);
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut columns = None;
        let mut lines: Vec<Line> = Vec::new();
        for (line, text) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            let text = text.split(|&byte| byte == b'#').next().unwrap_or_default();
            if text.trim_ascii().is_empty() {
                continue;
            }
            let wrong = |what: String| BeatFileError::Line { line, what };
            let text = std::str::from_utf8(text).map_err(|_| wrong("this is no text".into()))?;
            let beat = parse_line(text, &mut columns).map_err(wrong)?;
            if let Some((last, _)) = lines.last().filter(|(last, _)| last.seconds >= beat.0.seconds)
            {
                return Err(wrong(format!(
                    "a beat at {} s, not later than the one before at {} s",
                    beat.0.seconds, last.seconds
                )));
            }
            lines.push(beat);
        }
        if columns == Some(Columns::HalfAndBar) {
            add_bar_lines(&mut lines);
        }
        let beats: Vec<_> = lines.into_iter().map(|(beat, _)| beat).collect();
        if !beats.iter().any(|beat| beat.begins_bar) {
            return Err(BeatFileError::NoBars);
        }
        Ok(Self { beats })
    }

    /// The beats, later and later; at least one begins a bar.
    #[must_use]
    pub fn beats(&self) -> &[BeatMark] {
        &self.beats
    }
}

fn parse_line(text: &str, columns: &mut Option<Columns>) -> Result<Line, String> {
    const FORMS: &str = "\"seconds number-in-bar\" or \"seconds half bar\" with flags 0 or 1";
    let is_space = |c: char| c.is_ascii_whitespace() || c == ',' || c == ';';
    let mut fields = text.split(is_space).filter(|field| !field.is_empty());
    let mut number = || match fields.next().map(|field| (field, field.parse::<f64>())) {
        Some((_, Ok(number))) => Ok(Some(number)),
        Some((field, Err(_))) => {
            let field: String = field.chars().take(20).collect();
            Err(format!("{field:?} is no number; a beat is {FORMS}"))
        }
        None => Ok(None),
    };
    let (seconds, first, second, more) = (number()?, number()?, number()?, number()?);
    let (Some(seconds), Some(first), None) = (seconds, first, more) else {
        return Err(format!("one beat to a line is expected, {FORMS}"));
    };
    if !(0.0..=LATEST_SECONDS).contains(&seconds) {
        return Err(format!("no beat lies at {seconds} s"));
    }
    let found = if second.is_none() { Columns::Number } else { Columns::HalfAndBar };
    if *columns.get_or_insert(found) != found {
        return Err(format!("not as many columns as before; a beat is {FORMS}"));
    }
    let is_flag = |flag: f64| flag == 0.0 || flag == 1.0;
    match second {
        Some(bar) if is_flag(first) && is_flag(bar) => {
            Ok((BeatMark { seconds, begins_bar: bar == 1.0 }, first == 1.0))
        }
        Some(_) => Err(format!("a flag is 0 or 1; a beat is {FORMS}")),
        None if first.fract() == 0.0 && (1.0..=255.0).contains(&first) => {
            Ok((BeatMark { seconds, begins_bar: first == 1.0 }, false))
        }
        None => Err(format!("{first} is no beat's number in a bar, which is 1, 2, 3 and so on")),
    }
}

/// Puts bar lines where an annotator left them out of a run of regular halves.
fn add_bar_lines(lines: &mut [Line]) {
    let bars: Vec<usize> = (0..lines.len()).filter(|&i| lines[i].0.begins_bar).collect();
    for pair in bars.windows(2) {
        let beats = &mut lines[pair[0]..pair[1]];
        let are_halves_regular = beats.iter().enumerate().all(|(i, beat)| beat.1 == (i % 2 == 0));
        if are_halves_regular && matches!(beats.len(), 8 | 12) {
            beats.iter_mut().step_by(BEATS_PER_BAR).for_each(|beat| beat.0.begins_bar = true);
        }
    }
}

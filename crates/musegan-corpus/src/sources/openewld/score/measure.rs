//! The elements of a part, measure by measure.
use musegan_score::Pitch;
use musegan_score::chord::pitch_class;
use roxmltree::Node;

use super::{Jump, Measure, Sign, WrittenNote, child, number, symbol, text};
use crate::chart::TICKS_PER_BAR;

/// Measures of the longest score that is read.
const MAX_MEASURES: usize = 2000;
/// Longer notes and rests are damage: a minute's worth of beats.
const MAX_QUARTERS: f64 = 64.0;

/// What goes on from one measure to the next.
struct Clock {
    divisions: f64,
    transpose: i16,
}

/// All measures of a part.
pub(super) fn read(part: Node) -> Result<Vec<Measure>, String> {
    let mut clock = Clock { divisions: 1.0, transpose: 0 };
    let mut measures = Vec::new();
    for node in part.children().filter(|node| node.has_tag_name("measure")) {
        if measures.len() == MAX_MEASURES {
            return Err(format!("more than {MAX_MEASURES} measures"));
        }
        let number = measures.len() + 1;
        measures.push(measure(node, &mut clock).map_err(|e| format!("measure {number}: {e}"))?);
    }
    if measures.is_empty() { Err("the part has no measures".to_owned()) } else { Ok(measures) }
}

fn measure(node: Node, clock: &mut Clock) -> Result<Measure, String> {
    let mut measure = Measure::default();
    let mut at = 0;
    let mut chord_at = 0;
    for element in node.children() {
        match element.tag_name().name() {
            "attributes" => clock.read(element)?,
            "note" => {
                let length = clock.ticks(element)?;
                let grace = child(element, "grace").is_some();
                let onset = if child(element, "chord").is_some() { chord_at } else { at };
                if !grace {
                    note(element, onset, length, clock, &mut measure);
                    chord_at = onset;
                    at = at.max(onset + length);
                }
            }
            "backup" => at = at.saturating_sub(clock.ticks(element)?),
            "forward" => at += clock.ticks(element)?,
            "harmony" => {
                let offset = number(element, "offset").unwrap_or(0.0) / clock.divisions * 480.0;
                let tick = (at as f64 + offset.clamp(-1e5, 1e5)).max(0.0) as u64;
                measure.chords.extend(symbol(element).map(|chord| (tick, chord)));
            }
            "direction" => direction(element, at, &mut measure),
            "sound" => sound(element, &mut measure),
            "barline" => barline(element, &mut measure),
            _ => {}
        }
        measure.ticks = measure.ticks.max(at);
    }
    measure.chords.sort_by_key(|(tick, _)| *tick);
    Ok(measure)
}

impl Clock {
    fn read(&mut self, attributes: Node) -> Result<(), String> {
        if let Some(divisions) = number::<f64>(attributes, "divisions") {
            if !(1.0..=1e6).contains(&divisions) {
                return Err(format!("{divisions} divisions of a quarter make no sense"));
            }
            self.divisions = divisions;
        }
        if let Some(transpose) = child(attributes, "transpose") {
            let octaves: i16 = number(transpose, "octave-change").unwrap_or(0);
            let semitones: i16 = number(transpose, "chromatic").unwrap_or(0);
            self.transpose = octaves.clamp(-4, 4) * 12 + semitones.clamp(-24, 24);
        }
        Ok(())
    }

    /// The duration of an element in ticks; none is none.
    fn ticks(&self, element: Node) -> Result<u64, String> {
        let quarters = number::<f64>(element, "duration").unwrap_or(0.0) / self.divisions;
        if (0.0..=MAX_QUARTERS).contains(&quarters) {
            Ok((quarters * TICKS_PER_BAR as f64 / 4.0).round() as u64)
        } else {
            Err(format!("a duration of {quarters} quarters"))
        }
    }
}

fn note(element: Node, onset: u64, length: u64, clock: &Clock, measure: &mut Measure) {
    let Some(pitch) = child(element, "pitch") else { return };
    let sounding = || {
        let natural = i16::from(pitch_class(text(pitch, "step")?)?);
        let octave: i16 = number(pitch, "octave").filter(|octave| (0..=9).contains(octave))?;
        let alter = number::<f64>(pitch, "alter").unwrap_or(0.0).clamp(-3.0, 3.0) as i16;
        Pitch::new(u8::try_from((octave + 1) * 12 + natural + alter + clock.transpose).ok()?)
    };
    let ties = || element.children().filter(|node| node.has_tag_name("tie"));
    let is_tied = ties().any(|tie| tie.attribute("type") == Some("stop"));
    if let (Some(pitch), 1..) = (sounding(), length) {
        measure.notes.push(WrittenNote { onset, length, pitch, is_tied });
    }
}

fn barline(element: Node, measure: &mut Measure) {
    if let Some(ending) = child(element, "ending") {
        match ending.attribute("type") {
            Some("start") => {
                let numbers = ending.attribute("number").unwrap_or("1");
                let numbers = numbers.split([',', ' ', '.']).filter_map(|n| n.parse().ok());
                measure.endings = numbers.filter(|n| (1..=16).contains(n)).collect();
            }
            _ => measure.ending_ends = true,
        }
    }
    if let Some(repeat) = child(element, "repeat") {
        match repeat.attribute("direction") {
            Some("forward") => measure.repeat_begins = true,
            _ => {
                let times = repeat.attribute("times").and_then(|times| times.parse().ok());
                measure.repeat_ends = Some(times.unwrap_or(2).clamp(2, 8));
            }
        }
    }
}

fn direction(element: Node, at: u64, measure: &mut Measure) {
    for node in element.descendants() {
        match node.tag_name().name() {
            "segno" => measure.sign = Some(Sign::Segno),
            "coda" => measure.sign = Some(Sign::Coda),
            "sound" => sound(node, measure),
            "words" => words(node.text().unwrap_or_default(), at, measure),
            _ => {}
        }
    }
}

fn words(text: &str, at: u64, measure: &mut Measure) {
    let words = text.trim().to_lowercase();
    if words == "n.c." {
        measure.chords.push((at, None));
    } else if words.starts_with("d.c") {
        measure.jump = Some(Jump::Start);
    } else if words.starts_with("d.s") {
        measure.jump = Some(Jump::Segno);
    } else if words == "fine" {
        measure.sign = Some(Sign::Fine);
    }
}

fn sound(element: Node, measure: &mut Measure) {
    let has = |name| element.attribute(name).is_some();
    if has("dacapo") {
        measure.jump = Some(Jump::Start);
    } else if has("dalsegno") {
        measure.jump = Some(Jump::Segno);
    } else if has("fine") {
        measure.sign = Some(Sign::Fine);
    }
}

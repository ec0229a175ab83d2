//! A MusicXML score as measures of notes and chords, in the order they are written.
use musegan_score::{Chord, Key, Pitch};
use roxmltree::{Document, Node, ParsingOptions};

use super::harmony;
use crate::chart::{ChartBar, TICKS_PER_BAR};
use crate::sources::keys;

mod measure;

/// Elements of the largest score that is read.
const MAX_NODES: u32 = 1 << 20;

/// A lead sheet as it is written.
pub(super) struct Score {
    pub title: String,
    pub composer: String,
    /// Quarter notes per minute, where it says so.
    pub bpm: Option<f64>,
    fifths: Option<i8>,
    /// Upper and lower number, where there is a time signature.
    signature: Option<(u8, u8)>,
    pub measures: Vec<Measure>,
}

/// A measure as it is written; ticks count from its beginning.
#[derive(Debug, Default)]
pub(super) struct Measure {
    pub ticks: u64,
    pub notes: Vec<WrittenNote>,
    pub chords: Vec<(u64, Option<Chord>)>,
    /// A repeated passage begins before it.
    pub repeat_begins: bool,
    /// A repeated passage ends after it; how often it is played in all.
    pub repeat_ends: Option<usize>,
    /// The endings that begin before it, from 1.
    pub endings: Vec<usize>,
    /// An ending ends after it.
    pub ending_ends: bool,
    pub sign: Option<Sign>,
    pub jump: Option<Jump>,
}

/// Where jumps go to, and what ends the second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Segno,
    Coda,
    Fine,
}

/// D.C. and D.S.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jump {
    Start,
    Segno,
}

/// A note in ticks of its measure.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrittenNote {
    pub onset: u64,
    pub length: u64,
    pub pitch: Pitch,
    /// Whether it goes on sounding what a tie leads from.
    pub is_tied: bool,
}

impl Score {
    pub fn parse(xml: &str) -> Result<Self, String> {
        let options =
            ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        // References to them may make any text of a short one, and scores declare none.
        if xml.contains("<!ENTITY") {
            return Err("it declares entities, which no score does".to_owned());
        }
        let document =
            Document::parse_with_options(xml, options).map_err(|error| error.to_string())?;
        let root = document.root_element();
        if !root.has_tag_name("score-partwise") {
            return Err(format!("a score-partwise is expected, not {:?}", root.tag_name().name()));
        }
        let part = child(root, "part").ok_or("the score has no part")?;
        let measures = measure::read(part)?;
        let find = |name| root.descendants().find(move |node| node.has_tag_name(name));
        let title = child(root, "work").and_then(|work| text(work, "work-title"));
        let is_composer = |node: &Node| node.attribute("type") == Some("composer");
        let creators = root.descendants().filter(|node| node.has_tag_name("creator"));
        let composer = creators.filter(is_composer).find_map(|node| node.text());
        let sounds = part.descendants().filter(|node| node.has_tag_name("sound"));
        let tempo = |node: Node| node.attribute("tempo")?.parse::<f64>().ok();
        let signature = find("time");
        Ok(Self {
            title: title.or(text(root, "movement-title")).unwrap_or_default().to_owned(),
            composer: composer.unwrap_or_default().trim().to_owned(),
            bpm: sounds.filter_map(tempo).find(|bpm| (30.0..=300.0).contains(bpm)),
            fifths: find("fifths").and_then(|node| node.text()?.trim().parse().ok()),
            signature: signature
                .and_then(|time| Some((number(time, "beats")?, number(time, "beat-type")?))),
            measures,
        })
    }

    /// Quarters of most measures, which is what the signature says except where there is none or
    /// it is wrong; 0 where most measures end within a quarter.
    pub fn quarters_per_bar(&self) -> u64 {
        let signed =
            self.signature.map(|(count, unit)| u64::from(count) * 4 * 480 / u64::from(unit.max(1)));
        let of = |ticks| self.measures.iter().filter(|measure| measure.ticks == ticks).count();
        let lengths = self.measures.iter().map(|measure| measure.ticks);
        let common = lengths.max_by_key(|ticks| (of(*ticks), *ticks)).unwrap_or(0);
        let ticks = signed.filter(|signed| of(*signed) * 2 > self.measures.len()).unwrap_or(common);
        // Six eighths are two beats of three, not three of two.
        let in_threes = self.signature.is_some_and(|(count, unit)| unit == 8 && count % 3 == 0);
        if in_threes || !ticks.is_multiple_of(TICKS_PER_BAR / 4) {
            return 0;
        }
        ticks * 4 / TICKS_PER_BAR
    }

    /// The time signature as it is written.
    pub fn metre(&self) -> String {
        match self.signature {
            Some((count, unit)) => format!("{count}/{unit}"),
            None => "not given".to_owned(),
        }
    }

    /// The key: the signature's scale, major or minor by its chords; theirs alone where there is
    /// no signature.
    pub fn key(&self, bars: &[ChartBar]) -> Key {
        let found = keys::of_chords(bars.iter().copied());
        let Some(fifths) = self.fifths else { return found };
        let major = Key::new((i32::from(fifths) * 7).rem_euclid(12) as u8, false);
        let minor = Key::new(major.tonic() + 9, true);
        match found {
            _ if found == minor => minor,
            // Flat contradiction: signatures were lost in some scores.
            _ if fifths == 0 => found,
            _ => major,
        }
    }
}

/// A child element.
pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

/// The trimmed text of a child element.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name)?.text().map(str::trim).filter(|text| !text.is_empty())
}

/// The number in a child element.
pub(super) fn number<T: std::str::FromStr>(node: Node, name: &str) -> Option<T> {
    text(node, name)?.parse().ok()
}

/// The chord symbols that a measure's element gives, `Some(None)` for none.
pub(super) fn symbol(harmony: Node) -> Option<Option<Chord>> {
    harmony::chord(harmony)
}

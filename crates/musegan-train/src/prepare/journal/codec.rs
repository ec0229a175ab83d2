//! The bytes of a record: small, and the same for the same content.
//!
//! Numbers are LEB128, texts a length and UTF-8. What must stay true: decoding gives back what was
//! encoded, and bytes that nobody encoded are refused, however they came there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use musegan_score::chord::Quality;
use musegan_score::layout::PlacedNote;
use musegan_score::{Chord, Key};

use crate::prepare::prepared::{Contents, LabelledPhrase, Origin, Prepared, Unreadable};

/// First byte of a record that holds a file.
const FILE: u8 = 0;
/// First byte of the end mark.
pub const END: u8 = 1;
/// The byte of a key or a chord that is not known.
const UNKNOWN: u8 = 255;
/// Distinct names of rules and measures that a process meets.
const MAX_NAMES: usize = 1024;

/// The content of the record of a file. It begins with corpus, song and file.
pub fn encode(prepared: &Prepared) -> Vec<u8> {
    let mut out = vec![FILE];
    for name in [&prepared.corpus, &prepared.song, &prepared.file] {
        text(&mut out, name);
    }
    out.extend(prepared.weight.to_le_bytes());
    match &prepared.origin {
        None => out.push(0),
        Some(origin) => {
            out.push(1);
            for line in [&origin.source, &origin.licence, &origin.attribution] {
                text(&mut out, line);
            }
        }
    }
    match &prepared.outcome {
        Err(unreadable) => {
            out.push(0);
            text(&mut out, &unreadable.reason);
        }
        Ok(contents) => {
            out.push(1);
            encode_contents(&mut out, contents);
        }
    }
    out
}

fn encode_contents(out: &mut Vec<u8>, contents: &Contents) {
    text(out, contents.damage.as_deref().unwrap_or_default());
    out.push(contents.cells_only.into());
    number(out, contents.bars);
    number(out, contents.dropped.len() as u64);
    for (rule, count) in &contents.dropped {
        text(out, rule);
        number(out, *count);
    }
    number(out, contents.measures.len() as u64);
    for (measure, value) in &contents.measures {
        text(out, measure);
        out.extend(value.to_le_bytes());
    }
    number(out, contents.assignments.len() as u64);
    contents.assignments.iter().for_each(|assignment| text(out, assignment));
    number(out, contents.phrases.len() as u64);
    contents.phrases.iter().for_each(|phrase| encode_phrase(out, phrase));
}

fn encode_phrase(out: &mut Vec<u8>, phrase: &LabelledPhrase) {
    number(out, phrase.bar.into());
    text(out, &phrase.section);
    out.push(phrase.key.map_or(UNKNOWN, Key::code));
    number(out, phrase.chords.len() as u64);
    for chord in &phrase.chords {
        match chord {
            None => out.push(UNKNOWN),
            Some(chord) => out.extend([chord.root(), chord.quality.code(), chord.bass()]),
        }
    }
    number(out, phrase.notes.len() as u64);
    for note in &phrase.notes {
        out.push(note.part);
        number(out, note.onset.into());
        out.push(note.pitch);
        number(out, note.length.into());
        out.push(note.velocity);
    }
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend(text.as_bytes());
}

/// Corpus, song and file of a record.
pub fn names(record: &[u8]) -> Option<[&str; 3]> {
    let mut input = Input(record);
    (input.byte()? == FILE).then_some(())?;
    Some([input.text()?, input.text()?, input.text()?])
}

/// What was encoded, or `None` for bytes that nobody encoded.
pub fn decode(record: &[u8]) -> Option<Prepared> {
    let [corpus, song, file] = names(record)?.map(str::to_owned);
    let mut input = Input(record);
    input.byte()?;
    for _ in 0..3 {
        input.text()?;
    }
    let weight = f64::from_le_bytes(input.array()?);
    let origin = match input.byte()? {
        0 => None,
        _ => Some(Origin {
            source: input.text()?.to_owned(),
            licence: input.text()?.to_owned(),
            attribution: input.text()?.to_owned(),
        }),
    };
    let outcome = match input.byte()? {
        0 => Err(Unreadable { reason: input.text()?.to_owned() }),
        _ => Ok(input.contents()?),
    };
    let prepared = Prepared { corpus, song, file, origin, weight, outcome };
    input.0.is_empty().then_some(prepared)
}

/// The bytes that are left. Every method is `None` where they do not suffice.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.array::<1>()?[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn small<T: TryFrom<u64>>(&mut self) -> Option<T> {
        self.number()?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.small()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    /// As many as the number that comes first says; each takes a byte at least.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count: usize = self.small()?;
        let mut items = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Some(items)
    }

    fn contents(&mut self) -> Option<Contents> {
        let damage = self.text()?;
        Some(Contents {
            damage: (!damage.is_empty()).then(|| damage.to_owned()),
            cells_only: self.byte()? != 0,
            bars: self.number()?,
            dropped: BTreeMap::from_iter(
                self.list(|input| Some((name(input.text()?)?, input.number()?)))?,
            ),
            measures: self
                .list(|input| Some((name(input.text()?)?, f32::from_le_bytes(input.array()?))))?,
            assignments: self.list(|input| Some(input.text()?.to_owned()))?,
            phrases: self.list(Self::phrase)?,
        })
    }

    fn phrase(&mut self) -> Option<LabelledPhrase> {
        Some(LabelledPhrase {
            bar: self.small()?,
            section: self.text()?.to_owned(),
            key: match self.byte()? {
                UNKNOWN => None,
                code => Some(Key::of_code(code)?),
            },
            chords: self.list(|input| match input.byte()? {
                UNKNOWN => Some(None),
                root => {
                    let quality = Quality::ALL.get(usize::from(input.byte()?))?;
                    Some(Some(Chord::new(root, *quality, input.byte()?)))
                }
            })?,
            notes: self.list(|input| {
                Some(PlacedNote {
                    part: input.byte()?,
                    onset: input.small()?,
                    pitch: input.byte()?,
                    length: input.small()?,
                    velocity: input.byte()?,
                })
            })?,
        })
    }
}

/// The name of a rule or measure, kept for good: there are few of them, and they are the program's
/// own words.
fn name(text: &str) -> Option<&'static str> {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = names.get(text) {
        return Some(known);
    }
    if names.len() >= MAX_NAMES {
        return None;
    }
    let kept: &'static str = String::from(text).leak();
    names.insert(kept);
    Some(kept)
}

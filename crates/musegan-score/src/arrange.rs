//! Who plays what: which part of a layout each part of a song becomes, and why.
//!
//! Program, name, register and way of playing decide together, because files are written in every
//! way: all parts on program 0, names in any language or none, drums on any channel. A program
//! other than 0 is believed, then a name, then the notes. Several parts may become one, which then
//! merge; what must stay true is that every choice has a reason that can be read, and that it
//! depends on this song alone.
//!
//! The five tracks are filled as in the Lakh Pianoroll Dataset's five-track version (Dong et al.,
//! AAAI 2018), which sends melodies, leads, brass and reeds to the strings; here keyboards of all
//! kinds join the piano, and sound effects stay out.
use std::cell::OnceCell;
use std::fmt;

use crate::layout::Parts;
use crate::{Part, Song, Track};

mod families;
mod guess;
mod names;
mod reason;
mod statistics;
mod tune;

pub use reason::Reason;

use statistics::Statistics;

/// What becomes of a part of a song.
///
/// It prints as the reason: `program 33 is a bass`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Index of the layout's part that it joins, or `None` where it is left out.
    pub part: Option<u8>,
    /// Why.
    pub reason: Reason,
    /// An earlier part of the song with exactly the same onsets and pitches.
    pub doubles: Option<usize>,
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        match self.doubles {
            Some(part) => write!(f, "; the same notes as part {}", part + 1),
            None => Ok(()),
        }
    }
}

/// What a part plays: a drum kit, or a General MIDI program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plays {
    Drums,
    Program(u8),
}

/// One assignment for each part of the song, in their order.
///
/// | layout | what becomes of the parts |
/// |---|---|
/// | [`Parts::Band`] | the five tracks, as [`track_of_program`] has them; the lowest voice is the bass where no other part is |
/// | [`Parts::Families`] | the sixteen families of General MIDI, and the drums |
/// | [`Parts::Melody`] | the one part that is most likely the tune, if any is |
/// | [`Parts::Piano`] | all pianos; a song's only pitched part, whatever it is |
#[must_use]
pub fn assign(song: &Song, parts: Parts) -> Vec<Assignment> {
    let listener = Listener::of(song);
    let roles = guess::roles(&listener);
    let chosen: Vec<_> = match parts {
        Parts::Band => families::band(&listener, roles),
        Parts::Families => {
            let family = |(plays, reason)| (Some(families::family(plays)), reason);
            roles.into_iter().map(family).collect()
        }
        Parts::Melody => tune::only(&listener, roles),
        Parts::Piano => families::pianos(&listener, roles),
    };
    let doubles = doubles(song);
    let assignments = chosen.into_iter().zip(doubles);
    assignments.map(|((part, reason), doubles)| Assignment { part, reason, doubles }).collect()
}

/// The assignments as sentences for a report, in the song's order:
/// `"Lead Gtr" (channel 4, 310 notes): Guitar, program 30 is a guitar`.
#[must_use]
pub fn describe(song: &Song, parts: Parts, assignments: &[Assignment]) -> Vec<String> {
    let names = parts.names();
    let sentence = |(part, assignment): (&Part, &Assignment)| {
        let name = match &part.name {
            Some(name) => format!("{:?}", name.chars().take(40).collect::<String>()),
            None => "unnamed".into(),
        };
        let plays = assignment.part.and_then(|part| names.get(usize::from(part)));
        format!(
            "{name} (channel {}, {} notes): {}, {assignment}",
            part.channel + 1,
            part.notes.len(),
            plays.unwrap_or(&"left out"),
        )
    };
    song.parts.iter().zip(assignments).map(sentence).collect()
}

/// A song whose parts are listened to, each at most once.
struct Listener<'a> {
    song: &'a Song,
    song_beats: f32,
    statistics: Vec<OnceCell<Statistics>>,
}

impl<'a> Listener<'a> {
    fn of(song: &'a Song) -> Self {
        let ends = || song.parts.iter().flat_map(|part| [part.notes.first(), part.notes.last()]);
        let first = ends().flatten().map(|note| note.onset).min().unwrap_or(0);
        let last = ends().flatten().map(|note| note.onset).max().unwrap_or(0);
        let song_beats = (last - first) as f32 / song.ticks_per_beat.max(1) as f32;
        Self { song, song_beats, statistics: vec![OnceCell::new(); song.parts.len()] }
    }

    fn statistics(&self, part: usize) -> &Statistics {
        self.statistics[part].get_or_init(|| {
            Statistics::of(&self.song.parts[part], self.song.ticks_per_beat, self.song_beats)
        })
    }
}

/// For each part the first earlier one with the same onsets and pitches.
fn doubles(song: &Song) -> Vec<Option<usize>> {
    // Sorted by their notes, equal parts lie together and the first comes first; a file may have
    // too many parts to compare each with each.
    let notes = |part: usize| song.parts[part].notes.iter().map(|note| (note.onset, note.pitch));
    let mut order: Vec<usize> = (0..song.parts.len()).collect();
    order.retain(|&part| !song.parts[part].notes.is_empty());
    let count = |part: usize| song.parts[part].notes.len();
    order.sort_by(|&a, &b| count(a).cmp(&count(b)).then_with(|| notes(a).cmp(notes(b))));
    let mut doubles = vec![None; song.parts.len()];
    for equals in order.chunk_by(|&a, &b| count(a) == count(b) && notes(a).eq(notes(b))) {
        for &double in &equals[1..] {
            doubles[double] = Some(equals[0]);
        }
    }
    doubles
}

/// The track that plays a General MIDI program, `0..128`.
///
/// | programs | family | track |
/// |---|---|---|
/// | 0-23 | piano, chromatic percussion, organ | piano |
/// | 24-31, 104-107 | guitar; sitar, banjo, shamisen, koto | guitar |
/// | 32-39 | bass | bass |
/// | 40-103, 109-111 | strings, ensemble, brass, reed, pipe, lead, pad; fiddle | strings |
/// | 108, 112, 114 | kalimba, tinkle bell, steel drums | piano |
/// | 47, 113, 115-127 | timpani, percussion, sound effects | none |
#[must_use]
pub const fn track_of_program(program: u8) -> Option<Track> {
    match program {
        0..=23 | 108 | 112 | 114 => Some(Track::Piano),
        24..=31 | 104..=107 => Some(Track::Guitar),
        32..=39 => Some(Track::Bass),
        40..=46 | 48..=103 | 109..=111 => Some(Track::Strings),
        _ => None,
    }
}

/// The track that a part's name suggests, if any. "Bass drum" is drums, "bass guitar" is bass.
#[must_use]
pub fn track_of_name(name: &str) -> Option<Track> {
    families::track(names::instrument(name)?)
}

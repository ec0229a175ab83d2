//! What every part of a song plays, by program, by name, or by listening.
use super::statistics::Statistics;
use super::{Listener, Plays, Reason, names};
use crate::Part;

const PIANO: Plays = Plays::Program(0);
const GUITAR: Plays = Plays::Program(25);
const BASS: Plays = Plays::Program(33);
const STRINGS: Plays = Plays::Program(48);
const LEAD: Plays = Plays::Program(80);

/// A part named a bass under another program is one if its mean pitch lies below this.
const BASS_BELOW: f32 = 52.0;

/// What each part plays and why.
pub(super) fn roles(listener: &Listener) -> Vec<(Plays, Reason)> {
    let parts = &listener.song.parts;
    let named = names_that_count(parts);
    let known: Vec<_> = (0..parts.len())
        .map(|index| known(listener, index, named.then_some(()).and(parts[index].name.as_deref())))
        .collect();
    // Where no pitched part has a program but 0, that 0 says nothing.
    let zero_means_piano =
        parts.iter().any(|part| !part.is_drums && part.program.is_some_and(|program| program != 0));
    let bass = lowest_voice(listener, &known, zero_means_piano);
    let role = |(index, known): (usize, Option<(Plays, Reason)>)| {
        known.unwrap_or_else(|| match parts[index].program {
            _ if bass == Some(index) => {
                heard(&parts[index], BASS, "lowest and single-voiced: a bass")
            }
            Some(0) if zero_means_piano => (PIANO, Reason::Program(0)),
            _ => guess(&parts[index], listener.statistics(index), parts.len()),
        })
    };
    known.into_iter().enumerate().map(role).collect()
}

/// Names say nothing where all pitched parts have the same, as in a file of one track.
fn names_that_count(parts: &[Part]) -> bool {
    let mut names = parts.iter().filter(|part| !part.is_drums).map(|part| &part.name);
    let first = names.next();
    let mut others = names.peekable();
    others.peek().is_none() || others.any(|name| Some(name) != first)
}

/// What a part plays if its channel, program or name says so, or if only a drum kit plays so.
fn known(listener: &Listener, index: usize, name: Option<&str>) -> Option<(Plays, Reason)> {
    let part = &listener.song.parts[index];
    if part.is_drums {
        return Some((Plays::Drums, Reason::DrumChannel));
    }
    let named = name.and_then(|name| Some((names::instrument(name)?, Reason::Name(name.into()))));
    match (part.program, named) {
        (None | Some(0), Some(named)) => Some(named),
        (None | Some(0), None) if listener.statistics(index).is_drum_kit() => {
            Some(heard(part, Plays::Drums, "kick, snare and hi-hat: a drum kit"))
        }
        (None | Some(0), None) => None,
        (Some(_), Some((Plays::Drums, reason))) if listener.statistics(index).is_drum_kit() => {
            Some((Plays::Drums, reason))
        }
        (Some(40..), Some((BASS, reason))) if listener.statistics(index).pitch < BASS_BELOW => {
            Some((BASS, reason))
        }
        (Some(program), _) => Some((Plays::Program(program), Reason::Program(program))),
    }
}

/// The unknown part that is the bass where none is known: lowest of all and one note at a time.
/// A piece of one or two parts without drums is a piano's two hands.
fn lowest_voice(
    listener: &Listener,
    known: &[Option<(Plays, Reason)>],
    zero_means_piano: bool,
) -> Option<usize> {
    let parts = &listener.song.parts;
    let is_bass =
        |role: &Option<(Plays, Reason)>| matches!(role, Some((Plays::Program(32..=39 | 43), _)));
    if known.iter().any(is_bass) || parts.len() < 3 {
        return None;
    }
    let unknown = (0..parts.len()).filter(|&index| known[index].is_none());
    let unknown = unknown.filter(|&index| !(zero_means_piano && parts[index].program == Some(0)));
    let low = unknown.filter(|&index| {
        let heard = listener.statistics(index);
        heard.is_single_voiced() && heard.pitch < BASS_BELOW && heard.notes >= 8
    });
    low.min_by(|&a, &b| listener.statistics(a).pitch.total_cmp(&listener.statistics(b).pitch))
}

fn heard(part: &Part, plays: Plays, heard: &'static str) -> (Plays, Reason) {
    (plays, Reason::Notes { program: part.program, heard })
}

/// What a part most likely plays that nothing names. The numbers are where a decision tree over
/// real multitrack files divides them; `examples/roles` measures what they are worth.
fn guess(part: &Part, statistics: &Statistics, parts: usize) -> (Plays, Reason) {
    if parts < 3 {
        return match part.program {
            Some(program) => (PIANO, Reason::Program(program)),
            None => heard(part, PIANO, "one of two hands: a piano"),
        };
    }
    let Statistics { pitch, alone, beats, onsets_per_beat, activity, .. } = *statistics;
    if pitch < 42.0 && alone > 0.57 {
        heard(part, BASS, "low and single-voiced: a bass")
    } else if statistics.power_chords > 0.5 {
        heard(part, GUITAR, "playing power chords: a guitar")
    } else if pitch < 56.0 && onsets_per_beat < 1.1 {
        heard(part, STRINGS, "low and slow: strings")
    } else if pitch < 56.0 {
        heard(part, GUITAR, "moving in the middle: a guitar")
    } else if alone > 0.5 {
        heard(part, LEAD, "high and single-voiced: a lead")
    } else if beats > 1.75 || activity < 0.4 {
        heard(part, STRINGS, "long or few chords: strings")
    } else {
        heard(part, PIANO, "chords: a piano")
    }
}

//! A real piano, kept: its notes, timing and dynamics, cleaned of what a band has no room for.
use std::collections::BTreeMap;

use musegan_score::{Pitch, SongNote, Track, Velocity};

use crate::chart::{BEATS_PER_BAR, Chart, TICKS_PER_BAR, VoiceRole};
use crate::dice::Dice;
use crate::figure::TICKS_PER_STEP;
use crate::plan::{Plan, Style};
use crate::touch::{Draft, swung};

/// Range that phrases have.
const LOW: u8 = 24;
const HIGH: u8 = 95;
/// Below the C under middle C the bass has the word when it plays.
const BASS: u8 = 48;
/// Below this the left hand plays.
const LEFT: u8 = 54;
/// How likely a pianist leaves the roots to the bassist in a group of sections: seldom, since a
/// left hand that rests makes a thin piano.
const LEAVES: f64 = 0.2;
/// How likely a group of sections is played with the pedal, which sources do not write down.
const PEDALLED: f64 = 0.8;
/// Notes that begin within so many ticks are one chord.
const TOGETHER: u64 = TICKS_PER_STEP / 2;

/// The piano as it is played in this arrangement, sorted.
#[must_use]
pub fn played(chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<SongNote> {
    let note = |draft: &Draft| {
        let onset = swung(draft.tick, plan.swing);
        let length = swung(draft.end(), plan.swing).saturating_sub(onset).max(1);
        let velocity = Velocity::clamped(draft.accent as i32);
        Some(SongNote { onset, length, pitch: Pitch::new(draft.pitch)?, velocity })
    };
    let mut notes: Vec<SongNote> = kept(chart, plan, dice).iter().filter_map(note).collect();
    notes.sort_by_key(|note| (note.onset, note.pitch));
    notes
}

/// The notes that are kept, with their velocity as accent: those in bars where the piano plays,
/// within the range, once each, above the bass's register where it plays, and tones of the chord as
/// long as the pedal holds them. Where the band stops, only what begins with it.
#[must_use]
pub fn kept(chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<Draft> {
    let all = chart.voice(VoiceRole::Piano);
    let placed = |note: &SongNote| {
        let now = plan.bars.get((note.onset / TICKS_PER_BAR) as usize)?;
        let group = chart.sections.get(now.section).map_or(0, |section| section.group);
        let leaves = dice.happens(LEAVES, "roots left to the bass", group);
        let is_pedalled = !is_dry(plan.style) && dice.happens(PEDALLED, "pedal", group);
        let note = &if is_pedalled { pedalled(note, chart) } else { *note };
        match (now.plays(Track::Piano), now.plays(Track::Bass)) {
            (false, _) => None,
            (true, false) => Some(*note),
            (true, true) => above_the_bass(note, all, leaves),
        }
    };
    let mut bars: BTreeMap<usize, Vec<SongNote>> = BTreeMap::new();
    for note in once(all.iter().filter_map(placed)) {
        bars.entry((note.onset / TICKS_PER_BAR) as usize).or_default().push(note);
    }
    let mut drafts = Vec::new();
    for (bar, mut notes) in bars {
        let Some(now) = plan.bars.get(bar) else { continue };
        if now.stop {
            notes.retain(|note| note.onset % TICKS_PER_BAR < TOGETHER);
        }
        // What goes on into a bar of rest is let go of at the line.
        let rests = plan.bars.get(bar + 1).is_none_or(|next| !next.plays(Track::Piano));
        let line = (bar as u64 + 1) * TICKS_PER_BAR;
        drafts.extend(notes.into_iter().map(|note| {
            let end = if rests { note.end().min(line) } else { note.end() };
            let length =
                if now.stop { note.length.min(3 * TICKS_PER_STEP) } else { end - note.onset };
            Draft::new(note.onset, length.max(1), note.pitch.number())
                .accented(f64::from(note.velocity.value()))
        }));
    }
    drafts
}

/// Each key once at a time, within the range.
fn once(notes: impl Iterator<Item = SongNote>) -> Vec<SongNote> {
    let in_range = |note: &SongNote| (LOW..=HIGH).contains(&note.pitch.number());
    let mut notes: Vec<SongNote> = notes.filter(in_range).collect();
    notes.sort_by_key(|note| (note.pitch, note.onset));
    let mut kept: Vec<SongNote> = Vec::with_capacity(notes.len());
    for note in notes {
        match kept.last_mut().filter(|last| last.pitch == note.pitch) {
            Some(last) if note.onset < last.onset + TOGETHER => {
                last.length = last.length.max(note.end() - last.onset);
            }
            Some(last) => {
                last.length = last.length.min(note.onset - last.onset);
                kept.push(note);
            }
            None => kept.push(note),
        }
    }
    kept.sort_by_key(|note| (note.onset, note.pitch));
    kept
}

/// Where a note in the bassist's register is played: an octave higher; nowhere when the pianist
/// leaves the root to the bassist and has something else to strike.
fn above_the_bass(note: &SongNote, all: &[SongNote], leaves_roots: bool) -> Option<SongNote> {
    let pitch = note.pitch.number();
    let near = note.onset.saturating_sub(TOGETHER)..note.onset + TOGETHER;
    let from = all.partition_point(|other| other.onset < near.start);
    let mut together = all[from..].iter().take_while(|other| other.onset < near.end);
    let has_company = together.any(|other| other.pitch.number() >= LEFT);
    if leaves_roots && pitch < LEFT && has_company {
        return None;
    }
    let up = if pitch < BASS { 12 } else { 0 };
    Some(SongNote { pitch: note.pitch.transposed(up)?, ..*note })
}

/// Styles whose pianists let go of the keys, so that the rhythm stays dry.
const fn is_dry(style: Style) -> bool {
    matches!(style, Style::Funk | Style::Dance | Style::Reggae | Style::Latin)
}

/// A tone of the chord rings until the foot changes the pedal: on the first and the third beat,
/// and with every new chord. What is foreign to the chord would blur, and is as long as the key.
fn pedalled(note: &SongNote, chart: &Chart) -> SongNote {
    const BEAT: u64 = TICKS_PER_BAR / BEATS_PER_BAR as u64;
    let beat = (note.onset + TOGETHER) / BEAT;
    let Some(chord) = chart.chord(beat as usize).filter(|c| c.tones().contains(note.pitch)) else {
        return *note;
    };
    let half = (beat / 2 + 1) * 2;
    let changes = (beat + 1..half).find(|&beat| chart.chord(beat as usize) != Some(chord));
    let change = changes.unwrap_or(half) * BEAT;
    SongNote { length: note.length.max(change - note.onset), ..*note }
}

//! The tune: the source's own where it has one, composed where it has none, and who leads with it.
//!
//! What must stay true: in a bar exactly one part has the tune, or nobody where none of those that
//! can sing plays; sections of one group have the same tune, apart from how it ends.
use musegan_score::{SongNote, Track};

use crate::chart::{Chart, SectionRole, TICKS_PER_BAR, VoiceRole};
use crate::dice::Dice;
use crate::plan::Plan;

pub mod compose;
pub mod pitching;
pub mod rhythm;
pub mod scale;

/// How likely each part leads a section that is sung.
const SUNG: [(Track, f64); 3] =
    [(Track::Strings, 0.70), (Track::Piano, 0.15), (Track::Guitar, 0.15)];
/// How likely each part leads a section without singer.
const INSTRUMENTAL: [(Track, f64); 3] =
    [(Track::Strings, 0.45), (Track::Piano, 0.20), (Track::Guitar, 0.35)];
/// Share of a section's bars that a part must play in to lead it.
const PRESENT: f64 = 0.75;
/// How likely an instrumental section that the source leaves without tune is given one.
const FILLED: f64 = 0.6;
/// How likely an intro or outro that is composed has a tune.
const FRAMED: f64 = 0.65;

/// Who has the tune, bar by bar. A piano that the source has keeps its own notes and does not lead.
#[must_use]
pub fn lead(chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<Option<Track>> {
    let has_piano = !chart.voice(VoiceRole::Piano).is_empty();
    let may_lead = |track: Track| !(has_piano && track == Track::Piano);
    let leaders: Vec<Option<Track>> = chart
        .sections
        .iter()
        .map(|section| {
            let bars = plan.bars.get(section.first_bar..section.first_bar + section.bars)?;
            let present = |track: Track| {
                let plays = bars.iter().filter(|bar| bar.plays(track)).count();
                may_lead(track) && plays as f64 >= PRESENT * bars.len() as f64
            };
            let weights = if is_instrumental(section.role) { INSTRUMENTAL } else { SUNG };
            let present: Vec<_> =
                weights.into_iter().filter(|(track, _)| present(*track)).collect();
            dice.choose(&present, "lead", section.group).copied()
        })
        .collect();
    plan.bars
        .iter()
        .map(|bar| {
            let others = SUNG.map(|(track, _)| Some(track));
            let leader = leaders.get(bar.section).copied().flatten();
            let mut able = std::iter::once(leader).chain(others).flatten();
            able.find(|track| may_lead(*track) && bar.plays(*track))
        })
        .collect()
}

/// The whole tune, one note at a time, on the straight grid where it is composed and in the
/// source's own timing where it is not; sorted.
#[must_use]
pub fn tune(chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<SongNote> {
    let source = top_line(chart.voice(VoiceRole::Melody));
    let mut tune = Vec::new();
    for section in &chart.sections {
        let from = section.first_bar as u64 * TICKS_PER_BAR;
        let to = (section.first_bar + section.bars) as u64 * TICKS_PER_BAR;
        let own = source.iter().filter(|note| (from..to).contains(&note.onset));
        let before = tune.len();
        tune.extend(own.copied());
        let is_framing = matches!(section.role, SectionRole::Intro | SectionRole::Outro);
        let composes = match (source.is_empty(), is_framing) {
            (true, true) => dice.happens(FRAMED, "tune frames", section.group),
            (true, false) => true,
            (false, _) => {
                is_instrumental(section.role) && dice.happens(FILLED, "tune fills", section.group)
            }
        };
        if tune.len() == before && composes {
            tune.extend(compose::section(chart, plan, dice, section));
        }
    }
    tune
}

/// The tune as each part sings it, in the part's own register; by index of the track.
#[must_use]
pub fn parts(chart: &Chart, plan: &Plan, dice: &Dice) -> [Vec<SongNote>; Track::COUNT] {
    let tune = tune(chart, plan, dice);
    let lead = lead(chart, plan, dice);
    Track::ALL.map(|track| {
        let leads = |note: &&SongNote| {
            let bar = (note.onset / TICKS_PER_BAR) as usize;
            lead.get(bar).is_some_and(|leader| *leader == Some(track))
        };
        let own: Vec<SongNote> = tune.iter().filter(leads).copied().collect();
        in_register(&own, register(track))
    })
}

/// The source's second tune where the strings, who have it, play.
#[must_use]
pub fn answers(chart: &Chart, plan: &Plan) -> Vec<SongNote> {
    let plays = |note: &&SongNote| {
        let bar = plan.bars.get((note.onset / TICKS_PER_BAR) as usize);
        bar.is_some_and(|bar| bar.plays(Track::Strings))
    };
    let notes: Vec<SongNote> =
        chart.voice(VoiceRole::Countermelody).iter().filter(plays).copied().collect();
    in_register(&notes, ANSWERS)
}

/// Where a tune lies.
#[derive(Clone, Copy, Debug)]
struct Register {
    centre: u8,
    low: u8,
    high: u8,
}

/// The second tune lies a little lower than the first.
const ANSWERS: Register = Register { centre: 71, low: 55, high: 88 };

/// Where a part sings.
const fn register(track: Track) -> Register {
    match track {
        Track::Guitar => Register { centre: 64, low: 52, high: 76 },
        Track::Piano => Register { centre: 74, low: 60, high: 91 },
        _ => Register { centre: 76, low: 58, high: 88 },
    }
}

/// Notes moved by octaves, the same for a whole song, so that their middle comes near the centre
/// and few are outside the register; those are moved alone.
fn in_register(notes: &[SongNote], Register { centre, low, high }: Register) -> Vec<SongNote> {
    let mut pitches: Vec<i32> = notes.iter().map(|note| i32::from(note.pitch.number())).collect();
    pitches.sort_unstable();
    let Some(middle) = pitches.get(pitches.len() / 2) else { return Vec::new() };
    // What does not fit the range counts like lying an octave beside the centre.
    let outside = |octaves: &i32| {
        let fits =
            |pitch: &&i32| (i32::from(low)..=i32::from(high)).contains(&(**pitch + 12 * octaves));
        48 * (pitches.len() - pitches.iter().filter(fits).count()) as i32 / pitches.len() as i32
    };
    let cost = |octaves: &i32| (i32::from(centre) - middle - 12 * octaves).abs() + outside(octaves);
    let octaves = (-5..=5).min_by_key(cost).unwrap_or(0);
    let place = |pitch: u8| {
        let mut pitch = i32::from(pitch) + 12 * octaves;
        while pitch < i32::from(low) {
            pitch += 12;
        }
        while pitch > i32::from(high) {
            pitch -= 12;
        }
        musegan_score::Pitch::new(u8::try_from(pitch).ok()?)
    };
    let placed = |note: &SongNote| Some(SongNote { pitch: place(note.pitch.number())?, ..*note });
    notes.iter().filter_map(placed).collect()
}

/// One note at a time: of those that begin together the highest, each ending where the next begins.
fn top_line(notes: &[SongNote]) -> Vec<SongNote> {
    /// Ticks within which notes begin together.
    const TOGETHER: u64 = 30;
    let mut line: Vec<SongNote> = Vec::new();
    for note in notes {
        match line.last_mut() {
            Some(last) if note.onset.saturating_sub(last.onset) < TOGETHER => {
                if note.pitch > last.pitch {
                    *last = SongNote { onset: last.onset, ..*note };
                }
            }
            Some(last) => {
                last.length = last.length.min(note.onset - last.onset).max(1);
                line.push(*note);
            }
            None => line.push(*note),
        }
    }
    line
}

/// Whether nobody is expected to sing in such a section.
fn is_instrumental(role: SectionRole) -> bool {
    matches!(
        role,
        SectionRole::Intro | SectionRole::Solo | SectionRole::Interlude | SectionRole::Outro
    )
}

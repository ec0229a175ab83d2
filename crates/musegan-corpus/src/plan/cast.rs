//! Who plays when: parts enter and leave with the sections, so that a chorus is fuller than its
//! verse and a second verse than the first.
//!
//! What must stay true: drums and bass carry nearly every bar, and of piano, guitar and strings
//! at most one rests, except where a song begins or ends.
use musegan_score::Track;

use super::{BarPlan, Plan, Style};
use crate::chart::{SectionRole, VoiceRole};
use crate::{Chart, Dice};

/// Bars after which one who rested in a long section joins.
const HALF: usize = 8;

/// Gives every bar its players.
pub(super) fn choose(plan: &mut Plan, chart: &Chart, dice: &Dice) {
    let has_piano = !chart.voice(VoiceRole::Piano).is_empty();
    let guest = guest(plan.style, has_piano, dice);
    let host = other(guest);
    for bar in &mut plan.bars {
        let section = &chart.sections[bar.section];
        let role = section.role;
        if let Some(track) = resting(bar, role, section.group, [guest, host], dice) {
            rest(bar, track);
        }
        if silent_drums(bar, role, section.bars, dice) {
            rest(bar, Track::Drums);
        }
        if silent_bass(bar, role, section.bars, dice) {
            rest(bar, Track::Bass);
        }
    }
}

const fn rest(bar: &mut BarPlan, track: Track) {
    bar.plays[track.index()] = false;
}

/// The one who joins late: the guitar where a piano carries the style, the piano where a guitar
/// does, sometimes the strings, whose entry lifts a chorus. A piano that the source has is real and
/// waits less often.
fn guest(style: Style, has_piano: bool, dice: &Dice) -> Track {
    let (piano, guitar, strings) = match style {
        Style::Rock | Style::HardRock | Style::Country | Style::Reggae => (0.5, 0.28, 0.22),
        Style::Ballad | Style::Swing => (0.2, 0.58, 0.22),
        _ => (0.32, 0.46, 0.22),
    };
    let piano = if has_piano { 0.5 * piano } else { piano };
    let options = [(Track::Piano, piano), (Track::Guitar, guitar), (Track::Strings, strings)];
    dice.choose(&options, "guest", 0).copied().unwrap_or(Track::Guitar)
}

/// Who makes room in turn: the other of piano and guitar.
const fn other(track: Track) -> Track {
    match track {
        Track::Piano => Track::Guitar,
        _ => Track::Piano,
    }
}

/// Which of piano, guitar and strings rests in a bar, if any.
fn resting(
    bar: &BarPlan,
    role: SectionRole,
    group: usize,
    [guest, host]: [Track; 2],
    dice: &Dice,
) -> Option<Track> {
    let joins = bar.bar_in_section >= HALF;
    let happens = |probability: f64, what: &str| dice.happens(probability, what, bar.section);
    match (role, bar.repetition) {
        (SectionRole::Intro, _) => Some(guest),
        (SectionRole::Verse, 0) => (!joins || happens(0.7, "guest waits")).then_some(guest),
        (SectionRole::Verse, _) if happens(0.6, "a second verse is thin") => {
            let swapped = happens(0.6, "players swap");
            (!joins).then_some(if swapped { host } else { guest })
        }
        (SectionRole::PreChorus, 0) => happens(0.5, "guest waits").then_some(guest),
        (SectionRole::Chorus, 0) => happens(0.15, "guest waits").then_some(guest),
        (SectionRole::Bridge, _) => {
            // Whoever carried the verses makes room.
            dice.happens(0.75, "a bridge is other", group).then_some(host)
        }
        (SectionRole::Solo | SectionRole::Interlude, _) => {
            let who = if happens(0.5, "who makes room") { guest } else { host };
            happens(0.6, "someone makes room").then_some(who)
        }
        (SectionRole::Outro, _) => happens(0.3, "an outro is thin").then_some(guest),
        _ => None,
    }
}

/// Drums may wait for half of an intro, and leave half of a quiet bridge to the others.
fn silent_drums(bar: &BarPlan, role: SectionRole, bars: usize, dice: &Dice) -> bool {
    let first_half = bar.bar_in_section < bars.div_ceil(2).min(HALF);
    let happens = |probability: f64, what: &str| dice.happens(probability, what, bar.section);
    match role {
        SectionRole::Intro => first_half && bars >= 2 && happens(0.35, "drums wait"),
        SectionRole::Bridge => first_half && bar.intensity < 0.55 && happens(0.35, "breakdown"),
        SectionRole::Verse => {
            let begins = bar.section == 0 && bar.repetition == 0 && bar.bar_in_section < 4;
            begins && happens(0.15, "drums wait")
        }
        SectionRole::Chorus => {
            let again = bar.repetition >= 2 && bar.bar_in_section < 4 && bars >= 8;
            again && happens(0.12, "breakdown")
        }
        _ => false,
    }
}

/// The bass may come in with the drums.
fn silent_bass(bar: &BarPlan, role: SectionRole, bars: usize, dice: &Dice) -> bool {
    let waits = bar.plays(Track::Bass)
        && !bar.plays(Track::Drums)
        && dice.happens(0.6, "bass waits", bar.section);
    let alone = role == SectionRole::Intro
        && bar.bar_in_section < bars.div_ceil(2).min(HALF)
        && dice.happens(0.2, "bass waits in the intro", bar.section);
    waits || alone
}

//! The strings: everything that sings. The tune where they lead, answers and countermelodies, pads
//! with voice leading, ostinati, stabs where a style has horns, and runs into loud sections.
//!
//! What must stay true: no held note lies a semitone beside a long note of the tune, voices stay in
//! `48..=88`, and sections of one group are played in the same way.
use musegan_score::{SongNote, Track};

use crate::chart::{Chart, TICKS_PER_BAR};
use crate::dice::Dice;
use crate::plan::Plan;
use crate::touch::{self, Draft};
use crate::voicing::rub::Heard;
use crate::voicing::section::{HIGH, LOW};
use crate::{figure, guitar, melody, piano};

pub mod bed;
pub mod counter;
pub mod figures;
pub mod run;
pub mod tune;

use figures::{Bed, Manner, Moving};

/// Notes of the tune and its answer in a bar from which on what lies under it does not move.
const BUSY: usize = 4;

/// The strings of an arrangement.
#[must_use]
pub fn write(chart: &Chart, plan: &Plan, dice: &Dice) -> Vec<SongNote> {
    let parts = melody::parts(chart, plan, dice);
    let tune = parts.concat();
    let lead = melody::lead(chart, plan, dice);
    let plays = |bar: usize| plan.bars.get(bar).is_some_and(|bar| bar.plays(Track::Strings));
    let answered = melody::answers(chart, plan);

    let mut drafts = tune::sung(chart, plan, dice, &parts[Track::Strings.index()]);
    let elsewhere = Heard::default().and_notes(&tune).and_drafts(&piano::draft(chart, plan, dice));
    let mut second: Vec<Draft> = answered.iter().map(guitar::sung).collect();
    let above = Heard::default().and_drafts(&drafts);
    second.retain(|draft| !above.rubs(draft));
    drafts.extend(second);

    let sung = Heard::default().and_notes(&tune).and_drafts(&drafts);
    let scenes = scenes(chart, &lead, &[tune, answered.clone()].concat());
    let beds = bed::write(chart, plan, dice, &elsewhere.and_drafts(&drafts), &scenes);
    let mut moving = Vec::new();
    for bar in (0..plan.bars.len()).filter(|bar| plays(*bar)) {
        let manner = manner(chart, plan, dice, bar, scenes.get(bar).copied().unwrap_or_default());
        if manner.moving == Moving::Counter && answered.is_empty() {
            counter::bar(chart, plan, dice, bar, &sung, &mut moving);
        }
        run::bar(chart, plan, dice, bar, &sung, &mut moving);
    }
    let free = sung.and_drafts(&beds);
    moving.retain(|draft| !free.rubs(draft));
    drafts.extend(beds);
    drafts.extend(moving);
    drafts.retain(|draft| (LOW..=HIGH).contains(&draft.pitch));
    touch::play(drafts, plan, dice, "strings")
}

/// What else goes on in a bar.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene {
    /// Whether the strings have the tune.
    pub leads: bool,
    /// Whether the tune of this section and what answers it, whoever has them, move enough for
    /// everybody.
    pub is_busy: bool,
}

/// What goes on in each bar.
fn scenes(chart: &Chart, lead: &[Option<Track>], tune: &[SongNote]) -> Vec<Scene> {
    let notes = |from: u64, to: u64| tune.iter().filter(|n| (from..to).contains(&n.onset)).count();
    let is_busy = |bar: usize| {
        chart.section(bar).is_some_and(|section| {
            let from = section.first_bar as u64 * TICKS_PER_BAR;
            let to = from + section.bars as u64 * TICKS_PER_BAR;
            notes(from, to) >= BUSY * section.bars
        })
    };
    let scene = |(bar, leader): (usize, &Option<Track>)| Scene {
        leads: *leader == Some(Track::Strings),
        is_busy: is_busy(bar),
    };
    lead.iter().enumerate().map(scene).collect()
}

/// How the strings play a bar: one manner for a group.
pub(crate) fn manner(chart: &Chart, plan: &Plan, dice: &Dice, bar: usize, scene: Scene) -> Manner {
    let leads = scene.leads;
    let now = &plan.bars[bar];
    let group = chart.sections.get(now.section).map_or(0, |section| section.group);
    let intensity = plan.bars[bar - now.bar_in_section.min(bar)].intensity;
    let place = group * 2 + usize::from(leads);
    let beds = figures::beds(plan.style, intensity, scene);
    let bed = dice.choose(&beds, "strings bed", place).copied().unwrap_or(Bed::Pad);
    let figures = figure::playable(bed.figures(plan.style, figure::is_fast(plan)), plan);
    let pick = dice.choose(&guitar::even(figures.len()), "strings figure", place).copied();
    let varies = now.bar_in_section % 4 == 3 && dice.happens(0.4, "strings vary", group);
    let figure = figures[(pick.unwrap_or(0) + usize::from(varies)) % figures.len()];
    let counters = match scene {
        Scene { is_busy: true, .. } => 0.25,
        Scene { leads: true, .. } => 0.5,
        _ => 0.85,
    };
    let moving = if bed != Bed::Ostinato && dice.happens(counters, "strings counter", place) {
        Moving::Counter
    } else {
        Moving::None
    };
    let voices =
        if leads { 2 } else { 3 + usize::from(dice.happens(0.45, "strings voices", place)) };
    let is_bowed = dice.happens(0.4, "strings bow through", place);
    let held = if is_bowed { 0.95 } else { 0.65 };
    let in_octaves = dice.happens(0.35, "strings in octaves", place);
    Manner { bed, figure, held, moving, in_octaves, voices }
}

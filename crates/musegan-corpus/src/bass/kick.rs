//! The bass drum, and what binds the bass to it: they strike together or they get in each other's
//! way.
use musegan_score::SongNote;
use musegan_score::grid::{STEPS_PER_BAR, STEPS_PER_BEAT};

use crate::chart::TICKS_PER_BAR;
use crate::drummers::kit;
use crate::figure::{Hit, TICKS_PER_STEP};
use crate::plan::Style;
use crate::{Chart, Dice, Plan};

/// A bass note so near a kick is struck with it.
const TOGETHER: u64 = TICKS_PER_STEP * 2 / 5;
/// Softer kicks are the heel resting.
const FAINT: u8 = 36;

/// When the bass drum strikes, in ticks, ascending.
pub(super) struct Kicks {
    ticks: Vec<u64>,
}

impl Kicks {
    pub(super) fn of(drums: &[SongNote]) -> Self {
        let is_kick =
            |note: &&SongNote| kit::is_kick(note.pitch.number()) && note.velocity.value() >= FAINT;
        let mut ticks: Vec<_> = drums.iter().filter(is_kick).map(|note| note.onset).collect();
        ticks.sort_unstable();
        Self { ticks }
    }

    /// The steps of a bar nearest to its kicks, `0..16`.
    pub(super) fn steps(&self, bar: usize) -> impl Iterator<Item = usize> {
        let line = bar as u64 * TICKS_PER_BAR;
        let from = self.ticks.partition_point(|&tick| tick + TICKS_PER_STEP / 2 < line);
        self.ticks[from..]
            .iter()
            .map(move |tick| ((tick + TICKS_PER_STEP / 2 - line) / TICKS_PER_STEP) as usize)
            .take_while(|&step| step < STEPS_PER_BAR)
    }

    /// The kick nearest to a tick.
    fn nearest(&self, tick: u64) -> Option<u64> {
        let at = self.ticks.partition_point(|&kick| kick < tick);
        let near =
            [at.checked_sub(1).and_then(|before| self.ticks.get(before)), self.ticks.get(at)];
        near.into_iter().flatten().copied().min_by_key(|kick| kick.abs_diff(tick))
    }
}

/// How likely the bass joins a kick that its figure leaves alone. Where the bass has a pattern of
/// its own, as in latin music and when it walks, it keeps it.
const fn devotion(style: Style) -> f64 {
    match style {
        Style::Rock | Style::HardRock | Style::HipHop => 0.75,
        Style::Funk => 0.7,
        // What is sung to wants a bass that holds its notes.
        Style::Pop | Style::Soul | Style::Dance => 0.5,
        Style::Ballad => 0.3,
        Style::Blues | Style::Country | Style::Reggae => 0.25,
        Style::Latin | Style::BossaNova | Style::Swing => 0.0,
    }
}

/// Strikes the bass where the bass drum strikes and no bass note is within a sixteenth of it: the
/// root, cutting off what sounds.
pub(super) fn join(hits: &mut Vec<Hit>, kicks: &Kicks, chart: &Chart, plan: &Plan, dice: &Dice) {
    let mut joined = Vec::new();
    for (bar, now) in plan.bars.iter().enumerate() {
        if now.stop || !now.plays(musegan_score::Track::Bass) {
            continue;
        }
        for step in kicks.steps(bar) {
            let place = bar * STEPS_PER_BAR + step;
            let tick = place as u64 * TICKS_PER_STEP;
            let near = hits.iter().any(|hit| hit.tick.abs_diff(tick) <= TICKS_PER_STEP);
            // A fill has kicks of its own; the same bar of a section has the same ones.
            let group = chart.sections.get(now.section).map_or(0, |section| section.group);
            let name = (group * 4096 + now.bar_in_section) * STEPS_PER_BAR + step;
            if near || !dice.happens(devotion(plan.style), "joins the kick", name) {
                continue;
            }
            let Some(chord) = chart.chord(place / STEPS_PER_BEAT) else { continue };
            let sounding =
                hits.iter().find(|hit| (hit.tick..hit.tick + hit.length).contains(&tick));
            // What was anticipated is the next chord's already.
            if sounding.is_some_and(|hit| hit.chord != chord) {
                continue;
            }
            let until = sounding.map_or(tick + TICKS_PER_STEP, |hit| hit.tick + hit.length);
            joined.push(Hit { tick, length: until - tick, step, kind: 'R', chord });
        }
    }
    hits.extend(joined);
    super::one_at_a_time(hits);
}

/// Moves notes onto the kicks they belong to, as the drummer really struck them, and ends each
/// note before the next.
pub(super) fn strike_with(notes: &mut Vec<SongNote>, kicks: &Kicks) {
    for note in notes.iter_mut() {
        let kick = kicks.nearest(note.onset).filter(|kick| kick.abs_diff(note.onset) <= TOGETHER);
        if let Some(kick) = kick {
            let end = note.end();
            note.onset = kick;
            note.length = end.saturating_sub(kick).max(1);
        }
    }
    notes.sort_by_key(|note| note.onset);
    notes.dedup_by_key(|note| note.onset);
    for at in 1..notes.len() {
        let next = notes[at].onset;
        let note = &mut notes[at - 1];
        note.length = note.length.min(next - note.onset).max(1);
    }
}

//! Who plays, and what: one drummer for a song, and for each group of sections a stretch of a
//! performance that is as busy and loud as the section wants.
use std::collections::BTreeMap;

use super::{groove, taste};
use crate::chart::TICKS_PER_BAR;
use crate::drummers::performance::EARLY;
use crate::drummers::{DrumBar, Drummers, Feel, Fill, Performance, Strike};
use crate::plan::Style;
use crate::{Chart, Dice, Plan};

/// Bars of a performance that a section goes through before it begins again.
const STRETCH: usize = 8;
/// Bars after which a stretch may begin and end.
const PHRASE: usize = 4;
/// What half-time feel is worth against a performance at the song's own tempo.
const HALF_TIME: f64 = 0.3;
/// Below this a style or tempo does not serve.
const UNFIT: f64 = 0.02;
/// How far, in the share of stretches that are softer, one may be from what a section wants.
const WANTED: f64 = 0.15;

/// A drummer with a stretch for each group of sections.
pub(super) struct Casting<'a> {
    drummers: &'a Drummers,
    feel: Feel,
    drummer: &'a str,
    takes: BTreeMap<usize, Take<'a>>,
}

/// Consecutive bars of a performance's groove.
#[derive(Clone, Copy)]
struct Take<'a> {
    performance: &'a Performance,
    /// Index of the first in the groove.
    first: usize,
    /// How many, at least one.
    bars: usize,
    /// Whether a recorded bar lasts two of the song.
    half_time: bool,
    /// How well style and tempo fit.
    weight: f64,
    /// The velocities of a bar, added up.
    energy: f64,
}

impl<'a> Casting<'a> {
    /// Chooses; `None` where nobody can play.
    pub(super) fn of(
        chart: &Chart,
        plan: &Plan,
        drummers: &'a Drummers,
        dice: &Dice,
    ) -> Option<Self> {
        let wanted = plan.swing.map_or(Feel::Straight, Feel::Swung);
        let feels = [wanted, Feel::Straight, Feel::Free];
        let (feel, takes) = feels.into_iter().find_map(|feel| {
            let takes = takes(plan, drummers, feel);
            (!takes.is_empty()).then_some((feel, takes))
        })?;
        let drummer = drummer(&takes, dice)?;
        let mut own: Vec<_> =
            takes.into_iter().filter(|take| take.performance.drummer == drummer).collect();
        own.sort_by(|a, b| a.energy.total_cmp(&b.energy));
        let groups = intensities(chart, plan);
        let takes = groups
            .into_iter()
            .filter_map(|(group, intensity)| Some((group, take(&own, intensity, group, dice)?)))
            .collect();
        Some(Self { drummers, feel, drummer, takes })
    }

    /// Whether straight drums are to be swung because nobody swings.
    pub(super) fn is_to_be_swung(&self) -> bool {
        self.feel == Feel::Straight
    }

    /// What is played in a bar of the song if nothing special happens. A repetition goes on where
    /// the one before left the drummer, within the stretch.
    pub(super) fn bar(&self, chart: &Chart, plan: &Plan, bar: usize) -> DrumBar {
        let Some(now) = plan.bars.get(bar) else { return DrumBar::default() };
        let group = chart.sections.get(now.section).map(|section| section.group);
        let Some(take) = group.and_then(|group| self.takes.get(&group)) else {
            return DrumBar::default();
        };
        take.bar(now.bar_in_section + now.repetition * PHRASE)
    }

    /// The fills that suit the song, with how well.
    pub(super) fn fills(&self, plan: &Plan) -> Vec<(&'a Fill, f64)> {
        let suits = |fill: &Fill| {
            let own = if fill.drummer == self.drummer { 3.0 } else { 1.0 };
            let style = taste::of_style(plan.style, &fill.style).max(0.1);
            own * style * taste::of_tempo(plan.bpm, fill.bpm)
        };
        let fills = self.drummers.fills().iter().filter(|fill| fill.feel == self.feel);
        fills.map(|fill| (fill, suits(fill))).filter(|(_, weight)| *weight > UNFIT).collect()
    }
}

impl Take<'_> {
    fn bar(&self, index: usize) -> DrumBar {
        let (index, half) =
            if self.half_time { (index / 2, Some(index % 2)) } else { (index, None) };
        let place = self.first + index % self.bars;
        let bar = self.performance.groove.get(place).and_then(|&at| self.performance.bars.get(at));
        let bar = bar.cloned().unwrap_or_default();
        match half {
            Some(half) => slowed(&bar, half),
            None => bar,
        }
    }
}

/// Half of a bar played at half its speed.
fn slowed(bar: &DrumBar, half: usize) -> DrumBar {
    let line = (half as u64 * TICKS_PER_BAR) as i32;
    let strikes =
        bar.strikes.iter().map(|strike| Strike { tick: strike.tick * 2 - line, ..*strike });
    let end = TICKS_PER_BAR as i32 - EARLY;
    DrumBar { strikes: strikes.filter(|strike| (-EARLY..end).contains(&strike.tick)).collect() }
}

/// All stretches that serve the song. Where none was recorded in a fitting style and tempo, tempo
/// alone decides, and then nothing.
fn takes<'a>(plan: &Plan, drummers: &'a Drummers, feel: Feel) -> Vec<Take<'a>> {
    type Suits = fn(&Plan, &Performance, f64) -> f64;
    let by_style_and_tempo: Suits = |plan, performance, bpm| {
        taste::of_style(plan.style, &performance.style) * taste::of_tempo(plan.bpm, bpm)
    };
    let by_tempo: Suits = |plan, _, bpm| taste::of_tempo(plan.bpm, bpm);
    let by_nothing: Suits = |_, _, _| 1.0;
    let played = || drummers.all().iter().filter(move |performance| performance.feel == feel);
    for suits in [by_style_and_tempo, by_tempo, by_nothing] {
        let mut takes = Vec::new();
        for performance in played().filter(|performance| performance.groove.len() >= PHRASE) {
            for (half_time, worth) in [(false, 1.0), (true, HALF_TIME)] {
                let bpm = performance.bpm * if half_time { 2.0 } else { 1.0 };
                let weight = worth * suits(plan, performance, bpm);
                if weight > UNFIT && (!half_time || feel == Feel::Straight) {
                    takes.extend(stretches(performance, half_time, weight, plan.style));
                }
            }
        }
        if !takes.is_empty() {
            return takes;
        }
    }
    Vec::new()
}

/// The stretches of a performance, which share its weight.
fn stretches(
    performance: &Performance,
    half_time: bool,
    weight: f64,
    style: Style,
) -> Vec<Take<'_>> {
    let phrases = performance.groove.len() / PHRASE;
    let longest = STRETCH / PHRASE;
    (0..phrases)
        .map(|phrase| {
            let bars = (phrases - phrase).min(longest) * PHRASE;
            let first = phrase * PHRASE;
            let played = &performance.groove[first..first + bars];
            let played: Vec<_> =
                played.iter().filter_map(|&bar| performance.bars.get(bar)).collect();
            let energy: f64 =
                played.iter().map(|bar| bar.loudness() * bar.strikes.len() as f64).sum();
            let share = bars as f64 / STRETCH as f64 / (phrases as f64).sqrt();
            let weight = weight * share * groove::liking(&played, style).exp();
            let energy = energy / bars as f64;
            Take { performance, first, bars, half_time, weight, energy }
        })
        .collect()
}

/// The drummer of the song, the likelier the more there is to choose from.
fn drummer<'a>(takes: &[Take<'a>], dice: &Dice) -> Option<&'a str> {
    let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
    for take in takes {
        *weights.entry(&take.performance.drummer).or_default() += take.weight;
    }
    let weights: Vec<_> = weights.into_iter().map(|(name, weight)| (name, weight.sqrt())).collect();
    dice.choose(&weights, "drummer", 0).copied()
}

/// How hard each group of sections is played, in the mean.
fn intensities(chart: &Chart, plan: &Plan) -> BTreeMap<usize, f64> {
    let mut sums: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
    for bar in &plan.bars {
        if let Some(section) = chart.sections.get(bar.section) {
            let (sum, count) = sums.entry(section.group).or_default();
            *sum += bar.intensity;
            *count += 1;
        }
    }
    sums.into_iter().map(|(group, (sum, count))| (group, sum / count as f64)).collect()
}

/// One of the stretches, sorted by their energy, that is about as busy and loud as is wanted.
fn take<'a>(sorted: &[Take<'a>], intensity: f64, group: usize, dice: &Dice) -> Option<Take<'a>> {
    let last = sorted.len().saturating_sub(1).max(1) as f64;
    let weights: Vec<_> = sorted
        .iter()
        .enumerate()
        .map(|(rank, take)| {
            let away = (rank as f64 / last - intensity) / WANTED;
            (*take, take.weight * (-away * away).exp() + f64::MIN_POSITIVE)
        })
        .collect();
    dice.choose(&weights, "groove", group).copied()
}

//! The form of a song whose source does not tell it: where sections begin, which are repetitions
//! of each other, and what they are.
//!
//! Bars are compared by their chords and their tune. Where a run of bars comes back, a section
//! begins and ends; between such places sections of eight bars are preferred.
use crate::chart::{BEATS_PER_BAR, Chart, ChartSection, TICKS_PER_BAR, VoiceRole};

mod likeness;
mod roles;

use likeness::Likeness;

/// Bars of the longest section that is looked for.
const LONGEST: usize = 16;
/// Likeness from which two sections are the same.
const SAME: f64 = 0.62;
/// Likeness from which two bars are the same.
const SAME_BAR: f64 = 0.7;
/// Onsets of a tune's bar that are looked at; more are no tune.
const MAX_ONSETS: usize = 64;
/// Bars that come back in a row before it counts.
const SHORTEST_RUN: usize = 4;

/// What a bar is compared by.
#[derive(Clone, Debug, Default)]
struct BarSketch {
    /// Root and quality's code on each beat.
    chords: [Option<(u8, u8)>; BEATS_PER_BAR],
    /// The tune: eighth of the bar and pitch of every onset.
    tune: Vec<(u8, u8)>,
    /// Onsets of all voices.
    onsets: usize,
}

/// The sections of a chart whose bars and voices are known.
pub(super) fn sections(chart: &Chart) -> Vec<ChartSection> {
    let sketches = sketches(chart);
    let likeness = Likeness::of(&sketches);
    let lines = lines(&likeness, &sketches);
    let spans: Vec<_> = lines.windows(2).map(|pair| pair[0]..pair[1]).collect();
    let mut groups: Vec<std::ops::Range<usize>> = Vec::new();
    let mut sections = Vec::new();
    for span in spans {
        let known = groups.iter().position(|first| likeness.of_spans(first, &span) >= SAME);
        let group = known.unwrap_or(groups.len());
        if known.is_none() {
            groups.push(span.clone());
        }
        sections.push(ChartSection {
            label: label(group),
            role: crate::chart::SectionRole::Verse,
            group,
            first_bar: span.start,
            bars: span.len(),
        });
    }
    roles::assign(&mut sections, chart, &sketches);
    sections
}

/// `A` to `Z`, then `A1`.
fn label(group: usize) -> String {
    let letter = char::from(b'A' + (group % 26) as u8);
    match group / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

fn sketches(chart: &Chart) -> Vec<BarSketch> {
    let mut sketches: Vec<_> = chart
        .bars
        .iter()
        .map(|bar| BarSketch {
            chords: bar.chords.map(|chord| chord.map(|c| (c.root(), c.quality.code()))),
            ..BarSketch::default()
        })
        .collect();
    for voice in &chart.voices {
        for note in &voice.notes {
            let bar = usize::try_from(note.onset / TICKS_PER_BAR).unwrap_or(usize::MAX);
            let Some(sketch) = sketches.get_mut(bar) else { continue };
            sketch.onsets += 1;
            if voice.role == VoiceRole::Melody {
                let eighth = note.onset % TICKS_PER_BAR * 8 / TICKS_PER_BAR;
                sketch.tune.push((eighth as u8, note.pitch.number()));
            }
        }
    }
    for sketch in &mut sketches {
        sketch.tune.sort_unstable();
        sketch.tune.dedup();
        sketch.tune.truncate(MAX_ONSETS);
    }
    sketches
}

/// Where sections begin, with the end of the last: the choice of lengths that pays most.
fn lines(likeness: &Likeness, sketches: &[BarSketch]) -> Vec<usize> {
    let bars = sketches.len();
    let news = news(likeness, sketches);
    let mut best = vec![(f64::NEG_INFINITY, 0); bars + 1];
    best[0] = (0.0, 0);
    for end in 1..=bars {
        for length in 1..=LONGEST.min(end) {
            let start = end - length;
            // What leads into the song is no section that repeats.
            let cost = if start == 0 && length < 4 { cost(4) } else { cost(length) };
            let worth = best[start].0 + news.get(end).copied().unwrap_or(0.0) - cost;
            if worth > best[end].0 {
                best[end] = (worth, start);
            }
        }
    }
    let mut lines = vec![bars];
    let mut at = bars;
    while at > 0 {
        at = best[at].1;
        lines.push(at);
    }
    lines.reverse();
    lines
}

/// What a section of so many bars costs: eight are the rule.
const fn cost(bars: usize) -> f64 {
    match bars {
        8 => 0.4,
        4 => 0.8,
        16 => 1.0,
        6 | 10 | 12 => 1.3,
        _ if bars.is_multiple_of(2) => 1.6,
        _ => 1.9,
    }
}

/// How much speaks for a section that begins at each bar, `0.0..=2.8`.
fn news(likeness: &Likeness, sketches: &[BarSketch]) -> Vec<f64> {
    let bars = sketches.len();
    let turns = turns(&runs(likeness, bars), bars);
    let most = turns.iter().copied().fold(1.0, f64::max);
    // A pick-up belongs to what it leads into.
    let sings = |bar: usize| sketches[bar].tune.first().is_some_and(|(eighth, _)| *eighth < 4);
    (0..bars)
        .map(|bar| {
            let enters = bar > 0 && sings(bar) != sings(bar - 1);
            let holds = (bar..bars.min(bar + 3)).all(|b| sings(b) == sings(bar));
            2.0 * turns[bar] / most + if enters && holds { 0.8 } else { 0.0 }
        })
        .collect()
}

/// Bars that come back so many bars later in a row.
struct Run {
    start: usize,
    bars: usize,
    lag: usize,
}

fn runs(likeness: &Likeness, bars: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    for lag in SHORTEST_RUN..bars {
        let mut run = 0;
        for at in 0..=bars - lag {
            if at < bars - lag && likeness.between(at, at + lag) >= SAME_BAR {
                run += 1;
                continue;
            }
            if run >= SHORTEST_RUN {
                runs.push(Run { start: at - run, bars: run, lag });
            }
            run = 0;
        }
    }
    runs
}

/// How many runs begin or end at each bar; what begins inside a run begins in both places.
fn turns(runs: &[Run], bars: usize) -> Vec<f64> {
    let mut turns = vec![0.0; bars + 1];
    for run in runs {
        // Long runs are worth more, up to a whole section.
        let worth = run.bars.min(8) as f64 / 8.0;
        let (start, end) = (run.start, run.start + run.bars);
        for turn in [start, end, start + run.lag, end + run.lag] {
            turns[turn] += worth;
        }
    }
    for _ in 0..2 {
        let before = turns.clone();
        for run in runs {
            for here in run.start + 1..run.start + run.bars {
                let there = here + run.lag;
                turns[here] = f64::max(turns[here], before[there]);
                turns[there] = f64::max(turns[there], before[here]);
            }
        }
    }
    turns
}

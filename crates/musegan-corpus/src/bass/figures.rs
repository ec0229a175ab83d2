//! The figures of the styles, written as rhythms on paper: see [`crate::figure`].
//!
//! `R` the chord's bass, `8` its octave, `5` the fifth above and `v` the one below, `3` the third,
//! `6` the sixth, `7` the seventh, `n` the next chord's bass, `x` a string struck dead.
use crate::figure::{self, TICKS_PER_STEP};
use crate::plan::{BarPlan, Style};
use crate::{Chart, Dice, Plan};

use super::kick::Kicks;

/// A figure and the intensity at which it is at home.
type Figure = (&'static str, f64);

const POP: &[Figure] = &[
    ("R-------R---5---", 0.2),
    ("R-----R-R-----5-", 0.35),
    ("R-----5-R---5-8-", 0.45),
    ("R-----R---R-----", 0.55),
    ("R--R--R-R--R--5-", 0.6),
    ("R---R---R---R---", 0.75),
    ("R--R--R-8--R--5-", 0.6),
    ("R---R-R---R-5-R- R---R-R-8-R-5-3-", 0.65),
    ("R.R.R-R.R.R.5-R.", 0.8),
    ("R-R-R-R-R-R-5-8-", 0.85),
    ("R--R--8-R--R-5-8", 0.85),
];
const BALLAD: &[Figure] = &[
    ("R-----------5---", 0.15),
    ("R-------5-----8-", 0.25),
    ("R---------R-5---", 0.3),
    ("R-----5-8-------", 0.4),
    ("R-----R-R---5-8-", 0.55),
    ("R-----5-8-5-3-5-", 0.6),
    ("R--R--5-R--R--8-", 0.75),
    ("R-R-R-5-R-R-8-5-", 0.9),
];
const ROCK: &[Figure] = &[
    ("R-------R---R-5-", 0.25),
    ("R---R---R---5---", 0.3),
    ("R-----R-R-R---5-", 0.5),
    ("R---R---R---R-R-", 0.65),
    ("R---R-R-R---R-5- R---R-R-R-5-6-5-", 0.6),
    ("R-R-R-R-R-R-R-R-", 0.75),
    ("R-R-R-R-R-R-5-R- R-R-R-R-R-3-5-8-", 0.75),
    ("R-R-8-R-R-R-5-8-", 0.9),
];
const HARD_ROCK: &[Figure] = &[
    ("R-----R-R-----5-", 0.35),
    ("R.R.R.R.R.R.R.R.", 0.6),
    ("R-RRR-RRR-RRR-5-", 0.75),
    ("R-R-R-R-R-R-R-R- R-R-R-R-R-8-5-3-", 0.85),
    ("R.RRR.R.R.RRR.8.", 0.9),
];
const FUNK: &[Figure] = &[
    ("R.....R-..R-5-..", 0.25),
    ("R..R..x.8.x.R.7. R..R..x.8...5.78", 0.5),
    ("R.xR..8.x.R..x7.", 0.6),
    ("R..x8...R.xR..5.", 0.6),
    ("R.R...8.x.R.7.8. R.R...8.x.5.7.6.", 0.75),
    ("R.8x.R8.x.8.R.78", 0.9),
];
const SOUL: &[Figure] = &[
    ("R-----R-..5-8---", 0.25),
    ("R-.R..5-R-..5.6.", 0.45),
    ("R--R.R5-..R-5-8-", 0.55),
    ("R-R.5-8-R.R-5-6-", 0.7),
    ("R-.R8-R.5-.56-8- R-.R8-R.5-3-5-7-", 0.8),
];
const COUNTRY: &[Figure] = &[
    ("R-----..v-----..", 0.3),
    ("R---....5---....", 0.4),
    ("R---....v---..v-", 0.5),
    ("R---R---v---5---", 0.8),
    ("R---3---5---6---", 0.85),
];
const REGGAE: &[Figure] = &[
    ("....R-R-..5-R-..", 0.3),
    ("R--.R-..5--.8-..", 0.45),
    ("R-..R.R-..5-8-5-", 0.6),
    ("R-R-..3-5-..R-..", 0.6),
    ("R.R.3-5-..R.5-3-", 0.8),
];
const LATIN: &[Figure] = &[
    ("------5-----n---", 0.4),
    ("R-----5-..8-n---", 0.5),
    ("R---5---R---5-8-", 0.5),
    ("R-----5-R-8-5-R-", 0.65),
    ("R..R..5-8..R..5-", 0.8),
    ("R-..5-8-..5-R-5-", 0.8),
];
const BOSSA_NOVA: &[Figure] = &[
    ("R-----v-------R-", 0.2),
    ("R-----5-5-----R-", 0.45),
    ("R-----v-v-----R-", 0.45),
    ("R-----5-8-----5-", 0.7),
];
const SWING: &[Figure] = &[("R-------5-------", 0.3), ("R-------v-----5-", 0.4)];
const BLUES: &[Figure] = &[
    ("R-----..5-----..", 0.2),
    ("R---3---5---6---", 0.45),
    ("R-R-5-5-6-6-5-5-", 0.6),
    ("R-R-3-3-5-5-6-5- R-R-8-8-7-7-6-5-", 0.75),
    ("R-.R5-.R6-.R5-.3", 0.7),
];
const DANCE: &[Figure] = &[
    ("R-------R-----5-", 0.2),
    ("..R-..R-..R-..8-", 0.5),
    ("..R-..8-..R-5-8-", 0.6),
    ("R..R..R.R..R..8.", 0.65),
    ("R.8.R.8.R.8.5.8.", 0.8),
    ("R-8-R-8-R-8-3-5-", 0.9),
];
const HIP_HOP: &[Figure] = &[
    ("R-----..R-R-....", 0.3),
    ("R------...R-..5-", 0.4),
    ("R..R....R.x..R5.", 0.6),
    ("R-.R..5-..R-8.7. R-.R..5-..8-7.5.", 0.7),
];

/// How far from its own intensity a figure is played.
const REACH: f64 = 0.2;
/// How much plainer a figure is wanted where every bar has several chords: they are movement
/// enough.
const PLAINLY: f64 = 8.0;
/// Bars of a section whose bass drum is listened to.
const LISTENED: usize = 4;

const fn of_style(style: Style) -> &'static [Figure] {
    match style {
        Style::Pop => POP,
        Style::Ballad => BALLAD,
        Style::Rock => ROCK,
        Style::HardRock => HARD_ROCK,
        Style::Funk => FUNK,
        Style::Soul => SOUL,
        Style::Country => COUNTRY,
        Style::Reggae => REGGAE,
        Style::Latin => LATIN,
        Style::BossaNova => BOSSA_NOVA,
        Style::Swing => SWING,
        Style::Blues => BLUES,
        Style::Dance => DANCE,
        Style::HipHop => HIP_HOP,
    }
}

/// The figure of the section that a bar belongs to: the same for all sections of a group, as busy
/// as they are intense, and rather one that goes with the bass drum.
pub(super) fn of_bar(
    chart: &Chart,
    plan: &Plan,
    bar: usize,
    kicks: &Kicks,
    dice: &Dice,
) -> &'static str {
    let group = |bar: &BarPlan| chart.sections.get(bar.section).map(|section| section.group);
    let Some(own) = plan.bars.get(bar).and_then(group) else { return "R---------------" };
    let first = plan.bars.iter().position(|bar| group(bar) == Some(own)).unwrap_or(bar);
    let intensity = plan.bars[first].intensity;
    let haste = haste(chart, own);
    let options: Vec<_> = of_style(plan.style)
        .iter()
        .map(|&(figure, home)| {
            let away = (home - intensity) / REACH;
            let agreed = (0..LISTENED).map(|n| agreement(figure, first + n, n, kicks)).sum::<f64>();
            let plain = -PLAINLY * haste * ornaments(figure);
            (figure, (agreed / LISTENED as f64 * 2.5 - away * away + plain).exp())
        })
        .collect();
    dice.choose(&options, "bass figure", own).copied().unwrap_or("R---------------")
}

/// The share of a group's bars in which the chord changes.
fn haste(chart: &Chart, group: usize) -> f64 {
    let sections = || chart.sections.iter().filter(|section| section.group == group);
    let bars = || sections().flat_map(|s| chart.bars.iter().skip(s.first_bar).take(s.bars));
    let hurried = bars().filter(|bar| bar.chords.windows(2).any(|pair| pair[0] != pair[1]));
    hurried.count() as f64 / bars().count().max(1) as f64
}

/// The share of a figure's strokes that are neither the bass of the chord nor its fifth.
fn ornaments(figure: &str) -> f64 {
    let strokes = || figure.chars().filter(char::is_ascii_alphanumeric);
    let other = strokes().filter(|letter| !matches!(letter, 'R' | '5' | 'v' | 'n'));
    other.count() as f64 / strokes().count().max(1) as f64
}

/// How much of a bar's bass drum and of a figure coincide, `0.0..=1.0`.
fn agreement(figure: &str, bar: usize, bar_in_section: usize, kicks: &Kicks) -> f64 {
    let strokes = figure::strokes(figure, bar_in_section);
    let kicked: Vec<usize> = kicks.steps(bar).collect();
    let both = strokes.iter().filter(|stroke| kicked.contains(&stroke.step)).count();
    let any = strokes.len() + kicked.len() - both;
    if any == 0 { 0.0 } else { both as f64 / any as f64 }
}

/// How much of its written length a note sounds: nearly all in ballads, less where the style has
/// air between its notes. Eighths are often cut short by the palm, for a whole section.
pub(super) fn articulation(style: Style, length: u64, is_short: bool) -> f64 {
    if length <= TICKS_PER_STEP {
        return 0.8;
    }
    let is_eighth = length <= 2 * TICKS_PER_STEP;
    match style {
        Style::Ballad | Style::BossaNova | Style::Swing => 0.97,
        _ if is_eighth && is_short => 0.55,
        Style::Reggae | Style::HipHop | Style::Country | Style::Dance => 0.82,
        _ => 0.95,
    }
}

/// Whether the eighths of a section are cut short: usually in funk and dance music, elsewhere now
/// and then, and the less the louder it is; a bass that is bound carries the band.
pub(super) fn is_short(style: Style, group: usize, intensity: f64, dice: &Dice) -> bool {
    let likely = match style {
        Style::Funk | Style::Dance => 0.6,
        _ => 0.3 - 0.2 * intensity,
    };
    dice.happens(likely, "cuts eighths short", group)
}

//! One recorded performance, cut into bars.
//!
//! What must stay true: a strike belongs to the bar whose line it is nearest after, so one that
//! comes a little early for a bar line is the next bar's, at a negative tick.
use musegan_score::Song;

use super::{Feel, feel, kit};
use crate::chart::TICKS_PER_BAR;

/// Ticks of a beat.
pub(crate) const BEAT: i32 = musegan_score::song::TICKS_PER_BEAT as i32;
const BAR: i32 = TICKS_PER_BAR as i32;
/// A strike so much early for a bar line belongs behind it: half a sixteenth.
pub(crate) const EARLY: i32 = 60;
/// Softer strikes are sticks resting on a pad and the softest ghost notes, which nobody hears in a
/// band.
const FAINT: u8 = 22;
/// Two strikes of one drum nearer than this are one that triggered twice.
const TWICE: i32 = 10;
/// More bars than any performance has: the longest lasts ten minutes.
const MAX_BARS: i64 = 2048;

/// What a performance was recorded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A groove, with the drummer's own variations and fills.
    Beat,
    /// A fill.
    Fill,
}

/// One strike on one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// Ticks from the bar line, `-60..1860`.
    pub tick: i32,
    /// General MIDI percussion key.
    pub key: u8,
    /// `1..=127`.
    pub velocity: u8,
}

/// What is struck in a bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DrumBar {
    /// Sorted by tick, then key.
    pub strikes: Vec<Strike>,
}

/// A performance of a drummer.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// The file's name in the dataset.
    pub name: String,
    /// Who plays.
    pub drummer: String,
    /// The drummer's own word for the style, "rock/indie".
    pub style: String,
    /// Quarter notes per minute of the click.
    pub bpm: f64,
    /// Groove or fill.
    pub kind: Kind,
    /// Whether it is swung.
    pub feel: Feel,
    /// All bars that are played out.
    pub bars: Vec<DrumBar>,
    /// Indices of the bars that keep the groove, ascending; the others are fills and breaks.
    pub groove: Vec<usize>,
}

impl Performance {
    /// A performance of these bars.
    #[must_use]
    pub fn new(name: &str, style: &str, bpm: f64, kind: Kind, bars: Vec<DrumBar>) -> Self {
        let feel = feel::of(&bars.iter().collect::<Vec<_>>());
        let groove = if kind == Kind::Beat { groove(&bars) } else { Vec::new() };
        let drummer = name.split('/').next().unwrap_or_default().to_owned();
        Self { name: name.into(), drummer, style: style.into(), bpm, kind, feel, bars, groove }
    }
}

impl DrumBar {
    /// The mean velocity of the strikes.
    #[must_use]
    pub fn loudness(&self) -> f64 {
        let sum: f64 = self.strikes.iter().map(|strike| f64::from(strike.velocity)).sum();
        sum / self.strikes.len().max(1) as f64
    }

    /// Strikes of the kinds that `is` names.
    #[must_use]
    pub fn count(&self, is: fn(u8) -> bool) -> usize {
        self.strikes.iter().filter(|strike| is(strike.key)).count()
    }

    /// Whether drums sound in its last beat, as in a fill that leads on.
    pub(super) fn fills_its_end(&self) -> bool {
        let drums = |strike: &&Strike| kit::is_tom(strike.key) || kit::is_snare(strike.key);
        self.strikes.iter().filter(drums).filter(|strike| strike.tick >= BAR - BEAT - EARLY).count()
            >= 2
    }

    /// How alike two bars are, `0.0..=1.0`: the share of strikes, by sixteenth and key, that are in
    /// both.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        alike(&self.cells(), &other.cells())
    }

    /// What is struck on which sixteenth, to compare bars by.
    fn cells(&self) -> Vec<(i32, u8)> {
        let mut cells: Vec<_> = self
            .strikes
            .iter()
            .filter(|strike| strike.velocity >= 30)
            .map(|strike| ((strike.tick + EARLY) / 120, strike.key))
            .collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }
}

/// The song's strikes as bars, without bars before the first that is struck at its beginning and
/// without a last one that breaks off.
///
/// A drummer who plays the whole take a little behind or before the click is put back onto it;
/// what remains is how the drummer plays against the own beat.
#[must_use]
pub fn bars(song: &Song) -> Vec<DrumBar> {
    let strikes = strikes(song);
    let late = i64::from(behind_the_click(&strikes));
    let mut bars: Vec<DrumBar> = Vec::new();
    for (tick, key, velocity) in strikes {
        let tick = tick - late;
        let bar = (tick + i64::from(EARLY)).div_euclid(i64::from(BAR));
        if !(0..MAX_BARS).contains(&bar) {
            continue;
        }
        let index = bar as usize;
        if bars.len() <= index {
            bars.resize_with(index + 1, DrumBar::default);
        }
        let tick = (tick - bar * i64::from(BAR)) as i32;
        bars[index].strikes.push(Strike { tick, key, velocity });
    }
    for bar in &mut bars {
        bar.strikes.sort_by_key(|strike| (strike.key, strike.tick));
        bar.strikes.dedup_by(|next, first| {
            let same = next.key == first.key && next.tick - first.tick < TWICE;
            first.velocity = if same { first.velocity.max(next.velocity) } else { first.velocity };
            same
        });
        bar.strikes.sort_by_key(|strike| (strike.tick, strike.key));
    }
    let breaks_off = |bar: &DrumBar| bar.strikes.iter().all(|strike| strike.tick < BAR / 2 - EARLY);
    while bars.last().is_some_and(breaks_off) {
        bars.pop();
    }
    let begins = |bar: &DrumBar| bar.strikes.first().is_some_and(|strike| strike.tick < EARLY);
    let first = bars.iter().position(begins).unwrap_or(0);
    bars.split_off(first)
}

/// All strikes in ticks of 480 to the beat, with General MIDI's keys.
fn strikes(song: &Song) -> Vec<(i64, u8, u8)> {
    let to_ticks = |tick: u64| {
        let ticks = u128::from(tick) * BEAT as u128 / u128::from(song.ticks_per_beat.max(1));
        i64::try_from(ticks).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
    };
    song.parts
        .iter()
        .flat_map(|part| &part.notes)
        .filter(|note| note.velocity.value() >= FAINT)
        .map(|note| {
            let key = kit::general_midi(note.pitch.number());
            (to_ticks(note.onset), key, note.velocity.value())
        })
        .collect()
}

/// By how many ticks the strikes near the beats come late, in the median.
fn behind_the_click(strikes: &[(i64, u8, u8)]) -> i32 {
    let mut away: Vec<i32> = strikes
        .iter()
        .map(|(tick, ..)| ((tick + i64::from(BEAT / 2)).rem_euclid(i64::from(BEAT))) as i32)
        .map(|place| place - BEAT / 2)
        .filter(|away| away.abs() <= EARLY)
        .collect();
    let middle = away.len() / 2;
    away.sort_unstable();
    away.get(middle).copied().unwrap_or(0)
}

/// Which bars keep the groove: those that are like the bars around them and have not many more
/// drums than the performance has in the middle.
fn groove(bars: &[DrumBar]) -> Vec<usize> {
    let cells: Vec<_> = bars.iter().map(DrumBar::cells).collect();
    let likeness: Vec<f64> = (0..bars.len())
        .map(|bar| {
            let near = bar.saturating_sub(4)..(bar + 5).min(bars.len());
            let mut near: Vec<f64> = near
                .filter(|&other| other != bar)
                .map(|other| alike(&cells[bar], &cells[other]))
                .collect();
            median(&mut near)
        })
        .collect();
    let usual = median(&mut likeness.clone());
    let toms =
        median(&mut bars.iter().map(|bar| bar.count(kit::is_tom) as f64).collect::<Vec<_>>());
    (0..bars.len())
        .filter(|&bar| !bars[bar].strikes.is_empty())
        .filter(|&bar| likeness[bar] >= 0.6 * usual)
        .filter(|&bar| (bars[bar].count(kit::is_tom) as f64) < toms + 3.0)
        .collect()
}

fn alike(a: &[(i32, u8)], b: &[(i32, u8)]) -> f64 {
    let both = a.iter().filter(|cell| b.binary_search(cell).is_ok()).count();
    let any = a.len() + b.len() - both;
    if any == 0 { 1.0 } else { both as f64 / any as f64 }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

//! Where the bars and beats of a song are: from its metre map, or from a file of annotated beats
//! where somebody played without a click.
//!
//! What must stay true: only bars of four beats are on the grid; every other bar ends a stretch of
//! them. Time and memory go with the number of metre changes or annotated beats, never with the
//! ticks between them.
use crate::Song;
use crate::grid::BEATS_PER_BAR;
use crate::song::Metre;

mod file;
mod tempo;

pub use file::{BeatFile, BeatFileError, BeatMark, MAX_BEAT_FILE_BYTES};
pub use tempo::TempoMap;

const BAR: u64 = BEATS_PER_BAR as u64;

/// The bars of a song that have four beats, and where the beats in them lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Beats {
    /// In order, apart from each other.
    pub(crate) stretches: Vec<Stretch>,
    /// Ticks of annotated beats; a stretch of `n` bars has `4 * n + 1` of them.
    pub(crate) marks: Vec<i64>,
    /// Distance of beats that are not annotated, at least 1.
    pub(crate) ticks_per_beat: u32,
}

/// Bars of four beats in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The first bar's number in the song, from 0; bars of any length count.
    pub first_bar: u64,
    /// How many; `None` where the song goes on in this metre for ever.
    pub bars: Option<u64>,
    /// Bars at the beginning that come before the first whole one: no phrase but one of every bar
    /// begins there.
    pub upbeat_bars: u64,
    /// Whether a phrase may reach beyond the last bar, since nothing else follows.
    pub is_last: bool,
    /// Its first bar line.
    pub start: i64,
    /// Index of its first beat in the marks; `None` where beats are equally far apart.
    pub first_mark: Option<usize>,
}

impl Beats {
    /// The bars as the song's metre map has them: 4/4, 2/2 and 8/8. A metre change that changes
    /// nothing and lies on a bar line, as some programs write for every bar, ends no stretch.
    #[must_use]
    pub fn of_metres(song: &Song) -> Self {
        let ticks_per_beat = song.ticks_per_beat.max(1);
        let bar_ticks = u64::from(ticks_per_beat) * BAR;
        let mut stretches: Vec<Stretch> = Vec::new();
        let four_four = Metre { tick: 0, count: 4, unit: 4 };
        let (mut last, mut bar) = (four_four, 0u64);
        for metre in std::iter::once(&four_four).chain(&song.metres) {
            let ticks = metre.tick.saturating_sub(last.tick);
            bar = bar.saturating_add(bars_in(ticks, last, ticks_per_beat));
            last = Metre { tick: metre.tick.max(last.tick), ..*metre };
            if let Some(open) = stretches.last_mut().filter(|stretch| stretch.bars.is_none()) {
                let ticks = last.tick - open.start as u64;
                if metre.fits_the_grid() && ticks.is_multiple_of(bar_ticks) {
                    continue;
                }
                (open.bars, open.is_last) = (Some(ticks / bar_ticks), false);
            }
            // What begins beyond every file's reach has no place on the grid.
            if let (true, Ok(start)) = (metre.fits_the_grid(), i64::try_from(last.tick)) {
                stretches.push(Stretch {
                    first_bar: bar,
                    bars: None,
                    upbeat_bars: 0,
                    is_last: true,
                    start,
                    first_mark: None,
                });
            }
        }
        stretches.retain(|stretch| stretch.bars != Some(0));
        Self { stretches, marks: Vec::new(), ticks_per_beat }
    }

    /// The bars as a beat file has them.
    ///
    /// Between two beats time goes evenly. The bar before the first bar line is completed with
    /// beats as far apart as the first two, and the last bar with beats as far apart as the last
    /// two. What is played before and after has no place.
    #[must_use]
    pub fn of_file(song: &Song, file: &BeatFile) -> Self {
        let tempos = TempoMap::of(song);
        let ticks: Vec<i64> = file.beats().iter().map(|b| tempos.tick_at(b.seconds)).collect();
        let mut marked = Marked::new(song.ticks_per_beat.max(1));
        let lines: Vec<usize> = (0..ticks.len()).filter(|&i| file.beats()[i].begins_bar).collect();
        let (Some(&first), Some(&last)) = (lines.first(), lines.last()) else {
            return marked.beats;
        };
        let bar_before = upbeat(&ticks, first);
        if let Some(bar) = bar_before {
            marked.push(0, 1, &bar);
        }
        let number_of_first = u64::from(first > 0 || bar_before.is_some());
        for (number, pair) in (number_of_first..).zip(lines.windows(2)) {
            marked.push(number, 0, &ticks[pair[0]..=pair[1]]);
        }
        if let Some(bar) = completed(&ticks, last) {
            marked.push(number_of_first + lines.len() as u64 - 1, 0, &bar);
        }
        if let Some(stretch) = marked.beats.stretches.last_mut() {
            stretch.is_last = marked.is_open;
        }
        marked.beats
    }

    /// How many bars of four beats there are; `None` where a song goes on for ever, as by its
    /// metre map every song does that ends in four.
    #[must_use]
    pub fn bars(&self) -> Option<u64> {
        self.stretches.iter().map(|stretch| stretch.bars).sum()
    }

    /// The tick of a beat, by the number of its bar in the song and its number in the bar; `None`
    /// where the bar has not four beats. An upbeat may lie before the song's first tick.
    #[must_use]
    pub fn tick_of(&self, bar: u64, beat: u64) -> Option<i64> {
        let after = self.stretches.partition_point(|stretch| stretch.first_bar <= bar);
        let stretch = self.stretches.get(after.checked_sub(1)?)?;
        let bars_in = bar - stretch.first_bar;
        if beat >= BAR || stretch.bars.is_some_and(|bars| bars_in >= bars) {
            return None;
        }
        let beats_in = bars_in.checked_mul(BAR)?.checked_add(beat)?;
        match stretch.first_mark {
            Some(first) => self.marks.get(first + usize::try_from(beats_in).ok()?).copied(),
            None => {
                let ticks = i64::try_from(beats_in).ok()?.checked_mul(self.ticks_per_beat.into())?;
                stretch.start.checked_add(ticks)
            }
        }
    }
}

impl Stretch {
    /// The tick of the bar line after its last bar.
    pub(crate) fn end(&self, beats: &Beats) -> i64 {
        let beats_in_it = self.bars.and_then(|bars| bars.checked_mul(BAR));
        match (beats_in_it, self.first_mark) {
            (None, _) => i64::MAX,
            (Some(count), Some(first)) => beats.marks[first + count as usize],
            (Some(count), None) => {
                let ticks = count.saturating_mul(u64::from(beats.ticks_per_beat));
                self.start.saturating_add_unsigned(ticks)
            }
        }
    }
}

/// Annotated bars on their way into stretches.
struct Marked {
    beats: Beats,
    /// Whether the bar pushed last had four beats.
    is_open: bool,
}

impl Marked {
    const fn new(ticks_per_beat: u32) -> Self {
        let beats = Beats { stretches: Vec::new(), marks: Vec::new(), ticks_per_beat };
        Self { beats, is_open: false }
    }

    /// The next bar, as the ticks of its beats and of the bar line after it.
    fn push(&mut self, number: u64, upbeat_bars: u64, ticks: &[i64]) {
        let is_bar_of_four = ticks.len() == BEATS_PER_BAR + 1 && ticks.is_sorted_by(|a, b| a < b);
        let Beats { stretches, marks, .. } = &mut self.beats;
        match (is_bar_of_four, stretches.last_mut()) {
            (true, Some(Stretch { bars: Some(bars), .. })) if self.is_open => {
                *bars += 1;
                marks.extend_from_slice(&ticks[1..]);
            }
            (true, _) => {
                stretches.push(Stretch {
                    first_bar: number,
                    bars: Some(1),
                    upbeat_bars,
                    is_last: false,
                    start: ticks[0],
                    first_mark: Some(marks.len()),
                });
                marks.extend_from_slice(ticks);
            }
            (false, _) => {}
        }
        self.is_open = is_bar_of_four;
    }
}

/// The bar before the first bar line.
fn upbeat(ticks: &[i64], first_line: usize) -> Option<[i64; BEATS_PER_BAR + 1]> {
    let gap = ticks.get(1)?.saturating_sub(ticks[0]);
    Some(std::array::from_fn(|beat| match (first_line + beat).checked_sub(BEATS_PER_BAR) {
        Some(known) => ticks[known],
        None => {
            let before = (BEATS_PER_BAR - first_line - beat) as i64;
            ticks[0].saturating_sub(gap.saturating_mul(before))
        }
    }))
}

/// The bar after the last bar line, unless it is too long.
fn completed(ticks: &[i64], last_line: usize) -> Option<[i64; BEATS_PER_BAR + 1]> {
    let [.., before, last] = *ticks else { return None };
    let known = &ticks[last_line..];
    let gap = last.saturating_sub(before);
    (known.len() <= BEATS_PER_BAR).then(|| {
        std::array::from_fn(|beat| match known.get(beat) {
            Some(&tick) => tick,
            None => last.saturating_add(gap.saturating_mul((beat + 1 - known.len()) as i64)),
        })
    })
}

/// Bars of a metre in so many ticks; one that is cut off by the next metre counts.
fn bars_in(ticks: u64, metre: Metre, ticks_per_beat: u32) -> u64 {
    let units = u128::from(ticks) * u128::from(metre.unit.max(1));
    let bar_units = u128::from(ticks_per_beat) * BAR as u128 * u128::from(metre.count.max(1));
    u64::try_from(units.div_ceil(bar_units)).unwrap_or(u64::MAX)
}

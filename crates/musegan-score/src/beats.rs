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
/// Where a machine changes its tempo under somebody who plays beats of his own, ticks go unevenly
/// between beats: each step of sixteenths and of triplets gets a mark.
const MARKS_PER_UNEVEN_BEAT: usize = 12;

/// The bars of a song that have four beats, and where the beats in them lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Beats {
    /// In order, apart from each other.
    pub(crate) stretches: Vec<Stretch>,
    /// Ticks of annotated beats and of places between them; a stretch of `n` bars has
    /// `4 * n * marks_per_beat + 1` of them.
    pub(crate) marks: Vec<i64>,
    /// 1, or more where ticks go unevenly between two beats.
    pub(crate) marks_per_beat: usize,
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
    /// Index of its first mark; `None` where beats are equally far apart.
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
        Self { stretches, marks: Vec::new(), marks_per_beat: 1, ticks_per_beat }
    }

    /// The bars as a beat file has them.
    ///
    /// Between two beats time goes evenly. The bar before the first bar line is completed with
    /// beats as far apart as the first two, and the last bar with beats as far apart as the last
    /// two. What is played before and after has no place.
    #[must_use]
    pub fn of_file(song: &Song, file: &BeatFile) -> Self {
        let (seconds, lines) = completed(file.beats());
        let tempos = TempoMap::of(song);
        let marks_per_beat = if tempos.changes() { MARKS_PER_UNEVEN_BEAT } else { 1 };
        let mut beats = Self {
            stretches: Vec::new(),
            marks: Vec::new(),
            marks_per_beat,
            ticks_per_beat: song.ticks_per_beat.max(1),
        };
        let mut bar = Vec::with_capacity(BEATS_PER_BAR * marks_per_beat + 1);
        for (number, line) in lines.windows(2).enumerate() {
            bar.clear();
            for beat in seconds[line[0]..=line[1]].windows(2) {
                bar.extend((0..marks_per_beat).map(|mark| {
                    let part = mark as f64 / marks_per_beat as f64;
                    tempos.tick_at(beat[0] + part * (beat[1] - beat[0]))
                }));
            }
            bar.push(tempos.tick_at(seconds[line[1]]));
            beats.push_bar(number as u64, &bar);
        }
        let bars = lines.len().saturating_sub(1) as u64;
        if let Some(stretch) = beats.stretches.last_mut() {
            stretch.is_last = stretch.bars.map(|count| stretch.first_bar + count) == Some(bars);
        }
        beats
    }

    /// The next bar of a beat file, by its marks and the bar line after it.
    fn push_bar(&mut self, number: u64, marks: &[i64]) {
        let is_four = marks.len() == BEATS_PER_BAR * self.marks_per_beat + 1;
        let beats = || marks.iter().step_by(self.marks_per_beat);
        if !is_four || !beats().is_sorted_by(|a, b| a < b) || !marks.is_sorted() {
            return;
        }
        match self.stretches.last_mut() {
            Some(Stretch { first_bar, bars: Some(bars), .. }) if *first_bar + *bars == number => {
                *bars += 1;
                self.marks.extend_from_slice(&marks[1..]);
            }
            _ => {
                self.stretches.push(Stretch {
                    first_bar: number,
                    bars: Some(1),
                    upbeat_bars: u64::from(number == 0),
                    is_last: false,
                    start: marks[0],
                    first_mark: Some(self.marks.len()),
                });
                self.marks.extend_from_slice(marks);
            }
        }
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
            Some(first) => {
                let mark = usize::try_from(beats_in).ok()?.checked_mul(self.marks_per_beat)?;
                self.marks.get(first + mark).copied()
            }
            None => {
                let ticks =
                    i64::try_from(beats_in).ok()?.checked_mul(self.ticks_per_beat.into())?;
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
            (Some(count), Some(first)) => {
                beats.marks[first + count as usize * beats.marks_per_beat]
            }
            (Some(count), None) => {
                let ticks = count.saturating_mul(u64::from(beats.ticks_per_beat));
                self.start.saturating_add_unsigned(ticks)
            }
        }
    }
}

/// Seconds of the beats, with those that are missing in the bar before the first bar line and in
/// the last bar, and the indices of the bar lines.
fn completed(annotated: &[BeatMark]) -> (Vec<f64>, Vec<usize>) {
    let mut lines: Vec<_> =
        (0..annotated.len()).filter(|&beat| annotated[beat].begins_bar).collect();
    let mut seconds: Vec<_> = annotated.iter().map(|beat| beat.seconds).collect();
    let (&[first, second, ..], &[.., before, last]) = (&seconds[..], &seconds[..]) else {
        return (seconds, lines);
    };
    let (Some(&first_line), Some(&last_line)) = (lines.first(), lines.last()) else {
        return (seconds, lines);
    };
    let missing = BEATS_PER_BAR.saturating_sub(first_line);
    let upbeat = (1..=missing).rev().map(|beat| first - beat as f64 * (second - first));
    seconds.splice(..0, upbeat);
    lines.iter_mut().for_each(|line| *line += missing);
    lines.insert(0, first_line + missing - BEATS_PER_BAR);
    if let Some(missing) = (last_line + BEATS_PER_BAR + 1).checked_sub(annotated.len())
        && missing > 0
    {
        seconds.extend((1..=missing).map(|beat| last + beat as f64 * (last - before)));
        lines.push(seconds.len() - 1);
    }
    (seconds, lines)
}

/// Bars of a metre in so many ticks; one that is cut off by the next metre counts.
fn bars_in(ticks: u64, metre: Metre, ticks_per_beat: u32) -> u64 {
    let units = u128::from(ticks) * u128::from(metre.unit.max(1));
    let bar_units = u128::from(ticks_per_beat) * BAR as u128 * u128::from(metre.count.max(1));
    u64::try_from(units.div_ceil(bar_units)).unwrap_or(u64::MAX)
}

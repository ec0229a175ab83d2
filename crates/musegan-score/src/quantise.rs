//! A song cut into four-bar phrases on the sixteenth grid, with a count of what that loses.
//!
//! Phrases lie on the song's own bar lines and only where a bar has four quarter notes. Time and
//! memory go with the number of notes: silence, however long, costs nothing.
use crate::arrange::track_of;
use crate::grid::{BARS_PER_PHRASE, BEATS_PER_BAR, STEPS_PER_BAR, STEPS_PER_PHRASE};
use crate::roll::pitch_index;
use crate::song::Metre;
use crate::{Note, Phrase, Pitch, Song, SongNote, Step, Track, Velocity};

/// How far apart phrases begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// Every four bars: no bar is in two phrases.
    Phrase,
    /// Every bar: a bar is in up to four phrases.
    Bar,
}

/// What happened to a song's notes on the way into phrases, in numbers of notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// All notes of the song. Every one is kept or counted in exactly one of the losses.
    pub notes: u64,
    /// Those that are in the phrases.
    pub kept: u64,
    /// Lost: the part is a sound effect.
    pub unassigned: u64,
    /// Lost: outside the pitch range of the networks, MIDI 24 to 95.
    pub outside_pitch_range: u64,
    /// Lost: in bars that are not four quarter notes long, or in fewer than four such bars in a
    /// row.
    pub outside_metre: u64,
    /// Lost: another note of the track has the same pitch and step.
    pub merged: u64,
    /// Kept, but the onset moved by more than a quarter of a step: triplets, free playing.
    pub off_grid: u64,
    /// Kept, but cut to the length of a phrase.
    pub shortened: u64,
}

impl std::ops::AddAssign for Losses {
    fn add_assign(&mut self, other: Self) {
        self.notes += other.notes;
        self.kept += other.kept;
        self.unassigned += other.unassigned;
        self.outside_pitch_range += other.outside_pitch_range;
        self.outside_metre += other.outside_metre;
        self.merged += other.merged;
        self.off_grid += other.off_grid;
        self.shortened += other.shortened;
    }
}

/// A phrase and where it was in the song.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// The beat at which its stretch of 4/4 begins, as a tick of the song.
    pub stretch_tick: u64,
    /// Bars from there to the phrase's first bar.
    pub bar: u64,
    /// The music; never empty.
    pub phrase: Phrase,
}

/// The phrases of a song in order, one at a time. Phrases without any note are left out.
///
/// A note that sounds across the end of a phrase ends there and is struck again at the beginning
/// of the next one, so that a roll of the phrase shows what sounds; drums are not.
#[derive(Clone, Debug)]
pub struct Phrases {
    stretches: std::vec::IntoIter<Stretch>,
    current: Option<Stretch>,
    next_bar: u64,
    stride: Stride,
    losses: Losses,
}

impl Phrases {
    pub(crate) fn of(song: &Song, stride: Stride) -> Self {
        let mut losses = Losses { notes: song.note_count() as u64, ..Losses::default() };
        let mut stretches = stretches(song);
        for part in &song.parts {
            let Some(track) = track_of(part) else {
                losses.unassigned += part.notes.len() as u64;
                continue;
            };
            for note in &part.notes {
                if pitch_index(note.pitch).is_none() {
                    losses.outside_pitch_range += 1;
                } else if !place(note, track, &mut stretches, song.ticks_per_beat) {
                    losses.outside_metre += 1;
                }
            }
        }
        for stretch in &mut stretches {
            stretch.settle(stride, &mut losses);
        }
        stretches.retain(|stretch| !stretch.notes.is_empty());
        Self { stretches: stretches.into_iter(), current: None, next_bar: 0, stride, losses }
    }

    /// What the cutting loses, of the whole song however far the iteration is.
    #[must_use]
    pub const fn losses(&self) -> Losses {
        self.losses
    }
}

impl Iterator for Phrases {
    type Item = Cut;

    fn next(&mut self) -> Option<Cut> {
        loop {
            let Some(stretch) = &self.current else {
                self.current = Some(self.stretches.next()?);
                self.next_bar = 0;
                continue;
            };
            let Some(bar) = stretch.bar_with_notes(self.next_bar, self.stride) else {
                self.current = None;
                continue;
            };
            self.next_bar = bar + self.stride.bars();
            let phrase = stretch.phrase(bar);
            if !phrase.is_empty() {
                return Some(Cut { stretch_tick: stretch.start, bar, phrase });
            }
        }
    }
}

impl Stride {
    const fn bars(self) -> u64 {
        match self {
            Self::Phrase => BARS_PER_PHRASE as u64,
            Self::Bar => 1,
        }
    }
}

/// Bars of four quarter notes in a row.
#[derive(Clone, Debug)]
struct Stretch {
    /// Its first bar line, as a tick of the song.
    start: u64,
    /// The tick where another metre begins; the last stretch has no end.
    end: Option<u64>,
    /// Whole bars in it.
    bars: Option<u64>,
    /// Sorted by onset once settled.
    notes: Vec<GridNote>,
}

/// A note on the grid of a stretch.
#[derive(Clone, Copy, Debug)]
struct GridNote {
    onset: u64,
    length: u8,
    track: Track,
    pitch: Pitch,
    velocity: Velocity,
    is_off_grid: bool,
    is_shortened: bool,
}

/// The song's stretches of four-beat bars, in order. A metre change that changes nothing and lies
/// on a bar line, as some programs write for every bar, does not break one.
fn stretches(song: &Song) -> Vec<Stretch> {
    let bar_ticks = u64::from(song.ticks_per_beat.max(1)) * BEATS_PER_BAR as u64;
    let four_four = Metre { tick: 0, count: 4, unit: 4 };
    let mut stretches: Vec<Stretch> = Vec::new();
    for metre in std::iter::once(&four_four).chain(&song.metres) {
        let open = stretches.last_mut().filter(|stretch| stretch.end.is_none());
        if let Some(open) = open {
            let ticks = metre.tick.saturating_sub(open.start);
            if metre.fits_the_grid() && ticks.is_multiple_of(bar_ticks) {
                continue;
            }
            open.end = Some(metre.tick);
            open.bars = Some(ticks / bar_ticks);
        }
        if metre.fits_the_grid() {
            stretches.push(Stretch { start: metre.tick, end: None, bars: None, notes: Vec::new() });
        }
    }
    stretches
}

/// Puts a note on the grid of the stretch it belongs to; `false` where there is none.
fn place(note: &SongNote, track: Track, stretches: &mut [Stretch], ticks_per_beat: u32) -> bool {
    // In eighths of a tick half a step is a whole number: `beat` of them, and a step two. Half a
    // step later, rounding down finds the nearest step; and a note that comes a little early for
    // a bar line belongs behind it.
    let beat = u128::from(ticks_per_beat.max(1));
    let half_step_after = |tick: u64| u128::from(tick) * 8 + beat;
    let late = half_step_after(note.onset);
    let index = stretches.partition_point(|stretch| u128::from(stretch.start) * 8 <= late);
    let Some(stretch) = index.checked_sub(1).and_then(|i| stretches.get_mut(i)) else {
        return false;
    };
    if stretch.end.is_some_and(|end| u128::from(end) * 8 <= late) {
        return false;
    }
    let start = u128::from(stretch.start) * 8;
    let (onset, remainder) = ((late - start) / (2 * beat), (late - start) % (2 * beat));
    let end = (half_step_after(note.end()) - start) / (2 * beat);
    let Ok(onset) = u64::try_from(onset) else { return false };
    let steps = end.saturating_sub(onset.into()).max(1);
    let length = steps.min(STEPS_PER_PHRASE as u128);
    stretch.notes.push(GridNote {
        onset,
        length: length as u8,
        track,
        pitch: note.pitch,
        velocity: note.velocity,
        is_off_grid: remainder.abs_diff(beat) * 2 > beat,
        is_shortened: steps > length,
    });
    true
}

impl Stretch {
    /// Sorts the notes, drops those that no phrase can hold, and counts.
    fn settle(&mut self, stride: Stride, losses: &mut Losses) {
        if let Some(bars) = self.bars {
            let bars = match stride {
                Stride::Phrase => bars - bars % BARS_PER_PHRASE as u64,
                Stride::Bar if bars < BARS_PER_PHRASE as u64 => 0,
                Stride::Bar => bars,
            };
            self.bars = Some(bars);
            let before = self.notes.len();
            self.notes.retain(|note| note.onset < bars.saturating_mul(STEPS_PER_BAR as u64));
            losses.outside_metre += (before - self.notes.len()) as u64;
        }
        self.notes.sort_by_key(|n| (n.onset, n.track, n.pitch, std::cmp::Reverse(n.length)));
        let before = self.notes.len();
        self.notes.dedup_by_key(|n| (n.onset, n.track, n.pitch));
        losses.merged += (before - self.notes.len()) as u64;
        losses.kept += self.notes.len() as u64;
        losses.off_grid += self.notes.iter().filter(|n| n.is_off_grid).count() as u64;
        losses.shortened += self.notes.iter().filter(|n| n.is_shortened).count() as u64;
    }

    /// The first bar from `from` on, in strides, where a phrase can begin that holds a note.
    fn bar_with_notes(&self, from: u64, stride: Stride) -> Option<u64> {
        // No note is longer than a phrase, so one that begins earlier has ended by then.
        let from_step = from.saturating_mul(STEPS_PER_BAR as u64);
        let earliest = from_step.saturating_sub(STEPS_PER_PHRASE as u64);
        let first = self.notes.partition_point(|note| note.onset < earliest);
        let note = self.notes[first..]
            .iter()
            .find(|note| note.onset.saturating_add(note.length.into()) > from_step)?;
        let note_bar = note.onset / STEPS_PER_BAR as u64;
        let bar = match stride {
            Stride::Phrase => note_bar - note_bar % BARS_PER_PHRASE as u64,
            Stride::Bar => note_bar.saturating_sub(BARS_PER_PHRASE as u64 - 1),
        };
        let bar = bar.max(from);
        let last_start = self.bars.map(|bars| bars.checked_sub(BARS_PER_PHRASE as u64));
        match last_start {
            Some(last) => last.filter(|&last| bar <= last).map(|_| bar),
            None => Some(bar),
        }
    }

    /// What sounds in the four bars from `bar` on.
    fn phrase(&self, bar: u64) -> Phrase {
        let start = bar.saturating_mul(STEPS_PER_BAR as u64);
        let end = start.saturating_add(STEPS_PER_PHRASE as u64);
        let earliest = start.saturating_sub(STEPS_PER_PHRASE as u64);
        let first = self.notes.partition_point(|note| note.onset < earliest);
        let last = self.notes.partition_point(|note| note.onset < end);
        Phrase::new(self.notes[first..last].iter().filter_map(|note| {
            let steps_before = start.saturating_sub(note.onset);
            let length = u64::from(note.length).checked_sub(steps_before).filter(|&l| l > 0)?;
            if steps_before > 0 && note.track.is_drums() {
                return None;
            }
            let onset = Step::new(note.onset.saturating_sub(start) as usize)?;
            Some((note.track, Note::new(onset, length as usize, note.pitch, note.velocity)))
        }))
    }
}

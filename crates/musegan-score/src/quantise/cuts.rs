//! Notes on the grid, cut into the examples of a layout.
//!
//! What must stay true: within a part no two notes of one pitch overlap, no note is longer than
//! [`Cuts::longest`] says, and every note of the performance is kept or counted as lost, once.
use super::on_grid::{GridNote, Usable, settle};
use super::performance::{Performance, PlayedNote};
use super::{Losses, Straightening, Stride, melody};
use crate::Layout;
use crate::layout::{Parts, PlacedNote};

/// An example of a layout and where it was in the song.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Number of its first bar in the song, from 0; bars of every metre count.
    pub bar: u64,
    /// The tick at which its stretch of four-beat bars begins.
    pub stretch_tick: u64,
    /// The notes, sorted by part, onset and pitch; never empty. Of one pitch none overlap.
    pub notes: Vec<PlacedNote>,
}

/// The examples of a song in order, one at a time; those without any note are left out.
///
/// A note that sounds across an example's beginning is struck again there, so that its cells show
/// what sounds; drums are not.
#[derive(Clone, Debug)]
pub struct Cuts {
    layout: Layout,
    stride_bars: u64,
    /// What is still to be cut, the current one first.
    stretches: std::iter::Peekable<std::vec::IntoIter<Usable>>,
    next_bar: u64,
    notes: Vec<GridNote>,
    /// Per part its first note that may still sound, and its end.
    parts: Vec<(usize, usize)>,
    /// Steps of the longest note.
    longest: u64,
    losses: Losses,
}

impl Cuts {
    pub(super) fn new(
        performance: Performance,
        stride: Stride,
        straightening: Option<Straightening>,
    ) -> Self {
        let Performance { layout, stretches, notes, part_ends, losses, .. } = performance;
        let stride = if layout.parts == Parts::Melody { Stride::Bar } else { stride };
        let usable = stretches.iter().filter_map(|stretch| Usable::new(stretch, layout, stride));
        let usable: Vec<_> = usable.collect();
        let steady = straightening.and_then(|straightening| straightening.in_units(layout));
        let on_grid = |note: PlayedNote| GridNote::new(note, layout, steady);
        // Of the same size and alignment, so that the notes stay where they are in memory.
        let mut notes: Vec<GridNote> = notes.into_iter().map(on_grid).collect();
        let mut cuts = Self {
            layout,
            stride_bars: if stride == Stride::Phrase { layout.bars.max(1).into() } else { 1 },
            next_bar: 0,
            parts: Vec::with_capacity(part_ends.len()),
            longest: 0,
            losses,
            notes: Vec::new(),
            stretches: Vec::new().into_iter().peekable(),
        };
        let mut first = 0;
        for end in part_ends {
            let part = &mut notes[first..end];
            if !part.is_sorted_by_key(|note| note.onset) {
                part.sort_by_key(|note| note.onset);
            }
            let mut kept = settle(part, &usable, &mut cuts.losses);
            if layout.parts == Parts::Melody {
                kept = melody::sing(&mut part[..kept], &usable, layout, &mut cuts.losses);
            }
            cuts.parts.push((first, first + kept));
            for note in &part[..kept] {
                cuts.losses.off_grid += u64::from(note.is_off_grid);
                cuts.losses.shortened += u64::from(note.is_shortened);
                cuts.longest = cuts.longest.max(note.length.into());
            }
            cuts.losses.kept += kept as u64;
            first = end;
        }
        cuts.notes = notes;
        cuts.next_bar = usable.first().map_or(0, |stretch| stretch.first_bar);
        cuts.stretches = usable.into_iter().peekable();
        cuts
    }

    /// What the cutting loses, of the whole song however far the iteration is.
    #[must_use]
    pub const fn losses(&self) -> Losses {
        self.losses
    }

    /// What sounds in the bars from `next_bar` on.
    fn placed(&mut self) -> Vec<PlacedNote> {
        let steps = self.layout.steps() as u64;
        let start = self.next_bar.saturating_mul(self.layout.steps_per_bar() as u64);
        let end = start.saturating_add(steps);
        let mut placed = Vec::new();
        for (part, (first, part_end)) in self.parts.iter_mut().enumerate() {
            let notes = &self.notes[*first..*part_end];
            let over = notes.iter().take_while(|n| n.onset.saturating_add(self.longest) <= start);
            let over = over.count();
            *first += over;
            let is_drums = self.layout.parts.is_drums(part);
            for note in notes[over..].iter().take_while(|note| note.onset < end) {
                if note.end() <= start || (is_drums && note.onset < start) {
                    continue;
                }
                let onset = note.onset.max(start);
                push_sorted(
                    &mut placed,
                    PlacedNote {
                        part: part as u8,
                        onset: (onset - start) as u16,
                        pitch: note.pitch.number(),
                        length: (note.end().min(end) - onset) as u16,
                        velocity: note.velocity.value(),
                    },
                );
            }
        }
        placed
    }

    /// The first bar from `next_bar` on where an example can begin whose steps are not all before
    /// the next onset; nothing sounds in the example at `next_bar`.
    fn bar_before_next_onset(&self, stretch: Usable) -> Option<u64> {
        let start = self.next_bar.saturating_mul(self.layout.steps_per_bar() as u64);
        let onsets = self.parts.iter().filter_map(|&(first, end)| {
            let notes = &self.notes[first..end];
            notes.get(notes.partition_point(|note| note.onset < start)).map(|note| note.onset)
        });
        let bar = onsets.min()? / self.layout.steps_per_bar() as u64;
        let earliest = bar.saturating_sub(u64::from(self.layout.bars) - 1).max(self.next_bar);
        // In strides from the stretch's first bar, the last one that still holds the onset.
        let strides = (earliest - stretch.first_bar).div_ceil(self.stride_bars);
        Some(stretch.first_bar + strides * self.stride_bars)
    }
}

impl Iterator for Cuts {
    type Item = Cut;

    fn next(&mut self) -> Option<Cut> {
        loop {
            let stretch = *self.stretches.peek()?;
            let end = self.next_bar.saturating_add(self.layout.bars.into());
            if !stretch.is_last && end > stretch.end_bar {
                self.stretches.next();
                self.next_bar = self.stretches.peek()?.first_bar;
                continue;
            }
            let notes = self.placed();
            if notes.is_empty() {
                self.next_bar = self.bar_before_next_onset(stretch)?;
                continue;
            }
            let bar = self.next_bar;
            self.next_bar = bar.saturating_add(self.stride_bars);
            // A melody has no rests, or it is no example.
            let is_full = || {
                notes.iter().map(|n| usize::from(n.length)).sum::<usize>() == self.layout.steps()
            };
            if self.layout.parts != Parts::Melody || is_full() {
                return Some(Cut { bar, stretch_tick: stretch.tick, notes });
            }
        }
    }
}

/// Puts a note behind those that are sorted before it. Only the notes of one step come out of
/// order, at most as many as there are pitches.
fn push_sorted(placed: &mut Vec<PlacedNote>, note: PlacedNote) {
    let place = |n: &PlacedNote| (n.part, n.onset, n.pitch);
    let behind = placed.iter().rev().take_while(|other| place(other) > place(&note)).count();
    placed.insert(placed.len() - behind, note);
}

//! What sounds when, so that a part can hear where it would rub against another: a semitone next
//! to a note that lasts.
use musegan_score::{Pitch, SongNote};

use crate::chart::TICKS_PER_BAR;
use crate::figure::TICKS_PER_STEP;
use crate::touch::Draft;

/// Notes of other players, by the bars in which they sound.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    bars: Vec<Vec<(u64, u64, u8)>>,
}

impl Heard {
    /// Adds notes of a voice.
    #[must_use]
    pub fn and_notes(mut self, notes: &[SongNote]) -> Self {
        for note in notes {
            self.add(note.onset, note.end(), note.pitch.number());
        }
        self
    }

    /// Adds notes that were drafted.
    #[must_use]
    pub fn and_drafts(mut self, drafts: &[Draft]) -> Self {
        for draft in drafts {
            self.add(draft.tick, draft.end(), draft.pitch);
        }
        self
    }

    fn add(&mut self, from: u64, to: u64, pitch: u8) {
        // A note is in every bar it sounds in; notes of a song last a few bars at most.
        let last = (to.saturating_sub(1) / TICKS_PER_BAR).min(from / TICKS_PER_BAR + 16) as usize;
        let first = (from / TICKS_PER_BAR) as usize;
        if self.bars.len() <= last {
            self.bars.resize(last + 1, Vec::new());
        }
        for bar in &mut self.bars[first..=last] {
            bar.push((from, to, pitch));
        }
    }

    /// The notes that sound at some tick of `from..to`, as (from, to, pitch).
    pub fn sounding(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, u64, u8)> + '_ {
        let bars =
            (from / TICKS_PER_BAR) as usize..=(to.saturating_sub(1) / TICKS_PER_BAR) as usize;
        let first = *bars.start();
        bars.filter_map(|bar| Some((bar, self.bars.get(bar)?)))
            .flat_map(move |(bar, notes)| notes.iter().map(move |note| (bar, *note)))
            // A note of several bars counts once: in the first that is looked at.
            .filter(move |(bar, note)| *bar == first.max((note.0 / TICKS_PER_BAR) as usize))
            .map(|(_, note)| note)
            .filter(move |note| note.0 < to && note.1 > from)
    }

    /// How badly a pitch held from tick to tick would rub: for every note a semitone away, the
    /// sixteenths both sound.
    #[must_use]
    pub fn rub(&self, pitch: u8, from: u64, to: u64) -> f64 {
        let ticks: u64 = self
            .sounding(from, to)
            .filter(|(_, _, other)| other.abs_diff(pitch) == 1)
            .map(|(begins, ends, _)| ends.min(to) - begins.max(from))
            .sum();
        ticks as f64 / TICKS_PER_STEP as f64
    }

    /// Whether a draft rubs for longer than a passing sixteenth.
    #[must_use]
    pub fn rubs(&self, draft: &Draft) -> bool {
        self.rub(draft.pitch, draft.tick, draft.end()) > 1.1
    }

    /// Ticks of `from..to` at which some note begins.
    pub fn onsets(&self, from: u64, to: u64) -> impl Iterator<Item = u64> + '_ {
        self.sounding(from, to).map(|note| note.0).filter(move |onset| *onset >= from)
    }

    /// Whether nothing sounds from tick to tick.
    #[must_use]
    pub fn is_silent(&self, from: u64, to: u64) -> bool {
        self.sounding(from, to).next().is_none()
    }

    /// The highest pitch that sounds from tick to tick.
    #[must_use]
    pub fn highest(&self, from: u64, to: u64) -> Option<Pitch> {
        self.sounding(from, to).map(|note| note.2).max().and_then(Pitch::new)
    }
}

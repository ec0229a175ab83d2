//! The song's own time: where its metre and its tempo change.
//!
//! Bar lines are counted from the last change of metre, never from the song's start as if the
//! present metre had always held.

/// How near to a position, in quarter notes, counts as on it; far less than a sample.
const ON_IT: f64 = 1e-7;

/// The bar at a song position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bar {
    pub meter: (i32, i32),
    pub start_beats: f64,
    pub number: i32,
}

/// Metres and tempos along the song.
#[derive(Clone, Debug)]
pub(super) struct Score {
    /// Sorted by position; never empty. The first also holds before its position.
    meters: Vec<(f64, (i32, i32))>,
    /// Sorted by position.
    tempos: Vec<(f64, f64)>,
    first_tempo: f64,
}

impl Score {
    pub fn new(tempo: f64) -> Self {
        Self { meters: vec![(0.0, (4, 4))], tempos: Vec::new(), first_tempo: tempo }
    }

    /// From a position on, for good. A bar line is there.
    pub fn set_meter(&mut self, beats: f64, meter: (i32, i32)) {
        self.meters.retain(|&(position, _)| position < beats - ON_IT);
        self.meters.push((beats, meter));
    }

    /// From a position on, up to the next change. A bar line is there.
    pub fn add_meter(&mut self, beats: f64, meter: (i32, i32)) {
        insert(&mut self.meters, beats, meter);
    }

    /// In the whole song.
    pub fn set_tempo(&mut self, tempo: f64) {
        self.first_tempo = tempo;
        self.tempos.clear();
    }

    /// From a position on, up to the next change.
    pub fn add_tempo(&mut self, beats: f64, tempo: f64) {
        insert(&mut self.tempos, beats, tempo);
    }

    /// `None` where no change of tempo is written.
    pub fn tempo_at(&self, beats: f64) -> Option<f64> {
        let written = self.tempos.iter().rev().find(|(position, _)| *position <= beats + ON_IT);
        match written {
            Some(&(_, tempo)) => Some(tempo),
            None => (!self.tempos.is_empty()).then_some(self.first_tempo),
        }
    }

    pub fn bar_at(&self, beats: f64) -> Bar {
        let begun = self.meters.partition_point(|(position, _)| *position <= beats + ON_IT);
        let sections = &self.meters[..begun.max(1)];
        let full = sections.windows(2).map(|pair| {
            let bars = (pair[1].0 - pair[0].0) / length(pair[0].1);
            (bars - ON_IT).ceil() as i32
        });
        let number = full.fold(0, i32::saturating_add);
        let (from, meter) = sections[sections.len() - 1];
        let bars = ((beats - from) / length(meter) + ON_IT).floor();
        Bar {
            meter,
            start_beats: from + bars * length(meter),
            number: number.saturating_add(bars as i32),
        }
    }

    /// The next position after this one where the metre or the tempo changes.
    pub fn next_change(&self, beats: f64) -> Option<f64> {
        let meters = self.meters.iter().map(|(position, _)| *position);
        let positions = meters.chain(self.tempos.iter().map(|(position, _)| *position));
        positions.filter(|&position| position > beats + ON_IT).min_by(f64::total_cmp)
    }
}

/// Quarter notes of a bar.
fn length((numerator, denominator): (i32, i32)) -> f64 {
    4.0 * f64::from(numerator) / f64::from(denominator)
}

fn insert<T>(list: &mut Vec<(f64, T)>, beats: f64, value: T) {
    list.retain(|(position, _)| (position - beats).abs() > ON_IT);
    let index = list.partition_point(|(position, _)| *position < beats);
    list.insert(index, (beats, value));
}

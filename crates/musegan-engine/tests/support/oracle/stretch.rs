//! A host's calls as stretches of song: in each the position runs on without a jump, and the bars
//! lie on one grid. A stretch knows at which sample each of its ticks comes.
use super::super::call::Call;
use musegan_engine::Transport;
use musegan_score::Meter;

pub const TICKS_PER_BEAT: f64 = 960.0;

/// A part of a block over which the position grows evenly.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub call: usize,
    /// Samples of the session before it.
    pub clock: i64,
    pub samples: i64,
    pub pos_beats: f64,
    pub beats_per_sample: f64,
}

/// A moment of a stretch. In the order of time: a block's start is before all its ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub piece: usize,
    /// Counted from the stretch's first bar line.
    pub tick: i64,
    pub clock: i64,
}

#[derive(Debug)]
pub struct Stretch {
    pub pieces: Vec<Piece>,
    /// The line of the bar it begins in and of every bar it reaches.
    pub lines: Vec<f64>,
    pub meter: Meter,
}

impl Stretch {
    pub fn all(calls: &[Call]) -> Vec<Self> {
        let mut stretches: Vec<Self> = Vec::new();
        let (mut clock, mut tempo_bpm, mut pos_beats) = (0, 120.0, 0.0);
        let mut on_course = false;
        for (index, call) in calls.iter().enumerate() {
            let (block, told) = (&call.block, &call.block.transport);
            on_course &= !call.reset;
            if block.samples == 0 {
                continue;
            }
            if let Some(bpm) = told.tempo_bpm.filter(|bpm| bpm.is_finite() && *bpm > 0.0) {
                tempo_bpm = bpm.clamp(1.0, 999.0);
            }
            let expected = pos_beats;
            pos_beats = told.pos_beats.filter(|pos| sane(*pos)).unwrap_or(expected);
            on_course &= told.playing && (expected - pos_beats).abs() < 1.0 / 16.0;
            let beats_per_sample = tempo_bpm / 60.0 / block.sample_rate;
            let end_sample = i64::from(block.samples);
            let mut sample: i64 = 0;
            // A loop may wrap 256 times in one block; what is left of it then is a rest.
            for _ in 0..if told.playing { 256 } else { 0 } {
                let wrap = told.loop_beats.filter(|&(start, end)| {
                    sane(start) && sane(end) && start < end && pos_beats < end
                });
                let wrap = wrap.map(|(start, end)| {
                    let samples = ((end - pos_beats) / beats_per_sample).round().max(1.0);
                    (sample.saturating_add(samples as i64), start, end)
                });
                let wrap = wrap.filter(|&(at, ..)| at < end_sample);
                let samples = wrap.map_or(end_sample, |(at, ..)| at) - sample;
                let (line, meter) = bar_of(told, pos_beats);
                let piece = Piece {
                    call: index,
                    clock: clock + sample,
                    samples,
                    pos_beats,
                    beats_per_sample,
                };
                match stretches.last_mut() {
                    Some(stretch) if on_course && stretch.has_line_at(line, meter) => {
                        stretch.pieces.push(piece);
                    }
                    _ => stretches.push(Self { pieces: vec![piece], lines: vec![line], meter }),
                }
                pos_beats += samples as f64 * beats_per_sample;
                on_course = wrap.is_none();
                let Some((at, start, end)) = wrap else { break };
                pos_beats = start + (pos_beats - end);
                sample = at;
            }
            clock += end_sample;
        }
        stretches.iter_mut().for_each(Self::draw_lines);
        stretches
    }

    fn has_line_at(&self, line: f64, meter: Meter) -> bool {
        let bars = (line - self.lines[0]) / meter.beats();
        let off_the_line = (bars - bars.round()).abs() * meter.beats();
        meter.ticks() == self.meter.ticks() && off_the_line < 1.0 / 16.0 - 1e-6
    }

    fn draw_lines(&mut self) {
        while self.moment(0, self.bar_ticks() * (self.lines.len() as i64 - 1)).is_some()
            || self.first_tick() >= self.bar_ticks() * (self.lines.len() as i64 - 1)
        {
            self.lines.push(self.lines[self.lines.len() - 1] + self.meter.beats());
        }
    }

    pub fn bar_ticks(&self) -> i64 {
        self.meter.ticks()
    }

    /// Steps of a bar, the last perhaps cut.
    pub fn bar_steps(&self) -> i64 {
        (self.bar_ticks() as f64 / 240.0).ceil() as i64
    }

    /// The first tick whose nearest sample is not before the stretch.
    pub fn first_tick(&self) -> i64 {
        let first = self.pieces[0];
        let beats = first.pos_beats - 0.5 * first.beats_per_sample - self.lines[0];
        ((beats * TICKS_PER_BEAT).ceil() as i64).max(0)
    }

    /// When a tick comes that is not before the piece `from`; `None` if the stretch ends first.
    pub fn moment(&self, from: usize, tick: i64) -> Option<Moment> {
        let (bar, tick_of_bar) = (tick / self.bar_ticks(), tick % self.bar_ticks());
        let line = *self.lines.get(bar as usize)?;
        self.pieces.iter().enumerate().skip(from).find_map(|(index, piece)| {
            let beats = line - piece.pos_beats + tick_of_bar as f64 / TICKS_PER_BEAT;
            let sample = ((beats / piece.beats_per_sample).round() as i64).max(0);
            (sample < piece.samples).then(|| Moment {
                piece: index,
                tick,
                clock: piece.clock + sample,
            })
        })
    }

    /// The first sample after it: there everything ends.
    pub fn end_clock(&self) -> i64 {
        let last = self.pieces[self.pieces.len() - 1];
        last.clock + last.samples
    }
}

/// The line of the bar that holds a position, and the metre.
fn bar_of(told: &Transport, pos_beats: f64) -> (f64, Meter) {
    let meter = told.meter.and_then(|(numerator, denominator)| Meter::new(numerator, denominator));
    let meter = meter.unwrap_or(Meter::COMMON);
    let line = told.bar_start_beats.filter(|line| sane(*line)).unwrap_or(0.0);
    let bars = ((pos_beats - line + 1e-6) / meter.beats()).floor();
    (line + bars * meter.beats(), meter)
}

fn sane(beats: f64) -> bool {
    beats.is_finite() && beats.abs() < 1e10
}

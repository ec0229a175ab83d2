//! A stretch of song laid out: the steps of its bars, when each begins, and what is in force.
use super::super::call::Call;
use super::stretch::{Moment, Stretch};
use super::{Hands, Need, feel};
use musegan_engine::{Controls, PhraseKey};
use musegan_score::Step;

/// A step that begins in the stretch.
pub struct Begun<'a> {
    pub bar: usize,
    pub step: i64,
    /// In the stretch's first step this may be in its middle.
    pub moment: Moment,
    pub ticks: i64,
    /// The controls as it begins.
    pub controls: &'a Controls,
}

/// What a bar is played under.
pub struct Bar {
    pub index: i64,
    pub key: PhraseKey,
    pub settled_in: usize,
    pub chord: Vec<u8>,
    /// When its first step of the stretch begins.
    pub moment: Moment,
}

pub struct Layout<'a> {
    pub stretch: &'a Stretch,
    pub steps: Vec<Begun<'a>>,
    /// In the order of time; the first is the one that the first step is of.
    pub bars: Vec<Bar>,
    calls: &'a [Call],
}

impl<'a> Layout<'a> {
    pub fn of(stretch: &'a Stretch, calls: &'a [Call], hands: &Hands) -> Self {
        let mut layout = Self { stretch, steps: Vec::new(), bars: Vec::new(), calls };
        layout.lay_steps();
        layout.lay_bars(hands);
        layout
    }

    fn lay_steps(&mut self) {
        let stretch = self.stretch;
        let (bar_ticks, first_tick) = (stretch.bar_ticks(), stretch.first_tick());
        let mut piece = 0;
        for bar in 0..stretch.lines.len() {
            for step in 0..stretch.bar_steps() {
                let tick = bar as i64 * bar_ticks + step * 240;
                let ticks = (bar_ticks - step * 240).min(240);
                if tick + ticks <= first_tick {
                    continue;
                }
                let Some(moment) = stretch.moment(piece, tick.max(first_tick)) else { return };
                piece = moment.piece;
                let controls = self.controls(piece);
                self.steps.push(Begun { bar, step, moment, ticks, controls });
            }
        }
    }

    fn lay_bars(&mut self, hands: &Hands) {
        let stretch = self.stretch;
        let mut before: Option<&Begun> = None;
        for begun in &self.steps {
            if before.is_none() || begun.step == 0 {
                // Model controls count as they are one step before the bar line; in the bar that
                // is joined as they are there.
                let settling = before.unwrap_or(begun);
                let bars = stretch.lines[begun.bar] / stretch.meter.beats();
                let index = (bars + 0.5 + 1e-6).floor() as i64;
                let (mut composition, model) =
                    (settling.controls.composition, settling.controls.model);
                let keys = self.chord_at(settling, hands);
                if !keys.is_empty() {
                    let chord = feel::engine_chord(&keys);
                    composition.progression = chord.progression(settling.controls.transpose);
                }
                self.bars.push(Bar {
                    index,
                    key: PhraseKey { index: index.div_euclid(4), model, composition },
                    settled_in: stretch.pieces[settling.moment.piece].call,
                    chord: self.chord_at(begun, hands),
                    moment: begun.moment,
                });
            }
            before = Some(begun);
        }
    }

    /// The keys of the chord as a step begins; none where nobody listens.
    fn chord_at(&self, begun: &Begun, hands: &Hands) -> Vec<u8> {
        if !begun.controls.listens {
            return Vec::new();
        }
        let call = &self.calls[self.stretch.pieces[begun.moment.piece].call];
        hands.chord_at(begun.moment.clock, call)
    }

    /// The controls of a piece's call.
    pub fn controls(&self, piece: usize) -> &'a Controls {
        &self.calls[self.stretch.pieces[piece].call].controls
    }

    /// The step of the phrase that a step plays.
    pub fn in_phrase(&self, begun: &Begun) -> Step {
        let bar = self.bars[self.bar_of(begun)].index.rem_euclid(4);
        Step::new((bar * 16 + self.source(begun)) as usize).unwrap()
    }

    /// The step of the phrase's own bar that a step plays.
    pub fn source(&self, begun: &Begun) -> i64 {
        let steps = self.stretch.bar_steps();
        if begun.step < 16 { begun.step } else { (begun.step - steps).rem_euclid(16) }
    }

    /// Which of `bars` a step is of.
    pub fn bar_of(&self, begun: &Begun) -> usize {
        begun.bar - self.steps[0].bar
    }

    /// A step by its bar, counted from the stretch's first line, and number; `None` if it does
    /// not begin in the stretch. A bar has one more step than it has: the next one's first.
    pub fn step(&self, bar: i64, step: i64) -> Option<&Begun<'a>> {
        let steps = self.stretch.bar_steps();
        let first = &self.steps[0];
        let ordinal = bar * steps + step.min(steps) - (first.bar as i64 * steps + first.step);
        self.steps.get(ordinal as usize)
    }

    pub fn needs(&self) -> impl Iterator<Item = Need> {
        self.steps.iter().map(|begun| {
            let bar = &self.bars[self.bar_of(begun)];
            let call = self.stretch.pieces[begun.moment.piece].call;
            Need { call, key: bar.key, settled_in: bar.settled_in }
        })
    }
}

//! Where a session's song goes: seeks and loops, most often to where something is.
use super::Host;

impl Host {
    /// Anywhere, but most often where something is.
    pub(super) fn seek(&mut self) {
        let dice = &mut self.dice;
        let bar_beats = 4.0 * f64::from(self.meter.0) / f64::from(self.meter.1);
        let bar = match dice.below(6) {
            0 => 0,
            1 => dice.whole(-9, -1),
            2 => 1_000_000 + dice.whole(0, 60),
            _ => dice.whole(0, 120),
        };
        let in_bar = match dice.below(4) {
            0 => 0.0,
            1 => dice.whole(0, 64) as f64 / 4.0,
            2 => dice.whole(-100, 4000) as f64 / 960.0,
            _ => dice.between(-0.1, bar_beats),
        };
        self.pos_beats = bar as f64 * bar_beats + in_bar;
        // Where the metre changed earlier in the song, bars lie off the grid of this one.
        let off = if dice.chance(0.3) { dice.whole(-16, 16) as f64 / 8.0 } else { 0.0 };
        self.line_beats = self.line_of(off);
    }

    /// The bar line before the position, on the grid of this one.
    pub(super) fn line_of(&self, line: f64) -> f64 {
        line + ((self.pos_beats - line) / self.bar_beats()).floor() * self.bar_beats()
    }

    pub(super) fn set_loop(&mut self) {
        let dice = &mut self.dice;
        if dice.chance(0.3) {
            self.cycle = None;
            return;
        }
        let length = match dice.below(6) {
            0 => dice.pick(&[1.0 / 960.0, 0.01, 1.0 / 16.0, 0.25, 1.0 / 3.0]),
            1 => dice.octaves(0.001, 1.0),
            2 => dice.between(0.1, 9.0),
            _ => dice.pick(&[0.5, 1.0, 2.0, 3.5, 4.0, 8.0, 16.0]),
        };
        let start = match dice.below(4) {
            0 => self.line_beats,
            1 => (self.pos_beats * 4.0).floor() / 4.0,
            2 => self.pos_beats - dice.between(0.0, 2.0 * length),
            _ => dice.between(-8.0, 8.0),
        };
        self.cycle = Some((start, start + length));
    }
}

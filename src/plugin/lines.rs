//! Whether the host's bar lines can be believed.
//!
//! Some cannot: Ardour (7.3, VST3) tells a line that is right in 4/4 only, others never fill it
//! in. Where the host says what cannot be, its lines are left out, and bars are counted from the
//! song's start, until it has said nothing of the kind for a while. Audio thread.
use musegan_engine::Transport;
use musegan_score::Meter;

/// Positions and lines may be this far off, in quarter notes.
const TOLERANCE_BEATS: f64 = 1.0 / 16.0;
/// For so long a host must have been right to be believed again.
const DOUBT_BEATS: f64 = 16.0;

/// What the host said last, and how long it is still doubted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lines {
    last: Option<Said>,
    doubt_beats: f64,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    line: f64,
    pos: f64,
    /// Length of the block.
    beats: f64,
}

impl Lines {
    /// Leaves out the bar line of a block, `beats` long, if it cannot be believed.
    pub fn check(&mut self, transport: &mut Transport, beats: f64) {
        let said = transport.bar_start_beats.zip(transport.pos_beats);
        let Some((line, pos)) = said.filter(|_| transport.playing) else {
            self.last = None;
            return;
        };
        let meter = transport.meter.and_then(|(n, d)| Meter::new(n, d)).unwrap_or_default();
        // Steadily rolling, the line may be a block behind, and a new one has just been passed.
        let last = self.last.filter(|last| (last.pos + last.beats - pos).abs() < TOLERANCE_BEATS);
        let slack = TOLERANCE_BEATS + last.map_or(0.0, |last| last.beats);
        let holds = line <= pos + TOLERANCE_BEATS && pos < line + meter.beats() + slack;
        let stays = |last: Said| (line - last.line).abs() < TOLERANCE_BEATS;
        let was_passed = last.is_none_or(|last| stays(last) || line > last.pos - slack);
        self.doubt_beats = match last {
            Some(_) if !holds || !was_passed => DOUBT_BEATS,
            Some(last) => (self.doubt_beats - last.beats).max(0.0),
            None => self.doubt_beats,
        };
        self.last = Some(Said { line, pos, beats });
        if !holds || self.doubt_beats > 0.0 {
            transport.bar_start_beats = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: f64 = 0.25;

    /// Rolls through a song of one metre whose host tells these lines, and gives those that are
    /// believed.
    fn believed(meter: (i32, i32), from: f64, line_at: impl Fn(f64) -> f64) -> Vec<Option<f64>> {
        let mut lines = Lines::default();
        (0..200)
            .map(|block| {
                let pos = from + f64::from(block) * BLOCK;
                let mut transport = Transport {
                    playing: true,
                    pos_beats: Some(pos),
                    meter: Some(meter),
                    bar_start_beats: Some(line_at(pos)),
                    ..Transport::default()
                };
                lines.check(&mut transport, BLOCK);
                transport.bar_start_beats
            })
            .collect()
    }

    #[test]
    fn lines_that_hold_the_position_are_believed_wherever_their_grid_lies() {
        let line_at = |pos: f64| ((pos - 1.5) / 3.5).floor() * 3.5 + 1.5;
        assert!(believed((7, 8), -2.0, line_at).iter().all(Option::is_some));
        let jitter = |pos: f64| line_at(pos) + (pos * 7.0).sin() * 1e-9;
        assert!(believed((7, 8), -2.0, jitter).iter().all(Option::is_some));
        // Also told a block late, and where a bar is cut short.
        assert!(believed((7, 8), 0.0, |pos| line_at(pos - BLOCK)).iter().all(Option::is_some));
        let cut = |pos: f64| {
            if pos < 9.0 {
                (pos / 4.0).floor() * 4.0
            } else {
                ((pos - 9.0) / 4.0).floor() * 4.0 + 9.0
            }
        };
        assert!(believed((4, 4), 0.0, cut).iter().all(Option::is_some));
    }

    #[test]
    fn lines_that_are_right_in_common_time_only_are_left_out_in_any_other() {
        for meter in [(7, 8), (3, 4), (5, 4), (12, 8)] {
            let length = f64::from(4 * meter.0) / f64::from(meter.1);
            for first_bar in [0.0, 1.0] {
                let line_at = |pos: f64| ((pos / length).floor() + first_bar) * 4.0;
                let heard = believed(meter, 0.0, line_at);
                let trusted = heard.iter().filter(|line| line.is_some()).count() as f64 * BLOCK;
                // The first bar of a song that is counted from 0 is told right.
                assert!(trusted <= length, "{meter:?}: {trusted} beats long");
            }
        }
        let counted_from_one = |pos: f64| ((pos / 4.0).floor() + 1.0) * 4.0;
        assert!(believed((4, 4), 0.0, counted_from_one).iter().all(Option::is_none));
    }

    #[test]
    fn a_host_that_was_wrong_once_is_believed_again() {
        let heard =
            believed((3, 4), 0.0, |pos| if pos == 6.0 { 90.0 } else { (pos / 3.0).floor() * 3.0 });
        let doubted = heard.iter().filter(|line| line.is_none()).count() as f64 * BLOCK;
        assert!((DOUBT_BEATS..DOUBT_BEATS + 2.0).contains(&doubted), "{doubted} beats");
    }
}

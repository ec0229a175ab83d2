//! Where the song stands, out of what the framework says.
//!
//! The framework (nice-plug 0.4.2) splits a host's block where a parameter changes and where the
//! host sends a new transport, and then makes two mistakes in the later parts. Their bar line is
//! computed anew, as if the song had had its present metre from the start. And in CLAP the length
//! of the parts before is added to the position even when a new transport, which has its own
//! position, came in between. Both are put right here. Later parts are told by the output buffer,
//! which begins where the last one's ended; where there is no buffer (the layout without audio)
//! the framework is believed.
//!
//! Audio thread.
use super::lines::Lines;
use musegan_engine::Transport;
use musegan_score::Meter;

/// A position this near, in quarter notes, is the one expected: the song stands on a line.
const NEAR_BEATS: f64 = 1.0 / 16.0;

/// One call of the framework.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// What the framework says.
    pub transport: Transport,
    /// Its length.
    pub samples: usize,
    /// Address of the output buffer's first channel, if it has one.
    pub output: Option<usize>,
    /// Whether the position may count the parts before twice.
    pub is_clap: bool,
    /// Samples per second, as the framework rounds them.
    pub sample_rate: f64,
}

/// What is remembered from the part before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// Where the last part's output ended.
    output_end: usize,
    /// Samples of the host's block before the next part.
    samples_before: usize,
    /// Samples that the framework counts twice.
    counted_twice: usize,
    /// Where the next part begins if nothing jumps.
    expected_beats: f64,
    bar_start_beats: Option<f64>,
    meter: Option<(i32, i32)>,
    lines: Lines,
}

impl Place {
    /// The transport as the host meant it.
    pub fn read(&mut self, part: &Part) -> Transport {
        let mut transport = part.transport;
        let (address, samples) = (part.output.unwrap_or_default(), part.samples);
        let is_later_part = address != 0 && address == self.output_end;
        if is_later_part {
            self.correct_position(&mut transport, part);
            self.correct_bar_start(&mut transport, part.transport.pos_beats);
        } else {
            (self.samples_before, self.counted_twice) = (0, 0);
        }
        let beats = samples as f64 * beats_per_sample(&transport, part.sample_rate);
        self.bar_start_beats = transport.bar_start_beats;
        self.lines.check(&mut transport, beats);
        self.output_end = address + samples * size_of::<f32>();
        self.samples_before += samples;
        self.expected_beats = transport.pos_beats.unwrap_or_default() + beats;
        self.meter = transport.meter;
        transport
    }

    fn correct_position(&mut self, transport: &mut Transport, part: &Part) {
        let Some(said) = transport.pos_beats.filter(|_| part.is_clap && transport.playing) else {
            return;
        };
        let beats_per_sample = beats_per_sample(transport, part.sample_rate);
        let without = |samples: usize| said - samples as f64 * beats_per_sample;
        let near = |beats: f64| (beats - self.expected_beats).abs() < 0.5 * beats_per_sample;
        let loop_start = transport.loop_beats.map(|(start, _)| start);
        let wraps = |beats: f64| {
            loop_start.is_some_and(|start| (beats - start).abs() < 0.5 * beats_per_sample)
        };
        // A new transport came just before this part when only so the position makes sense.
        if !near(without(self.counted_twice)) {
            let anew = without(self.samples_before);
            let has_come = near(anew) || (wraps(anew) && !wraps(said));
            self.counted_twice = if has_come { self.samples_before } else { 0 };
        }
        transport.pos_beats = Some(without(self.counted_twice));
    }

    /// Replaces a bar line that was computed from the position by the one before it or, where
    /// the metre changes, by the line that the old metre has there.
    fn correct_bar_start(&self, transport: &mut Transport, said_beats: Option<f64>) {
        let Some((said, pos)) = transport.bar_start_beats.zip(transport.pos_beats) else { return };
        let meter = |signature: Option<(i32, i32)>| {
            signature.and_then(|(n, d)| Meter::new(n, d)).map(Meter::beats)
        };
        let (Some(now), Some(before)) = (meter(transport.meter), meter(self.meter)) else { return };
        let Some(line) = self.bar_start_beats else { return };
        let is_computed = said_beats.is_some_and(|beats| (beats / now).floor() * now == said);
        if !is_computed {
            return;
        }
        let lines = (pos - line) / before;
        if transport.meter == self.meter {
            transport.bar_start_beats = Some(line + lines.floor() * before);
        } else if (lines - lines.round()).abs() * before < NEAR_BEATS {
            transport.bar_start_beats = Some(line + lines.round() * before);
        }
    }
}

fn beats_per_sample(transport: &Transport, sample_rate: f64) -> f64 {
    transport.tempo_bpm.unwrap_or_default() / 60.0 / sample_rate.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 48_000.0;
    /// At 120 BPM.
    const BEATS_PER_SAMPLE: f64 = 2.0 / RATE;

    /// The framework, which splits a host's block of which the first sample lies at `ADDRESS`.
    struct Framework(Place);

    const ADDRESS: usize = 4096;

    impl Framework {
        /// What is made of a part that begins `before` samples into the host's block. The host
        /// meant `meant`, and said so `told` samples into its block.
        fn part(
            &mut self,
            before: usize,
            samples: usize,
            told: usize,
            meant: Transport,
        ) -> Transport {
            let pos_beats = meant.pos_beats.map(|beats| beats + told as f64 * BEATS_PER_SAMPLE);
            let length = meant.meter.and_then(|(n, d)| Meter::new(n, d)).map(Meter::beats);
            let computed =
                length.zip(pos_beats).map(|(length, pos)| (pos / length).floor() * length);
            let bar_start_beats = if before > 0 { computed } else { meant.bar_start_beats };
            let transport = Transport { pos_beats, bar_start_beats, ..meant };
            let output = Some(ADDRESS + before * 4);
            self.0.read(&Part { transport, samples, output, is_clap: true, sample_rate: RATE })
        }
    }

    fn rolling(pos_beats: f64, bar_start_beats: f64) -> Transport {
        Transport {
            playing: true,
            tempo_bpm: Some(120.0),
            pos_beats: Some(pos_beats),
            meter: Some((4, 4)),
            bar_start_beats: Some(bar_start_beats),
            loop_beats: None,
        }
    }

    fn pos(transport: Transport) -> f64 {
        transport.pos_beats.unwrap_or(f64::NAN)
    }

    fn looping(pos_beats: f64, bar_start_beats: f64) -> Transport {
        Transport { loop_beats: Some((2.0, 8.0)), ..rolling(pos_beats, bar_start_beats) }
    }

    #[test]
    fn the_bar_line_of_a_later_part_is_the_hosts_own() {
        let mut framework = Framework(Place::default());
        // After bars of 7/8 the song's 4/4 bars begin at 10.5.
        let mut line =
            |before, pos| framework.part(before, 100, 0, rolling(pos, 10.5)).bar_start_beats;
        assert_eq!(line(0, 12.0), Some(10.5));
        assert_eq!(line(100, 12.0 + 100.0 * BEATS_PER_SAMPLE), Some(10.5));
        // A part that crosses the line is in the next bar.
        assert_eq!(line(200, 14.6), Some(14.5));
    }

    #[test]
    fn a_transport_in_mid_block_that_changes_the_metre_is_not_counted_twice() {
        let mut framework = Framework(Place::default());
        framework.part(0, 240, 0, rolling(16.0 - 240.0 * BEATS_PER_SAMPLE, 12.0));
        let changed = |pos| Transport { meter: Some((7, 8)), ..rolling(pos, 16.0) };
        let heard = framework.part(240, 100, 240, changed(16.0));
        assert!((pos(heard) - 16.0).abs() < 1e-9);
        assert_eq!(heard.bar_start_beats, Some(16.0));
        // What is split off after it is counted from there, too.
        let pos_beats = 16.0 + 100.0 * BEATS_PER_SAMPLE;
        let heard = framework.part(340, 100, 240, changed(pos_beats));
        assert!((pos(heard) - pos_beats).abs() < 1e-9);
        assert_eq!(heard.bar_start_beats, Some(16.0));
    }

    #[test]
    fn a_transport_in_mid_block_that_wraps_the_loop_is_not_counted_twice() {
        let mut framework = Framework(Place::default());
        framework.part(0, 100, 0, looping(8.0 - 100.0 * BEATS_PER_SAMPLE, 4.0));
        let heard = framework.part(100, 400, 100, looping(2.0, 0.0));
        assert!((pos(heard) - 2.0).abs() < 1e-9, "{heard:?}");
    }

    #[test]
    fn a_host_that_splits_its_own_block_at_the_loop_is_believed() {
        let mut framework = Framework(Place::default());
        framework.part(0, 100, 0, looping(8.0 - 100.0 * BEATS_PER_SAMPLE, 4.0));
        assert_eq!(pos(framework.part(100, 412, 0, looping(2.0, 0.0))), 2.0);
    }
}

//! What VST3 says about the song: each value with the flag that it is there.
use vst3::Steinberg::Vst::ProcessContext;
use vst3::Steinberg::Vst::ProcessContext_::StatesAndFlags_ as Flags;

use crate::block::Transport;

/// The song at a block's first sample; `elapsed` counts the samples processed so far.
pub(super) fn context(transport: &Transport, sample_rate: f64, elapsed: i64) -> ProcessContext {
    // SAFETY: it is made of numbers only, for which all bytes 0 are a valid value.
    let mut context: ProcessContext = unsafe { std::mem::zeroed() };
    context.sampleRate = sample_rate;
    context.continousTimeSamples = elapsed;
    let mut flags = Flags::kContTimeValid;
    if transport.playing {
        flags |= Flags::kPlaying;
    }
    if let Some(seconds) = transport.position_seconds {
        context.projectTimeSamples = (seconds * sample_rate).round() as i64;
    }
    if let Some(beats) = transport.position_beats {
        flags |= Flags::kProjectTimeMusicValid;
        context.projectTimeMusic = beats;
    }
    if let Some(tempo) = transport.tempo {
        flags |= Flags::kTempoValid;
        context.tempo = tempo;
    }
    if let Some((numerator, denominator)) = transport.meter {
        flags |= Flags::kTimeSigValid;
        (context.timeSigNumerator, context.timeSigDenominator) = (numerator, denominator);
    }
    if let Some(beats) = transport.bar_start_beats {
        flags |= Flags::kBarPositionValid;
        context.barPositionMusic = beats;
    }
    if let Some((start, end)) = transport.loop_beats {
        flags |= Flags::kCycleValid | Flags::kCycleActive;
        (context.cycleStartMusic, context.cycleEndMusic) = (start, end);
    }
    // On Windows the flags are signed.
    #[allow(clippy::unnecessary_cast)]
    let state = flags as u32;
    context.state = state;
    context
}

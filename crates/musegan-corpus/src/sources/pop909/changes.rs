//! Chord changes that were annotated a beat beside the bar line or the half bar, moved there where
//! the piano agrees.
use musegan_score::Chord;

use crate::chart::{BEATS_PER_BAR, Chart, TICKS_PER_BAR, VoiceRole};

const TICKS_PER_BEAT: u64 = TICKS_PER_BAR / BEATS_PER_BAR as u64;

/// Ticks that each pitch class sounds on a beat, the lowest pitch counted twice.
type Chroma = [u64; 12];

/// Moves the changes of a chart.
pub(super) fn on_strong_beats(chart: &mut Chart) {
    let chroma = chroma(chart);
    let mut chords: Vec<_> = chart.bars.iter().flat_map(|bar| bar.chords).collect();
    for beat in 1..chords.len().saturating_sub(1) {
        let (before, after) = (chords[beat - 1], chords[beat]);
        if before == after || beat.is_multiple_of(2) {
            continue;
        }
        let bar_line_next = beat % BEATS_PER_BAR == BEATS_PER_BAR - 1;
        let lasts = chords[beat + 1] == after;
        let began = beat < 2 || chords[beat - 2] == before;
        // Late by a beat, so that the chord before sounds once more.
        let later = lasts && fit(before, &chroma[beat]) >= fit(after, &chroma[beat]);
        // Early by a beat; never over a bar line.
        let earlier = began && fit(after, &chroma[beat - 1]) > fit(before, &chroma[beat - 1]);
        if later && (bar_line_next || !earlier) {
            chords[beat] = before;
        } else if earlier {
            chords[beat - 1] = after;
        }
    }
    let (bars, _) = chords.as_chunks();
    for (bar, chords) in chart.bars.iter_mut().zip(bars) {
        bar.chords = *chords;
    }
}

/// What of a beat's sound belongs to a chord.
fn fit(chord: Option<Chord>, chroma: &Chroma) -> u64 {
    let Some(chord) = chord else { return 0 };
    let tones = chord.quality.semitones().iter().map(|above| (chord.root() + above) % 12);
    tones.map(|tone| chroma[usize::from(tone)]).sum()
}

fn chroma(chart: &Chart) -> Vec<Chroma> {
    let beats = chart.bars.len() * BEATS_PER_BAR;
    let mut chroma = vec![[0; 12]; beats];
    let mut lowest: Vec<Option<(u8, u64)>> = vec![None; beats];
    for note in chart.voice(VoiceRole::Piano) {
        let span = note.onset / TICKS_PER_BEAT..note.end().div_ceil(TICKS_PER_BEAT);
        for beat in span.take_while(|beat| *beat < beats as u64) {
            let start = beat * TICKS_PER_BEAT;
            let ticks = note.end().min(start + TICKS_PER_BEAT) - note.onset.max(start);
            let (beat, pitch) = (beat as usize, note.pitch.number());
            chroma[beat][usize::from(pitch % 12)] += ticks;
            if lowest[beat].is_none_or(|(low, _)| pitch < low) {
                lowest[beat] = Some((pitch, ticks));
            }
        }
    }
    for (chroma, (pitch, ticks)) in
        chroma.iter_mut().zip(lowest).filter_map(|(chroma, low)| Some((chroma, low?)))
    {
        chroma[usize::from(pitch % 12)] += ticks;
    }
    chroma
}

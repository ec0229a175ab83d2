//! What is measured of a song as a whole.
use musegan_score::Song;
use musegan_score::beats::{BeatFile, TempoMap};
use musegan_score::song::Metre;

/// Bars from the beginning to the last onset, of whatever metre; of annotated beats, all bars.
pub(super) fn bars(song: &Song, beats: Option<&BeatFile>) -> u64 {
    let Some(last) = last_onset(song) else { return 0 };
    if let Some(file) = beats {
        return file.beats().iter().filter(|beat| beat.begins_bar).count() as u64;
    }
    let four_four = Metre { tick: 0, count: 4, unit: 4 };
    let mut metres = std::iter::once(&four_four).chain(&song.metres).peekable();
    let mut bars: u64 = 0;
    while let Some(metre) = metres.next() {
        let end = metres.peek().map_or(last + 1, |next| next.tick.min(last + 1));
        let bar = 4 * u64::from(song.ticks_per_beat) * u64::from(metre.count);
        let bar = (bar / u64::from(metre.unit).max(1)).max(1);
        bars = bars.saturating_add(end.saturating_sub(metre.tick).div_ceil(bar));
    }
    bars
}

/// Beats per minute, as the mean up to the last onset.
pub(super) fn tempo(song: &Song, beats: Option<&BeatFile>) -> Option<f32> {
    let (beats, seconds) = match beats.map(BeatFile::beats) {
        Some([first, .., last]) => {
            let count = beats.map_or(0, |file| file.beats().len() - 1);
            (count as f64, last.seconds - first.seconds)
        }
        _ => {
            let last = last_onset(song)?;
            let beats = last as f64 / f64::from(song.ticks_per_beat.max(1));
            (beats, TempoMap::of(song).seconds_at(last))
        }
    };
    let tempo = (60.0 * beats / seconds) as f32;
    (beats > 0.0 && seconds > 0.0 && tempo.is_finite()).then_some(tempo)
}

fn last_onset(song: &Song) -> Option<u64> {
    let last = song.parts.iter().filter_map(|part| part.notes.last());
    // One below the top, so that one more is still a tick.
    last.map(|note| note.onset.min(u64::MAX - 1)).max()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::song::Tempo;
    use musegan_score::{Part, Pitch, SongNote, Velocity};

    #[test]
    fn bars_and_tempo_follow_the_changes_of_metre_and_tempo() {
        let mut song = Song::silent(120.0);
        song.metres = vec![
            Metre { tick: 0, count: 3, unit: 4 },
            Metre { tick: 6 * 480, count: 4, unit: 4 },
            Metre { tick: 10 * 480, count: 7, unit: 8 },
        ];
        song.tempos.push(Tempo { tick: 6 * 480, micros_per_beat: 1_000_000 });
        let onset = 12 * 480;
        let (pitch, velocity) = (Pitch::new(60).unwrap(), Velocity::DEFAULT);
        let notes = vec![SongNote { onset, length: 480, pitch, velocity }];
        song.parts = vec![Part { name: None, channel: 0, program: None, is_drums: false, notes }];
        // Two bars of three, one of four, and one of seven eighths in which the note lies.
        assert_eq!(bars(&song, None), 4);
        // Six beats in three seconds and six in six.
        assert_eq!(tempo(&song, None), Some(80.0));
    }
}

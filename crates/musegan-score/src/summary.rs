//! A track in a few numbers, for people: how much it plays and where.
use crate::grid::{STEPS_PER_BAR, STEPS_PER_BEAT};
use crate::roll::PITCHES;
use crate::{Pitch, TimedNote, Track};

/// What one track plays in a number of bars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackSummary {
    /// Which track.
    pub track: Track,
    /// Notes struck.
    pub notes: usize,
    /// Share of the cells (step, pitch) of a roll's 72 pitches that sound, `0.0..=1.0` where no
    /// pitch overlaps itself.
    pub density: f64,
    /// Lowest and highest pitch, if anything is played.
    pub range: Option<(Pitch, Pitch)>,
    /// How many different pitches.
    pub unique_pitches: usize,
}

impl TrackSummary {
    /// The five tracks' summaries over the first `bars` bars, in tensor order. Notes that begin
    /// elsewhere, or at no time at all, do not count.
    ///
    /// ```
    /// use musegan_score::{Pitch, TimedNote, Track, TrackSummary, Velocity};
    ///
    /// let pitch = Pitch::new(40).unwrap();
    /// let velocity = Velocity::DEFAULT;
    /// let notes = [0.0, 2.0].map(|onset_beats| TimedNote {
    ///     track: Track::Bass,
    ///     onset_beats,
    ///     length_beats: 2.0,
    ///     pitch,
    ///     velocity,
    /// });
    /// let bass = TrackSummary::of(&notes, 1)[Track::Bass.index()];
    /// assert_eq!((bass.notes, bass.unique_pitches), (2, 1));
    /// assert_eq!(bass.density, 1.0 / 72.0);
    /// ```
    #[must_use]
    pub fn of(notes: &[TimedNote], bars: usize) -> [Self; Track::COUNT] {
        let steps = (bars * STEPS_PER_BAR) as f64;
        let step = |beats: f64| beats * STEPS_PER_BEAT as f64;
        Track::ALL.map(|track| {
            let mut is_played = [false; 128];
            let (mut count, mut sounding) = (0, 0.0);
            for note in notes.iter().filter(|note| note.track == track) {
                let onset = step(note.onset_beats);
                if !(0.0..steps).contains(&onset) {
                    continue;
                }
                count += 1;
                is_played[usize::from(note.pitch.number())] = true;
                sounding += step(note.length_beats).clamp(0.0, steps - onset).max(0.0);
            }
            let pitches =
                || (0..128).filter_map(Pitch::new).filter(|p| is_played[usize::from(p.number())]);
            Self {
                track,
                notes: count,
                density: if count == 0 { 0.0 } else { sounding / (steps * PITCHES as f64) },
                range: pitches().min().zip(pitches().max()),
                unique_pitches: pitches().count(),
            }
        })
    }
}

//! A song's notes as harmony hears them: pitched parts only, on steps between given beats.
use super::Sounding;
use crate::arrange::assign;
use crate::layout::Parts;
use crate::{Song, Track};

impl Sounding {
    /// The notes of a song on `steps_per_beat` steps between beats that lie at these ticks, later
    /// and later; the last tick ends the last beat.
    ///
    /// Drums, sound effects, and what begins before the first beat or after the last are left out.
    /// The bass is known as such.
    #[must_use]
    pub fn of_song(song: &Song, beats: &[i64], steps_per_beat: u32) -> Vec<Self> {
        let step = |tick: u64| {
            let tick = i64::try_from(tick).ok()?;
            let after = beats.partition_point(|beat| *beat <= tick);
            let last = after.checked_sub(1)?;
            let (start, end) = (beats[last], *beats.get(after)?);
            let share = tick.saturating_sub(start) as f64 / end.saturating_sub(start) as f64;
            Some(((last as f64 + share) * f64::from(steps_per_beat)).round() as u32)
        };
        let last_step = (beats.len().saturating_sub(1) as u32).saturating_mul(steps_per_beat);
        let mut notes = Vec::new();
        for (part, assignment) in song.parts.iter().zip(assign(song, Parts::Band)) {
            let is = |track: Track| assignment.part == Some(track.index() as u8);
            if is(Track::Drums) || assignment.part.is_none() {
                continue;
            }
            notes.extend(part.notes.iter().filter_map(|note| {
                let onset = step(note.onset)?;
                let end = step(note.end()).unwrap_or(last_step).max(onset.saturating_add(1));
                let (pitch, is_bass) = (note.pitch.number(), is(Track::Bass));
                Some(Self { onset, end, pitch, is_bass, ..Self::default() })
            }));
        }
        notes
    }
}

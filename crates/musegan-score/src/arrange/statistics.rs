//! What a part's notes say about who plays them, where neither program nor name does.
use crate::Part;

/// Measures of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Statistics {
    /// How many notes there are.
    pub notes: usize,
    /// Mean pitch.
    pub pitch: f32,
    /// How many different pitches.
    pub pitches: u32,
    /// Share of onsets at which one note begins while no other sounds on.
    pub alone: f32,
    /// Notes that begin together, mean over onsets.
    pub together: f32,
    /// Semitones from the lowest to the highest of notes that begin together, mean over onsets
    /// with more than one.
    pub spread: f32,
    /// Mean length in beats.
    pub beats: f32,
    /// Onsets per beat, over the beats with an onset.
    pub onsets_per_beat: f32,
    /// Share of notes on the keys of a drum kit's kick, snares, hi-hats, cymbals and toms.
    pub on_kit: f32,
    /// The smallest share among kicks, snares, and hi-hats with the ride.
    pub kit_balance: f32,
    /// Share of beats with an onset, from the song's first to its last note.
    pub activity: f32,
    /// Share of chords whose lowest notes are a fifth apart, on at least three roots: a guitar's
    /// power chords, which a kick with a hi-hat is not.
    pub power_chords: f32,
    /// Share of steps from note to note that are three semitones or less, of onsets alone.
    pub stepwise: f32,
}

impl Statistics {
    /// `song_beats` is the length of the whole song.
    pub(super) fn of(part: &Part, ticks_per_beat: u32, song_beats: f32) -> Self {
        let ticks_per_beat = ticks_per_beat.max(1);
        let notes = &part.notes;
        if notes.is_empty() {
            return Self::default();
        }
        let count = notes.len() as f32;
        let mut kit = [0_u32; 3];
        let (mut pitch_set, mut pitch_sum, mut length_sum, mut on_kit) = (0_u128, 0_u64, 0.0, 0);
        for note in notes {
            let pitch = note.pitch.number();
            pitch_set |= 1 << pitch;
            pitch_sum += u64::from(pitch);
            // Whatever is held for sixteen beats is held.
            let most = u64::from(ticks_per_beat) * 16;
            length_sum += note.length.min(most) as f32 / ticks_per_beat as f32;
            on_kit += u32::from(matches!(pitch, 35..=38 | 40..=53 | 55 | 57 | 59));
            match pitch {
                35 | 36 => kit[0] += 1,
                38 | 40 => kit[1] += 1,
                42 | 44 | 46 | 51 | 53 | 59 => kit[2] += 1,
                _ => {}
            }
        }
        let onsets = Onsets::of(part, ticks_per_beat);
        let groups = onsets.groups as f32;
        Self {
            notes: notes.len(),
            pitch: pitch_sum as f32 / count,
            pitches: pitch_set.count_ones(),
            alone: onsets.alone as f32 / groups,
            together: count / groups,
            spread: onsets.spread as f32 / onsets.chords.max(1) as f32,
            beats: length_sum / count,
            onsets_per_beat: groups / onsets.beats as f32,
            on_kit: on_kit as f32 / count,
            kit_balance: kit.into_iter().min().unwrap_or(0) as f32 / count,
            activity: (onsets.beats as f32 / song_beats.max(1.0)).min(1.0),
            power_chords: if onsets.roots_of_fifths.count_ones() >= 3 {
                onsets.fifths as f32 / onsets.chords.max(1) as f32
            } else {
                0.0
            },
            stepwise: onsets.near as f32 / onsets.moves.max(1) as f32,
        }
    }

    /// One note at a time, but for a few.
    pub(super) fn is_single_voiced(&self) -> bool {
        self.alone >= 0.85
    }

    /// What only a drum kit plays: most keys are the kit's, with kick, snare and hi-hat all there,
    /// short, and several at once.
    pub(super) fn is_drum_kit(&self) -> bool {
        self.notes >= 16
            && self.on_kit >= 0.5
            && self.kit_balance >= 0.04
            && self.together >= 1.1
            && self.beats <= 1.0
            && self.power_chords < 0.6
    }
}

/// Counts over groups of notes that begin together.
#[derive(Default)]
struct Onsets {
    groups: u64,
    alone: u64,
    chords: u64,
    spread: u64,
    beats: u64,
    moves: u64,
    near: u64,
    fifths: u64,
    roots_of_fifths: u128,
}

impl Onsets {
    fn of(part: &Part, ticks_per_beat: u32) -> Self {
        // A strummed chord is one onset, and legato is not two voices.
        let together = u64::from(ticks_per_beat / 16);
        let legato = u64::from(ticks_per_beat / 4);
        let mut counts = Self::default();
        let (mut rest, mut sounding_until) = (&part.notes[..], 0_u64);
        let (mut beat_before, mut pitch_before) = (None, None);
        while let Some(first) = rest.first() {
            let limit = first.onset.saturating_add(together);
            let size = rest.partition_point(|note| note.onset <= limit).max(1);
            let group = &rest[..size];
            rest = &rest[size..];
            counts.groups += 1;
            let pitches = || group.iter().map(|note| note.pitch.number());
            let (low, high) = pitches().fold((127, 0), |(l, h), p| (p.min(l), p.max(h)));
            if size > 1 {
                counts.chords += 1;
                counts.spread += u64::from(high - low);
                let second = pitches().filter(|&pitch| pitch > low).min();
                if second == Some(low + 7) {
                    counts.fifths += 1;
                    counts.roots_of_fifths |= 1 << low;
                }
            } else if sounding_until <= first.onset.saturating_add(legato) {
                counts.alone += 1;
                if let Some(before) = pitch_before {
                    counts.moves += 1;
                    counts.near += u64::from(high.abs_diff(before) <= 3);
                }
            }
            pitch_before = Some(high);
            let beat = first.onset / u64::from(ticks_per_beat);
            counts.beats += u64::from(beat_before != Some(beat));
            beat_before = Some(beat);
            let end = group.iter().map(crate::SongNote::end).max().unwrap_or(0);
            sounding_until = sounding_until.max(end);
        }
        counts
    }
}

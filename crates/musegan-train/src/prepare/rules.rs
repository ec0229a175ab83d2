//! What is kept of what was found, and under which name the rest is counted.
//!
//! What must stay true: a rule looks at one song or one phrase alone; and everything that is left
//! behind is counted under exactly one rule.
use musegan_score::layout::{Parts, PlacedNote};
use musegan_score::quantise::{Feel, GridFit, Losses, Straightening};
use musegan_score::{Layout, Pitch, Song};

use super::duplicates::Choice;
use super::prepared::Contents;
use super::settings::{Rules, SwingVerdict};

/// Notes that were never released.
pub(super) const STUCK: &str = "notes that were never released";
const UNASSIGNED: &str = "notes of parts that no track plays";
const OUT_OF_RANGE: &str = "notes outside the pitch range";
const OUTSIDE_METRE: &str = "notes outside whole phrases of 4/4";
const MERGED: &str = "notes on another of the same pitch and step";
const COVERED: &str = "notes under a higher one, of a melody";
const ISOLATED: &str = "notes between silent bars, of a melody";
pub(super) const NOT_IN_FOUR: &str = "files without a bar of 4/4";
pub(super) const SILENT: &str = "files without a note";
pub(super) const UNPLAYED: &str = "files of which no track plays a note";
pub(super) const TOO_SHORT: &str = "files without a whole phrase in 4/4";
pub(super) const OFF_GRID: &str = "phrases off the grid";
pub(super) const TRIPLETS: &str = "phrases in triplets, which the grid has not";
pub(super) const SWUNG: &str = "phrases that swing";
pub(super) const STRAIGHTENED: &str = "phrases straightened, and kept";
pub(super) const TOO_FEW_TRACKS: &str = "phrases with too few tracks";
pub(super) const TOO_SPARSE: &str = "phrases with too few notes";
pub(super) const TOO_DENSE: &str = "phrases with implausibly many notes";
pub(super) const BEYOND_MOST: &str = "phrases beyond the most of one file";
pub(super) const RIM_OF_HI_HAT: &str =
    "notes on the rim of an electronic hi-hat, put on the hi-hat";
/// What is counted and not dropped.
pub(super) const KEPT_NEVERTHELESS: [&str; 2] = [STRAIGHTENED, RIM_OF_HI_HAT];

impl Contents {
    /// Counts what a rule took away.
    pub(super) fn count(&mut self, rule: &'static str, count: u64) {
        if count > 0 {
            *self.dropped.entry(rule).or_default() += count;
        }
    }

    /// Counts the notes that were lost on the way to the grid.
    pub(super) fn count_losses(&mut self, losses: &Losses) {
        for (rule, count) in [
            (UNASSIGNED, losses.unassigned),
            (OUT_OF_RANGE, losses.outside_pitch_range),
            (OUTSIDE_METRE, losses.outside_metre),
            (MERGED, losses.merged),
            (COVERED, losses.covered),
            (ISOLATED, losses.isolated),
        ] {
            self.count(rule, count);
        }
    }
}

/// The rule under which a song is counted that gives no phrase at all.
pub(super) fn without_phrase(losses: &Losses, is_in_four: bool) -> &'static str {
    match *losses {
        Losses { notes: 0, .. } => SILENT,
        _ if !is_in_four => NOT_IN_FOUR,
        Losses { notes, unassigned, outside_pitch_range, .. }
            if notes == unassigned + outside_pitch_range =>
        {
            UNPLAYED
        }
        _ => TOO_SHORT,
    }
}

/// What becomes of a song because of its feel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum FeelVerdict {
    /// It is put on the grid as it is.
    Keep,
    /// Its swing is taken out.
    Straighten(Straightening),
    /// It is left behind, under this rule.
    Drop(&'static str),
}

impl FeelVerdict {
    /// What takes the swing out, where that is wanted.
    pub(super) fn straightening(self) -> Option<Straightening> {
        match self {
            Self::Straighten(straightening) => Some(straightening),
            Self::Keep | Self::Drop(_) => None,
        }
    }
}

impl Rules {
    /// What becomes of a song whose onsets lie so.
    pub(super) fn of_feel(&self, fit: &GridFit, layout: Layout) -> FeelVerdict {
        let feel = fit.feel();
        let has_thirds = layout.steps_per_beat.is_multiple_of(3);
        match (feel, feel.straightening()) {
            (_, Some(straightening)) => match self.swing {
                SwingVerdict::Straighten => FeelVerdict::Straighten(straightening),
                SwingVerdict::Keep => FeelVerdict::Keep,
                SwingVerdict::Drop => FeelVerdict::Drop(SWUNG),
            },
            (Feel::Triplets, None) if !has_thirds => match self.triplets {
                Choice::Keep => FeelVerdict::Keep,
                Choice::Drop => FeelVerdict::Drop(TRIPLETS),
            },
            _ if fit.off_grid_on_time > self.max_off_grid => FeelVerdict::Drop(OFF_GRID),
            _ => FeelVerdict::Keep,
        }
    }

    /// The rule that an example breaks, if any.
    pub(super) fn broken_by(&self, notes: &[PlacedNote], layout: Layout) -> Option<&'static str> {
        let sounding = sounding_tracks(notes, layout, self.min_bars_per_track.into());
        if sounding < usize::from(self.min_tracks).max(1) {
            return Some(TOO_FEW_TRACKS);
        }
        let bars = f64::from(layout.bars);
        if (notes.len() as f64) < f64::from(self.min_notes_per_bar) * bars {
            return Some(TOO_SPARSE);
        }
        let most = most_notes_per_bar(notes, layout);
        (most > self.max_notes_per_bar).then_some(TOO_DENSE)
    }

    /// Takes out the notes that were never released, and says how many there were.
    pub(super) fn release(&self, song: &mut Song) -> u64 {
        let longest = u64::from(self.max_note_beats) * u64::from(song.ticks_per_beat);
        let before = song.note_count();
        for part in &mut song.parts {
            part.notes.retain(|note| note.length <= longest);
        }
        (before - song.note_count()) as u64
    }
}

/// How many parts sound in at least so many bars.
pub(super) fn sounding_tracks(notes: &[PlacedNote], layout: Layout, bars: u32) -> usize {
    let steps_per_bar = layout.steps_per_bar() as u16;
    let mut sounding = vec![0u64; layout.parts.names().len()];
    for note in notes {
        let (first, last) = (note.onset, note.onset + note.length.max(1) - 1);
        for bar in first / steps_per_bar..=last / steps_per_bar {
            if let Some(bars) = sounding.get_mut(usize::from(note.part)) {
                *bars |= 1 << bar.min(63);
            }
        }
    }
    sounding.iter().filter(|found| found.count_ones() >= bars.max(1)).count()
}

/// The most notes that begin in one bar of one part.
fn most_notes_per_bar(notes: &[PlacedNote], layout: Layout) -> u32 {
    let steps_per_bar = layout.steps_per_bar() as u16;
    let bars = usize::from(layout.bars);
    let mut counts = vec![0u32; layout.parts.names().len() * bars];
    for note in notes {
        let bar = usize::from(note.onset / steps_per_bar);
        if let Some(count) = counts.get_mut(usize::from(note.part) * bars + bar) {
            *count += 1;
        }
    }
    counts.into_iter().max().unwrap_or(0)
}

/// Puts on the hi-hat what electronic kits play on its rim, and says how many notes that were. The
/// keys are Roland's, which General MIDI does not have: 22 closed, 26 open. Key 26 alone may be
/// another kit's finger snap.
pub(super) fn hi_hats(song: &mut Song) -> u64 {
    const CLOSED: (u8, u8) = (22, 42);
    const OPEN: (u8, u8) = (26, 46);
    let mut moved = 0;
    for part in song.parts.iter_mut().filter(|part| part.is_drums) {
        if !part.notes.iter().any(|note| note.pitch.number() == CLOSED.0) {
            continue;
        }
        for note in &mut part.notes {
            for (rim, hi_hat) in [CLOSED, OPEN] {
                if note.pitch.number() == rim {
                    note.pitch = Pitch::new(hi_hat).unwrap_or(note.pitch);
                    moved += 1;
                }
            }
        }
        part.notes.sort_by_key(|note| (note.onset, note.pitch));
    }
    moved
}

/// Moves the pitched notes of a song by octaves into the pitches of a layout.
pub(super) fn fold(song: &mut Song, layout: Layout) {
    let (lowest, pitches) = (i32::from(layout.lowest_pitch), i32::from(layout.pitches));
    if layout.parts == Parts::Melody || pitches < 12 {
        // A melody is folded when it is sung.
        return;
    }
    for part in song.parts.iter_mut().filter(|part| !part.is_drums) {
        for note in &mut part.notes {
            let number = i32::from(note.pitch.number());
            let octaves = if number < lowest {
                (lowest - number + 11) / 12
            } else if number >= lowest + pitches {
                -((number - (lowest + pitches) + 12) / 12)
            } else {
                continue;
            };
            if let Some(pitch) = note.pitch.transposed((12 * octaves) as i8) {
                note.pitch = pitch;
            }
        }
        part.notes.sort_by_key(|note| (note.onset, note.pitch));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use musegan_score::{Part, SongNote, Velocity};

    fn note(part: u8, onset: u16, length: u16) -> PlacedNote {
        PlacedNote { part, onset, pitch: 60, length, velocity: 100 }
    }

    #[test]
    fn a_track_counts_as_sounding_by_the_bars_it_sounds_in() {
        let notes = [note(0, 0, 1), note(1, 15, 2), note(1, 63, 1), note(4, 20, 1)];
        let sounding = |bars| sounding_tracks(&notes, Layout::BAND, bars);
        assert_eq!([sounding(0), sounding(1), sounding(2), sounding(3)], [3, 3, 1, 1]);
        assert_eq!(sounding(4), 0);
    }

    #[test]
    fn each_rule_has_its_threshold() {
        let rules = Rules { min_tracks: 2, max_notes_per_bar: 3, ..Rules::default() };
        let broken = |notes: &[PlacedNote]| rules.broken_by(notes, Layout::BAND);
        let four = [note(0, 0, 1), note(1, 16, 1), note(0, 32, 1), note(1, 48, 1)];
        assert_eq!(broken(&four), None);
        assert_eq!(broken(&four[..3]), Some(TOO_SPARSE));
        assert_eq!(broken(&[note(0, 0, 1); 8]), Some(TOO_FEW_TRACKS));
        assert_eq!(broken(&[&four[..], &[note(1, 0, 1); 4]].concat()), Some(TOO_DENSE));
    }

    #[test]
    fn a_song_without_a_phrase_is_counted_under_what_kept_it_from_one() {
        let lost = |notes, unassigned, outside_pitch_range, outside_metre| Losses {
            notes,
            unassigned,
            outside_pitch_range,
            outside_metre,
            ..Losses::default()
        };
        assert_eq!(without_phrase(&lost(0, 0, 0, 0), true), SILENT);
        assert_eq!(without_phrase(&lost(9, 3, 3, 3), false), NOT_IN_FOUR);
        assert_eq!(without_phrase(&lost(9, 6, 3, 0), true), UNPLAYED);
        assert_eq!(without_phrase(&lost(9, 6, 0, 3), true), TOO_SHORT);
    }

    fn song_of(keys: &[u8], is_drums: bool) -> Song {
        let note = |&key: &u8| SongNote {
            onset: 0,
            length: 1,
            pitch: Pitch::new(key).unwrap(),
            velocity: Velocity::DEFAULT,
        };
        let notes = keys.iter().map(note).collect();
        let mut song = Song::silent(120.0);
        song.parts = vec![Part { name: None, channel: 9, program: None, is_drums, notes }];
        song
    }

    fn keys(song: &Song) -> Vec<u8> {
        song.parts[0].notes.iter().map(|note| note.pitch.number()).collect()
    }

    #[test]
    fn the_rim_of_an_electronic_hi_hat_is_the_hi_hat() {
        let mut roland = song_of(&[22, 26, 36], true);
        assert_eq!((hi_hats(&mut roland), keys(&roland)), (2, vec![36, 42, 46]));
        for (others, is_drums) in [(&[26, 36][..], true), (&[22, 26], false)] {
            let mut song = song_of(others, is_drums);
            assert_eq!((hi_hats(&mut song), keys(&song).as_slice()), (0, others));
        }
    }

    #[test]
    fn folding_moves_by_octaves_to_the_nearest_pitch_in_range() {
        let all = [0, 23, 24, 95, 96, 108, 127];
        for (is_drums, expected) in [(false, [24, 24, 35, 84, 84, 91, 95]), (true, all)] {
            let mut song = song_of(&all, is_drums);
            fold(&mut song, Layout::BAND);
            assert_eq!(keys(&song), expected);
        }
    }
}

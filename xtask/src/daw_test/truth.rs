//! What the plugin has to play where: its notes in this repository's own headless host, against
//! which a pass in Ardour is held.
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::daw_test::tape::{Note, Pass};
use crate::stage::output_of;
use crate::workspace::Workspace;

/// How far a note in Ardour may be from where it belongs, in seconds. Ardour tells plugins the
/// position in whole ticks, so 0.3 ms at 120 BPM are its own.
const TOLERANCE_SECONDS: f64 = 0.001;

/// From which quarter note on a song has which tempo. The first begins with the song.
pub type Tempos = &'static [(f64, f64)];

/// What a plugin plays in one roll from the song's start.
#[derive(Clone, Debug)]
pub struct Truth {
    notes: Vec<SongNote>,
    tempos: Tempos,
    rate: f64,
}

/// A note of the song; positions in quarter notes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct SongNote {
    channel: u8,
    key: u8,
    start_beats: f64,
    end_beats: f64,
}

impl Truth {
    /// Plays the plugin in the headless host, which is built.
    ///
    /// # Errors
    /// If the host fails.
    pub fn of(
        workspace: &Workspace,
        bundle: &Path,
        arguments: &[&str],
        tempos: Tempos,
    ) -> anyhow::Result<Self> {
        let host = format!("notes{}", std::env::consts::EXE_SUFFIX);
        let host = workspace.target.join("debug").join("examples").join(host);
        let printed = output_of(Command::new(host).arg(bundle).args(arguments))?;
        Self::read(&printed, tempos, 48_000)
    }

    fn read(printed: &str, tempos: Tempos, rate: i64) -> anyhow::Result<Self> {
        let notes = printed.lines().map(|line| song_note(line).with_context(|| line.to_owned()));
        Ok(Self { notes: notes.collect::<anyhow::Result<_>>()?, tempos, rate: rate as f64 })
    }

    /// A song position in samples.
    #[must_use]
    pub fn sample(&self, beats: f64) -> f64 {
        let mut seconds = 0.0;
        for (index, &(from, tempo)) in self.tempos.iter().enumerate() {
            let to = self.tempos.get(index + 1).map_or(f64::INFINITY, |next| next.0);
            // A song is rolled up to from before its start.
            let here = if index == 0 { beats.min(to) } else { beats.clamp(from, to) - from };
            seconds += here * 60.0 / tempo;
        }
        seconds * self.rate
    }

    /// Whether a song position is the one in samples, give or take a sixteenth of a quarter note.
    #[must_use]
    pub fn is_near(&self, beats: f64, sample: i64) -> bool {
        (self.sample(beats) - sample as f64).abs() < self.sample(1.0 / 16.0)
    }

    /// Compares a pass with the song. What begins in its first `grace_beats` may be missing.
    ///
    /// # Errors
    /// If a note is missing, is too much, or ends elsewhere.
    pub fn compare(&self, pass: &Pass, grace_beats: f64) -> anyhow::Result<()> {
        let (from, to) = (pass.from as f64, pass.to as f64);
        let tolerance = TOLERANCE_SECONDS * self.rate;
        let mut heard: Vec<Option<&Note>> = pass.notes.iter().map(Some).collect();
        for song in &self.notes {
            let start = self.sample(song.start_beats);
            if start < from - tolerance || start > to + tolerance {
                continue;
            }
            let same = |note: &&mut Option<&Note>| {
                note.is_some_and(|note| {
                    (note.channel, note.key) == (song.channel, song.key)
                        && (note.start as f64 - start).abs() <= tolerance
                })
            };
            let Some(note) = heard.iter_mut().find(same).and_then(Option::take) else {
                let is_optional = start < from + self.sample(grace_beats)
                    || (start - from).abs().min((start - to).abs()) <= tolerance;
                ensure!(is_optional, "{} is missing", shown(song));
                continue;
            };
            let off_by = (note.start + note.length) as f64 - self.sample(song.end_beats).min(to);
            if off_by.abs() > tolerance {
                bail!("{} ends {:.1} ms from its end", shown(song), off_by / self.rate * 1e3);
            }
        }
        match heard.iter().flatten().next() {
            Some(note) => bail!(
                "channel {} key {} at {:.3} s of the song does not belong there",
                note.channel + 1,
                note.key,
                note.start as f64 / self.rate
            ),
            None => Ok(()),
        }
    }
}

fn shown(note: &SongNote) -> String {
    let &SongNote { channel, key, start_beats, end_beats } = note;
    format!("channel {} key {key} from beat {start_beats:.3} to {end_beats:.3}", channel + 1)
}

fn song_note(line: &str) -> anyhow::Result<SongNote> {
    let words: Vec<_> = line.split(' ').collect();
    let [channel, key, _, start, end] = words[..] else { bail!("expected five numbers") };
    Ok(SongNote {
        channel: channel.parse()?,
        key: key.parse()?,
        start_beats: start.parse()?,
        end_beats: end.parse()?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A quarter note is 24,000 samples.
    fn truth() -> Truth {
        Truth::read("0 36 98 0.0 0.5\n4 60 98 1.0 2.0\n", &[(0.0, 120.0)], 48_000).unwrap()
    }

    fn pass(notes: &[(u8, u8, i64, i64)]) -> Pass {
        let note = |&(channel, key, start, length)| Note { channel, key, start, length };
        Pass { from: 0, to: 36_000, notes: notes.iter().map(note).collect() }
    }

    const DRUM: (u8, u8, i64, i64) = (0, 36, 10, 12_000);
    /// Cut off by the end of the pass.
    const STRING: (u8, u8, i64, i64) = (4, 60, 24_010, 11_990);

    #[test]
    fn a_pass_with_every_note_within_a_millisecond_is_right() {
        truth().compare(&pass(&[DRUM, STRING]), 0.0).unwrap();
    }

    #[test]
    fn a_note_that_is_missing_or_late_or_too_long_or_too_much_is_told() {
        for (notes, told) in [
            (&[DRUM][..], "channel 5 key 60 from beat 1.000 to 2.000 is missing"),
            (&[DRUM, (4, 60, 24_060, 11_940)], "is missing"),
            (&[(0, 36, 0, 12_480), STRING], "ends 10.0 ms from its end"),
            (&[DRUM, STRING, STRING], "channel 5 key 60 at 0.500 s of the song"),
        ] {
            let error = truth().compare(&pass(notes), 0.0).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn what_begins_within_the_grace_may_rest_but_nothing_else_may_sound_there() {
        truth().compare(&pass(&[STRING]), 0.25).unwrap();
        assert!(truth().compare(&pass(&[(0, 37, 0, 12_000), STRING]), 0.25).is_err());
    }

    #[test]
    fn a_song_position_counts_each_tempo_for_its_stretch() {
        let truth = Truth::read("", &[(0.0, 120.0), (4.0, 60.0)], 48_000).unwrap();
        let samples = [-1.0, 0.0, 4.0, 6.0].map(|beats| truth.sample(beats));
        assert_eq!(samples, [-24_000.0, 0.0, 96_000.0, 192_000.0]);
    }
}

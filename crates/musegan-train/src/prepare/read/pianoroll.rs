//! Piano rolls as pypianoroll writes them, which the Lakh Pianoroll Dataset is made of.
//!
//! A `.npz` with `info.json` (resolution, and program, drums and name of each track), the tracks'
//! rolls as compressed sparse columns (`pianoroll_0_csc_data`, `_indices`, `_indptr`, `_shape`;
//! rows are time steps, columns the 128 keys, values velocities), `tempo` and `downbeat` for each
//! step. Versions before 1.0 call the resolution `beat_resolution` and may lack `downbeat`.
//!
//! A roll knows no onsets: a run of one velocity is one note, because a note has one velocity.
use std::collections::BTreeMap;
use std::io::{self, Cursor};

use musegan_score::song::{DEFAULT_MICROS_PER_BEAT, Metre, Tempo};
use musegan_score::{Part, Pitch, Song, SongNote, Velocity};
use serde::Deserialize;

use super::Heard;
use crate::prepare::numpy::{HeldNpz, Npz, unfit};

/// A file of more bytes is refused.
pub(in crate::prepare) const LARGEST_PIANOROLL: u64 = 64 << 20;
const LARGEST_INFO: u64 = 1 << 20;
const KEYS: usize = 128;
const MOST_TRACKS: usize = 256;
/// Time steps of a song: ten hours at 120 beats per minute and 24 steps a beat, and some room.
const MOST_STEPS: usize = 1 << 21;
/// Cells of all tracks together.
const MOST_CELLS: usize = 1 << 23;

#[derive(Deserialize)]
struct Info {
    #[serde(alias = "beat_resolution")]
    resolution: u32,
    name: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct TrackInfo {
    program: Option<u8>,
    is_drum: Option<bool>,
    name: Option<String>,
}

/// Reads one.
pub(super) fn read(bytes: Vec<u8>) -> io::Result<Heard> {
    let mut archive = Npz::open(Cursor::new(bytes))?;
    let info = archive.file("info.json", LARGEST_INFO)?;
    let info: Info = serde_json::from_slice(&info).map_err(|e| unfit(format!("info.json: {e}")))?;
    if !(1..=10_000).contains(&info.resolution) {
        return Err(unfit(format!("info.json: a resolution of {} steps a beat", info.resolution)));
    }
    let mut song = Song::silent(120.0);
    song.name = info.name.clone().filter(|name| !name.is_empty());
    song.ticks_per_beat = info.resolution;
    song.tempos = tempos(&mut archive)?;
    song.metres = metres(&mut archive, info.resolution)?;
    let mut cells_left = MOST_CELLS;
    let mut has_velocities = false;
    for number in 0..MOST_TRACKS {
        let Some(track) = info.others.get(&number.to_string()) else { break };
        let track: TrackInfo = serde_json::from_value(track.clone())
            .map_err(|e| unfit(format!("info.json, track {number}: {e}")))?;
        let (notes, velocities) = roll(&mut archive, number, &mut cells_left)?;
        has_velocities |= velocities;
        if !notes.is_empty() {
            song.parts.push(part(track, notes));
        }
    }
    Ok(Heard { has_velocities, ..Heard::song(song) })
}

fn part(track: TrackInfo, notes: Vec<SongNote>) -> Part {
    let is_drums = track.is_drum.unwrap_or(false);
    Part {
        name: track.name.filter(|name| !name.is_empty()).map(Into::into),
        channel: if is_drums { 9 } else { 0 },
        program: track.program.filter(|&program| program < 128),
        is_drums,
        notes,
    }
}

/// The notes of a track, and whether their velocities are any.
fn roll(
    archive: &mut HeldNpz,
    track: usize,
    cells_left: &mut usize,
) -> io::Result<(Vec<SongNote>, bool)> {
    let mut array =
        |what: &str, most| archive.array(&format!("pianoroll_{track}_csc_{what}"))?.numbers(most);
    let refuse = |what: &str| unfit(format!("pianoroll_{track}: {what}"));
    let shape = array("shape", 2)?;
    if shape.len() != 2 || shape[1] != KEYS as f64 || !(0.0..=MOST_STEPS as f64).contains(&shape[0])
    {
        return Err(refuse(&format!("a roll of {shape:?} steps and keys, expected 128 keys")));
    }
    let ends = array("indptr", KEYS + 1)?;
    let values = array("data", *cells_left)?;
    let steps = array("indices", *cells_left)?;
    *cells_left -= values.len();
    let is_ascending = ends.is_sorted() && ends.first() == Some(&0.0);
    if ends.len() != KEYS + 1 || !is_ascending || ends[KEYS] != values.len() as f64 {
        return Err(refuse("its columns do not fit its cells"));
    }
    if steps.len() != values.len() || steps.iter().any(|&s| !(s >= 0.0 && s < shape[0])) {
        return Err(refuse("a cell lies beyond its end"));
    }
    let mut notes = Vec::new();
    for key in 0..KEYS {
        let column = ends[key] as usize..ends[key + 1] as usize;
        let cells = steps[column.clone()].iter().zip(&values[column]);
        let cells = cells.map(|(&step, &value)| (step as u64, velocity(value)));
        let mut cells: Vec<_> = cells.filter_map(|(step, v)| Some((step, v?))).collect();
        cells.sort_unstable();
        notes_of_key(key, &cells, &mut notes);
    }
    notes.sort_by_key(|note| (note.onset, note.pitch));
    // Binary rolls have the one value 1.
    Ok((notes, values.iter().any(|&value| value > 1.0)))
}

/// `None` where nothing sounds. Binary rolls say true, older versions wrote beyond 127.
fn velocity(value: f64) -> Option<u8> {
    match value {
        value if value <= 0.0 || value.is_nan() => None,
        1.0 => Some(Velocity::DEFAULT.value()),
        value => Some(value.min(127.0) as u8),
    }
}

/// Runs of cells of one velocity.
fn notes_of_key(key: usize, cells: &[(u64, u8)], notes: &mut Vec<SongNote>) {
    let Some(pitch) = u8::try_from(key).ok().and_then(Pitch::new) else { return };
    let mut last: Option<SongNote> = None;
    for &(step, value) in cells {
        let velocity = Velocity::clamped(value.into());
        match &mut last {
            // The same cell twice.
            Some(note) if step < note.end() => {}
            Some(note) if step == note.end() && velocity == note.velocity => note.length += 1,
            _ => notes.extend(last.replace(SongNote { onset: step, length: 1, pitch, velocity })),
        }
    }
    notes.extend(last);
}

/// One tempo for each step, as changes.
fn tempos(archive: &mut HeldNpz) -> io::Result<Vec<Tempo>> {
    if !archive.contains("tempo.npy") {
        return Ok(Vec::new());
    }
    let bpm = archive.array("tempo")?.numbers(MOST_STEPS)?;
    let mut tempos: Vec<Tempo> = Vec::new();
    for (tick, bpm) in (0..).zip(bpm) {
        let is_sensible = bpm.is_finite() && bpm > 0.0;
        let micros = if is_sensible { (60e6_f64 / bpm).round().clamp(1.0, 6e7) as u32 } else { 0 };
        let micros_per_beat = if micros > 0 { micros } else { DEFAULT_MICROS_PER_BEAT };
        if tempos.last().is_none_or(|last| last.micros_per_beat != micros_per_beat) {
            tempos.push(Tempo { tick, micros_per_beat });
        }
    }
    Ok(tempos)
}

/// The metre that bar lines so far apart make. Without any it is 4/4.
fn metres(archive: &mut HeldNpz, resolution: u32) -> io::Result<Vec<Metre>> {
    if !archive.contains("downbeat.npy") {
        return Ok(Vec::new());
    }
    let downbeats = archive.array("downbeat")?.numbers(MOST_STEPS)?;
    let lines: Vec<u64> = (0..).zip(downbeats).filter(|(_, d)| *d > 0.0).map(|(t, _)| t).collect();
    let mut metres: Vec<Metre> = Vec::new();
    for bar in lines.windows(2) {
        let metre = metre_of(bar[0], bar[1] - bar[0], resolution);
        let is_same = |last: &Metre| (last.count, last.unit) == (metre.count, metre.unit);
        if !metres.last().is_some_and(is_same) {
            metres.push(metre);
        }
    }
    if let (true, Some(&tick)) = (metres.is_empty(), lines.first()) {
        metres.push(Metre { tick, count: 4, unit: 4 });
    }
    Ok(metres)
}

/// A bar of so many ticks; one that no metre has is 1/64, which is on no grid.
fn metre_of(tick: u64, ticks: u64, resolution: u32) -> Metre {
    let whole = 4 * u64::from(resolution);
    let metre = [4u8, 8, 16, 32].into_iter().find_map(|unit| {
        let count = ticks * u64::from(unit);
        let count = u8::try_from(count / whole).ok().filter(|_| count.is_multiple_of(whole));
        count.map(|count| Metre { tick, count, unit })
    });
    metre.unwrap_or(Metre { tick, count: 1, unit: 64 })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_change_of_velocity_strikes_the_note_again() {
        let mut notes = Vec::new();
        notes_of_key(60, &[(0, 90), (1, 90), (1, 90), (2, 70), (5, 70)], &mut notes);
        let notes: Vec<_> = notes.iter().map(|n| (n.onset, n.length, n.velocity.value())).collect();
        assert_eq!(notes, [(0, 2, 90), (2, 1, 70), (5, 1, 70)]);
    }

    #[test]
    fn bar_lines_make_the_metre() {
        let metre = |ticks| {
            let metre = metre_of(0, ticks, 24);
            (metre.count, metre.unit)
        };
        assert_eq!(metre(96), (4, 4));
        assert_eq!(metre(72), (3, 4));
        assert_eq!(metre(84), (7, 8));
        assert_eq!(metre(97), (1, 64));
        assert_eq!(metre(u64::MAX / 64), (1, 64));
    }
}

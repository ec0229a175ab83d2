//! Phrases of cells as songs: a run of cells of one pitch is a note.
use musegan_score::layout::Parts;
use musegan_score::song::Metre;
use musegan_score::{Part, Pitch, Song, SongNote, Track, Velocity};

use super::Heard;
use crate::prepare::inputs::{Cells, Grid, Rows};

/// Ticks in a step.
const STEP: u64 = 24;

/// One song for each phrase.
pub(super) fn songs(rows: Rows) -> impl Iterator<Item = Heard> {
    let mut sounding = vec![false; rows.grid.cells()];
    (0..rows.count).map(move |row| {
        sounding.fill(false);
        fill(&rows, row, &mut sounding);
        heard(rows.grid, &sounding)
    })
}

/// Marks the cells of a phrase that sound.
fn fill(rows: &Rows, row: usize, sounding: &mut [bool]) {
    let cells = sounding.len();
    match &rows.cells {
        Cells::Bits(bytes) => {
            let row = bytes.chunks_exact(cells / 8).nth(row).unwrap_or_default();
            for (at, &byte) in row.iter().enumerate().filter(|(_, byte)| **byte != 0) {
                for bit in (0..8).filter(|bit| byte & (0x80 >> bit) != 0) {
                    sounding[at * 8 + bit] = true;
                }
            }
        }
        Cells::Elements(element, bytes) => {
            let size = element.bytes();
            let row = bytes.chunks_exact(cells * size).nth(row).unwrap_or_default();
            for (sounds, bytes) in sounding.iter_mut().zip(row.chunks_exact(size)) {
                *sounds = element.sounds(bytes);
            }
        }
        Cells::Listed(listed) => {
            let first = listed.partition_point(|&(phrase, _)| (phrase as usize) < row);
            for &(_, cell) in listed[first..].iter().take_while(|cell| cell.0 as usize == row) {
                if let Some(sounds) = sounding.get_mut(cell as usize) {
                    *sounds = true;
                }
            }
        }
    }
}

fn heard(grid: Grid, sounding: &[bool]) -> Heard {
    let (parts, tracks): (Parts, Vec<Part>) = match grid.tracks {
        17 => (Parts::Families, Parts::Families.names().iter().map(part_of_family).collect()),
        5 => (Parts::Band, Track::ALL.into_iter().map(part_of_track).collect()),
        _ => (Parts::Piano, vec![part_of_track(Track::Piano)]),
    };
    let mut song = Song::silent(120.0);
    song.ticks_per_beat = (grid.steps_per_bar as u64 / 4 * STEP) as u32;
    song.metres = vec![Metre { tick: 0, count: 4, unit: 4 }];
    song.parts = tracks;
    for (part, notes) in song.parts.iter_mut().zip(notes(grid, sounding)) {
        part.notes = notes;
    }
    Heard { given: Some(parts), has_velocities: false, cells_only: true, ..Heard::song(song) }
}

/// The notes of each track, sorted by onset and pitch.
fn notes(grid: Grid, sounding: &[bool]) -> Vec<Vec<SongNote>> {
    let mut notes = vec![Vec::new(); grid.tracks];
    // Where the note of each track and pitch that sounds has its place in the list.
    let mut open: Vec<Option<usize>> = vec![None; grid.tracks * grid.pitches];
    let mut cells: Vec<_> = (0..sounding.len()).filter(|&cell| sounding[cell]).collect();
    cells.sort_by_key(|&cell| {
        let (track, step, pitch) = grid.place(cell);
        (track, step, pitch)
    });
    for cell in cells {
        let (track, step, pitch) = grid.place(cell);
        let list: &mut Vec<SongNote> = &mut notes[track];
        let open = &mut open[track * grid.pitches + pitch];
        let onset = step as u64 * STEP;
        if let Some(note) = open.and_then(|at| list.get_mut(at)).filter(|n| n.end() == onset) {
            note.length += STEP;
        } else if let Some(pitch) = Pitch::new(grid.lowest_pitch + pitch as u8) {
            *open = Some(list.len());
            list.push(SongNote { onset, length: STEP, pitch, velocity: Velocity::DEFAULT });
        }
    }
    notes
}

fn part_of_track(track: Track) -> Part {
    Part {
        name: Some(track.name().into()),
        channel: track.midi_channel(),
        program: Some(track.program()),
        is_drums: track.is_drums(),
        notes: Vec::new(),
    }
}

fn part_of_family(name: &&'static str) -> Part {
    let family = Parts::Families.names().iter().position(|other| other == name).unwrap_or(0);
    Part {
        name: Some((*name).into()),
        channel: if family == 0 { 9 } else { 0 },
        program: Some((family.saturating_sub(1) * 8) as u8),
        is_drums: family == 0,
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_cells_is_one_note_and_the_next_track_begins_afresh() {
        let grid = Grid {
            tracks_last: false,
            tracks: 5,
            steps_per_bar: 16,
            steps: 64,
            pitches: 72,
            lowest_pitch: 24,
        };
        let cell = |track: usize, step: usize, pitch: usize| {
            (0, ((track * 64 + step) * 72 + pitch) as u32)
        };
        let listed = vec![cell(0, 63, 5), cell(1, 0, 5), cell(1, 1, 5), cell(1, 3, 5)];
        let rows = Rows { grid, count: 1, cells: Cells::Listed(listed) };
        let heard: Vec<_> = songs(rows).collect();
        let notes = |part: usize| -> Vec<_> {
            let notes = heard[0].song.parts[part].notes.iter();
            notes.map(|n| (n.onset / STEP, n.length / STEP, n.pitch.number())).collect()
        };
        assert_eq!(notes(0), [(63, 1, 29)]);
        assert_eq!(notes(1), [(0, 2, 29), (3, 1, 29)]);
        assert_eq!(heard[0].song.ticks_per_beat, 96);
    }
}

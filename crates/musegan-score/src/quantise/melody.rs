//! A part sung by one voice, without rests, in two octaves: the examples of MidiNet.
//!
//! What must stay true: every pitch keeps its class, and a bar is either filled from its first step
//! to its last or silent throughout.
use super::Losses;
use super::on_grid::{GridNote, Usable};
use crate::{Layout, Pitch};

/// Moves to the front of a part the notes that are sung, and returns how many they are.
///
/// - The highest of notes struck together is sung. It takes over from the one before unless that
///   still sounds and is higher; what was taken over does not come back.
/// - A rest is filled by the note before if that sounds in the same bar or the bar before, else by
///   the note behind, from its bar line on; at the end up to the bar line.
/// - A note in a bar whose neighbours are both silent is in no example.
pub(super) fn sing(
    notes: &mut [GridNote],
    usable: &[Usable],
    layout: Layout,
    losses: &mut Losses,
) -> usize {
    let highest = highest(notes);
    losses.covered += (notes.len() - highest) as u64;
    let steps_per_bar = layout.steps_per_bar() as u64;
    let sung = in_company(&mut notes[..highest], usable, steps_per_bar);
    losses.isolated += (highest - sung) as u64;
    fill_rests(&mut notes[..sung], usable, steps_per_bar);
    for note in &mut notes[..sung] {
        note.pitch = folded(note.pitch, layout);
    }
    sung
}

/// The pitch of the same class in the layout's lowest octaves, nearest to where it was.
fn folded(pitch: Pitch, layout: Layout) -> Pitch {
    let (lowest, octaves) = (i32::from(layout.lowest_pitch), i32::from(layout.pitches / 12).max(1));
    let above = i32::from(pitch.number()) - lowest;
    let octave = above.div_euclid(12).clamp(0, octaves - 1);
    let number = lowest + 12 * octave + above.rem_euclid(12);
    u8::try_from(number).ok().and_then(Pitch::new).unwrap_or(pitch)
}

fn highest(notes: &mut [GridNote]) -> usize {
    let (mut sung, mut i) = (0usize, 0);
    while i < notes.len() {
        let onset = notes[i].onset;
        let together = notes[i..].iter().take_while(|note| note.onset == onset);
        let (count, note) = together.fold((0, notes[i]), |(count, best), note| {
            (count + 1, if note.pitch > best.pitch { *note } else { best })
        });
        i += count;
        let before = sung.checked_sub(1).map(|last| &mut notes[last]);
        if let Some(before) = before.filter(|before| before.end() > onset) {
            if before.pitch > note.pitch {
                continue;
            }
            before.length = (onset - before.onset) as u16;
        }
        notes[sung] = note;
        sung += 1;
    }
    sung
}

/// Leaves out notes that sound in one bar only, when the bars beside it are silent.
fn in_company(notes: &mut [GridNote], usable: &[Usable], steps_per_bar: u64) -> usize {
    let bars = |note: &GridNote| (note.onset / steps_per_bar, (note.end() - 1) / steps_per_bar);
    let (mut kept, mut i) = (0, 0);
    while i < notes.len() {
        let (first, mut last) = bars(&notes[i]);
        let limit = end_of_stretch(usable, notes[i].onset);
        let mut end = i + 1;
        while let Some(next) = notes.get(end).filter(|next| next.onset < limit) {
            if bars(next).0 > last + 1 {
                break;
            }
            last = last.max(bars(next).1);
            end += 1;
        }
        if last > first {
            notes.copy_within(i..end, kept);
            kept += end - i;
        }
        i = end;
    }
    kept
}

fn fill_rests(notes: &mut [GridNote], usable: &[Usable], steps_per_bar: u64) {
    let bar_line_before = |step: u64| step - step % steps_per_bar;
    for i in 0..notes.len() {
        let next_onset = notes.get(i + 1).map_or(u64::MAX, |next| next.onset);
        let note = &mut notes[i];
        let bar_line_behind = bar_line_before(note.end() - 1) + steps_per_bar;
        let limit = end_of_stretch(usable, note.onset);
        let is_near = next_onset < limit && next_onset < bar_line_behind + steps_per_bar;
        let end = if is_near { next_onset } else { bar_line_behind };
        note.length = (end - note.onset) as u16;
        if !is_near && let Some(next) = notes.get_mut(i + 1) {
            begin_at(next, bar_line_before(next_onset));
        }
    }
    if let Some(first) = notes.first_mut() {
        begin_at(first, bar_line_before(first.onset));
    }
}

/// Lengthens a note to the left.
fn begin_at(note: &mut GridNote, step: u64) {
    note.length += (note.onset - step) as u16;
    note.onset = step;
}

fn end_of_stretch(usable: &[Usable], step: u64) -> u64 {
    let stretch = usable.partition_point(|usable| usable.end_step <= step);
    usable.get(stretch).map_or(u64::MAX, |usable| usable.end_step)
}

//! From a chart to a song of five tracks: the plan, the parts in the order in which players listen
//! to each other, and the markers that say what was meant.
use std::sync::Arc;

use musegan_score::song::{KeySignature, Marker, TICKS_PER_BEAT};
use musegan_score::{Part, Song, SongNote, Track};

use crate::chart::BEATS_PER_BAR;
use crate::drummers::Drummers;
use crate::{Chart, Dice, Plan, bass, drums, guitar, piano, strings};

/// What a marker says where no chord is meant.
const NO_CHORD: &str = "N.C.";
/// Labels of sections that would be read as the end of a chord.
const ALSO_NO_CHORD: [&str; 5] = ["N", "X", NO_CHORD, "N.C", "NC"];

/// One arrangement of a song: a function of the chart, the drummers, the seed and the number.
#[must_use]
pub fn arrange(chart: &Chart, drummers: &Drummers, seed: u64, number: u32) -> Song {
    let dice = Dice::new(seed, &chart.name, number);
    let plan = Plan::of(chart, &dice);
    let drums = drums::write(chart, &plan, drummers, &dice);
    let bass = bass::write(chart, &plan, &drums, &dice);
    let piano = piano::write(chart, &plan, &dice);
    let guitar = guitar::write(chart, &plan, &dice);
    let strings = strings::write(chart, &plan, &dice);
    let mut song = Song::silent(plan.bpm);
    song.name = Some(chart.title.clone());
    song.keys = vec![KeySignature { tick: 0, key: chart.key }];
    song.markers = markers(chart);
    song.parts = Track::ALL
        .into_iter()
        .zip([drums, piano, guitar, bass, strings])
        .map(|(track, notes)| part(track, notes))
        .collect();
    song
}

fn part(track: Track, notes: Vec<SongNote>) -> Part {
    Part {
        name: Some(track.name().into()),
        channel: track.midi_channel(),
        program: Some(track.program()),
        is_drums: track.is_drums(),
        notes,
    }
}

/// A section's label, so that nobody takes it for a chord.
fn section_text(label: &str) -> Arc<str> {
    let label = label.trim();
    if label.contains(':') || ALSO_NO_CHORD.contains(&label) {
        format!("section {}", label.replace(':', " ")).into()
    } else {
        label.into()
    }
}

/// The sections where they begin, and the chords where they change.
fn markers(chart: &Chart) -> Vec<Marker> {
    let tick = |beat: usize| beat as u64 * u64::from(TICKS_PER_BEAT);
    let sections = chart.sections.iter().map(|section| Marker {
        tick: tick(section.first_bar * BEATS_PER_BAR),
        text: section_text(&section.label),
    });
    let mut markers: Vec<_> = sections.filter(|marker| !marker.text.is_empty()).collect();
    let mut last = None;
    for beat in 0..chart.bars.len() * BEATS_PER_BAR {
        let chord = chart.chord(beat);
        if last != Some(chord) {
            let text = chord.map_or_else(|| NO_CHORD.into(), |chord| Arc::from(chord.to_string()));
            markers.push(Marker { tick: tick(beat), text });
            last = Some(chord);
        }
    }
    markers.sort_by_key(|marker| marker.tick);
    markers
}

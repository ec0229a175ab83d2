//! Key, chords and section of each phrase: as they are annotated, or as they are heard.
//!
//! What must stay true: annotations win over analysis, beat by beat where there are any; and what
//! is heard is heard in the whole song, since a phrase alone says little.
use std::collections::BTreeMap;

use musegan_score::annotations::{Annotations, TimedChord};
use musegan_score::beats::{Beats, TempoMap};
use musegan_score::harmony::{self, Harmony, Pulse, Sounding};
use musegan_score::layout::{Parts, PlacedNote};
use musegan_score::quantise::{Cut, Performance, Stride};
use musegan_score::{Chord, Key, Layout, Song, Track, arrange};

use super::settings::Settings;

const BEATS_PER_BAR: u64 = 4;

/// What is known about the phrases of a song.
pub(super) struct Labeller<'a> {
    beats: &'a Beats,
    annotations: Annotations,
    /// So many ticks after a beat its chord is asked for, since an annotation's seconds or an
    /// annotator's hand may be a little late.
    late_ticks: u64,
    layout: Layout,
    heard: Option<Harmony>,
    /// Where the bars of the phrases are among those that were listened to.
    places: BTreeMap<u64, usize>,
    labels: super::settings::Labels,
}

impl<'a> Labeller<'a> {
    /// Listens to the phrases of a song.
    pub fn of(
        song: &Song,
        beats: &'a Beats,
        chords: Option<&[TimedChord]>,
        cuts: &[Cut],
        settings: &Settings,
    ) -> Self {
        let layout = settings.layout.layout();
        let labels = settings.labels.clone();
        let mut annotations = Annotations::of_markers(song);
        if let Some(chords) = chords {
            let tempos = TempoMap::of(song);
            annotations = annotations.with_chords(chords, |seconds| tempos.tick_at(seconds));
        }
        let places = places(cuts, layout);
        let is_wanted = labels.keys || (labels.chords && !annotations.has_chords());
        let heard = (is_wanted && !places.is_empty()).then(|| {
            let pulse = Pulse::four_four(layout.steps_per_beat.into(), places.len());
            let notes = match layout.parts {
                // One part says little; the others are there for listening.
                Parts::Melody | Parts::Piano if song.parts.len() > 1 => {
                    let (cuts, layout) = all_parts(song, beats, layout);
                    sounding(&cuts, &places, layout)
                }
                _ => sounding(cuts, &places, layout),
            };
            harmony::analyse(&notes, &pulse)
        });
        let late_ticks = u64::from(song.ticks_per_beat / 8);
        Self { beats, annotations, late_ticks, layout, heard, places, labels }
    }

    /// Key, chord of each beat, and section of the phrase that begins at this bar.
    pub fn of_phrase(&self, bar: u64) -> (Option<Key>, Vec<Option<Chord>>, String) {
        let beats = 0..self.layout.beats() as u64;
        let chords = if self.labels.chords {
            beats.map(|beat| self.chord(bar, beat)).collect()
        } else {
            Vec::new()
        };
        let section = self.tick(bar, 0).map_or("", |tick| self.annotations.section_at(tick));
        (self.key(bar), chords, section.to_owned())
    }

    fn key(&self, bar: u64) -> Option<Key> {
        let heard = self.heard.as_ref().filter(|_| self.labels.keys)?;
        let first = *self.places.get(&bar)? * BEATS_PER_BAR as usize;
        heard.key_over(first..first + self.layout.beats())
    }

    fn chord(&self, bar: u64, beat: u64) -> Option<Chord> {
        let (bar, beat) = (bar + beat / BEATS_PER_BAR, beat % BEATS_PER_BAR);
        if self.annotations.has_chords() {
            return self.annotations.chord_at(self.tick(bar, beat)?);
        }
        let place = *self.places.get(&bar)? * BEATS_PER_BAR as usize + beat as usize;
        self.heard.as_ref()?.chords.get(place).copied().flatten()
    }

    /// Where a beat has certainly begun.
    fn tick(&self, bar: u64, beat: u64) -> Option<u64> {
        let tick = u64::try_from(self.beats.tick_of(bar, beat)?).unwrap_or(0);
        Some(tick.saturating_add(self.late_ticks))
    }
}

/// The bars of the phrases, one after another without the silences between.
fn places(cuts: &[Cut], layout: Layout) -> BTreeMap<u64, usize> {
    let bars = cuts.iter().flat_map(|cut| (0..u64::from(layout.bars)).map(move |n| cut.bar + n));
    let mut places: BTreeMap<u64, usize> = bars.map(|bar| (bar, 0)).collect();
    places.values_mut().enumerate().for_each(|(number, place)| *place = number);
    places
}

/// What all parts of the song play, on the same grid.
fn all_parts(song: &Song, beats: &Beats, layout: Layout) -> (Vec<Cut>, Layout) {
    let layout = Layout { parts: Parts::Families, lowest_pitch: 0, pitches: 128, ..layout };
    let assignment = arrange::assign(song, layout.parts);
    let assignment: Vec<_> = assignment.iter().map(|assignment| assignment.part).collect();
    let performance = Performance::new(song, beats, &assignment, layout);
    let straightening = performance.fit().feel().straightening();
    (performance.cuts(Stride::Phrase, straightening).collect(), layout)
}

/// The pitched notes of the places, each once.
fn sounding(cuts: &[Cut], places: &BTreeMap<u64, usize>, layout: Layout) -> Vec<Sounding> {
    let steps_per_bar = layout.steps_per_bar();
    let mut notes = Vec::new();
    let mut listened = 0;
    for cut in cuts {
        let bar_of = |note: &PlacedNote| cut.bar + u64::from(note.onset) / steps_per_bar as u64;
        for note in cut.notes.iter().filter(|note| !layout.parts.is_drums(note.part.into())) {
            // Phrases may overlap; a bar is listened to in the first one that has it.
            let Some(&place) = places.get(&bar_of(note)).filter(|_| bar_of(note) >= listened)
            else {
                continue;
            };
            let onset = (place * steps_per_bar + usize::from(note.onset) % steps_per_bar) as u32;
            notes.push(Sounding {
                onset,
                end: onset + u32::from(note.length),
                pitch: note.pitch,
                weight: Sounding::NORMAL_WEIGHT,
                is_bass: is_bass(layout.parts, note.part),
            });
        }
        listened = cut.bar + u64::from(layout.bars);
    }
    notes
}

fn is_bass(parts: Parts, part: u8) -> bool {
    match parts {
        Parts::Band => usize::from(part) == Track::Bass.index(),
        Parts::Families => Parts::Families.names().get(usize::from(part)) == Some(&"Bass"),
        Parts::Melody | Parts::Piano => false,
    }
}

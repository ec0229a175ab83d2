//! Four bars of the whole band: the unit that is trained on, generated, queued and played.
use crate::grid::BEATS_PER_PHRASE;
use crate::layout::PlacedNote;
use crate::{Chord, Note, Pitch, Step, Track, Velocity};

/// Four bars of five tracks. In each track the notes are sorted by onset, then pitch, and no two
/// notes of one pitch overlap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Phrase {
    tracks: [Vec<Note>; Track::COUNT],
    chords: [Option<Chord>; BEATS_PER_PHRASE],
}

impl Phrase {
    /// A phrase of these notes. Where two notes of one pitch overlap in a track the earlier one
    /// ends as the later begins; of two with the same onset the longer stays.
    #[must_use]
    pub fn new(notes: impl IntoIterator<Item = (Track, Note)>) -> Self {
        let mut tracks: [Vec<Note>; Track::COUNT] = Default::default();
        for (track, note) in notes {
            tracks[track.index()].push(note);
        }
        for notes in &mut tracks {
            notes.sort_by_key(|n| (n.pitch, n.onset(), std::cmp::Reverse(n.length())));
            notes.dedup_by_key(|n| (n.pitch, n.onset()));
            for i in 1..notes.len() {
                let next = notes[i];
                let note = &mut notes[i - 1];
                if note.pitch == next.pitch && note.end() > next.onset().index() {
                    let length = next.onset().index() - note.onset().index();
                    *note = Note::new(note.onset(), length, note.pitch, note.velocity)
                        .with_strength(note.strength());
                }
            }
            notes.sort_by_key(|n| (n.onset(), n.pitch));
        }
        Self { tracks, chords: Default::default() }
    }

    /// The same notes over these chords, one for each beat; `None` where a beat has none that is
    /// known.
    #[must_use]
    pub fn with_chords(self, chords: [Option<Chord>; BEATS_PER_PHRASE]) -> Self {
        Self { chords, ..self }
    }

    /// The chord on each beat, where it is known which one the band plays.
    #[must_use]
    pub const fn chords(&self) -> &[Option<Chord>; BEATS_PER_PHRASE] {
        &self.chords
    }

    /// The phrase that an example of [`Layout::BAND`](crate::Layout::BAND) holds. A velocity of 0,
    /// where the source had none, becomes [`Velocity::DEFAULT`]; what lies outside the band's
    /// tracks, steps and pitches is left out.
    #[must_use]
    pub fn of_placed(notes: &[PlacedNote]) -> Self {
        let mut tracks: [Vec<Note>; Track::COUNT] = Default::default();
        for (track, note) in notes.iter().filter_map(|note| note_of(*note)) {
            tracks[track.index()].push(note);
        }
        // Examples of a song are in order already, and there are many.
        if tracks.iter().all(|notes| are_in_order(notes)) {
            return Self { tracks, chords: Default::default() };
        }
        let notes = Track::ALL.into_iter().zip(tracks);
        Self::new(notes.flat_map(|(track, notes)| notes.into_iter().map(move |n| (track, n))))
    }

    /// Its notes on the grid of [`Layout::BAND`](crate::Layout::BAND), sorted by part, onset and
    /// pitch. Pitches that the layout does not have are among them.
    pub fn placed(&self) -> impl Iterator<Item = PlacedNote> {
        self.notes().map(|(track, note)| PlacedNote {
            part: track.index() as u8,
            onset: note.onset().index() as u16,
            pitch: note.pitch.number(),
            length: note.length() as u16,
            velocity: note.velocity.value(),
        })
    }

    /// The notes of one track, sorted by onset, then pitch.
    #[must_use]
    pub fn track(&self, track: Track) -> &[Note] {
        &self.tracks[track.index()]
    }

    /// The notes of one track that begin at this step, sorted by pitch. Takes logarithmic time
    /// and allocates nothing.
    #[must_use]
    pub fn starting_at(&self, track: Track, step: Step) -> &[Note] {
        let notes = self.track(track);
        let first = notes.partition_point(|n| n.onset() < step);
        let len = notes[first..].partition_point(|n| n.onset() == step);
        &notes[first..first + len]
    }

    /// Every note with its track, track by track.
    pub fn notes(&self) -> impl Iterator<Item = (Track, &Note)> {
        Track::ALL.into_iter().flat_map(|t| self.track(t).iter().map(move |n| (t, n)))
    }

    /// Whether no track has a note.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tracks.iter().all(Vec::is_empty)
    }
}

fn note_of(placed: PlacedNote) -> Option<(Track, Note)> {
    let track = *Track::ALL.get(usize::from(placed.part))?;
    let onset = Step::new(placed.onset.into())?;
    let pitch = Pitch::new(placed.pitch)?;
    let velocity = match placed.velocity {
        0 => Velocity::DEFAULT,
        value => Velocity::clamped(value.into()),
    };
    Some((track, Note::new(onset, placed.length.into(), pitch, velocity)))
}

/// Whether notes are sorted by onset and pitch, and none overlaps another of its pitch.
fn are_in_order(notes: &[Note]) -> bool {
    let mut ends = [0; 128];
    notes.is_sorted_by_key(|note| (note.onset(), note.pitch))
        && notes.iter().all(|note| {
            let end = &mut ends[usize::from(note.pitch.number())];
            std::mem::replace(end, note.end()) <= note.onset().index()
        })
}

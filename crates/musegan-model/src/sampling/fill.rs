//! Drum fills. The network has learned phrases, not fills, so a fill is made of what it plays: in
//! the second half of the bar the cymbals rest, kick, snare and toms go on, and to them come those
//! of a phrase of its own, all of its bars at once, growing louder towards the bar line.
//!
//! What must stay true: outside the fill, at most the length of a drum note that sounds into it
//! changes. Like latents, the rule never changes: songs are stored as seeds.
use musegan_score::grid::STEPS_PER_BAR;
use musegan_score::{Note, Phrase, Pitch, Step, Track, Velocity};

/// Step of the bar where the fill begins.
const BEGIN: usize = STEPS_PER_BAR / 2;
/// How much louder each step of the fill is than the one before, in MIDI velocity.
const CRESCENDO: usize = 3;

/// The phrase with a fill in one of its bars, made of the drums of the phrase `strokes`.
///
/// A stroke's strength becomes its square root: what has a strength of more than 0.25, which is
/// every candidate, sounds at a density of 0.5.
#[must_use]
pub fn played(phrase: &Phrase, strokes: &Phrase, bar: usize) -> Phrase {
    let is_filled = |track: Track, note: &Note| {
        let onset = note.onset();
        track == Track::Drums && onset.bar() == bar && step_in_bar(onset) >= BEGIN
    };
    let stays = |&(track, note): &(Track, &Note)| !is_filled(track, note) || is_skin(note.pitch);
    let mut drums = Vec::new();
    let mut notes = Vec::new();
    for (track, &note) in phrase.notes().filter(stays) {
        let part = if is_filled(track, &note) { &mut drums } else { &mut notes };
        part.push((track, note));
    }
    let strokes = strokes.track(Track::Drums).iter().filter(|note| is_skin(note.pitch));
    drums.extend(strokes.filter_map(|note| Some((Track::Drums, stroke(note, bar)?))));
    // Of strokes of one drum at one step the surest is played.
    drums.sort_by(|(_, a), (_, b)| {
        let place = |note: &Note| (note.onset(), note.pitch);
        place(a).cmp(&place(b)).then(b.strength().total_cmp(&a.strength()))
    });
    drums.dedup_by_key(|(_, note)| (note.onset(), note.pitch));
    Phrase::new(notes.into_iter().chain(drums))
}

/// A drum note as it is played in the fill of this bar; `None` if it lies in the first half of its
/// own.
fn stroke(note: &Note, bar: usize) -> Option<Note> {
    let step = step_in_bar(note.onset());
    let into_fill = step.checked_sub(BEGIN)?;
    let onset = Step::new(bar * STEPS_PER_BAR + step)?;
    let louder = i32::from(note.velocity.value()) + (CRESCENDO * into_fill) as i32;
    let stroke = Note::new(onset, 1, note.pitch, Velocity::clamped(louder));
    Some(stroke.with_strength(note.strength().sqrt()))
}

const fn step_in_bar(step: Step) -> usize {
    step.index() % STEPS_PER_BAR
}

/// Whether a key of General MIDI's percussion is a drum that a fill is played on: kicks, snares,
/// claps, toms, bongos, congas, timbales.
const fn is_skin(key: Pitch) -> bool {
    matches!(key.number(), 35..=41 | 43 | 45 | 47 | 48 | 50 | 60..=66)
}

//! What the decoders say, hardened by the rules of playing, on a tape: what the decoder of pitches is
//! told of the rhythm, the notes as the codec's encoders read them, and what is heard of each phrase.
//!
//! A note begins where its step has an onset and its cell is on; on the way back both are the
//! sigmoids of their logits. What must stay true: the notes are those that
//! `musegan_model::band::decoding` plays.
use super::hardened::{Hardened, Logits, RhythmParts, TOLD_OF_PHRASE, highest};
use super::style::LIKE;
use super::{Cell, Heard, Impression, TOKEN, key};
use musegan_model::band::codec::{pitch, rhythm};
use musegan_model::band::critic::HARMONY;
use musegan_model::band::frame::{Harmony, WINDOW};
use musegan_model::tape::{Node, Tape};
use musegan_score::Track;
use musegan_score::grid::{BARS_PER_PHRASE, STEPS_PER_BEAT, STEPS_PER_PHRASE};
use std::rc::Rc;

/// Cells and steps of a lower logit take no part: their sigmoid has a slope below 0.0025.
const LEAST_LOGIT: f32 = -6.0;
/// The logit that the bass's lower notes have at most, since it plays one at a time.
const SECOND_LOGIT: f32 = -1.0;
/// The velocity codes that MIDI has.
const VELOCITY_CODES: [f32; 2] = [1.0 / 127.0, 1.0];

/// What is played, for some phrases.
#[derive(Clone, Copy, Debug)]
pub struct Played {
    /// Rhythms as the encoder reads them, `(5 * phrases * 64, rhythm::STEP_NUMBERS)`.
    pub rhythms: Node,
    /// Pitches as the encoder reads them, `(5 * phrases * 64, pitch::STEP_NUMBERS)`.
    pub pitches: Node,
    /// `(phrases * 20, TOKEN)` in phrase order.
    pub tokens: Node,
    /// `(phrases * 4, HARMONY)`
    pub harmony: Node,
    /// `(phrases * 5, LIKE)` in phrase order.
    pub style: Node,
    /// `(phrases, 1)`
    pub clashes: Node,
}

/// What the decoder of pitches is told of the rhythms of phrases of these presences, (phrase, track,
/// bar): `(5 * phrases * 4, TOLD)` in track order.
pub fn tell(tape: &mut Tape, said: rhythm::Said, presence: &[f32]) -> Node {
    let inputs = [said.onsets, said.short, said.long];
    let rhythms = hardened(inputs.map(|node| tape.value(node)), presence);
    let rhythms = Rc::new(rhythms);
    let rows = rhythms.len() * BARS_PER_PHRASE;
    let told = Rc::clone(&rhythms);
    let write = move |out: &mut [f32]| {
        for (rhythm, out) in told.iter().zip(out.chunks_exact_mut(TOLD_OF_PHRASE)) {
            for (bar, numbers) in out.chunks_exact_mut(rhythm::TOLD).enumerate() {
                rhythm.tell(bar, numbers);
            }
        }
    };
    let way_back = move |given: &[f32], to: &mut [&mut [f32]]| {
        for (rhythm, given) in rhythms.iter().zip(given.chunks_exact(TOLD_OF_PHRASE)) {
            let mut parts = RhythmParts::default();
            for (bar, numbers) in given.chunks_exact(rhythm::TOLD).enumerate() {
                rhythm.told_backward(bar, numbers, &mut parts);
            }
            rhythm.backward(&parts, to);
        }
    };
    tape.custom(&inputs, rows, rhythm::TOLD, write, Box::new(way_back))
}

/// The rhythms of phrases, (track, phrase).
fn hardened(said: Logits, presence: &[f32]) -> Vec<Hardened> {
    let phrases = presence.len() / (Track::COUNT * BARS_PER_PHRASE);
    let each = Track::ALL.into_iter().flat_map(|track| (0..phrases).map(move |p| (track, p)));
    each.map(|(track, phrase)| {
        let first = (track.index() * phrases + phrase) * STEPS_PER_PHRASE;
        let present = &presence[(phrase * Track::COUNT + track.index()) * BARS_PER_PHRASE..];
        Hardened::of(track, said, first, present, LEAST_LOGIT)
    })
    .collect()
}

/// Plays what was said of phrases of these presences, (phrase, track, bar), over these chords.
pub fn play(
    tape: &mut Tape,
    (rhythm, pitch): (rhythm::Said, pitch::Said),
    presence: &[f32],
    harmonies: &[Harmony],
) -> Played {
    let inputs =
        [rhythm.onsets, rhythm.short, rhythm.long, pitch.onsets, pitch.velocities, pitch.long];
    let values = inputs.map(|node| tape.value(node));
    let tracks = hardened([values[0], values[1], values[2]], presence);
    let n = harmonies.len();
    let phrases: Vec<Phrase> = (0..n)
        .map(|number| {
            let of_phrase = std::array::from_fn(|track| tracks[track * n + number].clone());
            Phrase::of([values[3], values[4], values[5]], of_phrase, &harmonies[number])
        })
        .collect();
    let layout = Sections::of(n);
    let phrases = Rc::new(phrases);
    let (played, sections) = (Rc::clone(&phrases), layout.clone());
    let write = move |out: &mut [f32]| {
        for (number, phrase) in played.iter().enumerate() {
            phrase.write(out, &sections);
            sections.put(number, &phrase.heard.impression(), out);
        }
    };
    let sections = layout.clone();
    let way_back = move |given: &[f32], to: &mut [&mut [f32]]| {
        for (number, phrase) in phrases.iter().enumerate() {
            phrase.backward(given, &sections, &sections.take(number, given), to);
        }
    };
    let all = tape.custom(&inputs, 1, layout.len(), write, Box::new(way_back));
    let [rhythms, pitches, tokens, harmony, style, clashes] = layout.nodes(tape, all);
    Played { rhythms, pitches, tokens, harmony, style, clashes }
}

/// Where the parts of what is played lie in one long row.
#[derive(Clone, Debug)]
struct Sections {
    /// Where each begins, and the end.
    starts: [usize; 7],
}

impl Sections {
    const COLUMNS: [usize; 6] =
        [rhythm::STEP_NUMBERS, pitch::STEP_NUMBERS, TOKEN, HARMONY, LIKE, 1];

    fn of(phrases: usize) -> Self {
        let steps = Track::COUNT * phrases * STEPS_PER_PHRASE;
        let bars = phrases * BARS_PER_PHRASE;
        let rows = [steps, steps, Track::COUNT * bars, bars, Track::COUNT * phrases, phrases];
        let mut starts = [0; 7];
        for (part, (rows, columns)) in rows.into_iter().zip(Self::COLUMNS).enumerate() {
            starts[part + 1] = starts[part] + rows * columns;
        }
        Self { starts }
    }

    const fn len(&self) -> usize {
        self.starts[6]
    }

    fn nodes(&self, tape: &mut Tape, all: Node) -> [Node; 6] {
        let mut part = 0;
        Self::COLUMNS.map(|columns| {
            let range = self.starts[part]..self.starts[part + 1];
            part += 1;
            let rows = range.len() / columns;
            let flat = tape.columns_of(all, range);
            tape.reshape(flat, rows, columns)
        })
    }

    fn put(&self, number: usize, heard: &Impression, out: &mut [f32]) {
        let parts = [&heard.tokens[..], &heard.harmony, &heard.style, &[heard.clashes]];
        for (start, part) in self.starts[2..].iter().zip(parts) {
            out[start + number * part.len()..][..part.len()].copy_from_slice(part);
        }
    }

    fn take(&self, number: usize, given: &[f32]) -> Impression {
        let mut heard = Impression::zero();
        let parts = [&mut heard.tokens, &mut heard.harmony, &mut heard.style];
        for (start, part) in self.starts[2..].iter().zip(parts) {
            let from = &given[start + number * part.len()..][..part.len()];
            part.copy_from_slice(from);
        }
        heard.clashes = given[self.starts[5] + number];
        heard
    }
}

/// A phrase that was played.
struct Phrase {
    rhythms: [Hardened; Track::COUNT],
    notes: Vec<Note>,
    heard: Heard,
}

/// A note as it is played, beside its [`Cell`].
#[derive(Clone, Copy, Debug)]
struct Note {
    /// Its place in the decoder's matrices.
    place: usize,
    /// 1 where its cell is on, whether its step has an onset or not.
    on: f32,
    on_slope: f32,
    velocity: f32,
    velocity_slope: f32,
    /// Whether it is one of its step's longer notes, and the slope of that; none where all are alike.
    long: Option<(bool, f32)>,
}

impl Phrase {
    fn of(said: [&[f32]; 3], rhythms: [Hardened; Track::COUNT], harmony: &Harmony) -> Self {
        let shifts = harmony.shifts();
        let (mut notes, mut cells) = (Vec::new(), Vec::new());
        for (track, rhythm) in Track::ALL.into_iter().zip(&rhythms) {
            for step in (0..STEPS_PER_PHRASE).filter(|step| rhythm.logits[*step] > LEAST_LOGIT) {
                let begins = rhythm.rhythm.begins(step);
                let row = (rhythm.first + step) * WINDOW;
                let logits = &said[0][row..row + WINDOW];
                let top = highest(logits);
                for (pitch, &logit) in logits.iter().enumerate() {
                    let on = pitch == top || logit > 0.0 && track != Track::Bass;
                    if !on && (!begins || logit < LEAST_LOGIT) {
                        continue;
                    }
                    let logit = match track {
                        Track::Bass if pitch != top => logit.min(SECOND_LOGIT),
                        _ => logit,
                    };
                    let [short, long] = rhythm.rhythm.lengths(step);
                    let is_long = said[2][row + pitch];
                    let note =
                        Note::of(row + pitch, (on, logit), said[1], (short != long, is_long));
                    let length = if note.long.is_none_or(|(long, _)| long) { long } else { short };
                    cells.push(Cell {
                        track: track.index() as u8,
                        step: step as u8,
                        pitch: pitch as u8,
                        key: key(track, pitch as u8, shifts[step / STEPS_PER_BEAT]),
                        onset: if begins { note.on } else { 0.0 },
                        length: f32::from(length.max(1)),
                        logit: logit.min(rhythm.logits[step]),
                    });
                    notes.push(note);
                }
            }
        }
        Self { rhythms, notes, heard: Heard::of(cells, harmony) }
    }

    /// Writes the notes as the encoders read them.
    fn write(&self, out: &mut [f32], sections: &Sections) {
        for rhythm in &self.rhythms {
            rhythm.write(&mut out[sections.rhythm(rhythm)]);
        }
        let pairs = self.notes.iter().zip(&self.heard.cells);
        for (note, _) in pairs.filter(|(_, cell)| cell.onset > 0.5) {
            let [onset, velocity, long] = sections.pitch(note);
            out[onset] = 1.0;
            out[velocity] = note.velocity;
            out[long] = note.is_long();
        }
    }

    /// Adds to the gradients of what the decoders said.
    fn backward(
        &self,
        given: &[f32],
        sections: &Sections,
        impression: &Impression,
        to: &mut [&mut [f32]],
    ) {
        let mut parts: [RhythmParts; Track::COUNT] = Default::default();
        let (rhythms, pitches) = to.split_at_mut(3);
        let (onsets, lengths) = self.heard.backward(impression);
        let pairs = self.notes.iter().zip(&self.heard.cells);
        for ((note, cell), (onset, length)) in pairs.zip(onsets.into_iter().zip(lengths)) {
            let [of_onset, of_velocity, of_long] = sections.pitch(note).map(|place| given[place]);
            let (track, step) = (usize::from(cell.track), usize::from(cell.step));
            let rhythm = &self.rhythms[track].rhythm;
            let of_note = onset + of_onset + of_velocity * note.velocity + of_long * note.is_long();
            parts[track].onsets[step] += of_note * note.on;
            if rhythm.begins(step) {
                pitches[0][note.place] += of_note * note.on_slope;
            }
            pitches[1][note.place] += cell.onset * of_velocity * note.velocity_slope;
            let which = note.long.is_none_or(|(long, _)| long);
            parts[track].lengths[step][usize::from(which)] += length;
            if let Some((_, slope)) = note.long {
                let [short, long] = rhythm.lengths(step).map(f32::from);
                let apart = length * (long - short) + cell.onset * of_long;
                pitches[2][note.place] += apart * slope;
            }
        }
        for (rhythm, parts) in self.rhythms.iter().zip(&mut parts) {
            rhythm.written_backward(&given[sections.rhythm(rhythm)], parts);
            rhythm.backward(parts, rhythms);
        }
    }
}

impl Sections {
    /// Where a track's rhythm lies.
    fn rhythm(&self, rhythm: &Hardened) -> std::ops::Range<usize> {
        let start = self.starts[0] + rhythm.first * rhythm::STEP_NUMBERS;
        start..start + STEPS_PER_PHRASE * rhythm::STEP_NUMBERS
    }

    /// Where a note's onset, velocity and length lie.
    fn pitch(&self, note: &Note) -> [usize; 3] {
        let (row, cell) = (note.place / WINDOW, note.place % WINDOW);
        let first = self.starts[1] + row * pitch::STEP_NUMBERS + cell;
        [first, first + WINDOW, first + 2 * WINDOW]
    }
}

impl Note {
    fn of(
        place: usize,
        (on, logit): (bool, f32),
        velocities: &[f32],
        (two_lengths, is_long): (bool, f32),
    ) -> Self {
        let [low, high] = VELOCITY_CODES;
        let velocity = velocities[place];
        Self {
            place,
            on: f32::from(u8::from(on)),
            on_slope: slope(logit),
            velocity: velocity.clamp(low, high),
            velocity_slope: f32::from(u8::from((low..=high).contains(&velocity))),
            long: two_lengths.then(|| (is_long > 0.0, slope(is_long))),
        }
    }

    fn is_long(&self) -> f32 {
        f32::from(u8::from(self.long.is_some_and(|(long, _)| long)))
    }
}

/// The slope of the sigmoid.
fn slope(logit: f32) -> f32 {
    let share = ((-logit).exp() + 1.0).recip();
    share * (1.0 - share)
}

#[cfg(test)]
mod tests;

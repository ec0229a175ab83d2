//! Chords by templates: every root and quality is held against what sounds on each beat, and the
//! best path over the beats is taken.
use std::sync::LazyLock;

use super::presence::Beat;
use super::{Accent, Pulse, path};
use crate::chord::Quality;
use crate::{Chord, Key, Pitch};

/// One state for every quality and root, then silence.
const CHORDS: usize = Quality::ALL.len() * 12;
const SILENCE: usize = CHORDS;
const STATES: usize = CHORDS + 1;

/// What a chord tone gains by sounding: root, third or what is there instead, fifth, fourth tone. These numbers and those below were set by hand and then moved, one at a time,
/// while `examples/harmony` found more of the annotated chords of every other song; on the songs
/// in between it finds as many.
const TONE: [f32; 4] = [1.1, 0.75, 1.05, 0.35];
/// What a chord loses by a tone that does not sound, in the same order.
const MISSING: [f32; 4] = [0.12, 0.28, 0.15, 0.53];
/// What it loses by another note that does.
const FOREIGN: f32 = 0.22;
/// What it gains by its root in the bass, by another tone there, and by a foreign bass.
const BASS_ROOT: f32 = 0.72;
const BASS_TONE: f32 = 0.15;
const BASS_FOREIGN: f32 = -1.2;
/// What a chord loses by each tone outside the key's scale.
const OUTSIDE_KEY: f32 = 0.065;
/// Silence scores this on a beat where nothing sounds, and loses this by what does.
const SILENT: f32 = 0.16;
const SOUND: f32 = 0.12;
/// A chord under which fewer than two pitch classes sound for this many beats is none.
const SHORTEST_TONE: f32 = 0.2;

/// What each quality scores before anything sounds: rare ones have to be heard more clearly.
const fn prior(quality: Quality) -> f32 {
    match quality {
        Quality::Major | Quality::Minor => 0.0,
        Quality::Minor7 => -0.03,
        Quality::Dominant7 | Quality::Major7 => -0.05,
        Quality::Suspended2 | Quality::Suspended4 | Quality::Suspended7 => -0.9,
        Quality::Power => -0.25,
        Quality::Diminished => -0.4,
        Quality::HalfDiminished7 => -0.12,
        Quality::Augmented | Quality::MinorMajor7 => -0.65,
        Quality::Diminished7 | Quality::Major6 => -0.24,
        Quality::Minor6 => -0.3,
    }
}

/// What a new chord costs.
const fn change_cost(accent: Accent) -> f32 {
    match accent {
        Accent::Bar => 0.37,
        Accent::Strong => 0.7,
        Accent::Weak => 1.5,
    }
}

/// The chord on each beat.
pub(super) fn by_beat(beats: &[Beat], pulse: &Pulse, keys: &[Option<Key>]) -> Vec<Option<Chord>> {
    let fill = |beat: usize, scores: &mut [f32]| {
        let outside = keys[beat].map(|key| &OUTSIDE_KEYS[usize::from(key.code())]);
        score(&beats[beat], outside, scores);
    };
    let mut states = path::best(beats.len(), STATES, fill, |beat| change_cost(pulse.accents[beat]));
    silence_what_is_no_chord(beats, &mut states);
    let basses = basses(beats, pulse, &states);
    let chords = states.iter().zip(basses);
    chords.map(|(&state, bass)| (state != SILENCE).then(|| chord(state, bass))).collect()
}

/// A chord that has only one note is none, whatever it would fit best.
fn silence_what_is_no_chord(beats: &[Beat], states: &mut [usize]) {
    let mut rest = states;
    let mut beats = beats;
    while let Some(&state) = rest.first() {
        let length = rest.iter().take_while(|&&other| other == state).count();
        let (chord, later) = rest.split_at_mut(length);
        let (sounding, beats_later) = beats.split_at(length);
        let lasts = |class: usize| sounding.iter().map(|beat| beat.classes[class]).sum::<f32>();
        if (0..12).filter(|&class| lasts(class) >= SHORTEST_TONE).count() < 2 {
            chord.fill(SILENCE);
        }
        (rest, beats) = (later, beats_later);
    }
}

fn quality(state: usize) -> Quality {
    Quality::ALL[state / 12]
}

/// The place of a quality's tone in the tables: a power chord has no third.
const fn place(quality: Quality, tone: usize) -> usize {
    if matches!(quality, Quality::Power) { 2 * tone } else { tone }
}

fn chord(state: usize, bass: usize) -> Chord {
    Chord::new((state % 12) as u8, quality(state), bass as u8)
}

/// For each key and chord, what the chord loses by its tones outside the key.
static OUTSIDE_KEYS: LazyLock<Vec<[f32; CHORDS]>> = LazyLock::new(|| {
    let keys = (0..24).filter_map(Key::of_code);
    keys.map(|key| {
        let scale = key.scale();
        std::array::from_fn(|state| {
            let outside = |interval: &&u8| {
                let pitch = Pitch::new((state % 12) as u8 + **interval);
                !pitch.is_some_and(|pitch| scale.contains(pitch))
            };
            let count = quality(state).semitones().iter().filter(outside).count();
            -OUTSIDE_KEY * count as f32
        })
    })
    .collect()
});

/// How well each chord explains a beat.
fn score(beat: &Beat, outside: Option<&[f32; CHORDS]>, scores: &mut [f32]) {
    let sounding = beat.classes.iter().sum::<f32>();
    let bass_sum = beat.bass.iter().sum::<f32>();
    // What every pitch class is worth in every place of a chord; twice, so that a tone above all
    // twelve roots is one slice.
    let worth: [[f32; 24]; 4] = std::array::from_fn(|place| {
        let gain = TONE[place] + MISSING[place] + FOREIGN;
        let bass_gain = if place == 0 { BASS_ROOT } else { BASS_TONE } - BASS_FOREIGN;
        std::array::from_fn(|i| gain * beat.classes[i % 12] + bass_gain * beat.bass[i % 12])
    });
    for (index, quality) in Quality::ALL.into_iter().enumerate() {
        let scores = &mut scores[index * 12..][..12];
        let tones = || quality.semitones().iter().enumerate().map(|(i, t)| (place(quality, i), t));
        let missing: f32 = tones().map(|(place, _)| MISSING[place]).sum();
        scores.fill(prior(quality) - missing - FOREIGN * sounding + BASS_FOREIGN * bass_sum);
        for (place, &interval) in tones() {
            let tones = &worth[place][usize::from(interval)..][..12];
            scores.iter_mut().zip(tones).for_each(|(score, tone)| *score += tone);
        }
    }
    if let Some(outside) = outside {
        scores.iter_mut().zip(outside).for_each(|(score, outside)| *score += outside);
    }
    scores[SILENCE] = SILENT - SOUND * sounding;
}

/// The bass under each beat's chord: smoothed inside each chord, and the root where in doubt.
fn basses(beats: &[Beat], pulse: &Pulse, states: &[usize]) -> Vec<usize> {
    let fill = |beat: usize, scores: &mut [f32]| {
        let state = states[beat];
        if state == SILENCE {
            return;
        }
        for (bass, score) in scores.iter_mut().enumerate() {
            let interval = (bass + 12 - state % 12) % 12;
            let prior =
                match quality(state).semitones().iter().position(|&t| usize::from(t) == interval) {
                    Some(0) => 0.3,
                    Some(_) => 0.27,
                    None => 0.0,
                };
            *score = beats[beat].bass[bass] + prior;
        }
    };
    let cost = |beat: usize| {
        if states[beat] != states[beat - 1] { 0.0 } else { 1.4 * change_cost(pulse.accents[beat]) }
    };
    path::best(beats.len(), 12, fill, cost)
}

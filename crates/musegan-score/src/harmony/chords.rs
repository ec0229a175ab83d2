//! Chords by templates: every root and quality is held against what sounds on each beat, and the
//! best path over the beats is taken.
use super::presence::Beat;
use super::{Accent, Pulse, path};
use crate::chord::Quality;
use crate::{Chord, Key, Pitch};

/// One state for every quality and root, then silence.
const CHORDS: usize = Quality::ALL.len() * 12;
const SILENCE: usize = CHORDS;
const STATES: usize = CHORDS + 1;

/// What a chord tone gains by sounding, in the order of the quality's tones: root, third, fifth,
/// fourth tone.
const TONE: [f32; 4] = [1.0, 1.0, 0.8, 0.8];
/// What a chord loses by a tone that does not sound, in the same order.
const MISSING: [f32; 4] = [0.2, 0.2, 0.1, 0.3];
/// What it loses by another note that does.
const FOREIGN: f32 = 0.7;
/// What it gains by its root in the bass, by another tone there, and by a foreign bass.
const BASS_ROOT: f32 = 0.6;
const BASS_TONE: f32 = 0.1;
const BASS_FOREIGN: f32 = -0.4;
/// What a chord loses by each tone outside the key's scale.
const OUTSIDE_KEY: f32 = 0.15;
/// Silence scores this on a beat where nothing sounds, and loses this by what does.
const SILENT: f32 = 0.15;
const SOUND: f32 = 0.6;

/// What each quality scores before anything sounds: rare ones have to be heard more clearly.
const fn prior(quality: Quality) -> f32 {
    match quality {
        Quality::Major | Quality::Minor => 0.0,
        Quality::Dominant7 | Quality::Minor7 | Quality::Major7 => -0.1,
        Quality::Suspended2 | Quality::Suspended4 | Quality::Suspended7 => -0.2,
        Quality::Power => -0.35,
        Quality::Diminished | Quality::HalfDiminished7 => -0.2,
        Quality::Augmented | Quality::Diminished7 => -0.3,
        Quality::Major6 | Quality::Minor6 => -0.25,
        Quality::MinorMajor7 => -0.4,
    }
}

/// What a new chord costs.
const fn change_cost(accent: Accent) -> f32 {
    match accent {
        Accent::Bar => 0.6,
        Accent::Strong => 0.9,
        Accent::Weak => 1.4,
    }
}

/// The chord on each beat.
pub(super) fn by_beat(beats: &[Beat], pulse: &Pulse, keys: &[Option<Key>]) -> Vec<Option<Chord>> {
    let outside = outside_keys();
    let fill = |beat: usize, scores: &mut [f32]| {
        let outside = keys[beat].map(|key| &outside[usize::from(key.code())]);
        score(&beats[beat], outside, scores);
    };
    let states = path::best(beats.len(), STATES, fill, |beat| change_cost(pulse.accents[beat]));
    let basses = basses(beats, pulse, &states);
    let chords = states.iter().zip(basses);
    chords.map(|(&state, bass)| (state != SILENCE).then(|| chord(state, bass))).collect()
}

fn quality(state: usize) -> Quality {
    Quality::ALL[state / 12]
}

fn chord(state: usize, bass: usize) -> Chord {
    Chord::new((state % 12) as u8, quality(state), bass as u8)
}

/// For each key and chord, what the chord loses by its tones outside the key.
fn outside_keys() -> Vec<[f32; CHORDS]> {
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
}

/// How well each chord explains a beat.
fn score(beat: &Beat, outside: Option<&[f32; CHORDS]>, scores: &mut [f32]) {
    // Twice, so that a tone above a root is one slice away.
    let twice = |once: &[f32; 12]| -> [f32; 24] { std::array::from_fn(|i| once[i % 12]) };
    let (classes, bass) = (twice(&beat.classes), twice(&beat.bass));
    let sounding = beat.classes.iter().sum::<f32>();
    let bass_sum = beat.bass.iter().sum::<f32>();
    for (index, quality) in Quality::ALL.into_iter().enumerate() {
        let scores = &mut scores[index * 12..][..12];
        let missing: f32 = MISSING[..quality.semitones().len()].iter().sum();
        scores.fill(prior(quality) - missing - FOREIGN * sounding + BASS_FOREIGN * bass_sum);
        for (tone, &interval) in quality.semitones().iter().enumerate() {
            let gain = TONE[tone] + MISSING[tone] + FOREIGN;
            let bass_gain = if tone == 0 { BASS_ROOT } else { BASS_TONE } - BASS_FOREIGN;
            let above = usize::from(interval)..usize::from(interval) + 12;
            let tones = classes[above.clone()].iter().zip(&bass[above]);
            for (score, (class, bass)) in scores.iter_mut().zip(tones) {
                *score += gain * class + bass_gain * bass;
            }
        }
    }
    if let Some(outside) = outside {
        for (score, outside) in scores.iter_mut().zip(outside) {
            *score += outside;
        }
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
                    Some(0) => 0.5,
                    Some(_) => 0.2,
                    None => 0.0,
                };
            *score = beats[beat].bass[bass] + prior;
        }
    };
    let cost = |beat: usize| {
        if states[beat] != states[beat - 1] { 0.0 } else { 2.0 * change_cost(pulse.accents[beat]) }
    };
    path::best(beats.len(), 12, fill, cost)
}

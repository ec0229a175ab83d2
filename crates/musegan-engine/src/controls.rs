//! What a player can be told, read once per block.
//!
//! *Play-time* controls act on notes as they are emitted. *Model* controls ask for new phrases:
//! they are read a sixteenth before each bar line and take effect at the line, or at once when the
//! song stands still or jumps. The chord of a bar is what is held at its line: a band that follows
//! chords plays it from the next line on by itself, and until then, as any other band, it is moved
//! onto its tones.
use crate::Chord;
use musegan_score::{Composition, Note, Pitch, PitchClasses, Track, Velocity};

/// Everything the engine is controlled by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controls {
    /// Model control: which loaded weights play; grows by one with every swap.
    pub model: u32,
    /// Model controls: seed, temperature, morph, form, fills, chords, takes.
    pub composition: Composition,
    /// Model control: whether the keys held at a bar line are the chord of the bar. Once there is
    /// one, it takes the place of the composition's progression.
    pub listens: bool,
    /// Play-time control, `0.0..=1.0`: how many of a phrase's candidate notes sound. More density
    /// never removes a note.
    pub density: f32,
    /// Play-time control, `0.0..=1.0`: how late every second sixteenth comes; at 1 at three
    /// quarters of its eighth, at 2/3 as in triplets.
    pub swing: f32,
    /// Play-time control, `0.0..=1.0`: how unevenly notes are struck, in time (late by up to a
    /// quarter of a step) and in velocity (15 % either way).
    pub humanise: f32,
    /// Play-time control: semitones up or down for every track but the drums.
    pub transpose: i8,
    /// Play-time control: the scale that every note but the drums' is moved into; none of its
    /// notes for none.
    pub scale: PitchClasses,
    /// Play-time controls of each track, in [`Track::ALL`] order.
    pub tracks: [TrackControls; Track::COUNT],
    /// Play-time control: MIDI channels.
    pub channels: ChannelMap,
    /// Play-time control: the whole band or one of it.
    pub output: Output,
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            model: 0,
            composition: Composition::default(),
            listens: false,
            density: 0.5,
            swing: 0.0,
            humanise: 0.0,
            transpose: 0,
            scale: PitchClasses::default(),
            tracks: [TrackControls::default(); Track::COUNT],
            channels: ChannelMap::OneToFive,
            output: Output::All,
        }
    }
}

/// Play-time controls of one track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackControls {
    /// Whether the track sounds.
    pub on: bool,
    /// Octaves up or down; not applied to drums, whose keys are instruments.
    pub octave: i8,
    /// Factor on velocity, 1 leaves it.
    pub velocity: f32,
}

impl Default for TrackControls {
    fn default() -> Self {
        Self { on: true, octave: 0, velocity: 1.0 }
    }
}

/// Which MIDI channel each track is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelMap {
    /// Drums 1, piano 2, guitar 3, bass 4, strings 5.
    OneToFive,
    /// Drums on 10 as in General MIDI, the others as in [`ChannelMap::OneToFive`].
    DrumsOnTen,
}

impl ChannelMap {
    /// The channel of a track, counted from zero.
    #[must_use]
    pub const fn channel(self, track: Track) -> u8 {
        match (self, track) {
            (Self::DrumsOnTen, Track::Drums) => 9,
            _ => track.index() as u8,
        }
    }
}

/// Which tracks an instance sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The whole band.
    All,
    /// One track alone, for hosts that merge channels.
    One(Track),
}

impl Controls {
    /// Whether a track is heard at all.
    pub(crate) fn is_heard(&self, track: Track) -> bool {
        let sent = match self.output {
            Output::All => true,
            Output::One(only) => only == track,
        };
        sent && self.tracks[track.index()].on
    }

    /// The strength above which notes sound: at density 0 none do, at 1 every candidate.
    fn strength_needed(&self) -> f32 {
        1.0 - self.density.clamp(0.0, 1.0)
    }

    /// Whether a note of a track sounds under these controls.
    #[must_use]
    pub fn sounds(&self, track: Track, note: &Note) -> bool {
        self.is_heard(track) && note.strength() > self.strength_needed()
    }

    /// The key a note of a track sounds at under these controls, or `None` where MIDI has no such
    /// key.
    pub(crate) fn key(&self, track: Track, pitch: Pitch, fit: Fit) -> Option<u8> {
        if track.is_drums() {
            return Some(pitch.number());
        }
        let octaves = self.tracks[track.index()].octave.clamp(-4, 4) * 12;
        let moved = pitch.transposed(octaves + self.transposition())?;
        let fitting = match (fit, track) {
            (Fit::Scale, _) => self.scale,
            (Fit::Chord(chord), Track::Bass) => chord.bass(),
            (Fit::Chord(chord), _) => chord.tones(),
            (Fit::AsIs, _) => PitchClasses::default(),
        };
        Some(fitting.nearest(moved).number())
    }

    /// Semitones that every track but the drums is moved by.
    pub(crate) fn transposition(&self) -> i8 {
        self.transpose.clamp(-24, 24)
    }

    /// The velocity a note of a track is struck with, `dynamics` being the factor that it owes to
    /// its unevenness.
    #[must_use]
    pub fn velocity(&self, track: Track, velocity: Velocity, dynamics: f32) -> u8 {
        let factor = self.tracks[track.index()].velocity;
        let factor = if factor.is_finite() { factor } else { 1.0 };
        Velocity::clamped((f32::from(velocity.value()) * (factor * dynamics)).round() as i32)
            .value()
    }

    /// How many ticks late the steps of odd number come.
    #[must_use]
    pub fn swing_ticks(&self) -> i64 {
        (fraction(self.swing) * LATEST_SWING).round() as i64
    }

    /// The factor on a note's velocity, `hardness` (`-1.0..=1.0`) being how far it is from even.
    #[must_use]
    pub fn humanise_dynamics(&self, hardness: f32) -> f32 {
        1.0 + UNEVENNESS * fraction(self.humanise) * hardness
    }

    /// How many ticks late a note is struck, `lateness` (`0.0..=1.0`) being its share of the most.
    #[must_use]
    pub fn humanise_ticks(&self, lateness: f32) -> i64 {
        (fraction(self.humanise) * lateness * LATEST_HUMANISE).round() as i64
    }
}

/// What the pitched notes of a step are moved into.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Fit {
    /// The scale that is set, if one is.
    #[default]
    Scale,
    /// The chord that is held.
    Chord(Chord),
    /// Nothing: the phrase follows the chord that is held.
    AsIs,
}

/// Deviation of velocity at full humanise.
const UNEVENNESS: f32 = 0.15;
/// Ticks that full swing moves a step by: half a step.
const LATEST_SWING: f32 = 120.0;
/// Ticks that full humanise moves a note by at most: a quarter of a step.
const LATEST_HUMANISE: f32 = 60.0;

/// A share between none and all; what is no number is none.
fn fraction(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

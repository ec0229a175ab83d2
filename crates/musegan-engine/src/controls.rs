//! What a player can be told, read once per block.
//!
//! *Play-time* controls act on notes as they are emitted. *Model* controls ask for new phrases:
//! they are read a sixteenth before each bar line and take effect at the line, or at once when the
//! song stands still or jumps.
use musegan_score::{Note, Pitch, Track, Velocity};

/// Everything the engine is controlled by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controls {
    /// Model control: which band; the same seed always plays the same song.
    pub seed: u64,
    /// Model control: spread of the latents, 1 as trained.
    pub temperature: f32,
    /// Model control: which loaded weights play; grows by one with every swap.
    pub model: u32,
    /// Play-time control, `0.0..=1.0`: how many of a phrase's candidate notes sound. More density
    /// never removes a note.
    pub density: f32,
    /// Play-time control: semitones up or down for every track but the drums.
    pub transpose: i8,
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
            seed: 0,
            temperature: 1.0,
            model: 0,
            density: 0.5,
            transpose: 0,
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

    /// The key a note of a track sounds at now, or `None` where MIDI has no such key.
    pub(crate) fn key(&self, track: Track, pitch: Pitch) -> Option<u8> {
        if track.is_drums() {
            return Some(pitch.number());
        }
        let octaves = self.tracks[track.index()].octave.clamp(-4, 4) * 12;
        pitch.transposed(octaves + self.transpose.clamp(-24, 24)).map(Pitch::number)
    }

    /// The velocity a note of a track is struck with now.
    pub(crate) fn velocity(&self, track: Track, velocity: Velocity) -> u8 {
        let factor = self.tracks[track.index()].velocity;
        let factor = if factor.is_finite() { factor } else { 1.0 };
        Velocity::clamped((f32::from(velocity.value()) * factor).round() as i32).value()
    }
}

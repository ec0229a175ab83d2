//! What the host automates and saves: the parameters, and how they become the engine's controls.
//!
//! Identifiers never change, or saved songs lose their settings.
use crate::state::{WeightsChoice, WeightsDigest};
use musegan_engine::{ChannelMap, Controls, Output, TrackControls};
use musegan_score::{Composition, Track};
use nice_plug::prelude::*;

/// The highest seed; the knob of a host shows every one of them.
pub const HIGHEST_SEED: i32 = 9_999;

/// Semitones that the band can be moved by: to any key, the shorter way.
const TRANSPOSE: IntRange = IntRange::Linear { min: -11, max: 11 };

/// All parameters of the plugin.
#[derive(Params)]
pub struct BandParams {
    /// Whether the band pauses and incoming notes pass.
    #[id = "bypass"]
    pub bypass: BoolParam,
    /// Which song the band plays.
    #[id = "seed"]
    pub seed: IntParam,
    /// Spread of the latents.
    #[id = "temp"]
    pub temperature: FloatParam,
    /// How many of the candidate notes sound.
    #[id = "density"]
    pub density: FloatParam,
    /// Semitones up or down for every track but the drums.
    #[id = "transpose"]
    pub transpose: IntParam,
    /// MIDI channel of each track.
    #[id = "map"]
    pub channels: EnumParam<ChannelChoice>,
    /// The whole band or one track of it.
    #[id = "output"]
    pub output: EnumParam<OutputChoice>,
    /// Whether incoming notes are sent on beside the band's own.
    #[id = "thru"]
    pub thru: BoolParam,

    /// Drums.
    #[nested(id_prefix = "drums", group = "Drums")]
    pub drums: TrackParams,
    /// Piano.
    #[nested(id_prefix = "piano", group = "Piano")]
    pub piano: TrackParams,
    /// Guitar.
    #[nested(id_prefix = "guitar", group = "Guitar")]
    pub guitar: TrackParams,
    /// Bass.
    #[nested(id_prefix = "bass", group = "Bass")]
    pub bass: TrackParams,
    /// Strings.
    #[nested(id_prefix = "strings", group = "Strings")]
    pub strings: TrackParams,

    /// The weights file that plays; empty for the embedded ones.
    #[persist = "weights"]
    pub weights: WeightsChoice,
    /// The digest of the weights that play.
    #[persist = "weights_sha256"]
    pub weights_sha256: WeightsDigest,
}

/// Parameters of one track.
#[derive(Params)]
pub struct TrackParams {
    /// Whether it sounds.
    #[id = "on"]
    pub on: BoolParam,
    /// Octaves up or down.
    #[id = "oct"]
    pub octave: IntParam,
    /// Factor on velocity.
    #[id = "vel"]
    pub velocity: FloatParam,
}

/// Choices of [`ChannelMap`].
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelChoice {
    /// Drums 1 to strings 5.
    #[id = "one-to-five"]
    #[name = "1 to 5"]
    OneToFive,
    /// Drums on 10, the others 2 to 5.
    #[id = "drums-on-ten"]
    #[name = "Drums on 10"]
    DrumsOnTen,
}

/// Choices of [`Output`].
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputChoice {
    /// The whole band.
    #[id = "all"]
    All,
    /// Drums alone.
    #[id = "drums"]
    Drums,
    /// Piano alone.
    #[id = "piano"]
    Piano,
    /// Guitar alone.
    #[id = "guitar"]
    Guitar,
    /// Bass alone.
    #[id = "bass"]
    Bass,
    /// Strings alone.
    #[id = "strings"]
    Strings,
}

impl Default for BandParams {
    fn default() -> Self {
        let weights = WeightsChoice::default();
        Self {
            bypass: BoolParam::new("Bypass", false).make_bypass(),
            seed: IntParam::new("Seed", 0, IntRange::Linear { min: 0, max: HIGHEST_SEED }),
            temperature: FloatParam::new(
                "Temperature",
                1.0,
                FloatRange::Linear { min: 0.0, max: 2.0 },
            )
            .with_step_size(0.01),
            density: percentage("Density", 0.5, 1.0),
            transpose: IntParam::new("Transpose", 0, TRANSPOSE).with_unit(" st"),
            channels: EnumParam::new("Channels", ChannelChoice::OneToFive),
            output: EnumParam::new("Output", OutputChoice::All),
            thru: BoolParam::new("MIDI thru", false),
            drums: TrackParams::new(Track::Drums),
            piano: TrackParams::new(Track::Piano),
            guitar: TrackParams::new(Track::Guitar),
            bass: TrackParams::new(Track::Bass),
            strings: TrackParams::new(Track::Strings),
            weights_sha256: WeightsDigest(weights.clone()),
            weights,
        }
    }
}

impl TrackParams {
    fn new(track: Track) -> Self {
        let name = track.name();
        Self {
            on: BoolParam::new(format!("{name} on"), true),
            octave: IntParam::new(
                format!("{name} octave"),
                0,
                IntRange::Linear { min: -2, max: 2 },
            ),
            velocity: percentage(format!("{name} velocity"), 1.0, 2.0),
        }
    }
}

fn percentage(name: impl Into<String>, default: f32, max: f32) -> FloatParam {
    FloatParam::new(name, default, FloatRange::Linear { min: 0.0, max })
        .with_unit(" %")
        .with_value_to_string(formatters::v2s_f32_percentage(0))
        .with_string_to_value(formatters::s2v_f32_percentage())
}

impl BandParams {
    /// The parameters of one track.
    #[must_use]
    pub fn track(&self, track: Track) -> &TrackParams {
        match track {
            Track::Drums => &self.drums,
            Track::Piano => &self.piano,
            Track::Guitar => &self.guitar,
            Track::Bass => &self.bass,
            Track::Strings => &self.strings,
        }
    }

    /// The engine's controls as the parameters stand now. Reads atomics only; audio thread.
    #[must_use]
    pub fn controls(&self) -> Controls {
        Controls {
            model: self.weights.revision(),
            composition: Composition {
                seed: u64::from(self.seed.value().unsigned_abs()),
                temperature: self.temperature.value(),
                ..Composition::default()
            },
            density: self.density.value(),
            transpose: self.transpose.value() as i8,
            tracks: Track::ALL.map(|track| {
                let params = self.track(track);
                TrackControls {
                    on: params.on.value(),
                    octave: params.octave.value() as i8,
                    velocity: params.velocity.value(),
                }
            }),
            channels: match self.channels.value() {
                ChannelChoice::OneToFive => ChannelMap::OneToFive,
                ChannelChoice::DrumsOnTen => ChannelMap::DrumsOnTen,
            },
            output: match self.output.value() {
                OutputChoice::All => Output::All,
                OutputChoice::Drums => Output::One(Track::Drums),
                OutputChoice::Piano => Output::One(Track::Piano),
                OutputChoice::Guitar => Output::One(Track::Guitar),
                OutputChoice::Bass => Output::One(Track::Bass),
                OutputChoice::Strings => Output::One(Track::Strings),
            },
            ..Controls::default()
        }
    }
}

//! What the host automates and saves: the parameters, and how they become the engine's controls.
//!
//! Identifiers never change, or saved songs lose their settings.
mod choices;

use crate::state::{Chart, DeviceChoice, Unknown, WeightsChoice, WeightsDigest};
pub use choices::{
    ChannelChoice, FillChoice, FormChoice, IncomingChoice, KeyChoice, OutputChoice, ScaleChoice,
    SectionChoice,
};
use musegan_engine::{Controls, TrackControls};
use musegan_score::{Composition, Progression, Take, Takes, Track};
use nice_plug::prelude::*;

/// The highest seed; the knob of a host shows every one of them.
pub const HIGHEST_SEED: i32 = 9_999;

const SEEDS: IntRange = IntRange::Linear { min: 0, max: HIGHEST_SEED };
/// The last of a track's takes.
pub const LAST_TAKE: i32 = 99;
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
    /// How far the song is on its way to another.
    #[id = "morph"]
    pub morph: FloatParam,
    /// The seed of that other song.
    #[id = "morph_to"]
    pub morph_seed: IntParam,
    /// Which sections follow each other.
    #[id = "form"]
    pub form: EnumParam<FormChoice>,
    /// Length of a section.
    #[id = "section"]
    pub section: EnumParam<SectionChoice>,
    /// How much a section differs when it comes again.
    #[id = "variation"]
    pub variation: FloatParam,
    /// How often the drums play a fill.
    #[id = "fill"]
    pub fill: EnumParam<FillChoice>,
    /// How many of the candidate notes sound.
    #[id = "density"]
    pub density: FloatParam,
    /// How late every second sixteenth comes.
    #[id = "swing"]
    pub swing: FloatParam,
    /// How unevenly notes are struck.
    #[id = "humanise"]
    pub humanise: FloatParam,
    /// Semitones up or down for every track but the drums.
    #[id = "transpose"]
    pub transpose: IntParam,
    /// The tonic of the scale that the band is held to, if it is.
    #[id = "key"]
    pub key: EnumParam<KeyChoice>,
    /// That scale.
    #[id = "scale"]
    pub scale: EnumParam<ScaleChoice>,
    /// MIDI channel of each track.
    #[id = "map"]
    pub channels: EnumParam<ChannelChoice>,
    /// The whole band or one track of it.
    #[id = "output"]
    pub output: EnumParam<OutputChoice>,
    /// What becomes of the notes that come in.
    #[id = "incoming"]
    pub incoming: EnumParam<IncomingChoice>,
    /// Whether the band plays where the host has no transport at all.
    #[id = "free_run"]
    pub free_run: BoolParam,

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

    /// The chords that the band follows; empty where it makes its own.
    #[persist = "chords"]
    pub chart: Chart,
    /// The weights file that plays; empty for the embedded ones.
    #[persist = "weights"]
    pub weights: WeightsChoice,
    /// The digest of the weights that play.
    #[persist = "weights_sha256"]
    pub weights_sha256: WeightsDigest,
    /// The device that the network runs on.
    #[persist = "device"]
    pub device: DeviceChoice,
    /// What a newer version saved.
    #[persist = "unknown"]
    pub unknown: Unknown,
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
    /// Which of the ways to play its part it takes.
    #[id = "take"]
    pub take: IntParam,
    /// Whether it plays the song of the seed below, whatever the song's own seed.
    #[id = "lock"]
    pub lock: BoolParam,
    /// That seed. A parameter of its own, so that what a lock holds is saved and automated with
    /// it, and does not depend on when the lock was switched on.
    #[id = "lock_at"]
    pub lock_seed: IntParam,
}

impl Default for BandParams {
    fn default() -> Self {
        let weights = WeightsChoice::default();
        Self {
            bypass: BoolParam::new("Bypass", false).make_bypass(),
            seed: IntParam::new("Seed", 0, SEEDS),
            temperature: FloatParam::new(
                "Temperature",
                1.0,
                FloatRange::Linear { min: 0.0, max: 2.0 },
            )
            .with_step_size(0.01),
            morph: percentage("Morph", 0.0, 1.0),
            morph_seed: IntParam::new("Morph to", 1, SEEDS),
            form: EnumParam::new("Form", FormChoice::Endless),
            section: EnumParam::new("Section", SectionChoice::Eight),
            variation: percentage("Variation", 0.3, 1.0),
            fill: EnumParam::new("Fill", FillChoice::Never),
            density: percentage("Density", 0.5, 1.0),
            swing: percentage("Swing", 0.0, 1.0),
            humanise: percentage("Humanise", 0.0, 1.0),
            transpose: IntParam::new("Transpose", 0, TRANSPOSE).with_unit(" st"),
            key: EnumParam::new("Key", KeyChoice::Off),
            scale: EnumParam::new("Scale", ScaleChoice::Major),
            channels: EnumParam::new("Channels", ChannelChoice::OneToFive),
            output: EnumParam::new("Output", OutputChoice::All),
            incoming: EnumParam::new("Incoming notes", IncomingChoice::Ignore),
            free_run: BoolParam::new("Free run", false),
            drums: TrackParams::new(Track::Drums),
            piano: TrackParams::new(Track::Piano),
            guitar: TrackParams::new(Track::Guitar),
            bass: TrackParams::new(Track::Bass),
            strings: TrackParams::new(Track::Strings),
            chart: Chart::default(),
            weights_sha256: WeightsDigest(weights.clone()),
            weights,
            device: DeviceChoice::default(),
            unknown: Unknown::default(),
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
            take: IntParam::new(
                format!("{name} take"),
                0,
                IntRange::Linear { min: 0, max: LAST_TAKE },
            ),
            lock: BoolParam::new(format!("{name} lock"), false),
            lock_seed: IntParam::new(format!("{name} locked at"), 0, SEEDS),
        }
    }

    fn take(&self) -> Take {
        let seed = u64::from(self.lock_seed.value().unsigned_abs());
        Take { number: self.take.value() as u16, locked: self.lock.value().then_some(seed) }
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

    /// The engine's controls as the parameters stand now, with this progression. Reads atomics
    /// only; audio thread.
    #[must_use]
    pub fn controls(&self, progression: Progression) -> Controls {
        Controls {
            model: self.weights.revision(),
            composition: Composition {
                seed: u64::from(self.seed.value().unsigned_abs()),
                temperature: self.temperature.value(),
                morph_seed: u64::from(self.morph_seed.value().unsigned_abs()),
                morph: self.morph.value(),
                form: self.form.value().into(),
                section_bars: self.section.value().bars(),
                variation: self.variation.value(),
                fill_every_bars: self.fill.value().bars(),
                progression,
                takes: Takes::new(Track::ALL.map(|track| self.track(track).take())),
            },
            listens: self.incoming.value() == IncomingChoice::Chords,
            density: self.density.value(),
            swing: self.swing.value(),
            humanise: self.humanise.value(),
            transpose: self.transpose.value() as i8,
            scale: self.key.value().scale(self.scale.value()),
            tracks: Track::ALL.map(|track| {
                let params = self.track(track);
                TrackControls {
                    on: params.on.value(),
                    octave: params.octave.value() as i8,
                    velocity: params.velocity.value(),
                }
            }),
            channels: self.channels.value().into(),
            output: self.output.value().into(),
        }
    }
}

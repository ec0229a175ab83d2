//! What can be said to the live application about the music, and the controls it comes to.
mod text;

use crate::params::ScaleChoice;
use clap::{Args, ValueEnum};
use musegan_engine::{ChannelMap, Controls};
use musegan_score::{Composition, Form, Meter, PitchClasses, Progression, Take, Takes, Track};
use nice_plug::prelude::Enum;
use text::{bpm, chart, locked, meter, semitones, take, temperature, tonic, unit};

/// The options that decide what is played.
#[derive(Debug, Args)]
pub struct Options {
    /// Tempo in quarter notes per minute.
    #[arg(long, default_value_t = 120.0, value_parser = bpm)]
    pub bpm: f64,
    /// Time signature.
    #[arg(long, value_name = "N/D", default_value = "4/4", value_parser = meter)]
    pub meter: Meter,
    /// Which song; the same seed is always the same song.
    #[arg(long, default_value_t = 0, help_heading = "Song")]
    pub seed: u64,
    /// How unusual the song is, 0 to 2.
    #[arg(long, default_value_t = 1.0, value_parser = temperature, help_heading = "Song")]
    temperature: f32,
    /// How far the song is on its way to another, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = unit, help_heading = "Song")]
    morph: f32,
    /// The seed of that other song.
    #[arg(long, value_name = "SEED", default_value_t = 1, help_heading = "Song")]
    morph_seed: u64,
    /// Which sections follow each other.
    #[arg(long, value_enum, default_value_t = FormOption::Endless, help_heading = "Form")]
    form: FormOption,
    /// Length of a section: 4, 8, 16 or 32 bars.
    #[arg(long, value_name = "N", default_value = "8", value_parser = ["4", "8", "16", "32"],
        hide_possible_values = true, help_heading = "Form")]
    section_bars: String,
    /// How much a section differs when it comes again, 0 to 1.
    #[arg(long, default_value_t = 0.3, value_parser = unit, help_heading = "Form")]
    variation: f32,
    /// The drums play a fill in every 2nd, 4th, 8th or 16th bar; 0 for never.
    #[arg(long, value_name = "N", default_value = "0", value_parser = ["0", "2", "4", "8", "16"],
        hide_possible_values = true, help_heading = "Form")]
    fill_every: String,
    /// Lock a track at a seed: it plays its part of that song, and the others fit theirs to it.
    /// May be said for several tracks.
    #[arg(long, value_name = "TRACK=SEED", value_parser = locked, help_heading = "Song")]
    lock: Vec<(Track, u64)>,
    /// Another take of a track, 0 to 99; 0 is the song's own. May be said for several tracks.
    #[arg(long, value_name = "TRACK=N", value_parser = take, help_heading = "Song")]
    take: Vec<(Track, u16)>,
    /// How many of the candidate notes sound, 0 to 1.
    #[arg(long, default_value_t = 0.5, value_parser = unit, help_heading = "Feel")]
    density: f32,
    /// How late every second sixteenth comes, 0 to 1; 0.67 is a triplet.
    #[arg(long, default_value_t = 0.0, value_parser = unit, help_heading = "Feel")]
    swing: f32,
    /// How unevenly notes are struck, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = unit, help_heading = "Feel")]
    humanise: f32,
    /// The chords that the band follows, bars between |: "C | Am7 F | Dm7 | G7".
    #[arg(long, value_parser = chart, help_heading = "Harmony")]
    chords: Option<Progression>,
    /// MIDI input, by its name or a part of it, on which chords are played: those held at a bar line
    /// lead the band.
    #[arg(long, value_name = "NAME", help_heading = "Harmony")]
    pub chords_from: Option<String>,
    /// Semitones up or down for every track but the drums, -11 to 11.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_parser = semitones,
        help_heading = "Harmony")]
    transpose: i8,
    /// Hold the band to a key: C, F#, Bb, ...
    #[arg(long, value_parser = tonic, help_heading = "Harmony")]
    key: Option<u8>,
    /// The scale of that key.
    #[arg(long, value_parser = scale_names(), default_value = "major", requires = "key",
        help_heading = "Harmony")]
    scale: String,
    /// MIDI channels.
    #[arg(long, value_enum, default_value_t = Channels::DrumsOnTen)]
    channels: Channels,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormOption {
    /// Every four bars are new
    Endless,
    /// One section, again and again
    A,
    /// One section twice, another, and the first again
    Aaba,
    /// One section that comes back between two others
    Abac,
    /// Verse, chorus, verse, chorus, bridge, chorus
    VerseChorus,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Channels {
    /// Drums 1, piano 2, guitar 3, bass 4, strings 5
    OneToFive,
    /// Drums 10, piano 2, guitar 3, bass 4, strings 5
    DrumsOnTen,
}

impl Options {
    /// The engine's controls.
    #[must_use]
    pub fn controls(&self) -> Controls {
        Controls {
            composition: Composition {
                seed: self.seed,
                temperature: self.temperature,
                morph_seed: self.morph_seed,
                morph: self.morph,
                form: match self.form {
                    FormOption::Endless => Form::Endless,
                    FormOption::A => Form::A,
                    FormOption::Aaba => Form::Aaba,
                    FormOption::Abac => Form::Abac,
                    FormOption::VerseChorus => Form::VerseChorus,
                },
                // Both are among the possible values.
                section_bars: self.section_bars.parse().unwrap_or_default(),
                variation: self.variation,
                fill_every_bars: self.fill_every.parse().unwrap_or_default(),
                progression: self.chords.unwrap_or_default(),
                takes: self.takes(),
            },
            listens: self.chords_from.is_some(),
            density: self.density,
            swing: self.swing,
            humanise: self.humanise,
            transpose: self.transpose,
            scale: self.scale(),
            channels: match self.channels {
                Channels::OneToFive => ChannelMap::OneToFive,
                Channels::DrumsOnTen => ChannelMap::DrumsOnTen,
            },
            ..Controls::default()
        }
    }

    fn takes(&self) -> Takes {
        // Of what is said twice the last counts.
        let said = |track: Track| Take {
            number: self.take.iter().rfind(|said| said.0 == track).map_or(0, |said| said.1),
            locked: self.lock.iter().rfind(|said| said.0 == track).map(|said| said.1),
        };
        Takes::new(Track::ALL.map(said))
    }

    fn scale(&self) -> PitchClasses {
        let Some(tonic) = self.key else { return PitchClasses::default() };
        let ids = ScaleChoice::ids().unwrap_or_default();
        let index = ids.iter().position(|id| *id == self.scale).unwrap_or_default();
        musegan_score::Mode::from(ScaleChoice::from_index(index)).on(tonic)
    }
}

fn scale_names() -> clap::builder::PossibleValuesParser {
    ScaleChoice::ids().unwrap_or_default().iter().copied().into()
}

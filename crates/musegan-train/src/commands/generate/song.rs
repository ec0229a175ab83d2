//! The options of `generate` that say which song: the plugin's model controls.

use musegan_score::progression::NoProgression;
use musegan_score::{Composition, Form, Progression, Take, Takes, Track};

use super::super::{positive, track};

/// The group that clap puts these options in.
pub const GROUP: &str = "Song";

/// Which song.
#[derive(Debug, clap::Args)]
#[group(id = GROUP, multiple = true)]
#[command(next_help_heading = "Song, as in the plugin")]
pub struct Arguments {
    /// Seed
    #[arg(long, default_value_t = Composition::default().seed)]
    seed: u64,
    /// How far it goes from the ordinary: 1 is as real music does, 0 the middle of it
    #[arg(long, default_value_t = Composition::default().temperature,
          value_parser = positive::<f32>)]
    temperature: f32,
    /// Sections that follow each other; in the endless form every phrase is new
    #[arg(long, value_enum, default_value = "endless")]
    form: FormName,
    /// Length of a section in bars, rounded up to whole phrases of four
    #[arg(long, value_name = "BARS", default_value_t = Composition::default().section_bars,
          value_parser = clap::value_parser!(u16).range(1..))]
    section_bars: u16,
    /// How much a section differs when it comes again, from 0 to 1
    #[arg(long, default_value_t = Composition::default().variation, value_parser = share)]
    variation: f32,
    /// The drums play a fill in every such bar; 0 for never
    #[arg(long, value_name = "BARS", default_value_t = Composition::default().fill_every_bars)]
    fill_every: u16,
    /// Seed of another song, of the same form
    #[arg(long, value_name = "SEED", default_value_t = Composition::default().morph_seed)]
    morph_seed: u64,
    /// How far the song is on its way to the other, from 0 to 1
    #[arg(long, default_value_t = Composition::default().morph, value_parser = share)]
    morph: f32,
    /// Chords to play over, in place of the band's own: bars between |, the chords of a bar share
    /// it evenly, . and % repeat, as in "C | Am7 F | % | G7 . . E7"
    #[arg(long, value_name = "TEXT", value_parser = chart)]
    chords: Option<Box<Progression>>,
    /// Play another take of a track to what the others play, such as piano or piano=3
    #[arg(long, value_name = "TRACK[=TAKE]", value_delimiter = ',', value_parser = take)]
    regenerate: Vec<(Track, u16)>,
    /// Keep a track's part of another song, such as drums=7, and fit the others to it
    #[arg(long, value_name = "TRACK=SEED", value_delimiter = ',', value_parser = lock)]
    lock: Vec<(Track, u64)>,
}

/// A form by its name.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormName {
    Endless,
    A,
    Aaba,
    Abac,
    VerseChorus,
}

impl Arguments {
    /// The song they name.
    ///
    /// # Errors
    /// If a track is named twice for one thing.
    pub fn composition(&self) -> anyhow::Result<Composition> {
        expect_once(&self.regenerate, "--regenerate")?;
        expect_once(&self.lock, "--lock")?;
        Ok(Composition {
            seed: self.seed,
            temperature: self.temperature,
            morph_seed: self.morph_seed,
            morph: self.morph,
            form: match self.form {
                FormName::Endless => Form::Endless,
                FormName::A => Form::A,
                FormName::Aaba => Form::Aaba,
                FormName::Abac => Form::Abac,
                FormName::VerseChorus => Form::VerseChorus,
            },
            section_bars: self.section_bars,
            variation: self.variation,
            fill_every_bars: self.fill_every,
            progression: self.chords.as_deref().copied().unwrap_or_default(),
            takes: self.takes(),
        })
    }

    fn takes(&self) -> Takes {
        let takes = self.regenerate.iter().fold(Takes::default(), |takes, &(track, number)| {
            takes.with(track, Take { number, ..takes.of(track) })
        });
        self.lock.iter().fold(takes, |takes, &(track, seed)| {
            takes.with(track, Take { locked: Some(seed), ..takes.of(track) })
        })
    }
}

fn expect_once<T>(named: &[(Track, T)], option: &str) -> anyhow::Result<()> {
    for (number, (track, _)) in named.iter().enumerate() {
        let is_first = named[..number].iter().all(|(other, _)| other != track);
        anyhow::ensure!(is_first, "{option} names {} twice", track.name().to_lowercase());
    }
    Ok(())
}

fn chart(text: &str) -> Result<Box<Progression>, NoProgression> {
    text.parse().map(Box::new)
}

fn take(text: &str) -> Result<(Track, u16), String> {
    let (name, number) = text.split_once('=').unwrap_or((text, "1"));
    let number = number.parse().map_err(|_| format!("{number:?} is no number of a take"))?;
    Ok((track(name)?, number))
}

fn lock(text: &str) -> Result<(Track, u64), String> {
    let (name, seed) = text.split_once('=').ok_or("expected a track and a seed, as in drums=7")?;
    let seed = seed.parse().map_err(|_| format!("{seed:?} is no seed"))?;
    Ok((track(name)?, seed))
}

/// A number from 0 to 1.
pub fn share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

//! From a song position to music: the [`Band`] turns a composition and a phrase index into a
//! phrase. Runs on the worker thread.
//!
//! What must stay true: a phrase is a pure function of weights, composition and phrase index, in
//! constant time, so phrases may be asked for in any order. How a latent comes from them
//! ([`mod@latent`]; for the model `band` [`song`](crate::band::song)) and what a fill is
//! ([`fill`]) never changes: songs are stored as seeds.
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_score::{Composition, Phrase, Roll};

use crate::band::Player;
use crate::device::{Choice, Devices, Playing, Reason, Work};
use crate::weights::Thresholds;
use crate::{Device, Generator, Weights};

pub mod fill;
pub mod latent;
pub(crate) mod random;
mod way;

pub use latent::latent;
pub use way::{NoTrackLatents, Way};

/// Why the model `band` plays on no other device.
const CPU_ALONE: &str =
    "the model \"band\" plays on the CPU alone, which takes about a millisecond a phrase";

/// Weights that play: song position in, phrase out.
#[derive(Debug)]
pub struct Band(Plays);

#[derive(Debug)]
enum Plays {
    Tutorial { generator: Box<Generator>, thresholds: Thresholds },
    Band { player: Player, playing: Playing },
}

impl From<Player> for Band {
    /// The model `band`, whose networks are there already.
    fn from(player: Player) -> Self {
        Self(Plays::Band { player, playing: Playing::cpu(Reason::Chosen) })
    }
}

impl Band {
    /// A band that plays these weights on this device, or on the CPU if that refuses them.
    #[must_use]
    pub fn new(weights: &Weights, device: Device) -> Self {
        Self(match Player::new(weights) {
            Some(player) => {
                let reason = match device {
                    Device::Cpu => Reason::Chosen,
                    _ => Reason::Refused(CPU_ALONE.into()),
                };
                Plays::Band { player, playing: Playing::cpu(reason) }
            }
            None => Plays::Tutorial {
                generator: Box::new(Generator::new(weights, device)),
                thresholds: weights.thresholds(),
            },
        })
    }

    /// Has the device play that was asked for; with `auto` the faster, which is measured once per
    /// model and machine and takes up to a second. Never fails: at worst the CPU plays. Asking
    /// again tries a device anew that has failed.
    pub fn choose(&mut self, devices: &Devices) -> &Playing {
        match &mut self.0 {
            Plays::Tutorial { generator, .. } => generator.choose(devices, Work::PHRASE),
            Plays::Band { playing, .. } => {
                *playing = Self::on_cpu_alone(devices.choice);
                playing
            }
        }
    }

    /// Which device plays the model `band`, whichever was asked for, and why.
    #[must_use]
    pub fn on_cpu_alone(choice: Choice) -> Playing {
        Playing::cpu(match choice {
            Choice::Cpu => Reason::Chosen,
            Choice::Auto => Reason::Alone(CPU_ALONE.into()),
            _ => Reason::Refused(CPU_ALONE.into()),
        })
    }

    /// Which device plays, and why. It changes when a device fails.
    #[must_use]
    pub fn playing(&self) -> &Playing {
        match &self.0 {
            Plays::Tutorial { generator, .. } => generator.playing(),
            Plays::Band { playing, .. } => playing,
        }
    }

    /// The phrase at this position, with every note that some density plays and its strength;
    /// density decides later which of them sound. Those stronger than 0.5 are what the weights
    /// play at middle density. Calls in any order give the same phrases.
    ///
    /// The model `band` says which [chords](Phrase::chords) it plays. The networks of the tutorial
    /// know no chords and no takes, and leave those of the composition aside.
    ///
    /// Costs one pass of the networks, another where the drums play a fill, one for each track that
    /// is locked, and one for each that plays another take. If the device fails, this phrase and all later ones
    /// are the CPU's.
    pub fn phrase(&mut self, composition: &Composition, phrase_index: i64) -> Phrase {
        match &mut self.0 {
            Plays::Tutorial { generator, thresholds } => {
                of_tutorial(generator, *thresholds, composition, phrase_index)
            }
            Plays::Band { player, .. } => player.phrase(composition, phrase_index),
        }
    }

    /// What the tutorial's network gives for the phrase at this position, before a fill; of the
    /// model `band`, whose networks give no roll, the roll of what it plays at middle density.
    pub fn roll(&mut self, composition: &Composition, phrase_index: i64) -> Roll {
        match &mut self.0 {
            Plays::Tutorial { generator, .. } => {
                generator.roll(&latent::of_phrase(composition, phrase_index))
            }
            Plays::Band { player, .. } => {
                Roll::of(&sounding(&player.phrase(composition, phrase_index)))
            }
        }
    }
}

/// What a phrase plays at middle density.
#[must_use]
pub fn sounding(candidates: &Phrase) -> Phrase {
    let notes = candidates.notes().filter(|(_, note)| note.strength() > 0.5);
    Phrase::new(notes.map(|(track, note)| (track, *note))).with_chords(*candidates.chords())
}

fn of_tutorial(
    generator: &mut Generator,
    thresholds: Thresholds,
    composition: &Composition,
    phrase_index: i64,
) -> Phrase {
    let roll = generator.roll(&latent::of_phrase(composition, phrase_index));
    let phrase = roll.candidates(thresholds);
    let first_bar = phrase_index.wrapping_mul(BARS_PER_PHRASE as i64);
    let fills = |bar: usize| composition.fills(first_bar.wrapping_add(bar as i64));
    let mut bars = (0..BARS_PER_PHRASE).filter(|&bar| fills(bar)).peekable();
    if bars.peek().is_none() {
        return phrase;
    }
    let strokes = generator.roll(&latent::of_fill(composition, phrase_index));
    let strokes = strokes.candidates(thresholds);
    bars.fold(phrase, |phrase, bar| fill::played(&phrase, &strokes, bar))
}

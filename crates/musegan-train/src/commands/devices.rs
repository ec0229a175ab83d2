//! `musegan-train devices`: what a network could run on, and what `auto` would choose.

use std::path::PathBuf;

use anyhow::Result;
use musegan_model::architecture::Model;
use musegan_model::device::{Choice, Devices, Work};
use musegan_model::{Band, Device, Generator, Weights};
use musegan_train::devices::LibraryArgument;

/// List the devices that networks can run on, and what auto chooses among them
///
/// Auto measures CPU and card once per weights file and machine and remembers what it found. The
/// model band plays on the CPU alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  musegan-train devices
  musegan-train devices --weights tutorial.safetensors --anew")]
pub struct Arguments {
    /// Weights file; without it untrained weights of the model tutorial, which cost as much
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Measure again
    #[arg(long)]
    anew: bool,
    #[command(flatten)]
    library: LibraryArgument,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<String> {
    let weights = match &arguments.weights {
        Some(file) => Weights::read(file)?,
        None => Weights::untrained_tutorial(0)?,
    };
    let devices = Devices { anew: arguments.anew, ..arguments.library.devices(Choice::Auto) };
    let mut text = format!("cpu      {} threads\n", rayon::current_num_threads());
    text += &cards(&devices);
    if weights.architecture().model() == Model::Band {
        return Ok(text + &of_band());
    }
    let mut generator = Generator::new(&weights, Device::Cpu);
    for (what, work) in [
        ("one phrase at a time, as in the plugin", Work::PHRASE),
        ("many at once", Work::bulk(rayon::current_num_threads())),
    ] {
        text += &format!("auto, {what}: {}\n", generator.choose(&devices, work));
    }
    Ok(if arguments.weights.is_none() { text + &of_band() } else { text })
}

/// What plays the model that ships with the plugin.
fn of_band() -> String {
    format!("auto, the model band: {}\n", Band::on_cpu_alone(Choice::Auto))
}

/// A line for each card, or why there is none.
fn cards(devices: &Devices) -> String {
    if cfg!(target_os = "macos") {
        let metal = Devices { choice: Choice::Metal, ..devices.clone() }.open();
        return metal.map_or_else(|why| format!("no metal: {why}\n"), |_| "metal\n".into());
    }
    match devices.cards() {
        Ok(cards) if cards.is_empty() => "no cuda: there is no card\n".into(),
        Ok(cards) => cards
            .iter()
            .map(|about| {
                let gib = about.memory as f64 / f64::from(1 << 30);
                format!(
                    "cuda:{}   {}, {gib:.1} GiB, compute capability {}, driver {}\n",
                    about.number, about.name, about.capability, about.driver
                )
            })
            .collect(),
        Err(why) => format!("no cuda: {why}\n"),
    }
}

//! The system's MIDI outputs.
use super::Port;
use anyhow::{Context, anyhow, bail};
use midir::{MidiOutput, MidiOutputConnection};

const CLIENT: &str = "MuseGAN";

impl Port for MidiOutputConnection {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        Self::send(self, message).map_err(|error| anyhow!("{error}"))
    }
}

fn output() -> anyhow::Result<MidiOutput> {
    let output = MidiOutput::new(CLIENT).map_err(|error| anyhow!("{error}"));
    output.with_context(|| {
        if cfg!(target_os = "linux") {
            "this system offers no MIDI: the ALSA sequencer is missing (try `modprobe snd-seq`)"
        } else {
            "this system offers no MIDI"
        }
    })
}

/// The names of all outputs.
///
/// # Errors
/// When the system offers no MIDI at all.
pub fn names() -> anyhow::Result<Vec<String>> {
    let output = output()?;
    Ok(output.ports().iter().filter_map(|port| output.port_name(port).ok()).collect())
}

/// Which of these names is meant: the one that equals it, or else the only one that contains it.
///
/// # Errors
/// When none or several do, with the names to choose from.
pub fn choose<'a>(names: &'a [String], wanted: &str) -> anyhow::Result<&'a str> {
    if let Some(name) = names.iter().find(|name| *name == wanted) {
        return Ok(name);
    }
    let lower = wanted.to_lowercase();
    let alike: Vec<_> = names.iter().filter(|name| name.to_lowercase().contains(&lower)).collect();
    match alike.as_slice() {
        [one] => Ok(one),
        [] if names.is_empty() => bail!("no MIDI output named {wanted:?}: there is none at all"),
        [] => bail!("no MIDI output named {wanted:?}; there are: {}", names.join(", ")),
        several => {
            let several: Vec<_> = several.iter().map(|name| name.as_str()).collect();
            bail!("{wanted:?} could be any of: {}; say which", several.join(", "))
        }
    }
}

/// Opens an output by name, see [`choose`].
///
/// # Errors
/// When there is no such output or the system refuses it.
pub fn open(wanted: &str) -> anyhow::Result<MidiOutputConnection> {
    let output = output()?;
    let ports = output.ports();
    let names: Vec<_> =
        ports.iter().map(|port| output.port_name(port).unwrap_or_default()).collect();
    let name = choose(&names, wanted)?;
    let port = names.iter().position(|n| n == name).and_then(|index| ports.get(index));
    let port = port.context("the MIDI output vanished")?;
    output.connect(port, CLIENT).map_err(|error| anyhow!("cannot open {name:?}: {error}"))
}

/// Opens a port of our own that other programs can connect to.
///
/// # Errors
/// Where the system has no such thing.
#[cfg(unix)]
pub fn open_virtual() -> anyhow::Result<MidiOutputConnection> {
    use midir::os::unix::VirtualOutput;
    output()?.create_virtual(CLIENT).map_err(|error| anyhow!("cannot open a port: {error}"))
}

/// Opens a port of our own that other programs can connect to.
///
/// # Errors
/// Always: this system has no such thing.
#[cfg(not(unix))]
pub fn open_virtual() -> anyhow::Result<MidiOutputConnection> {
    bail!("this system has no virtual MIDI ports; name one with --port (see --list-ports)")
}

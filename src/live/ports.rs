//! The system's MIDI ports: outputs to play to, inputs to hear chords from.
use super::Port;
use super::keys::{Keys, Listener};
use anyhow::{Context, anyhow, bail};
use midir::{Ignore, MidiIO, MidiInput, MidiOutput, MidiOutputConnection};

const CLIENT: &str = "MuseGAN";

impl Port for MidiOutputConnection {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        Self::send(self, message).map_err(|error| anyhow!("{error}"))
    }
}

fn output() -> anyhow::Result<MidiOutput> {
    MidiOutput::new(CLIENT).map_err(|error| anyhow!("{error}")).with_context(no_midi)
}

fn input() -> anyhow::Result<MidiInput> {
    let mut input =
        MidiInput::new(CLIENT).map_err(|error| anyhow!("{error}")).with_context(no_midi)?;
    input.ignore(Ignore::All);
    Ok(input)
}

fn no_midi() -> &'static str {
    if cfg!(target_os = "linux") {
        "this system offers no MIDI: the ALSA sequencer is missing (try `modprobe snd-seq`)"
    } else {
        "this system offers no MIDI"
    }
}

/// The names of all outputs.
///
/// # Errors
/// When the system offers no MIDI at all.
pub fn outputs() -> anyhow::Result<Vec<String>> {
    Ok(names(&output()?))
}

/// The names of all inputs.
///
/// # Errors
/// When the system offers no MIDI at all.
pub fn inputs() -> anyhow::Result<Vec<String>> {
    Ok(names(&input()?))
}

fn names(ports: &impl MidiIO) -> Vec<String> {
    let name = |port| ports.port_name(port).unwrap_or_default();
    ports.ports().iter().map(name).collect()
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
        [] if names.is_empty() => bail!("no MIDI port named {wanted:?}: there is none at all"),
        [] => bail!("no MIDI port named {wanted:?}; there are: {}", names.join(", ")),
        several => {
            let several: Vec<_> = several.iter().map(|name| name.as_str()).collect();
            bail!("{wanted:?} could be any of: {}; say which", several.join(", "))
        }
    }
}

/// The port of a name, see [`choose`], and its whole name.
fn find<T: MidiIO>(io: &T, wanted: &str) -> anyhow::Result<(T::Port, String)> {
    let names = names(io);
    let name = choose(&names, wanted)?;
    let at = names.iter().position(|n| n == name);
    let port = at.and_then(|at| io.ports().into_iter().nth(at));
    Ok((port.context("the MIDI port vanished")?, name.to_owned()))
}

/// Opens an output by name, see [`choose`].
///
/// # Errors
/// When there is no such output or the system refuses it.
pub fn open(wanted: &str) -> anyhow::Result<MidiOutputConnection> {
    let output = output()?;
    let (port, name) = find(&output, wanted)?;
    output.connect(&port, CLIENT).map_err(|error| anyhow!("cannot open {name:?}: {error}"))
}

/// Opens an input by name, see [`choose`], and gives the keys that are played there.
///
/// # Errors
/// When there is no such input or the system refuses it.
pub fn listen(wanted: &str) -> anyhow::Result<Keys> {
    let input = input()?;
    let (port, name) = find(&input, wanted)?;
    let (listener, changes) = Listener::new();
    let hear = |_: u64, message: &[u8], listener: &mut Listener| listener.hear(message);
    let connection = input.connect(&port, CLIENT, hear, listener);
    let connection = connection.map_err(|error| anyhow!("cannot open {name:?}: {error}"))?;
    Ok(Keys::new(changes, Some(Box::new(connection))))
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

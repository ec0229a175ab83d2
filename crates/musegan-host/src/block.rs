//! What goes into one call of process and what comes out of it, in words of no format.
//!
//! Nothing here is checked: a host that says nonsense is one of the things a plugin must survive.

/// A new value of a parameter at one sample of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterChange {
    /// Sample in the block.
    pub at: u32,
    /// [`Parameter::id`](crate::Parameter::id).
    pub id: u32,
    /// Normalised value.
    pub value: f64,
}

/// Whether a note begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The note ends.
    Off,
    /// The note begins.
    On,
}

/// A note on or off at one sample of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoteEvent {
    /// Sample in the block.
    pub at: u32,
    /// On or off.
    pub kind: Kind,
    /// MIDI channel, `0..16`.
    pub channel: u8,
    /// MIDI key, `0..128`.
    pub key: u8,
    /// `0.0..=1.0`.
    pub velocity: f32,
}

/// What a host says about the song. The default is a song that stands and of which nothing else
/// is known; every value may also be not finite, reversed or absurd.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transport {
    /// Whether the song runs.
    pub playing: bool,
    /// Song position in quarter notes; negative in a count-in.
    pub position_beats: Option<f64>,
    /// Song position in seconds. VST3 has no way to leave it out, only samples that say 0.
    pub position_seconds: Option<f64>,
    /// Quarter notes per minute.
    pub tempo: Option<f64>,
    /// Time signature: numerator and denominator. CLAP carries the lower 16 bits.
    pub meter: Option<(i32, i32)>,
    /// Position of the bar line at or before the song position, in quarter notes. CLAP has no
    /// way to leave it out: it says 0 then, as hosts do that do not fill it in.
    pub bar_start_beats: Option<f64>,
    /// Number of the bar that begins there, 0 at the song's start. VST3 has none; in CLAP it is
    /// 0 where left out.
    pub bar_number: Option<i32>,
    /// Start and end of the loop that is switched on, in quarter notes.
    pub loop_beats: Option<(f64, f64)>,
}

/// A transport that takes effect in the middle of a block. CLAP only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransportEvent {
    /// Sample in the block.
    pub at: u32,
    /// The song at that sample.
    pub transport: Transport,
}

/// What goes into one call of process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Block<'a> {
    /// Samples; 0 is allowed and moves nothing.
    pub frames: u32,
    /// The song at the first sample, or `None` where the host has no transport at all.
    pub transport: Option<Transport>,
    /// The song at later samples, sorted by sample; CLAP only.
    pub transports: &'a [TransportEvent],
    /// Parameter changes, sorted by sample; several of one parameter are allowed.
    pub changes: &'a [ParameterChange],
    /// Notes played into the plugin, sorted by sample.
    pub notes: &'a [NoteEvent],
    /// How many events the host takes from the plugin in this block; it refuses the rest. `None`
    /// takes all.
    pub queue_limit: Option<usize>,
}

/// What one call of process gave, in the order the plugin sent it.
#[derive(Clone, Debug, Default)]
pub struct Emitted {
    /// Notes on and off.
    pub notes: Vec<NoteEvent>,
    /// How many events were no notes (controllers, expressions, parameter changes).
    pub others: usize,
    /// How many events were refused because the queue was full.
    pub refused: usize,
}

impl Emitted {
    pub(crate) fn clear(&mut self) {
        self.notes.clear();
        self.others = 0;
        self.refused = 0;
    }
}

//! A [`Song`] to the bytes of a type-1 file.
//!
//! What must stay true: at one tick every note-off precedes every note-on, so that a repeated note
//! is struck again; and the same song gives the same bytes.
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Timing, TrackEvent, TrackEventKind};

use crate::song::TICKS_PER_BEAT;
use crate::{Key, Part, Phrase, Song};

/// The longest time between two events that a file can state, in ticks.
const LONGEST_DELTA: u64 = (1 << 28) - 1;
/// Ticks a song may last; at 480 ticks per beat and 120 beats per minute, seven weeks.
const LONGEST_SONG: u64 = 1 << 32;

/// Why a song does not fit into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A time beyond what files can hold.
    #[error("a time of {ticks} ticks does not fit into a MIDI file (at most {LONGEST_SONG})")]
    TooLong {
        /// The time, at the file's resolution.
        ticks: u64,
    },
    /// More parts or longer texts than a file can hold.
    #[error("this song does not fit into a MIDI file: {reason}")]
    TooLarge {
        /// The limit that is exceeded.
        reason: &'static str,
    },
}

/// Writes phrases back to back as a type-1 file of five named tracks at this tempo.
///
/// # Errors
///
/// More phrases than the 32 bits of a file's ticks can hold: over two million.
pub fn write_phrases(phrases: &[Phrase], bpm: f64) -> Result<Vec<u8>, WriteError> {
    write(&Song::of_phrases(phrases, bpm))
}

/// Writes a song as a type-1 file: a track with title, tempos, metres, keys and markers, then one
/// track per part with its name, program and notes. A resolution that files cannot hold becomes 480
/// ticks.
///
/// # Errors
///
/// The song lasts longer or has more parts than a file can hold.
pub fn write(song: &Song) -> Result<Vec<u8>, WriteError> {
    let clock = Clock::of(song);
    let mut tracks = vec![conductor(song, &clock)?];
    for part in &song.parts {
        tracks.push(track(part, &clock)?);
    }
    let header = Header::new(Format::Parallel, Timing::Metrical(clock.resolution));
    let mut bytes = Vec::new();
    midly::write(&header, &tracks, &mut bytes).map_err(|reason| WriteError::TooLarge { reason })?;
    Ok(bytes)
}

/// From the song's ticks to the file's.
struct Clock {
    resolution: u15,
    song_ticks_per_beat: u32,
}

impl Clock {
    fn of(song: &Song) -> Self {
        let fits = u16::try_from(song.ticks_per_beat).ok().and_then(u15::try_from);
        let resolution = fits.filter(|r| r.as_int() > 0).unwrap_or(u15::new(TICKS_PER_BEAT as u16));
        Self { resolution, song_ticks_per_beat: song.ticks_per_beat.max(1) }
    }

    fn tick(&self, tick: u64) -> Result<u64, WriteError> {
        let scaled = u128::from(tick) * u128::from(self.resolution.as_int())
            / u128::from(self.song_ticks_per_beat);
        let ticks = u64::try_from(scaled).unwrap_or(u64::MAX);
        if ticks > LONGEST_SONG { Err(WriteError::TooLong { ticks }) } else { Ok(ticks) }
    }
}

type Events<'a> = Vec<(u64, TrackEventKind<'a>)>;

fn conductor<'a>(song: &'a Song, clock: &Clock) -> Result<Vec<TrackEvent<'a>>, WriteError> {
    let name = song.name.as_deref().unwrap_or("MuseGAN");
    let mut events: Events<'a> = vec![(0, meta(MetaMessage::TrackName(name.as_bytes())))];
    for tempo in &song.tempos {
        let micros = u24::new(tempo.micros_per_beat.clamp(1, u24::max_value().as_int()));
        events.push((clock.tick(tempo.tick)?, meta(MetaMessage::Tempo(micros))));
    }
    for metre in &song.metres {
        let power = metre.unit.max(1).ilog2() as u8;
        let message = MetaMessage::TimeSignature(metre.count, power, 24, 8);
        events.push((clock.tick(metre.tick)?, meta(message)));
    }
    for signature in &song.keys {
        let message = MetaMessage::KeySignature(fifths(signature.key), signature.key.is_minor);
        events.push((clock.tick(signature.tick)?, meta(message)));
    }
    for marker in &song.markers {
        let message = MetaMessage::Marker(marker.text.as_bytes());
        events.push((clock.tick(marker.tick)?, meta(message)));
    }
    events.sort_by_key(|(tick, _)| *tick);
    Ok(with_deltas(events))
}

/// The sharps of a key's signature, or its flats below zero; F sharp major has six sharps.
fn fifths(key: Key) -> i8 {
    let relative_major = if key.is_minor { key.tonic() + 3 } else { key.tonic() };
    let sharps = 7 * relative_major % 12;
    if sharps > 6 { sharps as i8 - 12 } else { sharps as i8 }
}

fn track<'a>(part: &'a Part, clock: &Clock) -> Result<Vec<TrackEvent<'a>>, WriteError> {
    let channel = u4::new(part.channel);
    let message = |message| TrackEventKind::Midi { channel, message };
    let mut events: Events<'a> = Vec::with_capacity(2 * part.notes.len() + 2);
    if let Some(name) = &part.name {
        events.push((0, meta(MetaMessage::TrackName(name.as_bytes()))));
    }
    if let Some(program) = part.program {
        events.push((0, message(MidiMessage::ProgramChange { program: u7::new(program) })));
    }
    let head = events.len();
    for note in &part.notes {
        let onset = clock.tick(note.onset)?;
        // A note shorter than one tick of a coarser clock still sounds for one.
        let end = clock.tick(note.end())?.max(onset + 1);
        let (key, vel) = (u7::new(note.pitch.number()), u7::new(note.velocity.value()));
        events.push((onset, message(MidiMessage::NoteOn { key, vel })));
        events.push((end, message(MidiMessage::NoteOff { key, vel: u7::new(64) })));
    }
    events[head..].sort_by_key(|(tick, kind)| (*tick, is_note_on(kind)));
    Ok(with_deltas(events))
}

fn is_note_on(kind: &TrackEventKind<'_>) -> bool {
    matches!(kind, TrackEventKind::Midi { message: MidiMessage::NoteOn { .. }, .. })
}

fn meta(message: MetaMessage<'_>) -> TrackEventKind<'_> {
    TrackEventKind::Meta(message)
}

/// Sorted events with the times between them, and the end of the track. Empty texts bridge a
/// silence longer than a file can state at once.
fn with_deltas(events: Events<'_>) -> Vec<TrackEvent<'_>> {
    let mut track = Vec::with_capacity(events.len() + 1);
    let mut now = 0;
    for (tick, kind) in events {
        while tick - now > LONGEST_DELTA {
            let delta = u28::new(LONGEST_DELTA as u32);
            track.push(TrackEvent { delta, kind: meta(MetaMessage::Text(b"")) });
            now += LONGEST_DELTA;
        }
        track.push(TrackEvent { delta: u28::new((tick - now) as u32), kind });
        now = tick;
    }
    track.push(TrackEvent { delta: u28::new(0), kind: meta(MetaMessage::EndOfTrack) });
    track
}

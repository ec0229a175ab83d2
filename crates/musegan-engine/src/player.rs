//! From song position to note events, on the audio thread.
//!
//! What must stay true: the stream of (beat, event) is a function of song position, keys and
//! controls alone; how the host cuts time into blocks does not show in it.
use crate::ledger::{Ledger, Sounding};
use crate::queue::{Counter, PhraseKey};
use crate::shelf::Shelf;
use crate::time::Segment;
use crate::{Block, Controls, Event, EventKind, SongStep};
use musegan_score::grid::BEATS_PER_PHRASE;
use musegan_score::{Note, Track};
use std::time::{Duration, Instant};

/// Events of one block. Ons are left out before an off could be.
const EVENTS: usize = 4096;
/// The host's position may differ this much from the one expected (tempo ramps, rounding) before
/// it counts as a seek: a quarter of a step.
const JUMP_BEATS: f64 = 1.0 / 16.0;
/// Loop wraps and steps looked at in one block; a host that asks for more gets a rest.
const MOST_SEGMENTS: usize = 256;
const MOST_STEPS: usize = 4096;

/// What the player is doing, for showing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status {
    /// Whether the song is rolling.
    pub playing: bool,
    /// Song position at the end of the last block, in quarter notes.
    pub pos_beats: f64,
    /// The phrase that sounds or would sound there.
    pub key: PhraseKey,
    /// Steps that passed in silence because their phrase was not there, since construction.
    pub rested_steps: u64,
}

/// The audio thread's half of the engine.
#[derive(Debug)]
pub struct Player {
    shelf: Shelf,
    ledger: Ledger,
    events: Vec<Event>,
    /// Where the song must stand at the next block if nothing jumps, and the next step to play.
    course: Option<Course>,
    tempo_bpm: f64,
    /// The model controls in force, with `index` of the last step.
    key: Option<PhraseKey>,
    /// The key that the next bar begins with, settled one step before its line.
    settled: Option<PhraseKey>,
    status: Status,
    /// Whether a render has waited for the worker in vain; it waits no more until an answer comes.
    worker_silent: bool,
}

#[derive(Clone, Copy, Debug)]
struct Course {
    pos_beats: f64,
    next_step: SongStep,
}

impl Player {
    pub(crate) fn new(counter: Counter) -> Self {
        let key = PhraseKey { model: 0, seed: 0, temperature: 1.0, index: 0 };
        Self {
            shelf: Shelf::new(counter),
            ledger: Ledger::new(),
            events: Vec::with_capacity(EVENTS),
            course: None,
            tempo_bpm: 0.0,
            key: None,
            settled: None,
            status: Status { playing: false, pos_beats: 0.0, key, rested_steps: 0 },
            worker_silent: false,
        }
    }

    /// The events of one block, sorted by sample.
    ///
    /// A block of no samples has no events; what it should have ended ends in the next one.
    /// Never allocates, locks or calls the system, unless the block has patience: then it sleeps
    /// until a phrase that is due has come.
    pub fn process(&mut self, block: &Block, controls: &Controls) -> &[Event] {
        self.events.clear();
        if self.shelf.receive(block.samples) {
            self.worker_silent = false;
        }
        if block.samples == 0 {
            return &self.events;
        }
        self.tempo_bpm = block.tempo_bpm(self.tempo_bpm);
        if block.transport.playing {
            self.end_what_changed(controls);
            self.roll(block, controls);
        } else {
            self.rest(block, controls);
        }
        &self.events
    }

    /// Forgets where the song stood, as after a reset: the next block ends at its first sample
    /// whatever still sounds, and joins the song where it then stands.
    pub fn lose_place(&mut self) {
        self.course = None;
    }

    /// Asks for the phrases of the song's start and of where it stands, and says whether all of
    /// them are here. Emits nothing.
    pub fn prepare(&mut self, controls: &Controls) -> bool {
        self.shelf.receive(0);
        let here = SongStep::holding(self.status.pos_beats).phrase_index();
        let wanted = [0, 1, here, here + 1].map(|index| wanted(controls, index));
        wanted.map(|key| self.shelf.want(key)).into_iter().all(|ready| ready)
    }

    /// What the player is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The song stands still: nothing sounds, but what comes next is made ready.
    fn rest(&mut self, block: &Block, controls: &Controls) {
        self.end_all(0);
        self.course = None;
        let pos_beats = block.pos_beats().unwrap_or(self.status.pos_beats);
        let key = wanted(controls, SongStep::holding(pos_beats).phrase_index());
        self.key = Some(key);
        self.settled = None;
        self.shelf.want(key);
        self.shelf.want(PhraseKey { index: key.index + 1, ..key });
        self.status = Status { playing: false, pos_beats, key, ..self.status };
    }

    /// The song rolls: walks the block in stretches of even motion, cut where the loop wraps.
    fn roll(&mut self, block: &Block, controls: &Controls) {
        let beats_per_sample = block.beats_per_sample(self.tempo_bpm);
        let expected = self.course.map_or(self.status.pos_beats, |course| course.pos_beats);
        let mut pos_beats = block.pos_beats().unwrap_or(expected);
        let mut first_sample = 0;
        for _ in 0..MOST_SEGMENTS {
            let mut segment =
                Segment { pos_beats, beats_per_sample, first_sample, end_sample: block.samples };
            let wrap = block.loop_beats().filter(|&(_, end)| pos_beats < end);
            let wraps_to = wrap.and_then(|(start, end)| {
                let at = ((end - pos_beats) / beats_per_sample).round();
                let at = f64::from(first_sample) + at.max(1.0);
                (at < f64::from(block.samples)).then(|| {
                    segment.end_sample = at as u32;
                    start
                })
            });
            self.play(&segment, controls, block.patience);
            pos_beats = segment.end_beats();
            let Some(start) = wraps_to else { break };
            // What is left of a sample after the loop's end lies behind its start.
            let past_end = wrap.map_or(0.0, |(_, end)| pos_beats - end);
            self.end_all(segment.end_sample);
            self.course = None;
            pos_beats = start + past_end;
            first_sample = segment.end_sample;
        }
        self.look_ahead(block, controls, pos_beats);
        self.status.playing = true;
        self.status.pos_beats = pos_beats;
    }

    /// Plays one stretch: at every step first the offs, then the ons.
    fn play(&mut self, segment: &Segment, controls: &Controls, patience: Duration) {
        let on_course =
            self.course.filter(|c| (c.pos_beats - segment.pos_beats).abs() < JUMP_BEATS);
        let mut jumped = on_course.is_none();
        if jumped {
            self.end_all(segment.first_sample);
        }
        let mut step = on_course.map_or_else(|| segment.first_step(), |course| course.next_step);
        self.course = None;
        for _ in 0..MOST_STEPS {
            let at_sample = segment.sample_of(step);
            if at_sample >= i64::from(segment.end_sample) {
                let pos_beats = segment.end_beats();
                self.course = Some(Course { pos_beats, next_step: step });
                return;
            }
            let at_sample = at_sample as u32;
            while let Some(note) = self.ledger.take_one(|note| note.end <= step) {
                self.push_off(at_sample, &note);
            }
            let key = self.key_at(step, jumped, controls, patience);
            self.begin_notes(key, step, at_sample, controls, patience);
            jumped = false;
            step = step.next();
        }
    }

    /// Emits the notes that begin at a step.
    fn begin_notes(
        &mut self,
        key: PhraseKey,
        step: SongStep,
        at_sample: u32,
        controls: &Controls,
        patience: Duration,
    ) {
        self.status.key = key;
        if !self.obtain(key, patience) {
            self.status.rested_steps += 1;
            return;
        }
        let Self { shelf, ledger, events, .. } = self;
        let Some(phrase) = shelf.get(&key) else { return };
        let beginning = || {
            let at_step = |track| phrase.starting_at(track, step.in_phrase()).iter();
            Track::ALL.into_iter().flat_map(move |track| at_step(track).map(move |n| (track, n)))
        };
        let beginning = || {
            let heard = beginning().filter(|&(track, note)| controls.sounds(track, note));
            heard.filter_map(|(track, note)| Some((Place::of(controls, track, note)?, note)))
        };
        // What is struck again ends first: at one sample all offs precede all ons.
        for (place, _) in beginning() {
            if let Some(same) =
                ledger.take_one(|n| (n.channel, n.key) == (place.channel, place.key))
            {
                events.push(off(at_sample, &same));
            }
        }
        for (place, note) in beginning() {
            // Every note that sounds keeps room for its off; an on takes two places.
            let has_room = events.len() + ledger.len() + 2 <= EVENTS;
            if has_room && ledger.book(place.sounding(note, step)) {
                let velocity = controls.velocity(place.track, note.velocity);
                let kind = EventKind::On { velocity };
                events.push(Event { at_sample, kind, channel: place.channel, key: place.key });
            }
        }
    }

    /// The key in force at a step.
    ///
    /// Model controls are read one step before a bar line and come in at the line, so that the
    /// worker has the time of a step, and live playing turns where an render turns. After
    /// a jump they are read at once. A phrase that is not there in time is waited for until the
    /// next bar line, under the controls that were in force before.
    fn key_at(
        &mut self,
        step: SongStep,
        jumped: bool,
        controls: &Controls,
        patience: Duration,
    ) -> PhraseKey {
        let wanted = wanted(controls, step.phrase_index());
        let current = self.key.map_or(wanted, |key| PhraseKey { index: wanted.index, ..key });
        // Phrases of weights that were replaced are no longer made.
        let lost = current.model != wanted.model && !self.shelf.want(current);
        let next = match self.settled.take().filter(|_| step.is_bar_line() && !jumped) {
            Some(settled) => PhraseKey { index: wanted.index, ..settled },
            None if jumped || lost => wanted,
            None => current,
        };
        let key = if next == current || self.obtain(next, patience) { next } else { current };
        if step.next().is_bar_line() {
            let settled = self::wanted(controls, step.next().phrase_index());
            self.shelf.want(settled);
            self.settled = Some(settled);
        }
        self.key = Some(key);
        key
    }

    /// Whether a phrase is on the shelf, after waiting for it as long as patience allows.
    fn obtain(&mut self, key: PhraseKey, patience: Duration) -> bool {
        if self.shelf.want(key) {
            return true;
        }
        if patience.is_zero() || self.worker_silent {
            return false;
        }
        let since = Instant::now();
        while since.elapsed() < patience {
            std::thread::sleep(Duration::from_micros(50));
            self.shelf.receive(0);
            if self.shelf.want(key) {
                return true;
            }
        }
        self.worker_silent = true;
        false
    }

    /// Asks for what will be needed: this phrase and the next, or the loop's first.
    fn look_ahead(&mut self, block: &Block, controls: &Controls, pos_beats: f64) {
        let here = SongStep::holding(pos_beats).phrase_index();
        let after = match block.loop_beats() {
            Some((start, end)) if end - pos_beats < BEATS_PER_PHRASE as f64 && pos_beats < end => {
                SongStep::holding(start).phrase_index()
            }
            _ => here + 1,
        };
        let key = self.key.unwrap_or(wanted(controls, here));
        if key.model == controls.model {
            for index in [here, after] {
                self.shelf.want(PhraseKey { index, ..key });
            }
        }
    }

    /// Ends at sample 0 the notes that the controls no longer allow as they sound.
    fn end_what_changed(&mut self, controls: &Controls) {
        while let Some(note) = self.ledger.take_one(|note| {
            !controls.is_heard(note.track)
                || controls.channels.channel(note.track) != note.channel
                || controls.key(note.track, note.pitch) != Some(note.key)
        }) {
            self.push_off(0, &note);
        }
    }

    fn end_all(&mut self, at_sample: u32) {
        while let Some(note) = self.ledger.take_one(|_| true) {
            self.push_off(at_sample, &note);
        }
    }

    fn push_off(&mut self, at_sample: u32, note: &Sounding) {
        self.events.push(off(at_sample, note));
    }
}

/// Where a note sounds under the controls.
struct Place {
    track: Track,
    channel: u8,
    key: u8,
}

impl Place {
    /// `None` where MIDI has no such key.
    fn of(controls: &Controls, track: Track, note: &Note) -> Option<Self> {
        let key = controls.key(track, note.pitch)?;
        Some(Self { track, channel: controls.channels.channel(track), key })
    }

    fn sounding(&self, note: &Note, step: SongStep) -> Sounding {
        Sounding {
            track: self.track,
            pitch: note.pitch,
            channel: self.channel,
            key: self.key,
            end: SongStep(step.0 + note.length() as i64),
        }
    }
}

fn off(at_sample: u32, note: &Sounding) -> Event {
    Event { at_sample, kind: EventKind::Off, channel: note.channel, key: note.key }
}

/// The key that the controls ask for.
fn wanted(controls: &Controls, index: i64) -> PhraseKey {
    let temperature = if controls.temperature.is_finite() { controls.temperature } else { 1.0 };
    PhraseKey { model: controls.model, seed: controls.seed, temperature, index }
}

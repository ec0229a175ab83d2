//! From song position to note events, on the audio thread.
//!
//! What must stay true: the stream of (beat, event) is a function of song position, keys and
//! controls alone; how the host cuts time into blocks does not show in it.
mod events;
mod walk;

use crate::agenda::Agenda;
use crate::bar::{Bar, TICKS_PER_STEP};
use crate::chord::Hands;
use crate::controls::Fit;
use crate::ledger::Ledger;
use crate::queue::{Counter, PhraseKey};
use crate::shelf::Shelf;
use crate::time::Segment;
use crate::{Block, Chord, Controls, Event, KeyChange};
use events::Events;
use musegan_score::grid::BEATS_PER_PHRASE;
use musegan_score::meter::TICKS_PER_BEAT;
use musegan_score::{Composition, Meter};

/// The host's position may differ this much from the one expected (tempo ramps, rounding), and its
/// bar lines from those expected, before it counts as a jump: a quarter of a step.
const JUMP_BEATS: f64 = 1.0 / 16.0;
/// So long before a loop wraps, in quarter notes, its start is asked for as the controls are then.
const WRAP_BEATS: f64 = 1.0;
/// Loop wraps in one block; a host that asks for more gets a rest.
const MOST_SEGMENTS: usize = 256;
/// Metres that a song often changes to. The phrases that they would begin with are made ready
/// before each bar line, because no host says beforehand where the metre changes.
const LIKELY_METERS: [(i32, i32); 7] = [(4, 4), (3, 4), (2, 4), (6, 8), (7, 8), (5, 4), (12, 8)];

/// What the player is doing, for showing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status {
    /// Whether the song is rolling.
    pub playing: bool,
    /// Song position at the end of the last block, in quarter notes.
    pub pos_beats: f64,
    /// Which bar of the song holds it.
    pub bar_index: i64,
    /// The metre there.
    pub meter: Meter,
    /// The phrase that sounds or would sound there.
    pub key: PhraseKey,
    /// Where in that phrase, in steps, `0.0..64.0`.
    pub step: f32,
    /// Steps that passed in silence because their phrase was not there, since construction.
    pub rested_steps: u64,
    /// How often a render waited in vain for as long as its patience allowed, since construction.
    pub waits_in_vain: u64,
}

/// The audio thread's half of the engine.
#[derive(Debug)]
pub struct Player {
    shelf: Shelf,
    ledger: Ledger,
    agenda: Agenda,
    events: Events,
    /// Where the song must stand at the next block if nothing jumps, and what is played next.
    course: Option<Course>,
    tempo_bpm: f64,
    /// The model controls in force, with the index of the last phrase.
    key: Option<PhraseKey>,
    /// The key that the next bar begins with, settled one step before its line.
    settled: Option<PhraseKey>,
    /// The phrase at which playing last began. Hosts like to return there.
    home: i64,
    hands: Hands,
    /// What the bar that plays is played over.
    chord: Chord,
    /// What the notes of the step that plays are moved into.
    fit: Fit,
    status: Status,
    /// Whether a render has waited for the worker in vain; it waits no more until an answer comes.
    worker_silent: bool,
    /// Samples of all blocks before this one.
    samples_before: u64,
    /// Steps begun so far.
    steps_begun: u64,
    /// The same when it was last asked for what comes.
    looked_ahead_at: u64,
}

/// Where a stretch of playing goes on.
#[derive(Clone, Copy, Debug)]
struct Course {
    pos_beats: f64,
    cursor: Cursor,
}

/// The tick that is played next.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    bar: Bar,
    /// Step of the bar.
    step: i64,
    /// Tick of the step.
    tick: i64,
    /// Whether the step has begun, so that the agenda is its.
    begun: bool,
    /// Whether the song is joined here, after a jump or from rest.
    joins: bool,
}

impl Cursor {
    /// Joins the song.
    fn at(bar: Bar, tick: i64) -> Self {
        let (bar, tick) = if tick >= bar.meter().ticks() {
            (bar.next(), tick - bar.meter().ticks())
        } else {
            (bar, tick)
        };
        let (step, tick) = (tick / TICKS_PER_STEP, tick % TICKS_PER_STEP);
        Self { bar, step, tick, begun: false, joins: true }
    }

    /// Tick of the bar.
    const fn tick_of_bar(&self) -> i64 {
        self.step * TICKS_PER_STEP + self.tick
    }

    fn next_step(self) -> Self {
        let step = self.step + 1;
        if step < self.bar.steps() {
            Self { step, tick: 0, begun: false, joins: false, ..self }
        } else {
            Self { bar: self.bar.next(), step: 0, tick: 0, begun: false, joins: false }
        }
    }
}

/// What one call of the host is about.
#[derive(Clone, Copy)]
struct Call<'a> {
    block: &'a Block,
    controls: &'a Controls,
    incoming: &'a [KeyChange],
    /// How many of the incoming changes have been heard.
    heard: usize,
}

impl Player {
    pub(crate) fn new(counter: Counter) -> Self {
        let key = PhraseKey { index: 0, model: 0, composition: Composition::default() };
        Self {
            shelf: Shelf::new(counter),
            ledger: Ledger::new(),
            agenda: Agenda::new(),
            events: Events::new(),
            course: None,
            tempo_bpm: 0.0,
            key: None,
            settled: None,
            home: 0,
            hands: Hands::default(),
            chord: Chord::default(),
            fit: Fit::default(),
            status: Status {
                playing: false,
                pos_beats: 0.0,
                bar_index: 0,
                meter: Meter::COMMON,
                key,
                step: 0.0,
                rested_steps: 0,
                waits_in_vain: 0,
            },
            worker_silent: false,
            samples_before: 0,
            steps_begun: 0,
            looked_ahead_at: 0,
        }
    }

    /// The events of one block, sorted by sample. `incoming` is what is played into the band,
    /// sorted by sample.
    ///
    /// A block of no samples has no events; what it should have ended ends in the next one.
    /// Never allocates, locks or calls the system, unless the block has patience: then it sleeps
    /// until a phrase that is due has come.
    pub fn process(
        &mut self,
        block: &Block,
        controls: &Controls,
        incoming: &[KeyChange],
    ) -> &[Event] {
        self.events.clear();
        self.shelf.tell_rolling(block.transport.playing);
        if self.shelf.receive(block.samples) {
            self.worker_silent = false;
        }
        let mut call = Call { block, controls, incoming, heard: 0 };
        if block.samples > 0 {
            self.tempo_bpm = block.tempo_bpm(self.tempo_bpm);
            if block.transport.playing {
                self.end_what_changed(controls);
                self.roll(&mut call);
            } else {
                self.hear_until(u32::MAX, &mut call);
                self.rest(&call);
            }
        }
        self.hear_until(u32::MAX, &mut call);
        self.samples_before += u64::from(block.samples);
        if !controls.listens {
            self.hands.forget(self.samples_before);
        }
        self.events.as_slice()
    }

    /// Forgets where the song stood, as after a reset: the next block ends at its first sample
    /// whatever still sounds, and joins the song where it then stands.
    pub fn lose_place(&mut self) {
        self.course = None;
        self.hands.leave();
        self.chord = Chord::default();
        self.shelf.tell_rolling(false);
    }

    /// Asks for the phrases of the song's start and of where it stands, and says whether all of
    /// them are here. Emits nothing.
    pub fn prepare(&mut self, controls: &Controls) -> bool {
        self.shelf.receive(0);
        let here = self.status.key.index;
        let wanted = [0, 1, here, here + 1].map(|index| wanted(controls, self.chord, index));
        wanted.map(|key| self.shelf.want(key)).into_iter().all(|ready| ready)
    }

    /// Lets whoever wakes the worker know that the song is about to roll, before a block says so.
    pub fn expect_to_roll(&mut self) {
        self.shelf.tell_rolling(true);
    }

    /// What the player is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The song stands still: nothing sounds, but what comes next is made ready.
    fn rest(&mut self, call: &Call<'_>) {
        self.end_all(0);
        self.course = None;
        let pos_beats = call.block.pos_beats().unwrap_or(self.status.pos_beats);
        let bar = call.block.bar(pos_beats);
        self.chord = self.chord_at(call.block.samples, call);
        let key = wanted(call.controls, self.chord, bar.phrase_index());
        self.key = Some(key);
        self.settled = None;
        for index in [key.index, key.index + 1, 0, self.home] {
            self.shelf.want(PhraseKey { index, ..key });
        }
        self.status.playing = false;
        self.status.key = key;
        self.show_place(bar, pos_beats);
    }

    /// The song rolls: walks the block in stretches of even motion, cut where the loop wraps.
    fn roll(&mut self, call: &mut Call<'_>) {
        let block = call.block;
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
            self.play(&segment, call);
            pos_beats = segment.end_beats();
            let Some(start) = wraps_to else { break };
            // What is left of a sample after the loop's end lies behind its start.
            let past_end = wrap.map_or(0.0, |(_, end)| pos_beats - end);
            self.end_all(segment.end_sample);
            self.course = None;
            pos_beats = start + past_end;
            first_sample = segment.end_sample;
        }
        // What is made of the keys at the block's end must not miss one that moved before it.
        self.hear_until(u32::MAX, call);
        let bar = self.course.map_or_else(|| block.bar(pos_beats), |course| course.cursor.bar);
        if !self.status.playing {
            self.home = bar.phrase_index();
        }
        if self.looked_ahead_at != self.steps_begun {
            self.looked_ahead_at = self.steps_begun;
            self.look_ahead(call, bar, pos_beats);
        }
        self.status.playing = true;
        self.show_place(bar, pos_beats);
    }

    /// Asks for what will be needed: this phrase and the next, or the loop's first; and keeps what
    /// may be returned to.
    fn look_ahead(&mut self, call: &Call<'_>, bar: Bar, pos_beats: f64) {
        let here = bar.phrase_index();
        let wrap = call.block.loop_beats().filter(|&(_, end)| pos_beats < end);
        let after = match wrap {
            Some((start, end)) if end - pos_beats < BEATS_PER_PHRASE as f64 => {
                Bar::holding(start, Some(bar.start_beats()), bar.meter()).phrase_index()
            }
            _ => here + 1,
        };
        if wrap.is_some_and(|(_, end)| end - pos_beats < WRAP_BEATS) {
            // Where the song wraps to, the controls act at once.
            let chord = self.chord_at(call.block.samples, call);
            self.shelf.want(wanted(call.controls, chord, after));
        }
        let key = self.key.unwrap_or(wanted(call.controls, self.chord, here));
        if key.model == call.controls.model {
            for index in [here, after, 0, self.home] {
                self.shelf.want(PhraseKey { index, ..key });
            }
        }
    }

    /// Notes for showing where the song stands.
    fn show_place(&mut self, bar: Bar, pos_beats: f64) {
        // The cursor may already be past the line that the position has not reached.
        let bar = Bar::holding(pos_beats, Some(bar.start_beats()), bar.meter());
        let ticks = ((pos_beats - bar.start_beats()) * TICKS_PER_BEAT as f64).max(0.0);
        let step = (ticks as i64 / TICKS_PER_STEP).min(bar.steps() - 1);
        let part = (ticks / TICKS_PER_STEP as f64 - step as f64).clamp(0.0, 1.0);
        self.status.pos_beats = pos_beats;
        self.status.bar_index = bar.index();
        self.status.meter = bar.meter();
        self.status.step = bar.in_phrase(step).index() as f32 + part as f32;
    }

    /// Takes note of the keys that change up to a sample.
    fn hear_until(&mut self, at_sample: u32, call: &mut Call<'_>) {
        let last_sample = call.block.samples.saturating_sub(1);
        while let Some(change) = call.incoming.get(call.heard)
            && change.at_sample.min(last_sample) <= at_sample
        {
            call.heard += 1;
            if change.key < 128 {
                let sample = self.samples_before + u64::from(change.at_sample.min(last_sample));
                self.hands.turn(change.key, change.pressed, sample, call.block.sample_rate());
            }
        }
    }

    /// The chord that a bar which begins at a sample of the block is played over.
    fn chord_at(&mut self, at_sample: u32, call: &Call<'_>) -> Chord {
        if !call.controls.listens {
            return Chord::default();
        }
        let sample = self.samples_before + u64::from(at_sample);
        self.hands.chord(sample, call.block.sample_rate())
    }

    /// Asks, one step before a bar line, for what the next bar may need: under the controls and the
    /// chord as they are now, and in case the metre changes there.
    fn settle(&mut self, next: Bar, controls: &Controls, chord: Chord) {
        let settled = wanted(controls, chord, next.phrase_index());
        self.shelf.want(settled);
        self.settled = Some(settled);
        for (numerator, denominator) in LIKELY_METERS {
            let meter = Meter::new(numerator, denominator).unwrap_or_default();
            let bar = Bar::holding(next.start_beats(), Some(next.start_beats()), meter);
            self.shelf.want(PhraseKey { index: bar.phrase_index(), ..settled });
        }
    }
}

/// The key that the controls ask for while a chord is held, if one is.
fn wanted(controls: &Controls, chord: Chord, index: i64) -> PhraseKey {
    let sane = |value: f32, otherwise: f32| if value.is_finite() { value } else { otherwise };
    let mut composition = Composition {
        temperature: sane(controls.composition.temperature, 1.0),
        morph: sane(controls.composition.morph, 0.0),
        variation: sane(controls.composition.variation, 0.0),
        ..controls.composition
    };
    if !chord.is_empty() {
        composition.progression = chord.progression(controls.transposition());
    }
    PhraseKey { index, model: controls.model, composition }
}

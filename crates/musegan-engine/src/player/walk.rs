//! The walk through one stretch of even motion, tick by tick: steps begin, notes end and are
//! struck, each at its sample.
use super::{Call, Course, Cursor, JUMP_BEATS, Player, wanted};
use crate::agenda::{Due, swing_of};
use crate::controls::Fit;
use crate::ledger::{End, Sounding};
use crate::queue::PhraseKey;
use crate::time::Segment;
use crate::{Chord, Controls};
use musegan_score::grid::STEPS_PER_BEAT;
use musegan_score::{Phrase, Pitch, Step};
use std::time::{Duration, Instant};

/// Moments looked at in one block; a host that asks for more gets a rest.
const MOST_MOMENTS: usize = 16_384;

impl Player {
    /// Plays one stretch.
    pub(super) fn play(&mut self, segment: &Segment, call: &mut Call<'_>) {
        let mut cursor = self.join(segment, call);
        self.course = None;
        for _ in 0..MOST_MOMENTS {
            if cursor.begun {
                let next = self.next_moment().map(|tick| tick.max(cursor.tick));
                let later = next.filter(|tick| *tick < cursor.bar.ticks_of(cursor.step));
                let Some(tick) = later else {
                    cursor = cursor.next_step();
                    continue;
                };
                cursor.tick = tick;
            }
            let at_sample = segment.sample_of(cursor.bar, cursor.tick_of_bar());
            if at_sample >= i64::from(segment.end_sample) {
                self.course = Some(Course { pos_beats: segment.end_beats(), cursor });
                return;
            }
            let at_sample = at_sample as u32;
            if cursor.begun {
                self.end_until(cursor.tick, at_sample);
                while let Some(due) = self.agenda.take_until(cursor.tick) {
                    self.strike(&due, cursor.step, at_sample, call.controls);
                }
                cursor.tick += 1;
            } else {
                self.begin_step(&cursor, at_sample, call);
                cursor.begun = true;
            }
        }
    }

    /// Where a stretch begins: where the last one left off, or, after a jump, at the first tick
    /// whose nearest sample is in the stretch.
    fn join(&mut self, segment: &Segment, call: &Call<'_>) -> Cursor {
        let bar = call.block.bar(segment.pos_beats);
        let on_course = self.course.filter(|course| {
            (course.pos_beats - segment.pos_beats).abs() < JUMP_BEATS
                && course.cursor.bar.shares_grid(bar, JUMP_BEATS)
        });
        if let Some(course) = on_course {
            return course.cursor;
        }
        self.end_all(segment.first_sample);
        Cursor::at(bar, segment.first_tick(bar))
    }

    /// The tick of the step that plays at which something is next to be done.
    fn next_moment(&self) -> Option<i64> {
        match (self.agenda.next_tick(), self.ledger.next_end()) {
            (Some(note), Some(end)) => Some(note.min(end)),
            (note, end) => note.or(end),
        }
    }

    /// A step begins: settles which phrase and chord it plays, what ends in it and what is
    /// struck.
    fn begin_step(&mut self, cursor: &Cursor, at_sample: u32, call: &mut Call<'_>) {
        let controls = call.controls;
        self.hear_until(at_sample, call);
        self.steps_begun += 1;
        let late = swing_of(cursor.step, controls).min(cursor.bar.ticks_of(cursor.step) - 1);
        self.ledger.enter_step(cursor.step, late);
        let chord = self.chord_at(at_sample, call);
        let key = self.key_at(cursor, chord, call);
        self.status.key = key;
        self.agenda.clear();
        let is_there = self.obtain(key, call.block.patience);
        let changes = (cursor.step == 0 || cursor.joins) && chord != self.chord;
        if changes {
            self.chord = chord;
        }
        self.fit = Fit::default();
        match self.shelf.get(&key).filter(|_| is_there) {
            Some(phrase) => {
                let step = cursor.bar.in_phrase(cursor.step);
                self.fit = fit_of(phrase, step, self.chord, controls);
                // Not the seed that is set: that one may be in force from the next bar line only.
                let seed = key.composition.seed;
                self.agenda.fill(phrase, seed, cursor.bar, cursor.step, cursor.tick, controls);
            }
            None => {
                self.fit = fit_to(self.chord);
                self.status.rested_steps += 1;
            }
        }
        if changes {
            self.refit(controls);
        }
    }

    /// There is another chord: what sounded over the old one and would not do so over the new one
    /// ends. Over one that the phrase follows, only its tones sound on.
    fn refit(&mut self, controls: &Controls) {
        let (fit, tones) = (self.fit, self.chord.tones());
        self.ledger.refit(|note| {
            let belongs = Pitch::new(note.key).is_some_and(|key| tones.contains(key));
            if controls.key(note.track, note.pitch, fit) == Some(note.key) {
                (fit != Fit::AsIs || belongs || note.track.is_drums()).then_some(fit)
            } else {
                (fit == Fit::AsIs && belongs).then_some(note.fit)
            }
        });
    }

    /// Ends the notes whose tick has come. A note that began at this very sample ends a tick
    /// later.
    fn end_until(&mut self, tick: i64, at_sample: u32) {
        let now = self.samples_before + u64::from(at_sample);
        while let Some(note) = self.ledger.take_one(|note| {
            matches!(note.end, End::AtTick(end) if end <= tick) && note.begun_sample != now
        }) {
            self.events.off(at_sample, note.channel, note.key);
        }
    }

    /// Begins a note if the controls let it sound now.
    fn strike(&mut self, due: &Due, step: i64, at_sample: u32, controls: &Controls) {
        if !controls.sounds(due.track, &due.note) || !self.events.have_room(self.ledger.len()) {
            return;
        }
        let Some(key) = controls.key(due.track, due.note.pitch, self.fit) else { return };
        let channel = controls.channels.channel(due.track);
        let begun_sample = self.samples_before + u64::from(at_sample);
        if let Some(same) = self.ledger.at(channel, key) {
            // Of notes of one step that fall on one key only the first sounds.
            if same.begun_step == self.steps_begun || same.begun_sample == begun_sample {
                return;
            }
            self.ledger.take_one(|note| (note.channel, note.key) == (channel, key));
            self.events.off(at_sample, channel, key);
        }
        let note = Sounding {
            track: due.track,
            pitch: due.note.pitch,
            channel,
            key,
            fit: self.fit,
            end: End::of(&due.note, step),
            begun_step: self.steps_begun,
            begun_sample,
        };
        if self.ledger.book(note) {
            let velocity = controls.velocity(due.track, due.note.velocity, due.dynamics);
            self.events.on(at_sample, channel, key, velocity);
        }
    }

    /// The key in force at a step.
    ///
    /// Model controls are read one step before a bar line and come in at the line, so that the
    /// worker has the time of a step, and live playing turns where a render turns. After
    /// a jump they are read at once. A phrase that is not there in time is waited for until the
    /// next bar line, under the controls that were in force before.
    fn key_at(&mut self, cursor: &Cursor, chord: Chord, call: &Call<'_>) -> PhraseKey {
        let patience = call.block.patience;
        let wanted = wanted(call.controls, chord, cursor.bar.phrase_index());
        let current = self.key.map_or(wanted, |key| PhraseKey { index: wanted.index, ..key });
        // Phrases of weights that were replaced are no longer made.
        let lost = current.model != wanted.model && !self.shelf.want(current);
        let next = match self.settled.take().filter(|_| cursor.step == 0 && !cursor.joins) {
            Some(settled) => PhraseKey { index: wanted.index, ..settled },
            None if cursor.joins || lost => wanted,
            None => current,
        };
        let key = if next == current || self.obtain(next, patience) { next } else { current };
        if cursor.step + 1 == cursor.bar.steps() {
            self.settle(cursor.bar.next(), call.controls, chord);
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
        self.status.waits_in_vain += 1;
        false
    }

    /// Ends at sample 0 the notes that the controls no longer allow as they sound.
    pub(super) fn end_what_changed(&mut self, controls: &Controls) {
        while let Some(note) = self.ledger.take_one(|note| {
            !controls.is_heard(note.track)
                || controls.channels.channel(note.track) != note.channel
                || controls.key(note.track, note.pitch, note.fit) != Some(note.key)
        }) {
            self.events.off(0, note.channel, note.key);
        }
    }

    pub(super) fn end_all(&mut self, at_sample: u32) {
        self.agenda.clear();
        while let Some(note) = self.ledger.take_one(|_| true) {
            self.events.off(at_sample, note.channel, note.key);
        }
    }
}

/// What the notes of a phrase's step are moved into while a chord is held, if one is: nothing where
/// the phrase follows that chord by itself.
fn fit_of(phrase: &Phrase, step: Step, chord: Chord, controls: &Controls) -> Fit {
    let played = phrase.chords()[step.index() / STEPS_PER_BEAT];
    let heard = played.map(|chord| chord.transposed(controls.transposition()));
    if heard.is_some() && heard == chord.name() { Fit::AsIs } else { fit_to(chord) }
}

/// The same where the phrase knows nothing of the chord.
fn fit_to(chord: Chord) -> Fit {
    if chord.is_empty() { Fit::Scale } else { Fit::Chord(chord) }
}

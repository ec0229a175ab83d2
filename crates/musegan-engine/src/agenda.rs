//! What is still to be struck in the step that plays. Audio thread; fixed size.
use crate::Controls;
use crate::bar::Bar;
use crate::feel::Stand;
use musegan_score::{Note, Phrase, Track};

/// Notes that can begin in one step: every pitch of a roll in each track.
const CAPACITY: usize = 384;

/// A note to be struck, should the controls then let it sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    /// Tick of the step.
    pub tick: i64,
    pub track: Track,
    pub note: Note,
    /// Factor on its velocity.
    pub dynamics: f32,
}

/// The candidate notes of the step that plays, in the order in which they are struck.
#[derive(Debug)]
pub(crate) struct Agenda {
    notes: Vec<Due>,
    next: usize,
}

impl Agenda {
    pub fn new() -> Self {
        Self { notes: Vec::with_capacity(CAPACITY), next: 0 }
    }

    /// Nothing is to be struck.
    pub fn clear(&mut self) {
        self.notes.clear();
        self.next = 0;
    }

    /// Takes on what the phrase of a song has for a step of a bar, from tick `first_tick` of it
    /// on.
    pub fn fill(
        &mut self,
        phrase: &Phrase,
        seed: u64,
        bar: Bar,
        step: i64,
        first_tick: i64,
        controls: &Controls,
    ) {
        self.clear();
        let last_tick = bar.ticks_of(step) - 1;
        let swing = swing_of(step, controls);
        let bar_index = bar.index();
        for track in Track::ALL {
            for note in phrase.starting_at(track, bar.in_phrase(step)) {
                let stand = Stand { seed, bar_index, step, track, pitch: note.pitch };
                let feel = stand.feel();
                let tick = (swing + controls.humanise_ticks(feel.lateness)).min(last_tick);
                if tick >= first_tick && self.notes.len() < CAPACITY {
                    let dynamics = controls.humanise_dynamics(feel.hardness);
                    self.notes.push(Due { tick, track, note: *note, dynamics });
                }
            }
        }
        self.notes.sort_unstable_by_key(|due| (due.tick, due.track.index(), due.note.pitch));
    }

    /// When the next note is struck.
    pub fn next_tick(&self) -> Option<i64> {
        self.notes.get(self.next).map(|due| due.tick)
    }

    /// Strikes out and returns the next note, if it is due by then.
    pub fn take_until(&mut self, tick: i64) -> Option<Due> {
        let due = self.notes.get(self.next).filter(|due| due.tick <= tick)?;
        self.next += 1;
        Some(*due)
    }
}

/// How many ticks late what belongs to a step of a bar comes.
pub(crate) fn swing_of(step: i64, controls: &Controls) -> i64 {
    if step % 2 == 1 { controls.swing_ticks() } else { 0 }
}

//! How players touch what is written: swing, small inaccuracies, and velocities shaped by metre,
//! phrase and intensity.
//!
//! Parts are drafted on the straight grid and touched last. What must stay true: apart from swing
//! no onset moves by a tenth of a sixteenth or more, and no key is struck while it sounds.
use musegan_score::grid::BARS_PER_PHRASE;
use musegan_score::song::TICKS_PER_BEAT;
use musegan_score::{Pitch, SongNote, Velocity};
use rand::Rng;

use crate::chart::TICKS_PER_BAR;
use crate::dice::Dice;
use crate::figure::TICKS_PER_STEP;
use crate::plan::{Plan, Swing};

/// Most ticks by which a note comes early or late.
const INACCURACY: i64 = 3;
/// Most ticks from the first to the last string of a strum.
const SPREAD: u64 = 8;
const BEAT: u64 = TICKS_PER_BEAT as u64;
const EIGHTH: u64 = BEAT / 2;

/// A note as it is written down before it is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draft {
    /// Tick of the straight grid.
    pub tick: u64,
    /// Ticks it is held.
    pub length: u64,
    /// MIDI number, `0..128`.
    pub pitch: u8,
    /// How loud against the rest of its bar; 1 is neither accented nor held back.
    pub accent: f64,
    /// Ticks by which it comes after its chord's first note, at most 8.
    pub spread: u64,
}

impl Draft {
    /// A note without accent.
    #[must_use]
    pub const fn new(tick: u64, length: u64, pitch: u8) -> Self {
        Self { tick, length, pitch, accent: 1.0, spread: 0 }
    }

    /// The same note louder or softer.
    #[must_use]
    pub const fn accented(self, accent: f64) -> Self {
        Self { accent, ..self }
    }

    /// The tick of the straight grid at which it has ended.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.tick + self.length
    }
}

/// The `index`-th of `count` strings of a strum comes so many ticks after the first.
#[must_use]
pub const fn strum(index: usize, count: usize) -> u64 {
    if count < 2 { 0 } else { SPREAD * index as u64 / (count as u64 - 1) }
}

/// The drafts as a player of this name plays them, sorted by onset, then pitch.
#[must_use]
pub fn play(drafts: Vec<Draft>, plan: &Plan, dice: &Dice, player: &str) -> Vec<SongNote> {
    let mut notes: Vec<SongNote> =
        drafts.iter().filter_map(|draft| touched(draft, plan, dice, player)).collect();
    release_before_striking(&mut notes);
    notes
}

fn touched(draft: &Draft, plan: &Plan, dice: &Dice, player: &str) -> Option<SongNote> {
    let pitch = Pitch::new(draft.pitch)?;
    let mut rng = dice.about(player, (draft.tick * 128 + u64::from(draft.pitch)) as usize);
    let late = rng.random_range(-INACCURACY..=INACCURACY);
    let swung = swung(draft.tick, plan.swing);
    let onset = (swung + draft.spread.min(SPREAD)).saturating_add_signed(late);
    let end = self::swung(draft.end(), plan.swing);
    let loudness = loudness(draft.tick, plan) * draft.accent + rng.random_range(-3.0..=3.0);
    Some(SongNote {
        onset,
        length: end.saturating_sub(onset).max(1),
        pitch,
        velocity: Velocity::clamped(loudness.round() as i32),
    })
}

/// Where a tick of the straight grid falls in swung time: an offbeat eighth at two thirds of its
/// beat, an offbeat sixteenth at two thirds of its eighth. Triplets are where they are already.
#[must_use]
pub fn swung(tick: u64, swing: Option<Swing>) -> u64 {
    let unit = match swing {
        None => return tick,
        Some(Swing::Eighths) => BEAT,
        Some(Swing::Sixteenths) => EIGHTH,
    };
    let (whole, part) = (tick / unit * unit, tick % unit);
    let near = |place: u64| part.abs_diff(place) < TICKS_PER_STEP / 10;
    if near(unit / 3) || near(unit * 2 / 3) {
        return tick;
    }
    let late = unit * 2 / 3;
    whole + if part < unit / 2 { part * 4 / 3 } else { late + (part - unit / 2) * 2 / 3 }
}

/// The velocity that metre, phrase and intensity give: the first beat above the third, beats above
/// eighths, eighths above sixteenths, and four bars that swell to their middle.
fn loudness(tick: u64, plan: &Plan) -> f64 {
    let bar = (tick / TICKS_PER_BAR) as usize;
    let Some(now) = plan.bars.get(bar).or(plan.bars.last()) else { return 0.0 };
    let metre = match tick % TICKS_PER_BAR / TICKS_PER_STEP {
        0 => 6.0,
        8 => 3.0,
        step if step % 4 == 0 => 1.0,
        step if step % 2 == 0 => -3.0,
        _ => -7.0,
    };
    let place = (now.bar_in_section % BARS_PER_PHRASE) as f64
        + (tick % TICKS_PER_BAR) as f64 / TICKS_PER_BAR as f64;
    let arc = 5.0 * (place / BARS_PER_PHRASE as f64 * std::f64::consts::PI).sin();
    let crash = if now.crash && tick.is_multiple_of(TICKS_PER_BAR) { 6.0 } else { 0.0 };
    56.0 + 40.0 * now.intensity.clamp(0.0, 1.0) + metre + arc + crash
}

/// A key that is struck again was released before; of two that are struck together, one sounds.
fn release_before_striking(notes: &mut Vec<SongNote>) {
    notes.sort_by_key(|note| (note.pitch, note.onset));
    let together = 2 * INACCURACY as u64 + SPREAD;
    notes.dedup_by(|next, first| {
        let same = next.pitch == first.pitch && next.onset - first.onset <= together;
        if same {
            first.length = first.length.max(next.end().saturating_sub(first.onset));
            first.velocity = first.velocity.max(next.velocity);
        }
        same
    });
    for i in 1..notes.len() {
        let next = notes[i];
        let first = &mut notes[i - 1];
        if first.pitch == next.pitch && first.end() > next.onset {
            first.length = next.onset - first.onset;
        }
    }
    notes.sort_by_key(|note| (note.onset, note.pitch));
}

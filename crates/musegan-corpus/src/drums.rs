//! The drums: real performances, section by section, with real fills and a crash where something
//! begins.
//!
//! What must stay true: sections of one group are played by one drummer on one groove, bars follow
//! each other as they were recorded, and a straight style gets none but straight performances.
use musegan_score::{Pitch, SongNote, Track, Velocity};

use crate::chart::TICKS_PER_BAR;
use crate::drummers::performance::EARLY;
use crate::drummers::{DrumBar, Drummers, Strike, kit};
use crate::plan::BarPlan;
use crate::{Chart, Dice, Plan, touch};

mod choice;
mod fill;
mod groove;
mod hands;
mod taste;

use choice::Casting;

/// The drums of an arrangement, sorted by onset, then pitch; nothing where there are no drummers.
#[must_use]
pub fn write(chart: &Chart, plan: &Plan, drummers: &Drummers, dice: &Dice) -> Vec<SongNote> {
    let Some(casting) = Casting::of(chart, plan, drummers, dice) else { return Vec::new() };
    let mut notes = Vec::new();
    for (bar, now) in plan.bars.iter().enumerate() {
        let mut played = DrumBar::default();
        if now.plays(Track::Drums) {
            played = casting.bar(chart, plan, bar);
            quiet_crash(&mut played, now);
        }
        if now.stop {
            strike_and_rest(&mut played);
        }
        if now.fill {
            fill::lead_on(&mut played, plan, bar, &casting, dice);
        }
        if now.crash {
            arrive(&mut played, dice, bar);
        }
        hands::shape(&mut played, now.intensity);
        notes.extend(played.strikes.iter().filter_map(|strike| note(strike, bar, plan, &casting)));
    }
    hands::ring(&mut notes);
    notes
}

/// A strike in the song. One that comes early for the song's first beat is struck on it.
fn note(strike: &Strike, bar: usize, plan: &Plan, casting: &Casting<'_>) -> Option<SongNote> {
    let line = bar as u64 * TICKS_PER_BAR;
    let straight = line.saturating_add_signed(strike.tick.into());
    let swing = plan.swing.filter(|_| casting.is_to_be_swung());
    Some(SongNote {
        onset: touch::swung(straight, swing),
        length: 1,
        pitch: Pitch::new(strike.key)?,
        velocity: Velocity::clamped(strike.velocity.into()),
    })
}

/// Whether a strike is on the first beat.
const fn is_on_one(strike: &Strike) -> bool {
    strike.tick < EARLY
}

/// A crash says that something begins. Where nothing does, the drummer's own is played on what
/// keeps the time; a groove that is ridden on a crash keeps it.
fn quiet_crash(played: &mut DrumBar, now: &BarPlan) {
    if now.crash || played.count(kit::is_crash) >= 3 {
        return;
    }
    let rides = |key| matches!(key, kit::RIDE | 53);
    let hats = |key| matches!(key, kit::CLOSED_HAT | kit::OPEN_HAT);
    let time = if played.count(rides) > played.count(hats) { kit::RIDE } else { kit::CLOSED_HAT };
    for strike in played.strikes.iter_mut().filter(|strike| is_on_one(strike)) {
        if kit::is_crash(strike.key) {
            strike.key = time;
        }
    }
    played.strikes.dedup_by_key(|strike| (strike.tick, strike.key));
}

/// Everybody strikes once and holds the breath.
fn strike_and_rest(played: &mut DrumBar) {
    played.strikes.retain(|strike| is_on_one(strike) && !kit::keeps_time(strike.key));
    ensure(played, kit::KICK, 100);
    ensure(played, kit::CRASH, 100);
}

/// A crash with the bass drum under it, in the place of whatever keeps the time there.
fn arrive(played: &mut DrumBar, dice: &Dice, bar: usize) {
    let right = if dice.happens(0.65, "which crash", bar) { kit::CRASH } else { kit::OTHER_CRASH };
    let already = played.strikes.iter().any(|s| is_on_one(s) && kit::is_crash(s.key));
    played.strikes.retain(|s| !(is_on_one(s) && matches!(s.key, 42 | 46 | 51 | 53)));
    ensure(played, kit::KICK, 96);
    if !already {
        ensure(played, right, 100);
    }
}

/// Strikes a drum on the first beat, together with what is struck there, unless it is already.
fn ensure(played: &mut DrumBar, key: u8, velocity: u8) {
    let on_one = |strike: &&Strike| is_on_one(strike);
    if played.strikes.iter().filter(on_one).any(|strike| strike.key == key) {
        return;
    }
    let tick = played.strikes.iter().find(on_one).map_or(0, |strike| strike.tick);
    played.strikes.push(Strike { tick, key, velocity });
    played.strikes.sort_by_key(|strike| (strike.tick, strike.key));
}

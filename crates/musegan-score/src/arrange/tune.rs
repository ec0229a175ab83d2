//! Which part is the tune: what its name says, one note at a time, in a singer's register, most
//! of the time.
use super::families::Choice;
use super::{Listener, Plays, Reason, names};

/// The one part that is most likely the tune is part 0, everything else is left out.
pub(super) fn only(listener: &Listener, roles: Vec<(Plays, Reason)>) -> Vec<Choice> {
    let likeness = |index: usize| likeness(listener, index, roles[index].0);
    let mut tune: Option<(usize, f32)> = None;
    for index in 0..roles.len() {
        if let Some(likeness) = likeness(index)
            && tune.is_none_or(|(_, most)| likeness > most)
        {
            tune = Some((index, likeness));
        }
    }
    let choice = |index: usize| match tune {
        Some((tune, _)) if tune == index => (Some(0), Reason::Tune { is: true }),
        _ => (None, Reason::Tune { is: false }),
    };
    (0..roles.len()).map(choice).collect()
}

/// How much a part is like a tune; `None` for what cannot be one.
fn likeness(listener: &Listener, index: usize, plays: Plays) -> Option<f32> {
    let family = match plays {
        Plays::Drums | Plays::Program(32..=39 | 47 | 112..) => return None,
        Plays::Program(program) => program,
    };
    let heard = listener.statistics(index);
    let name = listener.song.parts[index].name.as_deref().map_or(0, names::tune);
    // Chords are no tune unless somebody says so, nor is a handful of notes.
    if heard.notes < 8 || (name <= 0 && heard.alone < 0.6) {
        return None;
    }
    let instrument = match family {
        // Leads, reeds, pipes, voices.
        52..=54 | 64..=87 => 0.3,
        // Pads and effects.
        88..=103 => -0.5,
        _ => 0.0,
    };
    let register = 1.0 - ((heard.pitch - 69.0).abs() / 12.0).min(2.0);
    let variety = (heard.pitches as f32 / 12.0).min(1.0);
    Some(
        2.0 * f32::from(name)
            + 2.0 * heard.alone
            + register
            + 1.5 * heard.activity
            + variety
            + heard.stepwise
            + instrument,
    )
}

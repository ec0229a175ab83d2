//! Roles to the parts of a layout: the band's tracks, the families, the pianos.
use super::{Listener, Plays, Reason, track_of_program};
use crate::Track;

/// A layout's part and the reason.
pub(super) type Choice = (Option<u8>, Reason);

pub(super) const fn track(plays: Plays) -> Option<Track> {
    match plays {
        Plays::Drums => Some(Track::Drums),
        Plays::Program(program) => track_of_program(program),
    }
}

/// Drums, then the sixteen families of General MIDI.
pub(super) const fn family(plays: Plays) -> u8 {
    match plays {
        Plays::Drums => 0,
        Plays::Program(program) => 1 + program / 8,
    }
}

/// The five tracks. Where nothing is a bass, whatever plays the lowest voice is.
pub(super) fn band(listener: &Listener, roles: Vec<(Plays, Reason)>) -> Vec<Choice> {
    let bass = substitute_bass(listener, &roles);
    let choice = |(index, (plays, reason)): (usize, (Plays, Reason))| {
        if bass == Some(index) {
            let program = listener.song.parts[index].program;
            let heard = "lowest and single-voiced, and nothing else is a bass";
            return (index_of(Track::Bass), Reason::Notes { program, heard });
        }
        (track(plays).and_then(index_of), reason)
    };
    roles.into_iter().enumerate().map(choice).collect()
}

fn index_of(track: Track) -> Option<u8> {
    Some(track.index() as u8)
}

/// What stands in for a bass: a double bass, a tuba, or a synthesiser far down.
fn substitute_bass(listener: &Listener, roles: &[(Plays, Reason)]) -> Option<usize> {
    /// Below the range in which a lead or a pad is played.
    const FAR_DOWN: f32 = 48.0;
    if roles.iter().any(|(plays, _)| track(*plays) == Some(Track::Bass)) {
        return None;
    }
    let mut low: Vec<_> = (0..roles.len())
        .filter(|&i| matches!(roles[i].0, Plays::Program(42..=43 | 57..=58 | 67 | 70 | 80..=103)))
        .filter(|&i| {
            let heard = listener.statistics(i);
            heard.is_single_voiced() && heard.pitch < FAR_DOWN && heard.notes >= 8
        })
        .collect();
    low.sort_by(|&a, &b| listener.statistics(a).pitch.total_cmp(&listener.statistics(b).pitch));
    low.first().copied()
}

/// All pianos, or the only pitched part.
pub(super) fn pianos(listener: &Listener, roles: Vec<(Plays, Reason)>) -> Vec<Choice> {
    let parts = &listener.song.parts;
    let is_pitched = |(index, (plays, _)): (usize, &(Plays, Reason))| {
        *plays != Plays::Drums && !parts[index].notes.is_empty()
    };
    let pitched = roles.iter().enumerate().filter(|&role| is_pitched(role)).count();
    let choice = |(plays, reason)| match plays {
        Plays::Program(0..=7) => (Some(0), reason),
        Plays::Program(_) if pitched == 1 => (Some(0), Reason::OnlyPitched),
        _ => (None, Reason::NoPiano),
    };
    roles.into_iter().map(choice).collect()
}

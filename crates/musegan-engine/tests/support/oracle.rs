//! What must come out of a host's calls, worked out from the rules of time as data.
//!
//! Nothing here is played. The calls are sorted into stretches of song without a jump; every
//! stretch is laid out as bars, steps and notes, each note with the moment it begins and the
//! earliest of the moments at which something ends it. Knows nothing of blocks but where they
//! put a tick.
mod feel;
mod layout;
mod notes;
mod stretch;

use super::call::Call;
use super::song::Songbook;
use musegan_engine::PhraseKey;
use stretch::Stretch;

/// (sample of the session, velocity or 0 for an off, channel, key), sorted.
pub type Stream = Vec<(i64, u8, u8, u8)>;

/// A phrase that a call plays from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    pub call: usize,
    pub key: PhraseKey,
    /// The call at which the controls settled that it is this phrase.
    pub settled_in: usize,
}

/// Everything that must come out, and what it is played from, in the order of the calls.
pub fn foretell(calls: &[Call], songs: &mut Songbook) -> (Stream, Vec<Need>) {
    let hands = Hands::of(calls);
    let (mut stream, mut needs) = (Stream::new(), Vec::new());
    for stretch in Stretch::all(calls) {
        let layout = layout::Layout::of(&stretch, calls, &hands);
        needs.extend(layout.needs());
        notes::lay(&layout, songs, &mut stream);
    }
    stream.sort_unstable();
    needs.dedup();
    (stream, needs)
}

/// What the hands that play into the band do, over the whole session.
pub struct Hands(Vec<Move>);

struct Move {
    clock: i64,
    hand: Hand,
    /// Samples for which keys must have been still to be a chord.
    still: i64,
}

enum Hand {
    LetGoOfAll,
    /// Nobody listens: what was played up to here is no chord.
    Unheard,
    Press(u8),
    LetGo(u8),
}

/// Fifty milliseconds: for so long keys stay as they are to be a chord, after one was let go.
fn still(call: &Call) -> i64 {
    (call.block.sample_rate * 0.05).ceil() as i64
}

impl Hands {
    fn of(calls: &[Call]) -> Self {
        let mut moves = Vec::new();
        let mut clock = 0;
        for call in calls {
            if call.reset {
                moves.push(Move { clock, hand: Hand::LetGoOfAll, still: still(call) });
            }
            for change in call.keys.iter().filter(|change| change.key < 128) {
                let hand =
                    if change.pressed { Hand::Press(change.key) } else { Hand::LetGo(change.key) };
                let clock = clock + i64::from(call.sample_of(change));
                moves.push(Move { clock, hand, still: still(call) });
            }
            clock += i64::from(call.block.samples);
            if !call.controls.listens {
                moves.push(Move { clock, hand: Hand::Unheard, still: still(call) });
            }
        }
        Self(moves)
    }

    /// The keys of the chord at a sample of a call, what changes at it included, lowest first:
    /// those held when last a key was pressed, or all had been still for a while.
    fn chord_at(&self, clock: i64, call: &Call) -> Vec<u8> {
        let moves = &self.0[..self.0.partition_point(|it| it.clock <= clock)];
        let (mut held, mut chord) = (Vec::new(), Vec::new());
        let mut later = moves;
        for together in moves.chunk_by(|one, next| one.clock == next.clock) {
            let mut counts = false;
            for it in together {
                match &it.hand {
                    Hand::LetGoOfAll => (held, chord) = (Vec::new(), Vec::new()),
                    Hand::Unheard => (chord, counts) = (Vec::new(), true),
                    Hand::Press(key) => {
                        counts = true;
                        held.push(*key);
                    }
                    Hand::LetGo(key) => held.retain(|other| other != key),
                }
            }
            held.sort_unstable();
            held.dedup();
            let at = together[0].clock;
            later = &later[together.len()..];
            let next = later.first();
            let (next, still) = next.map_or((clock, still(call)), |next| (next.clock, next.still));
            if counts || next - at >= still {
                let keys = feel::chord_of(&held);
                chord = if keys.is_empty() { chord } else { keys };
            }
        }
        chord
    }
}

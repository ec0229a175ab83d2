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
pub struct Hands(Vec<(i64, Hand)>);

enum Hand {
    LetGoOfAll,
    Press(u8),
    LetGo(u8),
}

impl Hands {
    fn of(calls: &[Call]) -> Self {
        let mut moves = Vec::new();
        let mut clock = 0;
        for call in calls {
            if call.reset {
                moves.push((clock, Hand::LetGoOfAll));
            }
            for change in call.keys.iter().filter(|change| change.key < 128) {
                let hand =
                    if change.pressed { Hand::Press(change.key) } else { Hand::LetGo(change.key) };
                moves.push((clock + i64::from(call.sample_of(change)), hand));
            }
            clock += i64::from(call.block.samples);
        }
        Self(moves)
    }

    /// The keys held at a sample of the session, what changes at it included, lowest first.
    fn held_at(&self, clock: i64) -> Vec<u8> {
        let mut held = [false; 128];
        for (_, hand) in self.0.iter().take_while(|(at, _)| *at <= clock) {
            match hand {
                Hand::LetGoOfAll => held = [false; 128],
                Hand::Press(key) => held[usize::from(*key)] = true,
                Hand::LetGo(key) => held[usize::from(*key)] = false,
            }
        }
        (0..128).filter(|&key| held[usize::from(key)]).collect()
    }
}

//! Which of the five tracks a part of a song belongs to.
//!
//! The General MIDI families decide, close to the Lakh Pianoroll Dataset's five-track version
//! (Dong et al., AAAI 2018), which sends everything that is not piano, guitar, bass or drums to
//! the strings; here other keyboards join the piano and sound effects stay out.
use crate::{Part, Track};

/// The track that plays this part, or `None` for sound effects and unpitched percussion outside
/// the drum kit. Where the file names no program, the part's name decides; a nameless part is
/// piano, as program 0 is.
#[must_use]
pub fn track_of(part: &Part) -> Option<Track> {
    if part.is_drums {
        return Some(Track::Drums);
    }
    match part.program {
        Some(program) => track_of_program(program),
        None => Some(part.name.as_deref().and_then(track_of_name).unwrap_or(Track::Piano)),
    }
}

/// The track that plays a General MIDI program, `0..128`.
///
/// | programs | family | track |
/// |---|---|---|
/// | 0-23 | piano, chromatic percussion, organ | piano |
/// | 24-31, 104-107 | guitar; sitar, banjo, shamisen, koto | guitar |
/// | 32-39 | bass | bass |
/// | 40-103, 109-111 | strings, ensemble, brass, reed, pipe, lead, pad; fiddle | strings |
/// | 108, 112, 114 | kalimba, tinkle bell, steel drums | piano |
/// | 113, 115-127 | percussion, sound effects | none |
#[must_use]
pub const fn track_of_program(program: u8) -> Option<Track> {
    match program {
        0..=23 | 108 | 112 | 114 => Some(Track::Piano),
        24..=31 | 104..=107 => Some(Track::Guitar),
        32..=39 => Some(Track::Bass),
        40..=103 | 109..=111 => Some(Track::Strings),
        _ => None,
    }
}

/// The track that a part's name suggests, if any. "Bass drum" is drums, "bass guitar" is bass.
#[must_use]
pub fn track_of_name(name: &str) -> Option<Track> {
    const WORDS: [(Track, &[&str]); Track::COUNT] = [
        (Track::Drums, &["drum", "perc", "kick", "snare", "hihat", "hi-hat", "cymbal"]),
        (Track::Bass, &["bass"]),
        (Track::Guitar, &["guitar", "gtr", "banjo"]),
        (
            Track::Strings,
            &[
                "string", "violin", "viola", "cello", "pad", "choir", "voice", "vocal", "melody",
                "lead",
            ],
        ),
        (Track::Piano, &["piano", "organ", "key", "rhodes", "clav", "harpsi"]),
    ];
    let name = name.to_lowercase();
    WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.contains(word)))
        .map(|(track, _)| *track)
}

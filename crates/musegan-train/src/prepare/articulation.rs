//! How long notes last where a length means nothing, or where cells alone must tell notes apart.
use musegan_score::Layout;
use musegan_score::layout::PlacedNote;

/// Drums are struck and do not last: each hit is one step, whatever the file says. Files disagree
/// wildly, from one tick to a bar, and nobody hears it.
pub(super) fn strike_drums(notes: &mut [PlacedNote], layout: Layout) {
    let drums = notes.iter_mut().filter(|note| layout.parts.is_drums(note.part.into()));
    drums.for_each(|note| note.length = 1);
}

/// Where only cells count, a note gives its last step to the rest before its repetition, so that
/// two notes do not become one; as in MuseGAN's first dataset (Dong et al., AAAI 2018). `notes`
/// are sorted by part and onset. Notes of one step have none to give.
pub(super) fn part_repetitions(notes: &mut [PlacedNote]) {
    for at in 0..notes.len() {
        let PlacedNote { part, pitch, onset, length, .. } = notes[at];
        let end = onset + length;
        let mut later = notes[at + 1..].iter();
        let is_repeated = later
            .by_ref()
            .take_while(|next| next.part == part && next.onset <= end)
            .any(|next| next.pitch == pitch && next.onset == end);
        if is_repeated && length > 1 {
            notes[at].length -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(part: u8, onset: u16, pitch: u8, length: u16) -> PlacedNote {
        PlacedNote { part, onset, pitch, length, velocity: 90 }
    }

    #[test]
    fn drums_are_one_step_long_and_others_stay() {
        let mut notes = [note(0, 0, 36, 16), note(3, 0, 36, 16)];
        strike_drums(&mut notes, Layout::BAND);
        assert_eq!(notes.map(|n| n.length), [1, 16]);
    }

    #[test]
    fn a_rest_comes_before_a_repetition_and_nowhere_else() {
        let mut notes = [
            note(3, 0, 40, 4), // repeated at once
            note(3, 0, 43, 4), // followed by another pitch alone
            note(3, 4, 40, 2), // repeated after a rest
            note(3, 8, 40, 1), // repeated at once, but has no step to give
            note(3, 9, 40, 1),
        ];
        part_repetitions(&mut notes);
        assert_eq!(notes.map(|n| n.length), [3, 4, 2, 1, 1]);
    }
}

//! What packed rows keep of a phrase, and what they cannot hold.
#![allow(clippy::unwrap_used)]
use super::*;
use musegan_score::Roll;
use musegan_score::roll::CELLS;
use proptest::prelude::*;

fn any_note() -> impl Strategy<Value = (Track, Note)> {
    (0usize..5, 0usize..64, 1usize..20, 24u8..96, 1i32..128).prop_map(
        |(track, step, length, pitch, velocity)| {
            let velocity = Velocity::clamped(velocity);
            let (step, pitch) = (Step::new(step).unwrap(), Pitch::new(pitch).unwrap());
            (Track::ALL[track], Note::new(step, length, pitch, velocity))
        },
    )
}

fn unpacked(layout: Layout, packed: &PackedPhrase) -> Vec<PlacedNote> {
    unpack_notes(layout, &packed.onset, &packed.sustain, &packed.velocities)
}

proptest! {
    #[test]
    fn unpacking_gives_back_the_notes_that_were_packed(
        notes in prop::collection::vec(any_note(), 0..120)
    ) {
        let placed: Vec<_> = notes.iter().map(|(track, note)| placed(*track, note)).collect();
        let packed = PackedPhrase::of(&Shape::band(), &placed, &Labels::default());
        // A phrase resolves notes that overlap by the same rule, but keeps the first velocity.
        let phrase = Phrase::new(notes);
        let found = phrase_of(&unpacked(Layout::BAND, &packed));
        let shapes = |phrase: &Phrase| -> Vec<_> {
            phrase.notes().map(|(t, n)| (t, n.onset(), n.pitch, n.length())).collect()
        };
        prop_assert_eq!(shapes(&found), shapes(&phrase));
        prop_assert_eq!(
            phrase_of(&unpacked(Layout::BAND, &PackedPhrase::of_phrase(&phrase))),
            phrase.clone()
        );
        let mut cells = vec![0.5; CELLS];
        unpack_cells(&packed.onset, &packed.sustain, &mut cells);
        let roll = Roll::of(&phrase);
        prop_assert_eq!(&cells, roll.cells());
    }
}

#[test]
fn the_corners_of_every_layout_come_back() {
    for layout in [Layout::BAND, Layout::MUSEGAN, Layout::LPD17, Layout::MELODY, Layout::PIANO] {
        let shape = Shape { preset: "any".into(), layout, binary: false };
        let (parts, steps) = (layout.parts.names().len() as u8, layout.steps() as u16);
        let top = layout.lowest_pitch + layout.pitches - 1;
        let corners: Vec<_> = [(0, 0, layout.lowest_pitch, 2), (parts - 1, steps - 1, top, 1)]
            .map(|(part, onset, pitch, length)| PlacedNote {
                part,
                onset,
                pitch,
                length,
                velocity: 64,
            })
            .into();
        let outside = [
            PlacedNote { pitch: top + 1, ..corners[0] },
            PlacedNote { pitch: layout.lowest_pitch - 1, ..corners[0] },
            PlacedNote { part: parts, ..corners[0] },
            PlacedNote { onset: steps, ..corners[0] },
        ];
        let notes = [&corners[..], &outside].concat();
        let packed = PackedPhrase::of(&shape, &notes, &Labels::default());
        assert_eq!(packed.onset.len(), shape.plane_bytes());
        assert_eq!(unpacked(layout, &packed), corners, "{layout:?}");
    }
}

#[test]
fn in_a_binary_shape_a_run_of_cells_is_one_note_without_velocity() {
    let shape = Shape { binary: true, ..Shape::band() };
    let note = |part, onset, length| PlacedNote { part, onset, pitch: 40, length, velocity: 99 };
    // Two notes that touch, and one at the same place of the next track's first step.
    let notes = [note(0, 60, 2), note(0, 62, 2), note(1, 0, 2)];
    let packed = PackedPhrase::of(&shape, &notes, &Labels::default());
    let found = unpacked(Layout::BAND, &packed);
    let lengths: Vec<_> = found.iter().map(|n| (n.part, n.length, n.velocity)).collect();
    assert_eq!(lengths, [(0, 4, 0), (1, 2, 0)]);
}

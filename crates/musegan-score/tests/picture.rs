//! Pictures of piano rolls.
#![allow(clippy::unwrap_used)]
use musegan_score::picture::{
    Column, Layout, PictureError, piano_rolls, save_piano_rolls, side_by_side,
};
use musegan_score::{Pitch, TimedNote, Track, Velocity};

fn note(track: Track, onset_beats: f64, length_beats: f64, pitch: u8) -> TimedNote {
    let pitch = Pitch::new(pitch).unwrap();
    TimedNote { track, onset_beats, length_beats, pitch, velocity: Velocity::DEFAULT }
}

/// Width, height and RGB pixels.
fn decode(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(png).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

#[test]
fn every_track_is_drawn_in_its_own_panel() {
    let layout = Layout::new("Five panels", 4);
    let (width, height, empty) = decode(&piano_rolls(&[], &layout).unwrap());
    assert_eq!((width, height), layout.size);
    let mut below = 0;
    for track in Track::ALL {
        let (_, _, one) = decode(&piano_rolls(&[note(track, 2.0, 1.0, 60)], &layout).unwrap());
        let row = width as usize * 3;
        let changed: Vec<_> = (0..height as usize)
            .filter(|&y| one[y * row..][..row] != empty[y * row..][..row])
            .collect();
        assert!(changed[0] > below, "{track:?} begins at {} above {below}", changed[0]);
        below = changed[changed.len() - 1];
    }
}

#[test]
fn music_side_by_side_is_on_one_scale() {
    let column = |pitch, title: &str| Column {
        title: title.into(),
        notes: vec![note(Track::Piano, 0.0, 4.0, pitch)],
    };
    let layout = Layout { tracks: vec![Track::Piano], ..Layout::new("", 1) };
    let columns = [column(40, "low"), column(80, "high")];
    let (width, height, both) = decode(&side_by_side(&columns, &layout).unwrap());
    let empty = columns.clone().map(|column| Column { notes: Vec::new(), ..column });
    let (_, _, empty) = decode(&side_by_side(&empty, &layout).unwrap());
    let is_blue = |at: usize| both[at + 2] > both[at].saturating_add(40) && both[at] != empty[at];
    let heights = |columns: std::ops::Range<u32>| {
        let at = |x: u32, y: u32| ((y * width + x) * 3) as usize;
        let rows = (0..height).filter(|&y| columns.clone().any(|x| is_blue(at(x, y))));
        rows.fold((u32::MAX, 0), |(first, _), y| (first.min(y), y))
    };
    // Names of tracks stand in the first columns of pixels.
    let (low, high) = (heights(160..width / 2), heights(width / 2 + 100..width));
    assert!(low.0 > high.1 + height / 2, "{low:?} {high:?}");
}

#[test]
fn lines_leave_room_for_notes_however_many_bars_there_are() {
    let column = |notes: &[TimedNote]| Column { title: String::new(), notes: notes.to_vec() };
    let layout = Layout { tracks: vec![Track::Piano], ..Layout::new("", 1024) };
    let drawn =
        |notes: &[TimedNote]| decode(&side_by_side(&vec![column(notes); 16], &layout).unwrap()).2;
    let long = [note(Track::Piano, 0.0, 4096.0, 60)];
    let (with, without) = (drawn(&long), drawn(&[]));
    let differing = with.iter().zip(&without).filter(|(a, b)| a != b).count();
    assert!(differing > 16 * 50 * 4, "{differing}");
    // Most of a panel is paper.
    let dark = without.chunks(3).filter(|pixel| pixel[0] < 150).count();
    assert!(dark < without.len() / 3 / 10, "{dark}");
}

#[test]
fn the_same_notes_give_the_same_bytes() {
    let notes = [note(Track::Bass, 0.0, 1.0, 40), note(Track::Strings, 1.0, 3.0, 72)];
    let layout = Layout::new("Twice", 16);
    assert_eq!(piano_rolls(&notes, &layout).unwrap(), piano_rolls(&notes, &layout).unwrap());
}

#[test]
fn nonsense_is_drawn_without_complaint() {
    let times = [f64::NAN, f64::INFINITY, -1e300, 1e300, 0.5];
    let mut notes: Vec<_> =
        times.iter().flat_map(|&at| times.map(|long| note(Track::Drums, at, long, 127))).collect();
    notes.push(note(Track::Drums, 0.0, 1.0, 0));
    for (bars, size) in [(0, (0, 0)), (usize::MAX, (700, u32::MAX))] {
        let layout = Layout { bars, size, ..Layout::new("日本\u{0}", 1) };
        let (width, height, _) = decode(&piano_rolls(&notes, &layout).unwrap());
        assert!(width >= 640 && height >= 480);
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let path = std::path::Path::new("no such folder/rolls.png");
    let error = save_piano_rolls(path, &[], &Layout::new("", 4)).unwrap_err();
    assert!(
        matches!(error, PictureError::Io { .. }) && error.to_string().contains("no such folder")
    );
}

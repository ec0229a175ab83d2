//! MIDI files that are none, or are not quite: music, or a sentence that names the byte; and
//! whatever was read is put on the grid and written.
use musegan_score::beats::Beats;
use musegan_score::layout::PlacedNote;
use musegan_score::quantise::{Performance, Stride};
use musegan_score::{Layout, Part, Song, SongNote, arrange, midi};

const LAYOUTS: [Layout; 5] =
    [Layout::BAND, Layout::MUSEGAN, Layout::LPD17, Layout::MELODY, Layout::PIANO];

/// Bytes of memory for each byte of a file: a part of one note is the dearest.
const MEMORY_PER_BYTE: usize = 32;

/// Reads the bytes as a file.
pub fn run(bytes: &[u8]) {
    let song = match midi::read(bytes) {
        Ok(song) => song,
        Err(error) => {
            assert!(error.to_string().contains("byte"), "{error}");
            return;
        }
    };
    check(&song, bytes.len());
    quantise(&song, bytes.len());
    // Times that no file can hold are refused.
    if let Ok(written) = midi::write(&song) {
        let again = midi::read(&written).expect("what is written can be read");
        assert!(again.damage.is_empty(), "{:?}", again.damage);
        assert_eq!(again.note_count(), song.note_count());
        // A coarser clock than the song's may put two of them at one tick.
        assert!(again.keys.len() <= song.keys.len());
        assert_eq!(again.markers.len(), song.markers.len());
    }
}

/// Puts a song on the grid of the layout that its file's length chooses, and so on.
fn quantise(song: &Song, choice: usize) {
    let layout = LAYOUTS[choice % LAYOUTS.len()];
    let stride = if choice.is_multiple_of(2) { Stride::Phrase } else { Stride::Bar };
    let parts = layout.parts.names().len() as u8;
    let by_program = |part: &Part| match (part.is_drums, part.program) {
        (true, _) => Some(0),
        (false, program) => program.map(|program| program % (parts + 1)),
    };
    // Names are looked up for some only, which takes more time than everything else together.
    let assignment: Vec<_> = if choice.is_multiple_of(8) {
        arrange::assign(song, layout.parts).iter().map(|assignment| assignment.part).collect()
    } else {
        song.parts.iter().map(by_program).collect()
    };
    let performance = Performance::new(song, &Beats::of_metres(song), &assignment, layout);
    let fit = performance.fit();
    let cuts = performance.earlier_by(fit.delay()).cuts(stride, fit.feel().straightening());
    let losses = cuts.losses();
    assert_eq!(losses.kept + losses.lost(), losses.notes);
    assert_eq!(losses.notes as usize, song.note_count());
    let (mut count, mut last) = (0, None);
    for cut in cuts {
        let place = |note: &PlacedNote| (note.part, note.onset, note.pitch);
        assert!(!cut.notes.is_empty() && cut.notes.is_sorted_by(|a, b| place(a) < place(b)));
        for note in &cut.notes {
            assert!(note.part < parts && note.velocity > 0 && note.length > 0);
            assert!(usize::from(note.onset + note.length) <= layout.steps());
            assert!(layout.pitch_index(note.pitch).is_some());
        }
        assert!(last < Some(cut.bar), "examples in order");
        (count, last) = (count + 1, Some(cut.bar));
    }
    assert!(count <= 8 * song.note_count(), "{count} examples");
}

/// Everything that is promised about a song, and that it is no larger than its file allows.
fn check(song: &Song, file_bytes: usize) {
    assert!(song.ticks_per_beat > 0);
    assert!(song.tempos.is_sorted_by(|a, b| a.tick < b.tick));
    assert!(song.tempos.iter().all(|tempo| tempo.micros_per_beat > 0));
    assert!(song.metres.is_sorted_by(|a, b| a.tick < b.tick));
    assert!(song.metres.iter().all(|metre| metre.count > 0 && metre.unit.is_power_of_two()));
    assert!(song.keys.is_sorted_by(|a, b| a.tick < b.tick));
    assert!(song.markers.is_sorted_by_key(|marker| marker.tick));
    assert!(song.markers.iter().all(|marker| !marker.text.is_empty()));
    let mut memory = song.markers.iter().map(|marker| 48 + marker.text.len()).sum::<usize>();
    memory += 16 * (song.tempos.len() + song.metres.len() + song.keys.len());
    for part in &song.parts {
        assert!(part.channel < 16 && part.program.is_none_or(|program| program < 128));
        assert!(!part.notes.is_empty());
        assert!(part.notes.is_sorted_by_key(|note| (note.onset, note.pitch)));
        assert!(part.notes.iter().all(|note| note.length > 0));
        memory += 96 + size_of::<SongNote>() * part.notes.capacity();
    }
    assert!(song.note_count() <= file_bytes);
    assert!(memory <= MEMORY_PER_BYTE * file_bytes, "{memory} bytes of {file_bytes}");
}

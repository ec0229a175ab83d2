//! Arrays of phrases: our packs, other programs' training sets, and arrays that lie.

use musegan_score::Track;
use musegan_train::dataset::{Dataset, is_held_out};

use super::archives::zip;
use super::kinds::songs;
use crate::program::Workplace;

/// A `.npy` file.
fn npy(descr: &str, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|length| format!("{length}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", length.as_slice(), header.as_bytes(), bytes].concat()
}

/// A pack of phrases of notes (track, step, pitch index), one song each.
fn pack(phrases: &[(&str, &[[usize; 3]])]) -> Vec<u8> {
    let mut bits = Vec::new();
    for (_, notes) in phrases {
        let mut row = [0u8; 3360];
        for [track, step, pitch] in *notes {
            let cell = (step * 84 + pitch) * 5 + track;
            row[cell / 8] |= 0x80 >> (cell % 8);
        }
        bits.extend(row);
    }
    let text = |name: &str| -> Vec<u8> {
        let letters = name.chars().map(|letter| letter as u32).chain(std::iter::repeat(0));
        letters.take(40).flat_map(u32::to_le_bytes).collect()
    };
    let names: Vec<u8> = phrases.iter().flat_map(|(song, _)| text(song)).collect();
    let x = npy("|u1", &[phrases.len(), 3360], &bits);
    zip(&[("x.npy", &x), ("song.npy", &npy("<U40", &[phrases.len()], &names))])
}

/// Four notes a bar apart, and one more.
fn notes(last: [usize; 3]) -> [[usize; 3]; 5] {
    [[1, 0, 30], [1, 16, 30], [1, 32, 30], [1, 48, 30], last]
}

#[test]
fn packs_give_their_cells_and_their_sources_song_names() {
    let place = Workplace::new();
    let phrases = [
        ("010", &notes([3, 18, 12])[..]),
        ("head__tunes__Battle 1__506d1014.mid", &notes([0, 0, 12])),
        ("010", &notes([2, 63, 71])),
        // All of them above MIDI 95.
        ("Waltz.mxl", &[[1, 63, 80]]),
    ];
    place.write("packs/band.npz", pack(&phrases));
    let outcome = place.succeed("prepare --input packs/band.npz --output data");
    let dataset = Dataset::open(&place.path("data")).unwrap();

    assert_eq!((dataset.len(), songs(&dataset)), (3, vec!["010".into(), "Battle 1".into()]));
    assert!(
        outcome.stdout.contains("1 notes outside the pitch range, such as band/band.npz!Waltz")
    );
    let battle = (0..3).find(|&number| dataset.song(number).name == "Battle 1").unwrap();
    assert!(!dataset.is_held_out(battle) && is_held_out("010"));
    let mut cells = vec![0.0; musegan_score::roll::CELLS];
    dataset.fill_cells(battle, &mut cells);
    let sounding: Vec<_> = (0..cells.len()).filter(|&cell| cells[cell] == 1.0).collect();
    let cell = |track: usize, step: usize, pitch: usize| (track * 64 + step) * 72 + pitch;
    let piano = [0, 16, 32, 48].map(|step| cell(1, step, 30));
    assert_eq!(sounding, [&[cell(0, 0, 12)][..], &piano].concat());
}

#[test]
fn a_damaged_pack_is_listed_and_the_rest_is_prepared() {
    let place = Workplace::new();
    let mut damaged = pack(&[("a", &notes([0, 0, 0]))]);
    damaged[150] ^= 0xff;
    place.write("packs/damaged.npz", &damaged);
    place.write("packs/good.npz", pack(&[("c", &notes([0, 0, 0]))]));
    let outcome = place.succeed("prepare --input packs --output data");
    assert!(outcome.stderr.contains("damaged/damaged.npz: "), "{}", outcome.stderr);
    assert_eq!(Dataset::open(&place.path("data")).unwrap().len(), 1);
}

/// Three phrases of MuseGAN's axes, (phrase, bar, step, pitch, track), with 48 steps a bar; their
/// cells that sound.
fn musegan_cells() -> Vec<[usize; 5]> {
    let mut cells = Vec::new();
    for phrase in 0..3 {
        for bar in 0..4 {
            // A third of a beat is four steps here.
            cells.extend((4..8).map(|step| [phrase, bar, step, 36 + phrase, 1]));
            cells.push([phrase, bar, 24, 12 + phrase, 0]);
        }
    }
    cells.sort();
    cells
}

const SHAPE: [usize; 5] = [3, 4, 48, 84, 5];

#[test]
fn musegans_training_sets_are_read_dense_and_as_lists_of_cells() {
    let place = Workplace::new();
    let cells = musegan_cells();
    let mut dense = vec![0u8; SHAPE.iter().product()];
    for cell in &cells {
        dense[cell.iter().zip(SHAPE).fold(0, |at, (&index, length)| at * length + index)] = 1;
    }
    let dense_f4: Vec<u8> = dense.iter().flat_map(|&cell| f32::from(cell).to_le_bytes()).collect();
    let listed: Vec<u8> = (0..5)
        .flat_map(|axis| cells.iter().flat_map(move |cell| (cell[axis] as i64).to_le_bytes()))
        .collect();
    let shape: Vec<u8> = SHAPE.iter().flat_map(|&length| (length as i64).to_le_bytes()).collect();
    let sparse = zip(&[
        ("nonzero.npy", &npy("<i8", &[5, cells.len()], &listed)),
        ("shape.npy", &npy("<i8", &[5], &shape)),
    ]);
    place.write("a/train_x.npy", npy("|b1", &SHAPE, &dense));
    place.write("b/train_x.npy", npy("<f4", &SHAPE, &dense_f4));
    place.write("c/train_x.npz", zip(&[("arr_0.npy", &npy("|u1", &SHAPE, &dense))]));
    place.write("d/train_x.npz", sparse);
    for input in ["a", "b", "c", "d"] {
        place.succeed(&format!("prepare --input {input} --output {input}.data --preset musegan"));
    }
    let shard = |input: &str| {
        std::fs::read(place.path(&format!("{input}.data/shard-00000.safetensors"))).unwrap()
    };
    let dataset = Dataset::open(&place.path("a.data")).unwrap();
    assert_eq!((dataset.len(), songs(&dataset)), (3, vec!["train_x/0000000".to_owned()]));
    assert!(["b", "c", "d"].iter().all(|input| shard(input) == shard("a")));
    // And as sixteenths, where the third of a beat goes to the next one.
    place.write("keep.toml", "[rules]\nmax_off_grid = 1.0\ntriplets = \"keep\"\n");
    place.succeed("prepare --input d --output band --config keep.toml");
    let band = Dataset::open(&place.path("band")).unwrap();
    let piano = |number| band.phrase(number).track(Track::Piano)[0];
    let found: Vec<_> =
        (0..3).map(|n| (piano(n).onset().index(), piano(n).pitch.number())).collect();
    assert_eq!(found, [(1, 60), (1, 61), (1, 62)]);
}

#[test]
fn arrays_that_are_no_phrases_or_lie_are_listed() {
    let place = Workplace::new();
    let one = |bytes: &[u8]| zip(&[("x.npy", bytes)]);
    let lists = |nonzero: Vec<u8>| {
        let shape: Vec<u8> = SHAPE.iter().flat_map(|&l| (l as i64).to_le_bytes()).collect();
        zip(&[("nonzero.npy", &nonzero), ("shape.npy", &npy("<i8", &[5], &shape))])
    };
    let numbers = |numbers: &[i64]| -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    };
    for (name, bytes, reason) in [
        ("noarray.npy", b"text".to_vec(), "no NumPy array"),
        ("picture.npy", npy("|u1", &[4, 64, 64, 3], &[0; 49152]), "none of phrases"),
        ("cut.npy", npy("|b1", &[9, 5, 64, 72], &[1; 100]), "cut off"),
        ("huge.npy", npy("|b1", &[1 << 40, 5, 64, 72], &[1; 100]), "cut off"),
        ("more.npy", npy("|b1", &[1, 5, 64, 72], &[1; 30000]), "follow the array"),
        ("object.npy", npy("|O", &[1, 5, 64, 72], &[1; 100]), "type |O"),
        ("text.npz", one(&npy("<U9", &[1, 5, 64, 72], &[1; 829_440])), "texts"),
        ("two.npz", zip(&[("a.npy", &[]), ("b.npy", &[])]), "neither a piano roll"),
        ("outside.npz", lists(npy("<i8", &[5, 1], &numbers(&[3, 0, 0, 0, 0]))), "on an axis of 3"),
        (
            "order.npz",
            lists(npy("<i8", &[5, 2], &numbers(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0]))),
            "order of numpy.nonzero",
        ),
        ("info.npz", zip(&[("info.json", b"{}")]), "info.json: missing field"),
    ] {
        place.write(&format!("in/{name}"), bytes);
        let outcome = place.run("prepare --input in --output data");
        assert_eq!(outcome.code, 1, "{name}: {}", outcome.stdout);
        assert!(outcome.stderr.contains(reason), "{name}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        std::fs::remove_dir_all(place.path("in")).unwrap();
    }
}

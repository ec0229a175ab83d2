//! `.npy` files through the public API.
#![allow(clippy::unwrap_used)]
use std::path::PathBuf;

use musegan_score::npy::{self, Cells, RollWriter};
use musegan_score::{Note, Phrase, Pitch, Roll, Step, Track, Velocity};
use proptest::prelude::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("array.npy")
    }

    /// The error of reading these bytes as rows of three.
    fn refusal(&self, header: &str, data: &[u8]) -> String {
        std::fs::write(self.path(), array(header, data)).unwrap();
        npy::read_matrix(&self.path(), 3).unwrap_err().to_string()
    }
}

/// A version 1.0 file, as `numpy.save` writes it but for the padding.
fn array(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn rolls_are_written_in_the_shape_of_the_original() {
    let folder = Folder::new();
    let note = Note::new(Step::new(3).unwrap(), 2, Pitch::new(25).unwrap(), Velocity::DEFAULT);
    let rolls = [Roll::silent(), Roll::of(&Phrase::new([(Track::Piano, note)]))];
    for (cells, dtype, size) in [(Cells::F32, "'<f4'", 4), (Cells::Bool, "'|b1'", 1)] {
        let mut writer = RollWriter::create(&folder.path(), rolls.len(), cells).unwrap();
        rolls.iter().for_each(|roll| writer.push(roll).unwrap());
        writer.finish().unwrap();
        let bytes = std::fs::read(folder.path()).unwrap();
        let header = String::from_utf8_lossy(&bytes[..128]);
        assert!(header.contains("(2, 5, 64, 72,") && header.contains(dtype), "{header}");
        let data = &bytes[bytes.len() - 2 * 5 * 64 * 72 * size..];
        let sounding: Vec<_> = (0..2 * 5 * 64 * 72)
            .filter(|i| data[i * size..][..size].iter().any(|&b| b != 0))
            .collect();
        let first = ((5 + 1) * 64 + 3) * 72 + 1;
        assert_eq!(sounding, [first, first + 72]);
    }
}

#[test]
fn a_matrix_is_read_under_the_header_that_numpy_writes() {
    let folder = Folder::new();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          \n";
    let values: Vec<f32> = (0..6).map(|i| i as f32 - 2.5).collect();
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(folder.path(), array(header, &data)).unwrap();
    let matrix = npy::read_matrix(&folder.path(), 3).unwrap();
    assert_eq!(matrix.values, values);
    assert_eq!(matrix.rows().nth(1), Some(&values[3..]));
}

#[test]
fn what_is_not_the_array_needed_is_refused_with_what_was_expected_and_found() {
    let folder = Folder::new();
    for (header, expected) in [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3), }", "found <f8"),
        ("{'descr': '>f4', 'fortran_order': False, 'shape': (1, 3), }", "found >f4"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 3), }", "found [('a'"),
        ("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 3), }", "Fortran"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "found [3]"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4), }", "found (1, 4)"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "cut off"),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, 3), }",
            "fit no file",
        ),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000000, 3), }", "cut off"),
        ("[[[[[[[[", "not a .npy file"),
    ] {
        let text = folder.refusal(header, &[0; 12]);
        assert!(text.contains(expected) && text.contains("array.npy"), "{text}");
    }
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }";
    let data = [[0; 4], f32::NAN.to_le_bytes(), [0; 4]].concat();
    assert!(folder.refusal(header, &data).contains("row 0, column 1 is NaN"));
}

#[test]
fn a_file_with_fewer_or_more_rolls_than_promised_is_not_called_finished() {
    let folder = Folder::new();
    for pushed in [1, 3] {
        let mut writer = RollWriter::create(&folder.path(), 2, Cells::Bool).unwrap();
        let pushed = (0..pushed).try_for_each(|_| writer.push(&Roll::silent()));
        assert!(pushed.and_then(|()| writer.finish()).is_err());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        header in "\\PC{0,80}",
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let folder = Folder::new();
        let known = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        for header in [header.as_str(), known] {
            let mut bytes = array(header, &[0; 24]);
            for (at, byte) in &edits {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            std::fs::write(folder.path(), &bytes).unwrap();
            if let Ok(matrix) = npy::read_matrix(&folder.path(), 3) {
                prop_assert!(matrix.values.len() * 4 <= bytes.len());
            }
        }
    }
}

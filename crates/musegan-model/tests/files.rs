//! Weights files: what is written is read back, and whatever does not fit is refused with a
//! sentence that says what was expected and what was found.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};
use std::fs;

use musegan_model::weights::Parameter;
use musegan_model::{Architecture, Provenance, Weights, import};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};

#[path = "fixture/read.rs"]
mod fixture;

fn tensors() -> BTreeMap<String, Parameter> {
    fixture::weights()
        .parameters()
        .map(|(name, shape, values)| (name, Parameter { shape, values: values.to_vec() }))
        .collect()
}

/// Why tensors changed in this way are refused.
fn refusal(change: impl FnOnce(&mut BTreeMap<String, Parameter>)) -> String {
    let mut tensors = tensors();
    change(&mut tensors);
    let weights =
        Weights::new(Architecture::tutorial(), Provenance::default(), tensors, "band.safetensors");
    weights.unwrap_err().to_string()
}

/// Why a file with one entry of its metadata changed is refused.
fn refusal_of_metadata(key: &str, value: Option<&str>) -> String {
    let bytes = fixture::weights().to_bytes();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let mut metadata = header.metadata().clone().unwrap();
    match value {
        Some(value) => metadata.insert(key.into(), value.into()),
        None => metadata.remove(key),
    };
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let changed = safetensors::serialize(file.tensors(), Some(metadata)).unwrap();
    Weights::from_bytes(&changed, "band.safetensors").unwrap_err().to_string()
}

#[test]
fn thresholds_are_one_half_unless_named_and_refused_unless_above_zero() {
    assert_eq!(fixture::weights().thresholds(), [0.5; 5]);
    let refused = refusal_of_metadata("thresholds", Some("[0.5, 0.5, 0.5, -1.0, 0.5]"));
    assert!(refused.contains("thresholds") && refused.contains("-1"), "{refused}");
    assert!(refusal_of_metadata("thresholds", Some("[0.5]")).contains("thresholds"));
}

#[test]
fn a_file_gives_back_the_weights_that_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("band.safetensors");
    let provenance: Provenance = serde_json::from_str(
        r#"{"corpora": ["C_pop909"], "corpus_sha256": "ab", "steps": 8000,
            "evaluation": {"mean_z": 0.5}, "a_field_of_next_year": [1, 2]}"#,
    )
    .unwrap();
    let written = fixture::weights().with_provenance(provenance);
    let written = written.with_thresholds([0.4, 0.5, 0.6, 0.1, 0.5], "fixture").unwrap();
    written.write(&path).unwrap();
    let read = Weights::read(&path).unwrap();
    assert_eq!(read, written);
    assert_eq!(read.sha256().len(), 64);
    assert_eq!(read.to_bytes(), fs::read(&path).unwrap());
    assert_eq!(read.provenance().other["a_field_of_next_year"], serde_json::json!([1, 2]));
}

#[test]
fn python_finds_the_tensors_under_pytorchs_names() {
    let bytes = fixture::weights().to_bytes();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let weight = file.tensor("transconv4.3.transconv.weight").unwrap();
    assert_eq!((weight.dtype(), weight.shape()), (Dtype::F32, &[32, 16, 1, 4, 1][..]));
    assert_eq!(file.len(), 84);
}

#[test]
fn tensors_that_do_not_fit_are_refused_by_name() {
    let name = "transconv3.transconv.weight";
    assert_eq!(
        refusal(|t| drop(t.remove(name))),
        "band.safetensors: tensor \"transconv3.transconv.weight\" of shape [64, 32, 1, 1, 3] is \
         missing"
    );
    assert_eq!(
        refusal(|t| t.get_mut(name).unwrap().shape = vec![64, 32, 3]),
        "band.safetensors: tensor \"transconv3.transconv.weight\" should have shape \
         [64, 32, 1, 1, 3] and has [64, 32, 3]"
    );
    assert_eq!(
        refusal(|t| t.get_mut(name).unwrap().values[70] = f32::NAN),
        "band.safetensors: tensor \"transconv3.transconv.weight\" has NaN at position 70; such \
         weights cannot be played"
    );
    assert_eq!(
        refusal(|t| t.get_mut("transconv0.batchnorm.running_var").unwrap().values[1] = -1.0),
        "band.safetensors: tensor \"transconv0.batchnorm.running_var\" has -1 at position 1; \
         such weights cannot be played"
    );
    let extra = Parameter { shape: vec![1], values: vec![0.0] };
    assert_eq!(
        refusal(|t| drop(t.insert("transconv6.transconv.bias".into(), extra))),
        "band.safetensors: tensor \"transconv6.transconv.bias\" is not part of the network \
         \"tutorial\" with 128 latents, 5 tracks, 4 bars of 16 steps and 72 pitches from MIDI 24"
    );
}

#[test]
fn numbers_of_another_type_are_refused() {
    let bytes = fixture::weights().to_bytes();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let half = vec![0; 2 * 128];
    let mut views: HashMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    let name = "transconv1.batchnorm.bias";
    views.insert(name.into(), TensorView::new(Dtype::F16, vec![128], &half).unwrap());
    let changed = safetensors::serialize(views, header.metadata().clone()).unwrap();
    assert_eq!(
        Weights::from_bytes(&changed, "band.safetensors").unwrap_err().to_string(),
        "band.safetensors: tensor \"transconv1.batchnorm.bias\" should hold F32 numbers and \
         holds F16"
    );
}

#[test]
fn files_of_other_programs_and_newer_versions_are_refused() {
    assert_eq!(
        refusal_of_metadata("format", None),
        "band.safetensors: is not a MuseGAN weights file: its metadata has no \"format\""
    );
    assert_eq!(
        refusal_of_metadata("format", Some("pt")),
        "band.safetensors: its metadata \"format\" cannot be understood: expected \
         \"musegan-weights\", found \"pt\""
    );
    assert_eq!(
        refusal_of_metadata("format_version", Some("2")),
        "band.safetensors: has format version 2, this program reads up to 1; update MuseGAN to \
         use it"
    );
    let other = serde_json::to_string(&Architecture { bars: 8, ..Architecture::tutorial() });
    assert_eq!(
        refusal_of_metadata("architecture", Some(&other.unwrap())),
        "band.safetensors: holds the network \"tutorial\" with 128 latents, 5 tracks, 8 bars of \
         16 steps and 72 pitches from MIDI 24; this program plays \"tutorial\" with 128 latents, \
         5 tracks, 4 bars of 16 steps and 72 pitches from MIDI 24"
    );
}

#[test]
fn a_header_that_claims_to_be_huge_is_not_read() {
    let bytes = [(1u64 << 40).to_le_bytes().as_slice(), b"{}"].concat();
    assert_eq!(
        Weights::from_bytes(&bytes, "band.safetensors").unwrap_err().to_string(),
        "band.safetensors: is not a .safetensors file or is damaged (its header claims \
         1099511627776 bytes); copy it again, or convert a PyTorch .pth with `musegan-train import`"
    );
}

#[test]
fn an_absent_file_is_named() {
    let error = Weights::read("no/such.safetensors".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("no/such.safetensors: cannot be read: "), "{error}");
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_old_one_and_no_litter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("band.safetensors");
    // What is there and is no file is not replaced.
    fs::create_dir_all(path.join("old")).unwrap();
    let error = fixture::weights().write(&path).unwrap_err().to_string();
    assert!(error.contains("band.safetensors: cannot be written: "), "{error}");
    assert!(path.join("old").is_dir());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let nowhere = folder.path().join("absent/band.safetensors");
    let error = fixture::weights().write(&nowhere).unwrap_err().to_string();
    assert!(error.contains("absent/band.safetensors: cannot be written: "), "{error}");
}

#[test]
fn an_imported_generator_says_where_it_comes_from() {
    let weights = import::generator(&fixture::path("state_dict.pth")).unwrap();
    assert_eq!(weights.provenance().imported_from.as_deref(), Some("state_dict.pth"));
}

#[test]
fn a_file_of_another_network_is_refused_by_the_first_tensor_that_is_not_there() {
    let error = import::generator(&fixture::path("critic.pth")).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "critic.pth: tensor \"transconv0.transconv.weight\" of shape [128, 256, 4, 1, 1] is \
             missing"
        ),
        "{error}"
    );
}

#[test]
fn a_file_that_is_no_pth_is_refused() {
    let error = import::generator(&fixture::path("critic.json")).unwrap_err().to_string();
    assert!(error.contains("critic.json: is not a .pth file of PyTorch 1.6 or newer"), "{error}");
}

/// A `.pth` whose pickle is these bytes.
fn pth(pickle: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("archive/data.pkl", stored).unwrap();
    zip.write_all(pickle).unwrap();
    zip.finish().unwrap().into_inner()
}

fn import_error(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    import::generator(file.path()).unwrap_err().to_string()
}

#[test]
fn hostile_pickles_are_refused_quickly_and_within_bounds() {
    let nested = [vec![b'N'], vec![0x85; 900_000], vec![b'.']].concat();
    // Doubles an object at every turn: memoise, fetch, put both into a tuple.
    let doubling = [b"N".to_vec(), b"q\x00h\x00\x86".repeat(100), b".".to_vec()].concat();
    let long_text = b"X\xff\xff\xff\xffabc.".to_vec();
    let long_number = [vec![0x8a, 255], vec![1; 255], vec![b'.']].concat();
    for pickle in [nested, doubling, long_text, long_number] {
        let error = import_error(&pth(&pickle));
        assert!(error.contains("its pickle is damaged or far too large"), "{error}");
    }
    let module = b"\x80\x02cbuiltins\neval\nX\x04\x00\x00\x00oops\x85R.";
    let error = import_error(&pth(module));
    assert!(error.contains("holds no dictionary of tensors"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_pipe_or_device_is_refused_instead_of_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.safetensors");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), "/dev/zero".as_ref()] {
        for refusal in [Weights::read(path).unwrap_err(), import::generator(path).unwrap_err()] {
            let refusal = refusal.to_string();
            assert!(refusal.contains("a pipe or a device"), "{refusal}");
            assert!(refusal.starts_with(path.to_str().unwrap()), "{refusal}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_damaged_pth_is_refused_or_gives_sound_weights(
        keep in 0.0f64..1.0,
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 0..8),
        place in 0..3,
    ) {
        let mut bytes = fs::read(fixture::path("state_dict.pth")).unwrap();
        if flips.is_empty() {
            bytes.truncate((bytes.len() as f64 * keep) as usize);
        }
        // The pickle comes first in the file and the directory last: damage confuses most there.
        let length = bytes.len();
        let damaged = match place {
            0 => 0..16_000.min(length),
            1 => length.saturating_sub(16_000)..length,
            _ => 0..length,
        };
        for (index, mask) in &flips {
            bytes[damaged.start + index.index(damaged.len())] ^= mask;
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &bytes).unwrap();
        if let Ok(weights) = import::generator(file.path()) {
            prop_assert!(weights.parameters().all(|(_, _, v)| v.iter().all(|x| x.is_finite())));
        }
    }

    #[test]
    fn a_damaged_weights_file_is_refused_or_gives_sound_weights(
        keep in 0.0f64..1.0,
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 0..4),
    ) {
        let mut bytes = fixture::weights().to_bytes();
        if flips.is_empty() {
            bytes.truncate((bytes.len() as f64 * keep) as usize);
        }
        // The header comes first, and is what damage can confuse.
        for (index, mask) in &flips {
            bytes[index.index(12_000)] ^= mask;
        }
        if let Ok(weights) = Weights::from_bytes(&bytes, "damaged") {
            prop_assert!(weights.parameters().all(|(_, _, v)| v.iter().all(|x| x.is_finite())));
        }
    }
}

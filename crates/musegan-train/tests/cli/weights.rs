//! `generate`, `import` and `inspect` on weights that the tests make.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use musegan_model::weights::Parameter;
use musegan_model::{Architecture, Provenance, Weights};
use musegan_score::quantise::Stride;
use musegan_score::{Track, midi};
use npyz::WriterBuilder as _;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use crate::program::{Workplace, contents};

/// Weights of the tutorial network with numbers from a function of (tensor name, position).
pub fn weights(number: impl Fn(&str, usize) -> f32) -> Weights {
    let architecture = Architecture::tutorial();
    let tensors: BTreeMap<_, _> = architecture
        .parameters()
        .map(|(name, shape)| {
            let length = shape.iter().product();
            let values = (0..length).map(|position| number(&name, position)).collect();
            (name, Parameter { shape, values })
        })
        .collect();
    Weights::new(architecture, Provenance::default(), tensors, "test").unwrap()
}

/// Weights that play something else for every latent.
pub fn lively() -> Weights {
    weights(|name, position| {
        let noise = (position.wrapping_mul(2_654_435_761) % 1000) as f32 / 1000.0 - 0.5;
        if name.ends_with("running_var") { 0.02 } else { noise }
    })
}

/// Weights that let every cell sound.
fn everything_sounds() -> Weights {
    weights(|name, _| match name {
        name if name.ends_with("running_var") => 1.0,
        name if name.ends_with("batchnorm.bias") => 1.0,
        _ => 0.0,
    })
}

#[test]
fn every_sample_is_saved_in_every_format() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    place.succeed("generate --weights w.safetensors --output out -n 3 --raw");
    let names: Vec<_> = contents(&place.path("out"))
        .into_iter()
        .map(|(path, _)| path.to_str().unwrap().to_owned())
        .collect();
    let expected = [
        "raw.npy",
        "sample-000.mid",
        "sample-000.png",
        "sample-001.mid",
        "sample-001.png",
        "sample-002.mid",
        "sample-002.png",
        "samples.npy",
    ];
    assert_eq!(names, expected);
    let npy = |name: &str| {
        let bytes = fs::read(place.path("out").join(name)).unwrap();
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        (file.shape().to_vec(), file.dtype().descr())
    };
    assert_eq!(npy("samples.npy"), (vec![3, 5, 64, 72], "'|b1'".into()));
    assert_eq!(npy("raw.npy"), (vec![3, 5, 64, 72], "'<f4'".into()));
    let samples: Vec<_> =
        (0..3).map(|i| fs::read(place.path(&format!("out/sample-00{i}.mid"))).unwrap()).collect();
    assert!(samples[0] != samples[1] && samples[1] != samples[2]);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    for (output, seed) in [("a", 7), ("b", 7), ("c", 8)] {
        place.succeed(&format!(
            "generate --weights w.safetensors --output {output} --seed {seed} -n 2 --raw"
        ));
    }
    assert_eq!(contents(&place.path("a")), contents(&place.path("b")));
    let raw = |folder: &str| fs::read(place.path(folder).join("raw.npy")).unwrap();
    assert_ne!(raw("a"), raw("c"));
}

#[test]
fn a_song_comes_as_one_file_whose_sections_come_again() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    let generate = "generate --weights w.safetensors --output";
    let form = "--form aaba --section-bars 4 --fill-every 2 -n 4 --format mid,song";
    place.succeed(&format!("{generate} out {form} --variation 0"));
    let phrases = |file: &str| -> Vec<_> {
        let song = midi::read_file(&place.path(file)).unwrap();
        song.phrases(Stride::Phrase).map(|cut| cut.phrase).collect()
    };
    let song = phrases("out/song.mid");
    assert_eq!(song.len(), 4);
    assert!(song[0] == song[1] && song[0] == song[3] && song[0] != song[2]);
    assert_eq!(phrases("out/sample-002.mid"), song[2..3]);
    place.succeed(&format!("{generate} varied {form} --variation 1"));
    let varied = phrases("varied/song.mid");
    assert!(varied[0] == song[0] && varied[1] != song[0]);
    place.fail(&format!("{generate} out --latents z.npy --form a"), 2, &["--latents", "--form"]);
}

#[test]
fn calibrated_weights_play_as_densely_as_the_music_they_were_shown() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    for song in 0..4 {
        place.write(&format!("midi/song{song}.mid"), crate::program::mid(song..song + 2));
    }
    place.succeed("prepare --input midi --output data");
    place.succeed("calibrate --weights w.safetensors --data data --output c.safetensors");
    place.succeed("generate --weights c.safetensors --output out -n 500 --format npy");
    let bytes = fs::read(place.path("out/samples.npy")).unwrap();
    let cells: Vec<bool> = npyz::NpyFile::new(&bytes[..]).unwrap().into_vec().unwrap();
    let sounding = |track: Track| {
        let tracks = cells.chunks_exact(musegan_score::roll::TRACK_CELLS);
        let track = tracks.skip(track.index()).step_by(Track::COUNT);
        track.flatten().filter(|&&cell| cell).count() as f64 / 500.0
    };
    // Each phrase of the songs has 16 cells of drums, 64 of piano and 48 of bass, and no more.
    for (track, expected) in [(Track::Drums, 16.0), (Track::Piano, 64.0), (Track::Bass, 48.0)] {
        let found = sounding(track);
        assert!((found / expected - 1.0).abs() < 0.15, "{}: {found}", track.name());
    }
    assert!(sounding(Track::Guitar) < 1.0 && sounding(Track::Strings) < 1.0);
}

#[test]
fn nothing_is_masked_and_repeated_cells_are_one_note() {
    let place = Workplace::new();
    everything_sounds().write(&place.path("w.safetensors")).unwrap();
    place.succeed("generate --weights w.safetensors --output out -n 1 --format mid");
    let song = midi::read_file(&place.path("out/sample-000.mid")).unwrap();
    let phrases: Vec<_> = song.phrases(Stride::Phrase).map(|cut| cut.phrase).collect();
    assert_eq!(phrases.len(), 1);
    for track in Track::ALL {
        let notes = phrases[0].track(track);
        let pitches: Vec<_> = notes.iter().map(|note| note.pitch.number()).collect();
        assert_eq!(pitches, (24..96).collect::<Vec<u8>>(), "{}", track.name());
        assert!(notes.iter().all(|note| note.length() == 64), "{}", track.name());
    }
}

#[test]
fn weights_of_the_wrong_shape_are_refused_with_expected_and_found() {
    let place = Workplace::new();
    let bytes = lively().to_bytes();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata: HashMap<_, _> = header.metadata().clone().unwrap();
    let tensors = file.tensors().into_iter().map(|(name, view)| {
        if name == "transconv0.transconv.bias" {
            let half = TensorView::new(view.dtype(), vec![128], &view.data()[..512]).unwrap();
            (name, half)
        } else {
            (name, view)
        }
    });
    place.write("w.safetensors", safetensors::serialize(tensors, Some(metadata)).unwrap());
    let words = ["w.safetensors", "transconv0.transconv.bias", "[256]", "[128]"];
    place.fail("generate --weights w.safetensors --output out", 1, &words);
    place.fail("inspect w.safetensors", 1, &words);
    assert!(!place.path("out").exists());
}

#[test]
fn an_output_folder_that_cannot_be_is_an_error_that_names_it() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    place.write("midi/song.mid", crate::program::mid(0..1));
    place.write("file", "in the way");
    for command in ["generate --weights w.safetensors --output", "prepare --input midi --output"] {
        place.fail(&format!("{command} file/below"), 1, &["file/below"]);
    }
    assert_eq!(fs::read(place.path("file")).unwrap(), b"in the way");
}

#[test]
fn latents_of_another_shape_are_refused_with_expected_and_found() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    let latents = |rows: u64, columns: u64, file: &str| {
        let options = npyz::WriteOptions::new().default_dtype().shape(&[rows, columns]);
        let file = fs::File::create(place.path(file)).unwrap();
        let mut array = options.writer(file).begin_nd().unwrap();
        array.extend(std::iter::repeat_n(0.5f32, (rows * columns) as usize)).unwrap();
        array.finish().unwrap();
    };
    latents(3, 127, "narrow.npy");
    latents(0, 128, "none.npy");
    latents(2, 128, "two.npy");
    let generate = "generate --weights w.safetensors --output out --format npy --latents";
    place.fail(&format!("{generate} narrow.npy"), 1, &["128", "127"]);
    place.fail(&format!("{generate} none.npy"), 1, &["none.npy", "no latents"]);
    place.fail(&format!("{generate} w.safetensors"), 1, &["not a .npy file"]);
    place.succeed(&format!("{generate} two.npy --raw"));
    let raw = fs::read(place.path("out/raw.npy")).unwrap();
    assert_eq!(npyz::NpyFile::new(&raw[..]).unwrap().shape(), [2, 5, 64, 72]);
}

#[test]
fn what_is_not_pytorchs_is_not_imported() {
    let place = Workplace::new();
    place.write("w.pth", "not a zip archive");
    place.fail("import w.pth --output w.safetensors", 1, &["w.pth"]);
    assert!(!place.path("w.safetensors").exists());
}

#[test]
fn inspect_tells_weights_datasets_and_songs_apart() {
    let place = Workplace::new();
    lively().write(&place.path("w.safetensors")).unwrap();
    assert!(place.succeed("inspect w.safetensors").stdout.contains("parameters    313951"));
    place.write("midi/song.mid", crate::program::mid(0..2));
    assert!(place.succeed("inspect midi/song.mid").stdout.contains("2 phrases of four bars"));
    place.succeed("prepare --input midi --output data");
    assert!(place.succeed("inspect data").stdout.contains("checksums right"));
    place.write("poem.txt", "roses");
    place.fail("inspect poem.txt", 1, &["poem.txt"]);
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let place = Workplace::new();
    place.fail("generate", 2, &["--weights"]);
    place.fail("generate --weights w --output o --temperature nan", 2, &["above 0"]);
    place.fail("generate --weights w --output o -n 0", 2, &["1..=10000"]);
    place.fail("generate --weights w --output o --morph 1.5", 2, &["from 0 to 1"]);
    place.fail("sing", 2, &["sing"]);
}

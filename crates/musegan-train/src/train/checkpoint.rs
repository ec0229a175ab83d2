//! Checkpoints: one safetensors file each, with both networks, their averages and Adam's moments.
//! What must stay true: a file that has a checkpoint's name was written whole, or is recognised as
//! damaged by its checksum and passed over for the one before; equal states give equal bytes.
use super::config::Config;
use super::error::TrainError;
use super::optimiser::Moments;
use super::state::State;
use musegan_model::trainable::{Critic, Generator, Layout};
use musegan_model::weights::{TEMPORARY_PREFIX, write_atomically};
use musegan_score::file;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The one key of a checkpoint's metadata; its value is [`About`] as JSON.
const ABOUT: &str = "musegan-checkpoint";
const VERSION: u32 = 1;
/// A longer file is not read. A checkpoint has 7.5 MB.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The data that a run trains on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corpus {
    /// Names of the corpora.
    pub names: Vec<String>,
    /// Digest of the dataset, hexadecimal.
    pub sha256: String,
}

/// What a checkpoint says about itself.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    version: u32,
    step: u64,
    corpus: Corpus,
    /// [`Config::digest`] of the run's settings; not in older checkpoints.
    #[serde(default)]
    settings_sha256: Option<String>,
    /// Of the tensors' bytes, hexadecimal.
    sha256: String,
}

/// A checkpoint as it was read.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Its file.
    pub path: PathBuf,
    /// What training goes on from.
    pub state: State,
    /// What the run was trained on.
    pub corpus: Corpus,
    settings_sha256: Option<String>,
}

impl Checkpoint {
    /// Checks that these are the settings that the run was trained with so far. A checkpoint that
    /// does not tell is believed.
    ///
    /// # Errors
    /// [`TrainError::OtherRun`], which says what to do.
    pub fn check_settings(&self, config: &Config, run: &Path) -> Result<(), TrainError> {
        match &self.settings_sha256 {
            Some(digest) if *digest != config.digest()? => {
                let reason = "its config.toml was changed after training began; undo the change \
                              (only steps and threads may differ), or start another run"
                    .to_owned();
                Err(TrainError::OtherRun { run: run.to_owned(), reason })
            }
            _ => Ok(()),
        }
    }
}

/// A run's folder of checkpoints.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// Those of a run directory. Nothing is created.
    #[must_use]
    pub fn of(run: &Path) -> Self {
        Self { folder: run.join("checkpoints") }
    }

    /// Finished checkpoints, newest first.
    ///
    /// # Errors
    /// [`TrainError::Io`] when the folder exists and cannot be read.
    pub fn list(&self) -> Result<Vec<PathBuf>, TrainError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(TrainError::io("read", &self.folder)(e)),
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| step_of(path).is_some())
            .collect();
        paths.sort_by_key(|path| std::cmp::Reverse(step_of(path)));
        Ok(paths)
    }

    /// Writes a checkpoint and removes all but as many of the newest as the settings keep.
    ///
    /// # Errors
    /// [`TrainError::Io`]; checkpoints that were finished before are still there.
    pub fn write(
        &self,
        state: &State,
        corpus: &Corpus,
        config: &Config,
    ) -> Result<PathBuf, TrainError> {
        std::fs::create_dir_all(&self.folder).map_err(TrainError::io("create", &self.folder))?;
        let path = self.folder.join(format!("step-{:08}.safetensors", state.step));
        let bytes = to_bytes(state, corpus, config.digest()?)
            .map_err(|e| TrainError::io("write", &path)(std::io::Error::other(e)))?;
        write_atomically(&path, &bytes).map_err(TrainError::io("write", &path))?;
        for old in self.list()?.iter().skip(config.checkpoints) {
            std::fs::remove_file(old).map_err(TrainError::io("remove", old))?;
        }
        Ok(path)
    }

    /// Removes what writes that were killed left behind. Only the run itself may do that, for what
    /// another process is writing looks the same.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn sweep(&self) -> Result<(), TrainError> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Ok(()) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(TEMPORARY_PREFIX) {
                std::fs::remove_file(&path).map_err(TrainError::io("remove", &path))?;
            }
        }
        Ok(())
    }

    /// The newest checkpoint that is whole.
    ///
    /// # Errors
    /// [`TrainError::NoCheckpoint`], which says why the newest was refused.
    pub fn newest(&self) -> Result<Checkpoint, TrainError> {
        let mut refused = None;
        for path in self.list()? {
            let read = file::read(&path, MAX_FILE_BYTES).map_err(|e| e.to_string());
            let read =
                read.and_then(|bytes| bytes.ok_or("it is longer than any checkpoint".to_owned()));
            match read.and_then(|bytes| from_bytes(&bytes)) {
                Ok((state, about)) => {
                    let About { corpus, settings_sha256, .. } = about;
                    return Ok(Checkpoint { path, state, corpus, settings_sha256 });
                }
                Err(reason) => {
                    eprintln!("{} is damaged and passed over: {reason}", path.display());
                    refused.get_or_insert(format!("{}: {reason}", path.display()));
                }
            }
        }
        let run = self.folder.parent().unwrap_or(&self.folder).to_owned();
        Err(TrainError::NoCheckpoint { run, refused })
    }
}

/// The step in a checkpoint's file name.
fn step_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok()
}

/// The flat vectors of a state: name, layout, numbers.
fn vectors<'a>(
    state: &'a State,
    generator: &'a Generator,
    critic: &'a Critic,
) -> [(&'static str, &'a Layout, &'a Vec<f32>); 8] {
    let (g, s, c) = (generator.layout(), generator.statistics(), critic.layout());
    let (gm, cm) = (&state.generator_moments, &state.critic_moments);
    [
        ("generator", g, &state.generator),
        ("generator.statistics", s, &state.statistics),
        ("generator.average", g, &state.average),
        ("generator.adam.first", g, &gm.first),
        ("generator.adam.second", g, &gm.second),
        ("critic", c, &state.critic),
        ("critic.adam.first", c, &cm.first),
        ("critic.adam.second", c, &cm.second),
    ]
}

fn to_bytes(state: &State, corpus: &Corpus, settings_sha256: String) -> Result<Vec<u8>, String> {
    let (generator, critic) = (Generator::new(), Critic::new());
    let mut tensors = Vec::new();
    let mut digest = Sha256::new();
    for (part, layout, flat) in vectors(state, &generator, &critic) {
        for (name, shape, values) in layout.tensors(flat) {
            let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            digest.update(&bytes);
            tensors.push((format!("{part}/{name}"), shape, bytes));
        }
    }
    let sha256 = hexadecimal(digest);
    let (corpus, settings_sha256) = (corpus.clone(), Some(settings_sha256));
    let about = About { version: VERSION, step: state.step, corpus, settings_sha256, sha256 };
    let about = serde_json::to_string(&about).map_err(|e| e.to_string())?;
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let metadata = HashMap::from([(ABOUT.to_owned(), about)]);
    views.and_then(|views| safetensors::serialize(views, Some(metadata))).map_err(|e| e.to_string())
}

fn from_bytes(bytes: &[u8]) -> Result<(State, About), String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let about = header.metadata().as_ref().and_then(|m| m.get(ABOUT)).ok_or("not a checkpoint")?;
    let about: About = serde_json::from_str(about).map_err(|e| e.to_string())?;
    if about.version != VERSION {
        return Err(format!("its version is {}, this program reads {VERSION}", about.version));
    }
    let (generator, critic) = (Generator::new(), Critic::new());
    let mut state = State {
        step: about.step,
        generator: Vec::new(),
        statistics: Vec::new(),
        average: Vec::new(),
        generator_moments: Moments::zero(0),
        critic: Vec::new(),
        critic_moments: Moments::zero(0),
    };
    let mut digest = Sha256::new();
    let mut read = Vec::new();
    for (part, layout, _) in vectors(&state, &generator, &critic) {
        for p in layout.parameters() {
            let tensor = file.tensor(&format!("{part}/{}", p.name)).map_err(|e| e.to_string())?;
            digest.update(tensor.data());
        }
        let find = |name: &str| {
            let tensor = file.tensor(&format!("{part}/{name}")).ok()?;
            let numbers = tensor.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b));
            Some((tensor.shape().to_vec(), numbers.collect::<Vec<_>>().into()))
        };
        read.push(layout.flat(find).map_err(|e| e.to_string())?);
    }
    if hexadecimal(digest) != about.sha256 {
        return Err("its numbers do not match its checksum".to_owned());
    }
    let [g, s, a, g1, g2, c, c1, c2]: [Vec<f32>; 8] =
        read.try_into().map_err(|_| "it has too few parts".to_owned())?;
    (state.generator, state.statistics, state.average, state.critic) = (g, s, a, c);
    state.generator_moments = Moments { first: g1, second: g2 };
    state.critic_moments = Moments { first: c1, second: c2 };
    Ok((state, about))
}

fn hexadecimal(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

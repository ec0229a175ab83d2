//! Files that belong to a song and lie beside it: its beats and its chords.
use std::io;
use std::path::PathBuf;

use super::kind;

/// A file of beats of more bytes is refused.
const MOST_BYTES: u64 = 4 << 20;

/// Where the files beside a song are.
#[derive(Debug)]
pub(in crate::prepare) enum Beside {
    /// In the folder of this file.
    File(PathBuf),
    /// Here, by name; nowhere else.
    Held(Vec<(String, Vec<u8>)>),
}

impl Beside {
    /// The first of a song's companions of a kind: its name and its bytes.
    ///
    /// # Errors
    /// If there is one and it cannot be read, or is larger than such files are.
    pub fn companion(&self, kind: Companion) -> io::Result<Option<(String, Vec<u8>)>> {
        match self {
            Self::File(song) => {
                let song_name = song.file_name().unwrap_or_default().to_string_lossy();
                for name in kind.names(&song_name) {
                    match musegan_score::file::read(&song.with_file_name(&name), MOST_BYTES) {
                        Ok(Some(bytes)) => return Ok(Some((name, bytes))),
                        Ok(None) => return Err(too_large(&name)),
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => {
                            return Err(io::Error::new(error.kind(), format!("{name}: {error}")));
                        }
                    }
                }
                Ok(None)
            }
            Self::Held(files) => {
                let is_of_kind = |(name, _): &&(String, Vec<u8>)| kind.is(name);
                match files.iter().find(is_of_kind) {
                    Some((name, bytes)) if bytes.len() as u64 > MOST_BYTES => Err(too_large(name)),
                    found => Ok(found.cloned()),
                }
            }
        }
    }
}

/// What a companion tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::prepare) enum Companion {
    /// Where the beats are.
    Beats,
    /// Which chords sound.
    Chords,
}

impl Companion {
    const ALL: [Self; 2] = [Self::Beats, Self::Chords];

    /// The extension behind a song's name, and the name in the song's folder, as POP909 has it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Beats => (".beats", "beat_midi.txt"),
            Self::Chords => (".chords", "chord_midi.txt"),
        }
    }

    /// The names that the song's companion may have, in the order in which they are tried.
    fn names(self, song: &str) -> [String; 2] {
        let (extension, in_folder) = self.words();
        [format!("{}{extension}", kind::without_extension(song)), in_folder.to_owned()]
    }

    fn is(self, name: &str) -> bool {
        let (extension, in_folder) = self.words();
        name == in_folder || name.ends_with(extension)
    }
}

/// The paths, in an archive, of what may lie beside a song there.
pub(super) fn paths_beside(song: &str) -> impl Iterator<Item = String> {
    let (folder, name) = split(song);
    let names = Companion::ALL.into_iter().flat_map(move |kind| kind.names(name));
    names.map(move |name| format!("{folder}{name}"))
}

/// A path as its folder, with the stroke at its end, and the name.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |stroke| stroke + 1))
}

/// Bytes of a companion that are worth reading in an archive.
pub(super) const fn is_plausible(size: u64) -> bool {
    size <= MOST_BYTES + 1
}

fn too_large(name: &str) -> io::Error {
    let reason = format!("{name}: larger than {} MiB", MOST_BYTES >> 20);
    io::Error::new(io::ErrorKind::FileTooLarge, reason)
}

//! What a file's name says it is.

/// What can be read, for people.
pub const KINDS: &str = "read are .mid, .midi, .kar, .rmi, .npz and .npy files, folders of them, \
                         and .zip, .tar, .tar.gz and .tgz archives";

/// Kinds of files that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Standard MIDI File.
    Midi,
    /// A piano roll of pypianoroll's, or phrases.
    Npz,
    /// Phrases.
    Npy,
    /// An archive.
    Zip,
    /// An archive.
    Tar,
    /// A compressed archive.
    TarGz,
}

/// The extensions in the order in which they are tried.
const ENDINGS: [(&str, Kind); 10] = [
    (".mid", Kind::Midi),
    (".midi", Kind::Midi),
    (".kar", Kind::Midi),
    (".rmi", Kind::Midi),
    (".npz", Kind::Npz),
    (".npy", Kind::Npy),
    (".zip", Kind::Zip),
    (".tar", Kind::Tar),
    (".tar.gz", Kind::TarGz),
    (".tgz", Kind::TarGz),
];

/// Files that belong to others and are read with them.
const COMPANIONS: [&str; 4] = ["manifest.json", "beat_midi.txt", "chord_midi.txt", "key_audio.txt"];

/// The kind of the file at this path, or `None` where it is none that is read.
pub fn of(path: &str) -> Option<Kind> {
    // What macOS keeps beside a file in archives has the file's ending, and none of its content.
    if file_name(path).starts_with("._") {
        return None;
    }
    ENDINGS.iter().find(|(ending, _)| has_ending(path, ending)).map(|&(_, kind)| kind)
}

/// Whether the file is read together with another one.
pub fn is_companion(path: &str) -> bool {
    COMPANIONS.contains(&file_name(path))
        || [".beats", ".chords"].iter().any(|e| has_ending(path, e))
}

/// The path without the extension of a kind that is read, or else without what follows the last
/// dot of its file name.
pub fn without_extension(path: &str) -> &str {
    let known = ENDINGS.iter().find(|(ending, _)| has_ending(path, ending));
    match known {
        Some((ending, _)) => &path[..path.len() - ending.len()],
        None => match file_name(path).rfind('.') {
            Some(dot) if dot > 0 => &path[..path.len() - file_name(path).len() + dot],
            _ => path,
        },
    }
}

/// What the file is counted under when it is left aside: its extension in small letters.
pub fn extension(path: &str) -> String {
    const LONGEST: usize = 12;
    let name = file_name(path);
    if name.starts_with("._") {
        return "._*".to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.chars().count() <= LONGEST => {
            format!(".{}", ending.to_lowercase())
        }
        _ => "without extension".to_owned(),
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn has_ending(path: &str, ending: &str) -> bool {
    let at = path.len().wrapping_sub(ending.len());
    path.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
        && !file_name(&path[..at]).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_song_is_called_what_its_file_is_called() {
        for (path, song) in [
            ("a/b.mid", "a/b"),
            ("lpd.tar.gz", "lpd"),
            ("a.b/c.MIDI", "a.b/c"),
            ("a/v1.5 take.npz", "a/v1.5 take"),
            ("a.b/none", "a.b/none"),
            ("é.x", "é"),
            (".hidden", ".hidden"),
        ] {
            assert_eq!(without_extension(path), song);
        }
    }

    #[test]
    fn what_is_not_read_is_counted_by_its_extension() {
        assert_eq!(extension("a/README.TXT"), ".txt");
        assert_eq!(extension("a.b/README"), "without extension");
        assert_eq!(extension("x/._song.mid"), "._*");
        assert_eq!((of("x/._song.mid"), of(".mid"), of("é")), (None, None, None));
        assert_eq!(of("x/Song.KAR"), Some(Kind::Midi));
    }
}

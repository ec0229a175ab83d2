//! What becomes of files that are no library for this machine: a sentence that says which file, what
//! was found and what to do, and never the end of the process.
use crate::library;
use musegan_device::interface::{ENTRY, Interface, VERSION};
use musegan_device::{Library, Unavailable};
use std::path::{Path, PathBuf};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A library's file with this inside.
    fn holding(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(Library::file_name());
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The sentence that refuses this file.
    fn refusal(&self, bytes: &[u8]) -> String {
        let path = self.holding(bytes);
        let refusal = Library::open(&path).unwrap_err().to_string();
        assert!(refusal.contains(path.to_str().unwrap()), "which file? {refusal}");
        assert!(!refusal.contains('\n'), "one line: {refusal}");
        refusal
    }
}

/// A copy of the library with every occurrence of some bytes exchanged.
fn changed(from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut library = std::fs::read(library()).unwrap();
    let places: Vec<_> =
        (0..library.len() - from.len()).filter(|&at| library[at..].starts_with(from)).collect();
    assert!(!places.is_empty(), "the library has no such bytes");
    for at in places {
        library[at..at + to.len()].copy_from_slice(to);
    }
    library
}

#[test]
fn what_is_no_library_is_refused() {
    let folder = Folder::new();
    let cases: [(&[u8], &str); 4] = [
        (b"", "it is empty"),
        (b"#!/bin/sh\necho no\n", "it is not a library of any system"),
        (&[0; 4096], "it is not a library of any system"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "damaged or cut short"),
    ];
    for (bytes, reason) in cases {
        let refusal = folder.refusal(bytes);
        assert!(refusal.contains(reason) && refusal.contains("install"), "{refusal}");
    }
    let refusal = Library::open(folder.0.path()).unwrap_err().to_string();
    assert!(refusal.contains("it is not a file"), "{refusal}");
    let missing = folder.0.path().join("nowhere").join(Library::file_name());
    let refusal = Library::open(&missing).unwrap_err();
    assert_eq!(refusal, Unavailable::Missing(missing));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = Folder::new();
    let pipe = folder.0.path().join(Library::file_name());
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let refusal = Library::open(&pipe).unwrap_err().to_string();
    assert!(refusal.contains("it is not a file"), "{refusal}");
}

#[test]
fn a_library_cut_short_anywhere_is_refused_and_not_loaded() {
    let folder = Folder::new();
    let whole = std::fs::read(library()).unwrap();
    for share in 1..64 {
        let len = whole.len() * share / 64;
        let refusal = folder.refusal(&whole[..len]);
        assert!(refusal.contains("cut short") && refusal.contains("install"), "{refusal}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_library_for_other_machines_is_refused_with_both_machines() {
    let folder = Folder::new();
    let mut library = std::fs::read(library()).unwrap();
    // The machine in the header of an ELF file, of which ours is the one that the file has.
    let arm = if cfg!(target_arch = "aarch64") { 62 } else { 183 };
    library[18..20].copy_from_slice(&u16::to_le_bytes(arm));
    let refusal = folder.refusal(&library);
    assert!(refusal.contains("ARM (64 bits)") && refusal.contains("x86-64"), "{refusal}");
    assert!(refusal.contains("install the one for Linux on"), "{refusal}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_is_no_library() {
    let folder = Folder::new();
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let refusal = folder.refusal(&program);
    assert!(refusal.contains("does not open"), "{refusal}");
}

#[test]
fn a_library_without_the_entry_is_some_other_library() {
    let folder = Folder::new();
    let mut name = ENTRY.as_bytes().to_vec();
    name[0] = b'x';
    let refusal = folder.refusal(&changed(ENTRY.as_bytes(), &name));
    assert!(refusal.contains(&format!("it has no {ENTRY}")), "{refusal}");
}

#[test]
fn a_library_of_another_version_is_refused_before_anything_in_it_is_called() {
    let folder = Folder::new();
    // The beginning of its table.
    let table =
        |version: u32, size: usize| [version.to_ne_bytes(), (size as u32).to_ne_bytes()].concat();
    let size = size_of::<Interface>();
    let other = changed(&table(VERSION, size), &table(VERSION + 1, size));
    let refusal = folder.refusal(&other);
    assert!(refusal.contains(&format!("({}, and {VERSION} is needed)", VERSION + 1)), "{refusal}");
    assert!(refusal.contains("install the one that came with this version"), "{refusal}");
    // A file of its own, for the one before stays loaded.
    let folder = Folder::new();
    let short = changed(&table(VERSION, size), &table(VERSION, size - 8));
    let refusal = folder.refusal(&short);
    assert!(refusal.contains(&format!("a table of {} bytes", size - 8)), "{refusal}");
}

/// The test below, run again by itself from elsewhere.
const ELSEWHERE: &str = "MUSEGAN_TEST_ELSEWHERE";

#[test]
fn a_program_finds_the_library_beside_itself_and_in_no_working_directory() {
    if std::env::var_os(ELSEWHERE).is_some() {
        match Library::find() {
            Ok(library) => println!("found {}", library.path().display()),
            Err(error) => println!("{error}"),
        }
        return;
    }
    let (home, work) = (Folder::new(), Folder::new());
    let program = home.0.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let find = |program: &Path| {
        let output = std::process::Command::new(program)
            .args(["--exact", "--nocapture"])
            .arg("opening::a_program_finds_the_library_beside_itself_and_in_no_working_directory")
            .current_dir(work.0.path())
            .env(ELSEWHERE, "1")
            .env("LD_LIBRARY_PATH", work.0.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    std::fs::copy(library(), work.0.path().join(Library::file_name())).unwrap();
    let said = find(&program);
    assert!(said.contains("graphics cards need") && said.contains("which is not there"), "{said}");
    let beside = home.0.path().join(Library::file_name());
    std::fs::copy(library(), &beside).unwrap();
    let found = format!("found {}", beside.canonicalize().unwrap().display());
    assert!(find(&program).contains(&found), "{}", find(&program));
    #[cfg(unix)]
    {
        let link = work.0.path().join("link");
        std::os::unix::fs::symlink(&program, &link).unwrap();
        assert!(find(&link).contains(&found), "{}", find(&link));
    }
}

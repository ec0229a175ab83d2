//! Whether a file is a whole library for this machine, told without loading it.
//!
//! What must stay true: a file that passes has all the bytes that its loader maps; nothing but a
//! plain file is read, and of that only its tables.
use super::Unavailable;
use object::read::{FileKind, ReadCache, ReadRef};
use object::{Architecture, BinaryFormat, Object, ObjectKind, ObjectSegment};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// Looks at a file.
///
/// # Errors
/// [`Unavailable`]: not there, not to be read, no library, or one for other machines.
pub(super) fn check(path: &Path) -> Result<(), Unavailable> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Unavailable::Missing(path.into()),
        _ => Unavailable::Unreadable { path: path.into(), reason: error.to_string() },
    };
    // Looked at first: opening a pipe would wait for a writer.
    let about = std::fs::metadata(path).map_err(unreadable)?;
    let another = |found: &str| Unavailable::NotALibrary { path: path.into(), found: found.into() };
    if !about.is_file() {
        return Err(another("it is not a file"));
    }
    if about.len() == 0 {
        return Err(another("it is empty"));
    }
    let cache = ReadCache::new(File::open(path).map_err(unreadable)?);
    whole_library(&cache, about.len(), path, &another)
}

fn whole_library<'data>(
    data: impl ReadRef<'data>,
    len: u64,
    path: &Path,
    another: &impl Fn(&str) -> Unavailable,
) -> Result<(), Unavailable> {
    let kind = FileKind::parse(data).map_err(|_| another("it is not a library of any system"))?;
    // One file for several machines: the loader picks, and checks the part that it picked.
    if matches!(kind, FileKind::MachOFat32 | FileKind::MachOFat64) {
        return Ok(());
    }
    let file = object::File::parse(data)
        .map_err(|error| another(&format!("it is damaged or cut short ({error})")))?;
    let found = (file.format(), file.architecture());
    let needed = (native_format(), native_architecture());
    if found != needed {
        return Err(Unavailable::Architecture {
            path: path.into(),
            found: name(found),
            needed: name(needed),
        });
    }
    if file.kind() != ObjectKind::Dynamic {
        return Err(another("it is a program or a part of one"));
    }
    for segment in file.segments() {
        let (start, bytes) = segment.file_range();
        if start.checked_add(bytes).is_none_or(|end| end > len) {
            return Err(another(&format!("it is cut short at {len} bytes")));
        }
    }
    Ok(())
}

fn name((format, architecture): (BinaryFormat, Architecture)) -> String {
    let system = match format {
        BinaryFormat::Elf => "Linux",
        BinaryFormat::MachO => "macOS",
        BinaryFormat::Coff | BinaryFormat::Pe => "Windows",
        _ => "another system",
    };
    let machine = match architecture {
        Architecture::Aarch64 => "ARM (64 bits)".into(),
        Architecture::Arm => "ARM (32 bits)".into(),
        Architecture::I386 => "x86 (32 bits)".into(),
        Architecture::X86_64 => "x86-64".into(),
        other => format!("{other:?}"),
    };
    format!("{system} on {machine}")
}

const fn native_format() -> BinaryFormat {
    if cfg!(target_os = "windows") {
        BinaryFormat::Pe
    } else if cfg!(target_vendor = "apple") {
        BinaryFormat::MachO
    } else {
        BinaryFormat::Elf
    }
}

const fn native_architecture() -> Architecture {
    if cfg!(target_arch = "x86_64") {
        Architecture::X86_64
    } else if cfg!(target_arch = "aarch64") {
        Architecture::Aarch64
    } else if cfg!(target_arch = "riscv64") {
        Architecture::Riscv64
    } else {
        Architecture::Unknown
    }
}

//! In which folder the file lies that holds this very code: in a host that is the plugin's binary,
//! not the host's.
//!
//! What must stay true: the working directory and the environment have no say.
use super::Unavailable;
use std::path::PathBuf;

/// The folder, with links followed, so that a plugin that is a link finds what lies beside the file
/// itself.
pub(super) fn folder() -> Result<PathBuf, Unavailable> {
    let file = file().map_err(Unavailable::Nowhere)?;
    match file.parent() {
        Some(folder) if file.is_absolute() => Ok(folder.into()),
        _ => Err(Unavailable::Nowhere(format!("its file is named {}", file.display()))),
    }
}

/// An address in this file.
fn address() -> usize {
    folder as fn() -> Result<PathBuf, Unavailable> as usize
}

/// The kernel's own list of what is mapped where. Unlike the loader it knows the program's file,
/// too, and not only the name by which it was started.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn file() -> Result<PathBuf, String> {
    let maps = std::fs::read("/proc/self/maps").map_err(|error| error.to_string())?;
    let here = address();
    maps.split(|&byte| byte == b'\n')
        .find_map(|line| mapped(line, here))
        .ok_or_else(|| "no file holds this code".into())
}

/// The file of a line `start-end rights offset device inode    path` if it holds the address.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn mapped(line: &[u8], address: usize) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let path = line.iter().position(|&byte| byte == b'/')?;
    let range = std::str::from_utf8(&line[..path]).ok()?.split(' ').next()?;
    let (start, end) = range.split_once('-')?;
    let [start, end] = [start, end].map(|hex| usize::from_str_radix(hex, 16));
    let holds = (start.ok()?..end.ok()?).contains(&address);
    holds.then(|| std::ffi::OsStr::from_bytes(&line[path..]).into())
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn file() -> Result<PathBuf, String> {
    use std::os::unix::ffi::OsStrExt;
    // SAFETY: a `Dl_info` is pointers, which may be null, and numbers.
    let mut about: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: the address is only looked up, and `about` is ours to be written.
    let found = unsafe { libc::dladdr(address() as *const _, &raw mut about) };
    if found == 0 || about.dli_fname.is_null() {
        return Err("the loader does not know".into());
    }
    // SAFETY: the loader's name of a file that is loaded, and stays so while its code runs.
    let name = unsafe { std::ffi::CStr::from_ptr(about.dli_fname) };
    std::fs::canonicalize(std::ffi::OsStr::from_bytes(name.to_bytes()))
        .map_err(|error| error.to_string())
}

#[cfg(windows)]
fn file() -> Result<PathBuf, String> {
    use std::os::windows::ffi::OsStringExt;
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
        GetModuleFileNameW, GetModuleHandleExW,
    };
    let last = || std::io::Error::last_os_error().to_string();
    let how = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    let mut module = std::ptr::null_mut();
    // SAFETY: the flag says that the second argument is an address, and `module` is ours.
    if unsafe { GetModuleHandleExW(how, address() as *const u16, &raw mut module) } == 0 {
        return Err(last());
    }
    // The longest path that Windows has.
    let mut name = vec![0u16; 1 << 15];
    // SAFETY: the module is loaded while its code runs, and there is room for so many characters.
    let len = unsafe { GetModuleFileNameW(module, name.as_mut_ptr(), name.len() as u32) } as usize;
    if len == 0 || len >= name.len() {
        return Err(last());
    }
    Ok(std::ffi::OsString::from_wide(&name[..len]).into())
}

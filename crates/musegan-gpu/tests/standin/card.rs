//! A process with a card of its own, and what it sees of the stand-in behind it.
use std::ffi::{CString, c_char, c_int, c_ulonglong};
use std::process::Command;

/// What befalls the card, as the stand-in reads it.
const MISFORTUNES: &str = "MUSEGAN_STANDIN";

/// Runs a test in a child whose card has these misfortunes (`standin/controls.h`).
#[track_caller]
pub fn on_card(misfortunes: &str, test: &str, act: impl FnOnce()) {
    in_child(misfortunes, test, act, |_| ());
}

/// Runs a test in a child that finds another driver, in this folder.
#[track_caller]
pub fn with_driver_in(folder: &str, test: &str, act: impl FnOnce()) {
    in_child(folder, test, act, |child| {
        child.env("LD_LIBRARY_PATH", folder);
    });
}

/// Whether this is such a child.
pub fn is_child() -> bool {
    std::env::var_os(MISFORTUNES).is_some()
}

#[track_caller]
fn in_child(which: &str, test: &str, act: impl FnOnce(), change: impl FnOnce(&mut Command)) {
    if let Some(own) = std::env::var_os(MISFORTUNES) {
        // A test may have several cards, each in a child.
        return if own == which {
            act()
        };
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(MISFORTUNES, which);
    change(&mut child);
    let output = child.output().unwrap();
    let [said, complained] =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    let passed = output.status.success() && said.contains("1 passed");
    assert!(passed, "{}: {said}{complained}", output.status);
}

/// The stand-in, which this process finds as the library does.
pub fn driver() -> libloading::Library {
    // SAFETY: its initialisers read the environment.
    unsafe { libloading::Library::new("libcuda.so.1") }.unwrap()
}

/// Sets a control.
pub fn set(name: &str, value: u64) {
    type Set = unsafe extern "C" fn(*const c_char, c_ulonglong) -> c_int;
    let driver = driver();
    let text = CString::new(name).unwrap();
    // SAFETY: the function is the stand-in's, and the name ends in 0.
    let found = unsafe { driver.get::<Set>(b"musegan_standin_set").unwrap()(text.as_ptr(), value) };
    assert_eq!(found, 1, "there is no control {name}");
}

/// A control, or a count.
pub fn get(name: &str) -> u64 {
    type Get = unsafe extern "C" fn(*const c_char) -> c_ulonglong;
    let driver = driver();
    let text = CString::new(name).unwrap();
    // SAFETY: as above.
    let found = unsafe { driver.get::<Get>(b"musegan_standin_get").unwrap()(text.as_ptr()) };
    assert_ne!(found, u64::MAX, "there is nothing called {name}");
    found
}

/// The breach that was said last, which is forgotten.
pub fn forgiven() -> Option<String> {
    type Forgive = unsafe extern "C" fn(*mut c_char, usize) -> c_int;
    let driver = driver();
    let mut text = vec![0u8; 1024];
    // SAFETY: the function is the stand-in's, and so much room is there.
    let found = unsafe {
        let forgive = driver.get::<Forgive>(b"musegan_standin_forgive").unwrap();
        forgive(text.as_mut_ptr().cast(), text.len())
    };
    text.truncate(text.iter().position(|&byte| byte == 0).unwrap());
    (found == 1).then(|| String::from_utf8(text).unwrap())
}

/// Nothing was left behind, and no context is left current on this thread.
#[track_caller]
pub fn assert_tidy() {
    let left = ["contexts", "held", "current", "breaches"].map(get);
    assert_eq!(left, [0; 4], "contexts, things held, contexts current here, breaches");
}

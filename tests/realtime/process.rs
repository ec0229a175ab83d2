//! The parent's side: starts the child that is watched, and says what became of it.
//!
//! Where the kernel lends no seccomp, `strace` watches instead; where there is neither, a line
//! says that nothing was shown.
use std::io::Write;
use std::process::{Command, Output};
use std::sync::OnceLock;

const PIECE: &str = "MUSEGAN_REALTIME_PIECE";
const CLOCK: &str = "MUSEGAN_REALTIME_CLOCK_CALLS";
/// Set, also by hand, to have the calls told by strace.
const TRACED: &str = "MUSEGAN_REALTIME_TRACED";
const MARK: &str = "/musegan-audio-thread-";

/// Exit codes of the child.
pub const THROUGH: i32 = 0;
pub const CAUGHT: i32 = 3;
pub const REFUSED: i32 = 4;
/// It was played, but hardly a note began.
pub const IDLED: i32 = 5;

/// What became of a piece.
#[derive(Debug)]
enum Outcome {
    /// It was played to its end without a system call.
    Through,
    /// A system call was made: which, and from where as far as that is known.
    Caught(String),
    /// Nothing could watch it.
    NotShown(String),
}

/// The piece that this process was started for.
pub fn piece() -> Option<String> {
    std::env::var(PIECE).ok()
}

/// Whether strace watches.
pub fn is_traced() -> bool {
    std::env::var_os(TRACED).is_some()
}

/// Whether reading the clock is a system call on this machine, as its parent has found out.
pub fn clock_is_a_call() -> bool {
    std::env::var_os(CLOCK).is_some()
}

/// A line in strace's account: a file that is not there is looked at.
pub fn mark(what: &str) {
    let _ = std::fs::metadata(format!("{MARK}{what}"));
}

/// The piece must be played through without a system call.
pub fn assert_silent(piece: &str) {
    match run(piece) {
        Outcome::Through => {}
        Outcome::Caught(text) => panic!("{piece}: on the audio thread, {text}"),
        Outcome::NotShown(reason) => {
            say(&format!("{piece}: system calls: not shown here, {reason}"))
        }
    }
}

/// The piece must be caught at a system call of this name. `place` is a word of the first line,
/// which says whose call it is, or of the stack below it.
pub fn assert_caught(piece: &str, call: &str, place: &str) {
    match run(piece) {
        Outcome::Through => panic!("{piece}: no system call was noticed"),
        Outcome::Caught(text) => {
            let is_there = text.contains(call) && (text.contains(place) || is_traced());
            assert!(is_there, "{piece}: {text}");
        }
        Outcome::NotShown(_) => {}
    }
}

/// Plays a piece in a process of its own.
fn run(piece: &str) -> Outcome {
    static CLOCK_CALLS: OnceLock<bool> = OnceLock::new();
    let clock_calls = *CLOCK_CALLS.get_or_init(|| {
        let calls = matches!(watched("clock", false), Outcome::Caught(_));
        if calls {
            say("reading the clock is a system call on this machine; the plugin is allowed it");
        }
        calls
    });
    watched(piece, clock_calls)
}

fn watched(piece: &str, clock_calls: bool) -> Outcome {
    if is_traced() {
        return traced(piece, clock_calls);
    }
    let output = child(piece, clock_calls, None).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(THROUGH) => Outcome::Through,
        Some(CAUGHT) => Outcome::Caught(text[text.find("system call").unwrap()..].to_owned()),
        Some(REFUSED) => traced(piece, clock_calls),
        _ => panic!("{piece}: {}", shown(&output)),
    }
}

/// The same with strace in place of seccomp.
fn traced(piece: &str, clock_calls: bool) -> Outcome {
    let account = tempfile::NamedTempFile::new().unwrap();
    let path = account.path().to_str().unwrap();
    let Ok(output) = child(piece, clock_calls, Some(path)).output() else {
        return Outcome::NotShown("the kernel lends no seccomp, and there is no strace".into());
    };
    let account = std::fs::read_to_string(path).unwrap();
    let marked = |line: &&str| line.contains(MARK);
    let Some(thread) = account.lines().find(marked).and_then(|line| line.split(' ').next()) else {
        return Outcome::NotShown(format!("neither seccomp nor strace work: {}", shown(&output)));
    };
    assert_eq!(output.status.code(), Some(THROUGH), "{piece}: {}", shown(&output));
    let mut calls = account
        .lines()
        .filter_map(|line| line.strip_prefix(thread))
        .skip_while(|line| !line.contains(MARK))
        .skip_while(|line| line.contains(MARK))
        .take_while(|line| !line.contains(MARK))
        .filter(|line| !["sched_yield", "resumed>", "---"].iter().any(|word| line.contains(word)))
        .filter(|line| !(clock_calls && line.contains("clock_gettime")));
    calls
        .next()
        .map_or(Outcome::Through, |line| Outcome::Caught(format!("system call {}", line.trim())))
}

/// This program again, to play one piece.
fn child(piece: &str, clock_calls: bool, account: Option<&str>) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = match account {
        None => Command::new(program),
        Some(account) => {
            let mut strace = Command::new("strace");
            strace.args(["-f", "-qq", "-o", account]).arg(program).env(TRACED, "1");
            strace
        }
    };
    command.args(["stage", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(PIECE, piece);
    if clock_calls {
        command.env(CLOCK, "1");
    }
    command
}

fn shown(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// Says something past the test runner, which swallows what passing tests print.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

//! Panics stay inside and are not printed: in a host we are a guest.
use crate::failure::Failure;
use crate::text;
use musegan_device::interface::{DONE, PANICKED, Text};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether this thread is in a call of the interface.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// From now on panics in calls of the interface print nothing; others print as before.
pub(super) fn keep_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !INSIDE.try_with(Cell::get).unwrap_or(false) {
                before(panic);
            }
        }));
    });
}

/// Acts, and turns whatever comes of it into a code and a sentence.
///
/// # Safety
/// As [`text::write`].
pub(super) unsafe fn contained(text: *mut Text, act: impl FnOnce() -> Result<(), Failure>) -> i32 {
    // SAFETY: as the caller says; what `act` writes comes later.
    unsafe { text::write(text, "") };
    let inside = INSIDE.replace(true);
    // A context in which something panicked is poisoned, so nobody sees it half changed.
    let outcome = catch_unwind(AssertUnwindSafe(act));
    let (code, sentence) = match outcome {
        Ok(Ok(())) => (DONE, None),
        Ok(Err(failure)) => (failure.code(), Some(failure.to_string())),
        Err(panic) => {
            let sentence = format!("a bug in the graphics library: {}", said(&*panic));
            // What was thrown may itself panic when it is dropped.
            std::mem::forget(panic);
            (PANICKED, Some(sentence))
        }
    };
    INSIDE.set(inside);
    if let Some(sentence) = sentence {
        // SAFETY: as the caller says.
        unsafe { text::write(text, &sentence) };
    }
    code
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic")
}

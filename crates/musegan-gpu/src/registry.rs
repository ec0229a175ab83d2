//! The contexts that are open in this process, by number.
//!
//! What must stay true: calls on one context take turns; calls on different ones do not wait for
//! one another. A context in which a call panicked is not used again but to be closed.
use crate::Card;
use crate::context::{Context, new_number};
use crate::failure::Failure;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Open = Arc<Mutex<Context<Card>>>;

fn contexts() -> &'static Mutex<HashMap<u64, Open>> {
    static CONTEXTS: OnceLock<Mutex<HashMap<u64, Open>>> = OnceLock::new();
    CONTEXTS.get_or_init(Mutex::default)
}

/// Gives a context a number.
pub(crate) fn add(context: Context<Card>) -> u64 {
    let number = new_number();
    let mut all = contexts().lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(number, Arc::new(Mutex::new(context)));
    number
}

/// Does something with a context.
pub(crate) fn with<T>(
    number: u64,
    act: impl FnOnce(&mut Context<Card>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let found = contexts().lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
    let context = found.ok_or_else(|| no_context(number))?;
    let mut context = context
        .lock()
        .map_err(|_| Failure::Lost("a bug in the graphics library broke this context".into()))?;
    act(&mut context)
}

/// Closes a context; a call on it that another thread is in comes to its end first.
pub(crate) fn remove(number: u64) -> Result<(), Failure> {
    let found = contexts().lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    // Dropped here, with no lock held.
    found.map(drop).ok_or_else(|| no_context(number))
}

fn no_context(number: u64) -> Failure {
    Failure::argument(format!("there is no context {number}, or it was closed"))
}

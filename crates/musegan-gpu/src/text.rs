//! Sentences on their way out.
//!
//! What must stay true: no more than `capacity` bytes are written, and nothing through null.
use musegan_device::interface::Text;

/// Writes a sentence as far as there is room, and how long it is.
///
/// # Safety
/// `text` is null or points to a `Text` whose `bytes` are null or have room for `capacity` bytes.
pub(crate) unsafe fn write(text: *mut Text, sentence: &str) {
    // SAFETY: null or valid, as the caller says.
    let Some(text) = (unsafe { text.as_mut() }) else { return };
    text.length = sentence.len() as u64;
    let room = usize::try_from(text.capacity).unwrap_or(usize::MAX).min(sentence.len());
    if room > 0 && !text.bytes.is_null() {
        // SAFETY: there is room for so many bytes, as the caller says, and the sentence has them.
        unsafe { text.bytes.copy_from_nonoverlapping(sentence.as_ptr(), room) };
    }
}

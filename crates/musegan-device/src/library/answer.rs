//! What the library answers: a code, and a text that says more.
use crate::interface::{DONE, Text};

/// What a call says beside its code.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) text: String,
}

impl Answer {
    /// Calls with room for a text, and again with more room if there is more text.
    pub(crate) fn ask(call: impl Fn(*mut Text) -> i32) -> Self {
        const ROOM: usize = 16 << 10;
        const MOST: u64 = 1 << 20;
        let mut bytes = vec![0; ROOM];
        loop {
            let mut text =
                Text { bytes: bytes.as_mut_ptr(), capacity: bytes.len() as u64, length: 0 };
            let code = call(&raw mut text);
            let room = bytes.len() as u64;
            if code == DONE && text.length > room && room < MOST {
                bytes.resize(text.length.min(MOST) as usize, 0);
                continue;
            }
            let length = text.length.min(room) as usize;
            let text = String::from_utf8_lossy(&bytes[..length]).trim().to_string();
            return Self { code, text };
        }
    }

    /// Calls once, for the code and the sentence.
    pub(crate) fn once(call: impl FnOnce(*mut Text) -> i32) -> Self {
        let mut bytes = [0; 2048];
        let mut text = Text { bytes: bytes.as_mut_ptr(), capacity: bytes.len() as u64, length: 0 };
        let code = call(&raw mut text);
        let length = text.length.min(bytes.len() as u64) as usize;
        Self { code, text: String::from_utf8_lossy(&bytes[..length]).trim().to_string() }
    }

    /// The sentence, or another with the code where there is none.
    pub(crate) fn sentence(self, otherwise: &str) -> String {
        if self.text.is_empty() {
            format!("the graphics library: {otherwise} (code {})", self.code)
        } else {
            self.text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::DEVICE_LOST;

    /// A library that has this to say.
    fn say(all: &[u8], code: i32, text: *mut Text) -> i32 {
        // SAFETY: `Answer` passes a text whose bytes are its own.
        unsafe {
            let length = all.len().min((*text).capacity as usize);
            (*text).bytes.copy_from_nonoverlapping(all.as_ptr(), length);
            (*text).length = all.len() as u64;
        }
        code
    }

    #[test]
    fn a_text_that_is_longer_than_the_room_is_asked_for_again() {
        let long = "é".repeat(50_000);
        assert_eq!(Answer::ask(|text| say(long.as_bytes(), DONE, text)).text, long);
    }

    #[test]
    fn a_library_that_lies_about_its_text_is_not_believed() {
        let answer = Answer::ask(|text| {
            // SAFETY: as above.
            unsafe { (*text).length = u64::MAX };
            DONE
        });
        assert!(answer.text.len() <= 1 << 20, "{} bytes", answer.text.len());
        let cut = Answer::once(|text| say(&[b'x', 0xc3], DEVICE_LOST, text));
        assert_eq!(cut.sentence("?"), "x\u{fffd}");
        let nothing = Answer::once(|text| say(b" \n", DEVICE_LOST, text));
        assert_eq!(nothing.sentence("it broke"), "the graphics library: it broke (code 4)");
    }
}

//! Which device the network runs on: the one that is chosen, as soon as it is open, and the CPU
//! until then and whenever it fails.
//!
//! What must stay true: no phrase waits for a device to be opened; the editor always has a sentence
//! that says which device plays and why; and a device that failed is not tried again and again, for
//! every failure costs the phrase in which it happens a second. Worker thread.
use super::errands::Panicked;
use super::{Composer, Shift};
use crate::state::DeviceNews;
use musegan_model::device::{Choice, Playing, Reason};
use std::time::{Duration, Instant};

/// How long after a failure a device is tried again if nobody chooses it; twice as long after each
/// that follows.
const PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(16 * 60);
/// How long opening may take until that is said.
pub(super) const OPENING_PATIENCE: Duration = Duration::from_secs(10);

/// What is known of the device that is chosen.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// The choice that was last gone after; `None` after other weights.
    seen: Option<u32>,
    /// What was last told.
    told: Option<Playing>,
    /// Failures since the choice or the weights changed.
    failures: u32,
    /// When it is tried again.
    again: Option<Instant>,
}

impl Attempts {
    /// There are other weights.
    pub fn begin_anew(&mut self) {
        *self = Self::default();
    }

    /// A device failed: tries it again after a while.
    pub fn fail(&mut self, now: Instant) {
        let pause = PAUSE.saturating_mul(1 << self.failures.min(8)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.again = Some(now + pause);
    }

    fn is_due(&self, now: Instant) -> bool {
        self.again.is_some_and(|again| now >= again)
    }
}

impl<C: Composer> Shift<C> {
    /// Sees to it that the device chosen is opened, and takes it into use once it is.
    pub(super) fn keep_device(&mut self) {
        self.look_for_cards();
        match self.opener.brought() {
            Some(Ok(composer)) => {
                self.composer = composer;
                self.attempts.told = None;
                self.tell_device();
            }
            Some(Err(Panicked)) => {
                self.attempts.fail(Instant::now());
                self.tell("CPU: opening another device failed inside".into(), true, true);
            }
            None if self.opener.busy_for().is_some_and(|busy| busy > OPENING_PATIENCE) => {
                self.tell("CPU: the device chosen does not answer".into(), true, false);
            }
            None => {}
        }
        let (revision, chosen) = self.device.chosen();
        if self.attempts.seen != Some(revision) {
            self.attempts = Attempts { seen: Some(revision), ..Attempts::default() };
            self.open(chosen.unwrap_or_default());
        } else if self.attempts.is_due(Instant::now()) {
            self.attempts.again = None;
            self.open(chosen.unwrap_or_default());
        }
    }

    /// Begins to open a device. The composer that is here plays on.
    fn open(&mut self, choice: Choice) {
        let Some(errand) = self.composer.on_device(choice) else {
            // Without weights there is nothing to be played; they come.
            self.attempts.seen = None;
            return;
        };
        if let Some(playing) = self.composer.playing().filter(|_| self.attempts.told.is_none()) {
            self.tell(format!("{}, while {choice} is looked for", playing.device), false, false);
        }
        if let Err(error) = self.opener.begin("musegan-opener", errand) {
            self.attempts.fail(Instant::now());
            self.tell(format!("CPU: no other device can be opened: {error:#}"), true, true);
        }
    }

    /// Tells which device plays, if that has changed; and notes when one has failed.
    pub(super) fn tell_device(&mut self) {
        let is_open = self.attempts.seen.is_some() && self.opener.busy_for().is_none();
        let playing = self.composer.playing();
        if !is_open || playing == self.attempts.told.as_ref() {
            return;
        }
        let Some(playing) = playing.cloned() else { return };
        let (_, chosen) = self.device.chosen();
        let failed = matches!(playing.reason, Reason::Failed { .. } | Reason::Refused(_));
        let sentence = match &chosen {
            Ok(_) => playing.to_string(),
            Err(unknown) => format!("{playing}; the song asks for another: {unknown}"),
        };
        self.tell(sentence, failed || chosen.is_err(), true);
        // One that failed once and now is not even there may still come back.
        let gone = self.attempts.failures > 0 && matches!(playing.reason, Reason::Alone(_));
        if failed || gone {
            self.attempts.fail(Instant::now());
        }
        self.attempts.told = Some(playing);
    }

    /// The composer was revived: the CPU plays, whatever played before.
    pub(super) fn lose_device(&mut self) {
        let Some(told) = self.attempts.told.take() else { return };
        if !told.is_cpu() {
            self.attempts.fail(Instant::now());
            self.tell(format!("CPU: the network failed on {}", told.device), true, true);
        }
        self.attempts.told = self.composer.playing().cloned();
    }

    fn tell(&self, sentence: String, is_another: bool, is_settled: bool) {
        let device = DeviceNews { sentence, is_another, is_settled };
        self.stage.report(|news| news.device = device);
    }

    /// Looks which graphics cards there are, if the editor wants to know.
    fn look_for_cards(&mut self) {
        if self.stage.is_asked_for_cards()
            && self.looker.busy_for().is_none()
            && let Err(error) = self.looker.begin("musegan-looker", self.composer.cards())
        {
            self.stage.report(|news| news.cards = Some(Err(error.to_string())));
        }
        if let Some(found) = self.looker.brought() {
            let failed = |Panicked| Err("looking for graphics cards failed inside".into());
            self.stage.report(|news| news.cards = Some(found.unwrap_or_else(failed)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_fails_again_and_again_is_tried_ever_more_seldom() {
        let mut attempts = Attempts::default();
        let mut now = Instant::now();
        assert!(!attempts.is_due(now));
        let mut pauses = Vec::new();
        for _ in 0..40 {
            attempts.fail(now);
            let due = attempts.again.expect("it is tried again");
            assert!(!attempts.is_due(due - Duration::from_secs(1)) && attempts.is_due(due));
            pauses.push((due - now).as_secs() / 60);
            now = due;
        }
        assert_eq!(pauses[..6], [1, 2, 4, 8, 16, 16]);
        assert_eq!(pauses[39], 16);
        attempts.begin_anew();
        assert!(!attempts.is_due(now + LONGEST_PAUSE));
    }
}

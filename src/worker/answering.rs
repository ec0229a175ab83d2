//! Answering requests: what the player asks for now, and then what could not be made before.
//!
//! What must stay true: a phrase is never made of other weights than those of its key; and what is
//! asked for is answered in the end, unless nobody can play it any more. Worker thread.
use super::{Composer, Shift};
use musegan_engine::PhraseKey;
use musegan_score::Phrase;
use std::sync::Arc;
use std::time::Instant;

impl<C: Composer> Shift<C> {
    /// Answers all that is asked for now under the weights that are here.
    pub(super) fn answer(&mut self) -> anyhow::Result<()> {
        if let Some((key, phrase)) = self.undelivered.take() {
            self.deliver(key, phrase);
        }
        while self.undelivered.is_none()
            && let Some(key) = self.next_request()
        {
            if self.serving != Some(key.model) {
                self.keep_up();
            }
            if self.serving.is_none() {
                // It may be the first under a new choice, whose weights are not here yet.
                self.failed.push_back(key);
                break;
            }
            // A request under an older choice is left unanswered: nobody will play it.
            if self.serving == Some(key.model) {
                let since = Instant::now();
                // Should it panic, it has been noted already.
                self.failed.push_back(key);
                let phrase = self.composer.compose(key)?;
                self.failed.pop_back();
                self.tell_device();
                self.stage.show(key, Arc::new(phrase.clone()));
                self.deliver(key, phrase);
                self.failures = 0;
                self.stage.report(|news| {
                    news.failure = None;
                    news.slowest = news.slowest.max(since.elapsed());
                });
            }
        }
        Ok(())
    }

    /// Hands a phrase over, or keeps it while there is no room: the desk looks for room before it
    /// hands out a request, but one that has failed before comes from here.
    fn deliver(&mut self, key: PhraseKey, phrase: Phrase) {
        if self.serving == Some(key.model) {
            let kept = self.desk.deliver(key, phrase).err();
            self.undelivered = kept.map(|phrase| (key, phrase));
        }
    }

    fn next_request(&mut self) -> Option<PhraseKey> {
        // While it is open which weights play, whoever asks can wait.
        self.serving?;
        let key = self.desk.next_request().or_else(|| self.failed.pop_front())?;
        self.failed.retain(|failed| *failed != key);
        Some(key)
    }
}

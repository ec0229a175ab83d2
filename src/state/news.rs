//! What went wrong, in sentences for people.
use musegan_engine::Status;
use musegan_model::device::About;
use std::time::Duration;

/// What the worker has to say, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Which weights play.
    pub weights: String,
    /// Why the weights that were chosen do not play, if so.
    pub trouble: Option<String>,
    /// Why no phrases come, if so.
    pub failure: Option<String>,
    /// The longest that a phrase took.
    pub slowest: Duration,
    /// Which device plays.
    pub device: DeviceNews,
    /// The graphics cards there are, or why there are none; `None` while nobody has looked.
    pub cards: Option<Result<Vec<About>, String>>,
}

/// Which device plays, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceNews {
    /// A sentence without a full stop: which, and why. Empty until weights play.
    pub sentence: String,
    /// Whether it is another than was asked for.
    pub is_another: bool,
    /// Whether it is settled which one plays, until a device fails.
    pub is_settled: bool,
}

impl News {
    /// All that went wrong, the most pressing first. `others_saved` is whether other weights play
    /// than those that the song was saved with.
    #[must_use]
    pub fn sentences(&self, status: &Status, others_saved: bool) -> Vec<String> {
        let mut sentences: Vec<_> = self.failure.iter().chain(&self.trouble).cloned().collect();
        if status.waits_in_vain > 0 {
            sentences.push("A render went on without a band that was late: bounce again.".into());
        }
        if others_saved {
            sentences.push("These are not the weights that this song was saved with.".into());
        }
        if status.rested_steps > 0 {
            sentences.push(format!(
                "{} sixteenths were rests because the network was late; a phrase took it up to \
                 {} ms.",
                status.rested_steps,
                self.slowest.as_millis()
            ));
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_render_that_waited_in_vain_and_late_phrases_are_told() {
        let (player, _) = musegan_engine::pair();
        let mut status = player.status();
        let news = News { slowest: Duration::from_millis(35), ..News::default() };
        assert_eq!(news.sentences(&status, false), [""; 0]);
        (status.waits_in_vain, status.rested_steps) = (1, 12);
        let sentences = news.sentences(&status, false);
        assert!(sentences[0].contains("bounce again"), "{sentences:?}");
        assert!(sentences[1].contains("12 sixteenths") && sentences[1].contains("35 ms"));
    }

    #[test]
    fn a_network_that_fails_is_told_before_anything_else() {
        let (player, _) = musegan_engine::pair();
        let news = News { failure: Some("It fails.".into()), ..News::default() };
        assert_eq!(news.sentences(&player.status(), true)[0], "It fails.");
    }
}

//! What a run says while it runs: `log.jsonl`, one JSON object per line, the same numbers for
//! TensorBoard, and a progress bar, or plain lines where there is no terminal. What must stay true:
//! after a resume the log has one line per logged step, as if the run had never stopped.
mod tensorboard;

use super::checkpoint::Score;
use super::config::Network;
use super::error::TrainError;
use super::health::Verdict;
use super::objective::Losses;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use musegan_score::file;
use serde_json::Value;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tensorboard::Events;

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The log of a run and its progress on the screen.
pub struct Log {
    path: PathBuf,
    file: File,
    events: Events,
    bar: ProgressBar,
    shown: Instant,
    /// When and at which step the current rate began to be measured.
    since: (Instant, u64),
    steps: u64,
}

impl Log {
    /// Opens the log of a run that goes from `step` to `steps`; lines of later steps are dropped.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn open(run: &Path, step: u64, steps: u64) -> Result<Self, TrainError> {
        let path = run.join("log.jsonl");
        let old = match file::open(&path).and_then(std::io::read_to_string) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(TrainError::io("read", &path)(e)),
        };
        let kept: String =
            old.lines().filter(|l| step_of(l) <= Some(step)).fold(String::new(), |kept, line| {
                if step_of(line).is_some() { kept + line + "\n" } else { kept }
            });
        musegan_model::weights::write_atomically(&path, kept.as_bytes())
            .map_err(TrainError::io("write", &path))?;
        let file = File::options().append(true).open(&path);
        let file = file.map_err(TrainError::io("write", &path))?;
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(steps), target).with_position(step);
        let template = "{bar:32} {pos}/{len} steps, {msg}, {eta} left";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar()),
        );
        let now = Instant::now();
        Ok(Self {
            path,
            file,
            events: Events::open(run, step)?,
            bar,
            shown: now,
            since: (now, step),
            steps,
        })
    }

    /// Notes a finished step (counted from 1) of the tutorial networks.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn step(&mut self, step: u64, losses: &Losses) -> Result<(), TrainError> {
        let Losses { critic, generator, penalty, real, fake, .. } = *losses;
        let measured = [
            ("critic_loss", critic),
            ("generator_loss", generator),
            ("penalty", penalty),
            ("real_score", real),
            ("generated_score", fake),
        ];
        let message = format!("critic {critic:.3}, generator {generator:.3}");
        self.named(step, &measured.map(|(name, value)| (name.to_owned(), value)), &message)
    }

    /// Notes a finished step (counted from 1) with what it measured, by name. `message` is what
    /// people see of it.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn named(
        &mut self,
        step: u64,
        measured: &[(String, f64)],
        message: &str,
    ) -> Result<(), TrainError> {
        let now = Instant::now();
        let seconds = now.duration_since(self.since.0).as_secs_f64();
        let rate = (step - self.since.1) as f64 / seconds.max(1e-9);
        self.since = (now, step);
        let rate_measured = [("steps_per_second".to_owned(), rate)];
        let all: Vec<_> = measured.iter().cloned().chain(rate_measured).collect();
        self.note(step, &all)?;
        let message = format!("{rate:.1} steps/s, {message}");
        if self.bar.is_hidden() && now.duration_since(self.shown) >= LINE_EVERY {
            eprintln!("step {step}/{}: {message}", self.steps);
            self.shown = now;
        }
        self.bar.set_message(message);
        self.bar.set_position(step);
        Ok(())
    }

    /// Notes what is known of a step that was finished before, by name.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn note(&mut self, step: u64, measured: &[(String, f64)]) -> Result<(), TrainError> {
        let numbers = measured.iter().map(|(name, value)| (name.clone(), (*value).into()));
        self.line(step, numbers)?;
        self.events.write(step, measured)
    }

    /// Notes how good what is played after a step is, and says it where nothing was better.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn score(&mut self, step: u64, score: &Score, is_best: bool) -> Result<(), TrainError> {
        let Score { mean_abs_z, likeness } = *score;
        let mut measured = vec![("mean_abs_z".to_owned(), mean_abs_z)];
        measured.extend(likeness.map(|likeness| ("likeness".to_owned(), likeness)));
        self.note(step, &measured)?;
        if is_best {
            let alike = likeness.map_or(String::new(), |x| format!(", likeness {x:.3}"));
            self.say(&format!("step {step}: the best so far, mean |z| {mean_abs_z:.3}{alike}"));
        }
        Ok(())
    }

    /// Says how a run of these networks is doing, and notes it.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn verdict(
        &mut self,
        step: u64,
        verdict: Verdict,
        network: Network,
    ) -> Result<(), TrainError> {
        let words = verdict.says(network);
        self.say(&format!("step {step}: {words}"));
        let says = [("health", verdict.name().to_owned()), ("says", words)];
        self.line(step, says.map(|(key, text)| (key.to_owned(), text.into())))
    }

    fn line(
        &mut self,
        step: u64,
        entries: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<(), TrainError> {
        let mut entry = serde_json::Map::from_iter([("step".to_owned(), step.into())]);
        entry.extend(entries);
        let text = Value::Object(entry).to_string() + "\n";
        self.file.write_all(text.as_bytes()).map_err(TrainError::io("write", &self.path))
    }

    /// Says something between the steps.
    pub fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }

    /// Leaves the bar as it is.
    pub fn finish(&self) {
        self.bar.abandon();
    }
}

fn step_of(line: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line).ok()?.get("step")?.as_u64()
}

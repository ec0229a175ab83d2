//! What a run says while it runs: `log.jsonl`, one JSON object per line, and a progress bar, or
//! plain lines where there is no terminal. What must stay true: after a resume the log has one
//! line per logged step, as if the run had never stopped.
use super::error::TrainError;
use super::objective::Losses;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use musegan_score::file;
use serde::Serialize;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Line {
    step: u64,
    critic_loss: f64,
    generator_loss: f64,
    penalty: f64,
    real_score: f64,
    generated_score: f64,
    steps_per_second: f64,
}

/// The log of a run and its progress on the screen.
pub struct Log {
    path: PathBuf,
    file: File,
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
        Ok(Self { path, file, bar, shown: now, since: (now, step), steps })
    }

    /// Notes a finished step (counted from 1); writes a line when `line` says so.
    ///
    /// # Errors
    /// [`TrainError::Io`].
    pub fn step(&mut self, step: u64, losses: &Losses, line: bool) -> Result<(), TrainError> {
        if !line {
            return Ok(());
        }
        let now = Instant::now();
        let seconds = now.duration_since(self.since.0).as_secs_f64();
        let rate = (step - self.since.1) as f64 / seconds.max(1e-9);
        self.since = (now, step);
        let Losses { critic, generator, penalty, real, fake } = *losses;
        let entry = Line {
            step,
            critic_loss: critic,
            generator_loss: generator,
            penalty,
            real_score: real,
            generated_score: fake,
            steps_per_second: rate,
        };
        let io = |e: std::io::Error| TrainError::io("write", &self.path)(e);
        let mut text = serde_json::to_string(&entry).map_err(|e| io(e.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(io)?;
        let message = format!("{rate:.1} steps/s, critic {critic:.3}, generator {generator:.3}");
        if self.bar.is_hidden() && now.duration_since(self.shown) >= LINE_EVERY {
            eprintln!("step {step}/{}: {message}", self.steps);
            self.shown = now;
        }
        self.bar.set_message(message);
        self.bar.set_position(step);
        Ok(())
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
        let mut entry = serde_json::Map::new();
        entry.insert("step".to_owned(), step.into());
        entry.extend(measured.iter().map(|(name, value)| (name.clone(), (*value).into())));
        entry.insert("steps_per_second".to_owned(), rate.into());
        let io = |e: std::io::Error| TrainError::io("write", &self.path)(e);
        let mut text = serde_json::to_string(&entry).map_err(|e| io(e.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(io)?;
        let message = format!("{rate:.1} steps/s, {message}");
        if self.bar.is_hidden() && now.duration_since(self.shown) >= LINE_EVERY {
            eprintln!("step {step}/{}: {message}", self.steps);
            self.shown = now;
        }
        self.bar.set_message(message);
        self.bar.set_position(step);
        Ok(())
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
    serde_json::from_str::<serde_json::Value>(line).ok()?.get("step")?.as_u64()
}

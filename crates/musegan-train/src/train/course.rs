//! The course of a run: steps, and what is written down after them. Steps are taken by the calling
//! thread (or by a card that it waits for); a thread beside it writes checkpoints and samples, so
//! that a card need not wait.
//!
//! What must stay true: what is due is written in the order of the steps, one after the other, and
//! a run that fails has written all that was due before.
use super::checkpoint::{Checkpoints, Corpus, Score};
use super::config::{Config, Network};
use super::engine::{Engine, Stopped};
use super::error::TrainError;
use super::health::Health;
use super::log::Log;
use super::state::State;
use super::yardstick::Yardstick;
use super::{export, samples};
use musegan_model::trainable::Generator;
use std::path::{Path, PathBuf};
use std::thread::{Scope, ScopedJoinHandle};

/// What a run writes, and where.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) run: &'a Path,
    pub(super) corpus: &'a Corpus,
    pub(super) config: &'a Config,
    pub(super) checkpoints: &'a Checkpoints,
    pub(super) threads: &'a rayon::ThreadPool,
    /// What is played is held against this, if it is at all.
    pub(super) yardstick: Option<&'a Yardstick>,
}

/// What is being written, and what has been.
struct Writing<'scope> {
    thread: Option<ScopedJoinHandle<'scope, Result<Written, TrainError>>>,
    /// The newest finished checkpoint.
    last_good: Option<PathBuf>,
    /// What was measured by the yardstick and is not said yet.
    scored: Option<Scored>,
}

/// What was written.
struct Written {
    checkpoint: Option<PathBuf>,
    scored: Option<Scored>,
}

/// How good what a state plays is.
struct Scored {
    step: u64,
    score: Score,
    is_best: bool,
}

impl Course<'_> {
    /// Takes the steps that are left after `step`, and writes down what is due.
    pub(super) fn take(
        &self,
        engine: &mut dyn Engine,
        log: &mut Log,
        mut step: u64,
        last_good: Option<PathBuf>,
    ) -> Result<(), TrainError> {
        let written = std::thread::scope(|scope| -> Result<_, TrainError> {
            let mut writing = Writing { thread: None, last_good, scored: None };
            let likeness = self.yardstick.and_then(Yardstick::likeness);
            let mut health = Health::new(&self.config.objective, likeness);
            let mut begun = self.start(engine, step);
            while step < self.config.steps {
                let finished = begun.and_then(|()| engine.finish());
                let losses = finished.or_else(|stopped| writing.stop(stopped, step))?;
                step = self.next_stop(step);
                let due = self.due(step);
                let state = due.state().then(|| engine.state()).transpose();
                let state = state.or_else(|stopped| writing.stop(stopped, step))?;
                begun = self.start(engine, step);
                if due.log {
                    log.step(step, &losses)?;
                    if let Some(verdict) = health.look((&losses).into()) {
                        log.verdict(step, verdict, Network::Tutorial)?;
                    }
                }
                if let Some(state) = state {
                    writing.end()?;
                    writing.tell(log, &mut health)?;
                    writing.begin(scope, *self, state, due)?;
                }
            }
            writing.end()?;
            writing.tell(log, &mut health)?;
            Ok(writing.last_good)
        })?;
        log.finish();
        if let Some(path) = written {
            log.say(&format!("trained {step} steps; the last checkpoint is {}", path.display()));
        }
        Ok(())
    }

    /// Begins the steps up to the next stop, if any are left.
    fn start(&self, engine: &mut dyn Engine, step: u64) -> Result<(), Stopped> {
        if step < self.config.steps { engine.start(self.next_stop(step)) } else { Ok(()) }
    }

    /// The first step after this one after which something is due.
    fn next_stop(&self, step: u64) -> u64 {
        let Config { steps, .. } = *self.config;
        let next =
            |every: u64| step.checked_div(every).map(|past| (past + 1).saturating_mul(every));
        let stops = self.every().into_iter().filter_map(next);
        stops.fold(steps, u64::min)
    }

    /// What is due after a step. After the last everything is, samples if there are any at all.
    fn due(&self, step: u64) -> Due {
        let steps = self.config.steps;
        let due = |every: u64| every > 0 && (step.is_multiple_of(every) || step == steps);
        let [log, checkpoint, sample, evaluation] = self.every().map(due);
        Due { log, checkpoint, sample, evaluation }
    }

    /// Steps between lines of the log, checkpoints, samples and evaluations.
    fn every(&self) -> [u64; 4] {
        let Config { log_every, checkpoint_every, sample_every, evaluate_every, .. } = *self.config;
        [log_every, checkpoint_every, sample_every, evaluate_every]
    }

    /// Writes what is due: the best checkpoint first, so that whoever goes on from this step's finds
    /// that it was measured.
    fn write(&self, state: &State, due: Due) -> Result<Written, TrainError> {
        let Self { run, corpus, config, checkpoints, threads, yardstick } = *self;
        let export = || export::weights(&Generator::new(), state, config, corpus);
        let played = due.sample || due.evaluation;
        let weights = played.then(|| threads.install(export)).transpose()?;
        let mut scored = None;
        if let (true, Some(weights), Some(yardstick)) = (due.evaluation, &weights, yardstick) {
            let score = threads.install(|| yardstick.measure(weights, config.seed));
            let is_best = checkpoints.write_if_best(state, corpus, config, score)?;
            scored = Some(Scored { step: state.step, score, is_best });
        }
        let checkpoint =
            due.checkpoint.then(|| checkpoints.write(state, corpus, config)).transpose()?;
        if let (true, Some(weights)) = (due.sample, &weights) {
            samples::write(run, state.step, config.seed, weights)?;
        }
        Ok(Written { checkpoint, scored })
    }
}

#[derive(Clone, Copy)]
struct Due {
    log: bool,
    checkpoint: bool,
    sample: bool,
    evaluation: bool,
}

impl Due {
    /// Whether something is due for which the state is needed.
    const fn state(self) -> bool {
        self.checkpoint || self.sample || self.evaluation
    }
}

impl<'scope> Writing<'scope> {
    fn begin<'env: 'scope>(
        &mut self,
        scope: &'scope Scope<'scope, 'env>,
        course: Course<'env>,
        state: State,
        due: Due,
    ) -> Result<(), TrainError> {
        let thread = std::thread::Builder::new().name("musegan-writer".into());
        let thread = thread.spawn_scoped(scope, move || course.write(&state, due));
        self.thread = Some(thread.map_err(|error| TrainError::Threads(error.to_string()))?);
        Ok(())
    }

    /// Waits until everything is written.
    fn end(&mut self) -> Result<(), TrainError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let written = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        self.last_good = written.checkpoint.or_else(|| self.last_good.take());
        self.scored = written.scored;
        Ok(())
    }

    /// Notes how good what was written plays.
    fn tell(&mut self, log: &mut Log, health: &mut Health) -> Result<(), TrainError> {
        let Some(Scored { step, score, is_best }) = self.scored.take() else { return Ok(()) };
        log.score(step, &score, is_best)?;
        health.listen(&score);
        Ok(())
    }

    /// The error of an engine that has stopped after so many steps, once everything is written.
    fn stop<T>(&mut self, stopped: Stopped, step: u64) -> Result<T, TrainError> {
        self.end()?;
        Err(TrainError::stopped(stopped, step, self.last_good.as_deref()))
    }
}

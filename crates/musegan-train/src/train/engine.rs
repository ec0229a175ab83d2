//! What takes a run's steps: the CPU, or a graphics card. What must stay true: the loop of a run
//! knows no device, and the state that one engine gives another can go on with.
use super::batches::Phrases;
use super::config::Config;
use super::objective::{Losses, Objective};
use super::state::State;
use musegan_device::DeviceError;

/// Takes the steps of a run, many at a time.
pub(crate) trait Engine {
    /// Begins the steps up to `until` finished ones, and waits for them only if it must.
    ///
    /// # Errors
    /// [`Stopped`].
    fn start(&mut self, until: u64) -> Result<(), Stopped>;

    /// Ends what [`start`](Self::start) began, and tells what the last step measured.
    ///
    /// # Errors
    /// [`Stopped`].
    fn finish(&mut self) -> Result<Losses, Stopped>;

    /// Everything that the steps have changed so far. Between [`finish`](Self::finish) and the next
    /// [`start`](Self::start).
    ///
    /// # Errors
    /// [`Stopped::Device`].
    fn state(&mut self) -> Result<State, Stopped>;
}

/// Why an engine took no more steps.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// A number is not finite any more.
    NotFinite {
        /// The step that failed, from 1.
        step: u64,
        /// Which loss or tensor, in words.
        what: String,
    },
    /// The device failed.
    Device(DeviceError),
}

impl From<DeviceError> for Stopped {
    fn from(error: DeviceError) -> Self {
        Self::Device(error)
    }
}

/// The CPU, with a pool of threads.
pub(crate) struct Cpu<'a> {
    objective: Objective,
    state: State,
    until: u64,
    phrases: &'a dyn Phrases,
    config: &'a Config,
    threads: &'a rayon::ThreadPool,
}

impl<'a> Cpu<'a> {
    /// Goes on from this state.
    pub(crate) fn new(
        state: State,
        phrases: &'a dyn Phrases,
        config: &'a Config,
        threads: &'a rayon::ThreadPool,
    ) -> Self {
        let objective = Objective::new(config);
        Self { objective, until: state.step, state, phrases, config, threads }
    }
}

impl Engine for Cpu<'_> {
    fn start(&mut self, until: u64) -> Result<(), Stopped> {
        self.until = until;
        Ok(())
    }

    fn finish(&mut self) -> Result<Losses, Stopped> {
        let Self { objective, state, until, phrases, config, threads } = self;
        threads.install(|| {
            let mut losses = Losses::default();
            while state.step < *until {
                losses = objective.step(state, *phrases, config).map_err(|broken| {
                    Stopped::NotFinite { step: state.step + 1, what: broken.what }
                })?;
            }
            Ok(losses)
        })
    }

    fn state(&mut self) -> Result<State, Stopped> {
        Ok(self.state.clone())
    }
}

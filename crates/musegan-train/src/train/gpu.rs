//! Training on a graphics card: the whole run's state and the packed phrases lie in its memory, and
//! a step is one program, which the card runs again and again.
//!
//! What must stay true: a step is the CPU's, [`Objective`](super::objective::Objective), up to the
//! order of sums; a state goes from one to the other and back; and the host waits for nothing but
//! what it writes down.
mod agreement;
mod memory;
mod places;
mod step;
mod timing;
mod upload;
mod work;

pub use agreement::{Agreement, compare};
pub use timing::{Synthetic, Timing, time};
pub use work::{Amount, Work};

use super::batches::Phrases;
use super::config::Config;
use super::engine::{Engine, Stopped};
use super::error::TrainError;
use super::objective::Losses;
use super::state::State;
use musegan_device::gpu::{Buffer, Prepared};
use musegan_device::{DeviceError, Gpu};
use musegan_model::device;
use musegan_model::trainable::{Critic, Generator, Rooms};
use places::{Data, Network};
use std::time::{Duration, Instant};
use step::Step;

/// How long a call may wait for the card before it counts as lost.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// About how long the card works before the host looks again, far below [`PATIENCE`].
const STRETCH: Duration = Duration::from_secs(1);

/// A card with a run on it.
pub(crate) struct Card {
    gpu: Gpu,
    step: Step,
    prepared: Prepared,
    /// Given back when the run ends.
    _buffers: Vec<Buffer>,
    batch: usize,
    penalty: f64,
    /// Steps finished, those that run now, and those that are to be finished.
    done: u64,
    running: u32,
    until: u64,
    began: Instant,
    /// The least that a step has taken so far.
    step_takes: Option<Duration>,
}

impl Card {
    /// Takes the memory, gives the card all that it needs and makes the step ready.
    ///
    /// # Errors
    /// [`TrainError::Memory`] with the number needed, before anything is taken; what the card says.
    pub(crate) fn new(
        gpu: &Gpu,
        state: &State,
        phrases: &dyn Phrases,
        config: &Config,
        threads: &rayon::ThreadPool,
    ) -> Result<Self, TrainError> {
        let data = Data::of(phrases);
        let failed = |source| TrainError::of_device(source, state.step, None);
        let expect_room = || {
            let free = gpu.memory().map_err(failed)?.free;
            memory::expect_room(config, &data, (&device::name(gpu.about()), free))
        };
        expect_room()?;
        Self::take(gpu, state, phrases, config, (&data, threads)).map_err(|error| match error {
            // Somebody else has taken memory meanwhile.
            DeviceError::OutOfMemory(_) => expect_room().err().unwrap_or_else(|| failed(error)),
            error => failed(error),
        })
    }

    fn take(
        gpu: &Gpu,
        state: &State,
        phrases: &dyn Phrases,
        config: &Config,
        (data, threads): (&Data, &rayon::ThreadPool),
    ) -> Result<Self, DeviceError> {
        let plan = memory::plan(config, data);
        let buffers = plan.lengths().iter().map(|&len| gpu.buffer(len));
        let buffers = buffers.collect::<Result<Vec<_>, _>>()?;
        let numbers = buffers.iter().map(|buffer| buffer.slice().buffer).collect();
        let step = Step::new(config, data, &mut Rooms::in_buffers(numbers));
        let prepared = gpu.prepare(&step.program)?;
        upload::state(gpu, &step.places, config, state)?;
        upload::phrases(gpu, &step.places, phrases, threads)?;
        Ok(Self {
            gpu: gpu.clone(),
            step,
            prepared,
            _buffers: buffers,
            batch: config.batch,
            penalty: config.penalty,
            done: state.step,
            running: 0,
            until: state.step,
            began: Instant::now(),
            step_takes: None,
        })
    }

    /// Has the card take as many steps as it takes in a [`STRETCH`].
    fn launch(&mut self) -> Result<(), DeviceError> {
        let fit = self.step_takes.map_or(1.0, |time| STRETCH.div_duration_f64(time));
        let steps = (self.until - self.done).min(fit.clamp(1.0, 1e6) as u64) as u32;
        if steps > 0 {
            self.began = Instant::now();
            self.gpu.run(&self.prepared, steps)?;
        }
        self.running = steps;
        Ok(())
    }

    /// Waits for the steps that run, and looks whether anything is broken.
    fn look(&mut self) -> Result<(), Stopped> {
        let places = &self.step.places;
        let mut words = vec![0u32; 2 + places.broken_len()];
        self.gpu.read(places.clock, &mut words)?;
        let (clock, broken) = words.split_at(2);
        let step = u64::from(clock[0]) | u64::from(clock[1]) << 32;
        if let Some(what) = self.broken(broken) {
            return Err(Stopped::NotFinite { step: step + 1, what });
        }
        if step != self.done + u64::from(self.running) {
            let reason = format!("the card has counted {step} steps and not those it was to take");
            return Err(DeviceError::Lost(reason).into());
        }
        if self.running > 0 {
            let took = self.began.elapsed() / self.running;
            self.step_takes = Some(self.step_takes.map_or(took, |least| least.min(took)));
        }
        (self.done, self.running) = (step, 0);
        Ok(())
    }

    /// What the words say that is broken, if anything is: of the first network that has such a word its
    /// loss, and the first tensor of its gradient.
    fn broken(&self, words: &[u32]) -> Option<String> {
        let (critics, generators) = words.split_at(self.step.places.critic.ranges_len);
        let (generator, critic) = (Generator::new(), Critic::new());
        let networks =
            [("critic", critic.layout(), critics), ("generator", generator.layout(), generators)];
        networks.into_iter().find_map(|(network, layout, words)| {
            let (loss, tensors) = words.split_first()?;
            let tensor = tensors.iter().position(|&step| step != 0);
            let tensor = tensor.map(|tensor| &layout.parameters()[tensor].name);
            match (*loss != 0, tensor) {
                (false, None) => None,
                (false, Some(name)) => Some(format!("the {network}'s gradient of `{name}`")),
                (true, None) => Some(format!("the {network}'s loss")),
                (true, Some(name)) => {
                    Some(format!("the {network}'s loss, as is its gradient of `{name}`,"))
                }
            }
        })
    }

    fn measured(&self, network: &Network) -> Result<Vec<f32>, DeviceError> {
        let mut numbers = vec![0.0; network.measured_len];
        self.gpu.read(network.measured, &mut numbers)?;
        Ok(numbers)
    }

    /// What the last step measured.
    fn losses(&self) -> Result<Losses, DeviceError> {
        let critic = self.measured(&self.step.places.critic)?;
        let generator = self.measured(&self.step.places.generator)?;
        let mean =
            |numbers: &mut dyn Iterator<Item = f64>| numbers.sum::<f64>() / self.batch as f64;
        let (real, rest) = critic.split_at(self.batch);
        let (fake, norms) = rest.split_at(self.batch);
        let [real, fake, generator] =
            [real, fake, &generator].map(|scores| mean(&mut scores.iter().map(|&s| s.into())));
        let penalty = mean(&mut norms.iter().map(|norm| f64::from(norm - 1.0).powi(2)));
        let worth = fake - real;
        let critic = worth + self.penalty * penalty;
        Ok(Losses { critic, worth, generator: -generator, penalty, real, fake })
    }
}

impl Engine for Card {
    fn start(&mut self, until: u64) -> Result<(), Stopped> {
        self.until = until;
        Ok(self.launch()?)
    }

    fn finish(&mut self) -> Result<Losses, Stopped> {
        loop {
            self.look()?;
            if self.done >= self.until {
                return Ok(self.losses()?);
            }
            self.launch()?;
        }
    }

    fn state(&mut self) -> Result<State, Stopped> {
        Ok(upload::download(&self.gpu, &self.step.places)?)
    }
}

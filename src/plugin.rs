//! The plugin itself: glue between a host and the engine. Nothing musical is decided here.
//!
//! What must stay true: everything called from `process` and `reset` neither allocates, locks nor
//! calls the system.
mod inbox;
mod lines;
mod outbox;
mod pace;
mod place;

use crate::editor::BandEditor;
use crate::params::{BandParams, IncomingChoice};
use crate::state::{ChartReader, Stage};
use crate::worker::{Networks, Worker};
use inbox::Inbox;
use musegan_engine::{Block, Controls, Desk, Player};
use nice_plug::prelude::*;
use outbox::Outbox;
use pace::Pace;
use place::{Part, Place};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a render waits for a phrase before it plays a rest.
const RENDER_PATIENCE: Duration = Duration::from_secs(5);
/// The same where the announced mode may be the one before (VST3, see [`pace`]) and the pace has
/// not confirmed it. A worker that is alive answers in a few milliseconds; one that hangs costs a
/// live take this much once.
const DOUBTFUL_PATIENCE: Duration = Duration::from_millis(250);
/// How long an activation may wait until the first phrases are ready. They take milliseconds, and the
/// weights of the first instance a tenth of a second, on a busy machine several.
const PREPARATION: Duration = Duration::from_secs(1);

/// The MuseGAN plugin.
pub struct MuseGan {
    params: Arc<BandParams>,
    chart: ChartReader,
    stage: Arc<Stage>,
    player: Player,
    /// Until the worker takes it at the first activation.
    desk: Option<Desk>,
    worker: Option<Worker>,
    sample_rate: f64,
    /// How long the host's announced mode allows to wait.
    patience: Duration,
    pace: Pace,
    place: Place,
    inbox: Inbox,
    outbox: Outbox,
}

impl Default for MuseGan {
    fn default() -> Self {
        let (player, desk) = musegan_engine::pair();
        let params = Arc::<BandParams>::default();
        Self {
            chart: params.chart.reader(),
            params,
            stage: Arc::default(),
            player,
            desk: Some(desk),
            worker: None,
            sample_rate: 48_000.0,
            patience: Duration::ZERO,
            pace: Pace::default(),
            place: Place::default(),
            inbox: Inbox::new(),
            outbox: Outbox::new(),
        }
    }
}

impl Plugin for MuseGan {
    const NAME: &'static str = "MuseGAN";
    const VENDOR: &'static str = "MuseGAN";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    // Stereo first: some hosts refuse a plugin without audio.
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[
        AudioIOLayout {
            main_input_channels: NonZeroU32::new(2),
            main_output_channels: NonZeroU32::new(2),
            ..AudioIOLayout::const_default()
        },
        AudioIOLayout::const_default(),
    ];
    const MIDI_INPUT: MidiConfig = MidiConfig::Basic;
    const MIDI_OUTPUT: MidiConfig = MidiConfig::Basic;
    const INPUT_EVENT_CAPACITY: usize = inbox::INCOMING;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    type Editor = BandEditor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }

    fn editor(&mut self, _: AsyncExecutor<Self>) -> Option<Self::Editor> {
        crate::editor::create(self.params.clone(), self.stage.clone())
    }

    fn filter_state(state: &mut PluginState) {
        crate::state::migrate(state);
    }

    fn activate(
        &mut self,
        _: &AudioIOLayout,
        config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        self.sample_rate = f64::from(config.sample_rate);
        self.patience = match config.process_mode {
            ProcessMode::Offline if context.plugin_api() == PluginApi::Vst3 => DOUBTFUL_PATIENCE,
            ProcessMode::Offline => RENDER_PATIENCE,
            _ => Duration::ZERO,
        };
        if let Some(desk) = self.desk.take() {
            let (choice, device) = (self.params.weights.clone(), self.params.device.clone());
            let stage = self.stage.clone();
            match Worker::spawn(desk, Networks::default(), choice, device, stage) {
                Ok(worker) => self.worker = Some(worker),
                Err(error) => {
                    // The desk is lost; another one tries at the next activation.
                    let (player, desk) = musegan_engine::pair();
                    (self.player, self.desk) = (player, Some(desk));
                    self.stage.report(|news| {
                        news.failure = Some(format!("No thread for the band, it rests: {error}"));
                    });
                }
            }
        }
        if self.worker.is_some() {
            self.prepare();
        }
        if !self.patience.is_zero() {
            // A render does not wait until the watch next looks.
            self.player.expect_to_roll();
            self.worker.iter().for_each(Worker::attend);
        }
        true
    }

    fn deactivate(&mut self) {
        self.player.lose_place();
    }

    fn reset(&mut self) {
        self.player.lose_place();
        self.place = Place::default();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let bypassed = self.params.bypass.value();
        let mut transport = self.transport(buffer, context);
        transport.playing &= !bypassed;
        let ahead = self.runs_ahead(transport.playing, buffer.samples());
        let block = Block {
            samples: buffer.samples() as u32,
            sample_rate: self.sample_rate,
            transport,
            patience: if ahead { RENDER_PATIENCE } else { self.patience },
        };
        let passing = bypassed || self.params.incoming.value() == IncomingChoice::Pass;
        while let Some(event) = context.next_event() {
            self.inbox.receive(event, passing);
        }
        let controls = self.controls();
        let events = self.player.process(&block, &controls, self.inbox.heard());
        let passing = self.inbox.passing();
        self.outbox.send(events, passing, |note| context.try_send_event(note).is_ok());
        self.inbox.clear();
        self.stage.tell(&self.player.status());
        ProcessStatus::KeepAlive
    }
}

impl MuseGan {
    /// Gets the phrases of the song's start and of where it stands, so that a render or a take
    /// that begins there misses nothing. Main thread, at activation.
    fn prepare(&mut self) {
        let (controls, since) = (self.controls(), Instant::now());
        while !self.player.prepare(&controls) && since.elapsed() < PREPARATION {
            self.worker.iter().for_each(Worker::wake);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What is set now. Audio thread.
    fn controls(&mut self) -> Controls {
        let progression = self.chart.read();
        self.params.controls(progression)
    }

    /// Where the song stands, as the host meant it. Audio thread.
    fn transport(
        &mut self,
        buffer: &Buffer<'_>,
        context: &impl ProcessContext<Self>,
    ) -> musegan_engine::Transport {
        let said = context.transport();
        let transport = musegan_engine::Transport {
            playing: said.playing,
            tempo_bpm: said.tempo,
            pos_beats: said.pos_beats(),
            meter: said.time_sig_numerator.zip(said.time_sig_denominator),
            bar_start_beats: said.bar_start_pos_beats,
            loop_beats: said.loop_range_beats(),
        };
        // A host that knows nothing of a song still has a band, if that is wanted.
        let unknown = transport.pos_beats.is_none() && transport.tempo_bpm.is_none();
        let alone = unknown && !transport.playing && self.params.free_run.value();
        let transport =
            musegan_engine::Transport { playing: transport.playing || alone, ..transport };
        let output = buffer.as_slice_immutable().first();
        self.place.read(&Part {
            transport,
            samples: buffer.samples(),
            output: output.map(|samples| samples.as_ptr().addr()),
            is_clap: context.plugin_api() == PluginApi::Clap,
            sample_rate: self.sample_rate,
        })
    }

    /// Whether the host runs ahead of the clock as only a render does. Audio thread.
    fn runs_ahead(&mut self, playing: bool, samples: usize) -> bool {
        if !playing {
            self.pace.stand();
            return false;
        }
        self.pace.is_render(samples as f64 / self.sample_rate.max(1.0), Instant::now())
    }
}

impl ClapPlugin for MuseGan {
    const CLAP_ID: &'static str = "org.musegan.musegan";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("A five-piece band played by a neural network, in time with the song");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[ClapFeature::NoteEffect, ClapFeature::Utility];
}

impl Vst3Plugin for MuseGan {
    const VST3_CLASS_ID: [u8; 16] = *b"MuseGANFiveBand1";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Instrument, Vst3SubCategory::Tools];
}

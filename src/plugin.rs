//! The plugin itself: glue between a host and the engine. Nothing musical is decided here.
//!
//! What must stay true: everything called from `process` and `reset` neither allocates, locks nor
//! calls the system, and every note-off that the host's queue refused is sent in the next block.
use crate::editor::Editor;
use crate::params::BandParams;
use crate::state::Stage;
use crate::worker::Worker;
use musegan_engine::{Block, Desk, Event, EventKind, Player};
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::*;
use nice_plug_egui::EguiEditor;
use std::sync::Arc;

/// Incoming notes that are looked at in one block; the framework hands over no more.
const THRU_EVENTS: usize = 1024;
/// Note-offs that may wait for room in the host's queue: every key of every channel.
const UNSENT_OFFS: usize = 16 * 128;

/// The MuseGAN plugin.
pub struct MuseGan {
    params: Arc<BandParams>,
    stage: Arc<Stage>,
    player: Player,
    /// Until the worker takes it at the first activation.
    desk: Option<Desk>,
    worker: Option<Worker>,
    sample_rate: f64,
    offline: bool,
    outgoing: Vec<(u32, NoteEvent<()>)>,
    unsent_offs: Vec<Event>,
    thru: Thru,
}

impl Default for MuseGan {
    fn default() -> Self {
        let (player, desk) = musegan_engine::pair();
        Self {
            params: Arc::default(),
            stage: Arc::default(),
            player,
            desk: Some(desk),
            worker: None,
            sample_rate: 48_000.0,
            offline: false,
            outgoing: Vec::with_capacity(THRU_EVENTS),
            unsent_offs: Vec::with_capacity(UNSENT_OFFS),
            thru: Thru::default(),
        }
    }
}

impl Plugin for MuseGan {
    const NAME: &'static str = "MuseGAN";
    const VENDOR: &'static str = "MuseGAN";
    const URL: &'static str = "https://musegan.invalid";
    const EMAIL: &'static str = "band@musegan.invalid";
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
    const INPUT_EVENT_CAPACITY: usize = THRU_EVENTS;

    type Editor = EguiEditor<Editor>;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }

    fn editor(&mut self, _: AsyncExecutor<Self>) -> Option<Self::Editor> {
        crate::editor::create(self.params.clone(), self.stage.clone())
    }

    fn activate(
        &mut self,
        _: &AudioIOLayout,
        config: &BufferConfig,
        _: &mut impl ActivateContext<Self>,
    ) -> bool {
        self.sample_rate = f64::from(config.sample_rate);
        self.offline = config.process_mode == ProcessMode::Offline;
        if let Some(desk) = self.desk.take() {
            match Worker::spawn(desk, self.params.weights.clone(), self.stage.clone()) {
                Ok(worker) => self.worker = Some(worker),
                Err(error) => self.stage.report(|news| {
                    news.trouble = Some(format!("No thread for the band, it will rest: {error}"));
                }),
            }
        }
        true
    }

    fn reset(&mut self) {
        self.player.lose_place();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let bypassed = self.params.bypass.value();
        let transport = context.transport();
        let block = Block {
            samples: buffer.samples() as u32,
            sample_rate: self.sample_rate,
            transport: musegan_engine::Transport {
                playing: transport.playing && !bypassed,
                tempo_bpm: transport.tempo,
                pos_beats: transport.pos_beats(),
                loop_beats: transport.loop_range_beats(),
            },
            offline: self.offline,
        };
        let passing = bypassed || self.params.thru.value();
        while let Some(event) = context.next_event() {
            if self.thru.passes(&event, passing) && self.outgoing.len() < THRU_EVENTS {
                self.outgoing.push((event.timing(), event));
            }
        }
        self.unsent_offs.retain(|off| context.try_send_event(note_event(off)).is_err());

        let events = self.player.process(&block, &self.params.controls());
        let mut thru = self.outgoing.iter();
        let mut next_thru = thru.next();
        for event in events {
            while let Some((_, passed)) = next_thru.filter(|(at, _)| *at <= event.at_sample) {
                let _ = context.try_send_event(*passed);
                next_thru = thru.next();
            }
            let sent = context.try_send_event(note_event(event));
            let room = self.unsent_offs.len() < self.unsent_offs.capacity();
            if sent.is_err() && event.kind == EventKind::Off && room {
                self.unsent_offs.push(Event { at_sample: 0, ..*event });
            }
        }
        while let Some((_, passed)) = next_thru {
            let _ = context.try_send_event(*passed);
            next_thru = thru.next();
        }
        self.outgoing.clear();
        self.stage.tell(&self.player.status());
        ProcessStatus::KeepAlive
    }
}

/// The framework's form of an event. No voice is named: key and channel say which note it is.
fn note_event(event: &Event) -> NoteEvent<()> {
    let (timing, voice_id) = (event.at_sample, VoiceID::Wildcard);
    let (channel, key) = (Channel::Number(event.channel), Key::Number(event.key));
    match event.kind {
        EventKind::On { velocity } => {
            let velocity = f32::from(velocity) / 127.0;
            NoteEvent::NoteOn { timing, voice_id, channel, key, velocity }
        }
        EventKind::Off => NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 },
    }
}

/// Which incoming notes were sent on, so that their offs are too, whatever the switch says then.
#[derive(Debug, Default)]
struct Thru {
    sounding: [u128; 16],
}

impl Thru {
    /// Whether an incoming event is to be sent on. Only notes are.
    fn passes(&mut self, event: &NoteEvent<()>, open: bool) -> bool {
        let (NoteEvent::NoteOn { channel, key, .. } | NoteEvent::NoteOff { channel, key, .. }) =
            event
        else {
            return false;
        };
        let (Some(channel), Some(key)) = (channel.number(), key.number()) else { return false };
        let Some(keys) = self.sounding.get_mut(usize::from(channel)) else { return false };
        let bit = 1u128 << (key & 127);
        if matches!(event, NoteEvent::NoteOn { .. }) {
            if open {
                *keys |= bit;
            }
            open
        } else {
            let passed = *keys & bit != 0;
            *keys &= !bit;
            passed
        }
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

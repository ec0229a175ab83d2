//! Shows a CLAP plugin's editor in a plain X11 window while its song rolls at 120 BPM, so that
//! the editor can be looked at without a DAW:
//!
//! ```text
//! cargo run -p musegan-host --example editor -- target/bundled/MuseGAN.clap 20
//! ```
//!
//! The number is for how many seconds. Linux only.

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "target/bundled/MuseGAN.clap".into());
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(20);
    linux::show(&path, seconds)
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("This example needs X11; load the plugin in a DAW instead.");
}

#[cfg(target_os = "linux")]
mod linux {
    use anyhow::Context;
    use clack_extensions::gui::{GuiApiType, GuiConfiguration, PluginGui, Window};
    use clack_host::events::event_types::{TransportEvent, TransportFlags};
    use clack_host::events::{EventFlags, EventHeader};
    use clack_host::prelude::*;
    use clack_host::utils::{BeatTime, SecondsTime};
    use std::time::{Duration, Instant};
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, WindowClass};

    const FRAMES: usize = 512;
    const SAMPLE_RATE: f64 = 48_000.0;
    const TEMPO: f64 = 120.0;
    /// How long the song stands before it rolls, as in a session that was just opened.
    const STANDING_SECONDS: f64 = 0.5;

    struct Shared;
    impl SharedHandler<'_> for Shared {
        fn request_restart(&self) {}
        fn request_process(&self) {}
        fn request_callback(&self) {}
    }
    impl clack_extensions::gui::HostGuiImpl for Shared {
        fn resize_hints_changed(&self) {}
        fn request_resize(
            &self,
            _: clack_extensions::gui::GuiSize,
        ) -> Result<(), clack_host::prelude::HostError> {
            Ok(())
        }
        fn request_show(&self) -> Result<(), clack_host::prelude::HostError> {
            Ok(())
        }
        fn request_hide(&self) -> Result<(), clack_host::prelude::HostError> {
            Ok(())
        }
        fn closed(&self, _: bool) {}
    }

    struct Handlers;
    impl HostHandlers for Handlers {
        type Shared<'a> = Shared;
        type MainThread<'a> = ();
        type AudioProcessor<'a> = ();
        fn declare_extensions(builder: &mut HostExtensions<Self>, _: &Shared) {
            builder.register::<clack_extensions::gui::HostGui>();
        }
    }

    pub fn show(path: &str, seconds: u64) -> anyhow::Result<()> {
        let info = HostInfo::new("musegan-editor", "MuseGAN", "", "1")?;
        // SAFETY: loading a plugin runs its code; the user named it.
        let entry = unsafe { PluginEntry::load(path)? };
        let factory = entry.get_plugin_factory().context("no plugin factory")?;
        let plugin = factory.plugin_descriptors().next().context("no plugin inside")?;
        let id = plugin.id().context("a plugin without an id")?;
        let mut instance = PluginInstance::<Handlers>::new(|_| Shared, |_| (), &entry, id, &info)?;
        let gui = instance.plugin_handle().get_extension::<PluginGui>().context("no editor")?;
        let configuration = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };
        gui.create(&instance.plugin_handle(), configuration)?;
        let size = gui.get_size(&instance.plugin_handle()).context("an editor without a size")?;
        let (connection, window) = open_window(size.width as u16, size.height as u16)?;
        // SAFETY: the window lives until the end of this function, past `destroy`.
        unsafe {
            gui.set_parent(&instance.plugin_handle(), Window::from_x11_handle(window.into()))?;
        }
        let _ = gui.show(&instance.plugin_handle());
        roll(&mut instance, Duration::from_secs(seconds))?;
        gui.destroy(&instance.plugin_handle());
        drop(connection);
        Ok(())
    }

    fn open_window(width: u16, height: u16) -> anyhow::Result<(impl Connection, u32)> {
        let (connection, screen) = x11rb::connect(None).context("no X server; try xvfb-run")?;
        let root = connection.setup().roots.get(screen).context("no screen")?.root;
        let window = connection.generate_id()?;
        let (depth, class) = (x11rb::COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
        let aux = CreateWindowAux::new();
        connection.create_window(depth, window, root, 0, 0, width, height, 0, class, 0, &aux)?;
        connection.map_window(window)?;
        connection.flush()?;
        Ok((connection, window))
    }

    /// Rolls the transport in real time.
    fn roll(instance: &mut PluginInstance<Handlers>, duration: Duration) -> anyhow::Result<()> {
        let configuration = PluginAudioConfiguration {
            sample_rate: SAMPLE_RATE,
            min_frames_count: 1,
            max_frames_count: FRAMES as u32,
        };
        let processor = instance.activate(|_, _| (), configuration)?;
        let mut processor =
            processor.start_processing().map_err(|_| anyhow::anyhow!("it refuses to start"))?;
        let mut input = [[0.0f32; FRAMES]; 2];
        let mut output = [[0.0f32; FRAMES]; 2];
        let mut inputs = AudioPorts::with_capacity(2, 1);
        let mut outputs = AudioPorts::with_capacity(2, 1);
        let since = Instant::now();
        let mut sample = 0u64;
        while since.elapsed() < duration {
            let mut emitted = EventBuffer::new();
            let audio_in = inputs.with_input_buffers([AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_input_only(
                    input.iter_mut().map(InputChannel::constant),
                ),
            }]);
            let mut audio_out = outputs.with_output_buffers([AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_output_only(
                    output.iter_mut().map(|channel| channel.as_mut_slice()),
                ),
            }]);
            processor.process(
                &audio_in,
                &mut audio_out,
                &InputEvents::empty(),
                &mut OutputEvents::from_buffer(&mut emitted),
                Some(sample),
                Some(&transport(sample as f64 / SAMPLE_RATE)),
            )?;
            sample += FRAMES as u64;
            let due = Duration::from_secs_f64(sample as f64 / SAMPLE_RATE);
            std::thread::sleep(due.saturating_sub(since.elapsed()));
        }
        instance.deactivate(processor.stop_processing());
        Ok(())
    }

    fn transport(seconds: f64) -> TransportEvent {
        let seconds = (seconds - STANDING_SECONDS).max(0.0);
        let playing =
            if seconds > 0.0 { TransportFlags::IS_PLAYING } else { TransportFlags::empty() };
        let beats = seconds * TEMPO / 60.0;
        TransportEvent {
            header: EventHeader::new_core(0, EventFlags::empty()),
            flags: TransportFlags::HAS_TEMPO | TransportFlags::HAS_BEATS_TIMELINE | playing,
            song_pos_beats: BeatTime::from_float(beats),
            song_pos_seconds: SecondsTime::from_float(seconds),
            tempo: TEMPO,
            tempo_inc: 0.0,
            loop_start_beats: BeatTime::from_int(0),
            loop_end_beats: BeatTime::from_int(0),
            loop_start_seconds: SecondsTime::from_int(0),
            loop_end_seconds: SecondsTime::from_int(0),
            bar_start: BeatTime::from_int(0),
            bar_number: 0,
            time_signature_numerator: 4,
            time_signature_denominator: 4,
        }
    }
}

//! Shows a CLAP plugin's editor in a plain X11 window while its song rolls, so that it can be
//! looked at without a DAW, or opens and closes it again and again:
//!
//! ```text
//! cargo run -p musegan-host --example editor -- target/bundled/MuseGAN.clap
//! cargo run -p musegan-host --example editor -- target/bundled/MuseGAN.clap --times 1000
//! ```
//!
//! Linux only. Without a screen, put `xvfb-run -s '-screen 0 1280x800x24'` in front.

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    linux::show(&clap::Parser::parse())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("This example needs X11; load the plugin in a DAW instead.");
}

#[cfg(target_os = "linux")]
mod linux {
    use anyhow::{Context, bail, ensure};
    use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window};
    use clack_extensions::state::PluginState;
    use clack_host::events::event_types::{TransportEvent, TransportFlags};
    use clack_host::events::{EventFlags, EventHeader};
    use clack_host::prelude::*;
    use clack_host::utils::{BeatTime, SecondsTime};
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::time::{Duration, Instant};
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, WindowClass};
    use x11rb::rust_connection::RustConnection;

    const FRAMES: usize = 512;
    const SAMPLE_RATE: f64 = 48_000.0;
    const TEMPO: f64 = 120.0;
    /// How long the song stands before it rolls, as in a session that was just opened.
    const STANDING_SECONDS: f64 = 0.5;
    /// How long an editor stays open when it is opened again and again.
    const GLANCE: Duration = Duration::from_millis(60);
    /// How long its threads may take to end when it is closed.
    const FAREWELL: Duration = Duration::from_secs(2);
    /// What the process may grow by with each opening: the window library of MuseGAN's editor,
    /// baseview 0.4.2, does not free the keyboard's layout, 60 KiB.
    const GROWTH_BYTES: u64 = 96 << 10;
    /// What a process may grow by besides, by chance.
    const CHANCE_BYTES: u64 = 16 << 20;

    /// What to load and how long to look at it.
    #[derive(Debug, clap::Parser)]
    pub struct Arguments {
        /// The plugin.
        #[arg(default_value = "target/bundled/MuseGAN.clap")]
        plugin: PathBuf,
        /// For how many seconds the editor is open.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        /// Open and close it so often instead, and fail if the process grows by that.
        #[arg(long)]
        times: Option<u32>,
        /// State to load first, as the JSON text that the plugin saves.
        #[arg(long)]
        state: Option<String>,
        /// Time signature of the song.
        #[arg(long, default_value = "4/4")]
        meter: String,
    }

    struct Shared;
    impl SharedHandler<'_> for Shared {
        fn request_restart(&self) {}
        fn request_process(&self) {}
        fn request_callback(&self) {}
    }
    impl clack_extensions::gui::HostGuiImpl for Shared {
        fn resize_hints_changed(&self) {}
        fn request_resize(&self, _: GuiSize) -> Result<(), HostError> {
            Ok(())
        }
        fn request_show(&self) -> Result<(), HostError> {
            Ok(())
        }
        fn request_hide(&self) -> Result<(), HostError> {
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

    pub fn show(arguments: &Arguments) -> anyhow::Result<()> {
        let meter = arguments.meter.split_once('/').context("a time signature like 7/8")?;
        let meter = (meter.0.parse()?, meter.1.parse()?);
        let info = HostInfo::new("musegan-editor", "MuseGAN", "", "1")?;
        let path = arguments.plugin.to_str().context("a path that is no text")?;
        // SAFETY: loading a plugin runs its code; the user named it.
        let entry = unsafe { PluginEntry::load(path)? };
        let factory = entry.get_plugin_factory().context("no plugin factory")?;
        let plugin = factory.plugin_descriptors().next().context("no plugin inside")?;
        let id = plugin.id().context("a plugin without an id")?;
        let mut instance = PluginInstance::<Handlers>::new(|_| Shared, |_| (), &entry, id, &info)?;
        if let Some(text) = &arguments.state {
            load_state(&mut instance, text)?;
        }
        let configuration = PluginAudioConfiguration {
            sample_rate: SAMPLE_RATE,
            min_frames_count: 1,
            max_frames_count: FRAMES as u32,
        };
        let processor = instance.activate(|_, _| (), configuration)?;
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let audio = scope.spawn(|| roll(processor.into(), meter, &over));
            let shown = match arguments.times {
                Some(times) => again_and_again(&mut instance, times),
                None => once(&mut instance, Duration::from_secs(arguments.seconds)),
            };
            over.store(true, Relaxed);
            let processor =
                audio.join().map_err(|_| anyhow::anyhow!("the audio thread failed"))??;
            instance.deactivate(processor);
            shown
        })
    }

    fn load_state(instance: &mut PluginInstance<Handlers>, text: &str) -> anyhow::Result<()> {
        let handle = instance.plugin_handle();
        let state = handle.get_extension::<PluginState>().context("no state")?;
        // The framework puts the length ahead of the text.
        let bytes = [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        Ok(state.load(&handle, &mut bytes.as_slice())?)
    }

    fn once(instance: &mut PluginInstance<Handlers>, duration: Duration) -> anyhow::Result<()> {
        let (connection, window) = open_window(instance)?;
        open(instance, window)?;
        std::thread::sleep(duration);
        close(instance)?;
        drop(connection);
        Ok(())
    }

    fn again_and_again(instance: &mut PluginInstance<Handlers>, times: u32) -> anyhow::Result<()> {
        let (connection, window) = open_window(instance)?;
        let usual = threads()?;
        let mut half = 0;
        for time in 1..=times {
            open(instance, window)?;
            // Now and then it is closed before anything can have been seen of it.
            if time % 4 != 0 {
                std::thread::sleep(GLANCE);
            }
            close(instance)?;
            let since = Instant::now();
            while threads()? > usual {
                ensure!(since.elapsed() < FAREWELL, "a thread outlives the editor");
                std::thread::sleep(Duration::from_millis(1));
            }
            if time == times / 2 {
                half = memory_bytes()?;
            }
            if time % 100 == 0 {
                println!("{time} times: {} KiB", memory_bytes()? >> 10);
            }
        }
        drop(connection);
        let grown = memory_bytes()?.saturating_sub(half);
        let allowed = CHANCE_BYTES + GROWTH_BYTES * u64::from(times - times / 2);
        ensure!(grown < allowed, "the process grew by {} KiB in the second half", grown >> 10);
        Ok(())
    }

    fn open(instance: &mut PluginInstance<Handlers>, window: u32) -> anyhow::Result<()> {
        let handle = instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().context("no editor")?;
        let configuration = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };
        gui.create(&handle, configuration)?;
        // SAFETY: the window outlives the editor, which is closed before its connection.
        unsafe { gui.set_parent(&handle, Window::from_x11_handle(window.into()))? };
        let _ = gui.show(&handle);
        Ok(())
    }

    fn close(instance: &mut PluginInstance<Handlers>) -> anyhow::Result<()> {
        let handle = instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().context("no editor")?;
        gui.destroy(&handle);
        Ok(())
    }

    /// A window of the size that the editor says.
    fn open_window(
        instance: &mut PluginInstance<Handlers>,
    ) -> anyhow::Result<(RustConnection, u32)> {
        let handle = instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().context("no editor")?;
        let configuration = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };
        gui.create(&handle, configuration)?;
        let size = gui.get_size(&handle);
        gui.destroy(&handle);
        let GuiSize { width, height } = size.context("an editor without a size")?;
        let (connection, screen) = x11rb::connect(None).context("no X server; try xvfb-run")?;
        let root = connection.setup().roots.get(screen).context("no screen")?.root;
        let window = connection.generate_id()?;
        let (depth, class) = (x11rb::COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
        let (width, height) = (width as u16, height as u16);
        let aux = CreateWindowAux::new();
        connection.create_window(depth, window, root, 0, 0, width, height, 0, class, 0, &aux)?;
        connection.map_window(window)?;
        connection.flush()?;
        Ok((connection, window))
    }

    fn memory_bytes() -> anyhow::Result<u64> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(number.parse::<u64>()? << 10)
    }

    fn threads() -> anyhow::Result<usize> {
        Ok(std::fs::read_dir("/proc/self/task")?.count())
    }

    /// Rolls the transport in real time until it is over.
    fn roll(
        processor: PluginAudioProcessor<Handlers>,
        meter: (u16, u16),
        over: &AtomicBool,
    ) -> anyhow::Result<StoppedPluginAudioProcessor<Handlers>> {
        let PluginAudioProcessor::Stopped(processor) = processor else { bail!("it processes") };
        let mut processor =
            processor.start_processing().map_err(|_| anyhow::anyhow!("it refuses to start"))?;
        let mut input = [[0.0f32; FRAMES]; 2];
        let mut output = [[0.0f32; FRAMES]; 2];
        let mut inputs = AudioPorts::with_capacity(2, 1);
        let mut outputs = AudioPorts::with_capacity(2, 1);
        let since = Instant::now();
        let mut sample = 0u64;
        while !over.load(Relaxed) {
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
                Some(&transport(sample as f64 / SAMPLE_RATE, meter)),
            )?;
            sample += FRAMES as u64;
            let due = Duration::from_secs_f64(sample as f64 / SAMPLE_RATE);
            std::thread::sleep(due.saturating_sub(since.elapsed()));
        }
        Ok(processor.stop_processing())
    }

    fn transport(seconds: f64, meter: (u16, u16)) -> TransportEvent {
        let seconds = (seconds - STANDING_SECONDS).max(0.0);
        let playing =
            if seconds > 0.0 { TransportFlags::IS_PLAYING } else { TransportFlags::empty() };
        let beats = seconds * TEMPO / 60.0;
        let bar_beats = 4.0 * f64::from(meter.0) / f64::from(meter.1);
        let bar = (beats / bar_beats).floor();
        TransportEvent {
            header: EventHeader::new_core(0, EventFlags::empty()),
            flags: TransportFlags::HAS_TEMPO
                | TransportFlags::HAS_BEATS_TIMELINE
                | TransportFlags::HAS_TIME_SIGNATURE
                | playing,
            song_pos_beats: BeatTime::from_float(beats),
            song_pos_seconds: SecondsTime::from_float(seconds),
            tempo: TEMPO,
            tempo_inc: 0.0,
            loop_start_beats: BeatTime::from_int(0),
            loop_end_beats: BeatTime::from_int(0),
            loop_start_seconds: SecondsTime::from_int(0),
            loop_end_seconds: SecondsTime::from_int(0),
            bar_start: BeatTime::from_float(bar * bar_beats),
            bar_number: bar as i32,
            time_signature_numerator: meter.0,
            time_signature_denominator: meter.1,
        }
    }
}

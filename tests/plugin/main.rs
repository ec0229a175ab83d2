//! The built plugin, as a host meets it: the CLAP and VST3 bundles are loaded, a transport rolls,
//! and a ledger keeps account of every note. Nothing in here knows how the plugin works inside.
//!
//! The bundles come from `cargo xtask test`; `cargo xtask test --fast -- --test plugin` builds
//! them and runs these tests alone.
//!
//! What hosts do to a MIDI effect, and where it is tested in both formats:
//!
//! | what a host does | tests |
//! |---|---|
//! | stops | `notes::after_stop_…` |
//! | pauses in mid note and resumes | `transport::resuming_…` |
//! | loops: inside a block, off the bar line, shorter than a bar, by a tick | `transport::a_loop_…`, `loops_…` |
//! | calls twice for one callback, tells the jump a block late | `transport::a_loop_…`, `a_host_that_tells_the_jump_…` |
//! | seeks: playing, standing, before the start, a million bars in | `transport::seeking_…`, `count_ins_…` |
//! | plays again and again without a stop | `transport::playing_pressed_…` |
//! | steps and ramps the tempo, changes it inside a block, names none | `transport::tempo_…`, `nonsense` |
//! | has any metre, changes it, names no bar line | `metre` |
//! | has no transport | `nonsense::without_any_transport_…` |
//! | bypasses | `input::bypassing_…` |
//! | mutes, transposes, changes channels or seed while notes sound | `controls`, `automation` |
//! | has any sample rate and block length, or none | `notes::every_event_…`, `the_sample_rate_…`, `nonsense::blocks_of_no_samples_…` |
//! | renders: announced or not, as live | `notes::what_is_heard_live_…`, `an_export_…`, `transport::hosts_that_run_ahead_…` |
//! | duplicates the track | `instances`, `state::instances_come_and_go_…` |
//! | saves and opens, with states of other versions and of noise | `state` |
//! | opens the editor a thousand times, or never | `musegan-host`'s example `editor --times 1000`; all tests |
//! | plays while the worker stalls or panics, while files go | `weights`, `tests/worker` |
//! | has a graphics card that comes, goes or fails | `device`, `tests/worker` |
//! | plays for a day | `cargo xtask soak` |
//! | stands idle | `cargo xtask bench` |
//! | regenerates, locks, types chords | `band`, `state` |
//! | sends notes in | `input`, `band` |
//! | takes fewer events than there are | `queue` |
#![allow(clippy::unwrap_used)]

mod automation;
mod band;
mod controls;
mod device;
// The worker's tests need more of it.
#[allow(dead_code)]
#[path = "../worker/emulated.rs"]
mod emulated;
mod hosted;
mod input;
mod instances;
mod metre;
mod nonsense;
mod notes;
mod queue;
mod state;
mod transport;
mod weights;

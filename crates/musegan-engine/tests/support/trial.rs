//! One session on trial: the player's answers against the oracle's; and how a session that fails
//! is cut down to the calls and settings that matter.
use super::call::Call;
use super::host;
use super::machine::Machine;
use super::oracle::{self, Stream};
use super::song::Songbook;
use musegan_engine::Controls;

/// Events of a block that surely fit into it. Of more the player leaves out notes, which the oracle
/// knows nothing of.
const FIT: usize = 3500;

/// Plays a session through a new player and compares. `None` for a session that no trial can be
/// about: too much of a tiny loop in one block.
///
/// # Errors
/// Says what is wrong, and where.
pub fn judge(calls: &[Call], songs: &mut Songbook) -> Result<Option<Counts>, String> {
    let (expected, needs) = oracle::foretell(calls, songs);
    if most_in_a_call(calls, &expected) > FIT {
        return Ok(None);
    }
    let mut machine = Machine::default();
    let mut needs = needs.iter().peekable();
    for (index, call) in calls.iter().enumerate() {
        machine.answer(songs);
        while let Some(need) = needs.next_if(|need| need.call == index) {
            machine.provide(need, songs).map_err(|why| format!("call {index}: {why}"))?;
        }
        machine.call(call).map_err(|why| format!("call {index}: {why}"))?;
    }
    let rests = machine.status().rested_steps;
    let heard = machine.stream();
    if let Some(what) = difference(calls, &heard, &expected) {
        return Err(format!("{what} ({rests} steps rested)"));
    }
    if !machine.sounding().is_empty() {
        return Err(format!("left sounding: {:?}", machine.sounding()));
    }
    Ok(Some(Counts { events: heard.len() as u64, calls: calls.len() as u64 }))
}

/// What a trial was about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub calls: u64,
    pub events: u64,
}

fn most_in_a_call(calls: &[Call], stream: &Stream) -> usize {
    let mut end = 0;
    let ends = calls.iter().map(|call| {
        end += i64::from(call.block.samples);
        stream.partition_point(|event| event.0 < end)
    });
    let mut before = 0;
    ends.map(|end| end - std::mem::replace(&mut before, end)).max().unwrap_or(0)
}

fn difference(calls: &[Call], heard: &Stream, expected: &Stream) -> Option<String> {
    let first = (0..heard.len().max(expected.len())).find(|&i| heard.get(i) != expected.get(i))?;
    let near = |stream: &Stream| {
        stream[first.min(stream.len())..].iter().take(4).copied().collect::<Stream>()
    };
    let clock = [heard, expected].into_iter().filter_map(|s| s.get(first)).map(|e| e.0).min()?;
    let mut before = 0;
    let call = calls.iter().position(|call| {
        before += i64::from(call.block.samples);
        clock < before
    });
    Some(format!(
        "event {first}, in call {call:?}: heard {:?}, expected {:?}",
        near(heard),
        near(expected)
    ))
}

/// The session of a number, and if it fails what is wrong and a short session that fails too.
///
/// # Errors
/// A text for people.
pub fn try_session(number: u64, songs: &mut Songbook) -> Result<Option<Counts>, String> {
    let calls = host::session(number);
    judge(&calls, songs).map_err(|why| {
        let short = shortened(&calls, songs);
        let now = judge(&short, songs).err();
        let listed = short.iter().zip(0..).map(|(call, index)| {
            let same = index > 0 && short[index - 1].controls == call.controls;
            let controls =
                if same { "the same".to_owned() } else { format!("{:?}", call.controls) };
            let reset = if call.reset { "reset, " } else { "" };
            format!("{reset}{:?}\n  keys {:?}\n  controls {controls}", call.block, call.keys)
        });
        let listed: Vec<String> = listed.collect();
        format!(
            "session {number}: {why}\nshortened: {}\n{}",
            now.unwrap_or_default(),
            listed.join("\n")
        )
    })
}

/// Leaves out and simplifies what a failure does not need.
fn shortened(calls: &[Call], songs: &mut Songbook) -> Vec<Call> {
    let mut calls = calls.to_vec();
    let mut fails = |calls: &[Call]| judge(calls, songs).is_err();
    for length in [16, 8, 4, 2, 1, 1] {
        let mut first = 0;
        while first + 1 < calls.len() {
            let mut fewer = calls.clone();
            fewer.drain(first..(first + length).min(calls.len() - 1));
            if fails(&fewer) {
                calls = fewer;
            } else {
                first += length;
            }
        }
    }
    for simplify in SIMPLIFICATIONS {
        // First everywhere at once, so that no change of a control is brought about.
        let everywhere: Vec<Call> = calls
            .iter()
            .cloned()
            .map(|mut call| {
                simplify(&mut call);
                call
            })
            .collect();
        if fails(&everywhere) {
            calls = everywhere;
            continue;
        }
        for index in 0..calls.len() {
            let mut simpler = calls.clone();
            simplify(&mut simpler[index]);
            if fails(&simpler) {
                calls = simpler;
            }
        }
    }
    calls
}

const SIMPLIFICATIONS: [fn(&mut Call); 14] = [
    |call| call.reset = false,
    |call| call.keys.clear(),
    |call| call.controls = Controls { density: 1.0, ..Controls::default() },
    |call| call.controls.swing = 0.0,
    |call| call.controls.humanise = 0.0,
    |call| call.controls.listens = false,
    |call| call.controls.scale = musegan_score::PitchClasses::default(),
    |call| call.controls.tracks = Default::default(),
    |call| call.controls.transpose = 0,
    |call| call.controls.output = musegan_engine::Output::All,
    |call| call.controls.composition = musegan_score::Composition::default(),
    |call| call.block.transport.loop_beats = None,
    |call| call.block.transport.meter = None,
    |call| call.block.transport.bar_start_beats = None,
];

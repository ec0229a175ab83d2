//! What is set in the plugin's parameters and typed as a chart is what the composer is asked for.
use crate::stand::Stand;
use musegan::params::BandParams;
use musegan::state::DeviceChoice;
use musegan::worker::Composer;
use musegan_engine::PhraseKey;
use musegan_score::{Composition, Phrase, Take, Takes, Track};
use nice_plug::prelude::Params;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Writes down what it is asked for.
#[derive(Clone, Default)]
struct Scribe(Arc<Mutex<Vec<PhraseKey>>>);

impl Composer for Scribe {
    fn load(&mut self, _: &[u8], _: &str) -> anyhow::Result<String> {
        Ok(String::new())
    }

    fn compose(&mut self, key: PhraseKey) -> anyhow::Result<Phrase> {
        self.0.lock().unwrap().push(key);
        Ok(Phrase::default())
    }

    fn revive(&mut self) {}
}

/// Sets a parameter as a host does.
fn set(params: &BandParams, id: &str, normalized: f32) {
    let map = params.param_map();
    let (_, param, _) = map.iter().find(|(known, ..)| known == id).unwrap();
    // SAFETY: the parameters outlive their map.
    unsafe { param._internal_set_normalized_value(normalized) };
}

/// Plays a bar and the next one's first step, and gives what is then in force.
fn in_force(stand: &mut Stand, params: &BandParams) -> Composition {
    stand.controls = params.controls(params.chart.reader().read());
    (0..17).for_each(|_| drop(stand.step(Duration::from_secs(20))));
    stand.player.status().key.composition
}

#[test]
fn chords_locks_and_takes_reach_the_composer_at_the_next_bar_line() {
    let (scribe, params) = (Scribe::default(), BandParams::default());
    let mut stand = Stand::of(scribe.clone(), DeviceChoice::default());
    assert_eq!(in_force(&mut stand, &params), Composition::default());

    params.chart.write("C | Am7 F | G7").unwrap();
    let progression = "C | Am7 F | G7".parse().unwrap();
    let written = Composition { progression, ..Composition::default() };
    assert_eq!(in_force(&mut stand, &params), written);

    params.chart.write("C | Hm7").unwrap_err();
    assert_eq!(in_force(&mut stand, &params), written, "the last good chart plays on");

    set(&params, "piano_take", 3.0 / 99.0);
    let another = Take { number: 3, locked: None };
    let takes = Takes::default().with(Track::Piano, another);
    assert_eq!(in_force(&mut stand, &params), Composition { takes, ..written });

    set(&params, "bass_lock_at", 4711.0 / 9999.0);
    assert_eq!(in_force(&mut stand, &params).takes, takes, "not locked yet");
    set(&params, "bass_lock", 1.0);
    set(&params, "seed", 1.0);
    let takes = takes.with(Track::Bass, Take { number: 0, locked: Some(4711) });
    let locked = Composition { seed: 9999, takes, ..written };
    assert_eq!(in_force(&mut stand, &params), locked);

    let asked = scribe.0.lock().unwrap();
    assert!(asked.iter().any(|key| key.composition == locked));
}

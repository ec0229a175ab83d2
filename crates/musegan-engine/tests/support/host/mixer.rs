//! Whoever turns the controls and plays the keys of a session.
use super::super::dice::Dice;
use musegan_engine::{ChannelMap, Controls, KeyChange, Output, TrackControls};
use musegan_score::pitch_class::Mode;
use musegan_score::{PitchClasses, Track};

const SEEDS: u64 = 4;
const MODES: [Mode; 4] = [Mode::Major, Mode::Minor, Mode::MinorPentatonic, Mode::Blues];

pub struct Mixer {
    pub controls: Controls,
    /// Probability that something is turned before a call.
    turning: f64,
    /// Probability that keys are played in a call.
    playing: f64,
}

impl Mixer {
    pub fn draw(dice: &mut Dice) -> Self {
        let mut mixer = Self {
            controls: Controls { density: dice.share() as f32, ..Controls::default() },
            turning: dice.pick(&[0.0, 0.05, 0.5]),
            playing: 0.0,
        };
        mixer.controls.composition.seed = dice.below(SEEDS);
        for _ in 0..dice.pick(&[0, 2, 6, 12]) {
            mixer.turn(dice);
        }
        if dice.chance(0.3) {
            mixer.controls.listens = true;
            mixer.playing = 0.4;
        }
        mixer
    }

    pub fn touch(&mut self, dice: &mut Dice) {
        while dice.chance(self.turning) {
            self.turn(dice);
        }
    }

    /// Turns one control.
    fn turn(&mut self, dice: &mut Dice) {
        let controls = &mut self.controls;
        let track = dice.pick(&Track::ALL);
        let of_track = &mut controls.tracks[track.index()];
        let share = dice.pick(&[0.0, 1.0, 2.0 / 3.0, dice.clone().share() as f32]);
        match dice.below(15) {
            0 | 1 => controls.composition.seed = dice.below(SEEDS),
            2 => controls.composition.temperature = dice.pick(&[1.0, 0.5]),
            3 => controls.density = share,
            14 => controls.model = dice.below(2) as u32,
            4 => controls.swing = share,
            5 => controls.humanise = share,
            6 => controls.transpose = dice.whole(-24, 24) as i8,
            7 => controls.scale = dice.pick(&MODES).on(dice.below(12) as u8),
            8 => controls.scale = PitchClasses::default(),
            9 => of_track.on = !of_track.on,
            10 => of_track.octave = dice.whole(-4, 4) as i8,
            11 => of_track.velocity = share * 2.0,
            12 => {
                controls.channels = dice.pick(&[ChannelMap::OneToFive, ChannelMap::DrumsOnTen]);
                controls.output = dice.pick(&[Output::All, Output::All, Output::One(track)]);
            }
            _ => controls.tracks = [TrackControls::default(); Track::COUNT],
        }
        if self.playing > 0.0 && dice.chance(0.1) {
            controls.listens = !controls.listens;
        }
    }

    /// Keys pressed and released in a block, sometimes past its end.
    pub fn keys(&self, dice: &mut Dice, samples: u32) -> Vec<KeyChange> {
        if !dice.chance(self.playing) {
            return Vec::new();
        }
        let mut keys: Vec<KeyChange> = (0..dice.whole(1, 6))
            .map(|_| KeyChange {
                at_sample: dice.below(u64::from(samples) + 2) as u32,
                key: dice.pick(&[0, 36, 48, 52, 53, 55, 57, 60, 64, 67, 127, 200]),
                pressed: dice.chance(0.6),
            })
            .collect();
        keys.sort_by_key(|change| change.at_sample);
        keys
    }
}

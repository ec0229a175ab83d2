//! The audio buffers of all buses, as the pointers to pointers that VST3 takes.
use vst3::Steinberg::Vst::{AudioBusBuffers, AudioBusBuffers__type0};

/// Silent inputs, and outputs to be written to; they stay where they are in memory.
#[derive(Default)]
pub(super) struct Buses {
    /// Inputs, then outputs.
    directions: [Vec<AudioBusBuffers>; 2],
    /// The channels of each bus, one pointer for each channel.
    _pointers: Vec<Vec<*mut f32>>,
    _samples: Vec<Vec<f32>>,
    frames: usize,
}

// SAFETY: the pointers go to the samples, which are owned here and move with them.
unsafe impl Send for Buses {}

impl Buses {
    /// For each direction and bus the number of channels.
    pub fn new(channels: &[Vec<usize>; 2], frames: usize) -> Self {
        let mut buses = Self { frames, ..Self::default() };
        for (direction, counts) in channels.iter().enumerate() {
            for &count in counts {
                let mut samples: Vec<_> = (0..count).map(|_| vec![0.0; frames]).collect();
                let mut pointers: Vec<_> = samples.iter_mut().map(|s| s.as_mut_ptr()).collect();
                buses.directions[direction].push(AudioBusBuffers {
                    numChannels: count as i32,
                    silenceFlags: 0,
                    __field0: AudioBusBuffers__type0 { channelBuffers32: pointers.as_mut_ptr() },
                });
                buses._pointers.push(pointers);
                buses._samples.append(&mut samples);
            }
        }
        buses
    }

    /// The most samples of a block.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// How many buses there are in and out, and where they are.
    pub fn lend(&mut self) -> [(i32, *mut AudioBusBuffers); 2] {
        let [inputs, outputs] = &mut self.directions;
        [inputs, outputs].map(|buses| (buses.len() as i32, buses.as_mut_ptr()))
    }
}

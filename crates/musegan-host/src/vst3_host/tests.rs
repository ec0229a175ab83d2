//! What a plugin sees of this host, told by a plugin in this file that keeps what it sees.
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};

use vst3::Steinberg::Vst::ProcessContext_::StatesAndFlags_ as Flags;
use vst3::Steinberg::Vst::{
    BusDirection, Event, Event_::EventTypes_, IAudioProcessor, IAudioProcessorTrait,
    IEventListTrait, IParamValueQueueTrait, IParameterChangesTrait, ProcessContext, ProcessData,
    ProcessModes_, ProcessSetup, SpeakerArrangement, SymbolicSampleSizes_,
};
use vst3::Steinberg::{
    IBStream_::IStreamSeekMode_, IBStreamTrait, TBool, kInvalidArgument, kResultFalse, kResultOk,
    tresult,
};
use vst3::{Class, ComRef, ComWrapper};

use super::buses::Buses;
use super::processor::Vst3Processor;
use super::stream::ByteStream;
use crate::block::{Block, Emitted, Kind, NoteEvent, ParameterChange, Transport, TransportEvent};
use crate::host::Processor;

/// One call of process.
#[derive(Clone, Default)]
struct Call {
    samples: i32,
    mode: i32,
    context: Option<ProcessContext>,
    points: Vec<(u32, i32, f64)>,
    notes: Vec<(i32, u16)>,
    answers: Vec<tresult>,
}

/// Keeps what it is told, and sends as many notes as it was made for.
struct Spy {
    calls: Arc<Mutex<Vec<Call>>>,
    sends: usize,
}

impl Class for Spy {
    type Interfaces = (IAudioProcessor,);
}

impl IAudioProcessorTrait for Spy {
    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        // SAFETY: the host gives data whose pointers are good for this call, or null.
        unsafe {
            let data = &*data;
            let mut call = Call {
                samples: data.numSamples,
                mode: data.processMode,
                context: data.processContext.as_ref().copied(),
                ..Call::default()
            };
            let changes = ComRef::from_raw(data.inputParameterChanges).unwrap();
            for index in 0..changes.getParameterCount() {
                let queue = ComRef::from_raw(changes.getParameterData(index)).unwrap();
                for point in 0..queue.getPointCount() {
                    let (mut at, mut value) = (0, 0.0);
                    assert_eq!(queue.getPoint(point, &mut at, &mut value), kResultOk);
                    call.points.push((queue.getParameterId(), at, value));
                }
            }
            let input = ComRef::from_raw(data.inputEvents).unwrap();
            let mut event: Event = std::mem::zeroed();
            for index in 0..input.getEventCount() {
                assert_eq!(input.getEvent(index, &mut event), kResultOk);
                call.notes.push((event.sampleOffset, event.r#type));
            }
            assert_eq!(input.getEvent(input.getEventCount(), &mut event), kInvalidArgument);
            let output = ComRef::from_raw(data.outputEvents).unwrap();
            for index in 0..self.sends {
                let mut event: Event = std::mem::zeroed();
                event.sampleOffset = index as i32;
                event.__field0.noteOn.pitch = 60;
                call.answers.push(output.addEvent(&mut event));
            }
            self.calls.lock().unwrap().push(call);
        }
        kResultOk
    }

    unsafe fn setProcessing(&self, _: TBool) -> tresult {
        kResultOk
    }
    unsafe fn setBusArrangements(
        &self,
        _: *mut SpeakerArrangement,
        _: i32,
        _: *mut SpeakerArrangement,
        _: i32,
    ) -> tresult {
        kResultOk
    }
    unsafe fn getBusArrangement(
        &self,
        _: BusDirection,
        _: i32,
        _: *mut SpeakerArrangement,
    ) -> tresult {
        kResultOk
    }
    unsafe fn canProcessSampleSize(&self, _: i32) -> tresult {
        kResultOk
    }
    unsafe fn getLatencySamples(&self) -> u32 {
        0
    }
    unsafe fn setupProcessing(&self, _: *mut ProcessSetup) -> tresult {
        kResultOk
    }
    unsafe fn getTailSamples(&self) -> u32 {
        0
    }
}

/// A processor with a spy in it that sends so many notes, what the spy hears, and the way from
/// the main thread.
fn spied(sends: usize) -> (Vst3Processor, Arc<Mutex<Vec<Call>>>, Sender<ParameterChange>) {
    let calls = Arc::default();
    let spy = ComWrapper::new(Spy { calls: Arc::clone(&calls), sends });
    let (sender, waiting) = mpsc::channel();
    let mut processor = Vst3Processor::new(spy.to_com_ptr().unwrap(), waiting);
    let setup = ProcessSetup {
        processMode: ProcessModes_::kOffline as i32,
        symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
        maxSamplesPerBlock: 512,
        sampleRate: 48_000.0,
    };
    processor.start(Buses::new(&[vec![2], vec![2]], 512), setup).unwrap();
    (processor, calls, sender)
}

/// What the spy hears of one block.
fn heard(block: &Block<'_>) -> Call {
    let (mut processor, calls, _) = spied(0);
    processor.process(block, &mut Emitted::default()).unwrap();
    calls.lock().unwrap().remove(0)
}

#[test]
fn every_value_of_the_transport_arrives_with_its_flag() {
    let transport = Transport {
        playing: true,
        position_beats: Some(9.5),
        position_seconds: Some(2.0),
        tempo: Some(f64::INFINITY),
        meter: Some((-7, 8)),
        bar_start_beats: Some(7.0),
        bar_number: Some(2),
        loop_beats: Some((4.0, 1.0)),
    };
    let call = heard(&Block { frames: 64, transport: Some(transport), ..Block::default() });
    let context = call.context.unwrap();
    let flags = Flags::kPlaying
        | Flags::kProjectTimeMusicValid
        | Flags::kTempoValid
        | Flags::kTimeSigValid
        | Flags::kBarPositionValid
        | Flags::kCycleValid
        | Flags::kCycleActive
        | Flags::kContTimeValid;
    assert_eq!(i64::from(context.state), i64::from(flags));
    assert_eq!((context.projectTimeMusic, context.projectTimeSamples), (9.5, 96_000));
    assert_eq!((context.tempo, context.barPositionMusic), (f64::INFINITY, 7.0));
    assert_eq!((context.timeSigNumerator, context.timeSigDenominator), (-7, 8));
    assert_eq!((context.cycleStartMusic, context.cycleEndMusic), (4.0, 1.0));
    assert_eq!((call.samples, call.mode), (64, ProcessModes_::kOffline as i32));
}

#[test]
fn what_is_left_out_has_no_flag_and_no_transport_is_no_context() {
    let nothing = heard(&Block { transport: Some(Transport::default()), ..Block::default() });
    let state = nothing.context.unwrap().state;
    assert_eq!(i64::from(state), i64::from(Flags::kContTimeValid));
    assert_eq!(nothing.samples, 0);
    assert!(heard(&Block::default()).context.is_none());
}

#[test]
fn several_values_of_a_parameter_arrive_at_their_samples_behind_those_of_the_main_thread() {
    let (mut processor, calls, sender) = spied(0);
    let change = |at, id, value| ParameterChange { at, id, value };
    sender.send(change(0, 7, 0.9)).unwrap();
    let changes = [change(0, 7, 0.1), change(5, 8, 0.2), change(300, 7, 0.3)];
    let note = |at, kind| NoteEvent { at, kind, channel: 1, key: 60, velocity: 0.5 };
    let notes = [note(1, Kind::On), note(511, Kind::Off)];
    let block = Block { frames: 512, changes: &changes, notes: &notes, ..Block::default() };
    for _ in 0..2 {
        processor.process(&block, &mut Emitted::default()).unwrap();
    }
    let calls = calls.lock().unwrap();
    let block_alone = [(7, 0, 0.1), (7, 300, 0.3), (8, 5, 0.2)];
    assert_eq!(calls[0].points, [&[(7, 0, 0.9)], &block_alone[..]].concat());
    assert_eq!(calls[1].points, block_alone);
    let (on, off) = (EventTypes_::kNoteOnEvent as u16, EventTypes_::kNoteOffEvent as u16);
    assert_eq!(calls[0].notes, [(1, on), (511, off)]);
}

#[test]
fn a_full_list_refuses_events_and_the_next_block_has_room_again() {
    let (mut processor, calls, _) = spied(3);
    let mut emitted = Emitted::default();
    let block = Block { frames: 8, queue_limit: Some(2), ..Block::default() };
    for _ in 0..2 {
        processor.process(&block, &mut emitted).unwrap();
        assert_eq!((emitted.notes.len(), emitted.refused), (2, 1));
    }
    assert_eq!(calls.lock().unwrap()[1].answers, [kResultOk, kResultOk, kResultFalse]);
    processor.process(&Block { frames: 8, ..Block::default() }, &mut emitted).unwrap();
    assert_eq!((emitted.notes.len(), emitted.refused), (3, 0));
}

#[test]
fn what_cannot_be_said_in_the_format_or_is_too_long_is_refused() {
    let (mut processor, _, _) = spied(0);
    let transports = [TransportEvent { at: 1, transport: Transport::default() }];
    for (block, reason) in [
        (Block { frames: 8, transports: &transports, ..Block::default() }, "no transport inside"),
        (Block { frames: 513, ..Block::default() }, "513 samples, activated for at most 512"),
    ] {
        let error = processor.process(&block, &mut Emitted::default()).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_stream_gives_back_what_was_written_from_any_position() {
    let stream = ComWrapper::new(ByteStream::new(Vec::new()));
    let (mut text, mut done, mut position) = (*b"state", 0, 0);
    // SAFETY: the buffers are as long as said.
    unsafe {
        stream.write(text.as_mut_ptr().cast(), 5, &mut done);
        assert_eq!(stream.seek(-3, IStreamSeekMode_::kIBSeekEnd as i32, &mut position), kResultOk);
        assert_eq!((done, position), (5, 2));
        let mut read = [0u8; 8];
        assert_eq!(stream.read(read.as_mut_ptr().cast(), 8, &mut done), kResultOk);
        assert_eq!((done, &read[..3]), (3, &b"ate"[..]));
        assert_ne!(stream.seek(-1, IStreamSeekMode_::kIBSeekSet as i32, &mut position), kResultOk);
        assert_eq!((stream.tell(&mut position), position), (kResultOk, 5));
    }
    assert_eq!(stream.bytes(), b"state");
}

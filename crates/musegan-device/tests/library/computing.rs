//! A device, its memory and its programs, through the library's C interface.
use crate::{PATIENCE, gpu, gpu_alone, library};
use musegan_device::interface::{DEVICE_LOST, EMULATED, OUT_OF_MEMORY, PANICKED};
use musegan_device::operation::{Axis, Matrix, Operation, Program};
use musegan_device::{DeviceError, Gpu, Library, Slice, Unavailable};
use std::time::{Duration, Instant};

#[test]
fn the_devices_are_listed_and_only_those_can_be_opened() {
    let library = Library::open(&library()).unwrap();
    let devices = library.devices().unwrap();
    assert_eq!((devices.len(), devices[0].number), (1, 0), "{devices:?}");
    assert_eq!(devices[0].name, EMULATED);
    assert_eq!(Gpu::open(&library, 0).unwrap().about(), &devices[0]);
    let Err(Unavailable::Device(refusal)) = Gpu::open(&library, 7) else { panic!("opened") };
    assert!(refusal.contains("cuda:7"), "{refusal}");
}

#[test]
fn what_is_written_is_read_whatever_it_is() {
    let gpu = gpu();
    let buffer = gpu.buffer(12).unwrap();
    let mut all = [1u8; 48];
    gpu.read(buffer.slice(), &mut all).unwrap();
    assert_eq!(all, [0; 48], "memory begins as zeros");
    gpu.write(buffer.slice(), &[f32::MIN_POSITIVE, -0.0, f32::INFINITY]).unwrap();
    gpu.write(buffer.slice().at(4), &[u64::MAX, 1 << 63]).unwrap();
    gpu.write(buffer.slice().at(8), &[0.1f64]).unwrap();
    gpu.write(buffer.slice().at(10), &[7u32]).unwrap();
    gpu.write::<f32>(buffer.slice().at(12), &[]).unwrap();
    let mut floats = [0.0f32; 3];
    gpu.read(buffer.slice(), &mut floats).unwrap();
    let bits = [f32::MIN_POSITIVE, -0.0, f32::INFINITY].map(f32::to_bits);
    assert_eq!(floats.map(f32::to_bits), bits);
    let (mut longs, mut double, mut word) = ([0u64; 2], [0f64], [0u32]);
    gpu.read(buffer.slice().at(4), &mut longs).unwrap();
    gpu.read(buffer.slice().at(8), &mut double).unwrap();
    gpu.read(buffer.slice().at(10), &mut word).unwrap();
    assert_eq!((longs, double, word), ([u64::MAX, 1 << 63], [0.1], [7]));
}

#[test]
fn what_lies_outside_a_buffer_is_refused_and_changes_nothing() {
    let gpu = gpu();
    let buffer = gpu.buffer(4).unwrap();
    gpu.write(buffer.slice(), &[1.0f32, 2.0, 3.0, 4.0]).unwrap();
    let nowhere = Slice { buffer: u64::MAX, start: 0 };
    let far = Slice { start: u64::MAX, ..buffer.slice() };
    let further = Slice { start: u64::MAX / 4, ..buffer.slice() };
    for at in [buffer.slice().at(3), buffer.slice().at(5), far, further, nowhere] {
        let mut values = [9.0f32; 2];
        for refused in [gpu.write(at, &values), gpu.read(at, &mut values)] {
            assert!(matches!(refused, Err(DeviceError::Refused(_))), "{at:?} {refused:?}");
        }
    }
    let mut values = [0.0f32; 4];
    gpu.read(buffer.slice(), &mut values).unwrap();
    assert_eq!(values, [1.0, 2.0, 3.0, 4.0]);
}

/// `out = left · right` of 2 × 3 and 3 × 2.
fn product(left: Slice, right: Slice, out: Slice) -> Program {
    let right = Matrix { rows: Axis::plain(3, 2), ..Matrix::dense(right, 3, 2) };
    let mut program = Program::default();
    program.push(Operation::Multiply {
        left: Matrix::dense(left, 2, 3),
        right,
        out: Matrix::dense(out, 2, 2),
        groups: 1,
        add: true,
    });
    program
}

#[test]
fn a_program_runs_as_often_as_it_is_told_and_its_buffers_outlive_it() {
    let gpu = gpu();
    let [left, right, out] = [6, 6, 4].map(|len| gpu.buffer(len).unwrap());
    gpu.write(left.slice(), &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    gpu.write(right.slice(), &[1.0f32, 0.0, 0.0, 1.0, 1.0, 1.0]).unwrap();
    let prepared = gpu.prepare(&product(left.slice(), right.slice(), out.slice())).unwrap();
    gpu.run(&prepared, 3).unwrap();
    gpu.run(&prepared, 0).unwrap();
    gpu.wait().unwrap();
    assert!(gpu.launches(&prepared).unwrap().kernels >= 1);
    drop(prepared);
    let mut product = [0.0f32; 4];
    gpu.read(out.slice(), &mut product).unwrap();
    assert_eq!(product, [12.0, 15.0, 30.0, 33.0]);
}

#[test]
fn a_program_that_touches_what_is_not_there_is_refused_with_the_operation() {
    let gpu = gpu();
    let [left, right, out] = [6, 6, 3].map(|len| gpu.buffer(len).unwrap());
    let refusal = gpu.prepare(&product(left.slice(), right.slice(), out.slice())).unwrap_err();
    let DeviceError::Refused(refusal) = refusal else { panic!("{refusal:?}") };
    assert!(refusal.contains("operation 0"), "{refusal}");
    let mut without_number = Program::default();
    without_number.push(Operation::Fill { out: out.slice(), len: 1, value: f32::NAN });
    assert!(matches!(gpu.prepare(&without_number), Err(DeviceError::Refused(_))));
}

#[test]
fn a_program_whose_buffer_is_gone_or_that_is_anothers_is_refused() {
    let (gpu, other) = (gpu(), gpu());
    let [left, right, out] = [6, 6, 4].map(|len| gpu.buffer(len).unwrap());
    let prepared = gpu.prepare(&product(left.slice(), right.slice(), out.slice())).unwrap();
    assert!(matches!(other.run(&prepared, 1), Err(DeviceError::Refused(_))));
    drop(right);
    assert!(matches!(gpu.run(&prepared, 1), Err(DeviceError::Refused(_))));
    // The device is none the worse for it.
    gpu.write(left.slice(), &[1.0f32]).unwrap();
    gpu.wait().unwrap();
}

#[test]
fn memory_that_is_not_there_is_refused_and_what_is_given_back_can_be_had_again() {
    let (gpu, _) = gpu_alone();
    let before = gpu.memory().unwrap();
    assert!(before.free <= before.total && before.total > 0, "{before:?}");
    let all = usize::try_from(before.total / 4).unwrap();
    for len in [all + 1, usize::MAX / 4, usize::MAX] {
        let refused = gpu.buffer(len);
        assert!(matches!(refused, Err(DeviceError::OutOfMemory(_))), "{refused:?}");
    }
    for _ in 0..8 {
        let half = gpu.buffer(all / 2 + all / 4).unwrap();
        assert!(gpu.memory().unwrap().free < before.free);
        drop(half);
    }
    assert_eq!(gpu.memory().unwrap(), before);
}

#[test]
fn who_has_a_buffer_keeps_the_device_open() {
    let gpu = gpu();
    let buffer = gpu.buffer(4).unwrap();
    let of_another_thread = std::thread::spawn(move || {
        gpu.write(buffer.slice(), &[5.0f32]).unwrap();
        buffer
    });
    drop(of_another_thread.join().unwrap());
}

#[test]
fn a_device_that_is_lost_says_so_stays_lost_and_opens_anew() {
    for code in [DEVICE_LOST, PANICKED] {
        let (gpu, misfortune) = gpu_alone();
        let buffer = gpu.buffer(4).unwrap();
        misfortune.fail_after(1, code);
        for _ in 0..3 {
            let lost = gpu.read(buffer.slice(), &mut [0.0f32; 4]);
            assert!(matches!(&lost, Err(DeviceError::Lost(why)) if !why.is_empty()), "{lost:?}");
        }
        assert!(matches!(gpu.buffer(4), Err(DeviceError::Lost(_))));
        let again = misfortune.gpu();
        again.read(again.buffer(4).unwrap().slice(), &mut [0.0f32; 4]).unwrap();
    }
}

#[test]
fn a_device_that_runs_out_of_memory_in_the_middle_goes_on() {
    let (gpu, misfortune) = gpu_alone();
    let buffer = gpu.buffer(1).unwrap();
    misfortune.fail_after(2, OUT_OF_MEMORY);
    gpu.read(buffer.slice(), &mut [0u32]).unwrap();
    let refused = gpu.read(buffer.slice(), &mut [0u32]);
    assert!(matches!(refused, Err(DeviceError::OutOfMemory(_))), "{refused:?}");
    gpu.read(buffer.slice(), &mut [0u32]).unwrap();
}

#[test]
fn a_device_that_does_not_answer_is_lost_after_the_time_that_was_set_and_closing_it_is_no_wait() {
    let (gpu, misfortune) = gpu_alone();
    let buffer = gpu.buffer(1).unwrap();
    misfortune.stall(Duration::from_secs(3600));
    let since = Instant::now();
    let lost = gpu.wait();
    assert!(matches!(lost, Err(DeviceError::Lost(_))), "{lost:?}");
    drop((gpu, buffer));
    let took = since.elapsed();
    assert!(took >= PATIENCE && took < 10 * PATIENCE, "{took:?}");
}

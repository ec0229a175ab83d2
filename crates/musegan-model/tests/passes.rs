//! The passes of training as operations, on the emulated card, against the same passes on the CPU.
#![allow(clippy::unwrap_used)]
use musegan_device::gpu::Buffer;
use musegan_device::{Gpu, Library, Program, Slice};
use musegan_model::trainable::critic::operations::Summed;
use musegan_model::trainable::critic::{Flow, Tape, Want};
use musegan_model::trainable::generator::{LATENT, MOMENTUM, SharedTape, TrackTape};
use musegan_model::trainable::{Critic, Generator, Layout, Rooms};
use musegan_score::Track;
use musegan_score::roll::{CELLS, TRACK_CELLS};
use std::path::Path;

#[path = "fixture/drawn.rs"]
mod drawn;
use drawn::{noise, weights};

const SAMPLES: usize = 3;
/// Largest difference, relative to the largest number of a tensor: the order of sums. Most are ten
/// times nearer; the widest apart are sums of thousands of numbers that nearly cancel.
const TOLERANCE: f32 = 3e-5;

fn card() -> Gpu {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let path = target.join("test-bundles/gpu").join(Library::file_name());
    assert!(path.exists(), "no {}; run `cargo xtask gpu-emulated`", path.display());
    Gpu::open(&Library::open(&path).unwrap(), 0).unwrap()
}

/// Builds what needs rooms in buffers of its own.
fn in_buffers<T>(gpu: &Gpu, build: impl Fn(&mut Rooms) -> T) -> (T, Vec<Buffer>) {
    let mut plan = Rooms::planned();
    build(&mut plan);
    let buffers: Vec<_> = plan.lengths().iter().map(|&len| gpu.buffer(len).unwrap()).collect();
    let numbers = buffers.iter().map(|buffer| buffer.slice().buffer).collect();
    (build(&mut Rooms::in_buffers(numbers)), buffers)
}

fn run(gpu: &Gpu, program: &Program) {
    gpu.run(&gpu.prepare(program).unwrap(), 1).unwrap();
}

fn read(gpu: &Gpu, at: Slice, len: usize) -> Vec<f32> {
    let mut numbers = vec![f32::NAN; len];
    gpu.read(at, &mut numbers).unwrap();
    numbers
}

fn tracks(batch: &[f32]) -> [&[f32]; Track::COUNT] {
    std::array::from_fn(|t| &batch[t * SAMPLES * TRACK_CELLS..][..SAMPLES * TRACK_CELLS])
}

fn assert_near(what: &str, ours: &[f32], theirs: &[f32]) {
    let largest = theirs.iter().fold(1e-6f32, |m, x| m.max(x.abs()));
    let off = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    // Written so that NaN fails, too.
    let near = off.clone().all(|off| off <= TOLERANCE * largest);
    assert!(near, "{what}: off by {} of {largest}", off.fold(0.0, f32::max));
}

fn assert_gradients_near(layout: &Layout, ours: &[f32], theirs: &[f32]) {
    for p in layout.parameters() {
        assert_near(&p.name, &ours[p.range.clone()], &theirs[p.range.clone()]);
    }
}

/// Two batches whose gradients in the weights are wanted, and one whose gradients at the phrases
/// are: all of them at once on the card, and one by one on the CPU.
#[test]
fn the_critic_on_a_card_scores_and_differentiates_as_on_the_cpu() {
    let (gpu, critic) = (card(), Critic::new());
    let weights = weights(critic.layout());
    let len = weights.len();
    let cells: Vec<Vec<f32>> = (2..5)
        .map(|key| noise(key, SAMPLES * CELLS).iter().map(|x| x.max(0.0)).collect())
        .collect();
    // Those at the scores of the batches, and at the tangents of the last one's.
    let d_scores = noise(9, 3 * SAMPLES);
    let d_tangents = noise(10, SAMPLES);

    let ((passes, places), _buffers) = in_buffers(&gpu, |rooms| {
        let places = [len, len, 3 * SAMPLES, 3 * SAMPLES, 4 * SAMPLES, 1];
        let places = places.map(|len| rooms.take(len));
        (critic.passes(SAMPLES, places[0], rooms), places)
    });
    let [on_card, gradient, scores, seeds, factors, one] = places;
    gpu.write(on_card, &weights).unwrap();
    gpu.write(seeds, &d_scores).unwrap();
    let all = [&d_scores[..2 * SAMPLES], &[0.0; SAMPLES], &d_tangents].concat();
    gpu.write(factors, &all).unwrap();
    gpu.write(one, &[1.0f32]).unwrap();
    for (batch, cells) in cells.iter().enumerate() {
        gpu.write(passes.cells(batch), cells).unwrap();
    }
    let mut program = Program::default();
    passes.forward(&mut program, 0..3);
    passes.score(&mut program, 0..3, scores);
    passes.backward(&mut program, 0..3, seeds);
    passes.cells_gradient(&mut program, 2, passes.cells(3));
    passes.tangent(&mut program, 2);
    passes.backward_tangent(&mut program, 2, factors.at(2 * SAMPLES));
    let summed = Summed { batches: 0..4, values: 0..3, d_scores: factors, one };
    passes.weights_gradient(&mut program, &summed, gradient);
    run(&gpu, &program);

    let (mut tape, mut tangents) = (Tape::new(SAMPLES), Tape::new(SAMPLES));
    let (mut flow, mut flow_t) = (Flow::new(SAMPLES), Flow::new(SAMPLES));
    let mut expected = vec![0.0; len];
    let mut d_cells = std::array::from_fn(|_| vec![0.0; SAMPLES * TRACK_CELLS]);
    let found = read(&gpu, scores, 3 * SAMPLES);
    for (batch, cells) in cells.iter().enumerate() {
        let own = batch * SAMPLES..(batch + 1) * SAMPLES;
        critic.forward(&weights, tracks(cells), &mut tape);
        assert_near("scores", &found[own.clone()], tape.scores());
        let want = if batch < 2 { Want::Weights(&mut expected) } else { Want::Cells(&mut d_cells) };
        critic.backward(&weights, tracks(cells), &tape, (&d_scores[own], None), &mut flow, want);
    }
    assert_near("cells", &read(&gpu, passes.cells(3), SAMPLES * CELLS), &d_cells.concat());
    let direction = d_cells.each_ref().map(|track| &track[..]);
    critic.tangent(&weights, direction, &tape, &mut tangents);
    critic.backward_tangent(
        &weights,
        (tracks(&cells[2]), direction),
        (&tape, &tangents),
        (&d_tangents, None),
        (&mut flow, &mut flow_t),
        &mut expected,
    );
    // The card leaves the last bias alone.
    *expected.last_mut().unwrap() = 0.0;
    assert_gradients_near(critic.layout(), &read(&gpu, gradient, len), &expected);
}

#[test]
fn the_generator_on_a_card_plays_and_differentiates_as_on_the_cpu() {
    let (gpu, generator) = (card(), Generator::new());
    let layout = generator.layout();
    let weights = weights(layout);
    let latents = noise(3, SAMPLES * LATENT);
    let d_cells = noise(4, SAMPLES * CELLS);
    let statistics = noise(5, generator.statistics().len());

    let ((passes, places), _buffers) = in_buffers(&gpu, |rooms| {
        let (len, cells) = (layout.len(), SAMPLES * CELLS);
        let places = [len, len, latents.len(), cells, cells, statistics.len()];
        let places = places.map(|len| rooms.take(len));
        (generator.passes(SAMPLES, places[0], places[2], rooms), places)
    });
    let [on_card, gradient, latents_place, cells, d_cells_place, running] = places;
    gpu.write(on_card, &weights).unwrap();
    gpu.write(gradient, &noise(6, layout.len())).unwrap();
    gpu.write(latents_place, &latents).unwrap();
    gpu.write(d_cells_place, &d_cells).unwrap();
    gpu.write(running, &statistics).unwrap();
    let mut program = Program::default();
    passes.forward(&mut program, cells);
    passes.update_statistics(&mut program, running, MOMENTUM);
    passes.backward(&mut program, (cells, d_cells_place), (gradient, layout.len()));
    run(&gpu, &program);

    let mut shared = SharedTape::new(SAMPLES);
    let mut tapes: Vec<TrackTape> = (0..Track::COUNT).map(|_| TrackTape::new(SAMPLES)).collect();
    let mut expected = vec![0.0; layout.len()];
    let (of_shared, of_tracks) = generator.split(&mut expected);
    generator.forward_shared(&weights, &latents, &mut shared);
    let each = Track::ALL.into_iter().zip(&mut tapes).zip(of_tracks).zip(tracks(&d_cells));
    for (((track, tape), gradient), d_cells) in each {
        generator.forward_track(track, &weights, &shared, tape);
        generator.backward_track(track, &weights, &shared, tape, d_cells, gradient);
    }
    generator.backward_shared(&weights, &latents, &mut shared, &tapes, of_shared);
    let expected_cells: Vec<f32> = tapes.iter().flat_map(|tape| tape.cells()).copied().collect();
    assert_near("cells", &read(&gpu, cells, SAMPLES * CELLS), &expected_cells);
    assert_gradients_near(layout, &read(&gpu, gradient, layout.len()), &expected);
    let mut moved = statistics;
    generator.update_statistics(&weights, &shared, &tapes, MOMENTUM, &mut moved);
    assert_gradients_near(generator.statistics(), &read(&gpu, running, moved.len()), &moved);
}

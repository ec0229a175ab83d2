//! The tape's gradients against differences of its values, and what it promises beside them.
#[path = "tape/differences.rs"]
mod differences;
#[path = "tape/rooms.rs"]
mod rooms;

use differences::{Case, noise};
use musegan_model::tape::{Node, Rooms, Tape};

/// Different shapes, small ones and ones longer than a vector of any processor.
const SHAPES: [(usize, usize); 4] = [(1, 1), (3, 5), (2, 37), (16, 24)];

type Function = fn(&mut Tape<'_>, Node) -> Node;

#[test]
fn functions_of_one_element_have_the_gradients_of_their_values() {
    let functions: [(&str, Function); 7] = [
        ("gelu", |t, x| t.gelu(x)),
        ("exp", |t, x| t.exp(x)),
        ("softplus", |t, x| {
            let more = t.offset(x, 0.3);
            t.softplus(more)
        }),
        ("square", |t, x| t.square(x)),
        ("huber", |t, x| t.huber(x, 0.5)),
        ("clamp", |t, x| t.clamp(x, -1.0, 0.5)),
        ("scale", |t, x| t.scale(x, -1.7)),
    ];
    for (name, function) in functions {
        for (rows, columns) in SHAPES {
            Case::new(name).input(rows, columns).check(|tape, _, x| function(tape, x[0]));
        }
    }
}

#[test]
fn cross_entropy_of_bits_has_the_gradient_of_its_values_and_stays_finite() {
    for (rows, columns) in SHAPES {
        let targets: Vec<f32> =
            noise(rows * columns, 9).iter().map(|&x| f32::from(u8::from(x > 0.0))).collect();
        Case::new("bits")
            .input(rows, columns)
            .check(|tape, _, x| tape.bits_cross_entropy(x[0], &targets));
    }
    let mut rooms = Rooms::new();
    let mut tape = Tape::new(&mut rooms);
    let x = tape.input(1, 3, &[1e4, -1e4, 1e4]);
    let loss = tape.bits_cross_entropy(x, &[0.0, 0.0, 1.0]);
    let value = tape.value(loss);
    assert!(value[0] == 1e4 && value[1..].iter().all(|&v| (0.0..1e-30).contains(&v)), "{value:?}");
}

#[test]
fn classes_have_the_gradient_of_their_values_and_stay_finite() {
    const NONE: u32 = u32::MAX;
    for (rows, columns) in SHAPES {
        let targets: Vec<u32> = (0..rows as u32)
            .map(|row| if row % 3 == 1 { NONE } else { row * 7 % columns as u32 })
            .collect();
        Case::new("classes")
            .input(rows, columns)
            .check(|tape, _, x| tape.class_cross_entropy(x[0], &targets));
    }
    let mut rooms = Rooms::new();
    let mut tape = Tape::new(&mut rooms);
    let x = tape.input(3, 2, &[1e4, -1e4, 1e4, -1e4, 0.0, 0.0]);
    let loss = tape.class_cross_entropy(x, &[0, 1, NONE]);
    assert_eq!(tape.value(loss), [0.0, 2e4, 0.0]);
}

#[test]
fn two_matrices_combine_also_where_the_second_is_repeated() {
    for (rows, columns) in SHAPES {
        for second in [(rows, columns), (1, columns), (rows, 1), (1, 1)] {
            let case = |name| Case::new(name).input(rows, columns).input(second.0, second.1);
            case("add").check(|tape, _, x| tape.add(x[0], x[1]));
            case("sub").check(|tape, _, x| tape.sub(x[0], x[1]));
            case("mul").check(|tape, _, x| tape.mul(x[0], x[1]));
        }
    }
}

#[test]
fn a_matrix_that_is_used_several_times_adds_up_its_gradients() {
    Case::new("reuse").input(3, 4).check(|tape, _, x| {
        let square = tape.mul(x[0], x[0]);
        let both = tape.beside(&[x[0], square, x[0]]);
        let first = tape.columns_of(both, 2..9);
        let again = tape.reshape(first, 7, 3);
        tape.gelu(again)
    });
}

#[test]
fn products_have_the_gradients_of_their_values() {
    for (rows, inner, columns) in [(1, 1, 1), (3, 5, 2), (17, 24, 33)] {
        Case::new("matmul")
            .input(rows, inner)
            .input(inner, columns)
            .check(|tape, _, x| tape.matmul(x[0], x[1]));
        for groups in [1, 3] {
            let weights = groups * inner * columns;
            let bias = weights + 2..weights + 2 + groups * columns;
            let case = || Case::new("linear").input(groups * rows, inner).weights(bias.end);
            let bias = || Some(bias.clone());
            case().check(|t, n, x| t.linear(x[0], n, 0..weights, bias(), columns, groups));
            case().check(|t, n, x| t.linear(x[0], n, 1..weights + 1, None, columns, groups));
        }
    }
}

#[test]
fn each_group_of_a_linear_layer_uses_its_own_matrix() {
    let mut rooms = Rooms::new();
    let weights = [2.0, 3.0, 0.5, 10.0, 100.0, -1.0];
    let mut tape = Tape::playing(&mut rooms);
    let network = tape.network(&weights, false);
    let x = tape.constant(4, 1, &[1.0, 2.0, 3.0, 4.0]);
    let y = tape.linear(x, network, 0..2, Some(4..6), 1, 2);
    assert_eq!(tape.value(y), [102.0, 104.0, 8.0, 11.0]);
}

#[test]
fn moved_elements_take_their_gradients_along() {
    const NONE: u32 = u32::MAX;
    Case::new("gather").input(4, 5).check(|t, _, x| t.gather(x[0], &[3, 0, NONE, 3, 3, 1]));
    Case::new("gather").input(4, 0).check(|t, _, x| t.gather(x[0], &[3, NONE]));
    Case::new("columns").input(4, 9).check(|t, _, x| t.columns_of(x[0], 2..7));
    let pair = || Case::new("pair").input(3, 4);
    pair().input(3, 2).check(|t, _, x| t.beside(&[x[0], x[1], x[0]]));
    pair().input(5, 4).check(|t, _, x| t.below(&[x[1], x[0], x[1]]));
    Case::new("lookup").weights(12).check(|t, n, _| {
        let table = t.parameter(n, 2..12, 5, 2);
        t.gather(table, &[4, 4, 0])
    });
}

#[test]
fn a_row_that_is_not_there_is_gathered_as_zeros() {
    let mut rooms = Rooms::new();
    let mut tape = Tape::playing(&mut rooms);
    let x = tape.constant(2, 2, &[1.0, 2.0, 3.0, 4.0]);
    let y = tape.gather(x, &[1, u32::MAX, 0]);
    assert_eq!(tape.value(y), [3.0, 4.0, 0.0, 0.0, 1.0, 2.0]);
}

#[test]
fn sums_and_maxima_have_the_gradients_of_their_values() {
    for (rows, columns) in [(6, 1), (6, 5), (12, 37)] {
        let case = |name| Case::new(name).input(rows, columns);
        for group in [1, 3, 6] {
            case("sum_rows").check(|t, _, x| t.sum_rows(x[0], group));
            case("max_rows").check(|t, _, x| {
                let apart = spread(t, x[0]);
                t.max_rows(apart, group)
            });
        }
        case("sum_columns").check(|t, _, x| t.sum_columns(x[0]));
        case("sum").check(|t, _, x| t.sum(x[0]));
    }
    let mut rooms = Rooms::new();
    let mut tape = Tape::new(&mut rooms);
    let x = tape.input(3, 2, &[1.0, 4.0, 5.0, 2.0, 5.0, 5.0]);
    let most = tape.max_rows(x, 3);
    let loss = tape.sum(most);
    assert_eq!((tape.value(most), tape.value(loss)), (&[5.0, 5.0][..], &[10.0][..]));
    let gradients = tape.backward(loss);
    assert_eq!(gradients.at(x), [0.0, 0.0, 1.0, 0.0, 0.0, 1.0], "of equal ones the first");
}

/// The elements so far apart that none becomes the largest by a small change.
fn spread(tape: &mut Tape<'_>, x: Node) -> Node {
    let (rows, columns) = (tape.rows(x), tape.columns(x));
    let place = |row, column| (row * 7 % rows + column * 29 % columns) as f32 * 4.0;
    let places = (0..rows * columns).map(|at| place(at / columns, at % columns));
    let places: Vec<f32> = places.collect();
    let places = tape.constant(rows, columns, &places);
    tape.add(x, places)
}

#[test]
fn layer_norm_has_the_gradient_of_its_values() {
    for (rows, columns) in [(1, 2), (5, 7), (4, 96)] {
        Case::new("layer norm")
            .input(rows, columns)
            .weights(2 * columns + 1)
            .check(|t, n, x| t.layer_norm(x[0], n, 1..columns + 1, columns + 1..2 * columns + 1));
    }
}

#[test]
fn attention_is_a_softmax_of_products_and_has_the_gradient_of_its_values() {
    for (groups, tokens, heads, head) in [(1, 1, 1, 1), (2, 3, 2, 4), (3, 20, 2, 5)] {
        let columns = 3 * heads * head;
        Case::new("attention")
            .input(groups * tokens, columns)
            .check(|tape, _, x| tape.attention(x[0], tokens, heads));
        let values = noise(groups * tokens * columns, 3);
        let mut rooms = Rooms::new();
        let mut tape = Tape::playing(&mut rooms);
        let qkv = tape.constant(groups * tokens, columns, &values);
        let fused = tape.attention(qkv, tokens, heads);
        let plain = differences::plain_attention(&values, tokens, heads, head);
        for (fused, plain) in tape.value(fused).iter().zip(plain) {
            assert!((f64::from(*fused) - plain).abs() < 1e-5, "{fused} {plain}");
        }
    }
}

#[test]
fn a_custom_operation_uses_the_way_back_it_brings() {
    Case::new("custom").input(2, 3).input(2, 3).check(|tape, _, x| {
        let (a, b) = (tape.value(x[0]).to_vec(), tape.value(x[1]).to_vec());
        let product: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a * b * b).collect();
        let write = move |out: &mut [f32]| out.copy_from_slice(&product);
        let backward = Box::new(move |out: &[f32], shares: &mut [&mut [f32]]| {
            for i in 0..out.len() {
                shares[0][i] += out[i] * b[i] * b[i];
                shares[1][i] += out[i] * 2.0 * a[i] * b[i];
            }
        });
        tape.custom(&[x[0], x[1]], 3, 2, write, backward)
    });
}

#[test]
fn a_network_that_is_not_trained_passes_gradients_on_but_has_none() {
    let (mut rooms, weights) = (Rooms::new(), noise(6, 1));
    let mut tape = Tape::new(&mut rooms);
    let (fixed, trained) = (tape.network(&weights, false), tape.network(&weights, true));
    let x = tape.input(1, 2, &[1.0, 2.0]);
    let hidden = tape.linear(x, trained, 0..4, None, 2, 1);
    let out = tape.linear(hidden, fixed, 0..4, Some(4..6), 2, 1);
    let loss = tape.sum(out);
    let gradients = tape.backward(loss);
    assert!(gradients.at(x).iter().all(|&g| g != 0.0));
    assert!(gradients.of(trained)[..4].iter().all(|&g| g != 0.0));
    assert_eq!(gradients.of(trained)[4..], [0.0, 0.0], "unused weights");
    assert!(std::panic::catch_unwind(|| gradients.of(fixed).len()).is_err());
}

#[test]
fn playing_gives_the_same_bits_as_recording_and_so_does_a_second_pass_in_used_rooms() {
    let values = noise(6 * 4, 6);
    let pass = |mut tape: Tape<'_>| {
        let x = tape.constant(6, 4, &values);
        let doubled = tape.scale(x, 2.0);
        let qkv = tape.beside(&[doubled, x, doubled]);
        let out = tape.attention(qkv, 3, 2);
        let out = tape.gelu(out);
        tape.value(out).iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    let mut rooms = Rooms::new();
    let first = pass(Tape::new(&mut rooms));
    assert_eq!(first, pass(Tape::playing(&mut rooms)));
    assert_eq!(first, pass(Tape::new(&mut rooms)));
}

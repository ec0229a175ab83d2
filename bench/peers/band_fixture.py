"""Writes what the tests of the band's networks compare with: outputs and gradients by PyTorch.

  python bench/peers/band_fixture.py

The networks are small ones of two phrases. Weights, inputs and the gradients at the outputs come
from one formula, by name and place, which the tests have too, so that the files hold outputs and
gradients alone: `crates/musegan-model/tests/fixture/band/NETWORK.npz`, computed in double precision.
`out.N` is an output, `of.NAME` the gradient at a weight, `at.NAME` that at an input; of the large
ones every 31st number.
"""
from pathlib import Path

import numpy as np
import torch

from band import (
    BARS, CHORD_SIZES, MEASURES, PITCH_STEP, RHYTHM_STEP, STEPS, TOLD, TRACKS, Codec, Critic, Encoder,
    Generator,
)
from fixture import fraction

FOLDER = Path(__file__).parents[2] / "crates/musegan-model/tests/fixture/band"
PHRASES = 2
DIMENSIONS = {
    "latent": 5, "rhythm": 2, "chord": 3, "rhythm_step": 3, "rhythm_hidden": 7,
    "rhythm_decoded_step": 3, "step": 4, "hidden": 9, "decoded_step": 4, "width": 8, "heads": 2,
    "expansion": 2, "generator_blocks": 2, "encoder_blocks": 1, "critic_blocks": 1,
    "phrase_noise": 4, "bar_noise": 3, "track_noise": 3, "cell_noise": 2,
}


def key(name):
    """Where a name's numbers begin in the formula."""
    place = 0
    for byte in name.encode():
        place = (place * 31 + byte) % 2**32
    return place


def numbers(name, *shape):
    """Numbers from -1 to 1."""
    places = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(key(name))
    return torch.from_numpy(fraction(places).astype(np.float64) * 2 - 1).view(shape)


def of_unit(name, *shape):
    """Numbers from 0 to 1."""
    return numbers(name, *shape) / 2 + 0.5


def settled(network):
    """The network in double precision with weights of the formula."""
    network = network.double()
    for name, p in network.named_parameters():
        is_scale = name.endswith(("norm.weight", "before_attention.weight", "before_hidden.weight"))
        p.data = numbers(name, *p.shape) * 0.3 + (1 if is_scale else 0)
    return network


def condition():
    presence = (of_unit("presence", PHRASES, TRACKS, BARS) < 0.7).double()
    measures = numbers("measures", PHRASES, TRACKS, MEASURES)
    sizes = torch.tensor(CHORD_SIZES)
    beats = (of_unit("beats", PHRASES, STEPS, 5) * sizes).long()
    up_to = torch.arange(BARS)[:, None] + 1
    sources = (of_unit("sources", PHRASES, TRACKS, BARS, 2) * up_to).long()
    return presence, measures, beats, sources


def thinned(x):
    x = x.detach().flatten().float().numpy()
    return x if len(x) <= 4096 else x[::31]


def write(file, network, inputs, outputs):
    """Outputs, and the gradients of their sum, each number weighed by the formula."""
    found = {}
    loss = 0
    for i, out in enumerate(outputs):
        found[f"out.{i}"] = thinned(out)
        loss = loss + (out * numbers(f"out.{i}", *out.shape)).sum()
    loss.backward()
    for name, p in network.named_parameters():
        if p.grad is not None:
            found[f"of.{name}"] = thinned(p.grad)
    for name, x in inputs.items():
        found[f"at.{name}"] = thinned(x.grad)
    np.savez_compressed(FOLDER / file, **found)


def leaf(name, *shape):
    return numbers(name, *shape).requires_grad_(True)


def codec(told):
    network, beats = settled(Codec(DIMENSIONS)), told[2]
    bars = TRACKS, PHRASES * BARS
    inputs = {
        "rhythms": leaf("rhythms", *bars, STEPS, RHYTHM_STEP),
        "pitches": leaf("pitches", *bars, STEPS, PITCH_STEP),
        "latents": leaf("latents", *bars, DIMENSIONS["latent"]),
        "told": leaf("told", *bars, TOLD),
    }
    rhythms, pitches, latents, of_rhythm = inputs.values()
    outputs = [
        *network.encoded(rhythms, pitches, beats),
        *network.decoded_rhythm(latents),
        *network.decoded_pitch(latents, beats, of_rhythm),
    ]
    write("codec.npz", network, inputs, outputs)


def generator(told):
    network, d = settled(Generator(DIMENSIONS)), DIMENSIONS
    tokens = PHRASES, TRACKS, BARS
    inputs = {
        "phrase": leaf("phrase", PHRASES, d["phrase_noise"]),
        "bars": leaf("bars", PHRASES, BARS, d["bar_noise"]),
        "tracks": leaf("tracks", PHRASES, TRACKS, d["track_noise"]),
        "cells": leaf("cells", *tokens, d["cell_noise"]),
        "given": leaf("given", *tokens, d["latent"]),
    }
    given = torch.tensor([[0, 1, 0, 0, 0], [1, 0, 0, 1, 0]]).double()
    write("generator.npz", network, inputs, [network(*inputs.values(), given, *told)])


def encoder(told):
    network = settled(Encoder(DIMENSIONS))
    latents = leaf("latents", PHRASES, TRACKS, BARS, DIMENSIONS["latent"])
    write("encoder.npz", network, {"latents": latents}, network(latents, *told))


def critic(told):
    network = settled(Critic(DIMENSIONS))
    features = leaf("features", PHRASES, TRACKS, BARS, sum(network.sizes))
    harmony = leaf("harmony", PHRASES, BARS, 28)
    inputs = {"features": features, "harmony": harmony}
    write("critic.npz", network, inputs, [network(features, harmony, *told)])


def main():
    FOLDER.mkdir(exist_ok=True)
    told = condition()
    for network in (codec, generator, encoder, critic):
        network(told)


if __name__ == "__main__":
    main()

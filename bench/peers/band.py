"""The networks of the model `band` in PyTorch, with the names and shapes of the weights files.

Shapes: n phrases, tokens (n, 5, 4, .), a bar's chords as four beats of five numbers each.
"""
import torch
from torch import nn
from torch.nn import functional as F

TRACKS, BARS, BEATS, STEPS, WINDOW, MEASURES = 5, 4, 4, 16, 48, 9
RHYTHM = CHROMA = 48
HARMONY = 28
CHORD_SIZES = (17, 13, 13, 25, 12)


def gelu(x):
    return F.gelu(x, approximate="tanh")


class TrackLinear(nn.Module):
    """A linear layer of which each track has its own: (5, rows, inputs) to (5, rows, outputs)."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(TRACKS, inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(TRACKS, outputs))

    def forward(self, x):
        return torch.baddbmm(self.bias[:, None], x, self.weight)

    def tokens(self, x):
        """The same on (n, 5, 4, inputs)."""
        n = len(x)
        y = self(x.transpose(0, 1).reshape(TRACKS, n * BARS, -1))
        return y.view(TRACKS, n, BARS, -1).transpose(0, 1)


class Chords(nn.ModuleList):
    def __init__(self, width):
        super().__init__(nn.Embedding(size, width) for size in CHORD_SIZES)

    def forward(self, beats):
        """(n, 16, 5) to (n, 4, 4 * width)."""
        return sum(table(beats[..., i]) for i, table in enumerate(self)).reshape(len(beats), BARS, -1)


class Codec(nn.Module):
    """Rows in track order: (5, n * 4, .) for bars."""

    def __init__(self, d):
        super().__init__()
        told = BEATS * d["chord"]
        self.chords = Chords(d["chord"])
        self.encode = nn.ModuleDict({
            "step": TrackLinear(3 * WINDOW, d["step"]),
            "bar": TrackLinear(STEPS * d["step"] + told, d["hidden"]),
            "more": TrackLinear(d["hidden"], d["hidden"]),
            "out": TrackLinear(d["hidden"], 2 * d["latent"]),
        })
        self.decode = nn.ModuleDict({
            "bar": TrackLinear(d["latent"] + told, d["hidden"]),
            "more": TrackLinear(d["hidden"], d["hidden"]),
            "added": TrackLinear(d["hidden"], d["hidden"]),
            "step": TrackLinear(d["hidden"], STEPS * d["decoded_step"]),
            "onsets": TrackLinear(d["decoded_step"], WINDOW),
            "lengths": TrackLinear(d["decoded_step"], WINDOW),
            "velocities": TrackLinear(d["decoded_step"], WINDOW),
        })

    def told(self, beats):
        bars = self.chords(beats)
        return bars.reshape(1, len(beats) * BARS, -1).expand(TRACKS, -1, -1)

    def encoded(self, cells, beats):
        """(5, bars, 16, 144) to mean and log variance, (5, bars, latent) each."""
        layers, bars = self.encode, cells.shape[1]
        h = gelu(layers["step"](cells.reshape(TRACKS, bars * STEPS, -1))).reshape(TRACKS, bars, -1)
        h = gelu(layers["bar"](torch.cat([h, self.told(beats)], 2)))
        h = h + gelu(layers["more"](h))
        return layers["out"](h).chunk(2, 2)

    def decoded(self, latents, beats):
        """(5, bars, latent) to onset logits, lengths and velocities, (5, bars * 16, 48) each."""
        layers, bars = self.decode, latents.shape[1]
        h = gelu(layers["bar"](torch.cat([latents, self.told(beats)], 2)))
        h = h + layers["added"](gelu(layers["more"](h)))
        h = gelu(layers["step"](h)).reshape(TRACKS, bars * STEPS, -1)
        return [layers[name](h) for name in ("onsets", "lengths", "velocities")]


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        width, hidden = d["width"], d["width"] * d["expansion"]
        self.heads = d["heads"]
        self.before_attention = nn.LayerNorm(width)
        self.attention = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.before_hidden = nn.LayerNorm(width)
        self.hidden = nn.Linear(width, hidden)
        self.out = nn.Linear(hidden, width)

    def forward(self, x):
        n, tokens, width = x.shape
        qkv = self.attention(self.before_attention(x)).view(n, tokens, 3, self.heads, -1)
        attended = F.scaled_dot_product_attention(*qkv.permute(2, 0, 3, 1, 4))
        x = x + self.attended(attended.transpose(1, 2).reshape(n, tokens, width))
        return x + self.out(gelu(self.hidden(self.before_hidden(x))))


class Condition(nn.Module):
    """(n, 5, 4, width) of presence (n, 5, 4), measures (n, 5, 9) and chords (n, 16, 5)."""

    def __init__(self, d):
        super().__init__()
        width = d["width"]
        self.chords = Chords(d["chord"])
        self.bar = nn.Linear(BEATS * d["chord"], width)
        self.own = TrackLinear(MEASURES + BARS, width)
        self.all = nn.Linear(TRACKS * (MEASURES + BARS), width)
        self.sounding = nn.Parameter(torch.zeros(width))
        self.place = nn.Parameter(torch.zeros(TRACKS, BARS, width))

    def forward(self, presence, measures, beats):
        own = self.own(torch.cat([measures, presence], 2).transpose(0, 1)).transpose(0, 1)
        all_ = self.all(torch.cat([measures.flatten(1), presence.flatten(1)], 1))
        bar = self.bar(self.chords(beats))[:, None]
        sounding = presence[..., None] * self.sounding
        return bar + own[:, :, None] + all_[:, None, None] + sounding + self.place


def noise_sizes(d):
    names = {"phrase": "phrase", "bars": "bar", "tracks": "track", "cells": "cell"}
    return [(name, d[f"{one}_noise"]) for name, one in names.items()]


class Attention(nn.Module):
    """What generator, encoder and critic share: the condition, and blocks over the 20 tokens."""

    def __init__(self, d, blocks):
        super().__init__()
        self.condition = Condition(d)
        self.blocks = nn.ModuleList(Block(d) for _ in range(blocks))

    def through(self, h):
        x = h.reshape(len(h), TRACKS * BARS, -1)
        for block in self.blocks:
            x = block(x)
        return x.view(h.shape)


class Generator(Attention):
    def __init__(self, d):
        super().__init__(d, d["generator_blocks"])
        width = d["width"]
        self.noise = nn.ModuleDict({n: nn.Linear(size, width) for n, size in noise_sizes(d)})
        self.given = nn.ModuleDict({"latents": TrackLinear(d["latent"], width)})
        self.given.mark = nn.Parameter(torch.zeros(width))
        self.norm = nn.LayerNorm(width)
        self.out = TrackLinear(width, d["latent"])

    def forward(self, phrase, bars, tracks, cells, latents, given, presence, measures, beats):
        """Noise (n, .), (n, 4, .), (n, 5, .), (n, 5, 4, .), given latents (n, 5, 4, .) and which
        tracks are given (n, 5), to latents (n, 5, 4, .)."""
        mask = given[:, :, None, None]
        h = self.condition(presence, measures, beats)
        h = h + self.noise["phrase"](phrase)[:, None, None] + self.noise["bars"](bars)[:, None]
        h = h + self.noise["tracks"](tracks)[:, :, None] + self.noise["cells"](cells)
        h = h + mask * (self.given["latents"].tokens(latents) + self.given.mark)
        played = self.out.tokens(self.norm(self.through(h))) * presence[..., None]
        return played * (1 - mask) + latents * mask


class Encoder(Attention):
    def __init__(self, d):
        super().__init__(d, d["encoder_blocks"])
        width = d["width"]
        self.latents = TrackLinear(d["latent"], width)
        self.norm = nn.LayerNorm(width)
        self.noise = nn.ModuleDict({n: nn.Linear(width, 2 * size) for n, size in noise_sizes(d)})

    def forward(self, latents, presence, measures, beats):
        """Mean and log variance of the phrase's noise, the bars', the tracks' and the tokens'."""
        h = self.condition(presence, measures, beats) + self.latents.tokens(latents)
        h = self.norm(self.through(h))
        of = {"phrase": h.mean((1, 2)), "bars": h.mean(1), "tracks": h.mean(2), "cells": h}
        return [half for name, x in of.items() for half in self.noise[name](x).chunk(2, -1)]


class Critic(Attention):
    def __init__(self, d):
        super().__init__(d, d["critic_blocks"])
        width = d["width"]
        self.sizes = [d["latent"], RHYTHM, CHROMA]
        self.encoded = TrackLinear(d["latent"], width)
        self.rhythm = TrackLinear(RHYTHM, width)
        self.chroma = TrackLinear(CHROMA, width)
        self.harmony = nn.Linear(HARMONY, width)
        self.token = nn.Linear(width, 1)
        self.hidden = nn.Linear(2 * width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, features, harmony, presence, measures, beats):
        """Features (n, 5, 4, latent + 96) and harmony (n, 4, 28) to scores (n,)."""
        encoded, rhythm, chroma = features.split(self.sizes, 3)
        h = self.condition(presence, measures, beats) + self.harmony(harmony)[:, None]
        h = h + self.encoded.tokens(encoded) + self.rhythm.tokens(rhythm) + self.chroma.tokens(chroma)
        h = self.through(h).flatten(1, 2)
        together = torch.cat([h.mean(1), h.amax(1)], 1)
        return self.out(gelu(self.hidden(together)))[:, 0] + self.token(h).mean((1, 2))

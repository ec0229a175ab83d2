"""The networks of the model `band` in PyTorch, with the names and shapes of the weights files.

Shapes: n phrases, tokens (n, 5, 4, .), a bar's chords as four beats of five numbers each.
"""
import torch
from torch import nn
from torch.nn import functional as F

TRACKS, BARS, BEATS, STEPS, WINDOW, MEASURES = 5, 4, 4, 16, 48, 9
RHYTHM = CHROMA = 48
CLASSES = 24
RHYTHM_STEP, PITCH_STEP, TOLD = 1 + 2 * CLASSES, 3 * WINDOW, 2 * STEPS
REPEATS = 2 * (BARS - 1)
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


def layers(**sizes):
    return nn.ModuleDict({name: TrackLinear(*size) for name, size in sizes.items()})


class Codec(nn.Module):
    """Rows in track order: (5, bars, .). A bar's latents are its rhythm's code, then its pitches'."""

    def __init__(self, d):
        super().__init__()
        told, hidden, step = BEATS * d["chord"], d["hidden"], d["decoded_step"]
        of_rhythm, rhythm_step = d["rhythm_hidden"], d["rhythm_decoded_step"]
        self.codes = [d["rhythm"], d["latent"] - d["rhythm"]]
        self.chords = Chords(d["chord"])
        self.encode = nn.ModuleDict({
            "rhythm": layers(
                step=(RHYTHM_STEP, d["rhythm_step"]),
                bar=(STEPS * d["rhythm_step"], of_rhythm),
                more=(of_rhythm, of_rhythm),
                out=(of_rhythm, 2 * self.codes[0]),
            ),
            "pitch": layers(
                step=(PITCH_STEP, d["step"]),
                bar=(STEPS * d["step"] + told, hidden),
                more=(hidden, hidden),
                out=(hidden, 2 * self.codes[1]),
            ),
        })
        self.decode = nn.ModuleDict({
            "rhythm": layers(
                bar=(self.codes[0], of_rhythm),
                more=(of_rhythm, of_rhythm),
                added=(of_rhythm, of_rhythm),
                step=(of_rhythm, STEPS * rhythm_step),
                onsets=(rhythm_step, 1),
                short=(rhythm_step, CLASSES),
                long=(rhythm_step, CLASSES),
            ),
            "pitch": layers(
                bar=(self.codes[1] + told + TOLD, hidden),
                more=(hidden, hidden),
                added=(hidden, hidden),
                step=(hidden, STEPS * step),
                onsets=(step, WINDOW),
                velocities=(step, WINDOW),
                long=(step, WINDOW),
            ),
        })

    def told(self, beats):
        """The chords of each bar (5, bars, .), of beats (n, 16, 5); every bar is as if it were the
        first."""
        beats = beats.clone()
        beats[:, ::BEATS, 2] = CHORD_SIZES[2] - 1
        bars = self.chords(beats)
        return bars.reshape(1, len(beats) * BARS, -1).expand(TRACKS, -1, -1)

    @staticmethod
    def coded(layers, steps, *told):
        bars = steps.shape[1]
        h = gelu(layers["step"](steps.reshape(TRACKS, bars * STEPS, -1))).reshape(TRACKS, bars, -1)
        h = gelu(layers["bar"](torch.cat([h, *told], 2)))
        h = h + gelu(layers["more"](h))
        return layers["out"](h).chunk(2, 2)

    def encoded(self, rhythms, pitches, beats):
        """(5, bars, 16, 49) and (5, bars, 16, 144) to mean and log variance, (5, bars, latent)."""
        rhythm = self.coded(self.encode["rhythm"], rhythms)
        pitch = self.coded(self.encode["pitch"], pitches, self.told(beats))
        return [torch.cat(both, 2) for both in zip(rhythm, pitch)]

    @staticmethod
    def said(layers, known, names):
        bars = known.shape[1]
        h = gelu(layers["bar"](known))
        h = h + layers["added"](gelu(layers["more"](h)))
        h = gelu(layers["step"](h)).reshape(TRACKS, bars * STEPS, -1)
        return [layers[name](h) for name in names]

    def decoded_rhythm(self, latents):
        """(5, bars, latent) to logits of onsets (5, bars * 16, 1) and of two classes (., 24)."""
        code, _ = latents.split(self.codes, 2)
        return self.said(self.decode["rhythm"], code, ("onsets", "short", "long"))

    def decoded_pitch(self, latents, beats, told):
        """The same, and what is told of the rhythm (5, bars, 32), to onset logits, velocities and
        logits of the longer notes, (5, bars * 16, 48) each."""
        known = torch.cat([latents.split(self.codes, 2)[1], self.told(beats), told], 2)
        return self.said(self.decode["pitch"], known, ("onsets", "velocities", "long"))


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
    """(n, 5, 4, width) of presence (n, 5, 4), measures (n, 5, 9), chords (n, 16, 5) and the bars
    that rhythm and pitches come from (n, 5, 4, 2)."""

    def __init__(self, d):
        super().__init__()
        width = d["width"]
        self.chords = Chords(d["chord"])
        self.bar = nn.Linear(BEATS * d["chord"], width)
        self.own = TrackLinear(MEASURES + BARS, width)
        self.repeats = TrackLinear(REPEATS, width)
        self.all = nn.Linear(TRACKS * (MEASURES + BARS), width)
        self.sounding = nn.Parameter(torch.zeros(width))
        self.place = nn.Parameter(torch.zeros(TRACKS, BARS, width))

    def forward(self, presence, measures, beats, sources):
        earlier = sources < torch.arange(BARS)[:, None]
        repeats = (F.one_hot(sources, BARS) * earlier[..., None])[..., :-1].flatten(3)
        repeats = self.repeats.tokens(repeats.to(presence.dtype))
        own = self.own(torch.cat([measures, presence], 2).transpose(0, 1)).transpose(0, 1)
        all_ = self.all(torch.cat([measures.flatten(1), presence.flatten(1)], 1))
        bar = self.bar(self.chords(beats))[:, None]
        sounding = presence[..., None] * self.sounding
        return bar + own[:, :, None] + repeats + all_[:, None, None] + sounding + self.place


def repeated(latents, sources, codes):
    """Latents (n, 5, 4, .) with those of the sources (n, 5, 4, 2) in place of the others."""
    rows = [sources[..., i, None].expand(*sources.shape[:3], size) for i, size in enumerate(codes)]
    return torch.cat([x.gather(2, row) for x, row in zip(latents.split(codes, 3), rows)], 3)


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
        self.codes = [d["rhythm"], d["latent"] - d["rhythm"]]

    def forward(self, phrase, bars, tracks, cells, latents, given, *told):
        """Noise (n, .), (n, 4, .), (n, 5, .), (n, 5, 4, .), given latents (n, 5, 4, .) and which
        tracks are given (n, 5), to latents (n, 5, 4, .)."""
        mask = given[:, :, None, None]
        presence, _, _, sources = told
        h = self.condition(*told)
        h = h + self.noise["phrase"](phrase)[:, None, None] + self.noise["bars"](bars)[:, None]
        h = h + self.noise["tracks"](tracks)[:, :, None] + self.noise["cells"](cells)
        h = h + mask * (self.given["latents"].tokens(latents) + self.given.mark)
        played = repeated(self.out.tokens(self.norm(self.through(h))), sources, self.codes)
        played = played * presence[..., None]
        return played * (1 - mask) + latents * mask


class Encoder(Attention):
    def __init__(self, d):
        super().__init__(d, d["encoder_blocks"])
        width = d["width"]
        self.latents = TrackLinear(d["latent"], width)
        self.norm = nn.LayerNorm(width)
        self.noise = nn.ModuleDict({n: nn.Linear(width, 2 * size) for n, size in noise_sizes(d)})

    def forward(self, latents, *told):
        """Mean and log variance of the phrase's noise, the bars', the tracks' and the tokens'."""
        h = self.condition(*told) + self.latents.tokens(latents)
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

    def forward(self, features, harmony, *told):
        """Features (n, 5, 4, latent + 96) and harmony (n, 4, 28) to scores (n,)."""
        encoded, rhythm, chroma = features.split(self.sizes, 3)
        h = self.condition(*told) + self.harmony(harmony)[:, None]
        h = h + self.encoded.tokens(encoded) + self.rhythm.tokens(rhythm) + self.chroma.tokens(chroma)
        h = self.through(h).flatten(1, 2)
        together = torch.cat([h.mean(1), h.amax(1)], 1)
        return self.out(gelu(self.hidden(together)))[:, 0] + self.token(h).mean((1, 2))

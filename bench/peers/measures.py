"""Writes what the tests of `musegan-train evaluate` compare with: small `.mid` files, what MusPy measures
of them, and what the formulas of MuseGAN's three releases give.

  python bench/peers/measures.py

The files hold four bars of the band each, on sixteenths, from fixed random numbers. MusPy reads them
back and measures them at four steps to the beat. One of its numbers is left out where it is wrong:
of music that ends on a bar line, groove consistency compares the last bar with one that is not there.
"""
import json
import math
import random
import warnings
from pathlib import Path

import muspy
import numpy as np


FOLDER = Path(__file__).parents[2] / "crates/musegan-train/tests/fixture/measures"
RESOLUTION = 24
STEP = RESOLUTION // 4
# Program, whether it is the drums, the range of its pitches, and about how many begin in a step.
TRACKS = [
    (0, True, 35, 51, 0.9),
    (0, False, 55, 80, 0.6),
    (25, False, 48, 72, 0.4),
    (33, False, 28, 48, 0.3),
    (48, False, 60, 90, 0.5),
]
NAMES = ["Drums", "Piano", "Guitar", "Bass", "Strings"]


def song(seed, end):
    """Four bars whose last note ends at this step."""
    numbers = random.Random(seed)
    tracks = []
    for program, is_drum, low, high, density in TRACKS:
        free = {pitch: 0 for pitch in range(low, high)}
        notes = []
        for step in range(end - 1):
            for pitch in free:
                if free[pitch] > step or numbers.random() > density / (high - low):
                    continue
                length = 1 if is_drum else numbers.randint(1, min(8, end - 1 - step))
                # A step of rest, so that a run of cells is a note.
                free[pitch] = step + length + 1
                notes.append((step, pitch, length))
        if not is_drum:
            notes.append((end - 1, high, 1))
        notes = [muspy.Note(step * STEP, pitch, length * STEP, 80) for step, pitch, length in notes]
        tracks.append(muspy.Track(program, is_drum, notes=notes))
    tempos = [muspy.Tempo(0, 120.0)]
    signatures = [muspy.TimeSignature(0, 4, 4)]
    return muspy.Music(resolution=RESOLUTION, tempos=tempos, time_signatures=signatures, tracks=tracks)


def of_muspy(music):
    values = {
        "n_pitches_used": muspy.n_pitches_used(music),
        "n_pitch_classes_used": muspy.n_pitch_classes_used(music),
        "pitch_range": muspy.pitch_range(music),
        "polyphony": muspy.polyphony(music),
        "polyphony_rate": muspy.polyphony_rate(music),
        "scale_consistency": muspy.scale_consistency(music),
        "pitch_entropy": muspy.pitch_entropy(music),
        "pitch_class_entropy": muspy.pitch_class_entropy(music),
    }
    if music.get_end_time() % 16:
        values["groove_consistency"] = muspy.groove_consistency(music, 16)
    return {name: float(value) for name, value in values.items()}


def bars_of(music):
    """Cells as (bar, step, pitch from MIDI 24 to 107, track)."""
    cells = np.zeros((64, 84, 5), bool)
    for number, track in enumerate(music.tracks):
        for note in track.notes:
            cells[note.time : note.end, note.pitch - 24, number] = True
    return cells.reshape(4, 16, 84, 5)


MAJOR = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1])
CIRCLES = [(1, 7 / 6), (1, 3 / 2), (0.5, 2 / 3)]
TONAL = np.concatenate(
    [[r * np.sin(np.arange(12) * t * np.pi), r * np.cos(np.arange(12) * t * np.pi)] for r, t in CIRCLES]
)


def chroma(bar, padding):
    """What the releases take for chroma: neighbouring pitches folded together."""
    bar = np.pad(bar, ((0, 0), (0, padding)))
    return bar.reshape(len(bar), 12, -1).sum(2)


def first_two(bars, padding):
    """The releases with bars of 96 steps: the mean of the bars that sound."""
    bars = np.repeat(bars, 6, axis=1)
    found = {}
    for track in range(1, 5):
        folded = [chroma(bar[..., track], padding) for bar in bars if bar[..., track].any()]
        found[f"pitch classes {NAMES[track]}"] = np.mean([(f.sum(0) > 0).sum() for f in folded])
        found[f"in C major {NAMES[track]}"] = np.mean([(f.sum(0) * MAJOR).sum() / f.sum() for f in folded])
    for one in range(1, 5):
        for other in range(one + 1, 5):
            distances = []
            for bar in bars:
                beats = [chroma(bar[..., t], padding).reshape(4, 24, 12).sum(1) for t in (one, other)]
                points = [(b / b.sum(1, keepdims=True)) @ TONAL.T for b in beats]
                distances.append(np.mean(np.linalg.norm(points[0] - points[1], axis=1)))
            found[f"tonal distance {NAMES[one]} {NAMES[other]}"] = np.nanmean(distances)
    return found


def third(bars):
    """The last release: one number for all cells of a track."""
    folded = bars.reshape(4, 16, 12, 7, 5).sum(3)
    found = {}
    for track, name in enumerate(NAMES):
        cells = bars[..., track]
        found[f"empty bars {name}"] = cells.any((1, 2)).mean()
        found[f"pitches {name}"] = cells.sum((1, 2)).mean()
        if track == 0:
            pattern = np.tile([1, 0.1], 8)[None, :, None]
            found[f"drum pattern {name}"] = (pattern * cells).sum() / cells.sum()
            continue
        found[f"pitch classes {name}"] = (folded[..., track] > 0).sum((1, 2)).mean()
        found[f"polyphonic steps {name}"] = (cells.sum(2) > 2).mean()
        found[f"in C major {name}"] = (folded[..., track].sum((0, 1)) * MAJOR).sum() / cells.sum()
        change = np.diff(np.pad(cells.reshape(64, 84).astype(int), ((1, 1), (0, 0))), axis=0).ravel()
        onsets, ends = (change > 0).nonzero()[0], (change < 0).nonzero()[0]
        found[f"qualified notes {name}"] = (ends - onsets >= 2).mean()
    return found


def main():
    warnings.filterwarnings("ignore")
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = {}
    for number, end in enumerate([64, 63, 58, 61]):
        path = FOLDER / f"{number}.mid"
        song(number, end).write_midi(path)
        music = muspy.read_midi(path).adjust_resolution(4)
        bars = bars_of(music)
        released = {"v1": first_two(bars, 0), "binary": first_two(bars, 12), "v3": third(bars)}
        # Where no bar is without a rest there is no distance.
        released = {
            release: {name: float(value) for name, value in values.items() if not math.isnan(value)}
            for release, values in released.items()
        }
        found[path.name] = {"muspy": of_muspy(music)} | released
    (FOLDER / "values.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

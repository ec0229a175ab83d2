"""Writes the piano rolls that the tests read, with pypianoroll's own `save`.

Run once with each version:
    pip install pypianoroll==1.0.4 && python pianorolls.py pypianoroll-1.0.npz
    pip install pypianoroll==0.5.3 && python pianorolls.py pypianoroll-0.5.npz
"""
import sys

import numpy as np
import pypianoroll

RESOLUTION = 24
BARS = 5
STEPS = BARS * 4 * RESOLUTION


def roll(notes):
    """A roll of (first step, steps, key, velocity)."""
    cells = np.zeros((STEPS, 128), np.uint8)
    for first, steps, key, velocity in notes:
        cells[first : first + steps, key] = velocity
    return cells


beats = range(0, STEPS, RESOLUTION)
tracks = [
    ("Drums", 0, True, roll([(beat, 6, 36, 100) for beat in beats])),
    # Two notes without a rest between them, told apart by their velocities.
    ("Piano", 0, False, roll([(0, 48, 60, 80), (48, 48, 60, 90), (96, 96, 64, 70)])),
    ("Guitar", 24, False, roll([])),
    ("Bass", 32, False, roll([(beat, 24, 40, 110) for beat in beats])),
    ("Strings", 48, False, roll([(0, STEPS, 72, 60)])),
]
tempo = np.full(STEPS, 90.0)
downbeat = np.zeros(STEPS, bool)
downbeat[:: 4 * RESOLUTION] = True

if pypianoroll.__version__.startswith("0"):
    made = [pypianoroll.Track(cells, program, drum, name) for name, program, drum, cells in tracks]
    song = pypianoroll.Multitrack(
        tracks=made, tempo=tempo, downbeat=downbeat, beat_resolution=RESOLUTION, name="tune"
    )
else:
    made = [
        pypianoroll.StandardTrack(name=name, program=program, is_drum=drum, pianoroll=cells)
        for name, program, drum, cells in tracks
    ]
    song = pypianoroll.Multitrack(
        name="tune", resolution=RESOLUTION, tempo=tempo, downbeat=downbeat, tracks=made
    )
song.save(sys.argv[1])

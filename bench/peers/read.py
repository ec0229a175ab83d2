"""How many MIDI files per second other libraries read, on one thread.

  python bench/peers/read.py PEER [--sample N] [--seconds S] FOLDER...

PEER is `symusic` (its `Score(path)` alone: nothing is quantised), or `pypianoroll` or `muspy`, which
do what `musegan read and quantise` does: from the path to piano rolls at four steps per beat, one
per track. Prints `PEER what: N files/s, M MB/s`, the median of the passes over all files after one
to warm up, as `cargo bench -p musegan-score --bench midi` does of the same files. A file that a
peer refuses counts as read.
"""
import argparse
import statistics
import time
import warnings
from pathlib import Path


def symusic():
    from symusic import Score

    return "read", Score


def pypianoroll():
    import pypianoroll

    def read(path):
        return pypianoroll.read(path).set_resolution(4).binarize()

    return "read and quantise", read


def muspy():
    import muspy

    def read(path):
        music = muspy.read_midi(path)
        music.adjust_resolution(4)
        rolls = []
        for track in music.tracks:
            one = muspy.Music(resolution=4, tempos=music.tempos, tracks=[track])
            rolls.append(one.to_pianoroll_representation(encode_velocity=False))
        return rolls

    return "read and quantise", read


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=["symusic", "pypianoroll", "muspy"])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--sample", type=int, help="so many of the files, evenly spaced")
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    found = (path for folder in options.folders for path in folder.rglob("*"))
    files = sorted(
        path.as_posix() for path in found if path.suffix.lower() in (".mid", ".midi")
    )
    count = min(len(files), options.sample or len(files))
    files = [files[i * len(files) // count] for i in range(count)]
    megabytes = sum(Path(file).stat().st_size for file in files) / 1e6
    what, read = globals()[options.peer]()

    def one_pass():
        refused = 0
        begin = time.perf_counter()
        for file in files:
            try:
                read(file)
            except Exception:
                refused += 1
        return time.perf_counter() - begin, refused

    _, refused = one_pass()
    begin = time.perf_counter()
    seconds = []
    while not seconds or time.perf_counter() - begin < options.seconds:
        seconds.append(one_pass()[0])
    median = statistics.median(seconds)
    if refused:
        print(f"{options.peer} refused {refused} of {count} files")
    print(f"{options.peer} {what}: {count / median:.1f} files/s, {megabytes / median:.2f} MB/s")


if __name__ == "__main__":
    main()

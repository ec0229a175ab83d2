"""How many MIDI files per second other libraries read, on one thread.

  python bench/peers/read.py PEER [--sample N] [--seconds S] FOLDER...

PEER is `symusic` (its `Score(path)` alone: nothing is quantised), or one that does what `musegan
read and quantise` does, from the path to what sounds at four steps per beat: `pypianoroll` (a
binary roll of each track) or `muspy` (one roll of all tracks). Prints `PEER what: N files/s,
M MB/s`, the median of the passes over all files, as `cargo bench -p musegan-score --bench midi`
does of the same files. A file that a peer refuses counts as read.
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
        music = muspy.read_midi(path).adjust_resolution(4)
        return music.to_pianoroll_representation(encode_velocity=False)

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
    files = sorted(str(path) for path in found if path.suffix.lower() in (".mid", ".midi"))
    count = min(len(files), options.sample or len(files))
    files = [files[i * len(files) // count] for i in range(count)]
    # Reading them once brings them into memory.
    megabytes = sum(len(Path(file).read_bytes()) for file in files) / 1e6
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

    # What is slow the first time: imports, tables.
    try:
        read(files[0])
    except Exception:
        pass
    passes = []
    while not passes or sum(seconds for seconds, _ in passes) < options.seconds:
        passes.append(one_pass())
    median, refused = statistics.median(seconds for seconds, _ in passes), passes[0][1]
    if refused:
        print(f"{options.peer} refused {refused} of {count} files")
    print(f"{options.peer} {what}: {count / median:.1f} files/s, {megabytes / median:.2f} MB/s")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Images per second out of one record file: ``ImageRecordIter`` of cupynet beside MXNet's, with one thread each.

    python scripts/bench/records.py --mxnet .bench/mxnet/bin/python

JPEG 256 x 256, a random crop of 224 x 224, mirrored at random, less the mean. The two take turns; read the ratio.
"""
from __future__ import annotations

import argparse
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def make(path: Path, count: int) -> None:
    """Write a file of smooth, noisy photographs."""
    import cv2
    import numpy as np
    rng = np.random.RandomState(0)
    with open(path, "wb") as file:
        for i in range(count):
            smooth = cv2.resize(rng.randint(0, 256, (9, 9, 3)).astype(np.uint8), (256, 256),
                                interpolation=cv2.INTER_CUBIC)
            image = np.clip(smooth + rng.randint(-12, 13, smooth.shape), 0, 255).astype(np.uint8)
            record = struct.pack("<IfQQ", 0, i % 10, i, 0) + cv2.imencode(".jpg", image)[1].tobytes()
            file.write(struct.pack("<II", 0xCED7230A, len(record)) + record + b"\0" * (-len(record) % 4))


def measure(name: str, path: str, threads: int) -> None:
    """Print the images per second of the second epoch."""
    sys.path.insert(0, str(ROOT))
    mx = __import__(name)
    it = mx.io.ImageRecordIter(path_imgrec=path, data_shape=(3, 224, 224), batch_size=64, rand_crop=True,
                               rand_mirror=True, mean_r=123.68, mean_g=116.78, mean_b=103.94,
                               preprocess_threads=threads, verbose=False)
    for _ in range(2):
        begin, count = time.perf_counter(), 0
        for batch in it:
            batch.data[0].wait_to_read()
            count += 64
        seconds = time.perf_counter() - begin
        it.reset()
    print(count / seconds, flush=True)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mxnet", default=str(ROOT / ".bench" / "mxnet" / "bin" / "python"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--measure", nargs=2, metavar=("MODULE", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure, given.threads)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "images.rec", given.count)
        rates: dict[str, list[float]] = {"cupynet": [], "mxnet": []}
        for _ in range(given.rounds):
            for name, python in (("cupynet", sys.executable), ("mxnet", given.mxnet)):
                run = subprocess.run([python, __file__, "--threads", str(given.threads), "--measure", name,
                                      f"{folder}/images.rec"], stdout=subprocess.PIPE, check=True, text=True)
                rates[name].append(float(run.stdout.split()[-1]))
    for name, found in rates.items():
        print(f"{name:8} {statistics.median(found):8.0f} images per second")
    print(f"ratio    {statistics.median(a / b for a, b in zip(*rates.values())):8.2f}")


if __name__ == "__main__":
    main()

"""``NDArrayIter`` on programs drawn at random: the same calls on MXNet 1.9.1, whose answers are kept, and on cupynet.

    .bench/mxnet/bin/python scripts/oracle/iterators.py   # writes tests/data/training/iterators.json.gz
"""
import gzip
import json
from pathlib import Path

import numpy as np

ANSWERS = Path(__file__).resolve().parents[2] / "tests" / "data" / "training" / "iterators.json.gz"
COUNT = 600


def pick(rng, *choices):
    return choices[rng.randint(len(choices))]


def drawn_arrays(mx, rng, count, native, form):
    """Return an array, or a list or dict of arrays, of `count` samples."""
    def one():
        shape = (count, *rng.randint(1, 3, rng.randint(0, 3)))
        dtype = pick(rng, "float32", "float64", "int32", "uint8", "float16", "int64")
        values = (np.arange(np.prod(shape)).reshape(shape) % 200).astype(dtype)
        return mx.nd.array(values, dtype=dtype) if native else values
    if form == "dict":
        return {name: one() for name in ("b", "a", "c")[:rng.randint(1, 4)]}
    if form == "list":
        return [one() for _ in range(rng.randint(1, 3))]
    return one()


def drawn_iterator(mx, rng):
    count, batch_size = rng.randint(1, 14), rng.randint(1, 9)
    handle = pick(rng, "pad", "discard", "roll_over")
    if handle == "roll_over":
        count = max(count, batch_size)  # less than a batch ends as an error there
    native, form = pick(rng, True, False), pick(rng, "one", "list", "dict")
    data = drawn_arrays(mx, rng, count, native, form)
    label = None if rng.rand() < 0.2 else drawn_arrays(mx, rng, count, native, form)
    names = {"data_name": "x", "label_name": "y"} if rng.rand() < 0.2 else {}
    return mx.io.NDArrayIter(data, label, batch_size, rng.rand() < 0.5, handle, **names)


def described(descriptions):
    return [[each.name, each.shape, np.dtype(each.dtype).name, each.layout] for each in descriptions]


def batch(found):
    return [[x.asnumpy().ravel().tolist() for x in found.data], [x.asnumpy().ravel().tolist() for x in found.label],
            found.pad, [np.dtype(x.dtype).name for x in (*found.data, *found.label)]]


def played(mx, seed):
    """Return what a random program of calls gives, as JSON would give it back."""
    rng = np.random.RandomState(seed)
    np.random.seed(seed)
    it = drawn_iterator(mx, rng)
    seen = [described(it.provide_data), described(it.provide_label), it.num_data, it.num_source]
    for _ in range(rng.randint(1, 10)):
        step = pick(rng, "next", "next", "next", "epoch", "epoch", "reset", "reset", "hard_reset")
        if step == "next":
            found = next(it, None)
            seen.append(None if found is None else batch(found))
        elif step == "epoch":
            seen.append([[each.data[0].asnumpy().ravel().tolist(), each.pad] for each in it])
        else:
            getattr(it, step)()
        seen.append(int(it.cursor))
    return json.loads(json.dumps(seen))


def main():
    import mxnet as mx

    answers = [played(mx, seed) for seed in range(COUNT)]
    with open(ANSWERS, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        packed.write(json.dumps(answers, separators=(",", ":")).encode())
    print(f"{COUNT} programs in {ANSWERS} ({ANSWERS.stat().st_size} bytes)")


if __name__ == "__main__":
    main()

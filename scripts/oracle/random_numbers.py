"""Ask MXNet 1.9.1 what it draws: programs drawn at random, with a checksum of each of their results.

Run in a Python 3.11 environment with ``numpy==1.23.5`` and ``mxnet==1.9.1`` from the root of the clone::

    python scripts/oracle/random_numbers.py

The programs and their answers go to ``tests/data/random_numbers.json``; ``tests/ops/test_random_numbers.py`` repeats
them. A program is a seed and calls in order, so that what a call leaves of the engines' words is seen by the next.
"""
import json
import random
import warnings
import zlib
from pathlib import Path

warnings.simplefilter("ignore")
import mxnet as mx  # noqa: E402
import numpy as np  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "random_numbers.json"
PROGRAMS = 150


def filled(init, name, shape, dtype):
    """Return an array filled by an initializer."""
    array = mx.nd.zeros(shape, dtype=dtype)
    init(mx.init.InitDesc(name), array)
    return array


NAMES = {"mx": mx, "nd": mx.nd, "np": np, "filled": filled}

PARAMETERS = {  # of each distribution: names for _like, and ranges
    "uniform": (("low", "high"), ((-3, 0), (0.5, 5))), "normal": (("loc", "scale"), ((-3, 3), (0.05, 4))),
    "gamma": (("alpha", "beta"), ((0.05, 8), (0.1, 4))), "exponential": (("lam",), ((0.1, 6),)),
    "poisson": (("lam",), ((0, 40),)), "negative_binomial": (("k", "p"), ((0, 30), (0.1, 1))),
    "generalized_negative_binomial": (("mu", "alpha"), ((0.1, 30), (0, 2)))}
FLOATS = ("float32", "float32", "float64", "float16")
SIZES = (1, 2, 10, 63, 64, 65, 127, 128, 129, 1000)
LARGE = (65535, 65536, 65537, 100000, 131073, 300000)


class Writer:
    """Writes calls."""

    def __init__(self, seed):
        self.pick = random.Random(seed)

    def number(self, low, high):
        x = self.pick.uniform(low, high)
        return self.pick.choice([repr(x), repr(round(x, 2)), repr(round(x, 3)), repr(round(x, 1))])

    def values(self, name):
        values = [self.number(*bounds) for bounds in PARAMETERS[name][1]]
        if name == "negative_binomial":
            values[0] = str(round(float(values[0])))
        return values

    def shape(self, large=False):
        pick = self.pick
        if large and pick.random() < 0.3:
            return str(pick.choice(LARGE))
        return pick.choice([str(pick.choice(SIZES)), repr(tuple(pick.randint(1, 9) for _ in range(3))),
                            repr((pick.randint(1, 60), pick.randint(1, 60)))])

    def dtype(self):
        return self.pick.choice(["", f", dtype={self.pick.choice(FLOATS)!r}"])

    def distribution(self):
        return self.pick.choice(list(PARAMETERS))

    def draw(self):
        name = self.distribution()
        large = name in ("uniform", "normal", "exponential")
        return f"nd.random.{name}({', '.join(self.values(name))}, shape={self.shape(large)}{self.dtype()})"

    def sample(self):
        name = self.distribution()
        columns = zip(*(self.values(name) for _ in range(self.pick.randint(1, 5))))
        arrays = ", ".join(f"nd.array([{', '.join(column)}])" for column in columns)
        return f"nd.random.{name}({arrays}, shape={self.shape()}{self.dtype()})"

    def like(self):
        name = self.distribution()
        given = ", ".join(f"{k}={v}" for k, v in zip(PARAMETERS[name][0], self.values(name)))
        return f"nd.random.{name}_like(nd.zeros({self.shape()}, dtype={self.pick.choice(FLOATS)!r}), {given})"

    def randint(self):
        low = self.pick.randint(-10**9, 10**9)
        high = low + self.pick.randint(1, 2**self.pick.randint(1, 40))
        dtype = self.pick.choice(["int32", "int64"])
        return f"nd.random.randint({low}, {high}, shape={self.shape(True)}, dtype={dtype!r})"

    def shuffle(self):
        data = f"nd.arange({12 * self.pick.randint(1, 200)})"
        return f"nd.random.shuffle({data}{self.pick.choice(['', '.reshape((-1, 1))', '.reshape((-1, 2, 3))'])})"

    def multinomial(self):
        categories = self.pick.choice([2, 3, 8])
        rows = [self.pick.choices(range(1, 30), k=categories) for _ in range(self.pick.randint(1, 4))]
        probabilities = [[round(x / sum(row), 4) for x in row] for row in rows]
        data = f"nd.array({probabilities[0] if self.pick.random() < 0.3 else probabilities}, " \
               f"dtype={self.pick.choice(FLOATS)!r})"
        return f"nd.random.multinomial({data}, shape={self.shape()}, dtype={self.pick.choice(['int32', 'float32'])!r})"

    def dropout(self):
        shape = tuple(self.pick.randint(1, 40) for _ in range(3))
        axes = tuple(i for i in range(3) if self.pick.random() < 0.3)
        return (f"nd.Dropout(nd.ones({shape}, dtype={self.pick.choice(FLOATS)!r}), p={self.number(0, 0.95)}, "
                f"mode='always', axes={axes})")

    def recurrent(self):  # the mask of dropout itself; in single precision MXNet's builds drop nothing
        weights = "np.concatenate([np.eye(4).ravel(), np.zeros(16)] * 2 + [np.zeros(16)])"
        return (f"nd.RNN(nd.ones((3, 2, 4), dtype='float64'), nd.array({weights}, dtype='float64'), "
                f"nd.zeros((2, 2, 4), dtype='float64'), state_size=4, num_layers=2, mode='rnn_relu', "
                f"p={self.number(0.1, 0.8)})")

    def classes(self):
        count = self.pick.randint(1, 20)
        if self.pick.random() < 0.5:
            return f"nd.contrib.rand_zipfian(nd.array([1, 2]), {count}, {self.pick.randint(5, 1000)})[0]"
        return (f"nd._internal._sample_unique_zipfian({self.pick.randint(40, 1000)}, "
                f"shape=({self.pick.choice([1, 3, 70, 1100])}, {count}))[{self.pick.randint(0, 1)}]")

    def image(self):
        data = "nd.arange(24).reshape((2, 4, 3))"
        return self.pick.choice([f"nd.image.random_flip_left_right({data})", f"nd.image.random_flip_top_bottom({data})",
                                 f"nd.image.random_brightness({data}, 0.3, 1.7)"])

    def initializer(self):
        pick = self.pick
        kind = pick.choice(["Uniform", "Normal", "Xavier", "MSRAPrelu", "Orthogonal", "Zero", "FusedRNN"])
        spread = pick.choice(["in", "out", "avg"])
        arguments = {"Uniform": self.number(0.01, 1), "Normal": self.number(0.01, 1), "Zero": "",
                     "Xavier": f"{pick.choice(['uniform', 'gaussian'])!r}, {spread!r}, {self.number(0.5, 4)}",
                     "MSRAPrelu": f"{spread!r}, {self.number(0, 0.5)}", "Orthogonal": self.number(0.5, 2),
                     "FusedRNN": f"mx.init.Xavier(), 3, 2, 'lstm', {pick.random() < 0.5}"}[kind]
        shape = tuple(pick.randint(1, 30) for _ in range(pick.choice([2, 2, 4])))
        if kind == "FusedRNN":
            sides = 2 if "True" in arguments else 1
            shape = (sides * 3 * 4 * (2 + 3 + 2 + 3 * sides + 3 + 2),)
        name = pick.choice(["fc_weight"] * 5 + ["fc_weight_quantize", "fc_bias", "bn_gamma"])
        call = f"filled(mx.init.{kind}({arguments}), {name!r}, {shape}, {pick.choice(FLOATS)!r})"
        return f"{call}.abs() * 0" if kind == "Orthogonal" else call  # its signs are the LAPACK's

    def seed(self):
        return f"mx.random.seed({self.pick.randint(-2**40, 2**40)}{self.pick.choice(['', ', ctx=mx.cpu(1)'])})"

    def call(self):
        kinds = (self.draw, self.draw, self.draw, self.sample, self.like, self.randint, self.shuffle, self.multinomial,
                 self.dropout, self.recurrent, self.classes, self.image, self.initializer, self.seed)
        return self.pick.choice(kinds)()


def answer(call):
    """Return dtype, shape, checksum and first numbers of what a call gives."""
    with mx.autograd.record(train_mode="RNN" in call):
        result = eval(call, dict(NAMES))
    if result is None:
        return None
    x = result.asnumpy()
    return [str(x.dtype), list(x.shape), zlib.crc32(np.ascontiguousarray(x).tobytes()), x.ravel()[:3].tolist()]


def main():
    programs = []
    for index in range(PROGRAMS):
        writer = Writer(index)
        seed = writer.pick.choice([0, 1, -1, 2**31, writer.pick.randint(0, 10**6)])
        calls = [writer.call() for _ in range(writer.pick.randint(2, 6))]
        mx.random.seed(seed)
        programs.append([seed, [[call, answer(call)] for call in calls]])
    lines = ",\n".join(json.dumps(program) for program in programs)
    DATA.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()

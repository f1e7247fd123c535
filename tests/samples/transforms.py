"""Samples of the family "transforms": Fourier transforms, sketches, point processes, storage types."""
import numpy as np

from . import Sample, ints, rand


def _interleaved(x):
    found = np.fft.fft(x.astype("float64"))
    return np.stack([found.real, found.imag], -1).reshape(*x.shape[:-1], -1)


def _sketch(x, h, s):
    out = np.zeros((len(x), 3))
    for i, (column, sign) in enumerate(zip(h[0].astype(int), s[0])):
        out[:, column] += x[:, i] * sign
    return out


def _hawkes(n, t, k, dtype="float32"):
    return [rand(n, k, low=0.2, dtype=dtype), rand(k, low=0.1, high=0.5, dtype=dtype),
            rand(k, low=0.5, high=1.5, dtype=dtype), rand(n, k, low=0, seed=1, dtype=dtype),
            rand(n, t, low=0.1, dtype=dtype), ints(n, t, high=k, dtype="int32"),
            ints(n, low=1, high=t + 1, dtype=dtype), rand(n, low=4, high=6, dtype=dtype)]


_GPU = {"oracle": False}  # MXNet has it on a GPU alone

SAMPLES = [
    *(Sample("_contrib_fft", [rand(*shape)], reference=_interleaved, **_GPU) for shape in ((2, 5), (1, 2, 3, 4), (6,))),
    Sample("_contrib_fft", [rand(2, 4, dtype="float64")], {"compute_size": 1}, reference=_interleaved, **_GPU),
    Sample("_contrib_ifft", [_interleaved(rand(2, 5)).astype("float32")], reference=lambda x: rand(2, 5) * 5, **_GPU),
    Sample("_contrib_ifft", [rand(1, 2, 2, 6)], **_GPU,
           reference=lambda x: 3 * np.fft.ifft(x[..., ::2] + 1j * x[..., 1::2]).real),
    Sample("_contrib_count_sketch", [rand(2, 5), ints(1, 5, high=3), np.array([[1, -1, -1, 1, 1]], "float32")],
           {"out_dim": 3}, reference=_sketch, numeric=("data",), **_GPU),
    *(Sample("_contrib_hawkesll", _hawkes(*sizes), numeric=("lda", "alpha"), oracle=False,
             why="the script would ask for gradients that MXNet refuses: see the random calls, also for that of beta")
      for sizes in ((2, 4, 3), (1, 1, 1), (3, 5, 2), (2, 3, 2, "float64"))),
    Sample("_contrib_backward_hawkesll", [rand(2), *_hawkes(2, 4, 3)], oracle=False, why="see _contrib_hawkesll"),
    Sample("_contrib_backward_quadratic", [rand(2, 3), rand(2, 3, seed=1)], {"a": 2.0, "b": 3.0}, oracle=False,
           reference=lambda g, x: g * (4 * x + 3)),
    Sample("_contrib_backward_gradientmultiplier", [rand(2, 3)], {"scalar": -2.0}),
    Sample("_contrib_backward_index_copy", [rand(4, 2), rand(4, 2, seed=1), np.array([2, 0], "int64"), rand(2, 2)],
           oracle=False, reference=lambda g, old, i, new: (g * [[0], [1], [0], [1]], g[[2, 0]])),
    Sample("cast_storage", [rand(2, 3)], {"stype": "default"}),
    Sample("cast_storage", [ints(2, 3, high=9, dtype="int32")], {"stype": "default"}),
]

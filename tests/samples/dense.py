"""Samples of the family "dense"."""
from . import Sample, rand

SAMPLES = [Sample("FullyConnected", [rand(*data), rand(5, n, seed=1), rand(5, seed=2)], {"num_hidden": 5, **attrs})
           for data, n, attrs in (((2, 4), 4, {}), ((2, 3, 4), 12, {}), ((3, 1, 2, 2), 4, {}), ((1, 6), 6, {}),
                                  ((2, 3, 4), 4, {"flatten": False}), ((2, 4), 4, {"flatten": False}),
                                  ((3,), 1, {}), ((4,), 4, {"flatten": False}))]
SAMPLES += [Sample("FullyConnected", [rand(*data), rand(3, n, seed=1)], {"num_hidden": 3, "no_bias": True, **attrs})
            for data, n, attrs in (((2, 4), 4, {}), ((2, 3, 4), 12, {}), ((2, 3, 4), 4, {"flatten": False}))]
SAMPLES += [Sample("FullyConnected", [rand(2, 4, dtype="float64"), rand(3, 4, dtype="float64"),
                                      rand(3, dtype="float64")], {"num_hidden": 3}),
            Sample("FullyConnected", [rand(2, 4, dtype="float16"), rand(3, 4, dtype="float16"),
                                      rand(3, dtype="float16")], {"num_hidden": 3}, oracle=False, rtol=3e-3, atol=2e-3,
                   reference=lambda x, w, b: x.astype("f4") @ w.astype("f4").T + b)]

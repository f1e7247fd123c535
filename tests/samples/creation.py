"""Samples of the family "creation"."""
import numpy as np

from . import Sample

SAMPLES = [
    *(Sample(op, [], {"shape": (2, 3), "dtype": dtype}) for op in ("_zeros", "_ones")
      for dtype in ("float32", "float64", "int32", "uint8", "bool")),
    Sample("_zeros", [], {"shape": 4}),
    Sample("_zeros_without_dtype", [], {"shape": (2, 3)}, oracle=False, reference=lambda: np.zeros((2, 3))),
    Sample("_zeros_without_dtype", [], {"shape": (2, 3), "dtype": 4}, oracle=False, reference=lambda: np.zeros((2, 3))),
    Sample("_full", [], {"shape": (2, 3), "value": 2.7}),
    Sample("_full", [], {"shape": 2, "value": 2.7, "dtype": "int32"}),
    *(Sample("_arange", [], dict(zip(("start", "stop", "step", "repeat"), spec))) for spec in (
        (5,), (1, 4), (1, 4.2, 0.7, 2), (5, 1, -1.5), (-2, 3, 2), (0, 2, 1, 3))),
    *(Sample("_arange", [], {"start": 0.5, "stop": 4, "step": 1.7, "dtype": dtype}) for dtype in ("int32", "float64")),
    Sample("_linspace", [], {"start": 0, "stop": 1, "num": 5}),
    Sample("_linspace", [], {"start": 0, "stop": 1, "num": 5, "endpoint": False, "dtype": "float64"}),
    Sample("_linspace", [], {"start": 3, "stop": 1, "num": 1}),
    Sample("_linspace", [], {"start": 0, "stop": 5, "num": 4, "dtype": "int32"}),
    *(Sample("_eye", [], {"N": n, "M": m, "k": k}) for n, m, k in ((2, 0, 0), (2, 3, 1), (3, 2, -1), (2, 2, 5))),
    Sample("_eye", [], {"N": 2, "dtype": "int32"}),
]

"""Samples of the family "random". What is random is checked in tests/ops/test_random.py."""
import numpy as np

from . import Sample, rand

_RANDOM = {"oracle": False, "why": "random"}
_PARAMETERS = {"uniform": {"low": -1.0, "high": 2.0}, "normal": {"loc": 1.0, "scale": 2.0},
               "gamma": {"alpha": 2.0, "beta": 0.5}, "exponential": {"lam": 2.0}, "poisson": {"lam": 3.0},
               "negative_binomial": {"k": 2, "p": 0.4},
               "generalized_negative_binomial": {"mu": 2.0, "alpha": 0.3}}

SAMPLES = []
for _name, _values in _PARAMETERS.items():
    _arrays = [np.array([[v, v, v + 0.5]] * 2, "float32") for v in _values.values()]
    SAMPLES += [
        Sample(f"_random_{_name}", [], {**_values, "shape": (2, 3)}, **_RANDOM),
        Sample(f"_random_{_name}", [], {"shape": (4,), "dtype": "float16", "ctx": "cpu(0)"}, **_RANDOM),
        Sample(f"_random_{_name}", [], {"dtype": "float64"}, **_RANDOM),
        Sample(f"_random_{_name}_like", [rand(2, 3)], _values, **_RANDOM),
        Sample(f"_random_{_name}_like", [rand(4, dtype="float16")], {}, **_RANDOM),
        Sample(f"_sample_{_name}", _arrays, {}, **_RANDOM),
        Sample(f"_sample_{_name}", _arrays, {"shape": (4, 2), "dtype": "float64"}, **_RANDOM),
        Sample(f"_sample_{_name}", [x[0].astype("float64") for x in _arrays], {"shape": 5}, **_RANDOM)]
SAMPLES += [Sample("_random_randint", [], {"low": -3, "high": 5, "shape": (2, 3)}, **_RANDOM),
            Sample("_random_randint", [], {"low": 0, "high": 2**40, "shape": 3, "dtype": "int64"}, **_RANDOM),
            Sample("_random_randint", [], {"low": 0, "high": 1}, oracle=False, reference=lambda: [0]),
            Sample("_shuffle", [rand(6, 2)], **_RANDOM),
            Sample("_sample_unique_zipfian", [], {"range_max": 20, "shape": (3, 8)}, **_RANDOM)]

_P = rand(2, 3, low=0.1, high=1)
_SURE = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], "float32")
SAMPLES += [Sample("_sample_multinomial", [_P], attrs, **_RANDOM)
            for attrs in ({}, {"shape": 4}, {"shape": (2, 2), "get_prob": True},
                          {"get_prob": True, "dtype": "float32"})]
SAMPLES += [Sample("_sample_multinomial", [_P[0]], {"get_prob": True}, **_RANDOM),
            Sample("_sample_multinomial", [rand(2, 2, 3, low=0.1, dtype="float64")], {"shape": 3, "get_prob": True},
                   **_RANDOM),
            Sample("_sample_multinomial", [_SURE], {"shape": (2,)}),
            Sample("_sample_multinomial", [_SURE[0]], {"shape": (2,), "dtype": "uint8"}),
            Sample("_sample_multinomial", [np.ones((4, 1), "float32")], {"shape": (3,), "get_prob": True})]

# densities: the parameters' shape, then axes of the sample's own
_DENSITIES = {"uniform": ((-1, 0), (1, 2), (-1, 1)), "normal": ((-1, 1), (0.5, 2), (-2, 2)),
              "gamma": ((0.5, 3), (0.5, 2), (0.2, 3)), "exponential": ((0.5, 2), (0.2, 3))}
for _name, (*_ranges, (_low, _high)) in _DENSITIES.items():
    for _shape, _own in (((2,), (4,)), ((2, 3), ()), ((2, 1), (2, 3))):
        _inputs = [rand(*_shape, *_own, low=_low, high=_high),
                   *(rand(*_shape, seed=i, low=a, high=b) for i, (a, b) in enumerate(_ranges))]
        SAMPLES += [Sample(f"_random_pdf_{_name}", _inputs, {"is_log": is_log}) for is_log in (False, True)]
_COUNTS = np.array([[0, 1, 5, 2], [3, 0, 1, 7]], "float32")
for _name, _ranges in {"poisson": ((0.5, 4),), "negative_binomial": ((1, 4), (0.2, 0.8)),
                       "generalized_negative_binomial": ((0.5, 4), (0.2, 0.8))}.items():
    _inputs = [_COUNTS, *(rand(2, seed=i, low=a, high=b) for i, (a, b) in enumerate(_ranges))]
    SAMPLES += [Sample(f"_random_pdf_{_name}", _inputs, {"is_log": is_log},
                       numeric=("lam", "k", "p", "mu", "alpha")) for is_log in (False, True)]


def _points(*shape):
    x = rand(*shape, low=0.1)
    return x / x.sum(axis=-1, keepdims=True)


SAMPLES += [Sample("_random_pdf_dirichlet", [_points(*own), rand(*shape, seed=3, low=0.5, high=3)], {"is_log": is_log})
            for own, shape in (((2, 3), (2, 3)), ((2, 4, 3), (2, 3)), ((2, 2, 2, 2, 3), (2, 2, 3)))
            for is_log in (False, True)]

"""Samples of the family "sequence"."""
import numpy as np

from . import Sample, rand

_X = rand(4, 3, 2)
_N3 = np.array([1, 4, 2], "float32")
_N4 = np.array([3, 1, 2, 3], "float32")
_ON = {"use_sequence_length": True}

SAMPLES = [
    Sample("SequenceMask", [_X]),
    Sample("SequenceMask", [_X], {"axis": 1, "value": 2.0}),
    Sample("SequenceMask", [_X, _N3], _ON),
    Sample("SequenceMask", [_X, _N3.astype("int32")], {**_ON, "value": -1.5}),
    Sample("SequenceMask", [_X, _N4], {**_ON, "axis": 1}),
    Sample("SequenceMask", [rand(4, 3), _N3], _ON),
    Sample("SequenceMask", [rand(4, 3, 2, 2, dtype="float64"), _N3.astype("float64")], _ON),
    Sample("SequenceReverse", [_X]),
    Sample("SequenceReverse", [_X, _N3], _ON),
    Sample("SequenceReverse", [rand(4, 3), _N3.astype("int32")], _ON),
    Sample("SequenceReverse", [rand(4, 3, 1, 2), _N3], _ON),
    # MXNet 1.9.1 corrupts its memory in the backward pass of these two
    Sample("SequenceLast", [_X], oracle=False, reference=lambda x: x[-1]),
    Sample("SequenceLast", [_X], {"axis": 1}, oracle=False, reference=lambda x: x[:, -1]),
    Sample("SequenceLast", [_X, _N3], _ON),
    Sample("SequenceLast", [_X, _N4], {**_ON, "axis": 1}),
    Sample("SequenceLast", [rand(4, 3), _N3.astype("int32")], _ON),
    Sample("SequenceLast", [rand(2, 3, 1, 2), np.array([2, 1, 2], "float32")], _ON),
    Sample("_backward_sequence_last", [rand(3, 2)], {"length": 4}, oracle=False,
           reference=lambda x: np.concatenate([np.zeros((3, 3, 2)), x[None]])),
    Sample("_backward_sequence_last", [rand(3, 2)], {"length": 2, "axis": 1}, oracle=False,
           reference=lambda x: np.stack([0 * x, x], 1)),
    Sample("_backward_sequence_last", [rand(2, 3), np.array([2, 1], "float32")], {**_ON, "length": 2}, oracle=False,
           reference=lambda x, n: np.stack([x * [[0], [1]], x * [[1], [0]]])),
]

"""Samples of the family "ctc"."""
import numpy as np

from . import Sample, rand

_X = rand(5, 3, 4, low=-2, high=2)
_FIRST = np.array([[1, 2, 3], [1, 1, 0], [3, 0, 0]], "float32")
_LAST = np.array([[0, 1, 2], [1, 1, -1], [2, -1, -1]], "float32")
_DATA = np.array([5, 4, 2], "float32")
_LABEL = np.array([2, 3, 1], "float32")
_BOTH = {"use_data_lengths": True, "use_label_lengths": True}

SAMPLES = [
    Sample("CTCLoss", [_X, _FIRST]),
    Sample("CTCLoss", [_X, _LAST], {"blank_label": "last"}),
    Sample("CTCLoss", [_X, _LAST.astype("int32")], {"blank_label": "last"}),
    Sample("CTCLoss", [_X, np.zeros((3, 2), "float32")], oracle=False,  # MXNet: uninitialized memory
           reference=lambda x, label: (np.log(np.exp(x).sum(2)) - x[:, :, 0]).sum(0)),
    Sample("CTCLoss", [_X, np.array([[0, 1], [2, 2], [0, 0]], "float32")]),
    Sample("CTCLoss", [_X, _FIRST, _DATA], {"use_data_lengths": True}, numeric=("data",)),
    Sample("CTCLoss", [_X, _FIRST, np.array([3, 1, 1], "float32")], {"use_label_lengths": True}),
    Sample("CTCLoss", [_X, np.array([[1, 2, 3], [1, 1, 2], [3, 1, 2]], "float32"), _DATA, _LABEL], _BOTH),
    Sample("CTCLoss", [_X, np.array([[0, 2, 1], [1, 0, 2], [2, 1, 2]], "float32"), _DATA, _LABEL],
           {**_BOTH, "blank_label": "last"}),
    Sample("CTCLoss", [rand(3, 2, 3), np.array([[2, 1, 2], [1, 2, 0]], "float32")]),
    Sample("CTCLoss", [rand(1, 1, 3), np.array([[2]], "float32")]),
    Sample("CTCLoss", [rand(40, 4, 12, low=-3, high=3), np.arange(4 * 10).reshape(4, 10).astype("float32") % 11 + 1]),
]

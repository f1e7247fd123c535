"""Samples of the family "shape"."""
import numpy as np

from . import Sample, ints, rand

_CUBE = rand(2, 3, 4)
_IMAGE = rand(1, 2, 3, 4)


def _pads(mode, inputs, pad_width, **attrs):
    """MXNet pads only the last axes of 4 and 5; other ranks are checked against NumPy."""
    extra = {"constant_values": attrs["constant_value"]} if attrs else {}
    pairs = list(zip(pad_width[::2], pad_width[1::2]))
    oracle = inputs.ndim >= 4 and not any(pad_width[:4])
    return Sample("Pad", [inputs], {"mode": mode, "pad_width": pad_width, **attrs}, oracle=oracle,
                  reference=lambda x: np.pad(x, pairs, mode, **extra))


SAMPLES = [
    *(Sample("Reshape", [_CUBE], {"shape": shape}) for shape in (
        (4, 3, 2), (24,), (-1,), (0, -1), (6, 1, -1), (-1, 0), (4, 0, 2), (2, -2), (-2, 1), (-3, 4), (0, -3), (-3, -2),
        (-4, 1, 2, -2), (0, -4, -1, 3, 0), (2, -4, 3, -1, 4))),
    *(Sample("Reshape", [rand(4, 3, 2)], {"shape": shape, "reverse": True}) for shape in (
        (-1, 0), (0, -1, 0), (-1, 3, 0), (2, 2, -4, 0, 0), (-3, 2), (-2, 2))),
    Sample("Reshape", [_CUBE], {"target_shape": (0, 12)}),
    Sample("Reshape", [_CUBE], {"target_shape": (0, 0), "keep_highest": True}),
    Sample("Reshape", [ints(2, 3, high=9, dtype="int32")], {"shape": (3, 2)}),
    *(Sample("Flatten", [rand(*shape)]) for shape in ((2, 3, 4), (3,), (2, 3), (2, 1, 3, 2))),
    Sample("reshape_like", [_CUBE, rand(6, 4)]),
    Sample("reshape_like", [rand(30, 7), rand(15, 2, 4)], {"lhs_begin": 0, "lhs_end": 1, "rhs_begin": 0, "rhs_end": 2}),
    Sample("reshape_like", [rand(7, 30), rand(4, 15, 2)], {"lhs_begin": -1, "rhs_begin": -2}),
    *(Sample("expand_dims", [rand(2, 3)], {"axis": axis}) for axis in (0, 1, 2, -1, -3)),
    Sample("squeeze", [rand(1, 3, 1, 2)]),
    Sample("squeeze", [rand(1, 3, 1, 2)], {"axis": 0}),
    Sample("squeeze", [rand(1, 3, 1, 2)], {"axis": (0, -2)}),
    Sample("squeeze", [rand(1, 1)]),
    Sample("squeeze", [rand(2, 3)]),

    *(Sample("transpose", [_CUBE], {"axes": axes}) for axes in ((), (0, 2, 1), (2, 0, 1), (1, 2, 0))),
    Sample("transpose", [rand(2, 3)]),
    Sample("transpose", [_CUBE], {"axes": (-1, 0, 1)}, oracle=False, reference=lambda x: x.transpose(2, 0, 1)),
    *(Sample("SwapAxis", [_CUBE], {"dim1": i, "dim2": j}) for i, j in ((0, 2), (1, 0), (-1, 1))),
    Sample("SwapAxis", [_CUBE], {"dim1": 1, "dim2": 1}),
    Sample("reverse", [_CUBE], {"axis": 0}),
    Sample("reverse", [_CUBE], {"axis": (1, 2)}),
    Sample("reverse", [_CUBE], {"axis": -1}, oracle=False, reference=lambda x: x[..., ::-1]),

    Sample("Concat", [rand(2, 3), rand(2, 1), rand(2, 4)], {"dim": 1}),
    Sample("Concat", [rand(2, 3), rand(1, 3)], {"dim": 0}),
    Sample("Concat", [rand(2, 3, 1), rand(2, 3, 2)], {"dim": -1}),
    Sample("Concat", [rand(2, 3)]),
    Sample("Concat", [ints(3, high=5, dtype="int32"), ints(2, high=5, dtype="int32")], {"dim": 0}),
    Sample("_rnn_param_concat", [rand(3), rand(4)], {"dim": 0}),
    *(Sample("stack", [rand(2, 3), rand(2, 3, seed=1), rand(2, 3, seed=2)], {"axis": axis}) for axis in (0, 1, -1)),
    Sample("stack", [rand(3)]),

    Sample("SliceChannel", [rand(2, 6)], {"num_outputs": 3}),
    Sample("SliceChannel", [rand(4, 3, 2)], {"num_outputs": 2, "axis": 0}),
    Sample("SliceChannel", [rand(2, 3, 4)], {"num_outputs": 2, "axis": -1}),
    Sample("SliceChannel", [rand(2, 3, 2)], {"num_outputs": 3, "squeeze_axis": True}),
    Sample("SliceChannel", [rand(2, 3)], {"num_outputs": 1}),
    Sample("_split_v2", [rand(2, 4)], {"indices": (0, 1, 3)}),
    Sample("_split_v2", [rand(5, 2)], {"indices": (0, 4), "axis": 0}),
    Sample("_split_v2", [rand(2, 4)], {"indices": (), "sections": 2}),
    Sample("_split_v2", [rand(2, 2, 3)], {"indices": (0, 1), "squeeze_axis": True}),

    *(Sample("tile", [rand(2, 3)], {"reps": reps}) for reps in ((2,), (2, 3), (2, 1, 3), (1, 1), ())),
    Sample("tile", [rand(2, 1, 3)], {"reps": (2, 2)}),
    *(Sample("repeat", [rand(2, 3)], {"repeats": 2, "axis": axis}) for axis in (None, 0, 1, -2)),
    Sample("broadcast_to", [rand(1, 3)], {"shape": (4, 3)}),
    Sample("broadcast_to", [rand(2, 1, 1)], {"shape": (0, 3, 2)}),
    Sample("broadcast_to", [rand(1, 3)], {"shape": (2, 4, 3)}, oracle=False,
           reference=lambda x: np.broadcast_to(x, (2, 4, 3))),
    Sample("broadcast_axis", [rand(1, 3, 1)], {"axis": (0, 2), "size": (2, 4)}),
    Sample("broadcast_axis", [rand(3, 1)], {"axis": 1, "size": 2}),
    Sample("broadcast_like", [rand(1, 3), rand(4, 3)]),
    Sample("broadcast_like", [rand(1, 3, 1), rand(5, 6)], {"lhs_axes": (0, 2), "rhs_axes": (1, 0)}),
    Sample("broadcast_like", [rand(3), rand(4, 3)], oracle=False, reference=lambda x, y: x + 0 * y),

    _pads("constant", _IMAGE, (0, 0, 0, 0, 1, 2, 3, 0)),
    _pads("constant", _IMAGE, (0, 0, 0, 0, 1, 2, 3, 0), constant_value=2.5),
    _pads("edge", _IMAGE, (0, 0, 0, 0, 1, 2, 3, 0)),
    _pads("reflect", _IMAGE, (0, 0, 0, 0, 1, 2, 3, 2)),
    _pads("edge", rand(1, 1, 2, 3, 2), (0, 0, 0, 0, 1, 0, 2, 1, 0, 0)),
    _pads("reflect", rand(1, 1, 2, 3, 2), (0, 0, 0, 0, 1, 1, 0, 0, 0, 1)),
    _pads("constant", rand(2, 3), (1, 0, 0, 2)),
    _pads("edge", rand(2, 3), (1, 0, 3, 2)),
    _pads("reflect", rand(3), (2, 1)),
    Sample("_backward_pad", [rand(5, 6)], {"mode": "edge", "pad_width": (1, 2, 0, 3)}, oracle=False, why="internal"),
    Sample("_backward_pad", [rand(6, 4)], {"mode": "reflect", "pad_width": (1, 2, 0, 0)}, oracle=False, why="internal"),

    Sample("depth_to_space", [rand(2, 8, 2, 3)], {"block_size": 2}),
    Sample("depth_to_space", [rand(1, 9, 1, 2)], {"block_size": 3}),
    Sample("space_to_depth", [rand(2, 2, 4, 6)], {"block_size": 2}),

    Sample("diag", [rand(3)]),
    Sample("diag", [rand(2)], {"k": -1}),
    *(Sample("diag", [rand(3, 4)], {"k": k}) for k in (0, 2, -1)),
    Sample("diag", [_CUBE], {"k": 1}),
    Sample("diag", [_CUBE], {"axis1": 2, "axis2": 0}),
    Sample("diag", [rand(2, 3, 4, 3)], {"k": -1, "axis1": -1, "axis2": 1}),
    Sample("_backward_diag", [rand(3, 2)], {"shape": (4, 3, 2), "k": -1, "axis1": 0, "axis2": -1}, oracle=False,
           why="internal"),

    Sample("shape_array", [_CUBE]),
    Sample("size_array", [_CUBE]),
    Sample("_contrib_arange_like", [rand(2, 3)], {"start": 1, "step": 0.5}),
    Sample("_contrib_arange_like", [rand(2, 3)], {"repeat": 2}),
    Sample("_contrib_arange_like", [rand(2, 4)], {"axis": 1}),
    Sample("_contrib_arange_like", [rand(2, 4)], {"axis": -1, "repeat": 3}),
    *(Sample("_contrib_index_array", [rand(2, 3)], {"axes": axes}) for axes in (None, (1, 0), (-1,))),
]

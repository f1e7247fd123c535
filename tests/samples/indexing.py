"""Samples of the family "indexing"."""
import numpy as np

from . import Sample, ints, rand

_X = rand(3, 4)
_CUBE = rand(2, 3, 4)


def _at(*numbers, dtype="float32"):
    return np.array(numbers, dtype)


def _internal(op, inputs, attrs, reference=None):
    return Sample(op, inputs, attrs, oracle=False, reference=reference, why="internal: another operator's gradient")


def _assigned(key):
    def reference(lhs, rhs=7.5):
        result = lhs.copy()
        result[key] = rhs
        return result
    return reference


SAMPLES = [
    *(Sample("slice", [_X], dict(zip(("begin", "end", "step"), spec))) for spec in (
        ((1,), (3,)), ((0, 1), (2, 3)), ((None, -3), (None, None)), ((None, 3), (None, None), (-1, -2)),
        ((0, None), (3, 4), (2, 3)), ((2,), (None,), (-1,)))),
    Sample("slice", [_CUBE], {"begin": (0, 1), "end": (1, 9)}),
    Sample("slice", [ints(5, high=9, dtype="int32")], {"begin": 1, "end": 4}),
    *(Sample("slice_axis", [_CUBE], {"axis": axis, "begin": begin, "end": end}) for axis, begin, end in (
        (0, 1, 2), (1, 0, 2), (2, 1, None), (-1, -3, -1), (-2, -2, None))),
    Sample("slice_like", [_X, rand(2, 2)]),
    Sample("slice_like", [_CUBE, rand(2, 2)], {"axes": (1,)}),
    Sample("slice_like", [_CUBE, rand(1, 1, 2)], {"axes": (0, -1)}),
    _internal("_backward_slice", [rand(2, 2)],
              {"shape": (3, 4), "begin": (0, 3), "end": (None, None), "step": (2, -2)}),
    Sample("_slice_assign", [_X, rand(1, 2)], {"begin": (0, 1), "end": (1, 3)}, oracle=False,
           reference=_assigned(np.s_[0:1, 1:3])),
    Sample("_slice_assign", [_X, rand(2, 4)], {"begin": (None,), "end": (None,), "step": (-2,)}, oracle=False,
           reference=_assigned(np.s_[::-2])),
    Sample("_slice_assign_scalar", [_X], {"scalar": 7.5, "begin": (0, 1), "end": (2, 3)}, oracle=False,
           reference=_assigned(np.s_[0:2, 1:3])),

    Sample("take", [_X, _at(2, 0, 2)]),
    Sample("take", [_X, _at(-1, 5, 1.7)]),
    Sample("take", [_X, _at(-1, 5, -4)], {"mode": "wrap"}),
    Sample("take", [_X, _at(1, 3)], {"mode": "raise", "axis": 1}),
    Sample("take", [_CUBE, ints(2, 2, high=3)], {"axis": 1}),
    Sample("take", [_CUBE, ints(2, 2, high=4, dtype="int32")], {"axis": -1}),
    Sample("take", [rand(6), ints(2, 3, high=6, dtype="int64")]),
    _internal("_backward_take", [rand(2, 5, 4), _at(0, 2, 2, 9, 1)], {"shape": (2, 3, 4), "axis": 1}),
    _internal("_backward_take", [rand(2, 2, 4), ints(2, 2, high=3)], {"shape": (3, 4)}),
    _internal("_backward_take", [rand(3, 4, dtype="float16"), _at(1, 1, 0)], {"shape": (2, 4)}, lambda g, i: (
        np.stack([g[2], g[0] + g[1]]))),
    Sample("Embedding", [ints(2, 3, high=5), rand(5, 4)], {"input_dim": 5, "output_dim": 4}),
    Sample("Embedding", [_at(-1, 7, 1.9), rand(3, 4)], {"input_dim": 3, "output_dim": 4}),
    Sample("Embedding", [_at(1, 1, 0, dtype="int32"), rand(3, 1, dtype="float64")],
           {"input_dim": 3, "output_dim": 1, "dtype": "float64"}),

    Sample("pick", [_X, _at(0, 3, 1)]),
    Sample("pick", [_X, _at(-1, 9, 1.5)]),
    Sample("pick", [_X, _at(-1, 9, 1)], {"mode": "wrap"}),
    Sample("pick", [_X, ints(3, 1, high=4)]),
    Sample("pick", [_X, ints(3, high=4, dtype="int32")], {"keepdims": True}),
    Sample("pick", [_X, ints(4, high=3)], {"axis": 0}),
    Sample("pick", [_CUBE, ints(2, 4, high=3)], {"axis": 1}),
    Sample("pick", [rand(5), _at(2)]),
    _internal("_backward_pick", [rand(2, 4), ints(2, 1, 4, high=3)],
              {"shape": (2, 3, 4), "axis": 1, "mode": "wrap"}),
    Sample("batch_take", [_X, _at(-1, 9, 1, dtype="int32")]),
    Sample("fill_element_0index", [_X, rand(3), _at(3, 0, 2)]),
    Sample("one_hot", [_at(-1, 5, 1.9)], {"depth": 3}),
    Sample("one_hot", [ints(2, 2, high=3, dtype="int32")], {"depth": 3, "on_value": 2.5, "off_value": 0.5}),
    Sample("one_hot", [_at(0, 1)], {"depth": 3, "on_value": 2.7, "dtype": "int32"}),
    Sample("one_hot", [_at(0, 1)], {"depth": 2, "dtype": "float16"}),

    Sample("gather_nd", [_X, _at([0, 2, 2], [1, 3, 3])]),
    Sample("gather_nd", [_X, _at([-1, 2], [-2, 3], dtype="int32")], oracle=False,  # MXNet's gradient is wrong
           reference=lambda x, _: x[[2, 2], [2, 3]]),
    Sample("gather_nd", [_CUBE, _at([1, 0, 1])]),
    Sample("gather_nd", [_CUBE, ints(2, 2, 2, high=2)]),
    Sample("gather_nd", [_CUBE, ints(3, 2, high=2)]),
    _internal("_backward_gather_nd", [rand(3, 4), _at([1, 1, 0])], {"shape": (2, 4)}),
    _internal("_backward_gather_nd", [rand(3), _at([1, 1, 0], [2, 2, 0])], {"shape": (2, 3)}),
    Sample("scatter_nd", [rand(3), _at([0, 1, 1], [1, 1, 2])], {"shape": (2, 3)}),
    Sample("scatter_nd", [rand(2, 3), _at([1, 0])], {"shape": (4, 3)}),
    Sample("_scatter_set_nd", [_X, rand(2), _at([0, 1], [1, -1])], {"shape": (3, 4)}, oracle=False,
           reference=lambda lhs, rhs, _: _assigned(([0, 1], [1, -1]))(lhs, rhs)),
    Sample("_ravel_multi_index", [_at([3, 6, 6], [4, 5, 1])], {"shape": (7, 6)}),
    Sample("_ravel_multi_index", [_at([3, 6], [4, 5], [0, 1])], {"shape": (-1, 6, 2)}),
    Sample("_unravel_index", [_at(22, 41, 37)], {"shape": (7, 6)}),
    Sample("_unravel_index", [_at(83, 3)], {"shape": (-1, 6, 2)}),
    Sample("_unravel_index", [_at([22, 41])], {"shape": (7, 6)}, oracle=False,
           reference=lambda x: np.stack(np.unravel_index(x.astype(int), (7, 6)))),

    Sample("where", [ints(3, 4, high=2), _X, rand(3, 4, seed=1)]),
    Sample("where", [_at(1, 0, 2), _X, rand(3, 4, seed=1)]),
    Sample("where", [_at(1, 0, 2, dtype="int32"), rand(3), rand(3, seed=1)]),
    Sample("where", [_at(1, 0, dtype="float64"), _CUBE, rand(2, 3, 4, seed=1)]),
    Sample("_contrib_boolean_mask", [_X, _at(1, 0, 2)]),
    Sample("_contrib_boolean_mask", [_X, _at(0, 1, 0, 1)], {"axis": 1}, oracle=False,
           reference=lambda x, _: x[:, [1, 3]]),
    _internal("_backward_boolean_mask", [rand(2, 4), _at(1, 0, 1)], {"shape": (3, 4)}),
    Sample("_contrib_index_copy", [_X, _at(2, 0, dtype="int32"), rand(2, 4)]),

    Sample("_histogram", [_at(1, 2, 3, 2, 5, -1, 4)], {"bin_cnt": 4, "range": (0, 4)}),
    Sample("_histogram", [_at(1, 2, 3, 2, 5, -1), _at(0, 2, 4)]),
    Sample("_histogram", [ints(3, 4, high=9, dtype="int32")], {"bin_cnt": 3, "range": (0, 9)}),
    Sample("_contrib_SparseEmbedding", [ints(2, 3, high=4), rand(4, 2)], {"input_dim": 4, "output_dim": 2},
           oracle=False, reference=lambda x, w: w[x.astype(int)]),
]

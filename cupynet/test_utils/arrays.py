"""Random and derived data."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..context import Context
from ..ndarray import NDArray, array
from .sparse import rand_sparse_ndarray
from .tolerances import default_dtype

__all__ = ["random_arrays", "random_uniform_arrays", "random_sample", "rand_shape_2d", "rand_shape_3d",
           "rand_shape_nd", "rand_coord_2d", "rand_ndarray", "create_vector", "create_2d_tensor", "assign_each",
           "assign_each2", "np_reduce", "collapse_sum_like"]


def random_arrays(*shapes: tuple[int, ...]) -> np.ndarray | list[np.ndarray]:
    """Return float32 arrays of normally distributed numbers: one, or a list for several shapes."""
    arrays = [np.asarray(np.random.randn(*shape)).astype(default_dtype()) for shape in shapes]
    return arrays[0] if len(arrays) == 1 else arrays


def random_uniform_arrays(*shapes: tuple[int, ...], low: float = 0.0, high: float = 1.0,
                          dtype: Any = np.float32) -> list[np.ndarray]:
    """Return a list of arrays of numbers that are uniformly distributed in ``[low, high)``."""
    return [np.random.uniform(low, high, shape).astype(dtype) for shape in shapes]


def random_sample(population: Sequence, k: int) -> list:
    """Return a list of `k` different elements of `population`, in random order."""
    return [population[i] for i in np.random.permutation(len(population))[:k]]


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of two axes, at most `dim0` and `dim1` long."""
    return _rand_shape((dim0, dim1), allow_zero_size)


def rand_shape_3d(dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of three axes, at most `dim0`, `dim1` and `dim2` long."""
    return _rand_shape((dim0, dim1, dim2), allow_zero_size)


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """Return a random shape of `num_dim` axes, each at most `dim` long."""
    return _rand_shape((dim,) * num_dim, allow_zero_size)


def _rand_shape(limits: Sequence[int], allow_zero_size: bool) -> tuple[int, ...]:
    return tuple(int(np.random.randint(0 if allow_zero_size else 1, limit + 1)) for limit in limits)


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """Return a random pair of whole numbers in ``[x_low, x_high)`` and ``[y_low, y_high)``."""
    return int(np.random.randint(x_low, x_high)), int(np.random.randint(y_low, y_high))


def rand_ndarray(shape: tuple[int, ...], stype: str = "default", density: float | None = None, dtype: Any = None,
                 modifier_func: Callable | None = None, shuffle_csr_indices: bool = False,
                 distribution: str | None = None, ctx: Context | None = None) -> NDArray:
    """Return a random NDArray; see :func:`~cupynet.test_utils.rand_sparse_ndarray` for sparse ones."""
    if stype != "default":
        return rand_sparse_ndarray(shape, stype, density, dtype, distribution, modifier_func=modifier_func,
                                   shuffle_csr_indices=shuffle_csr_indices, ctx=ctx)[0]
    return array(random_arrays(shape), ctx=ctx, dtype=dtype)


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """Return the NDArray ``[0, 1, ..., size - 1]``."""
    return array(np.arange(size), dtype=dtype)


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """Return an NDArray of shape ``(rows, columns)`` in which each element is the number of its row."""
    return array(np.repeat(np.arange(rows)[:, None], columns, axis=1), dtype=dtype)


def assign_each(the_input: np.ndarray, function: Callable | None) -> np.ndarray:
    """Return a new array with `function` applied to each element (a copy if it is None)."""
    return assign_each2(the_input, None, None if function is None else lambda x, _: function(x))


def assign_each2(input1: np.ndarray, input2: np.ndarray | None, function: Callable | None) -> np.ndarray:
    """Return a new array with `function` applied to each pair of elements (a copy of the first if it is None)."""
    result = np.array(input1)
    if function is not None:
        for place in np.ndindex(result.shape):
            result[place] = function(input1[place], None if input2 is None else input2[place])
    return result


def np_reduce(dat: np.ndarray, axis: int | Sequence[int] | None, keepdims: bool,
              numpy_reduce_func: Callable) -> np.ndarray:
    """Return the reduction of `dat` over several axes by a NumPy function that may take only one at a time."""
    if axis is None:
        axes = range(dat.ndim)
    else:
        axes = [axis] if isinstance(axis, int) else list(axis)
    result = dat
    for each in sorted((each % dat.ndim for each in axes), reverse=True):
        result = numpy_reduce_func(result, axis=each)
        if keepdims:
            result = np.expand_dims(result, each)
    return result


def collapse_sum_like(a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the sum of `a` over the axes that `shape` would be broadcast along to give it."""
    a = a.sum(axis=tuple(range(a.ndim - len(shape))))
    return a.sum(axis=tuple(i for i, length in enumerate(shape) if length == 1 != a.shape[i]), keepdims=True)

"""Random sparse arrays: made dense, then stored as is wanted. (Until there are such arrays the last step refuses.)"""
from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base import MXNetTypeError, MXNetValueError
from ..context import Context
from ..ndarray import NDArray, array
from .tolerances import default_dtype

__all__ = ["rand_sparse_ndarray", "create_sparse_array", "create_sparse_array_zd", "shuffle_csr_column_indices"]


def rand_sparse_ndarray(shape: tuple[int, ...], stype: str, density: float | None = None, dtype: Any = None,
                        distribution: str | None = None, data_init: float | None = None,
                        rsp_indices: Sequence[int] | None = None, modifier_func: Callable | None = None,
                        shuffle_csr_indices: bool = False, ctx: Context | None = None) -> tuple[NDArray, tuple]:
    """Return a random sparse array and the NumPy arrays or NDArrays that it is made of.

    Parameters
    ----------
    shape : tuple of int
    stype : str
        ``"csr"`` (two axes) or ``"row_sparse"``.
    density : float, optional
        The part of the elements, or of the rows, that are there (random by default).
    distribution : str
        ``"uniform"``, or for csr ``"powerlaw"``: rows of 1, 2, 4, ... elements until `density` is reached.
    data_init : float, optional
        The value of all elements that are there (random by default).
    rsp_indices : sequence of int, optional
        Which rows there are.
    modifier_func : callable, optional
        What is done to each element.
    shuffle_csr_indices : bool
        Whether the columns of each row are in random order.

    Returns
    -------
    (array, (indptr, indices, data)) or (array, (data, indices))
    """
    density = np.random.rand() if density is None else density
    dtype = np.dtype(default_dtype() if dtype is None else dtype)
    if not 0 <= density <= 1:
        raise MXNetValueError(f"rand_sparse_ndarray: density is {density}; expected a number from 0 to 1")
    if distribution not in ("uniform", None) and (stype, distribution) != ("csr", "powerlaw"):
        raise MXNetValueError(f"rand_sparse_ndarray: Distribution {distribution} not supported for {stype}")
    if stype == "row_sparse":
        there = np.random.rand(shape[0]) < density
        if rsp_indices is not None:
            there = np.isin(np.arange(shape[0]), rsp_indices)
        there = np.broadcast_to(there.reshape(-1, *(1,) * (len(shape) - 1)), shape)
    elif stype == "csr" and len(shape) == 2:
        there = _power_law(shape, density) if distribution == "powerlaw" else np.random.rand(*shape) < density
    else:
        raise MXNetTypeError(f"rand_sparse_ndarray: unknown storage type {stype!r} for the shape {shape}; expected "
                             "'csr' (two axes) or 'row_sparse'")
    values = np.random.rand(*shape) if data_init is None else np.full(shape, data_init)
    if modifier_func is not None:
        values = np.vectorize(modifier_func, otypes=[float])(values)
    made = array(np.where(there, values, 0).astype(dtype), ctx=ctx, dtype=dtype).tostype(stype)
    if stype == "row_sparse":
        return made, (made.data.asnumpy(), made.indices.asnumpy())
    if shuffle_csr_indices:
        shuffle_csr_column_indices(made)
    return made, (made.indptr, made.indices, made.data)


def _power_law(shape: tuple[int, int], density: float) -> np.ndarray:
    """Return which elements there are: the first 1, 2, 4, ... columns of the rows."""
    there, left, width = np.zeros(shape, bool), int(shape[0] * shape[1] * density), 1
    for row in there:
        row[:min(width, left, shape[1])] = True
        left -= int(row.sum())
        width *= 2
    return there


def create_sparse_array(shape: tuple[int, ...], stype: str, data_init: float | None = None,
                        rsp_indices: Sequence[int] | None = None, dtype: Any = None,
                        modifier_func: Callable | None = None, density: float = 0.5,
                        shuffle_csr_indices: bool = False) -> NDArray:
    """Return a random sparse array; see :func:`rand_sparse_ndarray`."""
    if stype == "row_sparse" and rsp_indices is not None and len(rsp_indices) and max(rsp_indices) >= shape[0]:
        raise MXNetValueError(f"create_sparse_array: there is no row {max(rsp_indices)} in the shape {shape}")
    return rand_sparse_ndarray(shape, stype, density=density, data_init=data_init, rsp_indices=rsp_indices, dtype=dtype,
                               modifier_func=modifier_func, shuffle_csr_indices=shuffle_csr_indices)[0]


def create_sparse_array_zd(shape: tuple[int, ...], stype: str, density: float, data_init: float | None = None,
                           rsp_indices: Sequence[int] | None = None, dtype: Any = None,
                           modifier_func: Callable | None = None, shuffle_csr_indices: bool = False) -> NDArray:
    """Return a random sparse array that may have nothing in it; see :func:`rand_sparse_ndarray`."""
    return create_sparse_array(shape, stype, data_init, rsp_indices, dtype, modifier_func, density,
                               shuffle_csr_indices)


def shuffle_csr_column_indices(csr: Any) -> None:
    """Put the elements of each row of a csr matrix (MXNet's, or SciPy's) in random order, in place."""
    bounds = np.asarray(csr.indptr).astype(int)
    indices, data = np.array(csr.indices), np.array(csr.data)
    for start, stop in itertools.pairwise(bounds):
        order = start + np.random.permutation(stop - start)
        indices[start:stop], data[start:stop] = indices[order], data[order]
    csr.indices[:], csr.data[:] = indices, data

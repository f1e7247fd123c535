"""Reductions: sums, means, products, extrema and norms over axes.

``axis=None`` and ``axis=()`` both mean all axes; with ``exclude=True`` the reduction runs over the axes
that are *not* named. A reduction of all axes without ``keepdims`` has the shape ``(1,)``, for MXNet 1.x
has no arrays of rank zero.
"""
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..catalog import op, require
from ..infer import Slots, number_type, same_type
from ..op import Op
from ..schema import Attrs, DType, Shape

__all__ = ["normal_axis"]


# ---- axes -----------------------------------------------------------------------------------------

def normal_axis(name: str, axis: int, rank: int) -> int:
    """Return `axis` counted from the front. Raises MXNetValueError, naming the operator `name`."""
    require(-rank <= axis < rank, name, f"axis is {axis}; expected one in [{-rank}, {rank}) for data of rank {rank}")
    return axis % rank


@functools.lru_cache(maxsize=4096)
def normal_axes(name: str, axis: tuple[int, ...] | None, exclude: bool, rank: int) -> tuple[int, ...]:
    """Return the axes to reduce, sorted and counted from the front. Raises MXNetValueError."""
    if not axis:
        return tuple(range(rank))
    axes = sorted(normal_axis(name, each, rank) for each in axis)
    require(len(set(axes)) == len(axes), name, f"axis is {axis}; expected each axis once")
    return tuple(i for i in range(rank) if i not in axes) if exclude else tuple(axes)


@functools.lru_cache(maxsize=4096)
def _kept_shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return `shape` with length 1 at `axes`: that of a reduction with ``keepdims``."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _reduction_shape(axes_of: Callable[[Attrs, int], tuple[int, ...]]) -> Callable:
    """Return the shape rule of an operator that reduces the axes ``axes_of(attrs, rank)``."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        for i in range(len(outs)):
            if ins[0] is not None:
                axes = axes_of(attrs, len(ins[0]))
                kept = _kept_shape(ins[0], axes)
                outs[i] = kept if attrs.keepdims else tuple(n for j, n in enumerate(kept) if j not in axes) or (1,)
            elif attrs.keepdims and outs[i] is not None:
                axes = axes_of(attrs, len(outs[i]))
                ins[0] = tuple(None if j in axes else n for j, n in enumerate(outs[i]))
    return rule


def _spread(F: Any, value: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """Give a reduced `value` its lost axes back, with length 1, so that it broadcasts with data of `shape`."""
    kept = _kept_shape(shape, axes)
    return value if value.shape == kept else F.Reshape(value, shape=kept)


# ---- kernels --------------------------------------------------------------------------------------

def _reduce(function: Callable, xp: Any, data: Any, axes: tuple[int, ...], keepdims: bool, *, out: Any = None
            ) -> Any:
    """Run ``function(xp, data, axis, keepdims, out)``, which never sees an empty `axis` and gets None for all axes.

    NumPy's reductions are functions in Python, whose warnings are not known for those of kernels.
    """
    with np.errstate(all="ignore"):
        return _reduced(function, xp, data, axes, keepdims, out)


def _reduced(function: Callable, xp: Any, data: Any, axes: tuple[int, ...], keepdims: bool, out: Any) -> Any:
    if not axes:  # every axis is excluded: reduce an axis of length 1 put in front
        result = function(xp, data[None], 0, False, None if out is None else out.reshape(data.shape))
        return out if out is not None else result if data.ndim or keepdims else xp.reshape(result, (1,))
    whole = len(axes) == data.ndim
    flat = whole and not keepdims  # the result is a number, for MXNet an array of shape (1,)
    result = function(xp, data, None if whole else axes, keepdims, out.reshape(()) if flat and out is not None else out)
    if out is not None:
        return out
    return result.reshape(1) if flat else result


def _wide(dtype: Any) -> Any:
    """Return the dtype in which means and norms of numbers of `dtype` are computed."""
    if dtype.kind != "f":
        return np.dtype(np.float64)
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _store(result: Any, dtype: Any, out: Any) -> Any:
    """Return `result` as `dtype`, in `out` if there is one."""
    if out is None:
        return result if result.dtype == dtype else result.astype(dtype)
    out[...] = result
    return out


def _accumulating(name: str) -> Callable:
    """A sum or product of NumPy's in the dtype of data, half precision accumulated in single."""
    def function(xp, data, axis, keepdims, out):
        reduction = getattr(xp, name)
        if data.dtype != np.float16:
            return reduction(data, axis=axis, dtype=data.dtype, keepdims=keepdims, out=out)
        return _store(reduction(data, axis=axis, dtype=np.float32, keepdims=keepdims), data.dtype, out)
    return function


_sum = _accumulating("sum")


def mean_of(xp: Any, data: Any, axis: Any, *, keepdims: bool = True, dtype: Any = None, out: Any = None) -> Any:
    """Return ``data.mean(axis)``; that of no elements is nan, without NumPy's warning."""
    if data.size:
        return xp.mean(data, axis=axis, dtype=dtype, keepdims=keepdims, out=out)
    nothing = xp.sum(data, axis=axis, dtype=dtype, keepdims=keepdims, out=out)
    return xp.multiply(nothing, np.nan, out=out)


def _mean(xp, data, axis, keepdims, out):
    wide = _wide(data.dtype)
    if data.dtype == wide:
        return mean_of(xp, data, axis, keepdims=keepdims, out=out)
    return _store(mean_of(xp, data, axis, dtype=wide, keepdims=keepdims), data.dtype, out)


def _extremum(name: str) -> Callable:
    return lambda xp, data, axis, keepdims, out: getattr(xp, name)(data, axis=axis, keepdims=keepdims, out=out)


# ---- gradient rules -------------------------------------------------------------------------------

def _axes_of(shape: tuple[int, ...], axis: tuple[int, ...] | None, exclude: bool) -> tuple[int, ...]:
    return normal_axes("reduction", axis, exclude, len(shape))


def _sum_rule(F, grad, data_shape, *, axis, exclude):
    return F.broadcast_to(_spread(F, grad, data_shape, _axes_of(data_shape, axis, exclude)), shape=data_shape)


def _mean_rule(F, grad, data_shape, *, axis, exclude):
    axes = _axes_of(data_shape, axis, exclude)
    count = math.prod(data_shape[i] for i in axes)
    return F.broadcast_to(_spread(F, grad, data_shape, axes) / count, shape=data_shape)


def _nansum_rule(F, grad, data, *, axis, exclude):
    return F.broadcast_mul(_spread(F, grad, data.shape, _axes_of(data.shape, axis, exclude)),
                           F.broadcast_equal(data, data))


def _prod_rule(F, grad, data, *, axis, exclude):
    # The product of the other elements, by division. Zeros count as ones there, and an element gets nothing if
    # there is a zero among the others.
    is_zero = F._equal_scalar(data, scalar=0)
    zeros = F.sum(is_zero, axis=axis, exclude=exclude, keepdims=True)
    nonzero = data + is_zero
    product = F.prod(nonzero, axis=axis, exclude=exclude, keepdims=True)
    others = F.broadcast_div(product, nonzero) * F.broadcast_equal(zeros, is_zero)
    return F.broadcast_mul(_spread(F, grad, data.shape, _axes_of(data.shape, axis, exclude)), others)


def _nanprod_rule(F, grad, data, *, axis, exclude):
    is_number = F.broadcast_equal(data, data)
    numbers = F.where(is_number, data, F.ones_like(data))
    return _prod_rule(F, grad, numbers, axis=axis, exclude=exclude) * is_number


def _extremum_rule(F, grad, data, output, *, axis, exclude):  # every element that attains it gets the whole gradient
    axes = _axes_of(data.shape, axis, exclude)
    attains = F.broadcast_equal(data, _spread(F, output, data.shape, axes))
    return F.broadcast_mul(_spread(F, grad, data.shape, axes), attains)


# ---- the table ------------------------------------------------------------------------------------

def _declare_reduction(name: str, aliases: tuple[str, ...], function: Callable, rule: Callable, doc: str) -> Op:
    def kernel(xp, data, *, axis: Shape | None = None, keepdims: bool = False, exclude: bool = False, out=None):
        return _reduce(function, xp, data, normal_axes(name, axis, exclude, data.ndim), keepdims, out=out)

    kernel.__name__ = name
    kernel.__doc__ = (
        f"{doc}\n\n"
        "Parameters\n----------\n"
        "data : any shape, any dtype\n"
        "axis : int, tuple of int, or None\n    The axes to reduce, negative from the back; None or () for all.\n"
        "keepdims : bool\n    Keep the reduced axes, with length 1.\n"
        "exclude : bool\n    Reduce the axes that `axis` does not name.\n\n"
        "Returns\n-------\nThe dtype of `data`; shape ``(1,)`` if no axis remains.\n\n"
        "Raises\n------\nMXNetValueError\n    If an axis is out of range or named twice.")
    declared = op(name=name, aliases=aliases)(kernel)
    declared.shape(_reduction_shape(lambda attrs, rank: normal_axes(name, attrs.axis, attrs.exclude, rank)))
    declared.type(same_type)
    declared.grad("data")(rule)
    return declared


# name, aliases, function, gradient rule, documentation
for _row in (
    ("sum", ("sum_axis", "_sparse_sum"), _sum, _sum_rule,
     "Sum over axes, in the dtype of data (float16 is added up in float32)."),
    ("mean", ("_sparse_mean",), _mean, _mean_rule,
     "Mean over axes; that of whole numbers is truncated towards zero. A gradient that is added to what is there\n"
     "(``grad_req='add'``) leaves that as it is, where MXNet divides it, too."),
    ("prod", (), _accumulating("prod"), _prod_rule,
     "Product over axes. Its gradient is right where elements are zero, too (MXNet's is NaN there)."),
    ("nansum", (), _accumulating("nansum"), _nansum_rule, "Sum over axes, NaN counting as zero."),
    ("nanprod", (), _accumulating("nanprod"), _nanprod_rule, "Product over axes, NaN counting as one."),
    ("max", ("max_axis",), _extremum("max"), _extremum_rule, "Largest element over axes; NaN if there is one."),
    ("min", ("min_axis",), _extremum("min"), _extremum_rule, "Smallest element over axes; NaN if there is one."),
    ("_square_sum", (), lambda xp, data, axis, keepdims, out: _sum(xp, xp.square(data), axis, keepdims, out),
     lambda F, grad, data, *, axis, exclude: F.broadcast_mul(
         data * 2, _spread(F, grad, data.shape, _axes_of(data.shape, axis, exclude))),
     "Sum of squares over axes."),
):
    _declare_reduction(*_row)


# ---- norms and moments ----------------------------------------------------------------------------

def _euclidean(xp, data, axis, keepdims, out):
    wide = data.astype(_wide(data.dtype), copy=False)
    if axis is None and not keepdims:
        wide = wide.reshape(-1)
        return xp.sqrt(xp.dot(wide, wide))  # no array of squares
    return xp.sqrt(xp.sum(xp.square(wide), axis=axis, keepdims=keepdims))


def _absolute_sum(xp, data, axis, keepdims, out):
    return xp.sum(xp.abs(data.astype(_wide(data.dtype), copy=False)), axis=axis, keepdims=keepdims)


@op(name="norm", aliases=("_sparse_norm",))
def norm(xp, data, *, ord: int = 2, axis: Shape | None = None, out_dtype: DType | None = None, keepdims: bool = False):
    """Norm over axes: ``sum(|data|)`` for ``ord=1``, ``sqrt(sum(data**2))`` for ``ord=2``.

    The gradient of the second where it is zero is zero (MXNet's is NaN). Half precision is accumulated in
    single, whole numbers in double precision.

    Parameters
    ----------
    data : any shape, any dtype
    ord : 1 or 2
    axis : int, tuple of int, or None
        The axes to reduce, negative from the back; None or () for all. Several are one long vector.
    out_dtype : dtype, optional
        The dtype of the result, default that of `data`.
    keepdims : bool
        Keep the reduced axes, with length 1.

    Returns
    -------
    Shape ``(1,)`` if no axis remains.

    Raises
    ------
    MXNetValueError
        If `ord` is neither 1 nor 2, an axis is out of range or named twice.
    """
    axes = normal_axes("norm", axis, False, data.ndim)
    result = _reduce(_absolute_sum if ord == 1 else _euclidean, xp, data, axes, keepdims)
    return result.astype(out_dtype or data.dtype, copy=False)


@norm.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.ord in (1, 2), "norm", f"ord is {attrs.ord}; expected 1 or 2")
    _norm_shape(attrs, ins, outs)


_norm_shape = _reduction_shape(lambda attrs, rank: normal_axes("norm", attrs.axis, False, rank))


@norm.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = attrs.out_dtype or ins[0]
    if attrs.out_dtype is None:
        ins[0] = outs[0]


@norm.grad("data")
def _(F, grad, data, output, data_dtype, *, ord, axis, out_dtype):
    axes = _axes_of(data.shape, axis, False)
    if ord == 1:
        scale, direction = grad, F.sign(data)
    else:
        scale, direction = grad / (output + F._equal_scalar(output, scalar=0)), data
    if out_dtype is not None and out_dtype != data_dtype:
        scale = F.Cast(scale, dtype=data_dtype)
    return F.broadcast_mul(direction, _spread(F, scale, data.shape, axes))


@op(name="moments", outputs=("output0", "output1"))
def moments(xp, data, *, axes: Shape | None = None, keepdims: bool = False):
    """Mean and variance (that of the population, ``mean((data - mean)**2)``) over axes.

    Parameters
    ----------
    data : any shape, any dtype
    axes : int or tuple of int
        The axes to reduce, negative from the back; at least one.
    keepdims : bool
        Keep the reduced axes, with length 1.

    Returns
    -------
    mean, var
        The dtype of `data`; shape ``(1,)`` if no axis remains.

    Raises
    ------
    MXNetValueError
        If no axis is named, an axis is out of range or named twice.
    """
    reduced = _moments_axes(axes, data.ndim)
    wide = data.astype(_wide(data.dtype), copy=False)
    mean = mean_of(xp, wide, reduced)
    var = mean_of(xp, xp.square(wide - mean), reduced)
    if not keepdims:
        shape = tuple(n for i, n in enumerate(data.shape) if i not in reduced) or (1,)
        mean, var = mean.reshape(shape), var.reshape(shape)
    return mean.astype(data.dtype, copy=False), var.astype(data.dtype, copy=False)


def _moments_axes(axes: tuple[int, ...] | None, rank: int) -> tuple[int, ...]:
    require(axes, "moments", f"axes is {axes}; expected at least one axis (name all for moments of everything)")
    return normal_axes("moments", axes, False, rank)


moments.shape(_reduction_shape(lambda attrs, rank: _moments_axes(attrs.axes, rank)))
moments.type(same_type)


@moments.grad("data")
def _(F, grads, data, output0, *, axes):
    reduced = _moments_axes(axes, len(data.shape))
    count = math.prod(data.shape[i] for i in reduced)
    of_mean, of_var = (None if g is None else _spread(F, g / count, data.shape, reduced) for g in grads)
    found = None if of_mean is None else F.broadcast_to(of_mean, shape=data.shape)
    if of_var is not None:
        centred = F.broadcast_sub(data, _spread(F, output0, data.shape, reduced))
        spread = F.broadcast_mul(centred, of_var * 2)
        found = spread if found is None else found + spread
    return found


# ---- positions of extrema -------------------------------------------------------------------------

def _declare_position(name: str, doc: str) -> Op:
    def kernel(xp, data, *, axis: int | None = None, keepdims: bool = False):
        found = getattr(xp, name)(data, axis=None if axis is None else normal_axis(name, axis, data.ndim))
        if keepdims:
            found = found.reshape(_kept_shape(data.shape, _one_axis(name, axis, data.ndim)))
        elif not found.ndim:
            found = found.reshape(1)
        return found.astype(data.dtype)

    kernel.__name__ = name
    kernel.__doc__ = (
        f"{doc} along an axis; the first of several. A NaN counts as the extremum.\n\n"
        "Parameters\n----------\n"
        "data : any shape, any dtype\n"
        "axis : int, optional\n    None for the position in the flattened array.\n"
        "keepdims : bool\n    Keep the reduced axis, with length 1.\n\n"
        "Returns\n-------\nPositions in the dtype of `data`, as MXNet gives them: exact to 2**24 for float32.\n\n"
        "Raises\n------\nMXNetValueError\n    If `axis` is out of range.")
    declared = op(name=name, differentiable=False)(kernel)
    declared.shape(_reduction_shape(lambda attrs, rank: _one_axis(name, attrs.axis, rank)))
    declared.type(number_type)
    return declared


def _one_axis(name: str, axis: int | None, rank: int) -> tuple[int, ...]:
    return normal_axes(name, None if axis is None else (axis,), False, rank)


_declare_position("argmax", "Position of the largest element")
_declare_position("argmin", "Position of the smallest element")


@op(name="argmax_channel", differentiable=False)
def argmax_channel(xp, data):
    """Position of the largest element along axis 1, the first of several, in the dtype of `data`.

    ``(n, c, ...)`` becomes ``(n, ...)``: the predicted classes of a batch of scores. MXNetValueError if there is
    only one axis.
    """
    return xp.argmax(data, axis=1).astype(data.dtype)


@argmax_channel.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins[0] is not None:
        require(len(ins[0]) >= 2, "argmax_channel", f"data has shape {ins[0]}; expected at least two axes")
        outs[0] = ins[0][:1] + ins[0][2:]
    elif outs[0] is not None:
        ins[0] = outs[0][:1] + (None,) + outs[0][1:]


argmax_channel.type(number_type)


# ---- are all numbers finite? ----------------------------------------------------------------------

def _all_finite(xp: Any, arrays: Any, init_output: bool, out: Any) -> Any:
    found = xp.isfinite(arrays[0]).all()
    for array in arrays[1:]:
        found = found & xp.isfinite(array).all()
    if out is None:
        return found.reshape(1).astype(np.float32)
    out[...] = found if init_output else found & (out[0] != 0)
    return out


@op(name="all_finite", differentiable=False)
def all_finite(xp, data, *, init_output: bool = True, out=None):
    """1 if every number in `data` is finite, else 0: float32, shape ``(1,)``.

    With ``init_output=False`` the answer is combined with the one that an array given as `out` holds.
    """
    return _all_finite(xp, (data,), init_output, out)


@op(name="multi_all_finite", differentiable=False, count="num_arrays")
def multi_all_finite(xp, *data, init_output: bool = True, out=None):
    """1 if every number in every array of `data` is finite, else 0: float32, shape ``(1,)``.

    With ``init_output=False`` the answer is combined with the one that an array given as `out` holds.

    Raises
    ------
    MXNetValueError
        If there is no array.
    """
    return _all_finite(xp, data, init_output, out)


for _op in (all_finite, multi_all_finite):
    @_op.shape
    def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        require(len(ins), "multi_all_finite", "needs at least one array")
        outs[0] = (1,)

    @_op.type
    def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        for name, dtype in zip(ins.names, ins):
            require(dtype is None or dtype.kind == "f", "all_finite",
                    f"{name} has dtype {dtype}, expected a floating-point type")
        outs[0] = np.dtype(np.float32)

"""Operators without inputs: arrays of a constant, of evenly spaced values, the identity matrix.

``ctx``, an attribute of all of them, says where the array is made; that is the caller's business.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...dtypes import dtype_of_flag
from ..catalog import op, require
from ..infer import Slots, no_inputs_type
from ..notation import read_shape
from ..op import Op
from ..schema import Attrs, DType, Scalar, Shape

__all__: list[str] = []


_FLOAT32 = np.dtype(np.float32)


def _filled(xp: Any, shape: tuple[int, ...], dtype: Any, value: float, out: Any) -> Any:
    if out is None:
        out = xp.empty(shape, dtype or _FLOAT32)
    out.fill(int(value) if out.dtype.kind in "iu" else value)
    return out


def _shape_rule(name: str) -> Callable:
    """Return the rule of an array whose shape is an attribute; what is unknown follows from where it is used."""
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        outs[0] = read_shape(attrs.shape)
    return rule


def _declare_constant(name: str, value: float, doc: str) -> Op:
    def kernel(xp, *, shape: Shape = (), ctx: str = "", dtype: DType | None = _FLOAT32, out=None):
        return _filled(xp, shape, dtype, value, out)
    kernel.__name__ = name
    kernel.__doc__ = (f"An array of {doc}.\n\n"
                      "Parameters\n----------\n"
                      "shape : tuple of int\n"
                      "    In a symbol a length of 0, or an empty shape, is found from where the array is used.\n"
                      "ctx : str\n    Where the array is made.\n"
                      "dtype : data type\n")
    declared = op(name=name, differentiable=False)(kernel)
    declared.shape(_shape_rule(name))
    declared.type(no_inputs_type)
    return declared


_declare_constant("_zeros", 0, "zeros")
_declare_constant("_ones", 1, "ones")


@op(name="_zeros_without_dtype", differentiable=False)
def zeros_without_dtype(xp, *, shape: Shape = (), ctx: str = "", dtype: int = -1, out=None):
    """An array of zeros whose dtype, an MXNet flag, is found from where it is used if it is -1 (alone: float32)."""
    return _filled(xp, shape, dtype_of_flag(dtype) if dtype >= 0 else _FLOAT32, 0, out)


zeros_without_dtype.shape(_shape_rule("_zeros_without_dtype"))


@zeros_without_dtype.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = dtype_of_flag(attrs.dtype) if attrs.dtype >= 0 else outs[0] or _FLOAT32


@op(name="_full", differentiable=False)
def full(xp, *, shape: Shape = (), ctx: str = "", dtype: DType | None = _FLOAT32, value: Scalar, out=None):
    """An array of `shape` filled with `value`, whose fraction is cut off for whole-number dtypes."""
    return _filled(xp, shape, dtype, value, out)


full.shape(_shape_rule("_full"))


def _length(start: float, stop: float | None, step: float, repeat: int) -> int:
    """Return the number of elements of ``_arange``. Raises MXNetValueError."""
    if stop is None:
        start, stop = 0.0, start
    require(repeat > 0, "_arange", f"repeat is {repeat}; expected a positive number")
    require(step != 0 and (stop - start) / step > 0, "_arange",
            f"start is {start}, stop {stop} and step {step}; expected a range that is not empty")
    return math.ceil((stop - start) / step) * repeat


@op(name="_arange", differentiable=False)
def arange(xp, *, start: float, stop: float | None = None, step: float = 1.0, repeat: int = 1,
           infer_range: bool = False, ctx: str = "", dtype: DType | None = _FLOAT32, out=None):
    """``start, start + step, ...`` below `stop`, each `repeat` times.

    Parameters
    ----------
    start, stop, step : float
        Without `stop` the values are ``0, step, ...`` below `start`. For whole-number dtypes `start` and
        `step` lose their fractions, as in NumPy.
    infer_range : bool
        `start` is the first value, and there are as many as the output's users (or `out`) ask for.
    """
    dtype = dtype or _FLOAT32
    if infer_range and stop is None:
        require(out is not None, "_arange", "infer_range needs to know the shape of the output")
        length = out.size
    else:
        length = _length(start, stop, step, repeat)
        start = 0.0 if stop is None else start
    if dtype.kind in "iu":
        start, step = int(start), int(step)
    places = xp.arange(length)
    if repeat != 1:
        places //= repeat
    result = places * step + start
    if out is None:
        return result.astype(dtype)
    out[...] = result.reshape(out.shape)
    return out


@arange.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if not attrs.infer_range or attrs.stop is not None:
        outs[0] = (_length(attrs.start, attrs.stop, attrs.step, attrs.repeat),)


@op(name="_linspace", differentiable=False)
def linspace(xp, *, start: float, stop: float, num: int, endpoint: bool = True, ctx: str = "",
             dtype: DType | None = _FLOAT32, out=None):
    """`num` evenly spaced values from `start` to `stop`, which is the last one if `endpoint`."""
    result = xp.linspace(start, stop, num, endpoint=endpoint)
    if out is None:
        return result.astype(dtype or _FLOAT32)
    out[...] = result
    return out


@linspace.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.num >= 0, "_linspace", f"num is {attrs.num}; expected 0 or more")
    outs[0] = (attrs.num,)


@op(name="_eye", differentiable=False)
def eye(xp, *, N: int, M: int = 0, k: int = 0, ctx: str = "", dtype: DType | None = _FLOAT32):
    """An `N` x `M` matrix (square if `M` is 0 or less) with ones on the diagonal `k`, above the main if positive."""
    return xp.eye(N, M if M > 0 else N, k, dtype or _FLOAT32)


@eye.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.N >= 0, "_eye", f"N is {attrs.N}; expected 0 or more")
    outs[0] = (attrs.N, attrs.M if attrs.M > 0 else attrs.N)


for _op in (full, arange, linspace, eye):
    _op.type(no_inputs_type)

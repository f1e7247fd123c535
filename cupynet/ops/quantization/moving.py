"""Codes that are moved, chosen or cut off: what needs no arithmetic beside that of the ranges."""
from __future__ import annotations

import functools
import math
from typing import Any, Literal

import numpy as np

from ..array.indices import within
from ..catalog import op, require
from ..infer import Slots, elements
from ..schema import Attrs, DType
from .ranges import FLOAT32, INT8, RANGED, STEPS, UINT8, check_codes, end_shapes, end_types, largest, rounded

__all__: list[str] = []

_Activation = Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"]


@op(name="_contrib_quantized_flatten", outputs=RANGED, differentiable=False)
def quantized_flatten(xp, data, min_data, max_data):
    """Codes as a matrix with a row for each element of the first axis; the range stays.

    Parameters
    ----------
    data : (batch, ...), any dtype
    min_data, max_data : (1,), float32

    Returns
    -------
    (batch, n), same dtype, and the ends of the range.
    """
    return data.reshape(data.shape[0], math.prod(data.shape[1:])).copy(), min_data.copy(), max_data.copy()


@quantized_flatten.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if ins["data"] is not None:
        outs[0] = (ins["data"][0], elements(ins["data"][1:]))
    end_shapes(ins, outs)


@quantized_flatten.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["data"]
    ins["data"] = outs[0]
    end_types(ins, outs)


@op(name="_contrib_quantized_act", outputs=RANGED, differentiable=False)
def quantized_act(xp, data, min_data, max_data, *, act_type: _Activation):
    """The positive codes, and 0 for the others; the range stays.

    Parameters
    ----------
    data : any shape, int8 or uint8
    min_data, max_data : (1,), float32
    act_type : {"relu"}

    Returns
    -------
    Same shape and dtype as `data`, and the ends of the range.

    Raises
    ------
    MXNetValueError
        For every other activation.
    """
    return xp.maximum(data, data.dtype.type(0)), min_data.copy(), max_data.copy()


@quantized_act.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.act_type == "relu", "_contrib_quantized_act",
            f"act_type is {attrs.act_type!r}; _contrib_quantized_act only supports act_type=relu for now")
    outs[0] = ins["data"]
    ins["data"] = outs[0]
    end_shapes(ins, outs)


@quantized_act.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    outs[0] = ins["data"]
    ins["data"] = outs[0]
    check_codes(ins, "data")
    end_types(ins, outs)


def _concat_inputs(count: int) -> list[str]:
    return [*(f"arg{i}" for i in range(count)), *(f"arg{i}_{end}" for i in range(count) for end in ("min", "max"))]


@op(name="_contrib_quantized_concat", outputs=RANGED, differentiable=False, spread=_concat_inputs)
def quantized_concat(xp, *data, num_args: int, dim: int = 1):
    """Codes joined along an axis, in the widest of their ranges.

    Parameters
    ----------
    data : arrays of int8 or uint8 whose shapes differ along `dim` at most, then for each of them min and max
        The ends are float32 of shape (1,).
    num_args : int
        How many arrays are joined: a third of the inputs.
    dim : int
        The axis.

    Returns
    -------
    The joined codes, uint8 if all are and else int8, and the smallest and the largest of the ends.
    """
    parts, ends = data[:num_args], data[num_args:]
    low, high = functools.reduce(xp.minimum, ends[::2]).copy(), functools.reduce(xp.maximum, ends[1::2]).copy()
    dtype = _joined_type([x.dtype for x in parts])
    codes = [rounded(xp, x.astype(FLOAT32) * (_density(xp, dtype, low, high) / _density(xp, x.dtype, *pair)), dtype)
             for x, *pair in zip(parts, ends[::2], ends[1::2])]
    return xp.concatenate(codes, dim), low, high


def _density(xp: Any, dtype: np.dtype, low: Any, high: Any) -> Any:
    """Return how many codes there are to a number of 1."""
    return np.float32(STEPS[dtype]) / largest(xp, low, high)


def _joined_type(dtypes: list[np.dtype]) -> np.dtype:
    return UINT8 if all(dtype == UINT8 for dtype in dtypes) else INT8


@quantized_concat.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    name, count = "_contrib_quantized_concat", attrs.num_args
    require(count > 0, name, f"num_args is {count}; expected a positive number")
    end_shapes(ins, outs)
    shapes = [ins[i] for i in range(count)]
    if any(shape is None for shape in shapes):
        return
    rank = len(shapes[0])
    require(-rank <= attrs.dim < rank, name, f"dim is {attrs.dim}; data has {rank} axes")
    place = attrs.dim % rank
    for i, shape in enumerate(shapes):
        require(len(shape) == rank and all(j == place or None in (a, b) or a == b
                                           for j, (a, b) in enumerate(zip(shape, shapes[0]))), name,
                f"arg{i} has shape {shape}, which does not fit {shapes[0]} of arg0 beside axis {attrs.dim}")
    lengths = [shape[place] for shape in shapes]
    outs[0] = (*shapes[0][:place], None if None in lengths else sum(lengths), *shapes[0][place + 1:])


@quantized_concat.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    end_types(ins, outs)
    dtypes = [ins[i] for i in range(attrs.num_args)]
    check_codes(ins, *ins.names[:attrs.num_args])
    if all(dtype is not None for dtype in dtypes):
        outs[0] = _joined_type(dtypes)


@op(name="_contrib_quantized_embedding", outputs=RANGED, differentiable=False, ignores=("dtype", "sparse_grad"))
def quantized_embedding(xp, data, weight, min_weight, max_weight, *, input_dim: int, output_dim: int,
                        dtype: DType = FLOAT32, sparse_grad: bool = False):
    """Rows of a table of codes; the range stays.

    Parameters
    ----------
    data : any shape
        Numbers of rows; those outside the table stand for its first or last row.
    weight : (input_dim, output_dim), int8
    min_weight, max_weight : (1,), float32
    input_dim, output_dim : int

    Returns
    -------
    (*data.shape, output_dim), int8, and the ends of the range.
    """
    return weight[within(xp, data, input_dim, "clip")], min_weight.copy(), max_weight.copy()


@quantized_embedding.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    require(attrs.input_dim > 0 and attrs.output_dim > 0, "_contrib_quantized_embedding",
            f"input_dim is {attrs.input_dim} and output_dim {attrs.output_dim}; expected positive numbers")
    ins["weight"] = (attrs.input_dim, attrs.output_dim)
    if ins["data"] is not None:
        outs[0] = (*ins["data"], attrs.output_dim)
    if outs[0] is not None:
        ins["data"] = outs[0][:-1]
    end_shapes(ins, outs)


@quantized_embedding.type
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["weight"] = outs[0] = INT8
    end_types(ins, outs)

"""Random choices and orders."""
from __future__ import annotations

import math

import numpy as np

from ..catalog import op, require
from ..infer import same_shape, same_type
from ..schema import Attrs, DType, Shape

__all__: list[str] = []

_INT32, _INT64 = np.dtype("int32"), np.dtype("int64")


def _multinomial_outputs(attrs: Attrs | None) -> tuple[str, ...]:
    return ("output0", "output1") if attrs is None or attrs.get_prob else ("output",)


@op(name="_sample_multinomial", aliases=("sample_multinomial",), outputs=_multinomial_outputs)
def multinomial(xp, data, *, shape: Shape = (), get_prob: bool = False, dtype: DType = _INT32, rng):
    """Draw category numbers, each category as often as its probability says.

    Parameters
    ----------
    data : (..., categories)
        Distributions, which need not sum to exactly 1.
    shape : tuple of int
        What to draw from each of them.
    get_prob : bool
        Return the logarithm of the probability of each draw as well. It has the gradient of ``log(data)`` at the
        categories drawn, as REINFORCE needs it (Williams 1992).

    Returns
    -------
    An array of shape ``data.shape[:-1] + shape`` and `dtype`; with a 1-D `data` and no `shape`, (1,). The second output
    has the same shape and the dtype of `data`.
    """
    categories = data.shape[-1]
    rows = data.size // categories
    count = math.prod(shape)
    single = np.float16 if data.dtype == np.float16 else np.float32  # in which probabilities and draws are compared
    cumulative = xp.cumsum(data.reshape(rows, categories).astype("float64"), axis=1).astype(single)
    places = rng.serial.uniform((rows, count)).astype(single, copy=False)
    drawn = xp.minimum(_first_not_below(xp, cumulative, places), categories - 1)
    size = (data.shape[:-1] + shape) or (1,)
    numbers = drawn.reshape(size).astype(dtype)
    if not get_prob:
        return (numbers,)
    return numbers, xp.log(xp.take_along_axis(data.reshape(rows, categories), drawn, axis=1)).reshape(size)


def _first_not_below(xp, rising, values):
    """Return for each value in [0, 1] of a row where the same row of `rising` is first not below it."""
    rows, length = rising.shape
    # one search for all rows: within a row nothing is below -1 or, with nan, above 2
    row = xp.arange(rows)[:, None]
    rising = xp.maximum(xp.where(rising <= 2, rising, 2).astype("float64"), -1) + row * 4
    found = xp.searchsorted(rising.reshape(-1), (values.astype("float64") + row * 4).reshape(-1))
    return xp.clip(found.reshape(values.shape) - row * length, 0, length)


@multinomial.shape
def _(attrs, ins, outs):
    if ins[0] is not None:
        require(len(ins[0]) > 0, "_sample_multinomial", "data is a number; expected (..., categories)")
        for i in range(len(outs)):
            outs[i] = (ins[0][:-1] + attrs.shape) or (1,)


@multinomial.type
def _(attrs, ins, outs):
    outs[0] = attrs.dtype
    if len(outs) > 1:
        ins[0] = outs[1]
        outs[1] = ins[0]


@multinomial.grad("data")
def _(F, grads, data, output0, data_dtype, *, shape):
    if len(grads) == 1 or grads[1] is None:
        return None
    categories, count = data.shape[-1], math.prod(shape)
    chosen = F.one_hot(F.Reshape(output0, shape=(-1, count)), depth=categories, dtype=data_dtype)
    total = F.batch_dot(F.Reshape(grads[1], shape=(-1, 1, count)), chosen)
    return F.Reshape(total, shape=data.shape) / data


@op(name="_shuffle", aliases=("shuffle",), differentiable=False)
def shuffle(xp, data, *, rng):
    """Elements of `data` along the first axis in random order: same shape and dtype."""
    if data.ndim == 0:
        return data.copy()
    return xp.take(data, rng.serial.permutation(len(data), forwards=data.ndim == 1), axis=0)


shuffle.shape(same_shape)
shuffle.type(same_type)


@op(name="_sample_unique_zipfian", outputs=("output0", "output1"), differentiable=False)
def unique_zipfian(xp, *, range_max: int, shape: Shape | None = None, rng):
    """Draw different classes for a sampled softmax, by an approximately Zipfian distribution.

    Class ``k`` of ``[0, range_max)`` is drawn with a probability of about ``log((k + 2) / (k + 1)) / log(range_max)``
    until each row has as many different ones as it needs (Jean et al. 2014). This works on the host.

    Parameters
    ----------
    range_max : int
        The number of classes.
    shape : (rows, classes to draw)

    Returns
    -------
    classes : int64, `shape`
    tries : int64, (rows,)
        How many draws each row took.

    Raises
    ------
    MXNetValueError
        If more classes are asked for than there are.
    """
    return rng.unique_zipfian(*shape, range_max)


@unique_zipfian.shape
def _(attrs, ins, outs):
    shape, name = attrs.shape, "_sample_unique_zipfian"
    require(shape is not None and len(shape) == 2, name, f"shape is {shape}; expected (rows, classes to draw)")
    require(shape[1] <= attrs.range_max, name, f"cannot draw {shape[1]} different classes of {attrs.range_max}")
    outs[0], outs[1] = shape, shape[:1]


@unique_zipfian.type
def _(attrs, ins, outs):
    outs[0] = outs[1] = _INT64

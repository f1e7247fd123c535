"""Joining arrays along an axis."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..catalog import op, require
from ..infer import Slots, same_type
from ..math.reduce import normal_axis
from ..op import Op
from ..schema import Attrs
from .shapes import agreed, inserted, replaced, without

__all__: list[str] = []


def _concat_shape(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    """All shapes agree but for the joined axis, where the lengths of the inputs add up."""
    first = next((shape for shape in (*ins, *outs) if shape is not None), None)
    if first is None:
        return
    axis = normal_axis("Concat", attrs.dim, len(first))
    common = replaced(first, axis, None)
    for _ in range(2):  # the second round brings what later arguments know to the earlier ones
        for slots in (ins, outs):
            for i in range(len(slots)):
                slots[i] = common
                common = replaced(slots[i], axis, None)
    lengths = [shape[axis] for shape in ins]
    if None not in lengths:
        outs[0] = replaced(common, axis, sum(lengths))
    elif lengths.count(None) == 1 and outs[0][axis] is not None:
        missing = outs[0][axis] - sum(n for n in lengths if n is not None)
        require(missing >= 0, "Concat", f"inputs have lengths {lengths} along axis {axis}, more than the "
                                        f"{outs[0][axis]} in the output")
        ins[lengths.index(None)] = replaced(common, axis, missing)


def _concat_grad(F, grad, data_shape, *, dim):
    ends, rank = np.cumsum([shape[dim] for shape in data_shape]).tolist(), len(data_shape[0])
    return [F.slice_axis(grad, axis=dim, begin=begin, end=end) if begin < end else
            F.slice(grad, begin=(None,) * (dim % rank) + (begin,), end=(None,) * (dim % rank) + (end,))
            for begin, end in zip([0, *ends], ends)]


def _declare_concat(name: str, aliases: Sequence[str], what: str) -> Op:
    def kernel(xp, *data, dim: int = 1, out=None):
        return xp.concatenate(data, axis=dim, out=out)
    kernel.__name__ = name
    kernel.__doc__ = (f"{what} joined along the axis `dim`.\n\n"
                      "Parameters\n----------\n"
                      "*data : arrays of one dtype and one shape, but for the length of the axis `dim`\n\n"
                      "Returns\n-------\nTheir dtype and shape, with the sum of the lengths at `dim`.")
    declared = op(name=name, aliases=aliases)(kernel)
    declared.shape(_concat_shape)
    declared.type(same_type)
    declared.grad("data")(_concat_grad)
    return declared


_declare_concat("Concat", ("concat", "_sparse_concat"), "Arrays")
_declare_concat("_rnn_param_concat", (), "The parameters of recurrent layers, flattened and")


@op(name="stack")
def stack(xp, *data, axis: int = 0, out=None):
    """Arrays of one shape and dtype joined along a new axis, `axis` of the output."""
    return xp.stack(data, axis=axis, out=out)


@stack.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    if outs[0] is not None:
        ins[0] = without(outs[0], normal_axis("stack", attrs.axis, len(outs[0])))
    shape = agreed(ins)
    if shape is not None:
        outs[0] = inserted(shape, normal_axis("stack", attrs.axis, len(shape) + 1), len(ins))


stack.type(same_type)


@stack.grad("data")
def _(F, grad, data_shape, *, axis):
    return [F.Reshape(F.slice_axis(grad, axis=axis, begin=i, end=i + 1), shape=shape)
            for i, shape in enumerate(data_shape)]

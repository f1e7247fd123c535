"""NDArray: a raw array, its context, and its place on the tape; and ``invoke``, the way every operator runs."""
from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from .. import tape
from ..base import (
    MXNetError,
    MXNetIndexError,
    MXNetTypeError,
    MXNetValueError,
)
from ..context import Context, current_context
from ..device import of_raw
from ..dtypes import as_dtype
from ..ops import registry
from ..ops.binary import remainder
from ..ops.infer import infer_shapes, infer_types
from ..ops.registry import Op
from ..ops.schema import Attrs
from ..tape import state
from . import indexing

__all__ = ["NDArray", "invoke", "wrap"]

_ndarray = np.ndarray
_new = object.__new__
_EVERYTHING = slice(None)
_SCALARS = (bool, int, float, np.generic)


def wrap(data: Any, ctx: Context, entry: tape.Entry | None = None) -> NDArray:
    """Return the NDArray of the raw array `data`, which is not copied."""
    array = _new(NDArray)
    array._data = data
    array._ctx = ctx
    array._entry = entry
    return array


# ---- running an operator ------------------------------------------------------------------------

_CHECKED_LIMIT = 10_000
_checked: dict[Any, tuple[int, tuple]] = {}  # what is known of calls whose shapes and types were found right


def _check(op: Op, attrs: Attrs, raws: Sequence[Any]) -> tuple[int, tuple]:
    """Return how many outputs the caller of an operator sees, and (shape, dtype) of each, None where unknown.

    Raises if shapes or dtypes of the inputs are wrong. Each distinct call is checked once.
    """
    key = (op, attrs, *[(x.shape, x.dtype) for x in raws])
    found = _checked.get(key)
    if found is not None:
        return found
    count = len(op.output_names(attrs))
    shapes: list = [None] * count
    dtypes: list = [None] * count
    if not any(0 in x.shape for x in raws):  # to the rules a length of 0 means that it is not known
        infer_shapes(op, attrs, [x.shape for x in raws], shapes)
        infer_types(op, attrs, [x.dtype for x in raws], dtypes)
    visible = op.visible_count(attrs)
    found = visible, tuple(zip(shapes[:visible], dtypes))
    if op.resolver is None:  # else it was made for this call alone
        if len(_checked) > _CHECKED_LIMIT:
            _checked.clear()
        _checked[key] = found
    return found


def _common_context(op: Op, ins: Sequence[NDArray]) -> Context:
    ctx = ins[0]._ctx
    if len(ins) == 1:
        return ctx
    for i, each in enumerate(ins):
        if each._ctx is not ctx:
            name = op.inputs[min(i, len(op.inputs) - 1)]
            raise MXNetError(f"{op.name}: {name} is on {each._ctx} but {op.inputs[0]} is on {ctx}; the arrays of one "
                             "operation live on one context (use as_in_context)")
    return ctx


def invoke(op: Op, ins: Sequence[NDArray], attrs: Attrs, out: NDArray | Sequence[NDArray] | None = None,
           ctx: Context | None = None) -> NDArray | list[NDArray]:
    """Run an operator on NDArrays, recording it if the tape is on.

    Parameters
    ----------
    op, ins, attrs
        The operator, its active inputs in order, its parsed attributes.
    out : NDArray or sequence of NDArray, optional
        Where to put the visible outputs.
    ctx : Context, optional
        Where an operator without inputs makes its result (default: the current context, or that of `out`).
        Such an operator takes shape and dtype from `out`, too, where its attributes do not say.

    Returns
    -------
    NDArray, or a list of them if the operator has several visible outputs.
    """
    if ins:
        ctx = _common_context(op, ins)
    elif isinstance(out, NDArray):
        ctx = ctx or out._ctx
        attrs = _like(op, attrs, out)
    elif ctx is None:
        ctx = current_context()
    device = ctx._device or ctx.device
    device.enter()
    raws = [x._data for x in ins]
    visible, kinds = _check(op, attrs, raws)
    targets = None if out is None else _targets(op, out, visible, kinds)
    recording = state.recording
    entries = tuple([x._entry for x in ins]) if recording else ()
    recording = recording and entries.count(None) < len(entries)
    if targets is not None and recording:
        _forbid_recorded(op, targets)
        raws = [x.copy() if any(x is t._data for t in targets) else x for x in raws]
    straight = None  # where the kernel can write its result at once
    if targets is not None and op.takes_out and visible == 1 and not recording:
        target = targets[0]._data
        if targets[0]._ctx is ctx and kinds[0] == (target.shape, target.dtype):
            if op.single:
                straight = target
            elif op.inplace and op.mutates:  # an optimizer's update: the weight, then its states
                straight = (target, *(raws[i] for i in op.mutated_indices(op.active_inputs(attrs, len(raws)))))
    try:
        results = op.run(device.xp, device.kind, raws, attrs, train=state.training,
                         rng=device.rng if op.takes_rng else None, device=device, out=straight)
    except MXNetError:
        raise
    except (ValueError, TypeError, IndexError, ArithmeticError, RuntimeError, MemoryError) as error:
        shapes = ", ".join(f"{x.shape} {x.dtype}" for x in raws)
        raise MXNetError(f"{op.name}: {error} (inputs: {shapes or 'none'}; attributes: {dict(attrs)})") from error
    if op.mutates:
        places = op.mutated_indices(op.active_inputs(attrs, len(ins)))
        for place, value in zip(places, results[len(results) - len(places):]):
            if value is not raws[place]:
                raws[place][...] = value
    xp_array = device.xp.ndarray
    seen = []
    for raw in results[:visible]:
        if raw.__class__ is not xp_array:  # a universal function on 0-d arrays gives a scalar
            raw = device.xp.asarray(raw)
        if targets is None and (not raw.flags.c_contiguous or
                                (op.view and (raw.base is not None or any(raw is x for x in raws)))):
            raw = raw.copy(order="C")
        seen.append(raw)
    node = tape.record(op, attrs, raws, (*seen, *results[visible:]), entries, visible, ctx) if recording else None
    if targets is None:
        arrays = [wrap(raw, ctx, node and (node, i)) for i, raw in enumerate(seen)]
    else:
        arrays = targets
        for i, (target, raw) in enumerate(zip(targets, seen)):
            if raw is not target._data:
                _store(op, target, raw, ctx)
            if node is not None:
                target._entry = (node, i)
    return arrays[0] if visible == 1 and not isinstance(out, (list, tuple)) else arrays


def _like(op: Op, attrs: Attrs, out: NDArray) -> Attrs:
    """Return `attrs` with shape and dtype of `out` where they are left open."""
    found = {"shape": out.shape, "dtype": out.dtype}
    missing = {name: value for name, value in found.items() if name in attrs and not attrs[name]}
    return op.parse({**attrs, **missing}) if missing else attrs


def _targets(op: Op, out: Any, visible: int, kinds: Sequence[tuple]) -> list[NDArray]:
    targets = list(out) if isinstance(out, (list, tuple)) else [out]
    if len(targets) != visible or not all(isinstance(t, NDArray) for t in targets):
        raise MXNetTypeError(f"{op.name}: out is {type(out).__name__}; expected {visible} NDArray(s)")
    for target, (shape, dtype) in zip(targets, kinds):
        if shape is not None and 0 not in shape and shape != target.shape:
            raise MXNetValueError(f"{op.name}: out has shape {target.shape}, expected {shape}")
        if dtype is not None and dtype != target._data.dtype:
            raise MXNetTypeError(f"{op.name}: out has dtype {target._data.dtype}, expected {dtype}")
    return targets


def _forbid_recorded(op: Op, targets: Sequence[NDArray]) -> None:
    if any(tape.live(t._entry) for t in targets):
        raise MXNetError(f"{op.name}: Assigning to NDArrays that are already in a computational graph will cause "
                         "undefined behavior when evaluating gradients. Please call backward first to clear the graph "
                         "or do this out side of a record section.")


def _store(op: Op, target: NDArray, raw: Any, ctx: Context) -> None:
    if target.shape != raw.shape:
        raise MXNetValueError(f"{op.name}: out has shape {target.shape}, expected {raw.shape}")
    target._data[...] = raw if target._ctx is ctx else target._ctx.device.copy_from(raw, ctx.device)


# ---- arithmetic ---------------------------------------------------------------------------------
# The operators + - * / ... on two host arrays, or an array and a number, take the shortest way: one universal
# function and one new object. Everything else (GPU, recording of what broadcasts, mixed types) goes through invoke.


def _operand(array: NDArray, other: Any) -> NDArray | None:
    """Return `other` as an NDArray beside `array`, or None if it is no array."""
    if isinstance(other, NDArray):
        return other
    if isinstance(other, (list, tuple, _ndarray)) or hasattr(other, "__cuda_array_interface__"):
        return _beside(array, other)
    return None


def _beside(array: NDArray, other: Any) -> NDArray:
    """Bring a foreign array to the context of `array`, with its dtype."""
    device = array._ctx.device
    if isinstance(other, device.xp.ndarray):
        other = device.copy_from(other, of_raw(other)) if device.kind != "cpu" else other
    else:
        other = device.from_host(np.asarray(other.get() if hasattr(other, "get") else other))
    return wrap(other.astype(array._data.dtype), array._ctx)


def _binary(ufunc: Callable, same: str, wide: str, scalar: str, name: str) -> Callable:
    """Make the method ``self <op> other``."""
    same_op, wide_op, scalar_op = registry.get(same), registry.get(wide), registry.get(scalar)
    keep_ins, keep_outs = same_op.kept
    differentiable = same_op.differentiable

    def method(self: NDArray, other: Any) -> NDArray:
        x = self._data
        if other.__class__ is NDArray:
            y = other._data
            if x.__class__ is _ndarray and self._ctx is other._ctx and x.dtype is y.dtype:
                entry, other_entry = self._entry, other._entry
                if state.recording and (entry is not None or other_entry is not None):
                    if x.shape != y.shape or not differentiable:
                        return invoke(wide_op, (self, other), wide_op.parse({}))
                    result = ufunc(x, y)
                    if result.__class__ is _ndarray and result.dtype is x.dtype:
                        return wrap(result, self._ctx, (tape.OpNode(
                            same_op, None, (entry, other_entry), (x, y) if keep_ins else None,
                            (result,) if keep_outs else None, self._ctx), 0))
                else:
                    try:
                        result = ufunc(x, y)
                    except ValueError:
                        return invoke(wide_op, (self, other), wide_op.parse({}))  # raises with a name and shapes
                    if result.__class__ is _ndarray and result.dtype is x.dtype:
                        array = _new(NDArray)
                        array._data = result
                        array._ctx = self._ctx
                        array._entry = None
                        return array
            op = same_op if x.shape == y.shape else wide_op
            return invoke(op, (self, other), op.parse({}))
        kind = other.__class__
        if kind is int or kind is float:
            if x.__class__ is _ndarray and not (state.recording and self._entry is not None) and x.dtype.kind == "f":
                result = ufunc(x, other)
                if result.__class__ is _ndarray and result.dtype is x.dtype:
                    array = _new(NDArray)
                    array._data = result
                    array._ctx = self._ctx
                    array._entry = None
                    return array
            return invoke(scalar_op, (self,), scalar_op.parse({"scalar": other}))
        if isinstance(other, _SCALARS):
            return invoke(scalar_op, (self,), scalar_op.parse({"scalar": _number(other)}))
        operand = _operand(self, other)
        return NotImplemented if operand is None else method(self, operand)
    method.__name__ = name
    method.__doc__ = f"``self {name} other`` with an array (broadcasting) or a number; see the operator {wide}."
    return method


def _reflected(method: Callable, scalar: str, name: str) -> Callable:
    """Make the method ``other <op> self``, where `scalar` is the operator whose number comes first."""
    scalar_op = registry.get(scalar)

    def reflected(self: NDArray, other: Any) -> NDArray:
        if isinstance(other, _SCALARS):
            return invoke(scalar_op, (self,), scalar_op.parse({"scalar": _number(other)}))
        operand = _operand(self, other)
        return NotImplemented if operand is None else method(operand, self)
    reflected.__name__ = name
    reflected.__doc__ = f"The same with `self` on the right; see the operator {scalar}."
    return reflected


def _in_place(ufunc: Callable, same: str, wide: str, scalar: str, name: str) -> Callable:
    """Make the method ``self <op>= other``, which writes into the memory of `self`."""
    same_op, wide_op, scalar_op = registry.get(same), registry.get(wide), registry.get(scalar)

    def method(self: NDArray, other: Any) -> NDArray:
        x = self._data
        if state.recording:
            if self._entry is not None:
                _forbid_recorded(same_op, (self,))
        elif x.__class__ is _ndarray and x.dtype.kind == "f":
            if other.__class__ is NDArray:
                y = other._data
                if self._ctx is other._ctx and x.dtype is y.dtype and x.shape == y.shape:
                    ufunc(x, y, x)
                    return self
            elif other.__class__ is float or other.__class__ is int:
                ufunc(x, other, x)
                return self
        if isinstance(other, _SCALARS):
            return invoke(scalar_op, (self,), scalar_op.parse({"scalar": _number(other)}), out=self)
        operand = _operand(self, other)
        if operand is None:
            return NotImplemented
        op = same_op if operand.shape == self.shape else wide_op
        return invoke(op, (self, operand), op.parse({}), out=self)
    method.__name__ = name
    method.__doc__ = f"In place; see the operator {wide}."
    return method


def _remainder(x: Any, y: Any, out: Any = None) -> Any:
    """Compute as the operator ``_mod`` does, for which a divisor of 0 leaves 0, in the form of a universal function."""
    result = remainder(np, x, y)
    if out is None:
        return result
    out[...] = result
    return out


def _number(scalar: Any) -> Any:
    """Return a scalar of NumPy's or Python's as a Python number."""
    return scalar.item() if isinstance(scalar, np.generic) else scalar


class NDArray:
    """An array of numbers on a context.

    Made by :func:`~cupynet.ndarray.array`, ``zeros`` and their like, not by calling the class. Arithmetic
    broadcasts; the results of comparisons are 0 and 1 in the dtype of the left side; a full reduction or an
    indexed element has shape ``(1,)``. ``a[0]``, ``a[1:3]`` and ``reshape`` share memory with `a`; other slices
    are copies.

    Examples
    --------
    >>> import cupynet as mx
    >>> a = mx.nd.array([[1, 2], [3, 4]])
    >>> (a * 2 + 1).asnumpy()
    array([[3., 5.],
           [7., 9.]], dtype=float32)
    """

    __slots__ = ("_data", "_ctx", "_entry", "__weakref__")
    __array_priority__ = 1000.0

    def __init__(self, handle: Any, writable: bool = True):
        """Take over the raw array `handle`; ``None`` leaves the array to be filled by unpickling."""
        self._data = handle
        self._ctx = current_context()
        self._entry = None

    # ---- what it is -------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._data.shape

    @property
    def dtype(self) -> type:
        """Element type, as a NumPy class such as ``numpy.float32``."""
        return self._data.dtype.type

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self._data.size)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._data.ndim

    @property
    def context(self) -> Context:
        """The place where the array lives."""
        return self._ctx

    ctx = context

    @property
    def stype(self) -> str:
        """Storage type; always ``"default"`` (dense)."""
        return "default"

    @property
    def writable(self) -> bool:
        """Whether the elements can be changed; always true."""
        return True

    @property
    def T(self) -> NDArray:
        """Copy with the axes in reverse order."""
        return self if self._data.ndim < 2 else _call("transpose", self)

    @property
    def grad(self) -> NDArray | None:
        """The array that receives the gradient, or None if none was attached."""
        entry = self._entry
        return entry[0].grad if entry is not None and isinstance(entry[0], tape.Leaf) else None

    def __len__(self) -> int:
        if not self._data.ndim:
            raise MXNetTypeError("len: the array has no axes")
        return self._data.shape[0]

    def __bool__(self) -> bool:
        if self._data.size == 1:
            return bool(self.asscalar())
        if self._data.size == 0:
            return False
        raise MXNetValueError("The truth value of an NDArray with multiple elements is ambiguous.")

    def __float__(self) -> float:
        return float(self.asscalar())

    def __int__(self) -> int:
        return int(self.asscalar())

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iu":
            raise MXNetTypeError(f"only arrays of whole numbers can be an index, not {self._data.dtype}")
        return int(self.asscalar())

    def __repr__(self) -> str:
        return f"\n{self.asnumpy()!s}\n<{type(self).__name__} {'x'.join(map(str, self.shape))} @{self._ctx}>"

    def __iter__(self) -> Iterator[NDArray]:
        for i in range(len(self)):
            yield self[i]

    __hash__ = object.__hash__

    # ---- arithmetic -------------------------------------------------------------------------

    __add__ = _binary(np.add, "elemwise_add", "broadcast_add", "_plus_scalar", "+")
    __sub__ = _binary(np.subtract, "elemwise_sub", "broadcast_sub", "_minus_scalar", "-")
    __mul__ = _binary(np.multiply, "elemwise_mul", "broadcast_mul", "_mul_scalar", "*")
    __truediv__ = _binary(np.true_divide, "elemwise_div", "broadcast_div", "_div_scalar", "/")
    __mod__ = _binary(_remainder, "_mod", "broadcast_mod", "_mod_scalar", "%")
    __pow__ = _binary(np.power, "_power", "broadcast_power", "_power_scalar", "**")
    __radd__ = _reflected(__add__, "_plus_scalar", "+")
    __rsub__ = _reflected(__sub__, "_rminus_scalar", "-")
    __rmul__ = _reflected(__mul__, "_mul_scalar", "*")
    __rtruediv__ = _reflected(__truediv__, "_rdiv_scalar", "/")
    __rmod__ = _reflected(__mod__, "_rmod_scalar", "%")
    __rpow__ = _reflected(__pow__, "_rpower_scalar", "**")
    __iadd__ = _in_place(np.add, "elemwise_add", "broadcast_add", "_plus_scalar", "+=")
    __isub__ = _in_place(np.subtract, "elemwise_sub", "broadcast_sub", "_minus_scalar", "-=")
    __imul__ = _in_place(np.multiply, "elemwise_mul", "broadcast_mul", "_mul_scalar", "*=")
    __itruediv__ = _in_place(np.true_divide, "elemwise_div", "broadcast_div", "_div_scalar", "/=")
    __imod__ = _in_place(_remainder, "_mod", "broadcast_mod", "_mod_scalar", "%=")
    __eq__ = _binary(np.equal, "_equal", "broadcast_equal", "_equal_scalar", "==")
    __ne__ = _binary(np.not_equal, "_not_equal", "broadcast_not_equal", "_not_equal_scalar", "!=")
    __gt__ = _binary(np.greater, "_greater", "broadcast_greater", "_greater_scalar", ">")
    __ge__ = _binary(np.greater_equal, "_greater_equal", "broadcast_greater_equal", "_greater_equal_scalar", ">=")
    __lt__ = _binary(np.less, "_lesser", "broadcast_lesser", "_lesser_scalar", "<")
    __le__ = _binary(np.less_equal, "_lesser_equal", "broadcast_lesser_equal", "_lesser_equal_scalar", "<=")

    def __neg__(self) -> NDArray:
        return self * -1.0

    def __abs__(self) -> NDArray:
        return _call("abs", self)

    def __matmul__(self, other: Any) -> NDArray:
        operand = _operand(self, other)
        return NotImplemented if operand is None else _call("dot", self, operand)

    # ---- elements ---------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> NDArray:
        data = self._data
        if state.recording and self._entry is not None:
            return self._recorded_item(key)
        self._ctx.device.enter()
        if key.__class__ is not int and key.__class__ is not slice:
            key = indexing.normalize(key, self._ctx.device, self.shape)
        try:
            found = data[key]
        except (IndexError, TypeError) as error:
            raise MXNetIndexError(f"index {key!r} does not fit shape {self.shape}: {error}") from None
        if found.__class__ is not data.__class__:
            found = data.reshape(data.shape + (1,))[key]  # one element keeps an axis
        elif not found.ndim:
            found = found.reshape(1)
        return wrap(found if found.flags.c_contiguous else found.copy(order="C"), self._ctx)

    def _recorded_item(self, key: Any) -> NDArray:
        """Index by operators, so that the tape sees it: a basic key is a slice, any other a take of flat positions."""
        spec = indexing.as_slices(key, self.shape)
        if spec is not None:
            begin, end, step, shape = spec
            part = self if begin is None else _call("slice", self, begin=begin, end=end, step=step)
            return part if part.shape == shape else _call("Reshape", part, shape=shape)
        device = self._ctx.device
        device.enter()
        positions = device.xp.arange(self.size).reshape(self.shape)[indexing.normalize(key, device, self.shape)]
        flat = _call("Reshape", self, shape=(-1,))
        return _call("take", flat, wrap(positions if positions.ndim else positions.reshape(1), self._ctx))

    def __setitem__(self, key: Any, value: Any) -> None:
        recorded = None
        if state.recording:
            if self._entry is not None:
                _forbid_recorded(registry.get("_slice_assign"), (self,))
                self._entry = None
            if value.__class__ is NDArray and value._entry is not None:
                recorded = value
        device = self._ctx.device
        device.enter()
        if value.__class__ is NDArray:
            if key.__class__ is slice and key == _EVERYTHING and value.shape == self.shape and value._ctx is self._ctx \
                    and device.address(value._data) == device.address(self._data) and recorded is None:
                return  # the second half of ``x[:] -= y``, which has written into the view x[:] already
            value = value._data if value._ctx is self._ctx else device.copy_from(value._data, value._ctx.device)
        elif not isinstance(value, _SCALARS) and device.kind != "cpu" and not isinstance(value, device.xp.ndarray):
            value = device.from_host(np.asarray(value, self._data.dtype))
        if key.__class__ is not int and key.__class__ is not slice:
            key = indexing.normalize(key, device, self.shape)
        if getattr(value, "size", 0) == 1 and value.ndim:
            value = value.reshape(())  # one element goes anywhere
        try:
            self._data[key] = value
        except IndexError as error:
            raise MXNetIndexError(f"index {key!r} does not fit shape {self.shape}: {error}") from None
        except (ValueError, TypeError, OverflowError) as error:
            came = f"of shape {value.shape}" if hasattr(value, "shape") else repr(value)
            raise MXNetValueError(f"cannot assign a value {came} to [{key!r}] of an array of shape {self.shape} and "
                                  f"type {self._data.dtype}: {error}") from None
        if recorded is not None:
            self._record_assignment(key, recorded)

    def _record_assignment(self, key: Any, value: NDArray) -> None:
        """Put on the tape that the recorded array `value` has been assigned to the places `key`."""
        value = value.as_in_context(self._ctx).astype(self.dtype, copy=False)
        xp = self._ctx.device.xp
        places = xp.asarray(xp.arange(self.size).reshape(self.shape)[key])
        if not places.size:
            return
        value = value.reshape((1,) if value.size == 1 else value.shape[max(value.ndim - places.ndim, 0):])
        if value.shape != places.shape:
            value = _call("broadcast_to", value, shape=places.shape or (1,))
        flat = self.reshape(-1)  # shares the memory
        _call("_scatter_set_nd", flat, value.reshape(-1), wrap(places.reshape(1, -1), self._ctx), shape=flat.shape,
              out=flat)
        self._entry = flat.reshape(self.shape)._entry

    # ---- shape ------------------------------------------------------------------------------

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """Return a view with another shape; 0, -1, -2, -3 and -4 mean what they mean for the operator Reshape."""
        shape = kwargs.pop("shape", None) or (shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)
        reverse = kwargs.pop("reverse", False)
        if kwargs:
            raise MXNetTypeError(f"reshape: unknown argument {next(iter(kwargs))!r}; it takes shape and reverse")
        op = registry.get("Reshape")
        attrs = op.parse({"shape": tuple(shape), "reverse": reverse})
        return self._viewed(op, attrs)

    def _viewed(self, op: Op, attrs: Attrs) -> NDArray:
        """Apply an operator that only changes the shape, sharing memory."""
        self._ctx.device.enter()
        outs: list = [None]
        if self.size:
            infer_shapes(op, attrs, [self.shape], outs)
            raw = self._data.reshape(outs[0])
        else:
            raw = op.run(self._ctx.device.xp, self._ctx.device.kind, [self._data], attrs)[0]
        if state.recording and self._entry is not None:
            return wrap(raw, self._ctx, (
                tape.record(op, attrs, [self._data], [raw], (self._entry,), 1, self._ctx), 0))
        return wrap(raw, self._ctx)

    def split_v2(self, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Any:
        """Return equal sections, or the parts before the given indices."""
        sections = indices_or_sections if isinstance(indices_or_sections, int) else 0
        indices = () if sections else (0, *indices_or_sections)
        return _call("_split_v2", self, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections)

    def slice_assign(self, rhs: NDArray, begin: Any, end: Any, step: Any = ()) -> NDArray:
        """Write `rhs` into the slice of this array from `begin` to `end`; return the array."""
        self[indexing.as_key(begin, end, step)] = rhs
        return self

    def slice_assign_scalar(self, value: float, begin: Any, end: Any, step: Any = ()) -> NDArray:
        """Write a number into the slice of this array from `begin` to `end`; return the array."""
        self[indexing.as_key(begin, end, step)] = value
        return self

    def reshape_like(self, other: NDArray, **kwargs: Any) -> NDArray:
        """Return the elements in the shape of `other`."""
        return _call("reshape_like", self, other, **kwargs)

    # ---- copies -----------------------------------------------------------------------------

    def copy(self) -> NDArray:
        """Return a copy on the same context."""
        return _call("_copy", self)

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """Return the elements as `dtype`; without `copy`, the array itself if it has that type."""
        if not copy and as_dtype(dtype) == self._data.dtype:
            return self
        return _call("Cast", self, dtype=dtype)

    def copyto(self, other: NDArray | Context) -> NDArray:
        """Copy the elements into `other`, or onto a context; return the copy."""
        if isinstance(other, Context):
            return self.as_in_context(other) if other is not self._ctx else self.copy()
        if not isinstance(other, NDArray):
            raise MXNetTypeError(f"copyto: other is {type(other).__name__}; expected an NDArray or a Context")
        if other is self:
            warnings.warn("copyto: an array is copied to itself, which does nothing", RuntimeWarning, stacklevel=2)
            return self
        if other.shape != self.shape:
            raise MXNetValueError(f"copyto: other has shape {other.shape}, expected {self.shape}")
        other[:] = self
        return other

    def as_in_context(self, context: Context) -> NDArray:
        """Return the array itself if it lives on `context`, else a copy there."""
        if context is self._ctx:
            return self
        if state.recording and self._entry is not None:
            return _moved(self, context)
        return wrap(context.device.copy_from(self._data, self._ctx.device), context)

    as_in_ctx = as_in_context

    def asnumpy(self) -> np.ndarray:
        """Return a NumPy copy, after waiting for the work that computes it."""
        return self._ctx.device.to_host(self._data)

    def asscalar(self) -> Any:
        """Return the only element as a NumPy scalar. Raises MXNetValueError if there are several."""
        if self._data.size != 1:
            raise MXNetValueError("The current array is not a scalar")
        return self.asnumpy().reshape(-1)[0]

    def item(self) -> Any:
        """Return the only element as a Python number."""
        return self.asscalar().item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers."""
        return self.asnumpy().tolist()

    def as_nd_ndarray(self) -> NDArray:
        """Return the array itself, which is of the classic kind."""
        return self

    def as_np_ndarray(self) -> Any:
        """Not offered yet: there is no mx.np. Raises MXNetError."""
        raise MXNetError("as_np_ndarray: mx.np is not supported; use asnumpy(), or NumPy's functions on the array")

    def tostype(self, stype: str) -> NDArray:
        """Return the array itself for ``"default"``. Raises MXNetError for sparse storage."""
        if stype != "default":
            raise MXNetError(f"tostype: storage type {stype!r} is not supported; arrays are dense ('default')")
        return self

    def wait_to_read(self) -> None:
        """Wait until the elements are computed; an error in that work is raised here."""
        self._ctx.device.synchronize()

    wait_to_write = wait_to_read

    # ---- gradients --------------------------------------------------------------------------

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Mark the array as a variable: :meth:`backward` puts its gradient into :attr:`grad`."""
        if grad_req not in ("write", "add", "null"):
            raise MXNetValueError(f"attach_grad: grad_req is {grad_req!r}; expected 'write', 'add' or 'null'")
        if stype not in (None, "default"):
            raise MXNetError(f"attach_grad: storage type {stype!r} is not supported; gradients are dense")
        self._ctx.device.enter()
        grad = wrap(self._ctx.device.xp.zeros_like(self._data), self._ctx)
        self._entry = (tape.Leaf(grad, grad_req), 0)

    def detach(self) -> NDArray:
        """Return an array that shares the memory but is not on the tape."""
        return wrap(self._data, self._ctx)

    def backward(self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Compute the gradients of the marked arrays that this array depends on.

        Parameters
        ----------
        out_grad : NDArray, optional
            Gradient of this array; ones by default.
        retain_graph : bool
            Keep the tape for another backward pass.
        train_mode : bool
            Accepted for compatibility: gradients are those of the recorded forward pass.
        """
        run_backward([self], [out_grad], retain_graph)

    # ---- other libraries --------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False and self._ctx.device.kind != "cpu":
            raise MXNetValueError("an array on a GPU cannot become a NumPy array without a copy")
        if self._ctx.device.kind == "cpu":
            return np.array(self._data, dtype, copy=copy)
        array = self.asnumpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            if len(inputs) == 2 and ufunc in _UFUNC_METHODS:
                first, second = inputs
                if isinstance(first, NDArray):
                    return _UFUNC_METHODS[ufunc](first, second)
                operand = _operand(second, first)
                if operand is not None:
                    return _UFUNC_METHODS[ufunc](operand, second)
                return _UFUNC_METHODS[ufunc](second._full(first), second)
            if len(inputs) == 1 and ufunc.__name__ in _UFUNC_OPS:
                return _call(_UFUNC_OPS[ufunc.__name__], inputs[0])
        out = kwargs.pop("out", None)
        result = _foreign(getattr(ufunc, method), inputs, kwargs)
        if out is None:
            return result
        target = out[0]
        target[...] = result if isinstance(target, NDArray) else np.asarray(result)
        return target

    def _full(self, value: Any) -> NDArray:
        self._ctx.device.enter()
        return wrap(self._ctx.device.xp.full(self.shape, value, self._data.dtype), self._ctx)

    def __array_function__(self, func: Callable, types: Any, args: Any, kwargs: Any) -> Any:
        name = func.__name__
        if name in _FUNCTION_METHODS and isinstance(args[0], NDArray) and len(args) == 1 and \
                not set(kwargs) - {"axis", "keepdims"}:
            return getattr(args[0], name)(**kwargs)
        return _foreign(func, args, kwargs)

    def __dlpack__(self, **kwargs: Any) -> Any:
        self._ctx.device.enter()
        return self._data.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._data.__dlpack_device__()

    @property
    def __cuda_array_interface__(self) -> dict:
        if self._ctx.device.kind != "cuda":
            raise AttributeError("the array is not on a GPU")
        self._ctx.device.enter()  # it names the stream to wait for
        return self._data.__cuda_array_interface__

    def to_dlpack_for_read(self) -> Any:
        """Return a DLPack capsule, after waiting for the work that computes the elements."""
        self.wait_to_read()
        return self.__dlpack__()

    to_dlpack_for_write = to_dlpack_for_read

    def __cupy_get_ndarray__(self) -> Any:
        return self._data

    def __copy__(self) -> NDArray:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> NDArray:
        return self.copy()


# ---- helpers of the class -----------------------------------------------------------------------

def _call(name: str, *ins: NDArray, out: NDArray | None = None, **values: Any) -> Any:
    op = registry.get(name)
    return invoke(op, ins, op.parse(values), out)


class _MoveNode(tape.Node):
    """A recorded copy to another context; the gradient is copied back."""

    __slots__ = ("source", "target")

    def __init__(self, parents: tuple, source: Context, target: Context):
        super().__init__(parents, 1)
        self.source, self.target = source, target

    def pull(self, algebra: Any, grads: Any) -> Sequence[Any]:
        if algebra.raw:
            return [self.source.device.copy_from(grads, self.target.device)]
        return [grads.as_in_context(self.source)]


def _moved(array: NDArray, context: Context) -> NDArray:
    raw = context.device.copy_from(array._data, array._ctx.device)
    return wrap(raw, context, (_MoveNode((array._entry,), array._ctx, context), 0))


_UFUNC_METHODS = {np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul,
                  np.true_divide: operator.truediv, np.power: operator.pow, np.mod: operator.mod,
                  np.equal: operator.eq, np.not_equal: operator.ne, np.greater: operator.gt,
                  np.greater_equal: operator.ge, np.less: operator.lt, np.less_equal: operator.le,
                  np.matmul: operator.matmul}
_UFUNC_OPS = {name: name for name in (
    "exp expm1 log log2 log10 log1p sqrt cbrt square sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh "
    "arctanh floor ceil trunc sign negative reciprocal degrees radians").split()}
_UFUNC_OPS |= {"absolute": "abs", "fabs": "abs", "deg2rad": "radians", "rad2deg": "degrees"}
_FUNCTION_METHODS = {"sum", "mean", "max", "min", "amax", "amin", "prod", "argmax", "argmin", "transpose", "squeeze",
                     "clip", "round"}


def _foreign(func: Callable, args: Any, kwargs: Any) -> Any:
    """Run a NumPy function on the raw arrays inside `args`; array results become NDArrays again."""
    contexts: list[Context] = []

    def unwrap(value: Any) -> Any:
        if isinstance(value, NDArray):
            if state.recording and value._entry is not None:
                raise MXNetError(f"{getattr(func, '__name__', func)}: NumPy functions without an operator of their own "
                                 "cannot be recorded; use mx.nd, or detach() the array first")
            contexts.append(value._ctx)
            value._ctx.device.enter()
            return value._data
        if isinstance(value, (list, tuple)):
            return type(value)(map(unwrap, value))
        return value

    def rewrap(value: Any) -> Any:
        if isinstance(value, ctx.device.xp.ndarray):
            return wrap(value, ctx)
        if isinstance(value, (list, tuple)):
            return [rewrap(each) for each in value]
        return value

    def bring(value: Any) -> Any:
        if isinstance(value, _ndarray):
            return ctx.device.from_host(value)
        return type(value)(map(bring, value)) if isinstance(value, (list, tuple)) else value

    args = unwrap(tuple(args))
    kwargs = {name: unwrap(value) for name, value in kwargs.items()}
    ctx = contexts[0] if contexts else current_context()
    if ctx.device.kind != "cpu":
        args, kwargs = bring(args), {name: bring(value) for name, value in kwargs.items()}
    return rewrap(func(*args, **kwargs))


# ---- the backward pass --------------------------------------------------------------------------

class _Functions:
    """Operators as functions of NDArrays: what rules see as ``F`` while gradients are recorded."""

    def __call__(self, op: Op, *ins: NDArray, **values: Any) -> Any:
        """Apply an operator that has no public name."""
        return invoke(op, ins, op.parse(values))

    def __getattr__(self, name: str) -> Callable:
        op = registry.find(name)
        if op is None:
            raise AttributeError(f"operator {name!r} is not registered")
        call = partial(self.__call__, op)
        setattr(self, name, call)
        return call


class _Algebra(tape.Algebra):
    """Gradients as NDArrays, recorded on the tape."""

    raw = False
    F = _Functions()

    def wrap(self, raw: Any, entry: tape.Entry | None) -> NDArray:
        return wrap(raw, self.ctx, entry)

    def zeros(self, shape: tuple, dtype: Any) -> NDArray:
        return wrap(self.ctx.device.xp.zeros(shape, dtype), self.ctx)


def pull_gradients(heads: Sequence[NDArray], head_grads: Sequence[NDArray | None] | None, retain_graph: bool,
                   create_graph: bool, at: Sequence[tape.Entry] | None = None) -> list:
    """Walk the tape back from `heads`.

    Returns
    -------
    (leaf, gradient) pairs, or with `at` the gradient (or None) at each of those entries. Gradients are raw
    arrays, or NDArrays with `create_graph`.
    """
    if head_grads is None:
        head_grads = [None] * len(heads)
    if len(head_grads) != len(heads):
        raise MXNetValueError(f"backward: {len(heads)} heads but {len(head_grads)} head gradients")
    starts = []
    for head, grad in zip(heads, head_grads):
        if head._entry is None:
            raise MXNetError("Cannot differentiate node because it is not in a computational graph. You need to set "
                             "is_recording to true or use autograd.record() to save computational graphs for backward.")
        head._ctx.device.enter()
        if grad is None:
            raw = head._ctx.device.xp.ones(head.shape, head._data.dtype)
        elif not isinstance(grad, NDArray) or grad.shape != head.shape:
            raise MXNetValueError(f"backward: head gradient is {getattr(grad, 'shape', type(grad).__name__)}, expected "
                                  f"an NDArray of shape {head.shape}")
        else:
            raw = grad._data
        starts.append((head._entry, raw if not create_graph else wrap(raw, head._ctx) if grad is None else grad))
    ctx = heads[0]._ctx
    algebra = (_Algebra if create_graph else tape.RawAlgebra).on(ctx)
    return tape.walk(starts, algebra, retain_graph, at)


def run_backward(heads: Sequence[NDArray], head_grads: Sequence[NDArray | None] | None, retain_graph: bool) -> None:
    """Compute gradients and give them to the marked arrays, by each one's ``grad_req``."""
    for leaf, grad in pull_gradients(heads, head_grads, retain_graph, False):
        leaf.grad._ctx.device.enter()
        if leaf.req == "write":
            leaf.grad._data[...] = 0 if grad is None else grad
        elif leaf.req == "add" and grad is not None:
            leaf.grad._data += grad

"""From what users write to a declaration: one use of an operator of one's own is an operator like any other.

It has inputs, outputs, states, shape and type rules and a gradient rule, and keeps the ``CustomOp`` between forward and
backward.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..autograd import pause
from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import Context
from ..dtypes import as_dtype, flag_of
from ..ndarray import NDArray
from ..ndarray.base import wrap
from ..ops.infer import ShapeLike, Slots
from ..ops.op import Op, Rule
from ..ops.schema import Attrs, Schema
from ..util import is_np_shape
from .interface import CustomOp, CustomOpProp

__all__ = ["Use"]


class Use:
    """One use of an operator of one's own: its prop, and from the first run on its ``CustomOp``.

    Parameters
    ----------
    op : Op
        The open operator that is used, such as ``Custom``.
    title : str
        Which operator of one's own it is, for messages.
    prop_cls, settings : type, dict
        The class of the prop and the arguments of its constructor.
    attributes : sequence of str
        The names of what the call or node says besides inputs.

    The states are handed to the user's code as they are, to be changed in place, and not as copies: backward may
    change them as well.
    """

    def __init__(self, op: Op, title: str, prop_cls: Callable[..., CustomOpProp], settings: Mapping[str, Any],
                 attributes: Sequence[str]):
        self._op, self._who, self._attributes = op, f"{op.name}: {title}", attributes
        self._operator: CustomOp | None = None
        self._ctx: Context | None = None
        self._prop = self._ask(prop_cls.__name__, prop_cls, **settings)
        self._args, self._outs, self._aux = (
            self._names(method) for method in ("list_arguments", "list_outputs", "list_auxiliary_states"))
        if not self._outs or len({*self._args, *self._aux}) < len(self._args) + len(self._aux):
            raise MXNetValueError(f"{self._who} has inputs {self._args}, outputs {self._outs} and auxiliary "
                                  f"states {self._aux}; expected at least one output, and inputs of different names")
        n_in, n_out = len(self._args), len(self._outs)
        numbers = list(range(2 * n_out + n_in))
        groups = numbers[:n_out], numbers[n_out:n_out + n_in], numbers[n_out + n_in:]
        needed = set(self._prop_says("declare_backward_dependency", *map(list, groups)))
        self._heads = not needed.isdisjoint(groups[0])
        self._kept_args = [i for i, number in enumerate(groups[1]) if number in needed]
        self._kept_outs = [i for i, number in enumerate(groups[2]) if number in needed]

    def _ask(self, what: str, function: Callable, *args: Any, **kwargs: Any) -> Any:
        """Call the user's `function`; what it raises becomes an MXNetError that says where."""
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raise MXNetError(f"{self._who}.{what} raised {type(error).__name__}: {error}") from error

    def _prop_says(self, method: str, *args: Any) -> Any:
        return self._ask(method, getattr(self._prop, method), *args)

    def _names(self, method: str) -> tuple[str, ...]:
        names = self._prop_says(method)
        if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
            raise MXNetTypeError(f"{self._who}.{method} returned {names!r}; expected a list of names")
        return tuple(names)

    def declaration(self) -> Op:
        """Return the operator of this use."""
        fields = dict.fromkeys(self._attributes, (str | None, None))
        n_in = len(self._args)
        plan = [("wanted", 0), *(("shape", i) for i in range(n_in)), *(("dtype", i) for i in range(n_in))]
        plan += [("grads", 0)] * self._heads
        plan += [("in", i) for i in self._kept_args] + [("out", i) for i in self._kept_outs]
        plan += [("in", n_in + i) for i in range(len(self._aux))]
        rule = Rule(self._op, self._args, self._pull, plan)
        return self._op.variant(
            inputs=(*self._args, *self._aux), variadic=None, count=None, outputs=self._outs, mutates=self._aux,
            schema=Schema(self._op.name, fields, frozenset(fields)), single=False, kernel_fn=self._forward,
            shape_rule=self._shapes, type_rule=self._types, rules=dict.fromkeys(self._args, rule))

    # ---- inference -----------------------------------------------------------------------------

    def _inferred(self, method: str, given: list) -> list[list]:
        """Return what the prop's `method` says of inputs, outputs and auxiliary states."""
        answer = self._prop_says(method, given)
        parts = list(answer) if isinstance(answer, (list, tuple)) else []
        parts = [list(part) if isinstance(part, (list, tuple)) else [] for part in parts]
        if len(parts) == 2:
            parts.append([])
        counts, expected = [len(part) for part in parts], [len(self._args), len(self._outs), len(self._aux)]
        if counts != expected:
            raise MXNetValueError(f"{self._who}.{method} returned {answer!r}, lists of {counts}; expected "
                                  f"lists of {expected} for inputs, outputs and auxiliary states")
        return parts

    def _infer(self, method: str, given: list, ins: Slots, outs: Slots, read: Callable[[Any], Any]) -> None:
        try:
            arguments, outputs, states = self._inferred(method, given)
        except MXNetError:
            first = ins[0] if len(ins) else ()
            if first is None:
                return  # props compute from their first input, so while that is not known an error says nothing
            raise
        for i, value in enumerate((*arguments, *states)):
            ins[i] = read(value)
        for i, value in enumerate(outputs):
            outs[i] = read(value)

    def _shapes(self, attrs: Attrs, ins: Slots, outs: Slots) -> None:
        shapes = list(ins)[:len(self._args)]
        given = [[-1 if n is None else n for n in shape or ()] for shape in shapes]
        self._infer("infer_shape", given, ins, outs,
                    lambda value: None if None in shapes and not len(value) else _shape(value))

    def _types(self, attrs: Attrs, ins: Slots, outs: Slots) -> None:
        given = [None if ins[i] is None else ins[i].type for i in range(len(self._args))]
        self._infer("infer_type", given, ins, outs, _dtype)

    # ---- running -------------------------------------------------------------------------------

    def _start(self, device: Any, raws: Sequence[Any]) -> None:
        """Let the prop make the operator for arrays like `raws`, and note the shapes and dtypes of its outputs."""
        n_in = len(self._args)
        for stypes in self._inferred("infer_storage_type", ["default"] * n_in):
            if any(stype != "default" for stype in stypes):
                raise MXNetError(f"{self._who} asks for storage {stypes}; arrays are dense ('default')")
        shapes = [_shape(shape) for shape in self._inferred("infer_shape", [list(x.shape) for x in raws[:n_in]])[1]]
        dtypes = [_dtype(dtype) for dtype in self._inferred("infer_type", [x.dtype.type for x in raws[:n_in]])[1]]
        for name, shape, dtype in zip(self._outs, shapes, dtypes):
            if shape is None or dtype is None:
                raise MXNetError(f"{self._who} does not say what shape and type its output {name!r} has; "
                                 f"got {shape} and {dtype}")
        self._out_metas = list(zip(shapes, dtypes))
        self._ctx = Context("gpu" if device.kind == "cuda" else "cpu", device.index)
        with self._ctx:
            self._operator = self._prop_says("create_operator", self._ctx, [list(x.shape) for x in raws],
                                             [flag_of(x.dtype) for x in raws])
        if self._operator is None:
            raise MXNetTypeError(f"{self._who}.create_operator returned None; expected a CustomOp")

    def _run(self, method: str, train: bool, **arrays: Any) -> None:
        """Run a method of the user's operator on its own context, unrecorded."""
        try:
            with self._ctx, pause(train_mode=train):
                self._ask(method, getattr(self._operator, method), **arrays)
        finally:
            self._ctx.device.enter()  # the code may have used others

    def _arrays(self, raws: Sequence[Any]) -> list[NDArray]:
        return [wrap(raw, self._ctx) for raw in raws]

    def _read_only(self, raws: Sequence[Any]) -> list[NDArray]:
        """Return `raws` as NDArrays that refuse to be written to, where NumPy can do that."""
        views = []
        for raw in raws:
            view = raw
            if isinstance(raw, np.ndarray):
                view = raw.view()
                view.flags.writeable = False
            views.append(view)
        return self._arrays(views)

    def _forward(self, xp: Any, *raws: Any, train: bool, device: Any, out: Any = None) -> tuple:
        """The kernel: outputs, then the auxiliary states, changed in place."""
        if self._operator is None:
            self._start(device, raws)
        args, aux = raws[:len(self._args)], raws[len(self._args):]
        outs = _blank(xp, self._out_metas, out)
        self._run("forward", train, is_train=train, req=["write"] * len(outs),
                  in_data=self._read_only(args), out_data=self._arrays(outs), aux=self._arrays(aux))
        return (*outs, *aux)

    # ---- gradients -----------------------------------------------------------------------------

    def _pull(self, F: Any, wanted: Sequence[bool], *values: Any) -> Any:
        """The gradient rule of all inputs: applies an operator that is made for the inputs wanted."""
        n_in = len(self._args)
        wanted, metas, kept = wanted[:n_in], list(zip(values[:n_in], values[n_in:2 * n_in])), values[2 * n_in:]
        if self._heads:
            kept = (*kept[0], *kept[1:])
        found = F(self._gradient(wanted, metas), *kept)
        each = iter(found if isinstance(found, (tuple, list)) else (found,))
        gradients = tuple(next(each) if want else None for want in wanted)
        return gradients if n_in > 1 else gradients[0]

    def _gradient(self, wanted: Sequence[bool], metas: Sequence[tuple]) -> Op:
        """Return the operator that computes the gradients of the inputs wanted, which have `metas` (shape, dtype)."""
        found = [meta for meta, want in zip(metas, wanted) if want]
        states = tuple(f"aux_{name}" for name in self._aux)
        reads = (*(f"grad_{name}" for name in (self._outs if self._heads else ())),
                 *(f"in_{self._args[i]}" for i in self._kept_args), *(f"out_{self._outs[i]}" for i in self._kept_outs))

        def kernel(xp: Any, *raws: Any, out: Any = None) -> tuple:
            return self._backward(xp, raws, wanted, metas, out)

        def shapes(attrs: Attrs, ins: Slots, outs: Slots) -> None:
            for i, (shape, _) in enumerate(found):
                outs[i] = shape

        def types(attrs: Attrs, ins: Slots, outs: Slots) -> None:
            for i, (_, dtype) in enumerate(found):
                outs[i] = dtype
        return self._op.variant(
            name=f"_backward_{self._op.name}", inputs=(*reads, *states), variadic=None, count=None, mutates=states,
            outputs=tuple(name for name, want in zip(self._args, wanted) if want), single=False,
            schema=Schema(f"_backward_{self._op.name}", {}), takes_train=False, takes_device=False, kernel_fn=kernel,
            shape_rule=shapes, type_rule=types, rules={}, differentiable=False, opaque=True)

    def _backward(self, xp: Any, raws: Sequence[Any], wanted: Sequence[bool], metas: Sequence[tuple],
                  out: Any) -> tuple:
        """The kernel of backward: gradients of the inputs wanted, then the auxiliary states, changed in place."""
        results = _blank(xp, [meta for meta, want in zip(metas, wanted) if want], out)
        targets, given = iter(results), iter(raws)
        in_grad = [next(targets) if want else xp.empty(*meta) for meta, want in zip(metas, wanted)]
        out_grad = self._read_only([next(given) for _ in self._outs]) if self._heads else [None] * len(self._outs)
        in_data = _spread(self._read_only([next(given) for _ in self._kept_args]), self._kept_args, len(self._args))
        out_data = _spread(self._read_only([next(given) for _ in self._kept_outs]), self._kept_outs, len(self._outs))
        aux = list(given)
        self._run("backward", True, req=["write" if want else "null" for want in wanted],
                  out_grad=out_grad, in_data=in_data, out_data=out_data, in_grad=self._arrays(in_grad),
                  aux=self._arrays(aux))
        return (*results, *aux)


def _shape(value: Sequence[int]) -> ShapeLike:
    """Read a shape of the user's: negative lengths are unknown, and so is a shape of no lengths in the old notation."""
    try:
        return tuple(None if n < 0 else int(n) for n in value) or (() if is_np_shape() else None)
    except TypeError:
        raise MXNetTypeError(f"infer_shape gives the shape {value!r}; expected a sequence of int") from None


def _dtype(value: Any) -> np.dtype | None:
    return None if value is None else as_dtype(value)


def _blank(xp: Any, metas: Sequence[tuple], out: Any) -> list[Any]:
    """Return arrays of zeros of the given (shape, dtype), in `out` if there is one."""
    if out is None:
        return [xp.zeros(shape, dtype) for shape, dtype in metas]
    outs = list(out) if isinstance(out, (tuple, list)) else [out]
    for each in outs:
        each.fill(0)
    return outs


def _spread(values: Sequence[Any], places: Sequence[int], count: int) -> list[Any]:
    """Return `count` values: those given in their places, None elsewhere."""
    found: list[Any] = [None] * count
    for place, value in zip(places, values):
        found[place] = value
    return found

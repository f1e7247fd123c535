"""Operators of one's own, written in Python: ``CustomOp`` computes, ``CustomOpProp`` describes, ``register`` names.

A registered operator runs as ``mx.nd.Custom(..., op_type="name")``, recorded or not, and as ``mx.sym.Custom(...)`` in
executors and symbol files. Its code works on NDArrays.

``Custom`` is an open operator: for each call, a :class:`_Use` turns what the user's prop says into a declaration like
any other, with inputs, outputs, states, shape and type rules and a gradient rule, and keeps the ``CustomOp`` between
forward and backward.

Examples
--------
>>> import cupynet as mx
>>> class Double(mx.operator.CustomOp):
...     def forward(self, is_train, req, in_data, out_data, aux):
...         self.assign(out_data[0], req[0], 2 * in_data[0])
...     def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
...         self.assign(in_grad[0], req[0], 2 * out_grad[0])
>>> @mx.operator.register('double')
... class DoubleProp(mx.operator.CustomOpProp):
...     def create_operator(self, ctx, in_shapes, in_dtypes):
...         return Double()
>>> mx.nd.Custom(mx.nd.array([1, 2]), op_type='double').asnumpy()
array([2., 4.], dtype=float32)
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .autograd import pause
from .base import MXNetError, MXNetTypeError, MXNetValueError
from .context import Context
from .dtypes import as_dtype, flag_of
from .ndarray import NDArray
from .ndarray.base import wrap
from .ops import catalog
from .ops.catalog import op
from .ops.infer import Slots
from .ops.op import Op, Rule
from .ops.schema import Attrs, Schema, as_text

__all__ = ["CustomOp", "CustomOpProp", "register", "get_all_registered_operators", "PythonOp", "NumpyOp", "NDArrayOp"]

_props: dict[str, type[CustomOpProp]] = {}


# ---- what users write -----------------------------------------------------------------------------

class CustomOp:
    """The computation of a custom operator, to be subclassed.

    One object serves one use (a call of ``mx.nd.Custom``; a node of a bound symbol for all of its runs), so what
    :meth:`forward` stores in ``self`` is there in :meth:`backward`. Neither is recorded, and both run with the
    arrays' context as the current one. Arrays that are left alone stay zero.
    """

    def forward(self, is_train: bool, req: list[str], in_data: list[NDArray], out_data: list[NDArray],
                aux: list[NDArray]) -> None:
        """Compute `out_data` from `in_data`.

        Parameters
        ----------
        is_train : bool
            Whether this is training.
        req : list of str
            How each output is wanted, for :meth:`assign`.
        in_data, out_data, aux : list of NDArray
            Inputs (not to be written to), outputs to fill, and auxiliary states, which may be changed.
        """

    def backward(self, req: list[str], out_grad: list[NDArray], in_data: list[NDArray], out_data: list[NDArray],
                 in_grad: list[NDArray], aux: list[NDArray]) -> None:
        """Compute `in_grad` from `out_grad` and the values of the forward pass.

        Parameters
        ----------
        req : list of str
            How each gradient is wanted: ``"write"``, or ``"null"`` where nobody asks. (A ``grad_req`` of ``"add"``
            also comes as ``"write"``, and the caller adds.)
        out_grad, in_data, out_data : list of NDArray
            Gradients of the outputs, inputs and outputs; None where the prop declares no need for one.
        in_grad, aux : list of NDArray
            Gradients to fill, and auxiliary states, which may be changed.
        """

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Put `src` (an array or a number) into `dst` as `req` says: write, add, or nothing for ``"null"``."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] += src
        elif req != "null":
            raise MXNetValueError(f"assign: req is {req!r}; expected 'null', 'write', 'inplace' or 'add'")


class CustomOpProp:
    """What a custom operator takes and gives, to be subclassed and registered.

    The keywords of a call, other than inputs, are given to the constructor as strings (``num_hidden=4`` as ``"4"``).

    Parameters
    ----------
    need_top_grad : bool
        Whether backward reads the gradients of the outputs; False for a loss layer.
    """

    need_top_grad_ = True

    def __init__(self, need_top_grad: bool = True):
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the auxiliary states, which are inputs after those of :meth:`list_arguments`."""
        return []

    def infer_shape(self, in_shape: list[list[int]]) -> tuple:
        """Return the shapes of (inputs, outputs) or (inputs, outputs, auxiliary states), all that follow.

        In `in_shape`, as in what is returned, ``[]`` stands for an unknown shape and -1 for an unknown length.
        """
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type: list[Any]) -> tuple:
        """Return the types of (inputs, outputs) or (inputs, outputs, auxiliary states), as NumPy classes.

        None stands for an unknown type, in `in_type` as in what is returned.
        """
        first = in_type[0]
        return in_type, [first] * len(self.list_outputs()), [first] * len(self.list_auxiliary_states())

    def infer_storage_type(self, in_stype: list[str]) -> tuple[list[str], list[str], list[str]]:
        """Return the storage of (inputs, outputs, auxiliary states), which is ``"default"``: arrays are dense."""
        return in_stype, ["default"] * len(self.list_outputs()), ["default"] * len(self.list_auxiliary_states())

    def infer_storage_type_backward(self, ograd_stype: list[str], in_stype: list[str], out_stype: list[str],
                                    igrad_stype: list[str], aux_stype: list[str]) -> tuple[list[str], ...]:
        """Return the storage of everything that backward sees, in the order of the parameters: ``"default"``."""
        return tuple(["default"] * len(part) for part in (ograd_stype, in_stype, out_stype, igrad_stype, aux_stype))

    def declare_backward_dependency(self, out_grad: list[int], in_data: list[int], out_data: list[int]) -> list[int]:
        """Return which of the numbered arrays backward reads; the others need not be kept for it."""
        return [*(out_grad if self.need_top_grad_ else ()), *in_data, *out_data]

    def create_operator(self, ctx: Context, in_shapes: list[list[int]], in_dtypes: list[int]) -> CustomOp:
        """Return the :class:`CustomOp` for one use.

        Parameters
        ----------
        ctx : Context
            Where the arrays live.
        in_shapes, in_dtypes : list
            Shapes and MXNet type flags (0 is float32) of inputs and auxiliary states.
        """
        return CustomOp()


def register(reg_name: str) -> Callable[[type], type]:
    """Return a decorator that registers a :class:`CustomOpProp` as ``op_type=reg_name``; the last one holds."""
    def decorate(prop_cls: type) -> type:
        if not (isinstance(prop_cls, type) and issubclass(prop_cls, CustomOpProp)):
            raise MXNetTypeError(f"register: {prop_cls!r} is registered as {reg_name!r}; expected a subclass of "
                                 "CustomOpProp")
        _props[reg_name] = prop_cls
        return prop_cls
    return decorate


def get_all_registered_operators() -> list[str]:
    """Return the names of all operators, aliases included; custom operators are all ``Custom``."""
    return catalog.names()


# ---- from a prop to a declaration -----------------------------------------------------------------

@op(name="Custom", outputs=lambda attrs: ("output",), count="")
def custom(xp, *data, op_type: str, train, device, out=None):
    """The operator of one's own that is registered as `op_type`; see :mod:`cupynet.operator`.

    Parameters
    ----------
    *data : arrays
        Its inputs and then its auxiliary states, also by name. Where they are left out of a symbol they become
        variables named after the operator's lists.
    op_type : str
        What was given to ``mx.operator.register``.
    **kwargs
        Everything else goes to the constructor of the ``CustomOpProp``, as strings.

    Returns
    -------
    The outputs, as the prop's ``infer_shape`` and ``infer_type`` say.

    Raises
    ------
    MXNetError
        If nothing is registered as `op_type`, or the operator's own code raises: the message names the method, and
        the error is the cause.

    Gradients of higher order do not pass: backward is opaque. MXNet's operator ``Custom``.
    """
    raise MXNetError("Custom: an open operator runs only as what its resolver makes of it")


@custom.resolves
def _(values: dict[str, Any]) -> Op:
    settings = {name: as_text(value) for name, value in values.items()
                if not (name.startswith("__") and name.endswith("__"))}
    op_type = settings.pop("op_type", None)
    if op_type is None:
        raise MXNetValueError("Custom: required argument 'op_type' is missing")
    if op_type not in _props:
        raise MXNetValueError(f"Custom: Cannot find custom operator {op_type!r}; mx.operator.register has been given "
                              f"{', '.join(map(repr, _props)) or 'none'}")
    return _Use(op_type, settings).declaration()


class _Use:
    """One use of a custom operator: its prop, and from the first run on its ``CustomOp``.

    The states are handed to the user's code as they are, to be changed in place, and not as copies: backward may
    change them as well.
    """

    def __init__(self, op_type: str, settings: dict[str, str]):
        self._op_type, self._settings = op_type, settings
        self._operator: CustomOp | None = None
        self._ctx: Context | None = None
        prop_cls = _props[op_type]
        self._prop = self._ask(prop_cls.__name__, prop_cls, **settings)
        self._args, self._outs, self._aux = (
            self._names(method) for method in ("list_arguments", "list_outputs", "list_auxiliary_states"))
        if not self._outs or len({*self._args, *self._aux}) < len(self._args) + len(self._aux):
            raise MXNetValueError(f"Custom: {op_type} has inputs {self._args}, outputs {self._outs} and auxiliary "
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
            raise MXNetError(f"Custom: {self._op_type}.{what} raised {type(error).__name__}: {error}") from error

    def _prop_says(self, method: str, *args: Any) -> Any:
        return self._ask(method, getattr(self._prop, method), *args)

    def _names(self, method: str) -> tuple[str, ...]:
        names = self._prop_says(method)
        if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
            raise MXNetTypeError(f"Custom: {self._op_type}.{method} returned {names!r}; expected a list of names")
        return tuple(names)

    def declaration(self) -> Op:
        """Return the operator of this use."""
        fields = dict.fromkeys(("op_type", *self._settings), (str | None, None))
        n_in = len(self._args)
        plan = [("wanted", 0), *(("shape", i) for i in range(n_in)), *(("dtype", i) for i in range(n_in))]
        plan += [("grads", 0)] * self._heads
        plan += [("in", i) for i in self._kept_args] + [("out", i) for i in self._kept_outs]
        plan += [("in", n_in + i) for i in range(len(self._aux))]
        rule = Rule(custom, self._args, self._pull, plan)
        return custom.variant(
            inputs=(*self._args, *self._aux), variadic=None, count=None, outputs=self._outs, mutates=self._aux,
            schema=Schema("Custom", fields), ignores=frozenset(fields), single=False, kernel_fn=self._forward,
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
            raise MXNetValueError(f"Custom: {self._op_type}.{method} returned {answer!r}, lists of {counts}; expected "
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
        given = [[n or -1 for n in ins[i] or ()] for i in range(len(self._args))]
        self._infer("infer_shape", given, ins, outs, _shape)

    def _types(self, attrs: Attrs, ins: Slots, outs: Slots) -> None:
        given = [None if ins[i] is None else ins[i].type for i in range(len(self._args))]
        self._infer("infer_type", given, ins, outs, _dtype)

    # ---- running -------------------------------------------------------------------------------

    def _start(self, device: Any, raws: Sequence[Any]) -> None:
        """Let the prop make the operator for arrays like `raws`, and note the shapes and dtypes of its outputs."""
        n_in = len(self._args)
        for stypes in self._inferred("infer_storage_type", ["default"] * n_in):
            if any(stype != "default" for stype in stypes):
                raise MXNetError(f"Custom: {self._op_type} asks for storage {stypes}; arrays are dense ('default')")
        shapes = [_shape(shape) for shape in self._inferred("infer_shape", [list(x.shape) for x in raws[:n_in]])[1]]
        dtypes = [_dtype(dtype) for dtype in self._inferred("infer_type", [x.dtype.type for x in raws[:n_in]])[1]]
        for name, shape, dtype in zip(self._outs, shapes, dtypes):
            if shape is None or dtype is None:
                raise MXNetError(f"Custom: {self._op_type} does not say what shape and type its output {name!r} has; "
                                 f"got {shape} and {dtype}")
        self._out_metas = list(zip(shapes, dtypes))
        self._ctx = Context("gpu" if device.kind == "cuda" else "cpu", device.index)
        with self._ctx:
            self._operator = self._prop_says("create_operator", self._ctx, [list(x.shape) for x in raws],
                                             [flag_of(x.dtype) for x in raws])
        if self._operator is None:
            raise MXNetTypeError(f"Custom: {self._op_type}.create_operator returned None; expected a CustomOp")

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
        return custom.variant(
            name="_backward_Custom", inputs=(*reads, *states), variadic=None, count=None, mutates=states,
            outputs=tuple(name for name, want in zip(self._args, wanted) if want), single=False,
            schema=Schema("_backward_Custom", {}), takes_train=False, takes_device=False, kernel_fn=kernel,
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


def _shape(value: Sequence[int]) -> tuple[int, ...] | None:
    """Read a shape of the user's: negative lengths are unknown (0 here), and so is a shape of no lengths (None)."""
    try:
        return tuple(max(int(n), 0) for n in value) or None
    except TypeError:
        raise MXNetTypeError(f"Custom: infer_shape gives the shape {value!r}; expected a sequence of int") from None


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


# ---- what CustomOp replaced -----------------------------------------------------------------------

class PythonOp:
    """What there was before ``CustomOp``. Not offered: the constructor raises MXNetError."""

    def __init__(self, need_top_grad: bool = True):
        kind = next(base.__name__ for base in type(self).__mro__ if base.__module__ == __name__)
        raise MXNetError(f"{kind} is not supported; write a CustomOp and a CustomOpProp, and mx.operator.register it")


class NumpyOp(PythonOp):
    """Not offered; see :class:`PythonOp`."""


class NDArrayOp(PythonOp):
    """Not offered; see :class:`PythonOp`."""

"""Loops and branches as operators: ``_foreach``, ``_while_loop`` and ``_cond``, which run graphs.

A symbol that was composed by ``mx.sym.contrib.foreach`` and its kin, or read from a file, has such an operator, a
variant of the declaration here that was made for its graphs. Each graph is a CachedOp: planned once for each set of
shapes. A loop is Python's own, over CachedOps, and its gradient is that of the tape: while a gradient may be asked
for, the loop is recorded on a tape of its own, which is kept as a hidden output, so that any number of forward passes
can wait for their backward pass.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from . import autograd, tape
from .base import MXNetError, MXNetValueError
from .cached_op import CachedOp
from .context import Context
from .graph.inference import shapes_of, types_of
from .graph.node import Entry, auxiliary, post_order
from .ndarray import NDArray
from .ndarray.backward import pull_gradients
from .ndarray.base import wrap
from .ndarray.control_flow import Steps, foreach, truth
from .ops.catalog import op
from .ops.infer import Slots, either, known
from .ops.op import Op, Rule
from .ops.schema import Attrs, Schema, Shape
from .symbol import Symbol

__all__: list[str] = []

_OBJECT = np.dtype(object)


# ---- declarations ---------------------------------------------------------------------------------

@op(name="_foreach", outputs=lambda attrs: ("output",), count="")
def _foreach(xp, *data, num_args: int, num_outputs: int, num_out_data: int, in_state_locs: Shape, in_data_locs: Shape,
             remain_locs: Shape, train, device, keep):
    """A graph run for each slice along the first axis of its data; see ``mx.sym.contrib.foreach``.

    Parameters
    ----------
    data : arrays
        What is sliced, the states at the beginning, and what the graph reads besides.
    num_args : int
        Number of inputs and graphs.
    num_outputs, num_out_data : int
        Number of outputs of the graph, and how many of them come before the new states.
    in_data_locs, in_state_locs, remain_locs : tuple of int
        Which inputs of the graph the inputs are.

    Gradients of higher order do not pass: backward is opaque. States that the graph updates (moving averages) are
    arguments and stay as they are, as in MXNet.
    """
    raise MXNetError("_foreach: runs only as part of a symbol, with its graph")


@op(name="_while_loop", outputs=lambda attrs: ("output",), count="")
def _while_loop(xp, *data, num_args: int, num_outputs: int, num_out_data: int, max_iterations: int,
                cond_input_locs: Shape, func_input_locs: Shape, func_var_locs: Shape, train, device, keep):
    """A graph run while another one gives a number that is not 0; see ``mx.sym.contrib.while_loop``.

    Parameters
    ----------
    data : arrays
        The inputs of both graphs.
    num_args : int
        Number of inputs and graphs.
    num_outputs, num_out_data : int
        Number of outputs of the second graph, and how many of them come before the new states.
    max_iterations : int
        The most steps, and the length of the outputs, which are zero behind the last step (in MXNet whatever is found
        in memory).
    cond_input_locs, func_input_locs : tuple of int
        Which inputs each graph has.
    func_var_locs : tuple of int
        Which inputs of the second graph are the states.

    Gradients of higher order do not pass: backward is opaque.
    """
    raise MXNetError("_while_loop: runs only as part of a symbol, with its graphs")


@op(name="_cond", outputs=lambda attrs: ("output",), count="")
def _cond(xp, *data, num_args: int, num_outputs: int, cond_input_locs: Shape, then_input_locs: Shape,
          else_input_locs: Shape, train, device, keep):
    """One of two graphs, as a third one says by a number; see ``mx.sym.contrib.cond``.

    Parameters
    ----------
    data : arrays
        The inputs of all graphs.
    num_args : int
        Number of inputs and graphs.
    num_outputs : int
        Number of outputs of either branch.
    cond_input_locs, then_input_locs, else_input_locs : tuple of int
        Which inputs each graph has.

    Gradients of higher order do not pass: backward is opaque.
    """
    raise MXNetError("_cond: runs only as part of a symbol, with its graphs")


# ---- graphs ---------------------------------------------------------------------------------------

class _Body:
    """A graph that an operator runs, as a function of arrays."""

    def __init__(self, heads: Sequence[Entry]):
        self.heads = tuple(heads)
        self.order = post_order(self.heads)
        self.inputs = [node for node in self.order if node.op is None]
        states = auxiliary(self.order)
        self.updated = [id(node) in states for node in self.inputs]
        self.takes_rng = any(node.op is not None and node.op.takes_rng for node in self.order)

    @cached_property
    def _call(self) -> CachedOp:
        return CachedOp(Symbol(self.heads))

    def __call__(self, args: Sequence[NDArray]) -> list[NDArray]:
        """Return the outputs. Arguments that the graph updates are copied before, and so stay as they are."""
        args = [wrap(x._data.copy(), x._ctx) if updated else x for x, updated in zip(args, self.updated)]
        found = self._call(*args)
        return found if isinstance(found, list) else [found]

    def infer(self, what: str, ins: Sequence[Any], outs: Sequence[Any]) -> tuple[list, list]:
        """Return the shapes (or dtypes, as `what` says) of inputs and outputs that follow from those given."""
        given = {node.name: value for node, value in zip(self.inputs, ins) if value is not None}
        table = (shapes_of if what == "shape" else types_of)(self.order, given, list(zip(self.heads, outs)))
        return [table[id(node)][0] for node in self.inputs], [table[id(node)][i] for node, i in self.heads]


# ---- the operators of one node --------------------------------------------------------------------

class _Trace:
    """A loop or branch that was recorded: where its gradient is found."""

    def __init__(self, ctx: Context, args: Sequence[NDArray], outs: Sequence[NDArray]):
        self._ctx, self._args, self._outs = ctx, args, outs

    def pull(self, grads: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
        """Return raw gradients of the inputs wanted."""
        args = [arg for arg, want in zip(self._args, wanted) if want]
        leaves = [arg._entry for arg in args if arg._entry is not None]
        starts = [(out, wrap(grad, self._ctx)) for out, grad in zip(self._outs, grads) if out._entry is not None]
        found: list[Any] = [None] * len(leaves)
        if starts and leaves:
            outs, heads = zip(*starts)
            found = pull_gradients(outs, heads, True, False, leaves)
        self._ctx.device.enter()
        each = iter(found)
        grads = [None if arg._entry is None else next(each) for arg in args]
        return [self._ctx.device.xp.zeros_like(arg._data) if grad is None else grad for arg, grad in zip(args, grads)]


class _Use:
    """What a node with graphs runs."""

    base: Op
    locs: tuple[str, ...] = ()  # the attributes that say which inputs each graph has

    def __init__(self, attrs: Attrs, subgraphs: Sequence[Sequence[Entry]]):
        self.attrs = attrs
        self.bodies = [_Body(heads) for heads in subgraphs]
        self.count = attrs.num_args - len(subgraphs)
        self.outputs = attrs.num_outputs
        most = sum(len(body.inputs) for body in self.bodies)
        self._require(0 <= self.count <= most and 1 <= self.outputs <= sum(len(body.heads) for body in self.bodies),
                      f"num_args is {attrs.num_args} and num_outputs {self.outputs}")
        self.check()

    def check(self) -> None:
        """Raise unless attributes and graphs fit together."""
        for body, name in zip(self.bodies, self.locs):
            self.check_places(name, len(body.inputs), self.count)

    def check_places(self, name: str, length: int, below: int) -> None:
        """Raise unless the attribute `name` is `length` numbers less than `below`."""
        places = self.attrs[name]
        self._require(len(places) == length and all(0 <= place < below for place in places),
                      f"{name} is {places}; expected {length} numbers from 0 to {below - 1}")

    def _require(self, condition: Any, message: str) -> None:
        if not condition:
            raise MXNetValueError(f"{self.base.name}: the graphs do not fit the attributes: {message}")

    def run(self, args: Sequence[NDArray]) -> list[NDArray]:
        """Return the outputs."""
        raise NotImplementedError

    def infer(self, what: str, ins: Slots, outs: Slots) -> None:
        """Fill in what follows of shapes or dtypes."""
        raise NotImplementedError

    def through(self, number: int, what: str, places: Sequence[int], ins: Slots, outs: Sequence[Any]) -> list:
        """Infer through a graph whose inputs are those at `places`; return its outputs."""
        found, results = self.bodies[number].infer(what, [ins[place] for place in places], outs)
        for place, value in zip(places, found):
            ins[place] = value
        return results

    def blank(self, length: int, shapes: Sequence[Any], types: Sequence[Any], ctx: Context) -> list[NDArray]:
        """Return zeros for outputs that no step has made, whose elements have the given shapes."""
        found = []
        for shape, dtype in list(zip(shapes, types))[:self.attrs.num_out_data]:
            if not known(shape) or dtype is None:
                raise MXNetError(f"{self.base.name}: without a step the shapes of its outputs are not known")
            found.append(wrap(ctx.device.xp.zeros((length, *shape), dtype), ctx))
        return found

    def declaration(self) -> Op:
        """Return the operator of the node."""
        names = tuple(f"arg{i}" for i in range(self.count))
        outputs = tuple(f"output{i}" for i in range(self.outputs)) if self.outputs > 1 else ("output",)
        fields = self.base.schema.fields
        plan = [("wanted", 0), ("grads", 0), ("out", self.outputs), *(("in", i) for i in range(self.count))]
        rule = Rule(self.base, names, self._pull, plan)
        return self.base.variant(
            inputs=names, variadic=None, outputs=(*outputs, "trace"), visible=self.outputs, single=False,
            schema=Schema(self.base.name, fields, frozenset(fields)), resolver=None,
            subgraphs=tuple(body.heads for body in self.bodies), kernel_fn=self._forward,
            takes_rng=any(body.takes_rng for body in self.bodies), shape_rule=self._shapes, type_rule=self._types,
            rules=dict.fromkeys(names, rule))

    # ---- inference -----------------------------------------------------------------------------

    def _shapes(self, attrs: Attrs, ins: Slots, outs: Slots) -> None:
        outs[self.outputs] = ()
        self.infer("shape", ins, outs)

    def _types(self, attrs: Attrs, ins: Slots, outs: Slots) -> None:
        outs[self.outputs] = _OBJECT
        self.infer("dtype", ins, outs)

    # ---- running -------------------------------------------------------------------------------

    def _forward(self, xp: Any, *raws: Any, train: bool, device: Any, keep: bool, rng: Any = None) -> tuple:
        """The kernel: outputs, and how to find their gradients if `keep`."""
        ctx = Context("gpu" if device.kind == "cuda" else "cpu", device.index)
        args = [wrap(raw, ctx, (tape.Leaf(None, "write"), 0) if keep and raw.dtype.kind in "fiu" else None)
                for raw in raws]
        with ctx, (autograd.record(train) if keep else autograd.pause(train)):
            outs = self.run(args)
        device.enter()
        trace = np.empty((), object)
        trace[()] = _Trace(ctx, args, outs) if keep else None
        found: list[Any] = []
        for out in outs:  # arrays of their own
            shared = any(out._data is other for other in (*raws, *found))
            found.append(out._data.copy() if shared else out._data)
        return (*found, trace)

    def _pull(self, F: Any, wanted: Sequence[bool], grads: Sequence[Any], trace: Any, *ins: Any) -> Any:
        """The gradient rule: all inputs are read, so that they are still there when the trace is walked."""
        found = F(self._gradient(wanted, [(x.shape, np.dtype(x.dtype)) for x in ins]), trace, *grads, *ins)
        each = iter(found if isinstance(found, (tuple, list)) else (found,))
        gradients = tuple(next(each) if want else None for want in wanted)
        return gradients if len(wanted) > 1 else gradients[0]

    def _gradient(self, wanted: Sequence[bool], metas: Sequence[tuple]) -> Op:
        """Return the operator that computes the gradients of the inputs wanted, which have `metas` (shape, dtype)."""
        metas = [meta for meta, want in zip(metas, wanted) if want]
        count = self.outputs

        def kernel(xp: Any, trace: Any, *values: Any) -> tuple:
            return tuple(trace.item().pull(values[:count], wanted))

        def fill(part: int) -> Callable[[Attrs, Slots, Slots], None]:
            def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
                for i, meta in enumerate(metas):
                    outs[i] = meta[part]
            return rule
        name = f"_backward{self.base.name}"
        return self.base.variant(
            name=name, inputs=("trace", *(f"grad{i}" for i in range(count)), *(f"arg{i}" for i in range(self.count))),
            variadic=None, outputs=tuple(f"grad_arg{i}" for i, want in enumerate(wanted) if want), visible=None,
            single=False, schema=Schema(name, {}), resolver=None, kernel_fn=kernel,
            takes_train=False, takes_keep=False, takes_rng=False, takes_device=False, shape_rule=fill(0),
            type_rule=fill(1), rules={}, differentiable=False, opaque=True)


class _Foreach(_Use):
    base = _foreach

    def check(self) -> None:
        attrs = self.attrs
        places = (*attrs.in_data_locs, *attrs.in_state_locs, *attrs.remain_locs)
        self._require(sorted(places) == list(range(self.count)) and len(self.bodies[0].inputs) == self.count,
                      f"the places of the inputs are {places}; the graph has {len(self.bodies[0].inputs)}")
        self._require(attrs.num_outputs == len(self.bodies[0].heads) == attrs.num_out_data + len(attrs.in_state_locs),
                      f"there are {len(self.bodies[0].heads)} outputs of the graph, num_outputs={attrs.num_outputs}, "
                      f"num_out_data={attrs.num_out_data} and {len(attrs.in_state_locs)} states")
        self._places = places
        self._data, self._states = len(attrs.in_data_locs), len(attrs.in_state_locs)

    def run(self, args: Sequence[NDArray]) -> list[NDArray]:
        count, data, states = self.attrs.num_out_data, self._data, self._states
        if not data or not args[0].ndim:
            raise MXNetValueError("_foreach: there is nothing to go through; expected data of one axis or more")
        if any(len(x) != len(args[0]) for x in args[1:data]):
            raise MXNetValueError(f"_foreach: data has the lengths {[len(x) for x in args[:data]]}; expected one")
        if len(args[0]) == 0:
            return [*self._empty(args), *args[data:data + states]]
        sliced = [x.reshape((-1, 1)) if x.ndim == 1 else x for x in args[:data]]  # elements come in shape (1,)
        rest = args[data + states:]

        def body(slices: list[NDArray], held: list[NDArray]) -> tuple[list, list]:
            given: list[Any] = [None] * self.count
            for place, value in zip(self._places, (*slices, *held, *rest)):
                given[place] = value
            found = self.bodies[0](given)
            return found[:count], found[count:]

        outputs, states = foreach(body, sliced, list(args[data:data + states]))
        return [*outputs, *states]

    def _empty(self, args: Sequence[NDArray]) -> list[NDArray]:
        """Return the outputs of no step."""
        shapes = [_element(x.shape) if i < self._data else x.shape for i, x in enumerate(args)]
        types = [x._data.dtype for x in args]
        (_, shapes), (_, types) = (self._through(what, values, [None] * self.outputs)
                                   for what, values in (("shape", shapes), ("dtype", types)))
        return self.blank(0, shapes, types, args[0]._ctx)

    def infer(self, what: str, ins: Slots, outs: Slots) -> None:
        (self._infer_shapes if what == "shape" else self._infer_types)(ins, outs)

    def _infer_shapes(self, ins: Slots, outs: Slots) -> None:
        data, count = self._data, self.attrs.num_out_data
        for k in range(self._states):  # states keep their shapes
            outs[count + k] = ins[data + k]
        sliced, stacked = list(ins)[:data], list(outs)[:count]
        length = either(*(shape[0] for shape in (*sliced, *stacked) if shape))
        inside, results = self._through("shape", [*map(_element, sliced), *list(ins)[data:]],
                                        [*map(_element, stacked), *list(outs)[count:self.outputs]])
        for i, found in enumerate(inside):
            ins[i] = _stacked(length, found, ins[i]) if i < data else found
        for k, found in enumerate(results):
            if k >= count:
                outs[k] = found
                ins[data + k - count] = outs[k]
            elif found is not None:
                outs[k] = (length, *found)

    def _infer_types(self, ins: Slots, outs: Slots) -> None:
        data, count = self._data, self.attrs.num_out_data
        for k in range(self._states):
            if ins[data + k] is None:
                ins[data + k] = outs[count + k]
        inside, results = self._through("dtype", list(ins), [None] * self.outputs)
        for i, found in enumerate(inside):
            ins[i] = found
        for k, found in enumerate(results):
            outs[k] = found

    def _through(self, what: str, values: Sequence[Any], outs: Sequence[Any]) -> tuple[list, list]:
        """Infer through the graph, from what is known of the inputs' slices; return that, and the outputs."""
        given: list[Any] = [None] * self.count
        for place, value in zip(self._places, values):
            given[place] = value
        inside, results = self.bodies[0].infer(what, given, outs)
        return [inside[place] for place in self._places], results


def _stacked(length: int | None, element: tuple | None, known: tuple | None) -> tuple | None:
    """Return the shape of data whose slices have the shape `element`, as far as it follows."""
    if element is None or element != (1,):
        return None if element is None else (length, *element)
    return known and (length, *known[1:])  # slices of one axis come in this shape, too


def _element(shape: tuple | None) -> tuple | None:
    """Return the shape of a slice along the first axis."""
    if shape is None:
        return None
    return shape[1:] if len(shape) > 1 else (1,)


class _While(_Use):
    base, locs = _while_loop, ("cond_input_locs", "func_input_locs")

    def check(self) -> None:
        super().check()
        attrs = self.attrs
        states, heads = len(attrs.func_var_locs), len(self.bodies[1].heads)
        self.check_places("func_var_locs", states, len(attrs.func_input_locs))
        self._require(attrs.num_outputs == heads == attrs.num_out_data + states and len(self.bodies[0].heads) == 1,
                      f"the graphs have {len(self.bodies[0].heads)} and {heads} outputs, num_outputs="
                      f"{attrs.num_outputs}, num_out_data={attrs.num_out_data} and {states} states")
        self._require(attrs.max_iterations >= 1, f"max_iterations is {attrs.max_iterations}; expected 1 or more")
        self._states = [attrs.func_input_locs[place] for place in attrs.func_var_locs]

    def run(self, args: Sequence[NDArray]) -> list[NDArray]:
        attrs, (condition, step) = self.attrs, self.bodies
        count, values = attrs.num_out_data, list(args)
        steps = Steps("while")
        while steps.count < attrs.max_iterations:
            with autograd.pause(autograd.is_training()):
                if not truth(condition([values[place] for place in attrs.cond_input_locs])[0]):
                    break
            found = step([values[place] for place in attrs.func_input_locs])
            steps.append(found[:count])
            for place, value in zip(self._states, found[count:]):
                values[place] = value
        outputs = steps.stacked(attrs.max_iterations) if steps.count else self._empty(args)
        return [*outputs, *(values[place] for place in self._states)]

    def _empty(self, args: Sequence[NDArray]) -> list[NDArray]:
        """Return the outputs of no step."""
        given = [args[place] for place in self.attrs.func_input_locs]
        shapes, types = [x.shape for x in given], [x._data.dtype for x in given]
        (_, shapes), (_, types) = (self.bodies[1].infer(what, values, [None] * self.outputs)
                                   for what, values in (("shape", shapes), ("dtype", types)))
        return self.blank(self.attrs.max_iterations, shapes, types, given[0]._ctx)

    def infer(self, what: str, ins: Slots, outs: Slots) -> None:
        attrs = self.attrs
        count, nothing = attrs.num_out_data, [None] * self.outputs
        self.through(0, what, attrs.cond_input_locs, ins, [None])
        results = self.through(1, what, attrs.func_input_locs, ins, nothing)
        if what == "dtype":
            for k, found in enumerate(results):
                outs[k] = found
            return
        for place, found in zip(self._states, results[count:]):
            if ins[place] is None:
                ins[place] = found  # states keep their shapes, as far as one can tell
            if not known(ins[place]) or found != ins[place]:
                return  # or they do not: then only running tells
        for k, found in enumerate(results):
            if found is not None:
                outs[k] = (attrs.max_iterations, *found) if k < count else found


class _Cond(_Use):
    base, locs = _cond, ("cond_input_locs", "then_input_locs", "else_input_locs")

    def check(self) -> None:
        super().check()
        counts = [len(body.heads) for body in self.bodies]
        self._require(counts == [1, self.outputs, self.outputs],
                      f"the graphs have {counts} outputs, num_outputs={self.outputs}")

    def run(self, args: Sequence[NDArray]) -> list[NDArray]:
        given = [[args[place] for place in self.attrs[name]] for name in self.locs]
        with autograd.pause(autograd.is_training()):
            chosen = 1 if truth(self.bodies[0](given[0])[0]) else 2
        return self.bodies[chosen](given[chosen])

    def infer(self, what: str, ins: Slots, outs: Slots) -> None:
        self.through(0, what, self.attrs.cond_input_locs, ins, [None])
        branches = [self.through(number, what, self.attrs[self.locs[number]], ins, list(outs)[:self.outputs])
                    for number in (1, 2)]
        for k, (one, other) in enumerate(zip(*branches)):
            if one == other:  # else only running tells
                outs[k] = one


def _resolves(use: type[_Use], count: int) -> None:
    """Make the operator of `use` open: it runs `count` graphs."""
    base = use.base

    @base.resolves
    def _(values: dict[str, Any], subgraphs: Sequence[Sequence[Entry]]) -> Op:
        if len(subgraphs) != count:
            raise MXNetValueError(f"{base.name}: got {len(subgraphs)} subgraphs, expected {count}; it runs only as "
                                  "part of a symbol")
        return use(base.schema(values), subgraphs).declaration()


for _use, _count in ((_Foreach, 1), (_While, 2), (_Cond, 3)):
    _resolves(_use, _count)

"""The typed graph: steps between values whose shapes and dtypes are known.

:class:`GraphFunctions` makes it the third thing that a gradient rule's ``F`` can be: operators append steps,
and values have Python's arithmetic, so the same rules that run on arrays build an executor's backward graph.
"""
from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ..base import MXNetError
from ..ops.catalog import find, get
from ..ops.degenerate import adapted
from ..ops.op import Op
from ..ops.outcome import outcome
from ..ops.schema import Attrs

__all__ = ["Value", "Step", "Pull", "Graph", "GraphFunctions", "Undetermined"]


class Undetermined(MXNetError):
    """The shapes of an operator's inputs do not determine those of its outputs."""


class Value:
    """One array of the graph: an input (``step`` is None) or an output of a step."""

    __slots__ = ("graph", "step", "index", "shape", "dtype", "label", "place")

    def __init__(self, graph: Graph, step: Step | None, index: int, shape: tuple, dtype: np.dtype, label: str,
                 place: int):
        self.graph, self.step, self.index = graph, step, index
        self.shape, self.dtype, self.label, self.place = shape, dtype, label, place

    @property
    def name(self) -> str:
        """What messages and monitors call it."""
        return self.label if self.step is None else f"{self.step.name}_{self.label}"

    def _with(self, other: Any, same: str, wide: str, scalar: str) -> Value:
        if isinstance(other, Value):
            return self.graph.apply(same if self.shape == other.shape else wide, self, other)
        return self.graph.apply(scalar, self, scalar=float(other))

    def __add__(self, other: Any) -> Value:
        return self._with(other, "elemwise_add", "broadcast_add", "_plus_scalar")

    def __sub__(self, other: Any) -> Value:
        return self._with(other, "elemwise_sub", "broadcast_sub", "_minus_scalar")

    def __mul__(self, other: Any) -> Value:
        return self._with(other, "elemwise_mul", "broadcast_mul", "_mul_scalar")

    def __truediv__(self, other: Any) -> Value:
        return self._with(other, "elemwise_div", "broadcast_div", "_div_scalar")

    def __mod__(self, other: Any) -> Value:
        return self._with(other, "_mod", "broadcast_mod", "_mod_scalar")

    def __pow__(self, other: Any) -> Value:
        return self._with(other, "_power", "broadcast_power", "_power_scalar")

    def __gt__(self, other: Any) -> Value:
        return self._with(other, "_greater", "broadcast_greater", "_greater_scalar")

    def __ge__(self, other: Any) -> Value:
        return self._with(other, "_greater_equal", "broadcast_greater_equal", "_greater_equal_scalar")

    def __lt__(self, other: Any) -> Value:
        return self._with(other, "_lesser", "broadcast_lesser", "_lesser_scalar")

    def __le__(self, other: Any) -> Value:
        return self._with(other, "_lesser_equal", "broadcast_lesser_equal", "_lesser_equal_scalar")

    def __eq__(self, other: Any) -> Any:
        return self._with(other, "_equal", "broadcast_equal", "_equal_scalar")

    def __ne__(self, other: Any) -> Any:
        return self._with(other, "_not_equal", "broadcast_not_equal", "_not_equal_scalar")

    __hash__ = object.__hash__

    def __radd__(self, other: float) -> Value:
        return self + other

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __rsub__(self, other: float) -> Value:
        return self.graph.apply("_rminus_scalar", self, scalar=float(other))

    def __rtruediv__(self, other: float) -> Value:
        return self.graph.apply("_rdiv_scalar", self, scalar=float(other))

    def __rpow__(self, other: float) -> Value:
        return self.graph.apply("_rpower_scalar", self, scalar=float(other))

    def __neg__(self) -> Value:
        return self * -1.0

    def __repr__(self) -> str:
        return f"<Value {self.name} {self.shape} {self.dtype}>"


class Step:
    """The application of an operator to values, at the place (the number of a context) that its graph names."""

    __slots__ = ("op", "attrs", "ins", "outs", "name", "backward", "place")

    def __init__(self, op: Op, attrs: Attrs, ins: Sequence[Value], name: str, backward: bool, place: int = 0):
        self.op, self.attrs, self.ins, self.name, self.backward = op, attrs, tuple(ins), name, backward
        self.place = place
        self.outs: tuple[Value, ...] = ()

    @property
    def visible(self) -> tuple[Value, ...]:
        """The outputs that a user sees."""
        return self.outs[:self.op.visible_count(self.attrs)]

    def __repr__(self) -> str:
        return f"<Step {self.op.name} {self.name!r}>"


class Pull:
    """What the backward pass has done for a step: for those who look on.

    Attributes
    ----------
    step : Step or None
        Of the forward pass; None where gradients are added up, or one comes from outside.
    sources : list of Pull
        Where the gradients of its outputs come from.
    grads : sequence of Value or None
        The gradients of its inputs; None where nobody asks.
    """

    __slots__ = ("step", "sources", "grads")

    def __init__(self, step: Step | None, sources: list[Pull], grads: Sequence[Value | None]):
        self.step, self.sources, self.grads = step, sources, grads


class Graph:
    """Steps in an order in which they can run, inputs by name, and the outputs.

    Attributes
    ----------
    steps : list of Step
        Forward steps first, then those of the backward pass.
    inputs : dict
        Arguments and auxiliary states by name.
    heads : list of Value
        The gradients of the outputs, which the caller of backward supplies where they are used.
    outputs : list of Value
    grads : dict
        Argument name -> value of its gradient (None where it is zero).
    pulls : list of Pull
        Where the gradients come from.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.inputs: dict[str, Value] = {}
        self.heads: list[Value] = []
        self.outputs: list[Value] = []
        self.grads: dict[str, Value | None] = {}
        self.pulls: list[Pull] = []
        self.backward = False  # whether steps that are appended now belong to the backward pass
        self.place = 0  # where steps that are appended now run
        self._name = ""  # of the steps that rules append

    def input(self, name: str, shape: tuple, dtype: np.dtype) -> Value:
        """Return a value that comes from outside."""
        return Value(self, None, 0, tuple(shape), dtype, name, self.place)

    def apply(self, op: Op | str, *ins: Value, **values: Any) -> Any:
        """Append an operator, itself or by name, and return its visible outputs (one value, or a tuple)."""
        op = get(op) if op.__class__ is str else op
        attrs = op.schema(values)
        outs = self.append(op, attrs, ins, self._name).outs
        if len(outs) == 1:
            return outs[0]
        visible = op.visible_count(attrs)
        return outs[0] if visible == 1 else outs[:visible]

    def append(self, op: Op, attrs: Attrs, ins: Sequence[Value], name: str,
               kinds: tuple[Sequence, Sequence] | None = None) -> Step:
        """Append a step.

        The shapes and dtypes of its outputs, if they are not given as `kinds`, follow from those of its inputs; else
        this raises Undetermined.
        """
        if kinds is None:
            op, _, kinds, names, determined = outcome(op, attrs, [(v.shape, v.dtype) for v in ins], name)
            if not determined:
                raise Undetermined(f"{op.name} {name!r}: the shape of its output depends on values; such operators run "
                                   "imperatively (mx.nd) but cannot be part of an executor")
        else:
            op, names = adapted(op, attrs, [v.shape for v in ins], *kinds), op.output_names(attrs)
            kinds = zip(*kinds)
        place = self.place
        step = Step(op, attrs, ins, name, self.backward, place)
        step.outs = tuple([Value(self, step, i, shape, dtype, label, place)
                           for i, (label, (shape, dtype)) in enumerate(zip(names, kinds))])
        self.steps.append(step)
        return step

    def copy_across(self, value: Value) -> Value:
        """Append the copy of a value to where steps that are appended now run."""
        op = get("_CrossDeviceCopy")
        name = f"{value.name.removesuffix('_output')}_{value.index}_copy"
        return self.append(op, op.parse({}), (value,), name, ((value.shape,), (value.dtype,))).outs[0]

    def redirect(self, better: dict[Value, Value]) -> None:
        """Let outputs and gradients be the values that replaced theirs."""
        if better:
            self.outputs = [better.get(v, v) for v in self.outputs]
            self.grads = {name: v if v is None else better.get(v, v) for name, v in self.grads.items()}

    def named(self, name: str) -> Graph:
        """Let the steps that follow be named after the node `name`; return the graph."""
        self._name = f"{name}_backward" if self.backward else name
        return self


class GraphFunctions:
    """Operators as functions of values: what rules see as ``F`` while a backward graph is built."""

    def __init__(self, graph: Graph):
        self._graph = graph

    def __call__(self, op: Op, *ins: Value, **values: Any) -> Any:
        """Apply an operator that has no public name."""
        return self._graph.apply(op, *ins, **values)

    def __getattr__(self, name: str) -> Any:
        op = find(name)
        if op is None:
            raise AttributeError(f"operator {name!r} is not registered")
        call = partial(self._graph.apply, op)
        setattr(self, name, call)
        return call

"""A graph lowered to instructions on slots: what runs in which order, and which memory it uses.

A plan knows no array, so all who run the same graph on the same shapes share it. Every value has a *slot*. Planning
walks the steps once and decides what fills the slot of a value:

* the caller's array for an input, the gradient of an output, an output or a gradient, where the operator can write
  into one (``out=``);
* a stretch of the arena, one block of memory whose parts values take turns to use; that of an input which dies
  there, if the operator may overwrite it;
* else whatever the kernel returns, on each run: a *register*. Views of other values are registers, too.
"""
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .arena import FOREVER, Tenant, place
from .ir import Graph, Step, Value

__all__ = ["Plan", "Instruction", "Transfer", "make_plan"]


@dataclass(slots=True, eq=False)
class Instruction:
    """One kernel call: from which slots, into which slots, and which registers nobody needs after it."""

    step: Step
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    dying: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class Transfer:
    """Brings a value into the array of an output or a gradient.

    `how` is ``"copy"``, ``"add"``, or ``"zero"`` for a gradient to which nothing flows. `fresh` says that the value
    is the kernel's own result, which a caller that has no array for it may keep.
    """

    how: str
    step: Step | None
    source: int
    target: int
    place: int
    fresh: bool = False


@dataclass(eq=False)
class Plan:
    """What :class:`~.frame.Frame` runs.

    Attributes
    ----------
    graph : Graph
        What was planned.
    count : int
        The number of slots; those of inputs, heads, outputs and gradients come first, in this order.
    inputs, heads, outputs : list of int
        Their slots.
    grads : dict
        Name of an argument -> slot of its gradient; only those asked for that are not zero, or have to be written.
    straight : frozenset of int
        The slots of outputs and gradients that kernels write into, so that an array must be there beforehand.
    arena : dict
        Slot -> (place, offset, shape, dtype) of what lies in the arenas.
    sizes : list of int
        Bytes of the arena of each place.
    loose : int
        Bytes of the registers that are alive at once, at most.
    forward, backward : list
        Instructions and transfers in order.
    """

    graph: Graph
    count: int = 0
    inputs: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    grads: dict[str, int] = field(default_factory=dict)
    slots: dict[Value, int] = field(default_factory=dict)
    straight: frozenset[int] = frozenset()
    arena: dict[int, tuple[int, int, tuple, np.dtype]] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    loose: int = 0
    forward: list[Instruction | Transfer] = field(default_factory=list)
    backward: list[Instruction | Transfer] = field(default_factory=list)
    needs_heads: list[bool] = field(default_factory=list)

    @cached_property
    def splits(self) -> bool:
        """Whether kernels split their work between the threads of the host."""
        return any(step.op.splits for step in self.graph.steps)

    @cached_property
    def draws(self) -> bool:
        """Whether kernels draw random numbers."""
        return any(step.op.takes_rng for step in self.graph.steps)

    @cached_property
    def calls_user(self) -> bool:
        """Whether kernels call a user's code."""
        return any(step.op.resolver is not None for step in self.graph.steps)

    @property
    def allocated(self) -> int:
        """Bytes that a run takes for intermediate values."""
        return sum(self.sizes) + self.loose

    def __str__(self) -> str:
        lines = []
        for step in self.graph.steps:
            ins = ", ".join(v.name for v in step.ins)
            lines.append(f"{'backward' if step.backward else 'forward '} {step.op.name:28s} {step.name} ({ins}) -> "
                         f"{', '.join(f'{v.shape} {v.dtype}' for v in step.outs)}")
        lines.append(f"Total {self.allocated / 2**20:.3f} MB allocated")
        return "\n".join(lines)


def make_plan(graph: Graph, requests: Mapping[str, str], places: int = 1, keep_draws: bool = False) -> Plan:
    """Return the plan of a simplified graph.

    Parameters
    ----------
    graph : Graph
        With its backward part where gradients are asked for.
    requests : mapping
        Argument name -> ``"write"`` (into an array that nothing else uses), ``"copy"`` (into any array) or ``"add"``.
    places : int
        How many contexts the graph's steps run on.
    keep_draws : bool
        Whether what operators draw at random stays for the backward pass, even where no gradient rule reads it.
    """
    return _Planner(graph, requests, places, keep_draws).plan


class _Planner:
    """The state of planning one graph."""

    def __init__(self, graph: Graph, requests: Mapping[str, str], places: int, keep_draws: bool):
        self.graph, self.requests, self.keep_draws = graph, requests, keep_draws
        self.plan = Plan(graph)
        self.tenants: list[list[Tenant]] = [[] for _ in range(places)]
        self.homes: dict[Value, tuple[int, Tenant]] = {}  # what lies in an arena: place and memory
        self.owner: dict[Value, Value] = {}  # of views: the value whose memory they may share
        self._reserve()
        self.last, self.read = self._last_uses()
        self.wanted = self._own_targets()
        self._walk()
        self._deliver()
        for value, (_, tenant) in self.homes.items():
            tenant.end = max(tenant.end, self.last[value])
        self.plan.sizes = [place(each) for each in self.tenants]
        for value, (at, tenant) in self.homes.items():
            self.plan.arena[self.plan.slots[value]] = at, tenant.offset, value.shape, value.dtype

    def _slot(self, value: Value | None) -> int:
        """Return a new slot, that of `value`."""
        number = self.plan.count
        self.plan.count += 1
        if value is not None:
            self.plan.slots[value] = number
        return number

    def _reserve(self) -> None:
        """Give slots to what comes from outside and goes there."""
        plan, graph = self.plan, self.graph
        used = {v for step in graph.steps for v in step.ins}
        used.update(v for v in graph.grads.values() if v is not None)
        plan.needs_heads = [head in used for head in graph.heads]
        plan.inputs = [self._slot(value) for value in graph.inputs.values()]
        plan.heads = [self._slot(value) for value in graph.heads]
        plan.outputs = [self._slot(None) for _ in graph.outputs]
        plan.grads = {name: self._slot(None) for name in self.requests}

    def _last_uses(self) -> tuple[dict[Value, int], dict[Value, int]]:
        """Return after which step nobody needs the memory of each value that owns some, and who reads each value last.

        Views belong to the value they may be a view of. What the backward pass reads of the forward pass is
        never overwritten, so backward can be run again.
        """
        last: dict[Value, int] = {}
        read: dict[Value, int] = {}
        owner = self.owner
        for at, step in enumerate(self.graph.steps):
            backward = step.backward
            if step.op.view:
                owner[step.outs[0]] = owner.get(step.ins[0], step.ins[0])
            for value in step.ins:
                maker = value.step
                until = FOREVER if backward and maker is not None and not maker.backward else at
                read[value] = max(read.get(value, at), until)
                root = owner.get(value, value)
                last[root] = max(last.get(root, at), until)
            until = FOREVER if self.keep_draws and step.op.takes_rng and not backward else at
            for value in step.outs:  # what nobody reads is free again at once
                read[value] = until
                root = owner.get(value, value)
                last[root] = max(last.get(root, at), until)
        for value in (*self.graph.outputs, *(v for v in self.graph.grads.values() if v is not None)):
            read[value] = last[owner.get(value, value)] = FOREVER
        return last, read

    def _own_targets(self) -> dict[Value, int]:
        """Return the values that are computed straight into an output or a gradient, with its slot."""
        wanted: dict[Value, int] = {}
        for name, slot in self.plan.grads.items():
            value = self.graph.grads.get(name)
            if value is not None and self.requests[name] == "write":
                wanted.setdefault(value, slot)
        wanted.update(zip(self.graph.outputs, self.plan.outputs))
        return {value: slot for value, slot in wanted.items()
                if value.step is not None and value.step.op.takes_out and not value.step.op.view}

    def _walk(self) -> None:
        plan = self.plan
        slots = plan.slots
        loose: dict[int, list[Value]] = {}  # registers by the step after which nobody reads them
        alive = 0
        for at, step in enumerate(self.graph.steps):
            ins = tuple([slots[v] for v in step.ins])
            if step.op.takes_out and not step.op.view:
                for value in step.outs:
                    self._house(step, value, at)
            else:
                for value in step.outs:
                    self._slot(value)
                    loose.setdefault(self.read[value], []).append(value)
                    alive += _nbytes(value) * (value not in self.owner)
                plan.loose = max(plan.loose, alive)
            gone = loose.get(at, ())
            alive -= sum([_nbytes(value) for value in gone if value not in self.owner])
            calls = plan.backward if step.backward else plan.forward
            calls.append(Instruction(step, ins, tuple([slots[v] for v in step.outs]), tuple([slots[v] for v in gone])))
        plan.straight = frozenset(self.wanted.values())

    def _house(self, step: Step, value: Value, at: int) -> None:
        """Give memory to the output of a step that can write into some."""
        if value in self.wanted:
            self.plan.slots[value] = self.wanted[value]
            return
        self._slot(value)
        source = self._overwritten(step, value, at) if step.op.inplace else None
        if source is not None:
            home = self.homes[source]
            home[1].end = max(home[1].end, at)
        else:
            tenant = Tenant(_nbytes(value), at, at)
            self.tenants[step.place].append(tenant)
            home = step.place, tenant
        self.homes[value] = home

    def _overwritten(self, step: Step, value: Value, at: int) -> Value | None:
        """Return the input whose memory the output of a step can take over: one that nobody, nor a view, needs then."""
        for source in step.ins:
            if (source in self.homes and self.last[source] == at and source.shape == value.shape
                    and source.dtype == value.dtype and self.homes[source][0] == step.place
                    and not any(v is not source and self.owner.get(v) is source for v in step.ins)
                    and not any(self.homes.get(v, (0, None))[1] is self.homes[source][1] for v in step.outs)):
                return source
        return None

    def _deliver(self) -> None:
        """Bring what was not computed straight into an output or a gradient there."""
        plan, graph = self.plan, self.graph
        taken: set[Value] = set()
        for value, target in zip(graph.outputs, plan.outputs):
            if plan.slots[value] != target:
                plan.forward.append(self._transfer("copy", value, target, taken))
        for name, target in plan.grads.items():
            value, request = graph.grads.get(name), self.requests[name]
            if value is None:
                if request != "add":
                    plan.backward.append(Transfer("zero", None, target, target, graph.inputs[name].place))
            elif plan.slots[value] != target:
                plan.backward.append(self._transfer("add" if request == "add" else "copy", value, target, taken))

    def _transfer(self, how: str, value: Value, target: int, taken: set[Value]) -> Transfer:
        fresh = not (value.step is None or value in taken or value in self.homes or value in self.wanted
                     or value in self.owner)
        taken.add(value)
        return Transfer(how, value.step, self.plan.slots[value], target, value.place, fresh)


def _nbytes(value: Value) -> int:
    return math.prod(value.shape) * value.dtype.itemsize

"""A graph lowered to a list of kernel calls on planned buffers.

Planning walks the steps once. A value gets

* a **static** buffer where its operator can write into one (``out=``): the caller's own array for a gradient,
  an array of its own for an output, the memory of an input that dies there, or a block that an earlier value
  no longer needs;
* no step at all where it is a view of a static buffer (reshape, slice, transpose);
* a **register** otherwise, filled anew on each run.

Calls whose buffers are all static are bound to them beforehand, so running is a loop over ready calls.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..base import MXNetError
from ..device import Device
from .ir import Graph, Step, Value

__all__ = ["Program"]

_FOREVER = 1 << 60
Monitor = Callable[[Sequence[Value], Sequence[Value]], None]


class _Pool:
    """Blocks of device memory that values take turns to use."""

    def __init__(self, xp: Any):
        self._xp = xp
        self._free: list[Any] = []
        self.allocated = 0

    def take(self, shape: tuple, dtype: np.dtype) -> tuple[Any, Any]:
        """Return (block, array of `shape` in it)."""
        need = max(int(np.prod(shape)) * dtype.itemsize, 1)
        fitting = [b for b in self._free if need <= b.nbytes <= 4 * need + 4096]
        if fitting:
            block = min(fitting, key=lambda b: b.nbytes)
            self._free = [b for b in self._free if b is not block]
        else:
            block = self._xp.empty(-(-need // 64) * 64, np.uint8)
            self.allocated += block.nbytes
        return block, block[:need].view(dtype).reshape(shape)

    def give(self, block: Any) -> None:
        self._free.append(block)


class Program:
    """The compiled form of a graph, bound to arrays.

    Parameters
    ----------
    graph : Graph
        Simplified; with its backward part where gradients are asked for.
    device : Device
        Where to run.
    inputs : dict
        The raw arrays of arguments and auxiliary states by name.
    targets : dict
        Argument name -> (raw array for the gradient, ``"write"`` or ``"add"``).

    Attributes
    ----------
    outputs : list of raw arrays
        Always the same buffers; zero before the first run.
    needs_heads : list of bool
        For each output, whether the backward pass uses its gradient.
    """

    def __init__(self, graph: Graph, device: Device, inputs: dict[str, Any], targets: dict[str, tuple[Any, str]]):
        self.graph, self._device, self._xp = graph, device, device.xp
        self._targets = targets
        self._static: dict[Value, Any] = {value: inputs[name] for name, value in graph.inputs.items()}
        self._root: dict[Value, Value] = {}
        self._blocks: dict[Value, Any] = {}
        self._register: dict[Value, int] = {}
        self._registers: list[Any] = []
        self._pool = _Pool(self._xp)
        self._train = False
        self._ran = False
        used = {id(v) for step in graph.steps for v in step.ins} | {id(v) for v in graph.grads.values()}
        self.needs_heads = [id(head) in used for head in graph.heads]
        for head in graph.heads:
            self._new_register(head)
        device.enter()
        self.outputs = [self._xp.zeros(v.shape, v.dtype) for v in graph.outputs]
        self._forward: list[tuple[Step | None, Callable]] = []
        self._backward: list[tuple[Step | None, Callable]] = []
        self._views: dict[int, list[Step]] = {}  # number of a forward call -> steps before it that need none
        self._plan()

    # ---- planning ------------------------------------------------------------------------------

    def _plan(self) -> None:
        graph = self.graph
        last = self._last_uses()
        wanted = self._own_buffers()
        dying: dict[int, list[Value]] = {}
        for root, at in last.items():
            dying.setdefault(at, []).append(root)
        for at, step in enumerate(graph.steps):
            calls = self._backward if step.backward else self._forward
            if step.op.view and self._as_view(step):
                if not step.backward:
                    self._views.setdefault(len(calls), []).append(step)
            else:
                if step.op.takes_out:
                    for value in step.outs:
                        self._place(step, value, at, last, wanted)
                else:
                    for value in step.outs:
                        self._new_register(value)
                freed = [self._register[v] for v in dying.get(at, ()) if v in self._register]
                calls.append((step, self._call(step, freed)))
            for root in dying.get(at, ()):
                if root in self._blocks:
                    self._pool.give(self._blocks.pop(root))
        self._blocks.clear()
        for value, raw in zip(graph.outputs, self.outputs):
            if self._static.get(value) is not raw:
                self._forward.append((value.step, self._copy(value, raw)))
        for name, (raw, req) in self._targets.items():
            value = graph.grads.get(name)
            if value is None:
                if req == "write":
                    self._backward.append((None, partial(raw.fill, 0)))
            elif req == "add":
                self._backward.append((None, self._accumulate(value, raw)))
            elif self._static.get(value) is not raw:
                self._backward.append((None, self._copy(value, raw)))

    def _root_of(self, value: Value) -> Value:
        return self._root.get(value, value)

    def _last_uses(self) -> dict[Value, int]:
        """Return, for each value that owns memory, the step after which nobody needs it.

        Views belong to the value they may be a view of. What the backward pass reads of the forward pass is
        never overwritten, so backward can be run again.
        """
        root: dict[Value, Value] = {}
        last: dict[Value, int] = {}
        for at, step in enumerate(self.graph.steps):
            if step.op.view:
                root[step.outs[0]] = root.get(step.ins[0], step.ins[0])
            for value in step.ins:
                owner = root.get(value, value)
                crosses = step.backward and owner.step is not None and not owner.step.backward
                last[owner] = _FOREVER if crosses else max(last.get(owner, -1), at)
            for value in step.outs:  # what nobody reads is free again at once
                last.setdefault(root.get(value, value), at)
        for value in (*self.graph.outputs, *(v for v in self.graph.grads.values() if v is not None)):
            last[root.get(value, value)] = _FOREVER
        return last

    def _own_buffers(self) -> dict[Value, Any]:
        """Return the values that are computed straight into an output or a gradient array."""
        wanted: dict[Value, Any] = {}
        for name, (raw, req) in self._targets.items():
            value = self.graph.grads.get(name)
            if value is not None and req == "write" and raw.flags.c_contiguous and raw.dtype == value.dtype:
                wanted.setdefault(value, raw)
        for value, raw in zip(self.graph.outputs, self.outputs):
            wanted[value] = raw
        return wanted

    def _as_view(self, step: Step) -> bool:
        """Make the output of a step a view of its static input, if its kernel gives one."""
        source = self._static.get(step.ins[0])
        if source is None or any(v not in self._static for v in step.ins):
            return False
        raw = step.op.run(self._xp, self._device.kind, [self._static[v] for v in step.ins], step.attrs)[0]
        if not self._xp.may_share_memory(raw, source):
            return False
        value = step.outs[0]
        self._static[value] = raw
        self._root[value] = self._root_of(step.ins[0])
        return True

    def _place(self, step: Step, value: Value, at: int, last: dict[Value, int], wanted: dict[Value, Any]) -> None:
        """Give the output of a step that can write into one a static buffer."""
        if value in wanted:
            self._static[value] = wanted[value]
            return
        if step.op.inplace:
            for source in step.ins:
                root = self._root_of(source)
                alone = root is source and all(v is source for v in step.ins if self._root_of(v) is root)
                if (alone and last.get(root) == at and root in self._blocks and source.shape == value.shape
                        and source.dtype == value.dtype):
                    self._static[value] = self._static[source]
                    self._blocks[value] = self._blocks.pop(root)
                    return
        self._blocks[value], self._static[value] = self._pool.take(value.shape, value.dtype)

    def _new_register(self, value: Value) -> None:
        self._register[value] = len(self._registers)
        self._registers.append(None)

    # ---- calls ---------------------------------------------------------------------------------

    def _reader(self, values: Sequence[Value]) -> Callable[[], list]:
        """Return a function that gives the current raw arrays of `values`."""
        registers = self._registers
        parts = [(self._register.get(v), self._static.get(v)) for v in values]
        return lambda: [static if place is None else registers[place] for place, static in parts]

    def _call(self, step: Step, dying: list[int]) -> Callable[[], Any]:
        """Return the ready call of a step."""
        op, attrs, xp = step.op, step.attrs, self._xp
        kernel = op.kernels.get(self._device.kind, op.kernel_fn)
        values = dict(op.kernel_attrs(attrs))
        outs = [self._static.get(v) for v in step.outs]
        if op.takes_out:
            values["out"] = outs[0] if len(outs) == 1 else tuple(outs)
        if op.takes_device:
            values["device"] = self._device
        plain = op.takes_out and not (op.takes_train or op.takes_rng or op.mutates or dying)
        if plain and all(v in self._static for v in step.ins):
            return partial(kernel, xp, *op.positional(attrs, [self._static[v] for v in step.ins]), **values)
        read = self._reader(step.ins)
        places = [self._register.get(v) for v in step.outs]
        mutated = op.mutated_indices(op.active_inputs(attrs, len(step.ins)))
        registers = self._registers

        def run() -> None:
            raws = read()
            if op.takes_train:
                values["train"] = self._train
            if op.takes_rng:
                values["rng"] = self._device.rng
            results = kernel(xp, *op.positional(attrs, raws), **values)
            if op.single:
                results = (results,)
            for place, target, result in zip(places, outs, results):
                if place is not None:
                    registers[place] = result
                elif result is not target:
                    target[...] = result
            for at, new in zip(mutated, results[len(places):]):
                if new is not raws[at]:
                    raws[at][...] = new
            for place in dying:
                registers[place] = None
        return run

    def _copy(self, value: Value, target: Any) -> Callable[[], None]:
        read = self._reader([value])

        def run() -> None:
            target[...] = read()[0]
        return run

    def _accumulate(self, value: Value, target: Any) -> Callable[[], None]:
        read, add = self._reader([value]), self._xp.add

        def run() -> None:
            add(target, read()[0], out=target)
        return run

    # ---- running -------------------------------------------------------------------------------

    def forward(self, train: bool, monitor: Monitor | None = None) -> None:
        """Compute :attr:`outputs`. ``monitor(ins, outs)`` sees each step's values while they are there.

        It is called with the inputs, ``(ins, ())``, before a step, which may overwrite them, and with the
        visible outputs, ``((), outs)``, after it.
        """
        self._train, self._ran = train, True
        self._run(self._forward if monitor is None else self._observed(monitor))

    def _observed(self, monitor: Monitor) -> Iterator[tuple[Step | None, Callable]]:
        """Return the forward calls with those of `monitor` between them."""
        def outs(step: Step) -> None:
            monitor((), step.outs[:step.op.visible_count(step.attrs)])

        shown: set[Step | None] = {None}  # an output that is copied to its buffer has been seen before
        for i, (step, call) in enumerate([*self._forward, (None, lambda: None)]):
            for view in self._views.get(i, ()):
                yield view, partial(monitor, view.ins, ())
                yield view, partial(outs, view)
                shown.add(view)
            if step not in shown:
                yield step, partial(monitor, step.ins, ())
            yield step, call
            if step not in shown:
                yield step, partial(outs, step)
                shown.add(step)

    def backward(self, heads: Sequence[Any]) -> None:
        """Compute the gradients into their arrays, from the gradients of the outputs (None where not needed)."""
        if not self._ran:
            raise MXNetError("backward: call forward first")
        for head, raw in zip(self.graph.heads, heads):
            self._registers[self._register[head]] = raw
        self._run(self._backward)

    def _run(self, calls: Iterable[tuple[Step | None, Callable]]) -> None:
        self._device.enter()
        step = None
        try:
            with np.errstate(all="ignore"):  # inf and nan come out silently, as in MXNet
                for step, call in calls:  # noqa: B007 (an error names the step)
                    call()
        except (ValueError, TypeError, IndexError, ArithmeticError, RuntimeError, MemoryError) as error:
            if isinstance(error, MXNetError) or step is None:
                raise
            raise MXNetError(f"Error in operator {step.name}: {step.op.name}: {error}") from error

    def value(self, value: Value) -> Any:
        """Return the current raw array of a value (valid while `monitor` is shown it)."""
        return self._reader([value])()[0]

    @property
    def allocated(self) -> int:
        """Bytes that the plan allocated for intermediate values."""
        return self._pool.allocated

    def __str__(self) -> str:
        lines = []
        for step in self.graph.steps:
            ins = ", ".join(v.name for v in step.ins)
            lines.append(f"{'backward' if step.backward else 'forward '} {step.op.name:28s} {step.name} ({ins}) -> "
                         f"{', '.join(f'{v.shape} {v.dtype}' for v in step.outs)}")
        lines.append(f"Total {self.allocated / 2**20:.3f} MB allocated")
        return "\n".join(lines)

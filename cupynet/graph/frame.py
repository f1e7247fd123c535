"""A plan with memory: the ready calls of one use of it.

Slots whose array never changes (the arena's, and whatever the user of the frame has bound) are *fixed*: a call that
touches only these is bound to them beforehand, and a view of one takes no call at all. The others are registers,
read and filled on each run.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from .. import observe
from ..base import MXNetError
from ..device import Device
from ..device.streams import Job
from ..ops.op import FAILURES, apart
from .arena import ALIGNMENT
from .ir import Step, Value
from .plan import Instruction, Plan, Transfer

__all__ = ["Frame", "Memory"]

Call = tuple[Step | None, Callable[[], Any]]
Monitor = Callable[[Step, bool], None]


class Memory:
    """A block of memory on each of some devices, for the arenas of frames that take turns."""

    def __init__(self, devices: Sequence[Device], sizes: Sequence[int]):
        self.sizes = tuple(sizes)
        self.user: _Mode | None = None  # of the frame whose values lie there
        self.devices = devices
        self.blocks = [_block(device, size) for device, size in zip(devices, sizes)]

    def fits(self, sizes: Sequence[int]) -> bool:
        """Whether arenas of these sizes have room."""
        return len(sizes) == len(self.sizes) and all(n <= mine for n, mine in zip(sizes, self.sizes))

    def array(self, place: int, offset: int, shape: tuple, dtype: np.dtype) -> Any:
        """Return the array that lies at `offset` in the block of `place`."""
        return self.devices[place].part(self.blocks[place], offset, shape, dtype)


def _block(device: Device, size: int) -> Any:
    device.enter()
    try:
        raw = device.xp.empty(size + ALIGNMENT, np.uint8)
    except device.failures as error:
        raise device.failed(f"bind: {size} bytes for intermediate results", error) from error
    skip = -device.address(raw) % ALIGNMENT
    return raw[skip:skip + size]


class _Mode:
    """How a frame runs; apart from the frame, so that its calls can read it without referring to the frame."""

    __slots__ = ("train",)

    def __init__(self) -> None:
        self.train = False


class Frame:
    """The buffers and ready calls of one use of a plan.

    Nothing in it refers back to it, so it and its memory go as soon as its last user does.

    Parameters
    ----------
    plan : Plan
    devices : sequence of Device
        Those of the plan's places.
    bound : mapping of int to raw array
        Slots whose array stays the same in all runs.
    memory : Memory, optional
        Where the arenas lie, which must have room; their contents are lost when another frame on it runs.
    watched : bool
        Whether a monitor looks on, so that what nobody reads is kept until it has been seen.

    Attributes
    ----------
    registers : list
        The raw array in each slot.
    complete : bool
        Whether the last forward pass succeeded, so that backward can run.
    """

    def __init__(self, plan: Plan, devices: Sequence[Device], bound: Mapping[int, Any] | None = None,
                 memory: Memory | None = None, watched: bool = False):
        self.plan, self.devices, self._watched = plan, devices, watched
        self.memory = Memory(devices, plan.sizes) if memory is None else memory
        self.mode = _Mode()
        self.complete = False
        self.registers: list[Any] = [None] * (plan.count + 1)  # the last stays None: an input that is absent
        registers = self.registers
        for slot, raw in (bound or {}).items():
            registers[slot] = raw
        for slot, where in plan.arena.items():
            registers[slot] = self.memory.array(*where)
        self._fixed = {*(bound or ()), *plan.arena}
        self._views: dict[int, list[Step]] = {}  # number of a forward call -> steps before it that need none
        self._forward: list[Call] = []
        self._backward: list[Call] = []
        devices[0].enter()
        for instructions, calls in ((plan.forward, self._forward), (plan.backward, self._backward)):
            here = 0
            for each in instructions:
                place = each.place if isinstance(each, Transfer) else each.step.place
                if place != here:
                    calls.append((None, devices[place].enter))
                    devices[place].enter()
                    here = place
                self._prepare(each, calls)
            devices[0].enter()
        self._loose = [slot for slot in range(plan.count) if slot not in self._fixed]

    # ---- calls -----------------------------------------------------------------------------------

    def _prepare(self, each: Instruction | Transfer, calls: list[Call]) -> None:
        if isinstance(each, Transfer):
            calls.append((each.step, _transfer(each, self.registers, self.devices[each.place].xp)))
        elif not (each.step.op.view and self._fix_view(each)):
            calls.append((each.step, self._ready(each)))
        elif calls is self._forward:
            self._views.setdefault(len(calls), []).append(each.step)

    def _fix_view(self, each: Instruction) -> bool:
        """Make the output of an instruction a view of its fixed input, if its kernel gives one."""
        if not self._fixed.issuperset(each.ins):
            return False
        step, device = each.step, self.devices[each.step.place]
        ins = [self.registers[slot] for slot in each.ins]
        raw = step.op.run(device.xp, device.kind, ins, step.attrs)[0]
        if not device.xp.may_share_memory(raw, ins[0]):
            return False
        self.registers[each.outs[0]] = raw
        self._fixed.add(each.outs[0])
        return True

    def _ready(self, each: Instruction) -> Callable[[], Any]:
        """Return the ready call of an instruction."""
        step, device = each.step, self.devices[each.step.place]
        op, attrs = step.op, step.attrs
        kernel = op.kernels.get(device.kind, op.kernel_fn)
        values: dict[str, Any] = {**attrs}
        if op.takes_device:
            values["device"] = device
        if op.takes_keep:
            values["keep"] = not set(each.outs[op.visible_count(attrs):]).issubset(each.dying)
        nothing = len(self.registers) - 1
        slots = [nothing if slot is None else slot for slot in op.positional(attrs, each.ins)] if op.when else each.ins
        seen_later = each.outs if self._watched else ()
        dying = tuple([slot for slot in each.dying if slot not in self._fixed and slot not in seen_later])
        plain = op.takes_out and not (op.takes_train or op.takes_rng or op.mutates or dying)
        if plain and self._fixed.issuperset(each.ins) and self._fixed.issuperset(each.outs):
            out = [self.registers[slot] for slot in each.outs]
            values["out"] = out[0] if len(out) == 1 else tuple(out)
            return partial(kernel, device.xp, *[self.registers[slot] for slot in slots], **values)
        names = op.active_inputs(attrs, len(each.ins))
        mutated = [each.ins[at] for at in op.mutated_indices(names)]
        filled = [(each.ins[at], number) for at, number in op.filled(attrs, names)
                  if each.ins[at] in self.plan.inputs] if op.fills else ()
        return _call(kernel, device, op, values, self.registers, self.mode, slots, each.outs, mutated, filled, dying)

    # ---- running ---------------------------------------------------------------------------------

    def job(self, reads: Iterable[Any], writes: Iterable[Any], watched: bool = False, like: Job | None = None) -> Job:
        """Return the job, for the stream of its device, of runs that use these raw arrays and the frame's memory."""
        plan, memory = self.plan, self.memory
        own = [memory, *memory.blocks, *(device.numbers for device in self.devices if plan.draws)]
        return Job(reads, [*writes, *own], plan.splits, watched or plan.calls_user or len(self.devices) > 1, like)

    def forward(self, train: bool, monitor: Monitor | None = None) -> None:
        """Compute the outputs. ``monitor(step, done)`` is called before and after each step, which may overwrite
        its inputs."""
        self.complete = False
        self.mode.train = train
        self.memory.user = self.mode
        self.run(self._forward if monitor is None else self._observed(monitor))
        self.complete = True

    def backward(self, heads: Mapping[int, Any] | None = None, monitor: Callable[[Step | None], None] | None = None
                 ) -> None:
        """Compute the gradients, from those of the outputs in the slots `heads`.

        ``monitor(step)`` is called before all steps, with None, and after each.
        """
        if not self.complete:
            raise MXNetError("backward: call forward first; there was none, or it failed")
        if self.memory.user is not self.mode:
            raise MXNetError("backward: another executor that shares memory with this one has run since forward; call "
                             "forward again")
        for slot, raw in (heads or {}).items():
            self.registers[slot] = raw
        self.run(self._backward if monitor is None else self._followed(monitor))

    def _followed(self, monitor: Callable[[Step | None], None]) -> Iterator[Call]:
        """Return the backward calls, each followed by one of `monitor`."""
        yield None, partial(monitor, None)
        for step, call in self._backward:
            yield step, call
            if step is not None:
                yield step, partial(monitor, step)

    @property
    def backward_steps(self) -> set[Step]:
        """The steps that a backward pass calls."""
        return {step for step, _ in self._backward if step is not None}

    def let_go(self) -> None:
        """Drop what is not bound: the run is over, backward included."""
        self.complete = False
        registers = self.registers
        for slot in self._loose:
            registers[slot] = None

    def run(self, calls: Iterable[Call]) -> None:
        """Run ready calls in order; the only place that does. An error names operator and node."""
        self.devices[0].enter()
        step = None
        try:
            with np.errstate(all="ignore"):  # inf and nan come out silently, as in MXNet
                for step, call in calls:  # noqa: B007 (an error names the step)
                    call()
        except FAILURES as error:
            if isinstance(error, MXNetError) or step is None:
                raise
            raise step.op.failure(error, step.ins, step.attrs, step.name) from error

    def _run_watched(self, calls: Iterable[Call]) -> None:
        """Run ready calls while somebody looks on."""
        def watched(step: Step, call: Callable[[], Any]) -> None:
            with observe.around("operator", step.op.name, self.devices[step.place]):
                call()
        _run(self, ((step, call if step is None else partial(watched, step, call)) for step, call in calls))

    def _observed(self, monitor: Monitor) -> Iterator[Call]:
        """Return the forward calls with those of `monitor` between them."""
        shown: set[Step | None] = {None}  # an output that is brought to its array has been seen before
        for i, (step, call) in enumerate([*self._forward, (None, lambda: None)]):
            for view in self._views.get(i, ()):
                shown.add(view)
                yield view, partial(monitor, view, False)
                yield view, partial(monitor, view, True)
            if step in shown:
                yield step, call
            else:
                shown.add(step)
                yield step, partial(monitor, step, False)
                yield step, call
                yield step, partial(monitor, step, True)

    def value(self, value: Value) -> Any:
        """Return the current raw array of a value of the plan's graph."""
        return self.registers[self.plan.slots[value]]


_run = Frame.run
observe.replace(Frame, "run", Frame._run_watched)


# The calls below refer to the registers and not to the frame: a cycle would keep its memory until a collection.

def _call(kernel: Callable, device: Device, op: Any, values: dict[str, Any], registers: list, mode: _Mode,
          ins: Sequence[int], outs: Sequence[int], mutated: Sequence[int], filled: Sequence[tuple[int, float]],
          dying: Sequence[int]) -> Callable[[], None]:
    """Return the call of a kernel that reads registers, or whose results have to be stored."""
    xp = device.xp
    takes_train, takes_rng, takes_out, single = op.takes_train, op.takes_rng, op.takes_out, op.single
    count = len(outs)
    own = not (takes_out or op.view)

    def run() -> None:
        if takes_train:
            values["train"] = mode.train
        if takes_rng:
            values["rng"] = device.rng
        if takes_out:
            values["out"] = registers[outs[0]] if count == 1 else tuple([registers[slot] for slot in outs])
        given = [registers[slot] for slot in ins]
        results = kernel(xp, *given, **values)
        if single:
            results = (results,)
        if own:
            results = (*apart(device, results[:count], given), *results[count:])
        for slot, result in zip(outs, results):
            if not takes_out:
                registers[slot] = result
            elif result is not registers[slot]:
                registers[slot][...] = result
        for slot, new in zip(mutated, results[count:]):
            if new is not registers[slot]:
                registers[slot][...] = new
        for slot, number in filled:
            registers[slot][...] = number
        for slot in dying:
            registers[slot] = None
        values.pop("out", None)
    return run


def _transfer(each: Transfer, registers: list, xp: Any) -> Callable[[], None]:
    return partial({"copy": _copy, "add": _add, "zero": _zero}[each.how], each, registers, xp)


def _copy(each: Transfer, registers: list, xp: Any) -> None:
    source, target = registers[each.source], registers[each.target]
    if target is not None:
        target[...] = source
    else:
        registers[each.target] = source if each.fresh and source.flags.c_contiguous else xp.array(source, order="C")


def _add(each: Transfer, registers: list, xp: Any) -> None:
    target = registers[each.target]
    xp.add(target, registers[each.source], out=target)


def _zero(each: Transfer, registers: list, xp: Any) -> None:
    target = registers[each.target]
    if target is not None:
        target.fill(0)

"""CachedOp: a symbol called with arrays, planned once for each set of shapes, and one operation on the tape.

Examples
--------
>>> import cupynet as mx
>>> net = mx.nd.CachedOp(mx.sym.exp(mx.sym.Variable('x') * 2))
>>> x = mx.nd.array([0, 1])
>>> x.attach_grad()
>>> with mx.autograd.record():
...     y = net(x)
>>> y.backward()
>>> x.grad.asnumpy().round(2)
array([ 2.  , 14.78], dtype=float32)
"""
from __future__ import annotations

import ast
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from . import tape
from .base import MXNetError, MXNetTypeError, MXNetValueError
from .context import Context, current_context
from .device import Device
from .device.streams import Job, flying, settle, spoiled
from .graph.frame import Frame, Memory
from .graph.interpret import interpret, replay
from .graph.node import Node
from .graph.plan import Plan
from .graph.structure import Structure
from .ndarray import NDArray
from .ndarray.base import NDArrayBase, wrap
from .ndarray.flight import hold, raw_of
from .ndarray.invoke import invoke
from .ops import catalog
from .tape import state
from .util import is_np_shape

__all__ = ["CachedOp", "CachedNode"]

# What MXNet's engine is told; here all memory is planned and all operators of a graph run together anyway.
_FLAGS = {"static_alloc": bool, "static_shape": bool, "inline_limit": int, "forward_bulk_size": int,
          "backward_bulk_size": int, "data_indices": tuple, "param_indices": tuple, "subgraph": str,
          "is_dynamic": bool}
_USES = 256  # sets of shapes that a CachedOp remembers on each context
_FRAMES = 32  # frames that take turns on one block of memory


class CachedOp:
    """A symbol that is called with arrays, as fast as a bound executor.

    The call ``op(*arrays)`` takes the arrays in the order of ``sym.list_inputs()``, auxiliary states included, which
    are updated when training. Each distinct set of shapes and dtypes is planned once. While recording, a call is a
    single operation on the tape, and any number of calls may wait for their backward pass at the same time; gradients
    of any order follow where the operators' rules allow. A graph in which shapes depend on values is run operator by
    operator.

    Parameters
    ----------
    sym : Symbol
    flags : sequence of (str, value)
        What MXNet takes (``static_alloc``, ``static_shape``, ``inline_limit``, ...). They are checked, and change
        nothing: memory is always planned, and outputs are always new arrays.
    """

    def __init__(self, sym: Any, flags: Iterable[tuple[str, Any]] = ()):
        if not hasattr(sym, "_heads"):
            raise MXNetTypeError(f"CachedOp: sym is {type(sym).__name__}; expected a Symbol")
        self._flags = _read_flags(flags)
        symbol = sym.__copy__()  # which nobody changes
        self.is_np_sym = bool(getattr(sym, "_is_np", False))
        self._structure = Structure(symbol._heads)
        self._names = [node.name for node in self._structure.inputs]
        _make_unique(self._structure.inputs)
        states = {id(node) for node in self._structure.auxiliary}
        self._is_state = [id(node) in states for node in self._structure.inputs]
        self._places: dict[Context, _Place] = {}
        self._watch: Callable | None = None

    def __call__(self, *args: NDArrayBase, out: Any = None, **kwargs: Any) -> Any:
        """Return the output, or a list of several.

        Parameters
        ----------
        *args : NDArray
            Of :meth:`~.Symbol.list_inputs`, all on one context.
        out : NDArray or sequence of NDArray, optional
            Where to put the outputs.
        """
        if kwargs:
            raise MXNetTypeError(f"CachedOp.__call__ got unexpected keyword argument(s): {', '.join(kwargs)}")
        ctx = self._context(args)
        place = self._places.get(ctx) or self._places.setdefault(ctx, _Place(ctx.device))
        recording = state.recording
        entries = tuple([x._entry for x in args]) if recording else ()
        wanted = None
        if recording and entries.count(None) < len(entries):
            wanted = tuple([e is not None and not fixed for e, fixed in zip(entries, self._is_state)])
        in_turn = place.device.in_turn()
        # a program before this one may have yet to compute them
        raws = [x._data for x in args] if in_turn else [raw_of(x) for x in args]
        key = (wanted, is_np_shape(), *[(raw.shape, raw.dtype) for raw in raws])
        use = place.uses.get(key) or self._use(place, key)
        if use.plan is None or self._watch is not None:
            outputs = interpret(self._structure, args, ctx, self._watch)
        else:
            outputs = _run(use, place, ctx, args, raws, entries, in_turn)
        if out is not None:
            return _into(out, outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def _context(self, args: Sequence[Any]) -> Context:
        """Return the context of the inputs, which must be as many arrays as there are variables, all on one."""
        names = self._names
        ctx = args[0]._ctx if args and isinstance(args[0], NDArrayBase) else current_context()
        for name, x in zip(names, args):
            if not isinstance(x, NDArrayBase):
                raise MXNetTypeError(f"CachedOp: {name} is {type(x).__name__}; expected an NDArray")
            if x._ctx is not ctx and not x._ctx.shares(ctx):
                raise MXNetError("CachedOp requires all inputs to live on the same context. But "
                                 f"{names[0]} is on {ctx} while {name} is on {x._ctx}")
        if len(args) != len(names):
            raise MXNetError(f"CachedOp: got {len(args)} arrays, expected {len(names)}: {', '.join(names)}")
        return ctx

    def _use(self, place: _Place, key: tuple) -> _Use:
        """Return what is needed to run for inputs of the shapes and dtypes in `key`."""
        wanted = key[0]
        requests = {node.name: "write" for node, want in zip(self._structure.inputs, wanted or ()) if want}
        # bound to the structure and not to this object, which would keep itself alive
        make = partial(self._structure.plan, key[2:], requests, keep_draws=bool(requests))
        written = [node.name in self._structure.written for node in self._structure.inputs]
        use = _Use(key, self._structure, written, make)
        if len(place.uses) >= _USES:
            place.uses.clear()
        return place.uses.setdefault(key, use)

    def _register_op_hook(self, callback: Callable[[str, str, NDArray], None], monitor_all: bool = False) -> None:
        """Let ``callback(name, operator, array)`` see the outputs of every operator (with `monitor_all` also inputs).

        From then on calls run operator by operator. ``None`` ends it.
        """
        if callback is None:
            self._watch = None
            return

        def watch(node: Node, ins: Sequence[NDArray], outs: Sequence[NDArray]) -> None:
            if monitor_all:
                for name, x in zip(node.input_names, ins):
                    callback(f"{node.name}_{name}", node.op.name, x)
            for i, x in enumerate(outs):
                callback(node.output_name(i), node.op.name, x)
        self._watch = watch


class _Use:
    """How a CachedOp runs for inputs of certain shapes and dtypes, some of which have gradients."""

    def __init__(self, key: tuple, structure: Structure, is_written: Sequence[bool], make: Callable[[], Plan | None]):
        self.key, self.structure, self.is_written, self.make = key, structure, is_written, make
        self.forward_job: Job | None = None  # the first ones, by which the others know how long they take
        self.backward_job: Job | None = None
        self.plan = plan = make()
        if plan is not None:
            def kinds(slots: Iterable[int], values: Iterable[Any]) -> list[tuple]:
                return [(slot, v.shape, v.dtype) for slot, v in zip(slots, values) if slot in plan.straight]
            self.outputs = kinds(plan.outputs, plan.graph.outputs)  # arrays to be there before a run
            self.grads = kinds(plan.grads.values(), [plan.graph.grads[name] for name in plan.grads])
            names = list(plan.graph.inputs)
            self.targets = [(names.index(name), slot) for name, slot in plan.grads.items()]


def _run(use: _Use, place: _Place, ctx: Context, args: Sequence[NDArrayBase], raws: list, entries: tuple,
         in_turn: bool) -> list[NDArrayBase]:
    """Run a frame forward for inputs; while recording, the frame goes with the outputs."""
    lease = place.take(use)
    frame, xp, cls = lease.frame, ctx.device.xp, args[0]._class if args else NDArray
    registers, array, slots = frame.registers, xp.ndarray, frame.plan.outputs
    ctx.device.enter()
    registers[:len(raws)] = raws
    for slot, shape, dtype in use.outputs:
        registers[slot] = xp.empty(shape, dtype)
    straight = len(use.outputs) == len(slots)  # else the outputs are not known before they are computed
    flight = None
    if in_turn:
        frame.forward(state.training)
    else:
        states = [raw for raw, changes in zip(raws, use.is_written) if changes]
        job = frame.job(raws, [*states, *([registers[slot] for slot in slots] if straight else ())],
                        watched=not straight, like=use.forward_job)
        use.forward_job = use.forward_job or job
        # the call goes with the lease: no other may have the frame before it is done
        if ctx.device.submit(job, partial(_forward, lease, state.training)):
            flight = job
    outs = [registers[slot] for slot in slots]
    outs = [raw if raw.__class__ is array else xp.asarray(raw) for raw in outs]
    node = CachedNode(entries, lease, use, ctx, [(raw.shape, raw.dtype) for raw in outs]) if use.targets else None
    outputs = [wrap(raw, ctx, None if node is None else (node, i), cls) for i, raw in enumerate(outs)]
    if flight is not None:
        hold([*args, *outputs], flight.owners)
    return outputs


def _forward(lease: _Lease, train: bool) -> None:
    lease.frame.forward(train)


# ---- frames ---------------------------------------------------------------------------------------

class _Seat:
    """A block of memory and the frames that take turns on it."""

    def __init__(self, memory: Memory):
        self.memory = memory
        self.frames: OrderedDict[Any, Frame] = OrderedDict()


class _Place:
    """What a CachedOp has on one context: how it runs for each set of shapes, and blocks of memory, as many as have
    been in use at the same time."""

    def __init__(self, device: Device):
        self.uses: dict[tuple, _Use] = {}
        self.device = device
        self._lock = threading.Lock()
        self._idle: list[_Seat] = []

    def take(self, use: _Use) -> _Lease:
        """Return a lease of a frame for `use`, which nobody else has until it ends."""
        key, seat, idle = use.key, None, self._idle
        with self._lock:
            for i in range(len(idle) - 1, -1, -1):
                if key in idle[i].frames:
                    seat = idle.pop(i)
                    break
            else:
                seat = self._room_for(use.plan.sizes)
        if seat is None:
            seat = _Seat(Memory((self.device,), use.plan.sizes))
        frame = seat.frames.get(key)
        if frame is None:
            # operators that remember their forward pass make a plan good for one frame only
            frame = seat.frames[key] = Frame(use.make(), (self.device,), None, seat.memory)
            if len(seat.frames) > _FRAMES:
                seat.frames.popitem(last=False)
        return _Lease(self, seat, frame)

    def _room_for(self, sizes: Sequence[int]) -> _Seat | None:
        """Return the smallest idle seat with room; without one, let the largest go, whose place a new one takes."""
        by_size = sorted(self._idle, key=lambda seat: sum(seat.memory.sizes))
        for seat in by_size:
            if seat.memory.fits(sizes):
                self._idle.remove(seat)
                return seat
        if by_size:
            self._idle.remove(by_size[-1])
        return None

    def give(self, seat: _Seat) -> None:
        """Take a seat back."""
        self._idle.append(seat)


class _Lease:
    """The right to a frame; it ends when nobody refers to it any more."""

    __slots__ = ("_place", "_seat", "frame")

    def __init__(self, place: _Place, seat: _Seat, frame: Frame):
        self._place, self._seat, self.frame = place, seat, frame

    def __del__(self) -> None:
        self.frame.let_go()
        self._place.give(self._seat)


# ---- the tape -------------------------------------------------------------------------------------

class CachedNode(tape.Node):
    """A call of a CachedOp on the tape: the backward pass is that of the frame in which it ran."""

    __slots__ = ("lease", "use", "ctx", "metas")
    takes_flying = True

    def __init__(self, parents: tuple, lease: _Lease, use: _Use, ctx: Context, metas: list[tuple]):
        super().__init__(parents, len(metas))
        self.lease, self.use, self.ctx, self.metas = lease, use, ctx, metas

    @property
    def label(self) -> str:
        return "CachedOp"

    @property
    def structure(self) -> Structure:
        """What was called."""
        return self.use.structure

    def free(self, gone: tuple) -> None:
        super().free(gone)
        self.lease = None

    def pull(self, algebra: Any, grads: Any) -> Sequence[Any]:
        grads = [grads] if self.count == 1 else grads
        if algebra.ctx is not self.ctx:
            algebra = algebra.on(self.ctx)
        found: list[Any] = [None] * len(self.parents)
        frame, plan = self.lease.frame, self.lease.frame.plan
        self.ctx.device.enter()
        grads = [None if not needed else algebra.zeros(*meta) if grad is None else grad
                 for grad, meta, needed in zip(grads, self.metas, plan.needs_heads)]
        if algebra.raw:
            for (place, _), grad in zip(self.use.targets, self._gradients(grads)):
                found[place] = grad
            return found
        if flying or spoiled:
            for slot in plan.inputs:
                settle(frame.registers[slot])
        inputs = {value: algebra.wrap(frame.registers[slot], entry)
                  for value, slot, entry in zip(plan.graph.inputs.values(), plan.inputs, self.parents)}
        with np.errstate(all="ignore"):
            named = replay(frame, inputs, grads, self.ctx)
        for (place, _), grad in zip(self.use.targets, named.values()):
            found[place] = grad
        return found

    def _gradients(self, heads: Sequence[Any]) -> list[Any]:
        """Return the raw gradients of the inputs that have some, which may be in flight."""
        use, device = self.use, self.ctx.device
        frame, registers, xp = self.lease.frame, self.lease.frame.registers, device.xp
        slots = [slot for _, slot in use.targets]
        straight = len(use.grads) == len(slots)
        heads = [grad if grad is None or grad.dtype == dtype else _cast(grad, dtype)
                 for grad, (_, dtype) in zip(heads, self.metas)]
        for slot, shape, dtype in use.grads:
            registers[slot] = xp.empty(shape, dtype)
        found = [registers[slot] for slot in slots]
        run = partial(_backward, self.lease, dict(zip(frame.plan.heads, heads)), slots, found)
        if device.in_turn():
            run()
            return found
        given = [grad for grad in heads if grad is not None]
        job = frame.job([*(registers[slot] for slot in frame.plan.inputs), *given], found if straight else (),
                        watched=not straight, like=use.backward_job)
        use.backward_job = use.backward_job or job
        device.submit(job, run)
        return found


def _cast(grad: Any, dtype: Any) -> Any:
    settle(grad)
    return grad.astype(dtype)


def _backward(lease: _Lease, heads: dict[int, Any], slots: Sequence[int], found: list[Any]) -> None:
    """Run a frame backward, and take the gradients out of it."""
    frame = lease.frame
    registers = frame.registers
    frame.backward(heads)
    for i, slot in enumerate(slots):
        found[i] = registers[slot]
        registers[slot] = None
    for slot in heads:
        registers[slot] = None


# ---- helpers --------------------------------------------------------------------------------------

def _read_flags(flags: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found = {}
    for name, value in flags:
        if name not in _FLAGS:
            raise MXNetError(f"CachedOp: Cannot find argument {name!r}, Possible Arguments: {', '.join(_FLAGS)}")
        kind = _FLAGS[name]
        text = value.strip() if isinstance(value, str) else value
        try:
            if kind is bool and isinstance(text, str):
                text = {"true": True, "false": False}.get(text.lower(), text)
            elif kind is not str and isinstance(text, str):
                text = ast.literal_eval(text)
            found[name] = kind(int(text)) if kind is bool else kind(text)
        except (ValueError, TypeError, SyntaxError) as error:
            raise MXNetValueError(f"CachedOp: {name} is {value!r}; expected {kind.__name__}") from error
    if found.get("static_shape") and not found.get("static_alloc"):
        raise MXNetError("CachedOp: static_alloc must be True when static_shape is True")
    return found


def _make_unique(nodes: Sequence[Node]) -> None:
    """Rename variables of one name, which are inputs of their own here."""
    seen: set[str] = set()
    for i, node in enumerate(nodes):
        if node.name in seen:
            node.name = f"{node.name} ({i})"
        seen.add(node.name)


def _into(out: Any, outputs: Sequence[NDArray]) -> Any:
    """Put outputs into the user's arrays; return these as they came."""
    targets = list(out) if isinstance(out, (list, tuple)) else [out]
    if len(targets) != len(outputs) or not all(isinstance(t, NDArrayBase) for t in targets):
        raise MXNetTypeError(f"CachedOp: out is {type(out).__name__}; expected {len(outputs)} NDArray(s)")
    copy = catalog.get("_copy")
    for target, output in zip(targets, outputs):
        invoke(copy, [output], copy.parse({}), out=target)
    return out

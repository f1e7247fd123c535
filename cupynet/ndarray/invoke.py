"""``invoke``: the way every operator runs on arrays."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import tape
from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..context import Context, current_context
from ..device import Device
from ..ops import catalog
from ..ops.infer import known
from ..ops.notation import read_shape, undetermined
from ..ops.op import FAILURES, Op
from ..ops.outcome import outcome
from ..ops.schema import Attrs
from ..tape import state
from .base import NDArrayBase, only_arrays, wrap

__all__ = ["invoke", "call", "forbid_recorded"]


def _common_context(op: Op, ins: Sequence[NDArrayBase]) -> Context:
    ctx = ins[0]._ctx
    if len(ins) == 1:
        return ctx
    for i, each in enumerate(ins):
        if each._ctx is not ctx:
            if not ctx.shares(each._ctx):
                name = op.inputs[min(i, len(op.inputs) - 1)]
                raise MXNetError(f"{op.name}: {name} is on {each._ctx} but {op.inputs[0]} is on {ctx}; the arrays of "
                                 "one operation live on one context (use as_in_context)")
            ctx = Context("cpu", ctx.device_id)
    return ctx


def invoke(op: Op, ins: Sequence[NDArrayBase], attrs: Attrs, out: NDArrayBase | Sequence[NDArrayBase] | None = None,
           ctx: Context | None = None, cls: type | None = None) -> Any:
    """Run an operator on arrays, recording it if the tape is on.

    Parameters
    ----------
    op, ins, attrs
        The operator, its active inputs in order, its parsed attributes.
    out : array or sequence of arrays, optional
        Where to put the visible outputs.
    ctx : Context, optional
        Where an operator without inputs makes its result (default: the current context, or that of `out`).
        Such an operator takes shape and dtype from `out`, too, where its attributes do not say.
    cls : type, optional
        The class of the results (default: what the class of the first input says, NDArray without inputs).

    Returns
    -------
    An array, or a list of them if the operator has several visible outputs.
    """
    if ins:
        ctx = _common_context(op, ins)
    elif isinstance(out, NDArrayBase):
        ctx = ctx or out._ctx
        attrs = _like(op, attrs, out)
    elif ctx is None:
        ctx = current_context()
    device = ctx._device or ctx.device
    device.enter()
    raws = [x._data for x in ins]
    op, visible, kinds, _, _ = outcome(op, attrs, [(x.shape, x.dtype) for x in raws])
    if not raws and "shape" in attrs and not known(kinds[0][0]):
        raise undetermined(op.name, kinds[0][0], attrs)
    targets = None if out is None else _targets(op, out, visible, kinds)
    recording = state.recording
    entries = tuple([x._entry for x in ins]) if recording else ()
    recording = recording and entries.count(None) < len(entries)
    if targets is not None and recording:
        forbid_recorded(op, targets)
        raws = [x.copy() if any(x is t._data for t in targets) else x for x in raws]
    straight = None  # where the kernel can write its result at once
    if targets is not None and op.takes_out and visible == 1 and not recording:
        target = targets[0]._data
        if targets[0]._ctx is ctx and kinds[0] == (target.shape, target.dtype) and _clear(op, raws, target, device):
            if op.single:
                straight = target
            elif op.inplace and op.mutates:  # an optimizer's update: the weight, then its states
                straight = (target, *(raws[i] for i in op.mutated_indices(op.active_inputs(attrs, len(raws)))))
    results = op.call(device, raws, attrs, train=state.training, keep=recording, out=straight)
    xp_array = device.xp.ndarray
    if visible == 1 and targets is None and not recording:  # mostly
        raw = results[0]
        if raw.__class__ is xp_array and raw.flags.c_contiguous:
            return wrap(raw, ctx, None, cls or (ins[0] if ins else NDArrayBase)._class)
    seen = []
    try:
        for raw in results[:visible]:
            if raw.__class__ is not xp_array:  # a universal function on 0-d arrays gives a scalar
                raw = device.xp.asarray(raw)
            if targets is None and not raw.flags.c_contiguous:
                raw = raw.copy(order="C")
            seen.append(raw)
    except FAILURES as error:
        raise op.failure(error, raws, attrs) from error
    node = tape.record(op, attrs, raws, (*seen, *results[visible:]), entries, visible, ctx) if recording else None
    if targets is None:
        cls = cls or (ins[0] if ins else NDArrayBase)._class
        arrays = [wrap(raw, ctx, node and (node, i), cls) for i, raw in enumerate(seen)]
    else:
        arrays = targets
        for i, (target, raw) in enumerate(zip(targets, seen)):
            if raw is not target._data:
                _store(op, target, raw, ctx)
            if node is not None:
                target._entry = (node, i)
    return arrays[0] if visible == 1 and not isinstance(out, (list, tuple)) else arrays


def _like(op: Op, attrs: Attrs, out: NDArrayBase) -> Attrs:
    """Return `attrs` with shape and dtype of `out` where they are left open."""
    found = {"shape": out.shape, "dtype": out.dtype}
    missing = {name: value for name, value in found.items() if name in attrs and not attrs[name]}
    if "shape" in attrs and attrs["shape"] and not known(read_shape(attrs["shape"])):
        missing["shape"] = out.shape
    return op.parse({**attrs, **missing}) if missing else attrs


def _targets(op: Op, out: Any, visible: int, kinds: Sequence[tuple]) -> list[NDArrayBase]:
    targets = list(out) if isinstance(out, (list, tuple)) else [out]
    if len(targets) != visible or not only_arrays(targets):
        raise MXNetTypeError(f"{op.name}: out is {type(out).__name__}; expected {visible} NDArray(s)")
    for target, kind in zip(targets, kinds):
        raw = target._data
        if kind == (raw.shape, raw.dtype):
            continue
        shape, dtype = kind
        if known(shape) and shape != raw.shape:
            raise MXNetValueError(f"{op.name}: out has shape {raw.shape}, expected {shape}")
        if dtype is not None and dtype != raw.dtype:
            raise MXNetTypeError(f"{op.name}: out has dtype {raw.dtype}, expected {dtype}")
    return targets


def _clear(op: Op, raws: Sequence[Any], target: Any, device: Device) -> bool:
    """Whether the kernel of `op` may write into `target` while it reads `raws`."""
    for raw in raws:  # noqa: SIM110 (all() costs more than the loop)
        if (not op.inplace) if raw is target else device.overlap(raw, target):
            return False
    return True


def forbid_recorded(op: Op, targets: Sequence[NDArrayBase]) -> None:
    if any(tape.live(t._entry) for t in targets):
        raise MXNetError(f"{op.name}: Assigning to NDArrays that are already in a computational graph will cause "
                         "undefined behavior when evaluating gradients. Please call backward first to clear the graph "
                         "or do this out side of a record section.")


def _store(op: Op, target: NDArrayBase, raw: Any, ctx: Context) -> None:
    if target.shape != raw.shape:
        raise MXNetValueError(f"{op.name}: out has shape {target.shape}, expected {raw.shape}")
    target._data[...] = raw if target._ctx is ctx else target._ctx.device.copy_from(raw, ctx.device)


def call(name: str, *ins: NDArrayBase, out: NDArrayBase | None = None, **values: Any) -> Any:
    """Run the operator called `name` on arrays, with attributes as a user gives them."""
    op = catalog.get(name)
    return invoke(op, ins, op.parse(values), out)

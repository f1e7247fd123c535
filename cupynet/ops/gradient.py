"""Applying gradient rules: one walk over an operator's rules, whatever the values are.

A rule is written in terms of ``F``. Here ``F`` is :class:`RawFunctions` (plain ``backward()``); the tape
passes NDArray functions when it must itself be differentiable, and the graph builder passes its own, so
that the same rules build an executor's backward graph.
"""
from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from .catalog import find
from .op import Op, Rule
from .schema import Attrs

__all__ = ["RawFunctions", "pull_back", "unbroadcast", "kept_by_rules"]


class RawFunctions:
    """Operators as functions of raw arrays: what rules see as ``F`` in a plain backward pass."""

    def __init__(self, device: Any):
        self._device = device

    def __call__(self, op: Op, *ins: Any, **values: Any) -> Any:
        """Apply an operator that has no public name."""
        attrs = op.parse(values)
        results = op.call(self._device, ins, attrs, own=False)
        visible = op.visible_count(attrs)
        return results[0] if visible == 1 else results[:visible]

    def __getattr__(self, name: str) -> Any:
        found = find(name)
        if found is None:
            raise AttributeError(f"operator {name!r} is not registered")
        call = partial(self.__call__, found)
        setattr(self, name, call)
        return call


def unbroadcast(F: Any, grad: Any, shape: tuple[int, ...]) -> Any:
    """Sum `grad` over the axes along which an input of `shape` was repeated."""
    if grad.shape == shape:
        return grad
    lead = len(grad.shape) - len(shape)
    axes = tuple(range(lead)) + tuple(i + lead for i, n in enumerate(shape) if n == 1 and grad.shape[i + lead] != 1)
    if axes:
        grad = F.sum(grad, axis=axes, keepdims=True)
    return F.Reshape(grad, shape=shape) if lead else grad


def _positions(op: Op, attrs: Attrs, count: int) -> dict[str, Any]:
    """Map the names of the inputs that a call has to positions (a slice for the variadic one)."""
    names = op.active_inputs(attrs, count)
    if not op.variadic:
        return dict(zip(names, range(count)))
    fixed = sum(name in op.inputs[:-1] for name in names)
    return {**dict(zip(names[:fixed], range(fixed))), op.variadic: slice(min(fixed, count), count)}


def _asked(place: int | slice, wanted: Sequence[bool]) -> bool:
    return any(wanted[place]) if place.__class__ is slice else wanted[place]


def kept_by_rules(op: Op, attrs: Attrs, wanted: Sequence[bool]) -> tuple[set[int], set[int]]:
    """Return the positions of the inputs and outputs that the rules for the wanted inputs read."""
    places = _positions(op, attrs, len(wanted))
    kept_ins: set[int] = set()
    kept_outs: set[int] = set()
    for target, place in places.items():
        rule = op.rules.get(target)
        if rule is None or not _asked(place, wanted):
            continue
        for source, index in rule.plan:
            if source == "out":
                kept_outs.add(index)
            elif source == "in" and op.inputs[index] in places:
                at = places[op.inputs[index]]
                kept_ins.update(range(at.start, at.stop) if isinstance(at, slice) else (at,))
    return kept_ins, kept_outs


def _arguments(rule: Rule, op: Op, places: dict[str, Any], grads: Sequence[Any], ins: Sequence[Any],
               outs: Sequence[Any], shapes: Sequence[Any], dtypes: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    values = []
    for source, index in rule.plan:
        if source in ("in", "shape", "dtype"):
            place = places.get(op.inputs[index])
            table = ins if source == "in" else shapes if source == "shape" else dtypes
            values.append(None if place is None else
                          tuple(table[place]) if place.__class__ is slice else table[place])
        elif source == "grad":
            values.append(grads[0])
        elif source == "out":
            values.append(outs[index] if index < len(outs) else None)
        else:
            values.append(tuple(grads if source == "grads" else wanted))
    return values


def pull_back(op: Op, attrs: Attrs, F: Any, grads: Sequence[Any], ins: Sequence[Any], outs: Sequence[Any],
              shapes: Sequence[tuple], dtypes: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    """Return the gradient of each input, None where it is zero or not wanted.

    Parameters
    ----------
    grads : sequence
        Gradients of the visible outputs, None where nothing flows back.
    ins, outs : sequence
        The values that :func:`kept_by_rules` names; anything elsewhere.
    shapes, dtypes : sequence
        Of the inputs.
    wanted : sequence of bool
        The inputs whose gradient is asked for.
    """
    results: list[Any] = [None] * len(wanted)
    places = _positions(op, attrs, len(wanted))
    done: dict[Rule, Any] = {}
    for target, place in places.items():
        rule = op.rules.get(target)
        if rule is None or not _asked(place, wanted):
            continue
        if rule not in done:
            values = _arguments(rule, op, places, grads, ins, outs, shapes, dtypes, wanted)
            found = rule.fn(F, *values, **{name: attrs[name] for name in rule.attr_names})
            done[rule] = found if len(rule.targets) > 1 else (found,)
        found = done[rule][rule.targets.index(target)]
        if found is None:
            continue
        if place.__class__ is not slice:
            results[place] = unbroadcast(F, found, shapes[place]) if op.broadcasts else found
        else:
            for i, each in zip(range(place.start, place.stop), found):
                if wanted[i] and each is not None:
                    results[i] = unbroadcast(F, each, shapes[i]) if op.broadcasts else each
    return results

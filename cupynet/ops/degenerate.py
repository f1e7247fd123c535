"""Operators on arrays with no elements or no axes, so that few kernels and rules need know of them."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .op import Op, Rule
from .schema import Attrs

__all__ = ["adapted"]


def adapted(op: Op, attrs: Attrs, ins: Sequence[tuple], shapes: Sequence[Any], dtypes: Sequence[Any]) -> Op:
    """Return what to run instead of `op` on inputs of the shapes `ins`, for outputs of the given shapes and dtypes.

    That is `op` itself, unless

    * all outputs that a caller sees are known to be empty: then it makes them, leaves states as they are, and nothing
      flows back to inputs that are not empty;
    * some inputs are empty: then their gradients are, and no rule is asked;
    * all inputs and outputs are numbers (rank 0): then kernels and rules see vectors of one element, because NumPy
      makes scalars of arrays of rank 0, into which nothing can be written.
    """
    seen = shapes[:op.visible_count(attrs)]
    if op.transient or not seen:
        return op
    if all(shape is not None and None not in shape and 0 in shape for shape in seen):
        return _without_work(op, shapes, dtypes)
    if any(0 in shape for shape in ins):
        return _with_empty_inputs(op, attrs, ins)
    if ins and not any(ins) and not any(shape is None or shape for shape in shapes):
        return _on_vectors(op)
    return op


# ---- nothing to compute ---------------------------------------------------------------------------

def _without_work(op: Op, shapes: Sequence[Any], dtypes: Sequence[Any]) -> Op:
    def kernel(xp: Any, *ins: Any, **values: Any) -> tuple[Any, ...]:
        if op.mutated_group is not None:
            states = [ins[i] for i in op.mutated_group(len(ins))]
        else:
            states = [x for x in (ins[op.inputs.index(name)] for name in op.mutates) if x is not None]
        return (*(xp.zeros(shape, dtype) for shape, dtype in zip(shapes, dtypes)), *states)

    return op.variant(kernel_fn=kernel, kernels={}, rules={name: _zero_rule(op, name) for name in op.rules},
                      single=False, view=False, inplace=False, broadcasts=False, takes_train=False, takes_rng=False,
                      takes_device=False, takes_out=False)


def _with_empty_inputs(op: Op, attrs: Attrs, ins: Sequence[tuple]) -> Op:
    names = op.active_inputs(attrs, len(ins))
    empty = {name for name, shape in zip(names, ins) if 0 in shape}
    if op.variadic and all(0 in shape for name, shape in zip(names, ins) if name not in op.inputs):
        empty.add(op.variadic)
    return op.variant(rules={name: _zero_rule(op, name) if empty.issuperset(rule.targets) else rule
                             for name, rule in op.rules.items()})


def _zero_rule(op: Op, name: str) -> Rule:
    """Return the rule that the gradient of the input `name` is zero."""
    def rule(F: Any, value: Any) -> Any:
        return tuple(map(F.zeros_like, value)) if isinstance(value, tuple) else F.zeros_like(value)
    return Rule(op, (name,), rule, [("in", op.inputs.index(name))])


# ---- numbers --------------------------------------------------------------------------------------

def _on_vectors(op: Op) -> Op:
    def widened(kernel: Callable) -> Callable:
        def on_vectors(xp: Any, *ins: Any, **values: Any) -> tuple[Any, ...]:
            results = kernel(xp, *(x if x is None else x.reshape(1) for x in ins), **values)
            return tuple(x.reshape(()) for x in ((results,) if op.single else results))
        return on_vectors

    rules = {rule: _rule_on_vectors(op, rule) for rule in op.rules.values()}
    return op.variant(kernel_fn=widened(op.kernel_fn), kernels={kind: widened(fn) for kind, fn in op.kernels.items()},
                      rules={name: rules[rule] for name, rule in op.rules.items()},
                      single=False, view=False, inplace=False, takes_out=False)


def _rule_on_vectors(op: Op, rule: Rule) -> Rule:
    def wide(F: Any, source: str, value: Any) -> Any:
        if value is None or source in ("dtype", "wanted"):
            return value
        if source == "shape":
            return (1,) if value == () else tuple((1,) for _ in value)
        if isinstance(value, tuple):
            return tuple(wide(F, source, each) for each in value)
        return F.Reshape(value, shape=(1,))

    def narrow(F: Any, found: Any) -> Any:
        if isinstance(found, (tuple, list)):
            return tuple(narrow(F, each) for each in found)
        return None if found is None else F.Reshape(found, shape=())

    def fn(F: Any, *values: Any, **attrs: Any) -> Any:
        given = [wide(F, source, value) for (source, _), value in zip(rule.plan, values)]
        return narrow(F, rule.fn(F, *given, **attrs))

    made = Rule(op, rule.targets, fn, rule.plan)
    made.attr_names = rule.attr_names
    return made

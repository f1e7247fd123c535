"""The catalogue of operators: declaring them, and finding them by name."""
from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from .op import Op
from .schema import Attrs

__all__ = ["op", "get", "find", "names", "ops", "check_all", "require"]

_catalog: dict[str, Op] = {}   # canonical names and aliases


def op(*, name: str, aliases: Sequence[str] = (), when: dict[str, Callable[[Attrs], bool]] | None = None,
       outputs: Sequence[str] | Callable = ("output",), visible: int | Callable | None = None,
       mutates: Sequence[str] | Callable[[int], Iterable[int]] = (), view: bool = False, inplace: bool = False,
       broadcasts: bool = False, differentiable: bool = True, nograd: Sequence[str] = (),
       ignores: Sequence[str] = (), count: str = "num_args",
       initial: dict[str, str] | None = None, splits: bool = False, by_name: Sequence[str] = (),
       spread: Callable[[int], Sequence[str]] | None = None,
       fills: dict[str, Callable[[Attrs], float | None]] | None = None) -> Callable[[Callable], Op]:
    """Declare an operator by its kernel.

    Parameters
    ----------
    name, aliases : str, sequence of str
        Canonical MXNet name and the other public names.
    when : dict
        Optional input -> predicate of the attributes that says whether a call has it.
    outputs : sequence of str, or callable(attrs) -> sequence of str
        Names of the outputs, hidden ones last; called with ``None`` for all that there can be.
    visible : int or callable(attrs) -> int
        How many outputs a caller sees (default: all).
    mutates : sequence of str, or callable(number of inputs) -> positions
        Inputs whose new values the kernel returns after the outputs; positions where they are of a variadic group.
    view : bool
        The output may be a view of the first input; callers copy where that could be seen.
    inplace : bool
        ``out`` may be the memory of an input of the same shape and dtype.
    broadcasts : bool
        Gradients are summed down to the inputs' shapes by the caller of the rules.
    differentiable : bool
        False for operators whose gradient is zero (comparisons, argmax, random), and for those called
        ``_backward_...`` that cannot be differentiated again.
    nograd : sequence of str
        Inputs that never receive a gradient (labels, indices).
    ignores : sequence of str
        Attributes of MXNet that are accepted and mean nothing here (``workspace``, ``cudnn_tune``). Where the kernel's
        signature has them, for their place and type, they do not reach it; the others follow as strings.
    count : str
        For variadic kernels, the attribute that counts the inputs.
    initial : dict
        Input -> the ``__init__`` attribute (JSON of an initializer) of the variable that a symbol makes for it.
    splits : bool
        The kernel splits its work between the threads of the host.
    by_name : sequence of str
        Inputs that a public call takes by name alone, because MXNet's signature does not have them.
    spread : callable(count) -> sequence of str
        For variadic kernels, the names of all inputs where these are more than are counted.
    fills : dict
        Input -> the number that a call writes into all of it (None: none), when the kernel has run. Unlike what
        `mutates` names, the input is an argument of symbols and no auxiliary state.
    """
    def declare(fn: Callable) -> Op:
        declared = Op(fn, name, aliases, when or {}, outputs if callable(outputs) else tuple(outputs), visible,
                      mutates, view, inplace, broadcasts, differentiable, nograd, ignores, count, initial,
                      splits, by_name, spread, fills)
        for each in (name, *aliases):
            if each in _catalog:
                raise TypeError(f"operator {each!r} is declared twice")
            _catalog[each] = declared
        return declared
    return declare


def find(name: str) -> Op | None:
    """Return the operator called `name` (canonical or alias), or None."""
    return _catalog.get(name)


def get(name: str) -> Op:
    """Return the operator called `name`. Raises MXNetError if there is none."""
    found = _catalog.get(name)
    if found is None:
        raise MXNetError(f"operator {name!r} is not registered")
    return found


def _reduce(declared: Op) -> tuple:
    """Pickle an operator by its name."""
    if _catalog.get(declared.name) is not declared:
        raise MXNetTypeError(f"{declared!r} was made for one call and cannot be pickled")
    return get, (declared.name,)


copyreg.pickle(Op, _reduce)


def names() -> list[str]:
    """Return every registered name, aliases included."""
    return list(_catalog)


def ops() -> Iterable[Op]:
    """Return every operator once."""
    return dict.fromkeys(_catalog.values())


def check_all() -> None:
    """Raise TypeError if a declaration is incomplete: no documentation, rule missing, names that do not fit."""
    for each in ops():
        if not (each.declaration.__doc__ or each.doc) and sys.flags.optimize < 2:  # which drops docstrings
            raise TypeError(f"operator {each.name} has no docstring")
        if each.resolver is not None:
            continue  # what an open operator makes is complete by construction
        if each.shape_rule is None or each.type_rule is None:
            raise TypeError(f"operator {each.name} has no shape rule or no type rule")
        if each.differentiable:
            missing = [n for n in each.inputs if n not in each.rules and n not in each.nograd
                       and n not in each.mutates]
            if missing:
                raise TypeError(f"operator {each.name} has no gradient rule for {missing}")


def require(condition: Any, op_name: str, message: str) -> None:
    """Raise MXNetValueError ``op_name: message`` unless `condition`; for checks inside shape rules and kernels."""
    if not condition:
        raise MXNetValueError(f"{op_name}: {message}")

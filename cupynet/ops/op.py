"""One declaration per operator.

A kernel's signature is the operator's schema: after ``xp`` (numpy or cupy) positional parameters are the
array inputs, keyword-only parameters are the attributes, and the docstring is the documentation. Shape,
type and gradient rules are attached to the declaration and checked against it::

    @op(name="FullyConnected", when={"bias": lambda attrs: not attrs.no_bias})
    def fully_connected(xp, data, weight, bias=None, *, num_hidden: int, no_bias: bool = False): ...

    @fully_connected.shape
    def _(attrs, ins, outs): ...

    @fully_connected.grad("weight")
    def _(F, grad, data): ...

Reserved keyword-only parameters of a kernel are supplied by the caller: ``train`` (bool), ``rng`` (a
generator like numpy's), ``device`` (where the arrays live), ``keep`` (whether a gradient rule may read the hidden
outputs) and ``out`` (an array, or a tuple of arrays for several outputs, to write to).
"""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .. import observe
from ..base import MXNetError, MXNetIndexError, MXNetTypeError, MXNetValueError
from ..error import InternalError
from .parameters import parameters_of
from .schema import Attrs, Schema

__all__ = ["Op", "Rule", "FAILURES", "apart"]

_RESERVED = ("train", "rng", "device", "keep", "out")

# What NumPy, CuPy and kernels raise where the call was wrong or the device failed, and what users get.
FAILURES = (ValueError, TypeError, IndexError, ArithmeticError, RuntimeError, MemoryError)
_KINDS = {ValueError: MXNetValueError, TypeError: MXNetTypeError, IndexError: MXNetIndexError}


class Rule:
    """A gradient rule: for which inputs, with what function, and what the function reads.

    The function's positional parameters after ``F`` are looked up by name: ``grad`` (gradient of the
    first output), ``grads`` (of all visible outputs), an input, an output, ``<input>_shape`` and
    ``<input>_dtype``, which do not keep the input alive, or ``wanted`` (for each input of the call, whether its
    gradient is asked for). Its keyword-only parameters are attributes.
    A parameter ``grad=None`` is an optional head gradient; a rule without ``grad`` is that of a loss layer.
    Where the signature does not say what the function reads, `plan` does: pairs such as ``("in", 0)``.
    """

    __slots__ = ("targets", "fn", "plan", "attr_names")

    def __init__(self, op_: Op, targets: tuple[str, ...], fn: Callable,
                 plan: Sequence[tuple[str, int]] | None = None):
        self.targets, self.fn = targets, fn
        if plan is not None:
            self.plan, self.attr_names = tuple(plan), ()
            return
        positional, variadic, keywords = parameters_of(fn)
        self.plan = tuple([self._source(op_, name) for name in (*positional, *([variadic] if variadic else ()))])
        self.attr_names = tuple(keywords)
        unknown = [name for name in self.attr_names if name not in op_.schema.fields]
        unknown += [name for name in targets if name not in op_.inputs]
        if unknown:
            raise TypeError(f"{op_.name}: a gradient rule names {unknown}, which the kernel does not have")

    @staticmethod
    def _source(op_: Op, name: str) -> tuple[str, int]:
        if name in ("grad", "grads", "wanted"):
            return name, 0
        if name in op_.inputs:
            return "in", op_.inputs.index(name)
        outputs = op_.all_output_names
        if name in outputs:
            return "out", outputs.index(name)
        for suffix in ("shape", "dtype"):
            stem = name.removesuffix("_" + suffix)
            if stem != name and stem in op_.inputs:
                return suffix, op_.inputs.index(stem)
        raise TypeError(f"{op_.name}: a gradient rule asks for {name!r}; it can have grad, grads, wanted, "
                        f"{', '.join((*op_.inputs, *outputs))} and <input>_shape, <input>_dtype")


def _compile(rule: Rule | None) -> Callable:
    """Return a simple rule as ``(F, grad, ins, outs, attrs)``, the commonest forms without a loop."""
    if rule is None:
        return lambda F, grad, ins, outs, attrs: None
    fn, names = rule.fn, rule.attr_names
    plan = rule.plan
    if plan == (("grad", 0),) and not names:
        return lambda F, grad, ins, outs, attrs: fn(F, grad)
    if plan in ((("grad", 0), ("in", 0)), (("grad", 0), ("in", 1))) and not names:
        place = plan[1][1]
        return lambda F, grad, ins, outs, attrs: fn(F, grad, ins[place])
    if plan == (("grad", 0), ("out", 0)) and not names:
        return lambda F, grad, ins, outs, attrs: fn(F, grad, outs[0])

    def pull(F: Any, grad: Any, ins: Any, outs: Any, attrs: Attrs) -> Any:
        values = [grad if source == "grad" else (ins if source == "in" else outs)[i] for source, i in plan]
        return fn(F, *values, **{name: attrs[name] for name in names})
    return pull


class Op:
    """A declared operator: schema, kernels, shape, type and gradient rules, documentation.

    Attributes
    ----------
    transient : bool
        Whether it is a variant of a declaration, for one call or node, by which nothing should be remembered.
    """

    transient = False

    def __init__(self, fn: Callable, name: str, aliases: Sequence[str], when: dict, outputs: Any, visible: Any,
                 mutates: Sequence[str] | Callable[[int], Iterable[int]], view: bool, inplace: bool,
                 broadcasts: bool, differentiable: bool, nograd: Sequence[str], ignores: Sequence[str], count: str,
                 initial: dict[str, str] | None, splits: bool, by_name: Sequence[str] = (),
                 spread: Callable[[int], Sequence[str]] | None = None,
                 fills: dict[str, Callable[[Attrs], float | None]] | None = None):
        self.name, self.aliases, self.when = name, tuple(aliases), when
        self.outputs, self.visible = outputs, visible
        self.view, self.inplace, self.broadcasts, self.differentiable = view, inplace, broadcasts, differentiable
        self.nograd, self.initial, self.splits = tuple(nograd), initial or {}, splits
        self.by_name, self.spread, self.fills = tuple(by_name), spread, fills or {}
        # A backward operator without rules: to differentiate it again is an error, where comparisons give zero.
        self.opaque = not differentiable and name.startswith(("_backward_", "_contrib_backward_"))
        self.kernel_fn = self.declaration = fn
        self.kernels: dict[str, Callable] = {}
        self.resolver: Callable[[dict[str, Any], Sequence[Any]], Op] | None = None
        self.subgraphs: tuple = ()
        self.shape_rule: Callable | None = None
        self.type_rule: Callable | None = None
        self.rules: dict[str, Rule] = {}

        self.inputs, self.variadic, keywords = parameters_of(fn)
        if self.variadic:
            self.inputs += (self.variadic,)
        self.mutated_group = mutates if callable(mutates) else None
        self.mutates = (self.variadic,) if self.mutated_group else tuple(mutates)
        self.takes_train, self.takes_rng, self.takes_device, self.takes_keep, self.takes_out = (
            word in keywords for word in _RESERVED)
        fields = {name: field for name, field in keywords.items() if name not in _RESERVED}
        fields.update({n: (str, "") for n in ignores if n not in fields})
        self.count = count if self.variadic else None
        if self.count and self.count not in fields:
            fields[self.count] = (int, 0)
            ignores = (*ignores, self.count)
        self.schema = Schema(name, fields, frozenset(ignores))
        self.single = not callable(outputs) and len(outputs) == 1 and not mutates
        unknown = [n for n in (*when, *self.mutates, *nograd, *by_name, *self.fills) if n not in self.inputs]
        if unknown:
            raise TypeError(f"{name}: the declaration names {unknown}, which the kernel does not have")

    # ---- what the declaration says -------------------------------------------------------------

    @functools.cached_property
    def doc(self) -> str:
        """What the operator does, for its users."""
        return inspect.getdoc(self.declaration) or ""

    @property
    def ignores(self) -> frozenset[str]:
        """Attributes that are accepted, and that the kernel does not take."""
        return self.schema.ignores

    @property
    def all_output_names(self) -> tuple[str, ...]:
        """Every output that the op can have, hidden ones and new values of mutated inputs included."""
        outputs = self.outputs(None) if callable(self.outputs) else self.outputs
        return (*outputs, *(f"new_{name}" for name in self.mutates))

    def parse(self, values: dict[str, Any]) -> Attrs:
        """Return the checked attributes of a call. Raises MXNetValueError."""
        return self.schema(values)

    def active_inputs(self, attrs: Attrs, count: int | None = None) -> tuple[str, ...]:
        """Return the names of the inputs that a call with `attrs` has, `count` of them if variadic."""
        names = self._fixed_inputs(attrs) if self.when else self.inputs[:-1] if self.variadic else self.inputs
        if self.spread:
            names += tuple(self.spread(attrs[self.count]))
        elif self.variadic:
            names += tuple(f"arg{i}" for i in range(len(names), count or 0))
        return names

    def _fixed_inputs(self, attrs: Attrs) -> tuple[str, ...]:
        """Return the names of the inputs, the variadic one left out, that depend on attributes."""
        names = attrs.identity.inputs
        if names is None:
            names = attrs.identity.inputs = tuple([
                n for n in (self.inputs[:-1] if self.variadic else self.inputs)
                if n not in self.when or self.when[n](attrs)])
        return names

    def output_names(self, attrs: Attrs) -> tuple[str, ...]:
        """Return the names of the outputs of a call, hidden ones last."""
        return tuple(self.outputs(attrs)) if callable(self.outputs) else self.outputs

    def visible_count(self, attrs: Attrs) -> int:
        """Return how many outputs a caller sees."""
        if self.visible is None:
            return len(self.output_names(attrs))
        return self.visible(attrs) if callable(self.visible) else self.visible

    def mutated_indices(self, names: Sequence[str]) -> tuple[int, ...]:
        """Return the positions in `names` (active inputs) of the inputs that a call updates."""
        if self.mutated_group is not None:
            return tuple(self.mutated_group(len(names)))
        return tuple(names.index(n) for n in self.mutates if n in names)

    def filled(self, attrs: Attrs, names: Sequence[str]) -> list[tuple[int, float]]:
        """Return the positions in `names` (active inputs) of the inputs that a call fills, and with what."""
        found = [(names.index(name), number(attrs)) for name, number in self.fills.items()]
        return [(place, value) for place, value in found if value is not None]

    # ---- open operators ------------------------------------------------------------------------

    def resolves(self, fn: Callable[[dict[str, Any], Sequence[Any]], Op]) -> Callable:
        """Make the operator *open*: what it takes and gives is known only from a call.

        ``fn(values, subgraphs)`` returns the operator of a call with these attributes and graphs to run, made by
        :meth:`variant`. Every call, every node of a symbol and every binding of it gets its own, so that it may
        remember its forward pass; unless the variant is not open itself.
        """
        self.resolver = fn
        return fn

    def resolve(self, values: dict[str, Any], subgraphs: Sequence[Any] = ()) -> Op:
        """Return the operator that runs a call: this one, unless it is open.

        Parameters
        ----------
        values : dict
            The attributes.
        subgraphs : sequence
            The graphs that a loop or a branch runs, each a sequence of outputs.
        """
        if self.resolver is not None:
            return self.resolver(values, subgraphs)
        if subgraphs:
            raise MXNetValueError(f"{self.name}: takes no subgraphs, got {len(subgraphs)}")
        return self

    def variant(self, **changes: Any) -> Op:
        """Return a copy of the declaration in which some fields differ."""
        twin = object.__new__(Op)
        twin.__dict__.update(self.__dict__)
        for derived in ("pulls", "kept"):
            twin.__dict__.pop(derived, None)
        twin.__dict__.update(changes, transient=True)
        return twin

    # ---- rules ---------------------------------------------------------------------------------

    def shape(self, fn: Callable) -> Callable:
        """Attach the shape rule ``fn(attrs, ins, outs)``, which fills in what follows from what is known."""
        self.shape_rule = fn
        return fn

    def type(self, fn: Callable) -> Callable:
        """Attach the type rule ``fn(attrs, ins, outs)``, which does the same for dtypes."""
        self.type_rule = fn
        return fn

    def kernel(self, kind: str) -> Callable[[Callable], Callable]:
        """Attach a faster kernel of the same signature for devices of `kind`, such as ``"cuda"``."""
        def attach(fn: Callable) -> Callable:
            self.kernels[kind] = fn
            return fn
        return attach

    def grad(self, *targets: str) -> Callable[[Callable], Callable]:
        """Attach the gradient rule for `targets`; several targets get a tuple from one rule."""
        def attach(fn: Callable) -> Callable:
            rule = Rule(self, targets, fn)
            self.rules.update(dict.fromkeys(targets, rule))
            return fn
        return attach

    @functools.cached_property
    def pulls(self) -> tuple[Callable, ...] | None:
        """For operators with the simplest rules, one function ``(F, grad, ins, outs, attrs)`` per input.

        Simple means: a fixed number of inputs, one output, a rule of its own for each input that reads only
        the gradient, inputs and outputs. The others (None) go through :func:`~.gradient.pull_back`.
        """
        if self.when or self.variadic or self.broadcasts or not self.single or not self.differentiable:
            return None
        rules = [self.rules.get(name) for name in self.inputs]
        for rule in rules:
            if rule is not None and (len(rule.targets) > 1 or {s for s, _ in rule.plan} - {"grad", "in", "out"}):
                return None
        return tuple(_compile(rule) for rule in rules)

    @functools.cached_property
    def kept(self) -> tuple[bool, bool]:
        """Whether the simple rules of :attr:`pulls` read any input, and any output."""
        sources = {source for rule in self.rules.values() for source, _ in rule.plan}
        return "in" in sources, "out" in sources

    # ---- running -------------------------------------------------------------------------------

    def positional(self, attrs: Attrs, ins: Sequence[Any]) -> Sequence[Any]:
        """Spread the active inputs of a call over the kernel's parameters, ``None`` where one is absent."""
        if not self.when:
            return ins
        names = self.active_inputs(attrs, len(ins))
        if names == self.inputs[:len(names)]:
            return ins
        given = dict(zip(names, ins))
        if self.variadic:
            fixed = self.inputs[:-1]
            return [*(given.get(name) for name in fixed), *ins[sum(name in given for name in fixed):]]
        return [given.get(name) for name in self.inputs]

    def call(self, device: Any, ins: Sequence[Any], attrs: Attrs, *, train: bool = False, keep: bool = True,
             out: Any = None, own: bool = True, node: str = "") -> tuple[Any, ...]:
        """Run the operator on raw arrays of a device, and store what it updates.

        Parameters
        ----------
        device : Device
        ins : sequence of raw arrays
            The active inputs. Those that the operator ``mutates`` get their new values.
        train : bool
            Whether this is training.
        keep : bool
            Whether a backward pass may follow.
        out : raw array or tuple of them, optional
            Where to write, for operators that take it.
        own : bool
            Whether the outputs must be arrays of their own. Otherwise those of an operator that is declared a `view`
            may share memory with its inputs.
        node : str
            What messages call the operator, beside its name.

        Returns
        -------
        The outputs, hidden ones last.

        Raises
        ------
        MXNetError
            Whatever went wrong, naming the operator.
        """
        try:
            results = self.run(device.xp, device.kind, ins, attrs, train=train,
                               rng=device.rng if self.takes_rng else None, device=device, keep=keep, out=out)
            if self.mutates:
                results = self._store(ins, attrs, results)
            return results if out is not None or (self.view and not own) else apart(device, results, ins)
        except MXNetError:
            raise
        except FAILURES as error:
            raise self.failure(error, ins, attrs, node) from error

    def _store(self, ins: Sequence[Any], attrs: Attrs, results: Sequence[Any]) -> tuple[Any, ...]:
        """Put the new values of what the operator mutates there; return the outputs."""
        names = self.active_inputs(attrs, len(ins))
        places = self.mutated_indices(names)
        count = len(results) - len(places)
        for place, value in zip(places, results[count:]):
            if value is not ins[place]:
                ins[place][...] = value
        for place, number in self.filled(attrs, names) if self.fills else ():
            ins[place][...] = number
        return tuple(results[:count])

    def failure(self, error: Exception, ins: Sequence[Any], attrs: Attrs, node: str = "") -> MXNetError:
        """Return the MXNetError for what a kernel has raised."""
        kind = next((mine for theirs, mine in _KINDS.items() if isinstance(error, theirs)), MXNetError)
        shapes = ", ".join([f"{x.shape} {x.dtype}" for x in ins])
        place = f"Error in operator {node}: " if node else ""
        return kind(f"{place}{self.name}: {error} (inputs: {shapes or 'none'}; attributes: {dict(attrs)})")

    def run(self, xp: Any, kind: str, ins: Sequence[Any], attrs: Attrs, *, train: bool = False, rng: Any = None,
            device: Any = None, keep: bool = True, out: Any = None) -> tuple[Any, ...]:
        """Run the kernel alone, which changes no input. Returns outputs, then the new values of mutated inputs."""
        kernel = self.kernels.get(kind, self.kernel_fn) if self.kernels else self.kernel_fn
        extra = {}
        if self.takes_train:
            extra["train"] = train
        if self.takes_rng:
            extra["rng"] = rng
        if self.takes_device:
            extra["device"] = device
        if self.takes_keep:
            extra["keep"] = keep
        if out is not None:
            extra["out"] = out
        if self.when:
            ins = self.positional(attrs, ins)
        result = kernel(xp, *ins, **attrs, **extra) if extra else kernel(xp, *ins, **attrs)
        if self.single:
            return (result,)
        if result.__class__ is not tuple and not isinstance(result, (tuple, list)):
            raise InternalError(f"the kernel of {self.name} gave {type(result).__name__}; expected its "
                                f"{len(self.output_names(attrs))} outputs as a tuple")
        return tuple(result)

    def __repr__(self) -> str:
        return f"<Op {self.name}>"


def _watched_run(self: Op, *args: Any, **given: Any) -> tuple[Any, ...]:
    with observe.around("operator", self.name, given.get("device")):
        return _run(self, *args, **given)


_run = Op.run
observe.replace(Op, "run", _watched_run)


def apart(device: Any, results: Sequence[Any], ins: Sequence[Any]) -> Sequence[Any]:
    """Return results as arrays that share no memory with inputs (None where one is absent), copying those that do."""
    for result in results:
        base = getattr(result, "base", None)  # a hidden output may be any object
        for x in ins:
            if result is x or (base is not None and x is not None and device.overlap(result, x)):
                return tuple([_copied(device, each, ins) for each in results])
    return results


def _copied(device: Any, result: Any, ins: Sequence[Any]) -> Any:
    shares = hasattr(result, "base") and any(result is x or (x is not None and device.overlap(result, x)) for x in ins)
    return result.copy() if shares else result

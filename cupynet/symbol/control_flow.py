"""Loops and branches as symbols: what is composed inside becomes a graph of its own, which an operator runs.

The user's function is called once, in a scope whose attribute marks what is composed there. What it returns is cut out
of the whole along the scope's edge: what was computed outside becomes a variable. Such variables, and those that have
been variables outside, are further inputs of the operator.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import attribute
from .. import name as naming
from ..base import MXNetTypeError, MXNetValueError
from ..graph.node import Entry, Node, post_order, versioned
from ..ndarray.control_flow import iteration_limit
from ..nested import Form, flatten, regroup
from ..ops import catalog
from .base import SymbolBase, wrap
from .compose import apply

__all__ = ["foreach", "while_loop", "cond"]

_MARK = "__subgraph_name__"


class _Scope(attribute.AttrScope):
    """Marks what is composed in it as part of a graph, whose name is unique."""

    def __init__(self, name: str):
        if not isinstance(name, str):
            raise MXNetTypeError(f"the name of a loop or branch is {name!r}; expected text")
        around = attribute.composed(None).get(_MARK)
        name = name if around is None else f"{around}${name}"
        numbers = attribute.AttrScope._subgraph_names
        self.name = f"{name}{numbers[name]}"
        numbers[name] += 1
        super().__init__(**{_MARK: self.name})

    def placeholder(self, symbol: SymbolBase) -> SymbolBase:
        """Return the variable that stands for the slice or the state of `symbol`."""
        node, index = symbol._heads[0]
        return wrap([(Node(None, f"{node.name}-{index}", attribute.composed(None)), 0)])

    def own(self, symbol: SymbolBase, copied: bool = False) -> SymbolBase:
        """Return `symbol` as the result of an operator in this scope: a copy, if it is none or should be `copied`."""
        node = symbol._heads[0][0]
        return symbol if node.op is not None and self.has(node) and not copied else apply("identity", symbol)

    def has(self, node: Node) -> bool:
        """Whether a node was composed in this scope (not in one inside it), or is a variable of no scope."""
        return node.attrs.get(_MARK, self.name if node.op is None else None) == self.name


class _Graph:
    """A graph cut out of what was composed in a scope.

    Attributes
    ----------
    heads : list of Entry
    inputs : list of Node
        Its variables, in order.
    sources : list of Entry
        What each of them stands for outside.
    bound : list
        Which placeholder each of them is, by number, or None.
    """

    def __init__(self, scope: _Scope, outputs: Sequence[SymbolBase], placeholders: Sequence[SymbolBase] = (),
                 loop_vars: Sequence[SymbolBase] = (), unique: bool = True):
        copies: dict[int, Node] = {}
        edges: dict[tuple[int, int], Node] = {}
        sources: dict[int, Entry] = {}

        def inside(entry: Entry) -> Entry:
            node, index = entry
            if id(node) in copies:
                return versioned(copies[id(node)], index, getattr(entry, "version", 0))
            if (id(node), index) not in edges:
                edges[id(node), index] = edge = Node(None, node.output_name(index), {})
                sources[id(edge)] = entry
            return edges[id(node), index], 0

        heads = [each._heads[0] for each in outputs]
        for node in post_order(heads):
            if scope.has(node):
                copies[id(node)] = twin = Node(node.op, node.name, dict(node.attrs), map(inside, node.inputs))
                sources[id(twin)] = node, 0
        self.heads = list(map(inside, heads))
        self.inputs = [node for node in post_order(self.heads) if node.op is None]
        names = [node.name for node in self.inputs]
        if unique and len(set(names)) < len(names):
            raise MXNetValueError(f"The inputs of the subgraph don't have unique names: {names}")
        numbers = {id(copies.get(id(each._heads[0][0]))): i for i, each in enumerate(placeholders)}
        self.bound = [numbers.get(id(node)) for node in self.inputs]
        self.sources = [sources[id(node)] if i is None else loop_vars[i]._heads[0]
                        for node, i in zip(self.inputs, self.bound)]

    def places(self, count: int, what: str) -> list[int]:
        """Return which of the inputs each of `count` placeholders is; ``what.format(k)`` says that one is not used."""
        for k in range(count):
            if k not in self.bound:
                raise MXNetValueError(what.format(k + 1))
        return [self.bound.index(k) for k in range(count)]


class _Inputs:
    """The inputs of an operator that runs several graphs, which share what they can."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._known: dict[Any, int] = {}

    def add(self, graph: _Graph, by_name: bool) -> list[int]:
        """Return the places of the inputs of `graph`: loop variables are shared, other variables if `by_name`."""
        places = []
        for node, source, number in zip(graph.inputs, graph.sources, graph.bound):
            key = number if number is not None else node.name if by_name and source[0].op is None else None
            if key is None or key not in self._known:
                if key is not None:
                    self._known[key] = len(self.entries)
                places.append(len(self.entries))
                self.entries.append(source)
            else:
                places.append(self._known[key])
        return places


def _flatten(value: Any, what: str) -> tuple[list[SymbolBase], Form]:
    """Return symbols of one output each, and their form; one of several outputs is a list of them."""
    def opened(value: Any) -> Any:
        if isinstance(value, SymbolBase) and len(value._heads) > 1:
            return list(value)
        return list(map(opened, value)) if isinstance(value, (list, tuple)) else value
    return flatten(opened(value), lambda each: isinstance(each, SymbolBase), f"{what} must be (nested) list of Symbol")


def _pair(what: str, result: Any) -> tuple[Any, Any]:
    """Return the two things that a loop's function returns."""
    if isinstance(result, SymbolBase) or not isinstance(result, (list, tuple)) or len(result) != 2:
        raise MXNetValueError(f"{what} returned {result!r}; expected a pair: outputs and new states")
    return result[0], result[1]


def _node(op_name: str, graphs: Sequence[_Graph], inputs: Sequence[Entry], outputs: int, **values: Any
          ) -> list[SymbolBase]:
    """Return the outputs of a new node that runs `graphs`."""
    values = {"num_args": len(inputs) + len(graphs), "num_outputs": outputs, **values}
    attrs = {key: str(value) for key, value in values.items()} | attribute.composed(None)
    op = catalog.get(op_name).resolve(attrs, tuple(tuple(graph.heads) for graph in graphs))
    node = Node(op, naming.current().get(None, op_name), attrs, inputs)
    node.number_updates()
    return [wrap([(node, i)]) for i in range(outputs)]


def foreach(body: Callable, data: Any, init_states: Any, name: str = "foreach") -> tuple[Any, Any]:
    """Return symbols of what ``mx.nd.contrib.foreach`` computes: `body` for each slice along the first axis of `data`.

    Parameters
    ----------
    body : callable
        ``body(slice, states)`` returns (outputs, new states); it is called once, with variables. It has to use all
        of them.
    data : Symbol, or nested list of Symbol
        What to go through, along the first axis; all of one length.
    init_states : Symbol, or nested list of Symbol
    name : str
        Of the graph that `body` becomes.

    Returns
    -------
    (outputs, states)
        The outputs of all steps stacked along a new first axis, and the states after the last step.

    Examples
    --------
    >>> import cupynet as mx
    >>> sums, last = mx.sym.contrib.foreach(lambda x, s: (x + s, x + s), mx.sym.var('data'), mx.sym.var('start'))
    >>> sums.eval(data=mx.nd.array([[1, 2], [3, 4]]), start=mx.nd.zeros(2))[0].asnumpy()
    array([[1., 2.],
           [4., 6.]], dtype=float32)
    """
    arrays, data_form = _flatten(data, "foreach input")
    states, state_form = _flatten(init_states, "foreach states")
    with _Scope(name) as scope:
        slices = list(map(scope.placeholder, arrays))
        held = list(map(scope.placeholder, states))
        outputs, new = _pair("foreach: body", body(regroup(slices, data_form), regroup(held, state_form)))
        outputs, out_form = _flatten(outputs, "foreach output")
        new, new_form = _flatten(new, "foreach loop_vars")
        if new_form != state_form:
            raise MXNetValueError("The input and output loop_vars have different format")
        shown = {id(each._heads[0][0]) for each in outputs}  # a node gives outputs or states, not both
        results = [*map(scope.own, outputs),
                   *(scope.own(each, id(each._heads[0][0]) in shown) for each in new)]
    graph = _Graph(scope, results, [*slices, *held], [*arrays, *states])
    unused = "the {} arrays have to be used in the loop body"
    data_places = graph.places(len(arrays), unused.format("data"))
    state_places = graph.places(len(arrays) + len(states), unused.format("state"))[len(arrays):]
    rest = [i for i, number in enumerate(graph.bound) if number is None]
    found = _node("_foreach", [graph], [graph.sources[i] for i in (*data_places, *state_places, *rest)], len(results),
                  num_out_data=len(outputs), in_data_locs=data_places, in_state_locs=state_places, remain_locs=rest)
    return regroup(found[:len(outputs)], out_form), regroup(found[len(outputs):], state_form)


def while_loop(cond: Callable, func: Callable, loop_vars: Any, max_iterations: int | None = None,
               name: str = "while_loop") -> tuple[Any, Any]:
    """Return symbols of what ``mx.nd.contrib.while_loop`` computes: `func` while `cond` holds.

    Parameters
    ----------
    cond, func : callable
        ``cond(*loop_vars)`` returns a Symbol; ``func(*loop_vars)`` returns (step outputs, new loop_vars). Each is
        called once, with variables; `func` has to use all of them.
    loop_vars : Symbol, or nested list of Symbol
        The states at the beginning.
    max_iterations : int
        The length of the outputs' first axis, 1 or more.
    name : str
        Of the graphs that the functions become.

    Returns
    -------
    (outputs, states)
        The outputs of all steps stacked along a new first axis, with zeros behind the last step (MXNet leaves memory
        as it finds it there); and the loop_vars at the end.
    """
    limit = iteration_limit(max_iterations)
    variables, form = _flatten(loop_vars, "while loop_vars")
    if not variables:
        raise MXNetValueError("loop_vars should contain at least one element")

    def traced(function: Callable, scope: _Scope) -> tuple[Any, list[SymbolBase]]:
        held = list(map(scope.placeholder, variables))
        return function(*[regroup(held, None)] if form is None else regroup(held, form)), held

    with _Scope(f"{name}_cond") as scope:
        result, held = traced(cond, scope)
        if not isinstance(result, SymbolBase):
            raise MXNetValueError("Return of cond must be a Symbol")
        condition = _Graph(scope, [scope.own(_single("while_loop: cond", result))], held, variables)
    with _Scope(f"{name}_func") as scope:
        result, held = traced(func, scope)
        outputs, new = _pair("while_loop: func", result)
        outputs, out_form = _flatten([] if outputs is None else outputs, "while output")
        new, _ = _flatten([] if new is None else new, "while loop_vars")
        if len(new) != len(variables):
            raise MXNetValueError("The number of loop_vars should be consistent during the loop")
        step = _Graph(scope, list(map(scope.own, (*outputs, *new))), held, variables)
    step.places(len(variables), "The {}-th loop_var doesn't involve into the computation")
    inputs = _Inputs()
    in_cond, in_func = inputs.add(condition, False), inputs.add(step, False)
    found = _node("_while_loop", [condition, step], inputs.entries, len(outputs) + len(new), num_out_data=len(outputs),
                  cond_input_locs=in_cond, func_input_locs=in_func, max_iterations=limit,
                  func_var_locs=[step.bound.index(k) for k in range(len(variables))])
    return regroup(found[:len(outputs)], out_form), regroup(found[len(outputs):], form)


def cond(pred: Any, then_func: Callable, else_func: Callable, name: str = "cond") -> Any:
    """Return symbols of ``then_func()`` where `pred` holds when the graph runs, else of ``else_func()``.

    Parameters
    ----------
    pred : Symbol of one element
    then_func, else_func : callable
        They return a Symbol, or nested lists of as many; each is called once.
    name : str
        Of the graphs that they become.
    """
    with _Scope(f"{name}_pred") as scope:
        found, _ = _flatten(pred, "cond outputs")
        if len(found) != 1:
            raise MXNetValueError(f"cond: pred has {len(found)} outputs; expected one")
        graphs = [_Graph(scope, [scope.own(found[0])], unique=False)]
    forms = []
    for function, part in ((then_func, "then"), (else_func, "else")):
        with _Scope(f"{name}_{part}") as scope:
            found, form = _flatten(function(), "cond outputs")
            if not found:
                raise MXNetTypeError("Expected a list of symbols as input; a branch of cond returns none")
            graphs.append(_Graph(scope, list(map(scope.own, found)), unique=False))
            forms.append(form)
    count = len(graphs[1].heads)
    if count != len(graphs[2].heads):
        raise MXNetValueError("Number of outputs differs between then-branch and else-branch")
    inputs = _Inputs()
    places = [inputs.add(graph, True) for graph in graphs]
    locs = dict(zip(("cond_input_locs", "then_input_locs", "else_input_locs"), places))
    return regroup(_node("_cond", graphs, inputs.entries, count, **locs), forms[0])


def _single(what: str, symbol: SymbolBase) -> SymbolBase:
    if len(symbol._heads) != 1:
        raise MXNetValueError(f"{what} returned {symbol!r}, which has {len(symbol._heads)} outputs; expected one")
    return symbol

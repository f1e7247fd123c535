"""Symbols as JSON text: MXNet's own layout on writing, every version since 0.8 on reading."""
from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from .. import attribute
from ..base import MXNetError, MXNetTypeError
from ..graph.inference import told_shape
from ..graph.node import Entry, Node, post_order, versioned
from ..ops import catalog
from ..ops.notation import printed_shape
from ..ops.op import Op
from ..util import is_np_shape, np_shape

__all__ = ["dump", "load", "load_file"]

_VERSION = 10901
_DEEPEST = 50  # subgraphs in each other
_CASTS = ("amp_cast", "amp_multicast")

_CHANNELS_FIRST = (None, "NCW", "NCHW", "NCDHW")

# How many outputs an operator has in MXNet, hidden ones included, where it is not as many as here. The files count
# them in node_row_ptr, which nothing reads.
_OUTPUTS = {"BatchNorm": 3, "BatchNorm_v1": 3, "_contrib_SyncBatchNorm": 3, "L2Normalization": 2, "RNN": 1,
            "_contrib_quantized_rnn": 1, "Pooling": lambda attrs: (
                1 + (attrs.pool_type == "max" and attrs.kernel != () and attrs.layout in _CHANNELS_FIRST)),
            "GridGenerator": 2, "BilinearSampler": 2, "SpatialTransformer": 3, "Correlation": 3, "sort": 2,
            "_linalg_det": 3, "_linalg_slogdet": 4}


# ---- writing --------------------------------------------------------------------------------------

def _quote(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ("\r", "\\r"), ("\n", "\\n"), ("\t", "\\t"), ('"', '\\"')):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def _lines(opening: str, items: Sequence[str], closing: str, indent: int, multiline: bool) -> str:
    """Lay out a JSON scope: on one line, or one item a line with MXNet's space after each comma."""
    if not items or not multiline:
        return opening + ", ".join(items) + closing
    pad = " " * (indent + 2)
    return f"{opening}\n{pad}" + f", \n{pad}".join(items) + f"\n{' ' * indent}{closing}"


def _array(items: Sequence[str], indent: int) -> str:
    return _lines("[", items, "]", indent, len(items) > 10)


def _skip_casts(heads: Iterable[Entry]) -> list[Entry]:
    """Return `heads` of a graph without the casts of automatic mixed precision, but for those that are heads."""
    better: dict[int, Node] = {}

    def through(entry: Entry) -> Entry:
        node, index = entry
        while node.op is not None and node.op.name in _CASTS:
            entry = node, index = node.inputs[index]
        return versioned(better.get(id(node), node), index, getattr(entry, "version", 0))
    heads = list(heads)
    for node in post_order(heads):
        better[id(node)] = Node(node.op, node.name, node.attrs, [through(entry) for entry in node.inputs])
    return [versioned(better[id(entry[0])], entry[1], getattr(entry, "version", 0)) for entry in heads]


def dump(heads: Sequence[Entry], remove_amp_cast: bool = True) -> str:
    """Return the JSON text of a graph, byte for byte as MXNet 1.9.1 lays it out."""
    if remove_amp_cast and any(node.op is not None and node.op.name in _CASTS for node in post_order(heads)):
        heads = _skip_casts(heads)
    attrs = ['"is_np_shape": ["int", 1]'] * is_np_shape() + [f'"mxnet_version": ["int", {_VERSION}]']
    return _lines("{", [*_graph(heads, 2), '"attrs": ' + _lines("{", attrs, "}", 2, len(attrs) > 1)], "}", 0, True)


def _graph(heads: Sequence[Entry], indent: int) -> list[str]:
    """Return the fields of a graph, which stand `indent` deep."""
    order = post_order(heads)
    number = {id(node): i for i, node in enumerate(order)}

    def entry(entry: Entry) -> str:
        return f"[{number[id(entry[0])]}, {entry[1]}, {getattr(entry, 'version', 0)}]"

    nodes, row = [], [0]
    for node in order:
        fields = [f'"op": {_quote(node.op.name if node.op else "null")}', f'"name": {_quote(node.name)}']
        if node.attrs:
            attrs = [f"{_quote(key)}: {_quote(value)}" for key, value in sorted(node.attrs.items())]
            fields.append('"attrs": ' + _lines("{", attrs, "}", indent + 4, len(attrs) > 1))
        fields.append('"inputs": ' + _array(list(map(entry, node.inputs)), indent + 4))
        if node.op is not None and node.op.subgraphs:
            graphs = [_lines("{", _graph(each, indent + 8), "}", indent + 6, True) for each in node.op.subgraphs]
            fields.append('"subgraphs": ' + _lines("[", graphs, "]", indent + 4, True))
        nodes.append(_lines("{", fields, "}", indent + 2, True))
        row.append(row[-1] + _counted(node))
    return ['"nodes": ' + _lines("[", nodes, "]", indent, True),
            '"arg_nodes": ' + _array([str(number[id(n)]) for n in order if n.op is None], indent),
            '"node_row_ptr": ' + _array([str(n) for n in row], indent),
            '"heads": ' + _array(list(map(entry, heads)), indent)]


def _counted(node: Node) -> int:
    """Return how many outputs MXNet says that a node has."""
    count = None if node.op is None else _OUTPUTS.get(node.op.name)
    if count is None:
        return node.visible_count if node.op is not None and node.op.subgraphs else node.output_count
    return max(count(node.parsed) if callable(count) else count, node.visible_count)


# ---- reading --------------------------------------------------------------------------------------

def load_file(fname: str) -> list[Entry]:
    """Return the heads of the graph in a file."""
    if not isinstance(fname, (str, os.PathLike)):
        raise MXNetTypeError("fname need to be string")
    try:
        with open(fname, encoding="utf-8") as stream:
            return load(stream.read())
    except (OSError, UnicodeDecodeError) as error:
        raise MXNetError(f"load: cannot read {fname!r}: {error}") from error


def _expect(condition: Any, message: str) -> None:
    if not condition:
        raise MXNetError(f"load: not a symbol: {message}")


def load(text: str) -> list[Entry]:
    """Return the heads of the graph in JSON text. Raises MXNetError for anything that is not a graph."""
    try:
        top = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MXNetError(f"load: not a symbol: not JSON ({error})") from None
    attrs = top.get("attrs") if isinstance(top, dict) else None
    return _heads(top, _version(attrs), old_shapes=is_np_shape() and "is_np_shape" not in (attrs or ()))


def _heads(graph: Any, version: int, depth: int = 0, old_shapes: bool = False) -> list[Entry]:
    """Return the heads of a graph, which is `depth` graphs deep in others, in a file of the given version.

    With `old_shapes` a length of 0 in the shapes of variables is unknown in the file and ordinary here.
    """
    _expect(isinstance(graph, dict), f"expected an object with nodes and heads, got {type(graph).__name__}")
    _expect(depth <= _DEEPEST, f"more than {_DEEPEST} subgraphs lie in each other")
    unknown = set(graph) - {"nodes", "arg_nodes", "node_row_ptr", "heads", "attrs", "storage_type"}
    _expect(not unknown, f"Unknown field {', '.join(sorted(unknown))}")
    for field in ("nodes", "heads"):
        _expect(isinstance(graph.get(field), list) and graph[field], f"{field} is missing or empty")
    nodes: list[Node] = []
    for i, item in enumerate(graph["nodes"]):
        nodes.append(_node(i, item, nodes, version, depth))
    if version < 900:
        _add_missing_inputs(nodes)
    if version < 904:
        for node in nodes:
            if node.op is not None:
                node.initialize_inputs()
    if old_shapes:
        for node in nodes:
            if node.op is None and "__shape__" in node.attrs:
                with np_shape(False):
                    node.attrs["__shape__"] = printed_shape(told_shape(node))
    return [_entry(entry, nodes, "heads") for entry in graph["heads"]]


def _version(attrs: Any) -> int:
    """Return the MXNet version that wrote the file, 800 (0.8.0) for those that did not say."""
    if attrs is None:
        return 800
    try:
        return int(attrs["mxnet_version"][1])
    except (TypeError, KeyError, IndexError, ValueError):
        return 800


def _entry(entry: Any, nodes: Sequence[Node], where: str) -> Entry:
    _expect(isinstance(entry, list) and len(entry) in (2, 3) and all(type(n) is int for n in entry),
            f"{where} has {entry!r}, expected [node, output] or [node, output, version]")
    index, output = entry[:2]
    _expect(0 <= index < len(nodes), f"{where} refers to node {index}, which does not come before")
    node = nodes[index]
    _expect(0 <= output < node.output_count,
            f"{where} refers to output {output} of {node.name!r}, which does not exist")
    return versioned(node, output, entry[2] if len(entry) > 2 else 0)


def _node(i: int, item: Any, before: Sequence[Node], version: int, depth: int) -> Node:
    _expect(isinstance(item, dict) and isinstance(item.get("op"), str) and isinstance(item.get("name"), str)
            and isinstance(item.get("inputs"), list), f"node {i} has no op, name or inputs")
    name = item["name"]
    attrs: dict[str, str] = {}
    for field in ("param", "attr", "attrs"):  # the later field wins where an old file has two
        found = item.get(field) or {}
        _expect(isinstance(found, dict), f"{field} of node {name!r} is no object")
        attrs.update({key: value if isinstance(value, str) else str(value) for key, value in found.items()})
    subgraphs = item.get("subgraphs") or []
    _expect(isinstance(subgraphs, list), f"subgraphs of node {name!r} is no array")
    subgraphs = [_heads(graph, version, depth + 1) for graph in subgraphs]
    inputs = [_entry(entry, before, f"node {name!r}") for entry in item["inputs"]]
    if item["op"] == "null":
        if version < _VERSION:
            attrs = {attribute.stored(key): value for key, value in attrs.items()}
        return Node(None, name, attrs)
    op = catalog.find(item["op"])
    if op is None:
        raise MXNetError(f"Failed loading Op {name} of type {item['op']}: Operator {item['op']} is not registered")
    if version < _VERSION:
        attrs = _upgraded(op, attrs, inputs, version)
    try:
        op = op.resolve(attrs, subgraphs)
        node = Node(op, name, attrs, inputs)
        parsed = node.parsed
    except MXNetError as error:
        raise MXNetError(f"Failed loading Op {name} of type {item['op']}: {error}") from None
    if op.count:
        _expect(parsed[op.count] <= len(inputs), f"node {name!r} ({op.name}) has {len(inputs)} inputs, expected "
                                                 f"{op.count}={parsed[op.count]}")
    elif version >= 900:
        names = op.active_inputs(parsed, len(inputs))
        _expect(len(names) == len(inputs), f"node {name!r} ({op.name}) has {len(inputs)} inputs, expected "
                                           f"{len(names)} ({', '.join(names)})")
    return node


def _upgraded(op: Op, attrs: dict[str, str], inputs: Sequence[Entry], version: int) -> dict[str, str]:
    """Return the attributes of an operator from an older version in today's form."""
    found: dict[str, str] = {}
    for key, value in attrs.items():
        hidden = next((h for h in attribute.HIDDEN if key == h or key.endswith("_" + h)), None)
        if hidden is None:
            found[key] = value
        elif key == hidden:
            found[f"__{hidden}__"] = value
        else:  # weight_lr_mult belongs to the variable that is the input weight
            target = key[:-len(hidden) - 1]
            if target in op.inputs and op.inputs.index(target) < len(inputs) \
                    and inputs[op.inputs.index(target)][0].op is None:
                inputs[op.inputs.index(target)][0].attrs[f"__{hidden}__"] = value
            elif key.startswith("__") or not op.schema.fields:  # an operator without attributes of its own takes any
                found[key] = value
    if version < 905 and op.name in ("argmax", "argmin") and found.get("axis") == "-1":
        del found["axis"]
    if version < 900 and op.schema.fields:
        # Versions without attribute scopes stored names that no operator takes; they meant nothing then either.
        found = {key: value for key, value in found.items()
                 if key in op.schema.fields or key.startswith("__") or op.resolver is not None}
    return found


def _add_missing_inputs(nodes: Sequence[Node]) -> None:
    """Give operators of files before 0.9 the variables that were not stored then, such as moving averages."""
    for node in nodes:
        if node.op is None or node.op.variadic:
            continue
        for name in node.op.active_inputs(node.parsed)[len(node.inputs):]:
            node.inputs.append((Node(None, f"{node.name}_{name}", dict(node.attrs)), 0))

"""``mx.viz``: a drawing and a table of a network."""
from __future__ import annotations

import json
import math
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from graphviz import Digraph

from .base import MXNetTypeError, MXNetValueError
from .ops import catalog
from .symbol import Symbol

__all__ = ["plot_network", "print_summary"]

_HIDDEN = ("_weight", "_bias", "_beta", "_gamma", "_moving_var", "_moving_mean", "_running_var", "_running_mean")
_PARAMETERS = {"weight", "bias", "gamma", "beta", "parameters"}  # inputs of layers that training changes
_COLOURS = {"null": "#8dd3c7", "Convolution": "#fb8072", "FullyConnected": "#fb8072", "Activation": "#ffffb3",
            "LeakyReLU": "#ffffb3", "BatchNorm": "#bebada", "Pooling": "#80b1d3", "Concat": "#fdb462",
            "Flatten": "#fdb462", "Reshape": "#fdb462"}
_OTHER_COLOUR = "#fccde5"


class _Network:
    """The nodes of a symbol in the order of its JSON, with the shapes and types of what they put out."""

    def __init__(self, symbol: Symbol, shape: Mapping | None, dtype: Mapping | None = None, partial: bool = False):
        internals = symbol.get_internals()
        graph = json.loads(internals.tojson())
        self.nodes: list[dict[str, Any]] = graph["nodes"]
        entries = [tuple(head[:2]) for head in graph["heads"]]  # (node, output), one for each internal output
        self.shapes: dict[tuple[int, int], tuple[int, ...]] = {}
        if shape is not None or partial:
            self.shapes = dict(zip(entries, internals.infer_shape_partial(**_mapping("shape", shape))[1]))
        if shape is not None and not all(each and all(each) for each in self.shapes.values()):
            raise MXNetValueError("Input shape is incomplete")
        self.dtypes: dict[tuple[int, int], Any] = {}
        if dtype is not None:
            self.dtypes = dict(zip(entries, internals.infer_type_partial(**_mapping("dtype", dtype))[1]))
        self.visible = Counter(index for index, _ in entries)

    def parameters(self, node: dict[str, Any]) -> dict[int, int]:
        """Return node number -> size of the parameters that `node` reads, as far as their shapes are known."""
        found = catalog.find(node["op"])
        if found is None:
            return {}
        attrs = {key: value for key, value in node.get("attrs", {}).items() if not key.startswith("__")}
        slots = found.active_inputs(found.parse(attrs), len(node["inputs"]))
        sizes = {}
        for slot, (index, output, *_) in zip(slots, node["inputs"]):
            if slot in _PARAMETERS and self.nodes[index]["op"] == "null":
                sizes[index] = math.prod(self.shapes[index, output] or (0,))
        return sizes


def _mapping(name: str, given: Any) -> Mapping:
    if not isinstance(given, (Mapping, type(None))):
        raise MXNetTypeError(f"{name} is {given!r}; expected a dict")
    return given or {}


def _joined(text: str | None, otherwise: str) -> str:
    """Return ``"5x3"`` for the tuple ``"(5, 3)"`` of a symbol's JSON."""
    return "x".join(re.findall(r"\d+", text)) or otherwise if text else otherwise


def _label(node: dict[str, Any]) -> str:
    op, attrs = node["op"], node.get("attrs", {})
    window = f"{_joined(attrs.get('kernel'), '[]')}/{_joined(attrs.get('stride'), '1')}"
    if op == "Convolution":
        return f"Convolution\n{window}, {attrs['num_filter']}"
    if op == "FullyConnected":
        return f"FullyConnected\n{attrs['num_hidden']}"
    if op in ("Activation", "LeakyReLU"):
        return f"{op}\n{attrs.get('act_type', 'Leaky')}"
    if op == "Pooling":
        return f"Pooling\n{attrs.get('pool_type', 'max')}, {window}"
    if op == "Custom":
        return attrs["op_type"]
    return node["name"]


def plot_network(symbol: Symbol, title: str = "plot", save_format: str = "pdf",
                 shape: Mapping[str, Sequence[int]] | None = None, dtype: Mapping[str, Any] | None = None,
                 node_attrs: Mapping[str, str] | None = None, hide_weights: bool = True) -> Digraph:
    """Draw a network.

    Parameters
    ----------
    symbol : Symbol
    title : str
        Name of the graph, and of the file that ``render`` writes.
    save_format : str
        What ``render`` writes: ``"pdf"``, ``"png"``, ``"svg"``, ...
    shape, dtype : dict, optional
        Shapes and types of arguments. If given, the edges are labelled with what follows from them,
        shapes without the batch axis.
    node_attrs : dict, optional
        Attributes of Graphviz for every node, such as ``{"fixedsize": "false"}``.
    hide_weights : bool
        Leave out weights, biases and the statistics of normalisation.

    Returns
    -------
    graphviz.Digraph
        Its ``source`` is the text of the drawing (as MXNet 1.9.1 writes it); Jupyter shows it as a picture;
        ``render()`` and ``view()`` make a file, for which the program ``dot`` must be installed.

    Raises
    ------
    MXNetTypeError, MXNetValueError
        If `symbol` is not one, or if `shape` does not determine all shapes.

    Examples
    --------
    >>> import cupynet as mx
    >>> net = mx.sym.Activation(mx.sym.Variable('data'), act_type='relu', name='relu1')
    >>> 'relu1 -> data [label=8 ' in mx.viz.plot_network(net, shape={'data': (4, 8)}).source
    True
    """
    if not isinstance(symbol, Symbol):
        raise MXNetTypeError("symbol must be a Symbol")
    common = {"shape": "box", "fixedsize": "true", "width": "1.3", "height": "0.8034", "style": "filled"}
    own = {name: str(value) for name, value in _mapping("node_attrs", node_attrs).items()}
    network = _Network(symbol, shape, dtype)
    repeated = [name for name, count in Counter(node["name"] for node in network.nodes).items() if count > 1]
    if repeated:
        warnings.warn("There are multiple variables with the same name in your graph, this may result in cyclic "
                      f"graph. Repeated names: {','.join(repeated)}", RuntimeWarning, stacklevel=2)
    drawing = Digraph(name=title, format=save_format)
    hidden = set()
    for number, node in enumerate(network.nodes):
        if node["op"] == "null" and node["name"].endswith(_HIDDEN):
            # never drawn as a box of its own; with `hide_weights=False` Graphviz draws the ends of their edges
            hidden.add(number)
            continue
        form = {"shape": "oval"} if node["op"] == "null" else {}
        colour = {"fillcolor": _COLOURS.get(node["op"], _OTHER_COLOUR)}
        drawing.node(name=node["name"], label=_label(node), **common | form | own | colour)
    for node in network.nodes:
        for index, output, *_ in node["inputs"]:
            if hide_weights and index in hidden:
                continue
            label = "x".join(map(str, network.shapes.get((index, output), ())[1:]))
            kind = network.dtypes.get((index, output))
            if kind is not None:
                label += f"({np.dtype(kind).name})"
            drawing.edge(tail_name=node["name"], head_name=network.nodes[index]["name"], label=label,
                         dir="back", arrowtail="open")
    return drawing


def print_summary(symbol: Symbol, shape: Mapping[str, Sequence[int]] | None = None, line_length: int = 120,
                  positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0)) -> None:
    """Print a table of the layers of a network: output shapes, numbers of parameters, connections.

    Parameters
    ----------
    symbol : Symbol
    shape : dict, optional
        Shapes of arguments. Without them parameters count as far as the layers themselves say their sizes.
    line_length : int
        Width of the table.
    positions : sequence of 4 numbers
        Where the columns end, as parts of `line_length` or as numbers of characters.

    Notes
    -----
    The layout is MXNet's. The numbers are the true sizes of the parameters; MXNet's own are wrong for a
    FullyConnected layer on an input with more than two axes, for layouts such as NHWC and for most layers
    beyond Convolution, FullyConnected, BatchNorm and Embedding. A shared parameter counts once in the total.

    Raises
    ------
    MXNetTypeError, MXNetValueError
        If `symbol` is not one, if `positions` are not four, or if `shape` does not determine all shapes.
    """
    if not isinstance(symbol, Symbol):
        raise MXNetTypeError("symbol must be Symbol")
    if len(positions) != 4:
        raise MXNetValueError(f"positions are {list(positions)}; expected the ends of four columns")
    ends = [int(line_length * each) for each in positions] if positions[-1] <= 1 else [int(each) for each in positions]
    network = _Network(symbol, shape, partial=True)

    def row(*fields: object) -> None:
        line = ""
        for field, end in zip(fields, ends):
            line = (line + str(field))[:end].ljust(end)
        print(line)

    print("_" * line_length)
    row("Layer (type)", "Output Shape", "Param #", "Previous Layer")
    print("=" * line_length)
    sizes: dict[int, int] = {}
    # the network's first node is shown even if it is a variable: it is the data
    shown = [number for number, node in enumerate(network.nodes) if number == 0 or node["op"] != "null"]
    for number in shown:
        node = network.nodes[number]
        single = network.visible[number] == 1
        output = "x".join(map(str, network.shapes[number, 0][1:])) if single and shape is not None else ""
        own = network.parameters(node)
        sizes.update(own)
        sources = [network.nodes[index]["name"] for index, *_ in node["inputs"] if index in shown]
        row(f"{node['name']}({node['op']})", output, sum(own.values()), *sources[:1] or [""])
        for source in sources[1:]:
            row("", "", "", source)
        print(("=" if number == shown[-1] else "_") * line_length)
    print(f"Total params: {sum(sizes.values())}")
    print("_" * line_length)

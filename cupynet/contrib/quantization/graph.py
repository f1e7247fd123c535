"""A symbol in which layers compute with codes of 8 bits: which ones do, and what stands between them."""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from ...base import MXNetError
from ...graph.node import Entry, Node, copied, post_order
from ...ops import catalog
from ...ops.op import Op
from ...ops.schema import Attrs
from ...symbol import Symbol

__all__ = ["calibrated_layers", "calibrated_symbol", "quantized_symbol"]


class _Layer(NamedTuple):
    """How a layer computes with codes.

    Attributes
    ----------
    name : str
        The operator on codes.
    inputs : sequence of str, or None
        The inputs that become codes; None for all.
    wide : bool
        Whether the codes of the output have 32 bits.
    leads : bool
        Whether it is worth to make codes for it; the other layers take what their neighbours have.
    fits : callable(attributes) -> bool
        Whether these attributes can be had on codes.
    attrs : dict
        What the operator on codes is told beside the attributes of the layer.
    """

    name: str
    inputs: tuple[str, ...] | None = None
    wide: bool = False
    leads: bool = False
    fits: Callable[[Attrs], bool] = lambda attrs: True
    attrs: dict[str, str] = {}


_LAYERS = {
    "Convolution": _Layer("_contrib_quantized_conv", wide=True, leads=True),
    "FullyConnected": _Layer("_contrib_quantized_fully_connected", wide=True, leads=True),
    "Embedding": _Layer("_contrib_quantized_embedding", ("weight",)),
    "RNN": _Layer("_contrib_quantized_rnn", ("data",), leads=True, fits=lambda attrs: attrs.mode == "lstm",
                  attrs={"quantized": "true"}),
    "BatchNorm": _Layer("_contrib_quantized_batch_norm", ("data",)),
    "Activation": _Layer("_contrib_quantized_act", fits=lambda attrs: attrs.act_type == "relu"),
    "Pooling": _Layer("_contrib_quantized_pooling", fits=lambda attrs: attrs.pool_type in ("max", "avg")),
    "Flatten": _Layer("_contrib_quantized_flatten"),
    "Concat": _Layer("_contrib_quantized_concat", fits=lambda attrs: attrs.dim == 1),
    "elemwise_add": _Layer("_contrib_quantized_elemwise_add", wide=True),
    "elemwise_mul": _Layer("_contrib_quantized_elemwise_mul", wide=True),
}

# Operators whose outputs have names in MXNet; codes of the others are called by the number of the output.
_NAMED = frozenset("""
    Activation BatchNorm BatchNorm_v1 BilinearSampler Concat Convolution Convolution_v1 Correlation Crop Deconvolution
    Dropout FullyConnected GridGenerator GroupNorm IdentityAttachKLSparseReg InstanceNorm L2Normalization LRN LayerNorm
    LeakyReLU MakeLoss Pad Pooling Pooling_v1 RNN ROIPooling SVMOutput SequenceLast SequenceMask SequenceReverse
    SliceChannel SoftmaxActivation SoftmaxOutput SpatialTransformer SwapAxis UpSampling _contrib_BatchNormWithReLU
    _contrib_DeformableConvolution _contrib_ModulatedDeformableConvolution _contrib_MultiBoxDetection
    _contrib_MultiBoxPrior _contrib_MultiBoxTarget _contrib_ROIAlign _contrib_SyncBatchNorm _contrib_calibrate_entropy
    _contrib_count_sketch _contrib_fft _contrib_hawkesll _contrib_ifft _contrib_index_array
    _contrib_interleaved_matmul_encdec_qk _contrib_interleaved_matmul_encdec_valatt
    _contrib_interleaved_matmul_selfatt_qk _contrib_interleaved_matmul_selfatt_valatt _rnn_param_concat col2im
    elemwise_add im2col make_loss softmax softmin""".split())


def _layer(node: Node) -> _Layer | None:
    """Return how `node` computes with codes, None if it cannot."""
    found = node.op and _LAYERS.get(node.op.name)
    return found if found and found.fits(node.parsed) else None


def _chosen(order: list[Node], mode: str, excluded: Callable[[Node], bool]) -> set[int]:
    """Return the ids of the nodes that shall compute with codes."""
    able = [node for node in order if _layer(node) and not excluded(node)]
    if mode == "full":
        return set(map(id, able))
    leading = {id(node) for node in able if _layer(node).leads}
    from_above, from_below = set(leading), set(leading)
    for node in able:
        if any(id(parent) in from_above for parent, _ in node.inputs):
            from_above.add(id(node))
    users: dict[int, list[Node]] = {}
    for node in order:
        for parent, _ in node.inputs:
            users.setdefault(id(parent), []).append(node)
    for node in reversed(able):
        if any(id(user) in from_below for user in users.get(id(node), ())):
            from_below.add(id(node))
    return leading | (from_above & from_below)


def _node(op: Op | None, name: str, attrs: dict[str, str], inputs: Iterable[Entry]) -> Node:
    node = Node(op, name, attrs, inputs)
    if op is not None:
        node.number_updates()
    return node


class _Rewriter:
    """Copies a graph, node by node in their order, with chosen nodes on codes.

    Attributes
    ----------
    calibrated : list of str
        The outputs of the original whose ranges are worth to know.
    """

    def __init__(self, chosen: set[int], offline: Collection[str], out_type: str):
        self.chosen, self.offline, self.out_type = chosen, offline, out_type
        self.copies: dict[int, Node] = {}      # of nodes that stay; of chosen ones, where their codes come from
        self.codes_of: dict[tuple[int, int], tuple[Entry, Entry, Entry]] = {}
        self.numbers_of: dict[int, Node] = {}  # of chosen nodes, what turns their codes into numbers

    def add(self, node: Node) -> None:
        if id(node) not in self.chosen:
            self.copies[id(node)] = _node(node.op, node.name, dict(node.attrs), map(self.numbers, node.inputs))
            return
        layer = _layer(node)
        inputs, ends = [], []
        for name, entry in zip(node.input_names, node.inputs):
            if layer.inputs is None or name in layer.inputs:
                code, low, high = self.codes(entry, layer.name)
                inputs.append(code)
                ends += low, high
            else:
                inputs.append(self.numbers(entry))
        found = _node(catalog.get(layer.name), f"quantized_{node.name}", node.attrs | layer.attrs, inputs + ends)
        if layer.wide:
            found = _node(catalog.get("_contrib_requantize"), f"requantize_{node.name}", {"out_type": self.out_type},
                          [(found, 0), (found, 1), (found, 2)])
        self.copies[id(node)] = found

    def numbers(self, entry: Entry) -> Entry:
        """Return where the numbers of an entry of the original come from."""
        node, index = entry
        if id(node) not in self.chosen or node.op.name == "RNN":
            return self.copies[id(node)], index
        if id(node) not in self.numbers_of:
            found = self.copies[id(node)]
            self.numbers_of[id(node)] = _node(catalog.get("_contrib_dequantize"), f"{node.name}_dequantize", {},
                                              [(found, 0), (found, 1), (found, 2)])
        return self.numbers_of[id(node)], 0

    def codes(self, entry: Entry, layer: str) -> tuple[Entry, Entry, Entry]:
        """Return where the codes of an entry of the original, and the ends of their range, come from."""
        node, index = entry
        if id(node) in self.chosen and node.op.name != "RNN":
            found = self.copies[id(node)]
            return (found, 0), (found, 1), (found, 2)
        key = id(node), index
        if key not in self.codes_of:
            self.codes_of[key] = self._made(entry, layer)
        return self.codes_of[key]

    def _made(self, entry: Entry, layer: str) -> tuple[Entry, Entry, Entry]:
        node, index = entry
        if node.op is None and node.name in self.offline:
            return tuple((Node(None, f"{node.name}_quantize{end}", {}), 0) for end in ("", "_min", "_max"))
        name = node.name
        if node.op is not None:
            name = node.output_name(index) if node.op.name in _NAMED else f"{name}_{index}"
        if layer == "_contrib_quantized_rnn":
            made = _node(catalog.get("_contrib_quantize_asym"), f"{name}_quantize", {}, [self.numbers(entry)])
        else:
            made = _node(catalog.get("_contrib_quantize_v2"), f"{name}_quantize", {"out_type": self.out_type},
                         [self.numbers(entry)])
        return (made, 0), (made, 1), (made, 2)


def quantized_symbol(symbol: Symbol, offline: Collection[str], excluded: Callable[[Node], bool], out_type: str,
                     mode: str) -> Symbol:
    """Return `symbol` with layers on codes.

    Parameters
    ----------
    offline : collection of str
        Variables whose codes are made beforehand: they become ``NAME_quantize``, ``NAME_quantize_min`` and ``_max``.
    excluded : callable(node) -> bool
        Nodes that stay as they are.
    out_type : {"int8", "uint8", "auto"}
        What codes between the layers are.
    mode : {"smart", "full"}
        ``full``: all layers that can; ``smart``: convolutions and dense layers, and what lies between them.
    """
    if mode not in ("smart", "full"):
        raise MXNetError(f"unrecognized quantize mode: {mode}")
    order = post_order(symbol._heads)
    rewriter = _Rewriter(_chosen(order, mode, excluded), offline, out_type)
    for node in order:
        rewriter.add(node)
    return Symbol([rewriter.numbers(entry) for entry in symbol._heads])


def _calibrated(symbol: Symbol) -> dict[str, str]:
    """Return the nodes of a symbol on codes that take a calibrated range, and the outputs whose range that is."""
    found = {}
    for node in post_order(symbol._heads):
        name = node.op and node.op.name
        if name in ("_contrib_quantize_v2", "_contrib_quantize_asym"):
            parent, index = node.inputs[0]
            parent_name = parent.output_name(index)
            if parent.op is not None and parent.op.name == "_contrib_dequantize":
                parent_name = f"{parent.name.removesuffix('_dequantize')}_output"
            found[node.name] = parent_name
        elif name == "_contrib_requantize":
            found[node.name] = f"{node.name.removeprefix('requantize_')}_output"
        elif name == "_contrib_quantized_batch_norm":
            found[node.name] = f"{node.name.removeprefix('quantized_')}_output"
    return found


def calibrated_layers(symbol: Symbol) -> list[str]:
    """Return the outputs of the original, variables included, whose ranges a symbol on codes has use for."""
    return list(dict.fromkeys(_calibrated(symbol).values()))


def calibrated_symbol(symbol: Symbol, ranges: Mapping[str, tuple[float, float]]) -> Symbol:
    """Return a symbol on codes that knows the ranges ``output -> (min, max)`` of outputs of the original."""
    heads, order = copied(symbol._heads)
    places = _calibrated(symbol)
    for node in order:
        if places.get(node.name) in ranges:
            low, high = ranges[places[node.name]]
            node.attrs.update(min_calib_range=f"{low:f}", max_calib_range=f"{high:f}")
            node.__dict__.pop("parsed", None)
    return Symbol(heads)

"""Trained networks whose layers compute with codes of 8 bits."""
from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from ...base import MXNetTypeError, MXNetValueError
from ...context import Context, cpu
from ...graph.node import Node
from ...io import DataIter
from ...module import Module
from ...ndarray import NDArray
from ...ndarray import contrib as nd
from ...symbol import Symbol
from .calibration import collect, collector_for, ranges, unknown_mode
from .graph import calibrated_layers, calibrated_symbol, quantized_symbol

__all__ = ["calib_graph", "quantize_graph", "quantize_model", "quantize_model_mkldnn"]

Arrays = Mapping[str, NDArray]


def _names(called: str, what: str, names: Sequence[str] | None) -> list[str]:
    if names is not None and not isinstance(names, list):
        raise MXNetValueError(f"{called} must be a list of strings representing the names of the {what} that will not "
                              f"be quantized, while received type {type(names)}")
    return names or []


def _quantized(sym: Symbol, arg_params: Arrays, excluded_sym_names: list[str] | None,
               excluded_op_names: list[str] | None, quantized_dtype: str, quantize_mode: str, granularity: str,
               ctx: Context) -> Symbol:
    """Check what all functions here take; return the symbol on codes, without calibrated ranges."""
    names = _names("excluded_sym_names", "symbols", excluded_sym_names)
    ops = _names("excluded_op_names", "operators", excluded_op_names)
    if quantized_dtype not in ("int8", "uint8", "auto"):
        raise MXNetValueError(f"unknown quantized_dtype {quantized_dtype} received, expected `int8`, `uint8` or `auto`")
    if granularity not in ("tensor-wise", "channel-wise"):
        raise MXNetValueError(f"unkonwn quantize_granularity {granularity} received, expected `tensor-wise` or "
                              "`channel-wise`.")
    if not isinstance(ctx, Context):
        raise MXNetTypeError(f"ctx is {ctx!r}; expected a single Context")

    def excluded(node: Node) -> bool:
        return node.name in names or node.op.name in ops
    return quantized_symbol(sym, arg_params, excluded, quantized_dtype, quantize_mode)


def _quantized_params(qsym: Symbol, params: Arrays) -> dict[str, NDArray]:
    """Return the parameters of a symbol on codes, some of them as codes."""
    found = {}
    for name in qsym.list_arguments():
        original = name.removesuffix("_quantize")
        if original != name and original in params:
            param = params[original]
            codes, low, high = nd.quantize(param, param.min(), param.max(), out_type="int8")
            found.update({name: codes, f"{name}_min": low, f"{name}_max": high})
        elif name in params:
            found[name] = params[name]
    return found


def quantize_model(sym: Symbol, arg_params: Arrays, aux_params: Arrays, data_names: Sequence[str] = ("data",),
                   label_names: Sequence[str] = ("softmax_label",), ctx: Context = cpu(0),  # noqa: B008
                   excluded_sym_names: list[str] | None = None, excluded_op_names: list[str] | None = None,
                   calib_mode: str | None = "entropy", calib_data: DataIter | None = None,
                   num_calib_examples: int | None = None, quantized_dtype: str = "int8", quantize_mode: str = "smart",
                   quantize_granularity: str = "tensor-wise", logger: Any = None
                   ) -> tuple[Symbol, dict[str, NDArray], Arrays]:
    """Return a trained network whose layers compute with codes of 8 bits.

    Convolutions and dense layers do, and with ``quantize_mode="smart"`` pooling, activations, batch normalization and
    sums between them; with ``"full"`` all of those.

    Parameters
    ----------
    sym, arg_params, aux_params : Symbol, dict, dict
        The network and its parameters.
    data_names, label_names : sequence of str
        The inputs of the network.
    ctx : Context
        Where calibration runs the network.
    excluded_sym_names, excluded_op_names : list of str, optional
        Nodes by name, and all nodes of some operators, that stay as they are.
    calib_mode : {"entropy", "naive", "none"}
        How the ranges of the layers' outputs are found: by what least is lost of their distribution
        (:func:`mx.nd.contrib.calibrate_entropy`), as the smallest and largest number seen, or anew for each batch.
    calib_data : DataIter
        Examples, for all modes but ``"none"``.
    num_calib_examples : int, optional
        How many of them to use.
    quantized_dtype : {"int8", "uint8", "auto"}
        What codes layers exchange; ``auto`` is uint8 where calibration has seen nothing below zero.
    quantize_granularity : {"tensor-wise", "channel-wise"}
        As in MXNet's operators, a tensor has one range either way.
    logger : object, optional
        Is told what goes on.

    Returns
    -------
    (symbol, parameters, auxiliary states)
        Parameters that became codes are called ``NAME_quantize``, the ends of their ranges ``NAME_quantize_min`` and
        ``_max``.

    Notes
    -----
    Where MXNet's CPU build fuses layers before it runs them, its calibration misses the outputs of all fused ones;
    here none is missed.

    Examples
    --------
    >>> import cupynet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    >>> params = {"fc_weight": mx.nd.array([[1, -2], [3, 4]]), "fc_bias": mx.nd.array([0.5, -0.5])}
    >>> symbol, params, _ = mx.contrib.quantization.quantize_model(net, params, {}, calib_mode="none")
    >>> [each for each in symbol.get_internals().list_outputs() if each.startswith(("quantized", "fc_de"))]
    ['quantized_fc_output', 'quantized_fc_min_output', 'quantized_fc_max_output', 'fc_dequantize_output']
    >>> params["fc_weight_quantize"].asnumpy()
    array([[ 32, -64],
           [ 95, 127]], dtype=int8)
    """
    _told(logger, "Quantizing symbol")
    qsym = _quantized(sym, arg_params, excluded_sym_names, excluded_op_names, quantized_dtype, quantize_mode,
                      quantize_granularity, ctx)
    if calib_mode is not None and calib_mode != "none":
        if calib_data is None:
            raise MXNetValueError(f"calib_data must be provided when calib_mode={calib_mode}")
        if not isinstance(calib_data, DataIter):
            raise MXNetValueError(f"calib_data must be of DataIter type when calib_mode={calib_mode}, while received "
                                  f"type {type(calib_data)}")
        if calib_mode not in ("naive", "entropy"):
            raise unknown_mode(calib_mode, "`none`, `naive`, or `entropy`")
        collector = collector_for(calib_mode, calibrated_layers(qsym), quantized_dtype, logger)
        module = Module(sym, data_names, label_names, context=ctx)
        module.bind(calib_data.provide_data, calib_data.provide_label or None, for_training=False)
        module.set_params(arg_params, aux_params, allow_extra=True)
        examples = collect(module, calib_data, collector, num_calib_examples, logger)
        _told(logger, f"Collected layer output{'s' if calib_mode == 'entropy' else ' min/max values'} from FP32 model "
                      f"using {examples} examples")
        qsym = calibrated_symbol(qsym, ranges(collector, calib_mode, quantized_dtype, logger))
    _told(logger, "Quantizing parameters")
    return qsym, _quantized_params(qsym, arg_params), aux_params


def quantize_model_mkldnn(sym: Symbol, arg_params: Arrays, aux_params: Arrays, data_names: Sequence[str] = ("data",),
                          label_names: Sequence[str] = ("softmax_label",), ctx: Context = cpu(0),  # noqa: B008
                          excluded_sym_names: list[str] | None = None, excluded_op_names: list[str] | None = None,
                          calib_mode: str | None = "entropy", calib_data: DataIter | None = None,
                          num_calib_examples: int | None = None, quantized_dtype: str = "int8",
                          quantize_mode: str = "smart", quantize_granularity: str = "tensor-wise", logger: Any = None
                          ) -> tuple[Symbol, dict[str, NDArray], Arrays]:
    """Do as :func:`quantize_model`, on a CPU: there is no oneDNN here whose fused layers it could use."""
    if not isinstance(ctx, Context) or ctx.device_type != "cpu":
        raise MXNetValueError("quantize_model_mkldnn only support Intel cpu platform with MKL-DNN Backend")
    return quantize_model(sym, arg_params, aux_params, data_names, label_names, ctx, excluded_sym_names,
                          excluded_op_names, calib_mode, calib_data, num_calib_examples, quantized_dtype,
                          quantize_mode, quantize_granularity, logger)


def quantize_graph(sym: Symbol, arg_params: Arrays, aux_params: Arrays, ctx: Context = cpu(0),  # noqa: B008
                   excluded_sym_names: list[str] | None = None, excluded_op_names: list[str] | None = None,
                   calib_mode: str | None = "entropy", quantized_dtype: str = "int8", quantize_mode: str = "full",
                   quantize_granularity: str = "tensor-wise", LayerOutputCollector: Any = None, logger: Any = None
                   ) -> tuple[Symbol, dict[str, NDArray], Arrays, Any]:
    """Do the first half of :func:`quantize_model`, for users who run the network themselves to calibrate it.

    Parameters
    ----------
    calib_mode : {"entropy", "naive", "customize", "none"}
        ``customize`` takes the user's own `LayerOutputCollector`.
    LayerOutputCollector : object
        Has ``collect(name, array)``, and ``min_max_dict`` once it has seen all examples.

    Returns
    -------
    (symbol, parameters, auxiliary states, collector)
        The collector, None for ``"none"``, is to be set as ``set_monitor_callback(collector.collect,
        monitor_all=True)`` of an executor of `sym`; after some forward passes :func:`calib_graph` takes it.
    """
    _told(logger, "Quantizing graph")
    qsym = _quantized(sym, arg_params, excluded_sym_names, excluded_op_names, quantized_dtype, quantize_mode,
                      quantize_granularity, ctx)
    collector = None
    if calib_mode is not None and calib_mode != "none":
        if calib_mode == "customize" and LayerOutputCollector is not None:
            collector, kind = LayerOutputCollector, "customize layer output minmax collector for"
        elif calib_mode in ("naive", "entropy"):
            collector = collector_for(calib_mode, calibrated_layers(qsym), quantized_dtype, logger)
            kind = f"layer output {'minmax' if calib_mode == 'naive' else 'histogram'} collector for {calib_mode}"
        else:
            raise unknown_mode(calib_mode, "`none`, `naive`, `entropy` or `customize`")
        _told(logger, f"Create a {kind} calibration")
        _told(logger, "Collector created, please use set_monitor_callback to collect calibration information.")
    _told(logger, "Quantizing parameters")
    return qsym, _quantized_params(qsym, arg_params), aux_params, collector


def calib_graph(qsym: Symbol, arg_params: Arrays, aux_params: Arrays, collector: Any, calib_mode: str = "entropy",
                quantized_dtype: str = "int8", logger: Any = logging) -> tuple[Symbol, dict[str, NDArray], Arrays]:
    """Do the second half: tell a symbol of :func:`quantize_graph` the ranges that were collected.

    Parameters
    ----------
    qsym, collector
        What :func:`quantize_graph` has returned.
    arg_params, aux_params : dict
        The parameters of the original.
    calib_mode : {"entropy", "naive", "customize"}
    """
    if calib_mode is None or calib_mode == "none":
        raise MXNetValueError("please set calibration mode to naive or entropy.")
    if calib_mode not in ("naive", "entropy", "customize"):
        raise unknown_mode(calib_mode, "`none`, `naive`, `entropy` or `customize`")
    expected = "hist_dict" if calib_mode == "entropy" else "min_max_dict"
    if not hasattr(collector, expected):
        raise MXNetTypeError(f"calib_graph: collector is {type(collector).__name__}; for calib_mode={calib_mode} "
                             f"expected one with {expected}")
    qsym = calibrated_symbol(qsym, ranges(collector, calib_mode, quantized_dtype, logger))
    _told(logger, "Quantizing parameters")
    return qsym, _quantized_params(qsym, arg_params), aux_params


def _told(logger: Any, text: str) -> None:
    if logger:
        logger.info(text)

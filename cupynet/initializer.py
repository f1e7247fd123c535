"""Starting values of weights (``mx.init``).

An initializer is called with an :class:`InitDesc`, the name of a variable with its attributes, and the array to fill.
If the variable has an attribute ``__init__``, that initializer fills the array; otherwise the end of the name decides:
``weight`` by the initializer's rule; ``bias``, ``beta`` and ``min`` with 0; ``gamma`` and ``max`` with 1.

>>> import cupynet as mx
>>> weight = mx.nd.zeros((2, 3))
>>> mx.init.Constant(5)(mx.init.InitDesc('fc1_weight'), weight)
>>> weight.asnumpy()
array([[5., 5., 5.],
       [5., 5., 5.]], dtype=float32)
"""
from __future__ import annotations

import json
import logging
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from . import registry
from .base import MXNetTypeError, MXNetValueError
from .base import string_types as string_types
from .ndarray import NDArray, norm
from .ndarray import load as _load
from .ndarray import random as _random

__all__ = ["InitDesc", "Initializer", "register", "alias", "create", "Load", "Mixed", "Zero", "One", "Constant",
           "Uniform", "Normal", "Orthogonal", "Xavier", "MSRAPrelu", "Bilinear", "LSTMBias", "FusedRNN"]


class InitDesc(str):
    """The name of a variable together with its attributes and the initializer of the whole model.

    Parameters
    ----------
    name : str
    attrs : dict of str to str, optional
        The variable's attributes, as from ``Symbol.attr_dict``.
    global_init : Initializer, optional
        The initializer for what the variable's own one leaves open.
    """

    def __new__(cls, name: str, attrs: dict[str, str] | None = None, global_init: Any = None) -> InitDesc:
        desc = super().__new__(cls, name)
        desc.attrs = attrs or {}
        desc.global_init = global_init
        return desc


# What a name ends with -> the method that fills. Tried in order.
_ENDINGS = (("weight", "_init_weight"), ("bias", "_init_bias"), ("gamma", "_init_gamma"), ("beta", "_init_beta"),
            ("min", "_init_zero"), ("max", "_init_one"), ("weight_quantize", "_init_quantized_weight"),
            ("bias_quantize", "_init_quantized_bias"))
# The same for names that are plain strings, by how they begin and end.
_OLD_RULES = (("upsampling", "", "_init_bilinear"), ("stn_loc", "weight", "_init_zero"),
              ("stn_loc", "bias", "_init_loc_bias"), ("", "bias", "_init_bias"), ("", "gamma", "_init_gamma"),
              ("", "beta", "_init_beta"), ("", "weight", "_init_weight"), ("", "moving_mean", "_init_zero"),
              ("", "moving_var", "_init_one"), ("", "moving_inv_var", "_init_zero"), ("", "moving_avg", "_init_zero"),
              ("", "min", "_init_zero"), ("", "max", "_init_one"))


class Initializer:  # noqa: PLW1641  changeable, so without a hash
    """Base class: subclasses say in ``_init_weight(name, array)`` how a weight starts.

    Keyword arguments are those of the subclass, kept for :meth:`dumps`.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable | None = None

    def set_verbosity(self, verbose: bool = False, print_func: Callable[[NDArray], Any] | None = None) -> Initializer:
        """Log every variable that is filled, with ``print_func(array)``, by default its root mean square."""
        self._verbose = verbose
        self._print_func = print_func or (lambda x: str((norm(x) / math.sqrt(x.size)).asscalar()))
        return self

    def _verbose_print(self, desc: str, init: str, arr: NDArray) -> None:
        if self._verbose and self._print_func:
            logging.info("Initialized %s as %s: %s", desc, init, self._print_func(arr))

    def dumps(self) -> str:
        """Return JSON of the initializer's name and arguments, as an attribute ``__init__`` holds it."""
        return json.dumps([self.__class__.__name__.lower(), self._kwargs])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Initializer):
            return NotImplemented
        return self.__class__ is other.__class__ and self._kwargs == other._kwargs

    def __call__(self, desc: InitDesc, arr: NDArray) -> None:
        """Fill `arr`, the array of the variable `desc`.

        A plain string instead of an :class:`InitDesc` is deprecated. Raises MXNetValueError if nothing is known of a
        variable of that name.
        """
        if not isinstance(desc, InitDesc):
            self._legacy_init(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        init = desc.attrs.get("__init__", "")
        if init:
            create(init)._init_weight(desc, arr)
            self._verbose_print(desc, init, arr)
            return
        ending, method = next((rule for rule in _ENDINGS if desc.endswith(rule[0])), ("", "_init_default"))
        getattr(self, method)(desc, arr)
        self._verbose_print(desc, ending, arr)

    def _legacy_init(self, name: str, arr: NDArray) -> None:
        warnings.warn("Calling initializer with init(str, NDArray) has been deprecated. "
                      "Please use init(mx.init.InitDesc(...), NDArray) instead.", DeprecationWarning, stacklevel=3)
        if not isinstance(name, str):
            raise MXNetTypeError(f"name must be string, got {name!r}")
        if not isinstance(arr, NDArray):
            raise MXNetTypeError(f"arr must be NDArray, got {type(arr).__name__}")
        method = next((m for begin, end, m in _OLD_RULES if name.startswith(begin) and name.endswith(end)),
                      "_init_default")
        getattr(self, method)(name, arr)

    # What the parts of a network start with; subclasses may override any of these.

    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise NotImplementedError("Must override it")

    def _init_zero(self, _: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_one(self, _: str, arr: NDArray) -> None:
        arr[:] = 1

    _init_bias = _init_beta = _init_quantized_bias = _init_zero
    _init_gamma = _init_one

    def _init_quantized_weight(self, _: str, arr: NDArray) -> None:
        """One random number for all, as in MXNet."""
        arr[:] = _random.randint(-127, 127, shape=(1,), ctx=arr.context).asscalar()

    def _init_bilinear(self, _: str, arr: NDArray) -> None:
        """Interpolation of images: the kernel of a transposed convolution, shape (..., height, width)."""
        if arr.ndim != 4:
            raise MXNetValueError(f"bilinear initialization of {_}: shape is {arr.shape}; expected four axes")
        height, width = arr.shape[2:]
        half = math.ceil(width / 2)
        center = (2 * half - 1 - half % 2) / (2 * half)
        tent = [1 - np.abs(np.arange(length) / half - center) for length in (height, width)]
        arr[:] = np.broadcast_to(np.outer(*tent).astype(np.float32), arr.shape)

    def _init_loc_bias(self, _: str, arr: NDArray) -> None:
        """The identity, as the bias of a layer that gives an affine map of the plane."""
        if arr.shape != (6,):
            raise MXNetValueError(f"initialization of {_}: shape is {arr.shape}; an affine map of the plane has (6,)")
        arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0], np.float32)

    def _init_default(self, name: str, _: NDArray) -> None:
        raise MXNetValueError(
            f'Unknown initialization pattern for {name}. Default initialization is now limited to "weight", "bias", '
            '"gamma" (1.0), and "beta" (0.0).Please use mx.sym.Variable(init=mx.init.*) to set initialization pattern')


register = registry.get_register_func(Initializer, "initializer")
alias = registry.get_alias_func(Initializer, "initializer")
create = registry.get_create_func(Initializer, "initializer")


# ---- choosing among initializers ------------------------------------------------------------------


class Load:
    """Fills variables with loaded arrays.

    Parameters
    ----------
    param : str or dict of str to NDArray
        A file of ``mx.nd.save``, or what it holds; prefixes ``arg:`` and ``aux:`` of names are dropped.
    default_init : Initializer, optional
        For variables that are not there.
    verbose : bool
        Log where each variable comes from.
    """

    def __init__(self, param: str | Mapping[str, NDArray], default_init: Any = None, verbose: bool = False):
        if isinstance(param, str):
            param = _load(param)
        if not isinstance(param, Mapping):
            raise MXNetTypeError(f"Load: param is {type(param).__name__}; expected a dict from names to NDArrays, or "
                                 "the file of one")
        self.param = {name.removeprefix("arg:").removeprefix("aux:"): array for name, array in param.items()}
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        loaded = self.param.get(name)
        if loaded is not None:
            if arr.shape != loaded.shape:
                raise MXNetValueError(f"Parameter {name} cannot be initialized from loading. Shape mismatch, "
                                      f"target {arr.shape} vs loaded {loaded.shape}")
            arr[:] = loaded
        elif self.default_init is not None:
            self.default_init(name, arr)
        else:
            raise MXNetValueError(f"Cannot Initialize {name}. Not found in loaded param and no default Initializer is "
                                  "provided.")
        if self.verbose:
            logging.info("Initialized %s by %s", name, "default" if loaded is None else "loading")


class Mixed:
    """The first of several initializers whose regular expression matches the beginning of the name.

    >>> init = Mixed(['bias', '.*'], [Zero(), Uniform(0.1)])
    """

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Any]):
        if len(patterns) != len(initializers):
            raise MXNetValueError(f"Mixed: got {len(patterns)} patterns and {len(initializers)} initializers")
        self.map = [(re.compile(pattern), init) for pattern, init in zip(patterns, initializers)]

    def __call__(self, name: str, arr: NDArray) -> None:
        for pattern, init in self.map:
            if pattern.match(name):
                init(name, arr)
                return
        raise MXNetValueError(f'Parameter name {name} did not match any pattern. Consider adding a ".*" pattern at the '
                              "end with default Initializer.")


# ---- constants ------------------------------------------------------------------------------------


@alias("zeros")
@register
class Zero(Initializer):
    """0 everywhere."""

    _init_weight = Initializer._init_zero


@alias("ones")
@register
class One(Initializer):
    """1 everywhere."""

    _init_weight = Initializer._init_one


@register
class Constant(Initializer):
    """A number everywhere, or a given array."""

    def __init__(self, value: Any):
        if isinstance(value, (NDArray, np.ndarray, np.generic)):
            plain = value.tolist()
        else:
            plain = value
        super().__init__(value=plain)
        self.value = value

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = np.asarray(self.value, np.float64) if isinstance(self.value, (list, tuple)) else self.value


# ---- random weights -------------------------------------------------------------------------------


def _draw(kind: str, first: float, second: float, arr: NDArray) -> None:
    getattr(_random, kind)(first, second, out=arr)


@register
class Uniform(Initializer):
    """Uniform on ``[-scale, scale]``."""

    def __init__(self, scale: float = 0.07):
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, _: str, arr: NDArray) -> None:
        _draw("uniform", -self.scale, self.scale, arr)


@register
class Normal(Initializer):
    """Normal with mean 0 and standard deviation `sigma`."""

    def __init__(self, sigma: float = 0.01):
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, _: str, arr: NDArray) -> None:
        _draw("normal", 0, self.sigma, arr)


@register
class Orthogonal(Initializer):
    """Orthogonal rows (or columns, if there are fewer) of length `scale` (Saxe et al. 2013).

    Parameters
    ----------
    scale : float
    rand_type : "uniform" or "normal"
        What is drawn before it is made orthogonal.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform"):
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, name: str, arr: NDArray) -> None:
        if self.rand_type not in ("uniform", "normal"):
            raise MXNetValueError(f"Orthogonal: rand_type is {self.rand_type!r}; expected 'uniform' or 'normal'")
        first = -1 if self.rand_type == "uniform" else 0
        shape = (arr.shape[0], math.prod(arr.shape[1:]))
        drawn = getattr(_random, self.rand_type)(first, 1, shape=shape, ctx=arr.context).asnumpy()
        rows, _, columns = np.linalg.svd(drawn, full_matrices=False)
        arr[:] = (self.scale * (rows if rows.shape == shape else columns)).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Weights that keep the variance of signals and gradients from layer to layer (Glorot & Bengio 2010).

    They are uniform on ``[-s, s]`` or normal with deviation ``s``, where ``s = sqrt(magnitude / factor)``. The factor
    is a unit's number of inputs, of outputs, or their mean; both are counted with the positions of a convolution.

    Parameters
    ----------
    rnd_type : "uniform" or "gaussian"
    factor_type : "in", "out" or "avg"
    magnitude : float
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3):
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        if arr.ndim < 2:
            raise MXNetValueError(f"Xavier initializer cannot be applied to vector {name}. It requires at least 2D.")
        positions = math.prod(arr.shape[2:])
        into, out_of = arr.shape[1] * positions, arr.shape[0] * positions
        factors = {"in": into, "out": out_of, "avg": (into + out_of) / 2}
        if self.factor_type not in factors:
            raise MXNetValueError(f"Incorrect factor type {self.factor_type!r}; expected 'in', 'out' or 'avg'")
        scale = math.sqrt(self.magnitude / factors[self.factor_type])
        if self.rnd_type == "uniform":
            _draw("uniform", -scale, scale, arr)
        elif self.rnd_type == "gaussian":
            _draw("normal", 0, scale, arr)
        else:
            raise MXNetValueError(f"Unknown random type {self.rnd_type!r}; expected 'uniform' or 'gaussian'")


@register
class MSRAPrelu(Xavier):
    """Normal weights for layers of (leaky) rectifiers (He et al. 2015).

    Parameters
    ----------
    factor_type : "in", "out" or "avg"
    slope : float
        The rectifiers' slope for negative inputs.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25):
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class Bilinear(Initializer):
    """Linear interpolation: for the weight of a transposed convolution that enlarges images."""

    _init_weight = Initializer._init_bilinear


# ---- recurrent networks ---------------------------------------------------------------------------


@register
class LSTMBias(Initializer):
    """The bias of an LSTM cell: 0 but for the forget gate (the second quarter), so that the cell remembers at first."""

    def __init__(self, forget_bias: float = 1.0):
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, name: str, arr: NDArray) -> None:
        hidden = arr.shape[0] // 4
        arr[:] = 0
        arr[hidden:2 * hidden] = self.forget_bias


_GATES = {"rnn_relu": ("",), "rnn_tanh": ("",), "lstm": ("_i", "_f", "_c", "_o"), "gru": ("_r", "_z", "_o")}


@register
class FusedRNN(Initializer):
    """Fills the one parameter vector of the operator RNN, part by part.

    Parameters
    ----------
    init : Initializer, JSON of one, or None
        For each matrix, under a name such as ``l0_i2h_f_weight`` (``r0`` is the first layer's backward direction); None
        takes the initializer of the whole model.
    num_hidden, num_layers, mode, bidirectional
        As for the operator RNN.
    forget_bias : float
        Of the forget gates of an LSTM.
    """

    def __init__(self, init: Any, num_hidden: int, num_layers: int, mode: str, bidirectional: bool = False,
                 forget_bias: float = 1.0):
        if isinstance(init, str):
            init = create(init)
        if mode not in _GATES:
            raise MXNetValueError(f"FusedRNN: mode is {mode!r}; expected one of {', '.join(_GATES)}")
        super().__init__(init=None if init is None else init.dumps(), num_hidden=num_hidden, num_layers=num_layers,
                         mode=mode, bidirectional=bidirectional, forget_bias=forget_bias)
        self._init = init
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode = mode
        self._bidirectional = bidirectional
        self._forget_bias = forget_bias

    def _init_weight(self, desc: str, arr: NDArray) -> None:
        model = getattr(desc, "global_init", None)
        init = self._init or model
        if init is None:
            raise MXNetValueError(f"FusedRNN: {desc} has neither an initializer of its own nor one of the model")
        start = 0
        for name, shape in self._parts(arr.size):
            stop = start + math.prod(shape)
            part = arr[start:stop].reshape(shape)
            if name.endswith("_f_bias"):
                part[:] = self._forget_bias
            else:
                init(InitDesc(name, global_init=model), part)
            start = stop

    def _parts(self, size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield name and shape of the parts of a parameter vector of that size, in order."""
        gates, hidden = _GATES[self._mode], self._num_hidden
        sides = "lr" if self._bidirectional else "l"
        cells = [f"{side}{layer}" for layer in range(self._num_layers) for side in sides]
        rows = len(sides) * len(gates) * hidden  # of one layer's matrices
        later = (self._num_layers - 1) * (len(sides) + 1) * hidden
        inputs, rest = divmod(size - rows * (self._num_layers * 2 + hidden + later), rows)
        if rest or inputs < 1:
            raise MXNetValueError(f"FusedRNN: {size} parameters do not fit mode={self._mode!r}, num_hidden={hidden}, "
                                  f"num_layers={self._num_layers}, bidirectional={self._bidirectional}")
        for kind in ("weight", "bias"):
            for cell in cells:
                width = inputs if cell[1:] == "0" else len(sides) * hidden
                for source, columns in (("i2h", width), ("h2h", hidden)):
                    shape = (hidden, columns) if kind == "weight" else (hidden,)
                    for gate in gates:
                        yield f"{cell}_{source}{gate}_{kind}", shape

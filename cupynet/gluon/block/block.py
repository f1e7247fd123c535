"""Block: a part of a network, with its parameters and its own parts."""
from __future__ import annotations

import re
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ... import initializer
from ... import ndarray as nd
from ...base import MXNetAssertionError, MXNetNotImplementedError, MXNetTypeError, MXNetValueError
from ...context import Context
from ..parameter import Parameter, ParameterDict
from ..text import indented, shortened
from ..utils import HookHandle
from .scope import BlockScope
from .structure import restore_structure, save_structure
from .summary import summarize

__all__ = ["Block"]


class Block:
    """A part of a network: subclasses make its parts in ``__init__`` and compute in :meth:`forward`.

    Blocks and parameters that are set as attributes belong to the block.

    Parameters
    ----------
    prefix : str, optional
        What the names of its parameters and parts begin with; by default the class's name with a number.
    params : ParameterDict, optional
        Parameters of another block to share.

    Examples
    --------
    >>> import cupynet as mx
    >>> class Twice(mx.gluon.Block):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         with self.name_scope():
    ...             self.layer = mx.gluon.nn.Dense(3)
    ...     def forward(self, x):
    ...         return self.layer(x) * 2
    >>> net = Twice(prefix='net_')
    >>> net.initialize(mx.init.One())
    >>> net(mx.nd.ones((1, 4))).asnumpy()
    array([[8., 8., 8.]], dtype=float32)
    >>> list(net.collect_params())
    ['net_dense0_weight', 'net_dense0_bias']
    """

    _is_container = False  # whether it only holds other blocks

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None):
        if not isinstance(prefix, (str, type(None))):
            raise MXNetTypeError(f"{type(self).__name__}: prefix is {prefix!r}; expected text")
        if not isinstance(params, (ParameterDict, type(None))):
            raise MXNetTypeError(f"{type(self).__name__}: params is {type(params).__name__}; expected a ParameterDict")
        self._empty_prefix = prefix == ""
        self._prefix, self._params = BlockScope.create(prefix, params, self._alias())
        self._name = self._prefix.removesuffix("_")
        self._scope = BlockScope(self)
        self._children: OrderedDict[str, Block] = OrderedDict()
        self._reg_params: dict[str, Parameter] = {}
        self._forward_hooks: OrderedDict[int, Callable] = OrderedDict()
        self._forward_pre_hooks: OrderedDict[int, Callable] = OrderedDict()

    def __repr__(self) -> str:
        parts = "\n".join(f"  ({key}): {indented(repr(block), 2)}" for key, block in self._shown_parts())
        return f"{type(self).__name__}(\n{parts}\n)"

    def _shown_parts(self) -> Iterator[tuple[str, Block]]:
        return ((key, value) for key, value in self.__dict__.items() if isinstance(value, Block))

    def __setattr__(self, name: str, value: Any) -> None:
        existing = self.__dict__.get(name)
        if isinstance(existing, (Parameter, Block)) and not isinstance(value, type(existing)):
            raise MXNetTypeError(f"Changing attribute type for {name} from {type(existing)} to {type(value)}is not "
                                 "allowed.")
        if isinstance(value, Block):
            self.register_child(value, name)
        elif isinstance(value, Parameter):
            if self._reg_params.get(name, value) is not value:
                raise MXNetAssertionError(f"Overriding Parameter attribute {name} is not allowed. If you want to share "
                                          "parameters between blocks, please set 'params' at Block construction "
                                          "instead.")
            self._reg_params[name] = value
        super().__setattr__(name, value)

    # ---- names ---------------------------------------------------------------------------------

    def _alias(self) -> str:
        """Return what names of blocks of this class are made of."""
        return type(self).__name__.lower()

    @property
    def prefix(self) -> str:
        """What the names of its parameters and parts begin with."""
        return self._prefix

    @property
    def name(self) -> str:
        """The prefix without the underscore at its end."""
        return self._name

    def name_scope(self) -> BlockScope:
        """Return the scope in which parts and operators are named after the block: ``with self.name_scope():``."""
        return self._scope

    # ---- parts and parameters ------------------------------------------------------------------

    @property
    def params(self) -> ParameterDict:
        """The block's own parameters, without those of its parts."""
        return self._params

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Make `block` a part of this one; what is set as an attribute is one by itself."""
        self._children[str(len(self._children)) if name is None else name] = block

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """Return all parameters of the block and its parts.

        Parameters
        ----------
        select : str, optional
            A regular expression that the names must match from their beginning, such as ``'.*weight|.*bias'``.
        """
        self._check_containers()
        found = ParameterDict(self._params.prefix)
        pattern = re.compile(select) if select else None
        found.update({name: value for name, value in self.params.items() if not pattern or pattern.match(name)})
        for child in self._children.values():
            found.update(child.collect_params(select))
        return found

    def _check_containers(self) -> None:
        """Warn of lists and dicts of blocks, which are no parts."""
        parts = set(map(id, self._children.values()))
        for name, value in self.__dict__.items():
            if not isinstance(value, (list, tuple, dict)) or name.startswith("__") or value is self._children:
                continue
            if any(isinstance(each, Block) and id(each) not in parts for each in _inside(value)):
                warnings.warn(f'"{type(self).__name__}.{name}" is an unregistered container with Blocks. Note that '
                              "Blocks inside the list, tuple or dict will not be registered automatically. Make sure "
                              "to register them using register_child() or switching to "
                              "nn.Sequential/nn.HybridSequential instead. ", stacklevel=3)

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """Return all parameters by the path of attributes that leads to them, such as ``body.0.weight``."""
        prefix += "." if prefix else ""
        found = {prefix + key: value for key, value in self._reg_params.items()}
        for name, child in self._children.items():
            found.update(child._collect_params_with_prefix(prefix + name))
        return found

    def initialize(self, init: Any = initializer.Uniform(),  # noqa: B008
                   ctx: Context | Sequence[Context] | None = None,
                   verbose: bool = False, force_reinit: bool = False) -> None:
        """Give all parameters their first values.

        Parameters
        ----------
        init : Initializer or str
            For those that have none of their own.
        ctx : Context or list of Context, optional
            Where they are to be; default: the current context.
        verbose : bool
            Whether to log each.
        force_reinit : bool
            Whether to draw again what has values.
        """
        self.collect_params().initialize(init, ctx, verbose, force_reinit)

    def apply(self, fn: Callable[[Block], Any]) -> Block:
        """Call `fn` with each part, the innermost first, and with the block itself; return the block."""
        for child in self._children.values():
            child.apply(fn)
        fn(self)
        return self

    def cast(self, dtype: Any) -> None:
        """Change the dtype of all parameters."""
        for child in self._children.values():
            child.cast(dtype)
        for each in self.params.values():
            each.cast(dtype)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Let all parts that are HybridBlocks run as graphs (see :meth:`HybridBlock.hybridize`), or no more."""
        for child in self._children.values():
            child.hybridize(active, **kwargs)

    # ---- files ---------------------------------------------------------------------------------

    def save_parameters(self, filename: str, deduplicate: bool = False) -> None:
        """Write all parameters to a file, to be read by :meth:`load_parameters` of a block of the same structure.

        Parameters
        ----------
        filename : str
        deduplicate : bool
            Whether a parameter that is shared is written once only.
        """
        params = self._collect_params_with_prefix()
        if deduplicate:
            last = {value: name for name, value in params.items()}
            params = {name: value for value, name in last.items()}
        nd.save(filename, {name: value._reduce() for name, value in params.items()})

    def load_parameters(self, filename: str, ctx: Context | Sequence[Context] | None = None,
                        allow_missing: bool = False, ignore_extra: bool = False, cast_dtype: bool = False,
                        dtype_source: str = "current") -> None:
        """Read parameters that :meth:`save_parameters`, ``export`` or ``collect_params().save`` wrote.

        Parameters
        ----------
        filename : str
        ctx : Context or list of Context, optional
            Where to put those that were not initialized.
        allow_missing, ignore_extra : bool
            Whether the file may lack some parameters, and hold others.
        cast_dtype : bool
            Whether dtypes may differ; then `dtype_source` ("current" or "saved") says which one holds.
        """
        loaded = nd.load(filename)
        params = self._collect_params_with_prefix()
        if not loaded and not params:
            return
        if not isinstance(loaded, dict):
            raise MXNetTypeError(f"load_parameters: {filename} holds a list of arrays without names; expected a dict")
        if not any("." in name for name in loaded):  # the names of parameters rather than paths to them
            self.collect_params().load_dict(loaded, ctx, allow_missing, ignore_extra, self.prefix, filename,
                                            cast_dtype, dtype_source)
            return
        if not allow_missing:
            names: dict[Parameter, list[str]] = {}
            for name, each in params.items():
                names.setdefault(each, []).append(name)
            missing = [its[0] for its in names.values() if not any(name in loaded for name in its)]
            if missing:
                raise MXNetAssertionError(f"Parameter {shortened(missing)} is missing in file '{filename}', which "
                                          f"contains parameters: {shortened(loaded)}. Set allow_missing=True to ignore "
                                          "missing parameters.")
        extra = [name for name in loaded if name not in params]
        if extra and not ignore_extra:
            raise MXNetValueError(f"Parameter {shortened(extra)} loaded from file '{filename}' is not present in "
                                  f"ParameterDict, which contains parameters {shortened(params)}. Set "
                                  "ignore_extra=True to ignore. ")
        for name, value in loaded.items():
            if name in params:
                params[name]._load_init(value, ctx, cast_dtype=cast_dtype, dtype_source=dtype_source)

    def save_params(self, filename: str) -> None:
        """Write all parameters to a file, under their names without the block's prefix (deprecated)."""
        warnings.warn("save_params is deprecated. Please use save_parameters. Note that if you want load from "
                      "SymbolBlock later, please use export instead.", stacklevel=2)
        self.collect_params().save(filename, strip_prefix=self.prefix)

    def load_params(self, filename: str, ctx: Context | Sequence[Context] | None = None, allow_missing: bool = False,
                    ignore_extra: bool = False) -> None:
        """Read parameters from a file (deprecated: :meth:`load_parameters`)."""
        warnings.warn("load_params is deprecated. Please use load_parameters.", stacklevel=2)
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)

    def save(self, prefix: str) -> None:
        """Write ``prefix-model.json``, names and graphs of all parts, and ``prefix-model.params``."""
        save_structure(self, f"{prefix}-model.json")
        self.save_parameters(f"{prefix}-model.params")

    def load(self, prefix: str) -> None:
        """Read what :meth:`save` wrote into a block of the same structure, which then runs the stored graphs."""
        restore_structure(self, f"{prefix}-model.json")
        self.load_parameters(f"{prefix}-model.params")

    # ---- running -------------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Callable[[Block, tuple], Any]) -> HookHandle:
        """Let ``hook(block, inputs)`` be called before each forward; return what ends that by ``detach()``."""
        return HookHandle.attached(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[[Block, tuple, Any], Any]) -> HookHandle:
        """Let ``hook(block, inputs, outputs)`` be called after each forward; return what ends that by ``detach()``."""
        return HookHandle.attached(self._forward_hooks, hook)

    def register_op_hook(self, callback: Callable | None, monitor_all: bool = False) -> None:
        """Let ``callback(name, operator, array)`` see the outputs of operators of all hybridized parts.

        With `monitor_all` it sees their inputs, too.
        """
        for child in self._children.values():
            child.register_op_hook(callback, monitor_all)

    def __call__(self, *args: Any) -> Any:
        """Call :meth:`forward`, and the hooks before and after it."""
        if self._forward_pre_hooks:
            for hook in tuple(self._forward_pre_hooks.values()):
                hook(self, args)
        out = self.forward(*args)
        if self._forward_hooks:
            for hook in tuple(self._forward_hooks.values()):
                hook(self, args, out)
        return out

    def forward(self, *args: Any) -> Any:
        """Compute outputs from inputs; every subclass says how."""
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define forward")

    def summary(self, *inputs: Any) -> None:
        """Print the layers, the shapes of their outputs and the numbers of their parameters, for certain inputs."""
        summarize(self, inputs)


def _inside(value: Any) -> Iterator[Any]:
    """Yield what nested lists and dicts hold."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _inside(each)
    else:
        yield value

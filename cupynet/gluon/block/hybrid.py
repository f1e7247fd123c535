"""HybridBlock: a block that runs operator by operator, or, once hybridized, as one graph."""
from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ... import ndarray as nd
from ... import symbol as sym
from ...base import MXNetError, MXNetNotImplementedError, MXNetValueError
from ...cached_op import CachedOp
from ...context import Context
from ...ndarray import NDArray
from ...ndarray.base import NDArrayBase
from ...symbol import Symbol
from ...symbol.base import SymbolBase
from ..parameter import DeferredInitializationError, Parameter, ParameterDict
from .block import Block
from .formats import flatten, leaves, regroup

__all__ = ["HybridBlock"]


class HybridBlock(Block):
    """A block whose :meth:`hybrid_forward` runs on arrays as well as on symbols.

    Once :meth:`hybridize` was called, the first forward composes a symbol; from then on it is called as a whole
    (:class:`~cupynet.CachedOp`).

    Parameters
    ----------
    prefix : str, optional
        What the names of its parameters and parts begin with; by default the class's name with a number.
    params : ParameterDict, optional
        Parameters of another block to share.

    Examples
    --------
    >>> import cupynet as mx
    >>> class Scaled(mx.gluon.HybridBlock):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.factor = self.params.get('factor', shape=(1,), init='ones')
    ...     def hybrid_forward(self, F, x, factor):
    ...         return F.broadcast_mul(x, factor * 2)
    >>> net = Scaled()
    >>> net.initialize()
    >>> net.hybridize()
    >>> net(mx.nd.ones((2, 2))).asnumpy()
    array([[2., 2.],
           [2., 2.]], dtype=float32)
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix, params)
        self._cached_graph: tuple = ()  # (inputs, outputs) as symbols
        self._cached_op: CachedOp | None = None
        self._cached_op_args: list[tuple[bool, Any]] = []  # of each input of the graph: (True, index) or (False, param)
        self._graph_names: dict[str, Parameter] = {}  # what a graph from a file calls parameters
        self._in_format: Any = None
        self._out_format: Any = None
        self._active = False
        self._flags: list[tuple[str, Any]] = []
        self._callback: Callable | None = None
        self._monitor_all = False
        self._backend: str | None = None
        self._backend_opts: dict[str, Any] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if isinstance(value, HybridBlock):
            self._clear_cached_op()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cached_op": None}

    # ---- parts ---------------------------------------------------------------------------------

    def register_child(self, block: HybridBlock, name: str | None = None) -> None:
        """Make `block`, which must be a HybridBlock, a part of this one."""
        if not isinstance(block, HybridBlock):
            raise MXNetValueError(f"Children of HybridBlock must also be HybridBlock, but {block} has type "
                                  f"{type(block)}. If you are using Sequential, please try HybridSequential instead.")
        super().register_child(block, name)
        self._clear_cached_op()

    def hybridize(self, active: bool = True, backend: str | None = None, clear: bool = True,
                  static_alloc: bool = False, static_shape: bool = False, inline_limit: int = 2,
                  forward_bulk_size: int | None = None, backward_bulk_size: int | None = None, **kwargs: Any) -> None:
        """Run as a graph from the next forward on, or no more.

        Parameters
        ----------
        active : bool
        backend : str, optional
            A backend of MXNet's CPU build: accepted, as graphs are optimized anyway.
        clear : bool
            Whether to forget options of backends given before.
        static_alloc, static_shape, inline_limit, forward_bulk_size, backward_bulk_size
            Accepted for compatibility (see :class:`~cupynet.CachedOp`).
        **kwargs
            Options of the backend.
        """
        self._backend = backend
        self._backend_opts = {**({} if clear else self._backend_opts), **kwargs}
        self._active = active
        self._flags = [("static_alloc", static_alloc), ("static_shape", static_shape), ("inline_limit", inline_limit)]
        self._flags += [(name, size) for name, size in (("forward_bulk_size", forward_bulk_size),
                                                        ("backward_bulk_size", backward_bulk_size))
                        if size is not None]
        self._clear_cached_op()
        if active and (self._forward_hooks or self._forward_pre_hooks):
            warnings.warn(f'"{self}" is being hybridized while still having forward hook/pre-hook. If "{self}" is a '
                          "child of HybridBlock, the hooks will not take effect.", stacklevel=2)
        super().hybridize(active, static_alloc=static_alloc, static_shape=static_shape, inline_limit=inline_limit,
                          forward_bulk_size=forward_bulk_size, backward_bulk_size=backward_bulk_size)

    def optimize_for(self, x: NDArray, *args: Any, backend: str | None = None, clear: bool = False,
                     static_alloc: bool = False, static_shape: bool = False, inline_limit: int = 2,
                     forward_bulk_size: int | None = None, backward_bulk_size: int | None = None,
                     **kwargs: Any) -> None:
        """Hybridize for a backend, and compose the graph for inputs like these, without running it."""
        if not backend:
            raise MXNetValueError('Must specify "backend" to optimize_for')
        self.hybridize(True, backend, clear, static_alloc, static_shape, inline_limit, forward_bulk_size,
                       backward_bulk_size, **kwargs)
        if not isinstance(x, NDArrayBase):
            raise MXNetValueError(f"optimize_for: the input is {type(x).__name__}; expected an NDArray")
        with x.context:
            self._build_cache(x, *args)

    def cast(self, dtype: Any) -> None:
        """Change the dtype of all parameters."""
        self._clear_cached_op()
        super().cast(dtype)

    def register_op_hook(self, callback: Callable | None, monitor_all: bool = False) -> None:
        """Let ``callback(name, operator, array)`` see the outputs of operators, once hybridized.

        With `monitor_all` it sees their inputs, too. ``None`` ends it.
        """
        self._callback, self._monitor_all = callback, monitor_all
        if self._cached_op is not None:
            self._cached_op._register_op_hook(callback, monitor_all)
        super().register_op_hook(callback, monitor_all)

    # ---- running -------------------------------------------------------------------------------

    def forward(self, x: Any, *args: Any) -> Any:
        """Compute outputs from arrays, or compose them of symbols; subclasses define :meth:`hybrid_forward`."""
        ctx = x._ctx if isinstance(x, NDArrayBase) and not args else _context_of(x, args, self._active)
        if ctx is None:
            params = {name: each.var() for name, each in self._reg_params.items()}
            with self.name_scope():
                return self.hybrid_forward(sym, x, *args, **params)
        with ctx:
            if self._active:
                return self._call_cached_op(x, *args)
            try:
                params = {name: each.data(ctx) for name, each in self._reg_params.items()}
            except DeferredInitializationError:
                self._infer_missing(self.params.values(), x, *args)
                params = {name: each.data(ctx) for name, each in self._reg_params.items()}
            return self.hybrid_forward(nd, x, *args, **params)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Compute outputs by the functions of `F`, which is ``mx.nd`` or ``mx.sym``.

        Parameters
        ----------
        F : module
        x, *args : NDArray or Symbol
            The inputs.
        **kwargs : NDArray or Symbol
            The block's own parameters, by the names of its attributes.
        """
        raise MXNetNotImplementedError(f"{type(self).__name__} does not define hybrid_forward")

    def _call_cached_op(self, *args: Any) -> Any:
        """Call the graph, which is composed when it is called first."""
        cached = self._cached_op
        if cached is None:
            self._build_cache(*args)
            cached = self._cached_op
        if len(args) == 1 and self._in_format == [0] and isinstance(args[0], NDArrayBase):
            items = args
        else:
            items, form = flatten(args, "input")
            if form != self._in_format:
                items = self._fitted(items, form)
        try:
            inputs = [items[each] if given else each.data() for given, each in self._cached_op_args]
        except DeferredInitializationError:
            self._infer_missing([each for given, each in self._cached_op_args if not given], *args)
            inputs = [items[each] if given else each.data() for given, each in self._cached_op_args]
        out = cached(*inputs)
        if self._out_format == 0:
            return out
        return regroup([out] if isinstance(out, NDArrayBase) else out, self._out_format)

    def _fitted(self, items: list[Any], form: Any) -> list[Any]:
        """Return inputs if they differ from those of the graph by None at the end only, and else refuse them."""
        known = self._in_format

        def bare(form: list) -> list:
            while form and form[-1] == -1:
                form = form[:-1]
            return form
        if bare(form) != bare(known):
            raise MXNetValueError("The argument structure of HybridBlock does not match the cached version. Stored "
                                  f"format = {form}, input format = {known}")
        return items

    # ---- the graph -----------------------------------------------------------------------------

    def _clear_cached_op(self) -> None:
        self.__dict__["_cached_graph"] = ()
        self.__dict__["_cached_op"] = None

    def _get_graph(self, *args: Any) -> tuple[list[Symbol], Symbol]:
        """Return inputs and outputs as symbols, composed when first asked for."""
        if not self._cached_graph:
            items, self._in_format = flatten(args, "input")
            number = sum(each is not None for each in items)
            names = ["data"] if number == 1 else [f"data{i}" for i in range(number)]
            inputs = [sym.var(name) for name in names]
            rest = iter(inputs)
            grouped = regroup([None if each is None else next(rest) for each in items], self._in_format)
            params = {name: each.var() for name, each in self._reg_params.items()}
            with self.name_scope():
                out = self.hybrid_forward(sym, *grouped, **params)
            outputs, self._out_format = flatten(out, "output")
            self._cached_graph = inputs, sym.Group(outputs) if len(outputs) > 1 else outputs[0]
        return self._cached_graph

    def _build_cache(self, *args: Any) -> None:
        """Make the graph something that can be called, and note where its inputs come from."""
        inputs, out = self._get_graph(*args)
        items, _ = flatten(args, "input")
        places = [i for i, each in enumerate(items) if each is not None]
        given = {each.name: place for each, place in zip(inputs, places)}
        params = {**self._graph_names, **dict(self.collect_params().items())}
        expected = out.list_inputs()
        unknown = [name for name in expected if name not in params and name not in given]
        if unknown:
            raise MXNetError(f"Unknown input to HybridBlock: {', '.join(unknown)}")
        used = set(expected)
        unused = ", ".join(f"{i}-th" for i, name in enumerate(given) if name not in used)
        if unused:
            warnings.warn(f"The {unused} input to HybridBlock is not used by any computation. Is this intended?",
                          stacklevel=5)
        unused = ", ".join(sorted(name for name in self._graph_names or params if name not in used))
        if unused:
            warnings.warn(f"Parameter {unused} is not used by any computation. Is this intended?", stacklevel=5)
        self._check_backend()
        self._cached_op_args = [(True, given[name]) if name in given else (False, params[name]) for name in expected]
        cached = CachedOp(out, self._flags)
        if self._callback is not None:
            cached._register_op_hook(self._callback, self._monitor_all)
        self._cached_op = cached

    def _check_backend(self) -> None:
        if self._backend:
            try:
                self._cached_graph[1].get_backend_symbol(self._backend)
            except MXNetError as error:
                logging.getLogger(__name__).warning("optimizing for backend %r: %s", self._backend, error)

    # ---- what is not known yet -----------------------------------------------------------------

    def infer_shape(self, *args: Any) -> None:
        """Set the shapes of all parameters by those of inputs."""
        self._infer_attrs("infer_shape", "shape", *args)

    def infer_type(self, *args: Any) -> None:
        """Set the dtypes of all parameters by those of inputs."""
        self._infer_attrs("infer_type", "dtype", *args)

    def _infer_attrs(self, method: str, attribute: str, *args: Any) -> None:
        inputs, out = self._get_graph(*args)
        items = [each for each in flatten(args, "input")[0] if each is not None]
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            found = getattr(out, method)(**{each.name: getattr(item, attribute) for each, item in zip(inputs, items)})
        if found[0] is None:
            raise MXNetValueError(f"{method}: what is known of the inputs is not enough for all parameters of "
                                  f"{self.name}")
        known = dict(zip(out.list_arguments() + out.list_auxiliary_states(), found[0] + found[2]))
        for name, each in self.collect_params().items():
            if name in known:
                setattr(each, attribute, known[name])

    def _infer_missing(self, params: Iterable[Parameter], *args: Any) -> None:
        """Find the shapes of parameters that have waited for these inputs, and give `params` their values."""
        try:
            self.infer_shape(*args)
        except Exception as error:
            raise MXNetValueError("Deferred initialization failed because shape cannot be inferred. "
                                  f"{error}") from error
        for each in params:
            each._finish_deferred_init()

    # ---- files ---------------------------------------------------------------------------------

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> None:
        """Write the graph and the parameters for Module, ``SymbolBlock.imports`` or MXNet's other languages.

        Parameters
        ----------
        path : str
            The files are ``path-symbol.json`` and ``path-0000.params``, with `epoch` as the number.
        epoch : int
        remove_amp_cast : bool
            Whether to leave out the casts of automatic mixed precision.
        """
        if not self._cached_graph:
            raise MXNetError("Please first call block.hybridize() and then run forward with this block at least once "
                             "before calling export.")
        out = self._cached_graph[1]
        kinds = {**dict.fromkeys(out.list_arguments(), "arg"), **dict.fromkeys(out.list_auxiliary_states(), "aux")}
        arrays = {}
        for name, each in self.collect_params().items():
            if name in kinds:
                arrays[f"{kinds[name]}:{name}"] = each._reduce()
        out.save(f"{path}-symbol.json", remove_amp_cast=remove_amp_cast)
        nd.save(f"{path}-{epoch:04d}.params", arrays)


def _context_of(x: Any, args: Sequence[Any], single: bool) -> Context | None:
    """Return the context of the first array among nested inputs, or None if they are symbols.

    With `single`, all arrays must be on one.
    """
    contexts: dict[Context, None] = {}
    symbolic = False
    for each in leaves((x, *args)):
        if isinstance(each, NDArrayBase):
            contexts[each._ctx] = None
        elif isinstance(each, SymbolBase):
            symbolic = True
    if symbolic and contexts:
        raise MXNetValueError("In HybridBlock, we do not support mixed NDArrays and Symbols types for the input. "
                              "Please check the type of the args.\n")
    if not symbolic and not contexts:
        raise MXNetValueError("In HybridBlock, there must be one NDArray or one Symbol in the input. Please check the "
                              "type of the args.\n")
    if single and len(contexts) > 1:
        raise MXNetValueError("Find multiple contexts in the input, After hybridized, the HybridBlock only supports "
                              "one input context. You can print the ele.ctx in the input arguments to inspect their "
                              f"contexts. Find all contexts = {set(contexts)}")
    return next(iter(contexts), None)

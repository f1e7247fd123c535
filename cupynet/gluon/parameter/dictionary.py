"""ParameterDict: parameters by name, made on demand, stored and loaded together."""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ... import initializer
from ... import ndarray as nd
from ...base import MXNetAssertionError, MXNetKeyError, MXNetTypeError, MXNetValueError
from ...context import Context
from ...ndarray import NDArray
from ...ndarray.base import NDArrayBase
from ..text import indented, shortened
from .constant import Constant
from .parameter import Parameter

__all__ = ["ParameterDict"]

_SAME_PREFIX = "Please make sure source and target networks have the same prefix."


class ParameterDict:
    """Parameters by name, in the order in which they were made.

    Parameters
    ----------
    prefix : str
        What the names of new parameters begin with.
    shared : ParameterDict, optional
        Where a name is looked up before a new parameter is made.

    Examples
    --------
    >>> import cupynet as mx
    >>> params = mx.gluon.ParameterDict('net_')
    >>> params.get('weight', shape=(2, 3))
    Parameter net_weight (shape=(2, 3), dtype=<class 'numpy.float32'>)
    """

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None):
        self._prefix = prefix
        self._params: OrderedDict[str, Parameter] = OrderedDict()
        self._shared = shared

    def __repr__(self) -> str:
        content = "\n".join(indented(f"  {each}", 2) for each in self.values())
        return f"{self._prefix + ' ' if self._prefix else ''}(\n{content}\n)"

    def __getitem__(self, key: str) -> Parameter:
        return self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __contains__(self, key: str) -> bool:
        return key in self._params

    def __len__(self) -> int:
        return len(self._params)

    def __bool__(self) -> bool:
        return True  # as MXNet's, which has no length

    def items(self) -> Any:
        """Return pairs of name and parameter."""
        return self._params.items()

    def keys(self) -> Any:
        """Return the names."""
        return self._params.keys()

    def values(self) -> Any:
        """Return the parameters."""
        return self._params.values()

    @property
    def prefix(self) -> str:
        """What the names of new parameters begin with."""
        return self._prefix

    # ---- making --------------------------------------------------------------------------------

    def _find(self, name: str) -> Parameter | None:
        if name not in self._params and self._shared is not None and name in self._shared._params:
            self._params[name] = self._shared._params[name]
        return self._params.get(name)

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """Return the parameter called prefix + `name`; make it if there is none.

        Parameters
        ----------
        name : str
        **kwargs
            Arguments of :class:`Parameter`. Those of a parameter that is there must agree; what is not known of it
            yet is filled in.
        """
        name = self.prefix + name
        found = self._find(name)
        if found is None:
            found = self._params[name] = Parameter(name, **kwargs)
            return found
        for key, value in kwargs.items():
            existing = getattr(found, key, None)
            if existing is None:
                setattr(found, key, value)
            elif key == "shape" and value is not None and _merged(value, existing) is not None:
                found._shape = _merged(value, existing)
            elif key == "dtype" and value is not None and np.dtype(value) == np.dtype(existing):
                continue
            elif value is not None and value != existing:
                raise MXNetAssertionError(f"Cannot retrieve Parameter '{name}' because desired attribute does not "
                                          f"match with stored for attribute '{key}': desired '{value}' vs stored "
                                          f"'{getattr(found, key)}'.")
        return found

    def get_constant(self, name: str, value: Any = None) -> Constant:
        """Return the constant called prefix + `name`; make it, with `value`, if there is none."""
        name = self.prefix + name
        found = self._find(name)
        if found is None:
            if value is None:
                raise MXNetKeyError(f"No constant named '{name}'. Please specify value if you want to create a new "
                                    "constant.")
            found = self._params[name] = Constant(name, value)
        elif value is not None:
            if not isinstance(found, Constant):
                raise MXNetAssertionError(f"Parameter '{name}' already exists but it is not a constant.")
            given = value.asnumpy() if isinstance(value, NDArrayBase) else np.asarray(value)
            if given.shape != found.value.shape or not (given == found.value.asnumpy()).all():
                raise MXNetAssertionError(f"Constant '{name}' already exists but it's value doesn't match new value")
        return found

    def update(self, other: Mapping[str, Parameter] | ParameterDict) -> None:
        """Take over all parameters of `other`."""
        for key, value in other.items():
            if self._params.setdefault(key, value) is not value:
                raise MXNetAssertionError("Cannot update self with other because they have different Parameters with "
                                          f"the same name '{key}'")

    # ---- all of them ---------------------------------------------------------------------------

    def initialize(self, init: Any = initializer.Uniform(),  # noqa: B008
                   ctx: Context | Sequence[Context] | None = None,
                   verbose: bool = False, force_reinit: bool = False) -> None:
        """Give all parameters their first values (:meth:`Parameter.initialize`)."""
        if verbose:
            init = initializer.create(init)
            init.set_verbosity(verbose=verbose)
        for each in self.values():
            each.initialize(None, ctx, init, force_reinit=force_reinit)

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        for each in self.values():
            each.zero_grad()

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move all parameters to other contexts."""
        for each in self.values():
            each.reset_ctx(ctx)

    def list_ctx(self) -> list[Context]:
        """Return all contexts where parameters are."""
        return list(dict.fromkeys(ctx for each in self.values() for ctx in each.list_ctx()))

    def setattr(self, name: str, value: Any) -> None:
        """Set an attribute of all parameters: ``params.setattr('grad_req', 'null')``."""
        for each in self.values():
            setattr(each, name, value)

    # ---- files ---------------------------------------------------------------------------------

    def save(self, filename: str, strip_prefix: str = "") -> None:
        """Write all parameters to a file, under their names without `strip_prefix`."""
        found = {}
        for each in self.values():
            if not each.name.startswith(strip_prefix):
                raise MXNetValueError(
                    f"Prefix '{strip_prefix}' is to be striped before saving, but Parameter's name '{each.name}' does "
                    f"not start with '{strip_prefix}'. this may be due to your Block shares parameters from other "
                    "Blocks or you forgot to use 'with name_scope()' when creating child blocks.")
            found[each.name[len(strip_prefix):]] = each._reduce()
        nd.save(filename, found)

    def load(self, filename: str, ctx: Context | Sequence[Context] | None = None, allow_missing: bool = False,
             ignore_extra: bool = False, restore_prefix: str = "", cast_dtype: bool = False,
             dtype_source: str = "current") -> None:
        """Read parameters from a file that :meth:`save`, ``export`` or ``save_checkpoint`` wrote.

        Parameters
        ----------
        filename : str
        ctx : Context or list of Context, optional
            Where to put those that were not initialized.
        allow_missing, ignore_extra : bool
            Whether the file may lack some parameters, and hold others.
        restore_prefix : str
            What to put before the names in the file.
        cast_dtype : bool
            Whether dtypes may differ; then `dtype_source` ("current" or "saved") says which one holds.
        """
        found = nd.load(filename)
        if not isinstance(found, dict):
            raise MXNetTypeError(f"load: {filename} holds a list of arrays without names; expected a dict")
        self.load_dict(found, ctx, allow_missing, ignore_extra, restore_prefix, filename, cast_dtype, dtype_source)

    def load_dict(self, param_dict: Mapping[str, NDArray], ctx: Context | Sequence[Context] | None = None,
                  allow_missing: bool = False, ignore_extra: bool = False, restore_prefix: str = "",
                  filename: str | None = None, cast_dtype: bool = False, dtype_source: str = "current") -> None:
        """Take parameters from a dict from names to arrays; see :meth:`load`."""
        for name in self.keys() if restore_prefix else ():
            if not name.startswith(restore_prefix):
                raise MXNetAssertionError(f"restore_prefix is '{restore_prefix}' but Parameters name '{name}' does not "
                                          f"start with '{restore_prefix}'.")
        loaded = {restore_prefix + name.removeprefix("arg:").removeprefix("aux:"): value
                  for name, value in param_dict.items()}
        where = f"file: {filename}" if filename else "param_dict"
        for name in self.keys() if not allow_missing else ():
            if name not in loaded:
                raise MXNetAssertionError(f"Parameter '{name[len(restore_prefix):]}' is missing in {where}, which "
                                          f"contains parameters: {shortened(loaded)}. {_SAME_PREFIX}")
        for name, value in loaded.items():
            if name in self._params:
                self._params[name]._load_init(value, ctx, cast_dtype=cast_dtype, dtype_source=dtype_source)
            elif not ignore_extra:
                raise MXNetAssertionError(f"Parameter '{name[len(restore_prefix):]}' loaded from {where} is not "
                                          f"present in ParameterDict, choices are: {shortened(self.keys())}. Set "
                                          f"ignore_extra to True to ignore. {_SAME_PREFIX}")


def _merged(new: Any, old: Sequence[int]) -> tuple[int, ...] | None:
    """Return the shape of which both are parts, or None if there is none."""
    new = (new,) if isinstance(new, int) else tuple(new)
    if len(new) != len(old) or any(0 not in (a, b) and a != b for a, b in zip(new, old)):
        return None
    return tuple(a or b for a, b in zip(new, old))

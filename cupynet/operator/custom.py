"""``Custom``: the open operator that is whatever has been registered under its ``op_type``."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..ops.catalog import op
from ..ops.op import Op
from ..ops.schema import as_text
from .interface import CustomOpProp
from .use import Use

__all__ = ["register", "custom"]

_props: dict[str, type[CustomOpProp]] = {}


def register(reg_name: str) -> Callable[[type], type]:
    """Return a decorator that registers a :class:`CustomOpProp` as ``op_type=reg_name``; the last one holds."""
    def decorate(prop_cls: type) -> type:
        if not (isinstance(prop_cls, type) and issubclass(prop_cls, CustomOpProp)):
            raise MXNetTypeError(f"register: {prop_cls!r} is registered as {reg_name!r}; expected a subclass of "
                                 "CustomOpProp")
        _props[reg_name] = prop_cls
        return prop_cls
    return decorate


@op(name="Custom", outputs=lambda attrs: ("output",), count="")
def custom(xp, *data, op_type: str, train, device, out=None):
    """The operator of one's own that is registered as `op_type`; see :mod:`cupynet.operator`.

    Parameters
    ----------
    *data : arrays
        Its inputs and then its auxiliary states, also by name. Where they are left out of a symbol they become
        variables named after the operator's lists.
    op_type : str
        What was given to ``mx.operator.register``.
    **kwargs
        Everything else goes to the constructor of the ``CustomOpProp``, as strings.

    Returns
    -------
    The outputs, as the prop's ``infer_shape`` and ``infer_type`` say.

    Raises
    ------
    MXNetError
        If nothing is registered as `op_type`, or the operator's own code raises: the message names the method, and
        the error is the cause.

    Gradients of higher order do not pass: backward is opaque. MXNet's operator ``Custom``.
    """
    raise MXNetError("Custom: an open operator runs only as what its resolver makes of it")


@custom.resolves
def _(values: dict[str, Any], subgraphs: Sequence[Any]) -> Op:
    settings = {name: as_text(value) for name, value in values.items()
                if not (name.startswith("__") and name.endswith("__"))}
    op_type = settings.pop("op_type", None)
    if op_type is None:
        raise MXNetValueError("Custom: required argument 'op_type' is missing")
    if op_type not in _props:
        raise MXNetValueError(f"Custom: Cannot find custom operator {op_type!r}; mx.operator.register has been given "
                              f"{', '.join(map(repr, _props)) or 'none'}")
    return Use(custom, op_type, _props[op_type], settings, ("op_type", *settings)).declaration()

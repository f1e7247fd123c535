"""Storage types, of which there is one."""
from __future__ import annotations

from typing import Literal

from ...base import MXNetError
from ..catalog import op
from ..infer import same_shape, same_type

__all__: list[str] = []


@op(name="cast_storage", aliases=("_sparse_cast_storage",), view=True)
def cast_storage(xp, data, *, stype: Literal["csr", "default", "row_sparse"]):
    """`data` itself in the storage type ``default``; there are no sparse arrays, so the others raise MXNetError."""
    if stype != "default":
        raise MXNetError(f"cast_storage: storage type {stype!r} is not supported; arrays are dense ('default')")
    return data


cast_storage.shape(same_shape)
cast_storage.type(same_type)


@cast_storage.grad("data")
def _(F, grad):
    return grad

"""What training loops in Gluon use: batches cut for several contexts, gradients clipped, files fetched."""
from __future__ import annotations

import os
import warnings
import weakref
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetAssertionError, MXNetTypeError, MXNetValueError
from ..context import Context
from ..download import check_sha1, download
from ..ndarray import NDArray
from ..ndarray.base import NDArrayBase
from .parameter.parameter import shape_is_known
from .text import indented as _indent  # noqa: F401  old names
from .text import shortened as _brief_print_list  # noqa: F401

__all__ = ["split_data", "split_and_load", "clip_global_norm", "check_sha1", "download", "replace_file",
           "HookHandle", "shape_is_known"]

_REPOSITORY = "https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/"


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Return `data` in `num_slice` parts along an axis.

    Parameters
    ----------
    data : NDArray
    num_slice : int
    batch_axis : int
    even_split : bool
        Whether all parts must be of the same length.

    Examples
    --------
    >>> import cupynet as mx
    >>> [part.shape for part in mx.gluon.utils.split_data(mx.nd.zeros((5, 2)), 2, even_split=False)]
    [(3, 2), (2, 2)]
    """
    if not isinstance(data, NDArrayBase):
        raise MXNetTypeError(f"split_data: data is {type(data).__name__}; expected an NDArray")
    size = data.shape[batch_axis]
    if even_split and size % num_slice:
        raise MXNetValueError(f"data with shape {data.shape} cannot be evenly split into {num_slice} slices along axis "
                              f"{batch_axis}. Use a batch size that's multiple of {num_slice} or set even_split=False "
                              "to allow uneven partitioning of data.")
    longer = size % num_slice
    ends = [i * (size // num_slice) + min(i, longer) for i in range(num_slice + 1)]
    return [data.slice_axis(batch_axis, begin, end) if batch_axis else data[begin:end]
            for begin, end in pairwise(ends)]


def split_and_load(data: Any, ctx_list: Sequence[Context], batch_axis: int = 0,
                   even_split: bool = True) -> list[NDArray]:
    """Return `data`, an array or what becomes one, in parts, each on its context."""
    if not isinstance(data, NDArrayBase):
        data = nd.array(data, ctx=ctx_list[0])
    if len(ctx_list) == 1:
        return [data.as_in_context(ctx_list[0])]
    parts = split_data(data, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(parts, ctx_list)]


def clip_global_norm(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True) -> Any:
    """Scale arrays in place so that the 2-norm of all of them together is at most `max_norm`.

    Parameters
    ----------
    arrays : sequence of NDArray
    max_norm : float
    check_isfinite : bool
        Whether to warn of a norm that is infinite or not a number. This waits for the arrays.

    Returns
    -------
    The norm before scaling: a number, or, without the check, an NDArray of shape (1,).
    """
    if not arrays:
        raise MXNetAssertionError("clip_global_norm: there are no arrays")
    home = arrays[0].context
    squares = [nd.sum(nd.square(nd.cast(each, "float32").reshape((-1,)))).as_in_context(home) for each in arrays]
    total = nd.sqrt(nd.add_n(*squares))
    norm = float(total.asscalar()) if check_isfinite else total
    if check_isfinite and not np.isfinite(norm):
        warnings.warn("nan or inf is detected. Clipping results will be undefined.", stacklevel=2)
    scale = nd.minimum(max_norm / (total + 1e-8), nd.ones((1,), ctx=home))
    for each in arrays:
        each *= scale.as_in_context(each.context).astype(each.dtype)
    return norm


def replace_file(src: str | os.PathLike, dst: str | os.PathLike) -> None:
    """Move a file onto another at once, so that nobody sees half of it."""
    os.replace(src, dst)


class HookHandle:
    """What ends a hook: ``handle.detach()``, or the end of a ``with``."""

    def __init__(self) -> None:
        self._hooks: weakref.ref | None = None
        self._id: int | None = None

    @classmethod
    def attached(cls, hooks: Any, hook: Callable) -> HookHandle:
        """Return the handle of `hook`, which is put into the dict `hooks`."""
        handle = cls()
        handle.attach(hooks, hook)
        return handle

    def attach(self, hooks_dict: Any, hook: Callable) -> None:
        """Put a hook into the dict of its kind."""
        if self._hooks is not None:
            raise MXNetAssertionError("The same handle cannot be attached twice.")
        if not callable(hook):
            raise MXNetTypeError(f"the hook is {hook!r}; expected a function")
        self._id = id(self)
        hooks_dict[self._id] = hook
        self._hooks = weakref.ref(hooks_dict)

    def detach(self) -> None:
        """Take the hook out."""
        hooks = self._hooks() if self._hooks is not None else None
        if hooks is not None:
            hooks.pop(self._id, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.detach()


def _get_repo_url() -> str:
    """Return where files of MXNet's model zoo come from: ``MXNET_GLUON_REPO``, or its own repository."""
    url = os.environ.get("MXNET_GLUON_REPO", _REPOSITORY)
    return url if url.endswith("/") else url + "/"


def _get_repo_file_url(namespace: str, filename: str) -> str:
    """Return the address of a file in that repository."""
    return f"{_get_repo_url()}{namespace}/{filename}"

"""Pooling and padding, along one, two and three axes."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base import MXNetAssertionError
from ..block import HybridBlock

__all__ = ["MaxPool1D", "MaxPool2D", "MaxPool3D", "AvgPool1D", "AvgPool2D", "AvgPool3D",
           "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalAvgPool1D", "GlobalAvgPool2D",
           "GlobalAvgPool3D", "ReflectionPad2D", "repeated"]


def repeated(value: int | Sequence[int], count: int) -> tuple[int, ...]:
    """Return a number as `count` of them, and a sequence as a tuple."""
    return (value,) * count if isinstance(value, (int, np.integer)) else tuple(value)


class _Pooling(HybridBlock):
    """What poolings share.

    Parameters
    ----------
    pool_size, strides, padding : int or tuple of int
        `strides` of None are the size.
    ceil_mode : bool
        Whether a window that is not whole counts.
    global_pool : bool
        Whether the window is all there is.
    pool_type : "max" or "avg"
    layout : str
    count_include_pad : bool, optional
        Whether an average counts the padding.
    """

    def __init__(self, pool_size: tuple[int, ...], strides: Any, padding: Any, ceil_mode: bool, global_pool: bool,
                 pool_type: str, layout: str, count_include_pad: bool | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        strides = pool_size if strides is None else strides
        self._kwargs = {"kernel": pool_size, "stride": repeated(strides, len(pool_size)),
                        "pad": repeated(padding, len(pool_size)), "global_pool": global_pool, "pool_type": pool_type,
                        "layout": layout, "pooling_convention": "full" if ceil_mode else "valid"}
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        its = self._kwargs
        return (f"{type(self).__name__}(size={its['kernel']}, stride={its['stride']}, padding={its['pad']}, "
                f"ceil_mode={its['pooling_convention'] == 'full'}, global_pool={its['global_pool']}, "
                f"pool_type={its['pool_type']}, layout={its['layout']})")


def _window(class_name: str, pool_size: Any, rank: int, layout: str, allowed: tuple[str, ...]) -> tuple[int, ...]:
    """Return the size of a window, if it and the layout are right for a class."""
    if layout not in allowed:
        raise MXNetAssertionError(f"Only {' and '.join(allowed)} layouts are valid for {class_name}, got {layout!r}")
    pool_size = repeated(pool_size, rank)
    if len(pool_size) != rank:
        raise MXNetAssertionError(f"{class_name}: pool_size must be a number or a list of {rank} ints, got {pool_size}")
    return pool_size


_LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


class MaxPool1D(_Pooling):
    """The largest of each window along one axis. See :class:`MaxPool2D` for the parameters."""

    def __init__(self, pool_size: Any = 2, strides: Any = None, padding: Any = 0, layout: str = "NCW",
                 ceil_mode: bool = False, **kwargs: Any):
        super().__init__(_window("MaxPool1D", pool_size, 1, layout, _LAYOUTS[1]), strides, padding, ceil_mode, False,
                         "max", layout, **kwargs)


class MaxPool2D(_Pooling):
    """The largest of each window along two axes.

    Parameters
    ----------
    pool_size : int or tuple of int
        Size of the window.
    strides : int or tuple of int, optional
        Steps between windows; default: their size.
    padding : int or tuple of int
    layout : str
        The order of the axes.
    ceil_mode : bool
        Whether a window that is not whole counts.
    """

    def __init__(self, pool_size: Any = (2, 2), strides: Any = None, padding: Any = 0, layout: str = "NCHW",
                 ceil_mode: bool = False, **kwargs: Any):
        super().__init__(_window("MaxPool2D", pool_size, 2, layout, _LAYOUTS[2]), strides, padding, ceil_mode, False,
                         "max", layout, **kwargs)


class MaxPool3D(_Pooling):
    """The largest of each window along three axes. See :class:`MaxPool2D` for the parameters."""

    def __init__(self, pool_size: Any = (2, 2, 2), strides: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 layout: str = "NCDHW", **kwargs: Any):
        super().__init__(_window("MaxPool3D", pool_size, 3, layout, _LAYOUTS[3]), strides, padding, ceil_mode, False,
                         "max", layout, **kwargs)


class AvgPool1D(_Pooling):
    """The mean of each window along one axis. See :class:`AvgPool2D` for the parameters."""

    def __init__(self, pool_size: Any = 2, strides: Any = None, padding: Any = 0, layout: str = "NCW",
                 ceil_mode: bool = False, count_include_pad: bool = True, **kwargs: Any):
        super().__init__(_window("AvgPool1D", pool_size, 1, layout, _LAYOUTS[1]), strides, padding, ceil_mode, False,
                         "avg", layout, count_include_pad, **kwargs)


class AvgPool2D(_Pooling):
    """The mean of each window along two axes.

    Parameters
    ----------
    pool_size, strides, padding, ceil_mode, layout
        As :class:`MaxPool2D` takes them.
    count_include_pad : bool
        Whether the padding counts.
    """

    def __init__(self, pool_size: Any = (2, 2), strides: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 layout: str = "NCHW", count_include_pad: bool = True, **kwargs: Any):
        super().__init__(_window("AvgPool2D", pool_size, 2, layout, _LAYOUTS[2]), strides, padding, ceil_mode, False,
                         "avg", layout, count_include_pad, **kwargs)


class AvgPool3D(_Pooling):
    """The mean of each window along three axes. See :class:`AvgPool2D` for the parameters."""

    def __init__(self, pool_size: Any = (2, 2, 2), strides: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 layout: str = "NCDHW", count_include_pad: bool = True, **kwargs: Any):
        super().__init__(_window("AvgPool3D", pool_size, 3, layout, _LAYOUTS[3]), strides, padding, ceil_mode, False,
                         "avg", layout, count_include_pad, **kwargs)


class _GlobalPooling(_Pooling):
    """A pooling whose window is all there is."""

    def __init__(self, rank: int, pool_type: str, layout: str, **kwargs: Any):
        super().__init__(_window(type(self).__name__, 1, rank, layout, _LAYOUTS[rank]), None, 0, True, True, pool_type,
                         layout, **kwargs)


class GlobalMaxPool1D(_GlobalPooling):
    """The largest along the last axis."""

    def __init__(self, layout: str = "NCW", **kwargs: Any):
        super().__init__(1, "max", layout, **kwargs)


class GlobalMaxPool2D(_GlobalPooling):
    """The largest over the last two axes."""

    def __init__(self, layout: str = "NCHW", **kwargs: Any):
        super().__init__(2, "max", layout, **kwargs)


class GlobalMaxPool3D(_GlobalPooling):
    """The largest over the last three axes."""

    def __init__(self, layout: str = "NCDHW", **kwargs: Any):
        super().__init__(3, "max", layout, **kwargs)


class GlobalAvgPool1D(_GlobalPooling):
    """The mean along the last axis."""

    def __init__(self, layout: str = "NCW", **kwargs: Any):
        super().__init__(1, "avg", layout, **kwargs)


class GlobalAvgPool2D(_GlobalPooling):
    """The mean over the last two axes."""

    def __init__(self, layout: str = "NCHW", **kwargs: Any):
        super().__init__(2, "avg", layout, **kwargs)


class GlobalAvgPool3D(_GlobalPooling):
    """The mean over the last three axes."""

    def __init__(self, layout: str = "NCDHW", **kwargs: Any):
        super().__init__(3, "avg", layout, **kwargs)


class ReflectionPad2D(HybridBlock):
    """Padding of images by their mirror images.

    Parameters
    ----------
    padding : int or tuple of 8 ints
        How far, on all four sides; or before and after each axis.
    """

    def __init__(self, padding: Any = 0, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(padding, (int, np.integer)):
            padding = (0, 0, 0, 0, padding, padding, padding, padding)
        if len(padding) != 8:
            raise MXNetAssertionError(f"ReflectionPad2D: padding is {padding}; expected a number or 8 of them")
        self._padding = tuple(padding)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        return F.pad(x, mode="reflect", pad_width=self._padding)

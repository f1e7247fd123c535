"""Blocks of pixels as channels, and back."""
from __future__ import annotations

from collections.abc import Callable

from ..catalog import op, require
from ..infer import Length, ShapeLike, Slots, derived, same_type
from ..schema import Attrs

__all__: list[str] = []


def _image(name: str, block_size: int, shape: ShapeLike) -> ShapeLike:
    require(block_size > 0, name, f"block_size is {block_size}; expected a positive number")
    require(shape is None or len(shape) == 4, name, f"data has shape {shape}; expected (batch, channel, height, width)")
    return shape


def _divided(name: str, what: str, length: Length, by: int) -> Length:
    require(length is None or length % by == 0, name, f"{what} is {length}; expected a multiple of {by}")
    return derived(lambda n: n // by, length)


def _times(length: Length, factor: int) -> Length:
    return derived(lambda n: n * factor, length)


def _deep(name: str, block_size: int, shape: tuple[Length, ...]) -> tuple[Length, ...]:
    """Return `shape` with blocks of pixels turned into channels."""
    n, c, h, w = shape
    return (n, _times(c, block_size ** 2), _divided(name, "height", h, block_size),
            _divided(name, "width", w, block_size))


def _wide(name: str, block_size: int, shape: tuple[Length, ...]) -> tuple[Length, ...]:
    """Return `shape` with channels turned into blocks of pixels."""
    n, c, h, w = shape
    return (n, _divided(name, "the number of channels", c, block_size ** 2), _times(h, block_size),
            _times(w, block_size))


@op(name="depth_to_space")
def depth_to_space(xp, data, *, block_size: int):
    """Channels of ``(n, c * b * b, h, w)`` laid out as blocks of `b` x `b` pixels: ``(n, c, h * b, w * b)``.

    The block is the slower part of the channel's number (ONNX calls it DCR).
    """
    n, c, h, w = data.shape
    b = block_size
    blocks = data.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
    return xp.ascontiguousarray(blocks).reshape(n, c // (b * b), h * b, w * b)


@op(name="space_to_depth")
def space_to_depth(xp, data, *, block_size: int):
    """Blocks of `b` x `b` pixels of ``(n, c, h, w)`` laid out as channels: ``(n, c * b * b, h / b, w / b)``.

    The inverse of ``depth_to_space``.
    """
    n, c, h, w = data.shape
    b = block_size
    blocks = data.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return xp.ascontiguousarray(blocks).reshape(n, c * b * b, h // b, w // b)


def _block_shape(name: str, forth: Callable, back: Callable) -> Callable:
    def rule(attrs: Attrs, ins: Slots, outs: Slots) -> None:
        for source, target, function in ((ins, outs, forth), (outs, ins, back)):
            if _image(name, attrs.block_size, source[0]) is not None:
                target[0] = function(name, attrs.block_size, source[0])
    return rule


depth_to_space.shape(_block_shape("depth_to_space", _wide, _deep))
space_to_depth.shape(_block_shape("space_to_depth", _deep, _wide))
depth_to_space.type(same_type)
space_to_depth.type(same_type)


@depth_to_space.grad("data")
def _(F, grad, *, block_size):
    return F.space_to_depth(grad, block_size=block_size)


@space_to_depth.grad("data")
def _(F, grad, *, block_size):
    return F.depth_to_space(grad, block_size=block_size)

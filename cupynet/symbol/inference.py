"""Shapes and types of a symbol's arguments, outputs and auxiliary states from those of some arguments."""
from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..dtypes import as_dtype
from ..graph.inference import shapes_of, types_of
from ..graph.node import post_order, variables
from ..ops.infer import ShapeLike, known
from ..ops.notation import read_shape, shown_shape
from .base import SymbolBase

__all__ = ["Inference", "as_shape", "node_of"]


class Inference(SymbolBase):
    """A symbol that can be asked for shapes and types."""

    __slots__ = ()

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple:
        """Return (argument shapes, output shapes, auxiliary shapes) from the shapes of some arguments.

        Shapes are given by position or by name; 0 or -1 stands for an unknown length (only -1 with the switch
        np_shape on). If they do not determine all shapes, a warning says which, and the result is
        ``(None, None, None)``. A contradiction raises MXNetError naming operator and argument.
        """
        given = self._given_shapes(args, kwargs)
        with _listed("infer_shape", {name: shown_shape(shape) for name, shape in given.items()}):
            result = self._shapes(given)
        if all(known(shape) for part in result for shape in part):
            return result
        missing = [f"{name}: {shown_shape(shape)}" for name, shape in zip(self.list_arguments(), result[0])
                   if not known(shape)]
        warnings.warn("Cannot decide shape for the following arguments (0s in shape means unknown dimensions). "
                      "Consider providing them as input:\n\t" + "\n\t".join(missing), stacklevel=2)
        return None, None, None

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple:
        """Return what follows from some shapes: like :meth:`infer_shape`, with 0 and ``()`` for what is unknown.

        With the switch np_shape on these are ordinary, and -1 and None are unknown.
        """
        return self._infer_shape_impl(True, *args, **kwargs)

    def _infer_shape_impl(self, partial: bool, *args: Any, **kwargs: Any) -> tuple:
        """Return what :meth:`infer_shape_partial` does, or without a warning what :meth:`infer_shape` does."""
        found = self._shapes(self._given_shapes(args, kwargs))
        if not partial and not all(known(shape) for part in found for shape in part):
            return None, None, None
        return tuple([shown_shape(shape) for shape in part] for part in found)

    def _given_shapes(self, args: tuple, kwargs: dict[str, Any]) -> dict[str, ShapeLike]:
        given = self._given(args, kwargs) if args else kwargs  # None is left out by position only
        return {name: as_shape("infer_shape", name, shape) for name, shape in given.items()}

    def _shapes(self, given: dict[str, ShapeLike]) -> tuple[list[ShapeLike], list[ShapeLike], list[ShapeLike]]:
        return self._inferred("InferShape", shapes_of, given)

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple:
        """Return (argument types, output types, auxiliary types) as NumPy classes from the types of some arguments.

        If they do not determine all types, a warning says which, and the result is ``(None, None, None)``.
        """
        given = self._given(args, kwargs)
        dtypes = {name: as_dtype(dtype) for name, dtype in given.items()}
        with _listed("infer_type", given):
            result = self._types(dtypes)
        if not any(t is None for part in result for t in part):
            return result
        missing = [f"{name}: None" for name, t in zip(self.list_arguments(), result[0]) if t is None]
        warnings.warn("Cannot decide type for the following arguments. Consider providing them as input:\n\t"
                      + "\n\t".join(missing), stacklevel=2)
        return None, None, None

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple:
        """Return what follows from some types: like :meth:`infer_type`, with None for what is unknown."""
        return self._infer_type_impl(True, *args, **kwargs)

    def _infer_type_impl(self, partial: bool, *args: Any, **kwargs: Any) -> tuple:
        """Return what :meth:`infer_type_partial` does, or without a warning what :meth:`infer_type` does."""
        found = self._types({name: as_dtype(dtype) for name, dtype in self._given(args, kwargs).items()})
        if not partial and any(dtype is None for part in found for dtype in part):
            return None, None, None
        return found

    def _types(self, given: dict[str, np.dtype]) -> tuple[list, list, list]:
        def kind(dtype: np.dtype | None) -> type | None:
            return None if dtype is None else dtype.type
        return tuple([kind(dtype) for dtype in part] for part in self._inferred("InferType", types_of, given))

    def _inferred(self, what: str, infer: Callable, given: dict[str, Any]) -> tuple[list, list, list]:
        """Return what `infer` finds for arguments, outputs and auxiliary states."""
        order = post_order(self._heads)
        arg_nodes, aux_nodes = variables(order)
        names = [node.name for node in order if node.op is None]
        for name in given:
            if name not in names:
                raise MXNetError(f"{what}Keyword argument name {name} not found.\nCandidate arguments:\n"
                                 + "".join(f"\t[{i}]{n}\n" for i, n in enumerate(names)))
        try:
            table = infer(order, given)
        except MXNetError as error:
            raise type(error)(f"Error in operator {node_of(error)}: {error}") from error.__cause__
        return ([table[id(n)][0] for n in arg_nodes], [table[id(n)][i] for n, i in self._heads],
                [table[id(n)][0] for n in aux_nodes])

    def _given(self, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return what a user gives, by name."""
        if args and kwargs:
            raise MXNetValueError("Can only specify known argument shapes either by positional or kwargs way.")
        if args:
            arguments = self.list_arguments()
            if len(args) > len(arguments):
                raise MXNetValueError(f"infer: {len(args)} values for {len(arguments)} arguments")
            kwargs = dict(zip(arguments, args))
        return {name: value for name, value in kwargs.items() if value is not None}


@contextlib.contextmanager
def _listed(what: str, given: Mapping[str, Any]) -> Iterator[None]:
    """Print what was given if inference fails, as MXNet does."""
    try:
        yield
    except MXNetError:
        print(f"{what} error. Arguments:")
        for name, value in given.items():
            print(f"  {name}: {value}")
        raise


def node_of(error: MXNetError) -> str:
    """Return the name of the node in the message ``Op 'node': ...``."""
    parts = str(error).split("'")
    return parts[1] if len(parts) > 1 else "?"


def as_shape(what: str, name: str, shape: Any) -> ShapeLike:
    """Return what the `shape` that a user gives for `name` means. Raises MXNetTypeError."""
    if not isinstance(shape, (tuple, list)) or not all(isinstance(n, (int, np.integer)) for n in shape):
        raise MXNetTypeError(f"{what}: {name} is {shape!r}; expected a shape, a tuple of lengths (0 where unknown). "
                             f"Arguments need to be shapes (tuple), but '{name}' is {type(shape)}.")
    if min(shape, default=0) < -1:
        raise MXNetValueError(f"{what}: {name} is {shape!r}: shape dim size must be >= -1, while received {min(shape)}")
    return read_shape(shape)

"""What users write: a :class:`CustomOp` computes, a :class:`CustomOpProp` says what it takes and gives."""
from __future__ import annotations

from typing import Any

from ..base import MXNetValueError
from ..context import Context
from ..ndarray import NDArray

__all__ = ["CustomOp", "CustomOpProp"]


class CustomOp:
    """The computation of a custom operator, to be subclassed.

    One object serves one use (a call of ``mx.nd.Custom``; a node of a bound symbol for all of its runs), so what
    :meth:`forward` stores in ``self`` is there in :meth:`backward`. Neither is recorded, and both run with the
    arrays' context as the current one. Arrays that are left alone stay zero.
    """

    def forward(self, is_train: bool, req: list[str], in_data: list[NDArray], out_data: list[NDArray],
                aux: list[NDArray]) -> None:
        """Compute `out_data` from `in_data`.

        Parameters
        ----------
        is_train : bool
            Whether this is training.
        req : list of str
            How each output is wanted, for :meth:`assign`.
        in_data, out_data, aux : list of NDArray
            Inputs (not to be written to), outputs to fill, and auxiliary states, which may be changed.
        """

    def backward(self, req: list[str], out_grad: list[NDArray], in_data: list[NDArray], out_data: list[NDArray],
                 in_grad: list[NDArray], aux: list[NDArray]) -> None:
        """Compute `in_grad` from `out_grad` and the values of the forward pass.

        Parameters
        ----------
        req : list of str
            How each gradient is wanted: ``"write"``, or ``"null"`` where nobody asks. (A ``grad_req`` of ``"add"``
            also comes as ``"write"``, and the caller adds.)
        out_grad, in_data, out_data : list of NDArray
            Gradients of the outputs, inputs and outputs; None where the prop declares no need for one.
        in_grad, aux : list of NDArray
            Gradients to fill, and auxiliary states, which may be changed.
        """

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Put `src` (an array or a number) into `dst` as `req` says: write, add, or nothing for ``"null"``."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] += src
        elif req != "null":
            raise MXNetValueError(f"assign: req is {req!r}; expected 'null', 'write', 'inplace' or 'add'")


class CustomOpProp:
    """What a custom operator takes and gives, to be subclassed and registered.

    The keywords of a call, other than inputs, are given to the constructor as strings (``num_hidden=4`` as ``"4"``).

    Parameters
    ----------
    need_top_grad : bool
        Whether backward reads the gradients of the outputs; False for a loss layer.
    """

    need_top_grad_ = True

    def __init__(self, need_top_grad: bool = True):
        self.need_top_grad_ = need_top_grad

    def list_arguments(self) -> list[str]:
        """Return the names of the inputs."""
        return ["data"]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return ["output"]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the auxiliary states, which are inputs after those of :meth:`list_arguments`."""
        return []

    def infer_shape(self, in_shape: list[list[int]]) -> tuple:
        """Return the shapes of (inputs, outputs) or (inputs, outputs, auxiliary states), all that follow.

        In `in_shape`, as in what is returned, ``[]`` stands for an unknown shape (or rank 0, under
        :func:`~cupynet.util.np_shape`) and -1 for an unknown length.
        """
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type: list[Any]) -> tuple:
        """Return the types of (inputs, outputs) or (inputs, outputs, auxiliary states), as NumPy classes.

        None stands for an unknown type, in `in_type` as in what is returned.
        """
        first = in_type[0]
        return in_type, [first] * len(self.list_outputs()), [first] * len(self.list_auxiliary_states())

    def infer_storage_type(self, in_stype: list[str]) -> tuple[list[str], list[str], list[str]]:
        """Return the storage of (inputs, outputs, auxiliary states), which is ``"default"``: arrays are dense."""
        return in_stype, ["default"] * len(self.list_outputs()), ["default"] * len(self.list_auxiliary_states())

    def infer_storage_type_backward(self, ograd_stype: list[str], in_stype: list[str], out_stype: list[str],
                                    igrad_stype: list[str], aux_stype: list[str]) -> tuple[list[str], ...]:
        """Return the storage of everything that backward sees, in the order of the parameters: ``"default"``."""
        return tuple(["default"] * len(part) for part in (ograd_stype, in_stype, out_stype, igrad_stype, aux_stype))

    def declare_backward_dependency(self, out_grad: list[int], in_data: list[int], out_data: list[int]) -> list[int]:
        """Return which of the numbered arrays backward reads; the others need not be kept for it."""
        return [*(out_grad if self.need_top_grad_ else ()), *in_data, *out_data]

    def create_operator(self, ctx: Context, in_shapes: list[list[int]], in_dtypes: list[int]) -> CustomOp:
        """Return the :class:`CustomOp` for one use.

        Parameters
        ----------
        ctx : Context
            Where the arrays live.
        in_shapes, in_dtypes : list
            Shapes and MXNet type flags (0 is float32) of inputs and auxiliary states.
        """
        return CustomOp()

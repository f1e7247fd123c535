"""What all optimizers share: names, learning rates, weight decay, counts of updates, mixed precision."""
from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import MXNetTypeError, MXNetValueError
from ..ndarray import NDArray
from ..symbol import Symbol

__all__ = ["Optimizer", "register", "create"]


class Optimizer:
    """Base class: subclasses define :meth:`create_state` and :meth:`update`.

    The parameters of a model are known by an index, an int or a name.

    Parameters
    ----------
    rescale_grad : float
        Gradients are multiplied by this, often 1 / batch size.
    param_idx2name : dict of int to str, optional
        The parameters' names. The default weight decay of those whose names end with neither ``_weight`` nor
        ``_gamma`` is 0.
    wd : float
        Weight decay: the factor of a penalty of half the weights' squares.
    clip_gradient : float, optional
        Rescaled gradients are clipped to ``[-clip_gradient, clip_gradient]``.
    learning_rate : float, optional
        Default: that of `lr_scheduler`, or 0.01.
    lr_scheduler : LRScheduler, optional
        The learning rate as a function of the number of updates.
    sym : Symbol, optional
        The network: variables' attributes ``lr_mult`` and ``wd_mult`` are factors of learning rate and weight decay.
    begin_num_update : int
        Where the count of updates starts.
    multi_precision : bool
        Keep an exact float32 copy of float16 weights.
    param_dict : dict of int to Parameter, optional
        Parameters that have attributes ``lr_mult`` and ``wd_mult``.
    """

    opt_registry: dict[str, type[Optimizer]] = {}  # one table for all

    # ---- by name ----------------------------------------------------------------------------

    @staticmethod
    def register(klass: type[Optimizer]) -> type[Optimizer]:
        """Register a class under its name in lower case, for :func:`create`."""
        if not (isinstance(klass, type) and issubclass(klass, Optimizer)):
            raise MXNetTypeError(f"Can only register subclass of Optimizer, got {klass!r}")
        name = klass.__name__.lower()
        old = Optimizer.opt_registry.get(name)
        if old is not None:
            warnings.warn(f"WARNING: New optimizer {klass.__module__}.{klass.__name__} is overriding existing "
                          f"optimizer {old.__module__}.{old.__name__}", stacklevel=2)
        Optimizer.opt_registry[name] = klass
        return klass

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> Optimizer:
        """Return a new optimizer of a registered class."""
        if not isinstance(name, str):
            raise MXNetTypeError(f"create_optimizer: name is {name!r}; expected a str")
        klass = Optimizer.opt_registry.get(name.lower())
        if klass is None:
            raise MXNetValueError(f"Cannot find optimizer {name} (known: {', '.join(sorted(Optimizer.opt_registry))})")
        return klass(**kwargs)

    def __init__(self, rescale_grad: float = 1.0, param_idx2name: dict[int, str] | None = None, wd: float = 0.0,
                 clip_gradient: float | None = None, learning_rate: float | None = None, lr_scheduler: Any = None,
                 sym: Symbol | None = None, begin_num_update: int = 0, multi_precision: bool = False,
                 param_dict: dict[int, Any] | None = None):
        self.rescale_grad = rescale_grad
        self.lr_scheduler = lr_scheduler
        if lr_scheduler is None:
            learning_rate = 0.01 if learning_rate is None else learning_rate
        elif learning_rate is not None and getattr(lr_scheduler, "base_lr", learning_rate) != learning_rate:
            print("learning rate from ``lr_scheduler`` has been overwritten by ``learning_rate`` in optimizer.")
            lr_scheduler.base_lr = learning_rate
        self.lr = learning_rate
        self.wd = wd
        self.lr_mult: dict = {}
        self.wd_mult: dict = {}
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        # Data parallel copies of a parameter have one index; each device counts its own updates.
        self._all_index_update_counts: dict[int, dict] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        self.aggregate_num = 0
        if param_idx2name is None:
            param_idx2name = {}
        if not isinstance(param_idx2name, dict):
            raise MXNetTypeError("param_idx2name should be a dict of param indexes to names.")
        self.idx2name = dict(param_idx2name)
        if sym is not None and not isinstance(sym, Symbol):
            raise MXNetTypeError(f"sym is {type(sym).__name__}; expected a Symbol")
        self.sym_info = () if sym is None else (sym.attr_dict(), sym.list_arguments())
        self.param_dict = param_dict or {}
        self.allow_np_array = False
        self.set_lr_mult({})
        self.set_wd_mult({})

    # ---- what subclasses define -------------------------------------------------------------

    def create_state(self, index: Any, weight: NDArray) -> Any:
        """Return the state that :meth:`update` will get for this weight: None, an NDArray, a tuple, ..."""
        return None

    def update(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Change `weight` and `state`, in place, by one step.

        Optimizers with ``aggregate_num > 0`` take lists of all four as well.
        """
        raise NotImplementedError

    # ---- mixed precision --------------------------------------------------------------------

    def _is_mixed(self, weight: NDArray) -> bool:
        return self.multi_precision and weight.dtype == np.float16

    def _warn_if_coarse(self, weight: NDArray, name: str = "") -> None:
        if weight.dtype == np.float16 and not self.multi_precision:
            warnings.warn("Accumulating with float16 in optimizer can lead to poor accuracy or slow convergence. "
                          f"Consider using multi_precision=True option of the {name}optimizer", stacklevel=3)

    def create_state_multi_precision(self, index: Any, weight: NDArray) -> Any:
        """Return the state of a weight; for float16 in mixed precision ``(float32 weight, state)``."""
        self._warn_if_coarse(weight)
        if self._is_mixed(weight):
            exact = weight.astype(np.float32)
            return exact, self.create_state(index, exact)
        return self.create_state(index, weight)

    def update_multi_precision(self, index: Any, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step with a state of :meth:`create_state_multi_precision`."""
        if self._is_mixed(weight):
            exact, inner = state
            self.update(index, exact, grad.astype(np.float32), inner)
            weight[:] = exact
        else:
            self.update(index, weight, grad, state)

    # ---- learning rate and weight decay -----------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The current learning rate, before factors of single parameters."""
        return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate. Raises UserWarning if a scheduler decides about it."""
        if self.lr_scheduler is not None:
            raise UserWarning("LRScheduler of the optimizer has already been defined. Note that set_learning_rate can "
                              "mutate the value of the learning rate of the optimizer only when the LRScheduler of the "
                              "optimizer is undefined.")
        self.lr = lr

    def set_lr_scale(self, args_lrscale: dict) -> None:
        """Deprecated: raises DeprecationWarning. See :meth:`set_lr_mult`."""
        raise DeprecationWarning("set_lr_scale is deprecated; use set_lr_mult")

    def _declared(self, attribute: str) -> dict[str, float]:
        """Return what the network's variables say of `attribute`."""
        if not self.sym_info:
            return {}
        attrs, names = self.sym_info
        return {name: float(attrs[name][attribute]) for name in names if attribute in attrs.get(name, ())}

    def set_lr_mult(self, args_lr_mult: dict) -> None:
        """Set factors of the learning rate by index or name; the variables' own come first, then these."""
        self.lr_mult = {**self._declared("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: dict) -> None:
        """Set factors of the weight decay by index or name.

        By default the factor is 0 for names that end with neither ``_weight`` nor ``_gamma``; then come the
        variables' own, then these.
        """
        spared = {name: 0.0 for name in self.idx2name.values() if not name.endswith(("_weight", "_gamma"))}
        self.wd_mult = {**spared, **self._declared("__wd_mult__"), **args_wd_mult}

    def _factor(self, index: Any, attribute: str) -> float:
        if index in self.param_dict:
            return getattr(self.param_dict[index], attribute)
        table = getattr(self, attribute)
        return table[index] if index in table else table.get(self.idx2name.get(index), 1.0)

    def _get_lrs(self, indices: Sequence[Any]) -> list[float]:
        """Return the parameters' learning rates."""
        lr = self.learning_rate
        return [lr * self._factor(index, "lr_mult") for index in indices]

    def _get_lr(self, index: Any) -> float:
        return self._get_lrs([index])[0]

    def _get_wds(self, indices: Sequence[Any]) -> list[float]:
        """Return the parameters' weight decays."""
        return [self.wd * self._factor(index, "wd_mult") for index in indices]

    def _get_wd(self, index: Any) -> float:
        return self._get_wds([index])[0]

    # ---- counting ---------------------------------------------------------------------------

    def _set_current_context(self, device_id: int) -> None:
        """Count the updates that follow as those of a device."""
        self._index_update_count = self._all_index_update_counts.setdefault(device_id, {})

    def _update_count(self, index: Any) -> None:
        """Count one update of a parameter, or of each in a list."""
        counts = self._index_update_count
        for each in index if isinstance(index, (list, tuple)) else (index,):
            counts[each] = counts.get(each, self.begin_num_update) + 1
            self.num_update = max(self.num_update, counts[each])

    def _begin(self, index: Any) -> tuple[float, float, int]:
        """Count an update and return the parameter's learning rate, weight decay and number of updates."""
        self._update_count(index)
        return self._get_lr(index), self._get_wd(index), self._index_update_count[index]

    # ---- pieces of updates ------------------------------------------------------------------

    @property
    def _scaling(self) -> dict[str, float]:
        """What every update operator is told of gradients."""
        return {"rescale_grad": self.rescale_grad, "clip_gradient": self._bound(self.clip_gradient)}

    @property
    def _strict_scaling(self) -> dict[str, float]:
        """The same for optimizers that MXNet writes in Python: there a `clip_gradient` of 0 lets nothing through."""
        bound = -1.0 if self.clip_gradient is None else self.clip_gradient
        return {"rescale_grad": self.rescale_grad, "clip_gradient": bound}

    @staticmethod
    def _bound(value: float | None) -> float:
        """Return a limit as operators take it, where a negative one is none; 0 is none here, as in MXNet."""
        return value or -1.0

    def _scaled(self, grad: NDArray, weight: NDArray | None = None, wd: float = 0.0) -> NDArray:
        """Return the rescaled gradient, clipped; with the weight decay, which is clipped too, if `weight` is given."""
        grad = grad * self.rescale_grad
        if weight is not None:
            grad += weight * wd
        return grad if self.clip_gradient is None else nd.clip(grad, -self.clip_gradient, self.clip_gradient)

    # ---- pickling ---------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["param_dict"]  # belongs to the model
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        Optimizer.__init__(self)  # files of older versions of MXNet lack some attributes
        self.__dict__.update(state)
        if "_all_index_update_counts" not in state:
            self._all_index_update_counts = {0: self._index_update_count}


def zeros_like(weight: NDArray, count: int | None = None) -> Any:
    """Return a new state like a weight, or a tuple of so many."""
    return nd.zeros_like(weight) if count is None else tuple(nd.zeros_like(weight) for _ in range(count))


def aggregation(default: int, most: int) -> int:
    """Return how many weights an update takes at once; ``MXNET_OPTIMIZER_AGGREGATION_SIZE`` changes it."""
    return max(1, min(most, int(os.environ.get("MXNET_OPTIMIZER_AGGREGATION_SIZE", default))))


def flat(groups: list[list]) -> list:
    """Return the members of the groups one after another, as operators on many weights take them."""
    return [each for group in groups for each in group]


def as_lists(*values: Any) -> list[list]:
    """Return arguments of an update as lists: of one if the first is a single index."""
    return [list(v) for v in values] if isinstance(values[0], (list, tuple)) else [[v] for v in values]


register = Optimizer.register
create = Optimizer.create_optimizer

"""``mx.nd.contrib``: control flow, and the operators whose canonical names begin with _contrib_."""
import math

from ..context import Context
from ..ops.call import publish
from ..ops.random.functions import zipfian
from ..ops.sparse import refusing
from . import random
from .control_flow import cond, foreach, while_loop
from .functions import namespace
from .ndarray import NDArray

__all__ = ["foreach", "while_loop", "cond", "rand_zipfian", "isnan", "isinf", "isfinite"]


def rand_zipfian(true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | None = None
                 ) -> tuple[NDArray, NDArray, NDArray]:
    """Draw candidates from an approximate Zipfian distribution, for sampled losses.

    Parameters
    ----------
    true_classes : NDArray
        The target classes.
    num_sampled, range_max : int
        How many candidates to draw, and how many classes there are.
    ctx : Context, optional
        Where to draw, that of `true_classes` by default.

    Returns
    -------
    (candidates, expected counts of the true classes, expected counts of the candidates)
        Candidates are int64, with repetitions, of shape ``(num_sampled,)``; counts are float64.
    """
    return zipfian(random.uniform, true_classes, num_sampled, range_max, ctx=ctx or true_classes.context)


def isnan(data: NDArray) -> NDArray:
    """Return 1 where `data` is nan, else 0, in the dtype of `data`."""
    return data != data  # noqa: PLR0124 (nan alone differs from itself)


def isinf(data: NDArray) -> NDArray:
    """Return 1 where `data` is infinite, else 0, in the dtype of `data`."""
    return data.abs() == math.inf if data._data.dtype.kind == "f" else data.zeros_like()


def isfinite(data: NDArray) -> NDArray:
    """Return 1 where `data` is neither infinite nor nan, else 0, in the dtype of `data`."""
    return data.abs() < math.inf if data._data.dtype.kind == "f" else data.ones_like()


publish(refusing("mx.nd.contrib"), globals())
__getattr__, __dir__ = namespace("_contrib_", globals())

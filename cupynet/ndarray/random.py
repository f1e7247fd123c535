"""``mx.nd.random``: draws as NDArrays."""
from typing import Any

from ..context import as_context
from ..ops import catalog
from ..ops.call import publish
from ..ops.random.functions import functions
from .functions import namespace
from .invoke import invoke
from .ndarray import NDArray


def _call(name: str, *ins: NDArray, ctx: Any = None, out: Any = None, **values: Any) -> Any:
    op = catalog.get(name)
    return invoke(op, ins, op.parse(values), out, None if ins or (out is not None and ctx is None) else as_context(ctx))


publish(functions(lambda value: isinstance(value, NDArray), _call), globals())
__getattr__, __dir__ = namespace("_random_", globals())

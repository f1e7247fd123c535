"""``mx.sym.random``: draws as symbols."""
from typing import Any

from ..ops import catalog
from ..ops.call import publish
from ..ops.random.functions import functions
from .compose import compose
from .functions import namespace
from .symbol import Symbol


def _call(called: str, *ins: Symbol, ctx: Any = None, out: Any = None, name: str | None = None, attr: Any = None,
          **values: Any) -> Symbol:
    op = catalog.get(called)
    return compose(op, called, dict(zip(op.inputs, ins)), (), values, name, attr)


publish(functions(lambda value: isinstance(value, Symbol), _call), globals())


def multinomial(data: Symbol, shape: Any = None, get_prob: bool = True, dtype: str = "int32", **kwargs: Any) -> Symbol:
    """Return draws of category numbers by the probabilities in the last axis of `data`.

    The second output is the logarithms of the probabilities of what was drawn: unlike in ``mx.nd``, `get_prob`
    is True unless said otherwise.
    """
    size = {} if shape is None else {"shape": shape}
    return _call("_sample_multinomial", data, **size, get_prob=get_prob, dtype=dtype, **kwargs)


__getattr__, __dir__ = namespace("_random_", globals())

"""``mx.sym.random``: draws as symbols."""
from typing import Any

from ..ops import registry
from ..ops.distributions import functions
from .functions import namespace
from .symbol import Symbol, compose


def _call(called: str, *ins: Symbol, ctx: Any = None, out: Any = None, name: str | None = None, attr: Any = None,
          **values: Any) -> Symbol:
    op = registry.get(called)
    return compose(op, called, dict(zip(op.inputs, ins)), (), values, name, attr)


globals().update(functions(lambda value: isinstance(value, Symbol), _call))
__getattr__, __dir__ = namespace("_random_", globals())

"""What functions take is read as inspect.signature reads it."""
import functools
import inspect

import pytest

from cupynet.ops import catalog
from cupynet.ops.parameters import REQUIRED, parameters_of


def inspected(fn):
    _, *parameters = inspect.signature(fn, eval_str=True).parameters.values()
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)]
    variadic = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
    keywords = [(p.name, None if p.annotation is p.empty else p.annotation,
                 REQUIRED if p.default is p.empty else p.default) for p in parameters if p.kind is p.KEYWORD_ONLY]
    return named, variadic, keywords


def read(fn):
    positional, variadic, keywords = parameters_of(fn)
    return list(positional), [variadic] if variadic else [], [(name, *field) for name, field in keywords.items()]


def test_kernels_and_rules():
    rules = {rule.fn for op in catalog.ops() for rule in op.rules.values()}
    for fn in (*(op.declaration for op in catalog.ops()), *rules):
        assert read(fn) == inspected(fn), fn


def plain(xp, a, /, b, c=None, *more, d, e: "int" = 3, f: float = 2.0, **rest): ...


def method_like(xp, a): ...


def wrapping(*args, **kwargs): ...


wrapped = functools.wraps(plain)(lambda *args, **kwargs: None)
signed = wrapping
signed.__signature__ = inspect.signature(method_like)


@pytest.mark.parametrize("fn", [plain, method_like, wrapped, signed, functools.partial(plain, 1), lambda F, *grads: 0,
                                str.removeprefix])
def test_functions_of_every_kind(fn):
    assert read(fn) == inspected(fn)

"""Point processes that excite themselves."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..array.indices import within
from ..catalog import op, require
from ..infer import Slots, either
from ..schema import Attrs

__all__: list[str] = []

_INT32 = np.dtype(np.int32)


def _stretches(xp: Any, beta: Any, state: Any, lags: Any, marks: Any, valid_length: Any, max_time: Any
               ) -> Iterator[tuple]:
    """Yield the times between events of one mark: before each event in turn, for all samples, and after the last ones.

    Each is (place, counts, length, state, decay): for which marks of which samples, where the sample has as many
    events, how long it took, the state when it began, and what was left of it when it ended.
    """
    rows, last, state = xp.arange(len(lags)), xp.zeros_like(state), state.copy()
    time = xp.zeros(len(lags), state.dtype)
    for j in range(lags.shape[1]):
        counts = j < valid_length
        time = time + xp.where(counts, lags[:, j], 0)
        mark = within(xp, marks[:, j], state.shape[1], "clip")
        place = rows, mark
        length, before = time - last[place], state[place]
        decay = xp.exp(-beta[mark] * length)
        yield place, counts, length, before, decay
        state[place] = xp.where(counts, 1 + before * decay, before)
        last[place] = xp.where(counts, time, last[place])
    length = max_time[:, None] - last
    yield (..., slice(None)), True, length, state, xp.exp(-beta * length)


@op(name="_contrib_hawkesll", outputs=("output", "out_state"),
    nograd=("state", "lags", "marks", "valid_length", "max_time"))
def hawkesll(xp, lda, alpha, beta, state, lags, marks, valid_length, max_time):
    """Log-likelihood of marked Hawkes processes with exponential decay (A. Hawkes, "Spectra of some self-exciting and
    mutually exciting point processes", 1971).

    Events of the mark k have the intensity ``lda_k + alpha_k beta_k sum exp(-beta_k (t - t_i))`` over the earlier
    events t_i of this mark. With K marks, a batch of N samples and at most T events:

    Parameters
    ----------
    lda : (N, K), floating point
        Intensities in the background.
    alpha, beta : (K,)
        How many events an event causes on average, and how fast its influence decays.
    state : (N, K)
        What is left of the influence of events before the first one.
    lags : (N, T)
        The times from event to event, the first from 0.
    marks : (N, T), int32
        The marks of the events.
    valid_length : (N,)
        How many events each sample has.
    max_time : (N,)
        How long each sample was watched.

    Returns
    -------
    The log-likelihood of each sample, (N,), and the state at `max_time`, (N, K). As in MXNet, only the former has a
    gradient, with respect to `lda`, `alpha` and `beta`.
    """
    found = xp.zeros(len(lags), lda.dtype)
    for place, counts, length, before, decay in _stretches(xp, beta, state, lags, marks, valid_length, max_time):
        base, caused, speed = (xp.broadcast_to(x, lda.shape)[place] for x in (lda, alpha, beta))
        expected = base * length + caused * before * (1 - decay)
        if counts is True:
            found -= expected.sum(1)
        else:
            intensity = base + caused * speed * before * decay
            found += xp.where(counts, xp.log(xp.where(counts, intensity, 1)) - expected, 0)
    return found, before * decay


@op(name="_contrib_backward_hawkesll", outputs=("lda_grad", "alpha_grad", "beta_grad"), differentiable=False)
def backward_hawkesll(xp, head, lda, alpha, beta, state, lags, marks, valid_length, max_time):
    """Gradients of the log-likelihood of ``_contrib_hawkesll``, whose own is `head`, by lda, alpha and beta."""
    d_lda, d_alpha, d_beta = (xp.zeros_like(lda) for _ in range(3))
    slope = xp.zeros_like(lda)  # of the state by beta
    for place, counts, length, before, decay in _stretches(xp, beta, state, lags, marks, valid_length, max_time):
        base, caused, speed = (xp.broadcast_to(x, lda.shape)[place] for x in (lda, alpha, beta))
        change = slope[place]
        passed = (change - before * length) * decay  # of what is left of the state
        by_lda, by_alpha, by_beta = -length, -before * (1 - decay), -caused * (change - passed)
        if counts is not True:
            left = before * decay
            rate = xp.where(counts, base + caused * speed * left, 1)
            by_lda, by_alpha = by_lda + 1 / rate, by_alpha + speed * left / rate
            by_beta = by_beta + caused * (left + speed * passed) / rate
            slope[place] = xp.where(counts, passed, change)
        for total, part in ((d_lda, by_lda), (d_alpha, by_alpha), (d_beta, by_beta)):
            total[place] += xp.where(counts, part, 0)
    head = head[:, None]
    return d_lda * head, (d_alpha * head).sum(0), (d_beta * head).sum(0)


def _shapes(ins: Slots) -> tuple[int | None, int | None]:
    """Relate the shapes of the inputs; return the lengths N and K."""
    def length(name: str, axis: int) -> int | None:
        shape = ins[name]
        return None if shape is None or len(shape) <= axis else shape[axis]
    n = either(*(length(name, 0) for name in ("lda", "state", "lags", "marks", "valid_length", "max_time")))
    k = either(length("lda", 1), length("state", 1), length("alpha", 0), length("beta", 0))
    t = either(length("lags", 1), length("marks", 1))
    for names, shape in ((("lda", "state"), (n, k)), (("alpha", "beta"), (k,)), (("lags", "marks"), (n, t)),
                         (("valid_length", "max_time"), (n,))):
        for name in names:
            ins[name] = shape
    return n, k


@hawkesll.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    n, k = _shapes(ins)
    outs[0], outs[1] = (n,), (n, k)


@backward_hawkesll.shape
def _(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    n, k = _shapes(ins)
    ins["head"], outs[0], outs[1], outs[2] = (n,), (n, k), (k,), (k,)


def _type(attrs: Attrs, ins: Slots, outs: Slots) -> None:
    ins["marks"] = _INT32
    common = None
    for slots in (ins, outs, ins, outs):
        for name in slots.names:
            if name != "marks":
                slots[name] = common
                common = slots[name]
    require(common is None or common.kind == "f", ins._who, f"lda has dtype {common}; expected a floating-point type")


for _op in (hawkesll, backward_hawkesll):
    _op.type(_type)


@hawkesll.grad("lda", "alpha", "beta")
def _(F, grad, lda, alpha, beta, state, lags, marks, valid_length, max_time):
    return F._contrib_backward_hawkesll(grad, lda, alpha, beta, state, lags, marks, valid_length, max_time)

"""Recurrent networks over whole sequences: several layers, one or both directions, in one operator.

The input-to-hidden products of all time steps are one matrix product; only the hidden-to-hidden products
are left for the loop over time. The backward pass does the same: what the loop multiplies a gradient by is
computed for all steps at once, and the gradients of the weights are one matrix product each.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from ...device.backend import backend
from ..catalog import op, require
from ..infer import Slots, derived, either
from ..schema import Attrs
from ..single import as_single

__all__ = ["Mode", "parameter_count", "rnn"]


Mode = Literal["gru", "lstm", "rnn_relu", "rnn_tanh"]

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "gru": 3, "lstm": 4}
_KEPT = {"rnn_relu": 0, "rnn_tanh": 0, "gru": 4, "lstm": 5}  # numbers saved for backward, per hidden unit and step
_MOST_LAYERS = 1 << 12  # only a damaged file has more


# ---- layouts --------------------------------------------------------------------------------------

class _Sizes(NamedTuple):
    """The lengths that shape everything: hidden units, units put out (after projection), layers, directions."""

    mode: str
    hidden: int
    put_out: int
    layers: int
    directions: int
    projected: bool

    @property
    def gates(self) -> int:
        return _GATES[self.mode] * self.hidden

    def cells(self, data_size: int) -> Iterator[tuple[int, int]]:
        """Yield (position in the state, input size) of each cell: layer by layer, direction by direction."""
        for i in range(self.layers * self.directions):
            yield i, data_size if i < self.directions else self.put_out * self.directions


def _sizes(mode: str, state_size: int, num_layers: int, bidirectional: bool, projection_size: int | None) -> _Sizes:
    require(num_layers <= _MOST_LAYERS, "RNN", f"num_layers is {num_layers}; expected at most {_MOST_LAYERS}")
    projected = projection_size is not None
    return _Sizes(mode, state_size, projection_size if projected else state_size, num_layers,
                  2 if bidirectional else 1, projected)


class _Weights(NamedTuple):
    """Views of the packed parameters (or of their packed gradient) for one cell."""

    i2h: Any
    h2h: Any
    h2r: Any   # None without projection
    i2h_bias: Any
    h2h_bias: Any


def _unpack(parameters: Any, sizes: _Sizes, data_size: int) -> list[_Weights]:
    """Split the packed vector: all weights cell by cell (i2h, h2h, projection), then all biases likewise."""
    place = 0

    def take(*shape: int) -> Any:
        nonlocal place
        start, place = place, place + shape[0] * (shape[1] if len(shape) > 1 else 1)
        return parameters[start:place].reshape(shape)

    matrices = [(take(sizes.gates, size), take(sizes.gates, sizes.put_out),
                 take(sizes.put_out, sizes.hidden) if sizes.projected else None)
                for _, size in sizes.cells(data_size)]
    return [_Weights(*each, take(sizes.gates), take(sizes.gates)) for each in matrices]


def _count(sizes: _Sizes, data_size: int) -> int:
    projection = sizes.put_out * sizes.hidden if sizes.projected else 0
    return sum(sizes.gates * (size + sizes.put_out + 2) + projection for _, size in sizes.cells(data_size))


def parameter_count(*, data_size: int, state_size: int, num_layers: int, mode: str, bidirectional: bool = False,
                    projection_size: int | None = None) -> int:
    """Return the length of the packed parameter vector of the operator ``RNN``."""
    return _count(_sizes(mode, state_size, num_layers, bidirectional, projection_size), data_size)


class _Saved:
    """What the forward pass leaves for the backward pass, as views of one vector.

    Of each cell ``gates`` (time, batch, gates) after their activation and ``memory`` (time, batch, hidden):
    the cell state of an LSTM, the recurrent part of a GRU's candidate. Of each layer but the last ``between``
    (time, batch, outputs), what it put out, and ``masks``, the dropout that scaled it.
    """

    def __init__(self, vector: Any, sizes: _Sizes, time: int, batch: int, p: float):
        place, steps = 0, time * batch

        def take(width: int) -> Any:
            nonlocal place
            start, place = place, place + steps * width
            return vector[start:place].reshape(time, batch, width)

        cells, wide = sizes.layers * sizes.directions, sizes.put_out * sizes.directions
        kept = _KEPT[sizes.mode] > 0
        self.gates = [take(sizes.gates) if kept else None for _ in range(cells)]
        self.memory = [take(sizes.hidden) if kept else None for _ in range(cells)]
        self.between = [take(wide) for _ in range(sizes.layers - 1)]
        self.masks = [take(wide) if p > 0 else None for _ in range(sizes.layers - 1)]

    @staticmethod
    def size(sizes: _Sizes, time: int, batch: int, p: float) -> int:
        cells = sizes.layers * sizes.directions * _KEPT[sizes.mode] * sizes.hidden
        between = (sizes.layers - 1) * sizes.put_out * sizes.directions * (2 if p > 0 else 1)
        return max(1, time * batch * (cells + between))  # a length of 0 would mean unknown


class _Clip(NamedTuple):
    """Bounds of an LSTM's cell state."""

    low: float
    high: float
    stops_nan: bool

    @classmethod
    def of(cls, low: float | None, high: float | None, stops_nan: bool) -> _Clip | None:
        if low is None and high is None:
            return None
        inf = float("inf")
        return cls(-inf if low is None else low, inf if high is None else high, stops_nan)

    def __call__(self, xp: Any, cell: Any) -> Any:
        if self.stops_nan:  # unlike clip, fmin and fmax prefer the bound to nan
            return xp.fmax(xp.fmin(cell, self.high), self.low)
        return xp.clip(cell, self.low, self.high)


# ---- one cell ---------------------------------------------------------------------------------------

class _Cell(NamedTuple):
    """One direction of one layer: its place in the state, its weights, and the buffers that it works in."""

    index: int
    mode: str
    weights: _Weights
    gates: Any       # (time, batch, gates); None where backward does not need them
    memory: Any      # (time, batch, hidden), as _Saved says
    reverse: bool
    within: Any      # (time, batch, 1), which steps lie within their sequence; None: all
    clip: _Clip | None
    columns: slice   # of the layer's output

    def forward(self, xp: Any, x: Any, h: Any, c: Any, out: Any) -> tuple[Any, Any]:
        """Run over all steps, writing what is put out to `out`; return the last state and cell state."""
        time, batch, _ = x.shape
        weights, gates, within = self.weights, self.gates, self.within
        if gates is None:
            gates = xp.empty((time, batch, weights.i2h.shape[0]), x.dtype)
        backend(xp).matmul(x.reshape(time * batch, -1), weights.i2h.T, out=gates.reshape(time * batch, -1))
        gates += weights.i2h_bias
        step = _STEPS[self.mode](xp, self, gates)
        zero = xp.zeros((), x.dtype)
        for t in (range(time - 1, -1, -1) if self.reverse else range(time)):
            new_h, new_c = step(t, h, c)
            if within is None:
                out[t] = new_h
            else:  # padding puts out 0 and leaves the state alone
                out[t] = xp.where(within[t], new_h, zero)
                new_h = xp.where(within[t], new_h, h)
                new_c = None if c is None else xp.where(within[t], new_c, c)
            h, c = new_h, new_c
            if c is not None:
                self.memory[t] = c
        return h, c

    def backward(self, xp: Any, x: Any, h: Any, c: Any, out: Any, *, d_out: Any, dh: Any, dc: Any,
                 d_weights: _Weights) -> tuple[Any, Any, Any]:
        """Write the gradients of the weights to `d_weights`; return those of `x`, `h` and `c`."""
        time, batch, _ = x.shape
        weights, within = self.weights, self.within
        h_before = self._before(xp, h, out)
        if within is not None and self.reverse:  # padding comes first then, and leaves the state alone
            h_before[:-1] = xp.where(within[1:], h_before[:-1], h)
        gates = None if self.gates is None else self.gates.reshape(time, batch, _GATES[self.mode], -1)
        c_before = None if c is None else self._before(xp, c, self.memory)
        slopes, candidate, step = _SLOPES[self.mode](xp, self, gates, out=out, h_before=h_before, c_before=c_before)

        zero = xp.zeros((), x.dtype)
        projected = None if weights.h2r is None else xp.empty(out.shape, out.dtype)
        for t in (range(time) if self.reverse else range(time - 1, -1, -1)):
            d_put, d_cell, aside_h, aside_c = dh + d_out[t], dc, None, None
            if within is not None:
                d_put, aside_h = xp.where(within[t], d_put, zero), xp.where(within[t], zero, dh)
                if dc is not None:
                    d_cell, aside_c = xp.where(within[t], dc, zero), xp.where(within[t], zero, dc)
            if projected is not None:
                projected[t] = d_put
                d_put = d_put @ weights.h2r
            past_gates, dc = step(t, d_put, d_cell)
            dh = slopes[t].reshape(batch, -1) @ weights.h2h
            for more in (past_gates, aside_h):
                if more is not None:
                    dh += more
            if aside_c is not None:
                dc += aside_c

        flat = slopes.reshape(time * batch, -1)
        backend(xp).matmul(flat.T, h_before.reshape(time * batch, -1), out=d_weights.h2h)
        xp.sum(flat, axis=0, out=d_weights.h2h_bias)
        if projected is not None:
            hidden = xp.tanh(self.memory)
            hidden *= gates[:, :, 3]
            hidden = hidden.reshape(time * batch, -1)
            backend(xp).matmul(projected.reshape(time * batch, -1).T, hidden, out=d_weights.h2r)
        if candidate is not None:
            slopes[:, :, 2] = candidate
        backend(xp).matmul(flat.T, x.reshape(time * batch, -1), out=d_weights.i2h)
        xp.sum(flat, axis=0, out=d_weights.i2h_bias)
        return (flat @ weights.i2h).reshape(x.shape), dh, dc

    def _before(self, xp: Any, first: Any, series: Any) -> Any:
        """Shift `series` (time, ...) one step back in the order of processing, `first` coming before all of it."""
        return xp.concatenate((series[1:], first[None]) if self.reverse else (first[None], series[:-1]))


def _cells(sizes: _Sizes, weights: list[_Weights], saved: _Saved, within: Any, clip: _Clip | None) -> list[list[_Cell]]:
    """Return the cells, a list for each layer."""
    width, directions = sizes.put_out, sizes.directions
    cells = [_Cell(i, sizes.mode, weights[i], saved.gates[i], saved.memory[i], i % directions == 1, within, clip,
                   slice(i % directions * width, (i % directions + 1) * width))
             for i in range(sizes.layers * directions)]
    return [cells[i:i + directions] for i in range(0, len(cells), directions)]


# Forward: a factory gets the cell and the data's part of all gates, and returns a step, which takes the time, the
# state h and the cell state c and returns the new ones (before padding is masked), leaving in `gates` what backward
# needs.

def _sigmoid(xp: Any, x: Any) -> None:
    """Replace `x` by its logistic function, which in terms of tanh never overflows."""
    x *= 0.5
    xp.tanh(x, out=x)
    x *= 0.5
    x += 0.5


def _vanilla_step(activation):
    def factory(xp, cell, gates):
        recurrent = cell.weights.h2h.T
        gates += cell.weights.h2h_bias

        def step(t, h, c):
            new = h @ recurrent
            new += gates[t]
            return activation(xp, new), c
        return step
    return factory


def _lstm_step(xp, cell, gates):
    weights, clip, size = cell.weights, cell.clip, cell.memory.shape[-1]
    recurrent = weights.h2h.T
    gates += weights.h2h_bias

    def step(t, h, c):
        now = gates[t]
        now += h @ recurrent
        into, forget, new, put = (now[:, i * size:(i + 1) * size] for i in range(4))
        _sigmoid(xp, now[:, :2 * size])
        xp.tanh(new, out=new)
        _sigmoid(xp, put)
        c = forget * c
        c += into * new
        if clip is not None:
            c = clip(xp, c)
        h = xp.tanh(c)
        h *= put
        return (h if weights.h2r is None else h @ weights.h2r.T), c
    return step


def _gru_step(xp, cell, gates):
    recurrent, memory, size = cell.weights.h2h.T, cell.memory, cell.memory.shape[-1]
    gates[..., :2 * size] += cell.weights.h2h_bias[:2 * size]
    bias = cell.weights.h2h_bias[2 * size:]  # the reset gate scales this one as well

    def step(t, h, c):
        now, candidate = gates[t], memory[t]
        from_state = h @ recurrent
        now[:, :2 * size] += from_state[:, :2 * size]
        _sigmoid(xp, now[:, :2 * size])
        reset, update, new = (now[:, i * size:(i + 1) * size] for i in range(3))
        xp.add(from_state[:, 2 * size:], bias, out=candidate)
        new += reset * candidate
        xp.tanh(new, out=new)
        h = h - new
        h *= update
        h += new
        return h, c
    return step


_STEPS = {"rnn_relu": _vanilla_step(lambda xp, x: xp.maximum(x, 0, out=x)),
          "rnn_tanh": _vanilla_step(lambda xp, x: xp.tanh(x, out=x)),
          "lstm": _lstm_step, "gru": _gru_step}


# Backward: a factory computes for all steps at once what the chain rule multiplies by. Its `slopes` (time, batch,
# gates, hidden) are turned by each step, in place, into the gradient of what enters the gates from the state;
# `candidate` is that of what enters a GRU's candidate from the data, where the two differ. A step takes the time and
# the gradients of h and c, and returns what passes the gates by: more of the gradient of h, and that of c.

def _vanilla_slopes(slope):
    def factory(xp, cell, gates, *, out, h_before, c_before):
        slopes = slope(out)[:, :, None]

        def step(t, dh, dc):
            slopes[t, :, 0] *= dh
            return None, dc
        return slopes, None, step
    return factory


def _lstm_slopes(xp, cell, gates, *, out, h_before, c_before):
    into, forget, new, put = (gates[:, :, i] for i in range(4))
    squashed = xp.tanh(cell.memory)
    slopes = xp.empty_like(gates)
    for i, (gate, factor) in enumerate(((into, new), (forget, c_before), (None, into), (put, squashed))):
        slope = slopes[:, :, i]
        xp.subtract(1, new * new if gate is None else gate, out=slope)
        slope *= factor if gate is None else gate * factor
    to_cell = put * (1 - squashed * squashed)
    clip = cell.clip
    if clip is not None:  # nothing passes where the cell state was cut
        passed = ((cell.memory > clip.low) & (cell.memory < clip.high)).astype(out.dtype)
        slopes[:, :, :3] *= passed[:, :, None]
        forget = forget * passed

    def step(t, dh, dc):
        dc = dc + dh * to_cell[t]
        slopes[t, :, :3] *= dc[:, None]
        slopes[t, :, 3] *= dh
        dc *= forget[t]
        return None, dc
    return slopes, None, step


def _gru_slopes(xp, cell, gates, *, out, h_before, c_before):
    reset, update, new = (gates[:, :, i] for i in range(3))
    candidate = (1 - update) * (1 - new * new)
    slopes = xp.empty_like(gates)
    xp.multiply(candidate, reset, out=slopes[:, :, 2])
    xp.multiply(slopes[:, :, 2] * (1 - reset), cell.memory, out=slopes[:, :, 0])
    xp.multiply((h_before - new) * update, 1 - update, out=slopes[:, :, 1])

    def step(t, dh, dc):
        slopes[t] *= dh[:, None]
        candidate[t] *= dh
        return dh * update[t], dc
    return slopes, candidate, step


_SLOPES = {"rnn_relu": _vanilla_slopes(lambda out: (out > 0).astype(out.dtype)),
           "rnn_tanh": _vanilla_slopes(lambda out: 1 - out * out),
           "lstm": _lstm_slopes, "gru": _gru_slopes}


# ---- the operator ---------------------------------------------------------------------------------

_WHEN = {"state_cell": lambda attrs: attrs.mode == "lstm",
         "sequence_length": lambda attrs: attrs.use_sequence_length}


def _within(xp: Any, sequence_length: Any, time: int) -> Any:
    """Return whether each step (time, batch, 1) lies within its sequence."""
    return None if sequence_length is None else (xp.arange(time)[:, None] < sequence_length)[:, :, None]


def _visible(attrs: Attrs) -> int:
    return (3 if attrs.mode == "lstm" else 2) if attrs.state_outputs else 1


@op(name="RNN", when=_WHEN, nograd=("sequence_length",), visible=_visible,
    outputs=("output", "state_output", "statecell_output", "saved"))
def rnn(xp, data, parameters, state, state_cell=None, sequence_length=None, *, state_size: int, num_layers: int,
        bidirectional: bool = False, mode: Mode, p: float = 0.0, state_outputs: bool = False,
        projection_size: int | None = None, lstm_state_clip_min: float | None = None,
        lstm_state_clip_max: float | None = None, lstm_state_clip_nan: bool = False,
        use_sequence_length: bool = False, train, rng):
    """Recurrent network of several layers over a batch of sequences.

    With ``x`` the step's input, ``h`` the state and ``[.]`` the logistic function, a cell computes

    - ``rnn_tanh``, ``rnn_relu``: ``h = act(Wx x + bx + Wh h + bh)``
    - ``lstm``: ``c = [f] c + [i] tanh(g)``, ``h = [o] tanh(c)`` with each of the gates ``i, f, g, o`` of the form
      ``Wx x + bx + Wh h + bh``; ``h = Wr h`` follows if there is a projection
      (Hochreiter & Schmidhuber 1997; Sak et al. 2014 for the projection)
    - ``gru``: ``h = (1 - [z]) n + [z] h`` with ``n = tanh(Wx x + bx + [r] (Wh h + bh))`` (Cho et al. 2014, in the
      form that cuDNN computes); the gates come in the order ``r, z, n``.

    Parameters
    ----------
    data : (time, batch, input)
    parameters : 1-D
        All weights, layer by layer and direction by direction (forward, backward), i2h then h2h then the
        projection, row by row; then all biases in the same order, i2h then h2h. Its length is inferred.
    state : (num_layers * directions, batch, state_size or projection_size)
        The first state of each cell, layer by layer and direction by direction.
    state_cell : (num_layers * directions, batch, state_size)
        The first cell state, for ``mode="lstm"`` only.
    sequence_length : (batch,), any dtype
        Only with ``use_sequence_length=True``: steps past a sequence's end put out 0 and leave the states
        alone, and the backward direction starts at the end of each sequence.
    p : float
        Probability that dropout sets what one layer hands to the next to 0 (in training mode).
    lstm_state_clip_min, lstm_state_clip_max : float or None
        Bounds of the cell state; with ``lstm_state_clip_nan`` a nan becomes a bound.

    Returns
    -------
    output : (time, batch, directions * (state_size or projection_size))
    state_output : as `state`
        With ``state_outputs=True``, the last states; also ``statecell_output``, as `state_cell`, for an LSTM.

    Notes
    -----
    MXNet ignores `sequence_length` and the bounds of the cell state on a CPU, and most of its builds dropout between
    layers of single precision; here they count everywhere.
    """
    time, batch, data_size = data.shape
    sizes = _sizes(mode, state_size, num_layers, bidirectional, projection_size)
    vector = xp.empty(_Saved.size(sizes, time, batch, p), data.dtype)
    saved = _Saved(vector, sizes, time, batch, p)
    layers = _cells(sizes, _unpack(parameters, sizes, data_size), saved, _within(xp, sequence_length, time),
                    _Clip.of(lstm_state_clip_min, lstm_state_clip_max, lstm_state_clip_nan))
    last_h = xp.empty_like(state)
    last_c = xp.empty_like(state if state_cell is None else state_cell)
    output = xp.empty((time, batch, sizes.put_out * sizes.directions), data.dtype)
    x = data
    for out, mask, cells in zip((*saved.between, output), (*saved.masks, None), layers):
        for cell in cells:
            i = cell.index
            h, c = cell.forward(xp, x, state[i], None if state_cell is None else state_cell[i], out[..., cell.columns])
            last_h[i] = h
            last_c[i] = h if c is None else c
        x = out
        if mask is not None:
            if train:
                _drop(xp, rng.serial.uniform(mask.shape), p, out=mask)
            else:
                mask[...] = 1
            x = out * mask
    return output, last_h, last_c, vector


def _drop(xp: Any, drawn: Any, p: float, out: Any) -> None:
    """Put factors into `out` that set elements to 0 with probability `p`, by uniform numbers."""
    p = as_single(p)
    xp.multiply(drawn >= p, 1 / (1 - p) if p < 1 else 0, out=out)


@rnn.shape
def _(attrs, ins, outs):
    sizes = _sizes(attrs.mode, attrs.state_size, attrs.num_layers, attrs.bidirectional, attrs.projection_size)
    require(attrs.num_layers > 0 and attrs.state_size > 0, "RNN",
            f"num_layers={attrs.num_layers} and state_size={attrs.state_size} must be positive")
    require(attrs.projection_size is None or attrs.mode == "lstm", "RNN",
            f"projection_size={attrs.projection_size} needs mode='lstm', not {attrs.mode!r}")
    require(0 <= attrs.p <= 1, "RNN", f"p is {attrs.p}; expected a probability")
    cells, width = sizes.layers * sizes.directions, sizes.put_out * sizes.directions
    outs["output"] = (None, None, width)
    for slots, name, size in ((ins, "state", sizes.put_out), (outs, "state_output", sizes.put_out),
                              (ins, "state_cell", sizes.hidden), (outs, "statecell_output", sizes.hidden)):
        if name in slots:
            slots[name] = (cells, None, size if attrs.mode == "lstm" else sizes.put_out)
    time = outs["output"][0]
    batches = [outs["output"][1], *(slots[name][1] for slots in (ins, outs) for name in slots.names
                                    if name.startswith("state"))]
    if "sequence_length" in ins and ins["sequence_length"] is not None:
        batches.append(ins["sequence_length"][0])
    batch = either(*batches)
    require(ins["data"] is None or len(ins["data"]) == 3, "RNN",
            f"data has shape {ins['data']}; expected (time, batch, input)")
    ins["data"] = (time, batch, None)
    time, batch, data_size = ins["data"]
    outs["output"] = (time, batch, width)
    for slots in (ins, outs):
        for name in slots.names:
            if name.startswith("state"):
                slots[name] = (cells, batch, None)
    if "sequence_length" in ins:
        ins["sequence_length"] = (batch,)
    ins["parameters"] = (derived(lambda n: _count(sizes, n), data_size),)
    outs["saved"] = (derived(lambda time, batch: _Saved.size(sizes, time, batch, attrs.p), time, batch),)


@rnn.type
def _(attrs, ins, outs):
    _first_but_lengths(ins, outs)


def _first_but_lengths(ins: Slots, outs: Slots) -> None:
    """All inputs and outputs have one dtype, except `sequence_length`, which may have any."""
    common = next((t for slots in (ins, outs) for name, t in zip(slots.names, slots)
                   if t is not None and name != "sequence_length"), None)
    for slots in (ins, outs):
        for name in slots.names:
            if name != "sequence_length" or slots[name] is None:
                slots[name] = common


@rnn.grad("data", "parameters", "state", "state_cell")
def _(F, grads, data, parameters, state, state_cell, sequence_length, output, saved, *, state_size, num_layers,
      bidirectional, mode, p, projection_size, lstm_state_clip_min, lstm_state_clip_max, use_sequence_length):
    d_output, d_state, d_cell = (*grads, None, None)[:3]
    if d_output is None:
        d_output = F.zeros_like(output)
    if d_state is None:
        d_state = F.zeros_like(state)
    inputs = [data, parameters, state, output, saved, d_output, d_state]
    if mode == "lstm":
        inputs += [F.zeros_like(state_cell) if d_cell is None else d_cell, state_cell]
    if use_sequence_length:
        inputs.append(sequence_length)
    found = F._backward_rnn(*inputs, state_size=state_size, num_layers=num_layers, bidirectional=bidirectional,
                            mode=mode, p=p, projection_size=projection_size,
                            lstm_state_clip_min=lstm_state_clip_min, lstm_state_clip_max=lstm_state_clip_max,
                            use_sequence_length=use_sequence_length)
    return (*found, None)[:4]


_GRADIENTS = ("data_grad", "parameters_grad", "state_grad", "state_cell_grad")


@op(name="_backward_rnn", when={**_WHEN, "d_cell": _WHEN["state_cell"]}, differentiable=False,
    outputs=lambda attrs: _GRADIENTS if attrs is None or attrs.mode == "lstm" else _GRADIENTS[:3])
def rnn_backward(xp, data, parameters, state, output, saved, d_output, d_state, d_cell=None, state_cell=None,
                 sequence_length=None, *, state_size: int, num_layers: int, bidirectional: bool = False, mode: Mode,
                 p: float = 0.0, projection_size: int | None = None, lstm_state_clip_min: float | None = None,
                 lstm_state_clip_max: float | None = None, use_sequence_length: bool = False):
    """Gradients of RNN's data, parameters, state and, for an LSTM, cell state (Werbos 1990, through time)."""
    time, batch, data_size = data.shape
    sizes = _sizes(mode, state_size, num_layers, bidirectional, projection_size)
    kept = _Saved(saved, sizes, time, batch, p)
    layers = _cells(sizes, _unpack(parameters, sizes, data_size), kept, _within(xp, sequence_length, time),
                    _Clip.of(lstm_state_clip_min, lstm_state_clip_max, False))
    d_parameters = xp.empty_like(parameters)
    d_weights = _unpack(d_parameters, sizes, data_size)
    first_h = xp.empty_like(state)
    first_c = None if state_cell is None else xp.empty_like(state_cell)
    outs, ins, masks = (*kept.between, output), (data, *kept.between), (None, *kept.masks)
    d_out = d_output
    for out, x, mask, cells in reversed(list(zip(outs, ins, masks, layers))):
        dropped = x if mask is None else x * mask
        d_x = None
        for cell in cells:
            i, columns = cell.index, cell.columns
            more, dh, dc = cell.backward(
                xp, dropped, state[i], None if state_cell is None else state_cell[i], out[..., columns],
                d_out=d_out[..., columns], dh=d_state[i], dc=None if d_cell is None else d_cell[i],
                d_weights=d_weights[i])
            d_x = more if d_x is None else xp.add(d_x, more, out=d_x)
            first_h[i] = dh
            if first_c is not None:
                first_c[i] = dc
        d_out = d_x if mask is None else xp.multiply(d_x, mask, out=d_x)
    return (d_out, d_parameters, first_h) if first_c is None else (d_out, d_parameters, first_h, first_c)


@rnn_backward.shape
def _(attrs, ins, outs):
    for name in ("data", "parameters", "state", "state_cell"):
        if name in ins:
            outs[f"{name}_grad"] = ins[name]
            ins[name] = outs[f"{name}_grad"]


@rnn_backward.type
def _(attrs, ins, outs):
    _first_but_lengths(ins, outs)

"""Samples of the family "rnn"."""
import numpy as np

from . import Sample, rand

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
_MODES = tuple(_GATES)


def _inputs(mode, layers=1, directions=1, projection=None, *, time=3, dtype="float32"):
    """Data, packed parameters and first states that fit each other: batch 2, 4 inputs, 3 hidden units."""
    batch, size, hidden = 2, 4, 3
    gates, out = _GATES[mode] * hidden, projection or hidden
    count = sum(directions * (gates * ((out * directions if layer else size) + out + 2) + (projection or 0) * hidden)
                for layer in range(layers))
    found = [rand(time, batch, size, dtype=dtype), rand(count, low=-0.6, high=0.6, dtype=dtype),
             rand(layers * directions, batch, out, seed=1, dtype=dtype)]
    return found + [rand(layers * directions, batch, hidden, seed=2, dtype=dtype)] * (mode == "lstm")


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def naive(attrs):
    """Return a function that computes what RNN should with loops over everything, sequence by sequence."""
    mode, hidden = attrs["mode"], attrs["state_size"]
    layers, directions = attrs["num_layers"], 2 if attrs["bidirectional"] else 1
    projection = attrs.get("projection_size")
    low, high = attrs.get("lstm_state_clip_min", -np.inf), attrs.get("lstm_state_clip_max", np.inf)

    def cell(x, h, c, weights):
        wx, wh, wr, bx, bh = weights
        if mode in ("rnn_tanh", "rnn_relu"):
            h = wx @ x + bx + wh @ h + bh
            return (np.tanh(h) if mode == "rnn_tanh" else np.maximum(h, 0)), h
        if mode == "gru":
            (xr, xz, xn), (hr, hz, hn) = (wx @ x + bx).reshape(3, -1), (wh @ h + bh).reshape(3, -1)
            z = _sigmoid(xz + hz)
            return (1 - z) * np.tanh(xn + _sigmoid(xr + hr) * hn) + z * h, h
        i, f, g, o = (wx @ x + bx + wh @ h + bh).reshape(4, -1)
        c = np.clip(_sigmoid(f) * c + _sigmoid(i) * np.tanh(g), low, high)
        h = _sigmoid(o) * np.tanh(c)
        return (h if wr is None else wr @ h), c

    def run(data, parameters, state, *more):
        more = list(more)
        cells = more.pop(0) if mode == "lstm" else state
        time, batch, size = data.shape
        lengths = more[0].astype(int) if more else [time] * batch
        gates, out = _GATES[mode] * hidden, projection or hidden
        place, shapes = 0, []
        for i in range(layers * directions):
            shapes += [(gates, out * directions if i >= directions else size), (gates, out), (projection or 0, hidden)]
        shapes += [(gates,)] * (2 * layers * directions)
        parts = []
        for shape in shapes:
            parts.append(parameters[place:place + int(np.prod(shape))].reshape(shape))
            place += int(np.prod(shape))
        biases = parts[3 * layers * directions:]
        last_h, last_c = np.zeros_like(state), np.zeros_like(cells)
        x = data
        for layer in range(layers):
            y = np.zeros((time, batch, out * directions), data.dtype)
            for direction in range(directions):
                i = layer * directions + direction
                wx, wh, wr = parts[3 * i:3 * i + 3]
                for n in range(batch):
                    h, c = state[i, n], cells[i, n]
                    steps = range(lengths[n])
                    for t in (reversed(steps) if direction else steps):
                        h, c = cell(x[t, n], h, c, (wx, wh, wr if projection else None, *biases[2 * i:2 * i + 2]))
                        y[t, n, direction * out:(direction + 1) * out] = h
                    last_h[i, n], last_c[i, n] = h, c
            x = y
        return (x, last_h, last_c) if mode == "lstm" else (x, last_h)
    return run


def _sample(mode, layers=1, directions=1, *, lengths=None, dtype="float32", ask=True, train=True, **attrs):
    inputs = _inputs(mode, layers, directions, attrs.get("projection_size"), dtype=dtype, time=4 if lengths else 3)
    attrs = {"state_size": 3, "num_layers": layers, "bidirectional": directions == 2, "mode": mode, **attrs}
    if lengths:
        inputs.append(np.array(lengths, "float32"))
        attrs["use_sequence_length"] = True
    return Sample("RNN", inputs, attrs, oracle=ask, reference=None if attrs.get("p") else naive(attrs), train=train,
                  why="random" if attrs.get("p") else "MXNet ignores some of this on a CPU")


SAMPLES = [_sample(mode, state_outputs=True) for mode in _MODES]
SAMPLES += [_sample(mode, layers=2, directions=2, state_outputs=True) for mode in _MODES]
SAMPLES += [_sample(mode, layers=3) for mode in _MODES]
SAMPLES += [_sample(mode, directions=2, dtype="float64") for mode in _MODES]
SAMPLES += [_sample(mode, layers=2, p=0.5, train=False) for mode in ("lstm", "gru")]
SAMPLES += [_sample("lstm", projection_size=2, state_outputs=True, ask=False),
            _sample("lstm", layers=2, directions=2, projection_size=2, state_outputs=True, ask=False)]
SAMPLES += [_sample(mode, layers=2, directions=2, lengths=[2, 4], state_outputs=True, ask=False) for mode in _MODES]
SAMPLES += [_sample("lstm", projection_size=2, directions=2, lengths=[3, 1], state_outputs=True, ask=False),
            _sample("lstm", lstm_state_clip_min=-0.3, lstm_state_clip_max=0.2, state_outputs=True, ask=False),
            _sample("gru", layers=2, p=0.5, ask=False), _sample("lstm", layers=2, p=0.5, ask=False)]


def _backward(mode, layers=1):
    """A call of the operator that RNN's gradient rule makes, with what the forward pass saved left at random."""
    data, parameters, state, *cell = _inputs(mode, layers)
    kept = {"gru": 4, "lstm": 5}.get(mode, 0) * 3 * layers + 3 * (layers - 1)
    heads = [rand(3, 2, 3, seed=5), rand(layers, 2, 3, seed=6), *[rand(layers, 2, 3, seed=7)] * len(cell)]
    inputs = [data, parameters, state, rand(3, 2, 3, seed=3), rand(max(1, 3 * 2 * kept), seed=4), *heads, *cell]
    return Sample("_backward_rnn", inputs, {"state_size": 3, "num_layers": layers, "mode": mode}, oracle=False,
                  why="internal: the gradient of RNN")


SAMPLES += [_backward("lstm"), _backward("gru", layers=2)]

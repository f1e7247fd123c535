"""Random graphs of operators, the same for symbols and arrays."""

import numpy as np

SHAPE = (4, 6)


# Each maker takes (F, rng, values) with F mx.sym or mx.nd and returns a value, or several, of SHAPE. Values are
# bounded, so that differences do not grow.
def _pair(pick):
    return pick(), pick()


UNARY = ["tanh", "sigmoid", "relu", "softsign", "abs", "negative", "sin", "square", "identity", "BlockGrad", "erf"]
BINARY = [
    "broadcast_add",
    "broadcast_sub",
    "broadcast_mul",
    "broadcast_maximum",
    "elemwise_add",
    "elemwise_sub",
    "elemwise_mul",
]


def unary(F, rng, pick):
    return F.tanh(getattr(F, rng.choice(UNARY))(pick()))


def binary(F, rng, pick):
    return F.tanh(getattr(F, rng.choice(BINARY))(*_pair(pick)))


def python_operators(F, rng, pick):
    a, b = _pair(pick)
    return [
        lambda: a + b,
        lambda: a - b,
        lambda: a * b * 0.5,
        lambda: 1 - a,
        lambda: a * 0.5,
        lambda: a / (b * b + 1),
        lambda: (a > b) * b,
        lambda: -a,
    ][rng.randint(8)]()


def broadcast(F, rng, pick):
    axis = rng.randint(2)
    return F.broadcast_mul(pick(), F.mean(pick(), axis=axis, keepdims=True))


def reshape(F, rng, pick):
    x = F.Reshape(pick(), shape=[(6, 4), (2, 2, 6), (-1,), (4, 3, 2)][rng.randint(4)])
    if rng.randint(2):
        x = F.tanh(x)
    return F.Reshape(x, shape=SHAPE)


def transpose(F, rng, pick):
    x = F.transpose(pick())
    return [lambda: F.transpose(x), lambda: F.Reshape(x, shape=SHAPE), lambda: F.transpose(F.tanh(x))][rng.randint(3)]()


def reduction(F, rng, pick):
    axis = int(rng.randint(2))
    x = F.sum(pick(), axis=axis, keepdims=True) * 0.2
    return F.broadcast_to(x, shape=SHAPE)


def concat(F, rng, pick):
    axis = int(rng.randint(2))
    parts = F.SliceChannel(F.Concat(*_pair(pick), dim=axis), num_outputs=2, axis=axis)
    return [parts[1], parts[0]] if rng.randint(2) else parts[rng.randint(2)]


def split(F, rng, pick):
    axis = int(rng.randint(2))
    parts = F.SliceChannel(pick(), num_outputs=2, axis=axis)
    return F.Concat(parts[1], parts[0] * parts[1], dim=axis)


def slices(F, rng, pick):
    x = pick()
    return F.Concat(F.slice_axis(x, axis=0, begin=1, end=4), F.slice(x, begin=(0, 0), end=(1, 6)), dim=0)


def add_n(F, rng, pick):
    return F.add_n(pick(), pick(), pick()) * 0.3


def matrix(F, rng, pick):
    x = F.dot(F.dot(pick(), pick(), transpose_b=True), pick())
    return F.tanh(x * 0.1)


def expand(F, rng, pick):
    x = F.expand_dims(pick(), axis=int(rng.randint(3)))
    return F.Reshape(F.tanh(x) if rng.randint(2) else x, shape=SHAPE)


MAKERS = [
    unary,
    binary,
    python_operators,
    broadcast,
    reshape,
    transpose,
    reduction,
    concat,
    split,
    slices,
    add_n,
    matrix,
    expand,
]


def build(F, seed, variables, length=14):
    """Return the outputs of a random graph; the same for each `F` with the same seed."""
    rng = np.random.RandomState(seed)
    values = list(variables)

    def pick():
        return values[rng.randint(max(0, len(values) - 6), len(values)) if rng.randint(3) else rng.randint(len(values))]

    for _ in range(length):
        made = MAKERS[rng.randint(len(MAKERS))](F, rng, pick)
        values.extend(made if isinstance(made, list) else [made])
    outputs = [values[-1], values[rng.randint(len(values))], values[rng.randint(len(values))]]
    return outputs[: 1 + rng.randint(3)]
